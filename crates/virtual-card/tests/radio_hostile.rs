//! Readers and hosts that send anything: no card, no field and no chip panics or loses count.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use kazasu_virtual_card::pn532::{
    ChipEffect, ChipFault, HostInterface, Pn532, Pn532Settings, Until,
};
use kazasu_virtual_card::radio::{
    BitRate, Bystander, Field, Frame, Noise, Picc, PiccSettings, Signal, TypeASettings,
    TypeBSettings, WaitingTime,
};
use kazasu_virtual_card::{Reply, Responder};
use proptest::prelude::*;

/// Long answers, and slow ones.
#[derive(Debug)]
struct Any;

impl Responder for Any {
    fn respond(&mut self, command: &[u8]) -> Reply {
        let length = command.iter().map(|byte| usize::from(*byte)).sum::<usize>() % 3000;
        let work = Duration::from_millis(u64::from(command.first().copied().unwrap_or(0)) * 9);
        Reply { response: Some(vec![0x5A; length]), work }
    }
    fn power_on(&mut self) {}
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

fn cards() -> impl Strategy<Value = PiccSettings> {
    let type_b = (any::<[u8; 3]>(), any::<u8>(), any::<Option<u8>>(), 0_u8..18).prop_map(
        |(protocol_info, afi, extended, slot)| {
            PiccSettings::type_b(TypeBSettings {
                protocol_info,
                afi,
                extended,
                slot: (slot > 0).then_some(slot),
                ..TypeBSettings::JPKI_06
            })
        },
    );
    let phone = prop_oneof![
        Just(TypeASettings::PHONE),
        Just(TypeASettings::PHONE_106),
        Just(TypeASettings::MEMORY),
        Just(TypeASettings { ats: &[], ..TypeASettings::PHONE }),
        Just(TypeASettings { ats: &[0x02, 0xFF], ..TypeASettings::PHONE }),
        Just(TypeASettings { ats: &[0x05, 0x7F, 0xFF, 0xFF, 0xFF], ..TypeASettings::PHONE }),
    ]
    .prop_map(PiccSettings::type_a);
    (prop_oneof![type_b, phone], any::<u8>(), any::<u8>(), any::<Option<u8>>(), any::<u64>())
        .prop_map(|(mut settings, forced, largest_multiplier, room, seed)| {
            let forced = forced % 4;
            settings.waiting_time =
                WaitingTime { forced, largest_multiplier, never_asks: forced == 3 };
            settings.information_field = room.map(usize::from);
            settings.seed = seed;
            settings
        })
}

fn noise() -> impl Strategy<Value = Noise> {
    (0.0..0.4, 0.0..0.4, 0.0..0.4, 0_u64..500, 0.0..0.4).prop_map(
        |(flipped, lost, late, latest, phantom)| Noise {
            flipped,
            lost,
            late,
            latest: Duration::from_millis(latest),
            phantom,
            disturbance: phantom,
        },
    )
}

fn field(card: PiccSettings, noise: Noise) -> Field<Any> {
    let mut field = Field::with(Picc::new(Any, card));
    field.put_bystander(Bystander::felica());
    field.put_bystander(Bystander::type_a(TypeASettings::MEMORY));
    let other = field.put_bystander(Bystander::type_b(TypeBSettings::JPKI_08));
    field.leave_at(other, Duration::from_millis(30));
    field.set_noise(noise, 1);
    field
}

/// What a reader does.
#[derive(Clone, Debug)]
enum Deed {
    Switch(bool),
    Send { type_b: bool, rate: u8, crc: bool, bits: u8, bytes: Vec<u8> },
    Leave,
    Enter,
    Wait(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let known = prop_oneof![
        Just(vec![0x05, 0x00, 0x00]),
        Just(vec![0x05, 0x00, 0x0C]),
        Just(vec![0x15]),
        Just(vec![0x93, 0x20]),
        Just(vec![0xE0, 0x80]),
        Just(vec![0xC2]),
        Just(vec![0xB2]),
        Just(vec![0xA3]),
        Just(vec![0xF2, 0x01]),
        Just(vec![0x02, 0x00, 0xA4]),
        Just(vec![0x13, 0x00]),
    ];
    let bytes = prop_oneof![known, proptest::collection::vec(any::<u8>(), 0..300)];
    let send = (any::<bool>(), 0_u8..4, any::<bool>(), 0_u8..8, bytes)
        .prop_map(|(type_b, rate, crc, bits, bytes)| Deed::Send { type_b, rate, crc, bits, bytes });
    let deed = prop_oneof![
        1 => any::<bool>().prop_map(Deed::Switch),
        12 => send,
        1 => Just(Deed::Leave),
        1 => Just(Deed::Enter),
        2 => (0_u64..10_000).prop_map(Deed::Wait),
    ];
    proptest::collection::vec(deed, 0..60)
}

proptest! {
    #[test]
    fn a_field_takes_any_frame(card in cards(), noise in noise(), deeds in deeds()) {
        let mut field = field(card, noise);
        let mut now = Duration::ZERO;
        field.switch(true, now);
        now += Duration::from_millis(10);
        for deed in deeds {
            match deed {
                Deed::Switch(on) => field.switch(on, now),
                Deed::Leave => field.leave_at(0, now),
                Deed::Enter => field.enter_at(0, now),
                Deed::Wait(micros) => now += Duration::from_micros(micros),
                Deed::Send { type_b, rate, crc, bits, bytes } => {
                    let signal = if type_b { Signal::TypeB } else { Signal::TypeA };
                    let rate = BitRate::from_code(rate);
                    let mut frame = if crc {
                        Frame::with_crc(signal, rate, bytes)
                    } else {
                        Frame::raw(signal, rate, bytes)
                    };
                    if !type_b && !frame.bytes.is_empty() {
                        frame.last_bits = bits;
                    }
                    let sent = field.transmit(&frame, now);
                    let heard = field.listen(sent, sent + Duration::from_millis(40));
                    if let Some(heard) = &heard {
                        prop_assert!(heard.begins >= sent && heard.ends >= heard.begins);
                    }
                    now = heard.map_or(sent + Duration::from_millis(40), |heard| heard.ends);
                }
            }
        }
        let traffic = field.traffic();
        prop_assert!(traffic.to_reader.frames <= traffic.to_card.frames * 4);
    }

    #[test]
    fn a_chip_takes_any_command(
        card in cards(),
        noise in noise(),
        commands in proptest::collection::vec(
            prop_oneof![
                Just(vec![0x4A, 1, 3, 0]), Just(vec![0x4A, 2, 0]), Just(vec![0x40, 1, 0, 0xA4]),
                Just(vec![0x14, 1]), Just(vec![0x32, 5, 0xFF, 1, 1]), Just(vec![0x00, 0x06]),
                Just(vec![0x42, 5, 0, 0]), Just(vec![0x08, 0x63, 0x02, 0x83, 0x63, 0x03, 0x83]),
                Just(vec![0x4E, 1, 2, 2]), Just(vec![0x40, 0x41, 1, 2, 3]), Just(vec![0x44, 0]),
                proptest::collection::vec(any::<u8>(), 1..40),
            ],
            0..30,
        ),
        noise_bytes in proptest::collection::vec(any::<u8>(), 0..40),
        fault in 0_u8..6,
    ) {
        let effect = match fault {
            0 => ChipEffect::LoseAck,
            1 => ChipEffect::WrongChecksum,
            2 => ChipEffect::Garbage(noise_bytes.clone()),
            3 => ChipEffect::Stop(Until::WakeUp),
            _ => ChipEffect::LoseAnswer,
        };
        let mut chip = Pn532::new(field(card, noise), Pn532Settings::default())
            .with_fault(ChipFault::once(3, effect));
        let mut now = Duration::ZERO;
        chip.receive(&[0x55; 30], now);
        for data in commands {
            let mut bytes = noise_bytes.clone();
            let length = data.len() as u8 + 1;
            bytes.extend([0x00, 0x00, 0xFF, length, 0_u8.wrapping_sub(length), 0xD4]);
            bytes.extend(&data);
            let sum = data.iter().fold(0xD4_u8, |sum, byte| sum.wrapping_add(*byte));
            bytes.extend([0_u8.wrapping_sub(sum), 0x00]);
            chip.receive(&bytes, now);
            // No poll is followed for ever.
            for _ in 0..400 {
                let Some(next) = chip.next() else { break };
                now = now.max(next);
                let _ = chip.poll(now);
            }
        }
    }

    #[test]
    fn a_chip_takes_any_bytes(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        cuts in proptest::collection::vec(0_usize..600, 0..8),
        interface in 0_u8..3,
    ) {
        let interface = match interface {
            0 => HostInterface::Uart,
            1 => HostInterface::Spi,
            _ => HostInterface::I2c,
        };
        let field = Field::with(Picc::new(Any, PiccSettings::default()));
        let mut chip = Pn532::new(field, Pn532Settings::default()).on(interface);
        let mut now = Duration::ZERO;
        let mut rest = bytes.as_slice();
        for cut in cuts {
            let (part, next) = rest.split_at(cut.min(rest.len()));
            rest = next;
            match interface {
                HostInterface::Spi => prop_assert_eq!(chip.spi(part, now).len(), part.len()),
                HostInterface::I2c => {
                    chip.i2c_write(part, now);
                    prop_assert_eq!(chip.i2c_read(cut, now).len(), cut);
                }
                _ => chip.receive(part, now),
            }
            now += Duration::from_millis(3);
            let _ = chip.poll(now);
        }
    }
}
