//! The emulated PN532 against bytes written by hand from its manual.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use kazasu_virtual_card::contact::Pace;
use kazasu_virtual_card::pn532::{
    ChipEffect, ChipFault, HostInterface, Pieces, Pn532, Pn532Settings, Until, serve,
};
use kazasu_virtual_card::radio::{
    BitRate, Bystander, Direction, Field, FrameEffect, FrameFault, Picc, PiccSettings,
    TypeASettings, TypeBSettings,
};
use kazasu_virtual_card::{Reply, Responder};

const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
const NACK: [u8; 6] = [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00];
const NOTHING: [u8; 0] = [];
const MILLISECOND: Duration = Duration::from_millis(1);

/// Answers with as many bytes as the first two say, and 9000.
#[derive(Debug, Default)]
struct Long {
    commands: u32,
    lengths: Vec<usize>,
}

impl Responder for Long {
    fn respond(&mut self, command: &[u8]) -> Reply {
        self.commands += 1;
        self.lengths.push(command.len());
        let count = usize::from(u16::from_be_bytes([command[0], command[1]]));
        let mut response: Vec<u8> = (0..count).map(|at| at as u8).collect();
        response.extend([0x90, 0x00]);
        Reply { response: Some(response), work: Duration::ZERO }
    }
    fn power_on(&mut self) {}
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

fn command(data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0xD4_u8, |sum, byte| sum.wrapping_add(*byte));
    let length = data.len() + 1;
    let mut frame = vec![0x00, 0x00, 0xFF];
    if let Ok(length) = u8::try_from(length) {
        frame.extend([length, 0_u8.wrapping_sub(length)]);
    } else {
        let [high, low] = (length as u16).to_be_bytes();
        frame.extend([0xFF, 0xFF, high, low, 0_u8.wrapping_sub(high.wrapping_add(low))]);
    }
    frame.push(0xD4);
    frame.extend_from_slice(data);
    frame.extend([0_u8.wrapping_sub(sum), 0x00]);
    frame
}

/// The data of the first information frame in these bytes.
fn data(bytes: &[u8]) -> Option<Vec<u8>> {
    let at = (0..bytes.len()).find(|at| bytes[*at..].starts_with(&[0x00, 0xFF]))? + 2;
    let (head, length) = match bytes[at..] {
        [0xFF, 0xFF, high, low, ..] => (5, usize::from(u16::from_be_bytes([high, low]))),
        [length, ..] => (2, usize::from(length)),
        _ => return None,
    };
    let body = &bytes[at + head..at + head + length + 1];
    assert_eq!(body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
    assert_eq!(body[0], 0xD5);
    Some(body[1..length].to_vec())
}

struct Host {
    chip: Pn532<Long>,
    now: Duration,
}

impl Host {
    fn new(settings: PiccSettings) -> Self {
        let field = Field::with(Picc::new(Long::default(), settings));
        Self::of(Pn532::new(field, Pn532Settings::default()))
    }

    fn of(chip: Pn532<Long>) -> Self {
        Self { chip, now: Duration::ZERO }
    }

    fn awake(settings: PiccSettings) -> Self {
        let mut host = Self::new(settings);
        host.wake();
        assert_eq!(host.order(&[0x14, 0x01]), Some(vec![0x15]));
        assert_eq!(host.order(&[0x32, 0x05, 0xFF, 0x01, 0x02]), Some(vec![0x33]));
        host
    }

    fn wake(&mut self) {
        self.chip.receive(&[0x55; 2], self.now);
        self.chip.receive(&[0x00; 14], self.now);
    }

    /// All that comes within ten seconds.
    fn read(&mut self) -> Vec<Vec<u8>> {
        let until = self.now + 10_000 * MILLISECOND;
        let mut came = Vec::new();
        while let Some(at) = self.chip.next().filter(|at| *at < until) {
            self.now = self.now.max(at);
            came.extend(self.chip.poll(self.now));
        }
        came
    }

    fn send(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.chip.receive(bytes, self.now);
        self.read().concat()
    }

    /// A command; its answer. `None`: no ACK or no answer.
    fn order(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let came = self.send(&command(bytes));
        let rest = came.strip_prefix(&ACK)?;
        (!rest.is_empty()).then(|| data(rest))?
    }

    fn card(&self) -> &Picc<Long> {
        self.chip.field().card(0).unwrap()
    }

    fn list_type_b(&mut self) -> Vec<u8> {
        self.order(&[0x4A, 0x01, 0x03, 0x00]).unwrap()
    }
}

fn type_b() -> PiccSettings {
    PiccSettings::type_b(TypeBSettings::JPKI_06)
}

#[test]
fn it_sleeps_until_it_is_woken() {
    let mut host = Host::new(type_b());
    // 9 bytes at 115,200 baud are less than a millisecond: all are lost.
    assert_eq!(host.send(&command(&[0x02])), NOTHING);
    let mut host = Host::new(type_b());
    host.wake();
    assert_eq!(host.order(&[0x02]), Some(vec![0x03, 0x32, 0x01, 0x06, 0x07]));
    // PowerDown, woken by the serial line, and not when only SPI may.
    assert_eq!(host.order(&[0x16, 0x10]), Some(vec![0x17, 0x00]));
    assert!(host.chip.is_silent());
    host.now += 5 * MILLISECOND;
    assert_eq!(host.send(&command(&[0x02])), NOTHING);
    host.wake();
    assert!(host.order(&[0x02]).is_some());
    host.order(&[0x16, 0x20]).unwrap();
    host.now += 5 * MILLISECOND;
    host.wake();
    assert_eq!(host.order(&[0x02]), None);
    host.chip.reset(host.now);
    host.wake();
    assert!(host.order(&[0x02]).is_some());
}

#[test]
fn what_it_does_not_know_is_a_syntax_error() {
    let mut host = Host::awake(type_b());
    for wrong in
        [&[0x8C, 0x00][..], &[0x4A, 0x03, 0x00], &[0x4A, 0x01, 0x03], &[0x02, 0x00], &[0x32, 0x02]]
    {
        let came = host.send(&command(wrong));
        assert_eq!(came[..6], ACK);
        assert_eq!(came[6..], [0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00], "{wrong:02X?}");
    }
    // A wrong checksum is not acknowledged.
    let mut wrong = command(&[0x02]);
    wrong[6] ^= 1;
    assert_eq!(host.send(&wrong), NOTHING);
    // NACK brings the last answer again.
    let first = host.order(&[0x02]);
    let again = host.send(&NACK);
    assert_eq!(data(&again), first);
}

#[test]
fn a_card_of_type_b_is_listed_and_read() {
    let mut host = Host::awake(type_b());
    let listed = host.list_type_b();
    assert_eq!(listed[..4], [0x4B, 1, 1, 0x50]);
    assert_eq!(listed[8..15], [0x00, 0x00, 0x05, 0xE0, 0xB3, 0x81, 0xA1]);
    // The answer to ATTRIB: its length and MBLI with CID.
    assert_eq!(listed[15..], [0x01, 0x00]);
    assert_eq!(host.order(&[0x40, 0x01, 0x00, 0x05]), Some(vec![0x41, 0, 0, 1, 2, 3, 4, 0x90, 0]));
    // Presence does not disturb it.
    assert_eq!(host.order(&[0x00, 0x06]), Some(vec![0x01, 0x00]));
    assert_eq!(host.order(&[0x40, 0x01, 0x00, 0x00]), Some(vec![0x41, 0, 0x90, 0]));
    assert_eq!(host.card().commands(), 2);
    // It leaves: a timeout.
    host.chip.field_mut().leave_at(0, host.now);
    assert_eq!(host.order(&[0x00, 0x06]), Some(vec![0x01, 0x01]));
    assert_eq!(host.order(&[0x40, 0x01, 0x00, 0x00]), Some(vec![0x41, 0x01]));
    assert_eq!(host.list_type_b(), [0x4B, 0x00]);
    assert_eq!(host.card().violations(), []);
}

#[test]
fn long_answers_and_long_commands_go_in_parts() {
    let mut host = Host::awake(type_b());
    host.list_type_b();
    // 600 bytes: 262 at most in one answer, the flag for more in bit 6.
    let mut came = Vec::new();
    let mut ask = vec![0x40, 0x01, 0x02, 0x58];
    loop {
        let answer = host.order(&ask).unwrap();
        assert!(answer.len() <= 264);
        assert_eq!(answer[0], 0x41);
        came.extend_from_slice(&answer[2..]);
        if answer[1] == 0x00 {
            break;
        }
        assert_eq!(answer[1], 0x40);
        ask = vec![0x40, 0x01];
    }
    assert_eq!(came.len(), 602);
    assert_eq!(came[600..], [0x90, 0x00]);
    assert!((0..600).all(|at| came[at] == at as u8));
    // 500 bytes in two parts of at most 262.
    let long = vec![0x00; 500];
    let (one, two) = long.split_at(262);
    assert_eq!(host.order(&[&[0x40, 0x41], one].concat()), Some(vec![0x41, 0x00]));
    assert_eq!(host.order(&[&[0x40, 0x01], two].concat()), Some(vec![0x41, 0x00, 0x90, 0x00]));
    assert_eq!(host.card().responder().lengths, [2, 500]);
    assert_eq!(host.card().violations(), []);
    // 263 are too many.
    let came = host.send(&command(&[&[0x40, 0x01][..], &[0; 263]].concat()));
    assert_eq!(came, NOTHING, "it is longer than a frame may be");
}

#[test]
fn a_slow_card_and_a_lost_block_are_its_own_matter() {
    let mut settings = type_b();
    settings.work.other = Duration::from_millis(900);
    let mut host = Host::awake(settings);
    host.list_type_b();
    for way in [Direction::ToCard, Direction::ToReader] {
        let traffic = host.chip.field().traffic();
        let next = match way {
            Direction::ToCard => traffic.to_card.frames,
            Direction::ToReader => traffic.to_reader.frames,
        };
        let fault = FrameFault::once(way, next, FrameEffect::Flip(vec![50, 51]));
        host.chip.field_mut().push_fault(fault);
        assert_eq!(host.order(&[0x40, 1, 0, 1]), Some(vec![0x41, 0, 0, 0x90, 0]));
    }
    assert_eq!(host.card().commands(), 2);
    assert_eq!(host.card().violations(), []);
}

#[test]
fn a_phone_is_listed_and_switched_to_424() {
    let mut host = Host::awake(PiccSettings::type_a(TypeASettings::PHONE));
    let listed = host.order(&[0x4A, 0x01, 0x00]).unwrap();
    assert_eq!(listed[..7], [0x4B, 1, 1, 0x00, 0x04, 0x20, 4]);
    assert_eq!(listed[11..], [0x05, 0x78, 0x77, 0x80, 0x02]);
    assert_eq!(host.order(&[0x4E, 1, 2, 2]), Some(vec![0x4F, 0x00]));
    assert_eq!(host.card().rates(), (BitRate::Kbps424, BitRate::Kbps424));
    assert_eq!(host.order(&[0x40, 1, 0, 1]), Some(vec![0x41, 0, 0, 0x90, 0]));
    assert_eq!(host.order(&[0x4E, 1, 3, 3]), Some(vec![0x4F, 0x10]));
    assert_eq!(host.order(&[0x52, 1]), Some(vec![0x53, 0x00]));
    assert_eq!(host.order(&[0x40, 1, 0, 1]), Some(vec![0x41, 0x27]));
    assert_eq!(host.card().violations(), []);
}

#[test]
fn two_cards_are_listed_each_alone() {
    let mut host = Host::awake(type_b());
    host.chip.field_mut().put_bystander(Bystander::type_b(TypeBSettings::SYNTHETIC_848));
    let mut seen = [0; 3];
    for _ in 0..30 {
        let listed = host.order(&[0x4A, 0x02, 0x03, 0x00]).unwrap();
        seen[usize::from(listed[1])] += 1;
        host.order(&[0x32, 0x01, 0x00]).unwrap();
        host.now += 6 * MILLISECOND;
    }
    // Only by chance both are in different slots.
    assert!(seen[2] > 10 && seen[0] + seen[1] > 0, "{seen:?}");
    let mut host = Host::awake(PiccSettings::type_a(TypeASettings::PHONE));
    host.chip.field_mut().put_bystander(Bystander::type_a(TypeASettings::MEMORY));
    let listed = host.order(&[0x4A, 0x02, 0x00]).unwrap();
    assert!(listed[1] >= 1);
    assert_eq!(host.card().violations(), []);
}

#[test]
fn raw_frames_of_type_b_go_by_the_registers() {
    let mut host = Host::awake(type_b());
    assert_eq!(host.order(&[0x42, 0x05, 0x00, 0x00]), Some(vec![0x43, 0x0A]), "no field");
    host.order(&[0x32, 0x01, 0x01]).unwrap();
    // Type B with checksum both ways, and 12.8 ms for the answer.
    host.order(&[0x08, 0x63, 0x02, 0x83, 0x63, 0x03, 0x83]).unwrap();
    host.order(&[0x32, 0x02, 0x00, 0x0B, 0x08]).unwrap();
    assert_eq!(host.order(&[0x06, 0x63, 0x02]), Some(vec![0x07, 0x83]));
    let atqb = host.order(&[0x42, 0x05, 0x00, 0x00]).unwrap();
    assert_eq!((atqb[..3].to_vec(), atqb.len()), (vec![0x43, 0x00, 0x50], 14));
    // 424 kbit/s.
    let attrib = [&[0x42, 0x1D], &atqb[3..7], &[0x00, 0xA8, 0x01, 0x00]].concat();
    assert_eq!(host.order(&attrib), Some(vec![0x43, 0x00, 0x00]));
    assert_eq!(host.order(&[0x42, 0x02, 0x00, 0x01]), Some(vec![0x43, 0x01]), "106 is not heard");
    host.order(&[0x08, 0x63, 0x02, 0xA3, 0x63, 0x03, 0xA3]).unwrap();
    let answer = host.order(&[0x42, 0x02, 0x00, 0xF0]).unwrap();
    assert_eq!((answer.len(), &answer[..3]), (2 + 243, &[0x43, 0x00, 0x02][..]));
    assert_eq!(host.order(&[0x32, 0x01, 0x00]), Some(vec![0x33]));
    assert!(!host.chip.field().is_on());
}

#[test]
fn polling_for_ever_ends_with_a_card_or_an_ack() {
    let mut host = Host::awake(type_b());
    host.chip.field_mut().leave_at(0, host.now);
    host.order(&[0x32, 0x05, 0xFF, 0x01, 0xFF]).unwrap();
    host.chip.field_mut().enter_at(0, host.now + 3_000 * MILLISECOND);
    let begin = host.now;
    host.chip.receive(&command(&[0x4A, 0x01, 0x03, 0x00]), host.now);
    let mut came = Vec::new();
    while came.len() < 2 {
        host.now = host.chip.next().unwrap();
        came.extend(host.chip.poll(host.now));
    }
    assert!((3_000..3_050).contains(&(host.now - begin).as_millis()), "{:?}", host.now - begin);
    // ACK gives it up.
    host.chip.field_mut().leave_at(0, host.now);
    host.chip.receive(&command(&[0x4A, 0x01, 0x03, 0x00]), host.now);
    host.now += 500 * MILLISECOND;
    assert_eq!(host.chip.poll(host.now), Some(ACK.to_vec()));
    host.chip.receive(&ACK, host.now);
    assert_eq!(host.chip.next(), None);
    assert!(host.order(&[0x02]).is_some());
}

#[test]
fn bad_manners_are_what_they_say() {
    let with = |effect| {
        let mut host = Host::awake(type_b());
        host.chip.push_fault(ChipFault::once(3, effect));
        host
    };
    let answer = [0x03, 0x32, 0x01, 0x06, 0x07];
    let mut host = with(ChipEffect::LoseAck);
    assert_eq!(data(&host.send(&command(&[0x02]))).unwrap(), answer);
    let mut host = with(ChipEffect::LoseAnswer);
    assert_eq!(host.send(&command(&[0x02])), ACK);
    assert_eq!(data(&host.send(&NACK)).unwrap(), answer);
    let mut host = with(ChipEffect::LoseCommand);
    assert_eq!(host.send(&command(&[0x02])), NOTHING);
    assert_eq!(host.order(&[0x02]).unwrap(), answer);
    let mut host = with(ChipEffect::WrongChecksum);
    let came = host.send(&command(&[0x02]));
    assert_ne!(came[6 + 5..].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
    assert_eq!(data(&host.send(&NACK)).unwrap(), answer);
    let mut host = with(ChipEffect::Garbage(vec![0x00, 0xAA, 0x55]));
    assert_eq!(host.send(&command(&[0x02]))[6..9], [0x00, 0xAA, 0x55]);
    let mut host = with(ChipEffect::Delay(2_000 * MILLISECOND));
    let begin = host.now;
    assert_eq!(host.order(&[0x02]).unwrap(), answer);
    assert!(host.now - begin > 2_000 * MILLISECOND);
    let mut host = with(ChipEffect::Stop(Until::WakeUp));
    assert_eq!(host.order(&[0x02]), None);
    host.wake();
    assert_eq!(host.order(&[0x02]).unwrap(), answer);
    let mut host = with(ChipEffect::Stop(Until::Reset));
    assert_eq!(host.order(&[0x02]), None);
    host.wake();
    assert_eq!(host.order(&[0x02]), None);
    host.chip.reset(host.now);
    host.wake();
    assert_eq!(host.order(&[0x02]).unwrap(), answer);
    let mut host = with(ChipEffect::LoseAck);
    host.chip.settings_mut().pieces = Some(Pieces { size: 3, pause: MILLISECOND });
    host.chip.receive(&command(&[0x02]), host.now);
    let came = host.read();
    assert_eq!(came.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 3, 1]);
    assert_eq!(data(&came.concat()).unwrap(), answer);
}

#[test]
fn spi_and_i2c_say_when_they_are_ready() {
    let chip = |interface| {
        let field = Field::with(Picc::new(Long::default(), type_b()));
        Pn532::new(field, Pn532Settings::default()).on(interface)
    };
    let mut spi = chip(HostInterface::Spi);
    let write = |bytes: &[u8]| [&[0x01], bytes].concat();
    let mut now = Duration::ZERO;
    spi.spi(&[0x00], now);
    now += 5 * MILLISECOND;
    spi.spi(&write(&command(&[0x02])), now);
    assert_eq!(spi.spi(&[0x02, 0x00], now)[1], 0x00);
    now += 5 * MILLISECOND;
    assert_eq!(spi.spi(&[0x02, 0x00], now)[1], 0x01);
    assert_eq!(spi.spi(&[0x03, 0, 0, 0, 0, 0, 0], now)[1..], ACK);
    assert!(spi.is_ready(now));
    let came = spi.spi(&[&[0x03][..], &[0; 20]].concat(), now);
    assert_eq!(data(&came[1..]).unwrap(), [0x03, 0x32, 0x01, 0x06, 0x07]);
    assert!(!spi.is_ready(now));

    let mut i2c = chip(HostInterface::I2c);
    assert!(!i2c.i2c_write(&[0x00], now));
    now += 5 * MILLISECOND;
    assert!(i2c.i2c_write(&[0x00], now));
    i2c.i2c_write(&command(&[0x02]), now);
    assert_eq!(i2c.i2c_read(1, now), [0x00]);
    now += 5 * MILLISECOND;
    assert_eq!(i2c.i2c_read(1, now), [0x01]);
    assert_eq!(i2c.i2c_read(7, now), [&[0x01][..], &ACK].concat());
    let came = i2c.i2c_read(20, now);
    assert_eq!(data(&came[1..]).unwrap(), [0x03, 0x32, 0x01, 0x06, 0x07]);
}

#[test]
fn it_is_served_on_a_byte_pipe() {
    use std::io::{Read, Write, pipe};
    for pace in [Pace::AtOnce, Pace::RealLine] {
        let (from_host, mut to_chip) = pipe().unwrap();
        let (mut from_chip, to_host) = pipe().unwrap();
        let field = Field::with(Picc::new(Long::default(), type_b()));
        let chip = Pn532::new(field, Pn532Settings::default());
        let server = std::thread::spawn(move || serve(chip, from_host, to_host, pace));
        // The wake-up sequence and the first command in one piece.
        let wake = [&[0x55, 0x55][..], &[0x00; 14], &command(&[0x14, 0x01])].concat();
        to_chip.write_all(&wake).unwrap();
        let mut came = [0; 6 + 8 + 1];
        from_chip.read_exact(&mut came).unwrap();
        assert_eq!(data(&came[6..]).unwrap(), [0x15]);
        let mut order = |bytes: &[u8], answer: usize| {
            to_chip.write_all(&command(bytes)).unwrap();
            let mut came = vec![0; 6 + 8 + answer];
            from_chip.read_exact(&mut came).unwrap();
            assert_eq!(came[..6], ACK);
            data(&came[6..]).unwrap()
        };
        assert_eq!(order(&[0x4A, 1, 3, 0], 17)[..4], [0x4B, 1, 1, 0x50]);
        assert_eq!(order(&[0x40, 1, 0, 1], 5), [0x41, 0, 0, 0x90, 0]);
        drop((to_chip, from_chip));
        let (chip, served) = server.join().unwrap();
        assert_eq!(chip.commands(), 3);
        assert!(served.sent > 40 && served.received > 40);
        assert!(!chip.field().is_on());
    }
}
