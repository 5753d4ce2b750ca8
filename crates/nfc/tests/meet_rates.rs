//! The certificate is read at the fastest bit rates that card and reader both declare.

mod meeting;

use kazasu_nfc::{Capabilities, Rates};
use kazasu_virtual_card::radio::{BitRate, Direction, PiccSettings, TypeASettings, TypeBSettings};
use meeting::patient::Patient;
use meeting::{Met, Setup, check_in};

/// The bit of a rate in half of the byte: 212 is 1, 424 is 2, 848 is 4; 106 has none.
fn declares(byte: u8, rate: BitRate, shift: u8) -> bool {
    rate == BitRate::Kbps106 || byte >> shift & 1 << (rate.code() - 1) != 0
}

/// To the card and from it, found by trying all: the standard's byte has the rates to the card in
/// b1 to b3, those from it in b5 to b7, and in b8 that both are the same.
fn fastest(card: u8, reader: u8) -> (BitRate, BitRate) {
    let same = (card | reader) & 0x80 != 0;
    let both = |rate, shift| declares(card, rate, shift) && declares(reader, rate, shift);
    let mut best = (BitRate::Kbps106, BitRate::Kbps106);
    for to_card in BitRate::ALL.into_iter().filter(|rate| both(*rate, 0)) {
        for from_card in BitRate::ALL.into_iter().filter(|rate| both(*rate, 4)) {
            let allowed = !same || to_card == from_card;
            if allowed && to_card >= best.0 && from_card >= best.1 {
                best = (to_card, from_card);
            }
        }
    }
    best
}

/// Every frame after the activation, and those of the certificate among them.
fn is_at(met: &Met, activation: usize, rates: (BitRate, BitRate)) {
    assert!(met.verified(), "{met:?}");
    assert_eq!(met.violations, []);
    let mut long = 0;
    for frame in met.log.iter().skip(activation) {
        let rate = match frame.direction {
            Direction::ToCard => rates.0,
            Direction::ToReader => rates.1,
        };
        assert_eq!(frame.rate, rate, "{frame:?}");
        long += usize::from(frame.direction == Direction::ToReader && frame.length == 256);
    }
    // The certificate in six full frames and a part, the signature in one and a part.
    assert_eq!(long, 7, "{:?}", met.log);
}

#[test]
fn the_certificate_is_read_at_the_fastest_rate_of_both() {
    let mut patient = Patient::new(true);
    let readers = [0x00, 0x11, 0x33, 0x77, 0x37, 0x71, 0xF7];
    for rates in [0x00, 0x11, 0x33, 0x77, 0x73, 0x17, 0x44, 0x91, 0xB3, 0xD4, 0xF7] {
        for reader in readers {
            let mut card = TypeBSettings::JPKI_06;
            card.protocol_info = [rates, 0x81, 0xA1];
            let mut setup = Setup::new(PiccSettings::type_b(card));
            setup.capabilities = Capabilities::new(256).with_rates(Rates::from_byte(reader));
            let met = check_in(&mut patient, &setup);
            // REQB, ATQB, ATTRIB and its answer.
            is_at(&met, 4, fastest(rates, reader));
        }
    }
}

#[test]
fn the_known_cards_and_a_phone_are_read_at_what_they_declare() {
    use BitRate::{Kbps106, Kbps424, Kbps848};
    let mut patient = Patient::new(true);
    for (card, rate) in TypeBSettings::REAL.into_iter().zip([Kbps424, Kbps424, Kbps106, Kbps424]) {
        let met = check_in(&mut patient, &Setup::new(PiccSettings::type_b(card)));
        is_at(&met, 4, (rate, rate));
    }
    let met = check_in(&mut patient, &Setup::new(PiccSettings::type_a(TypeASettings::PHONE)));
    // REQB without an answer; WUPA, anticollision, SELECT, RATS and PPS with theirs.
    is_at(&met, 11, (Kbps848, Kbps848));
}
