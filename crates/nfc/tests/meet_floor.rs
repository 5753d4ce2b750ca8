//! Frames of one check-in against the fewest that frame sizes and chaining allow.

mod meeting;

use kazasu::apdu::ExtendedLength;
use kazasu_virtual_card::radio::{PiccSettings, TypeASettings, TypeBSettings};
use meeting::patient::Patient;
use meeting::{Setup, check_in};

/// What both sides' frames of 256 bytes carry of an APDU: PCB and checksum are three bytes.
const INFORMATION: usize = 253;

/// The fewest frames that carry so many bytes one way: full blocks, and an R(ACK) between each two.
fn floor(bytes: usize) -> usize {
    let blocks = bytes.div_ceil(INFORMATION).max(1);
    2 * blocks - 1
}

#[test]
fn a_check_in_is_within_three_percent_of_the_floor() {
    for (name, card, activation) in [
        // REQB and ATQB, ATTRIB and its answer.
        ("JPKI (06)", PiccSettings::type_b(TypeBSettings::JPKI_06), 4),
        ("JPKI (08)", PiccSettings::type_b(TypeBSettings::JPKI_08), 4),
        // WUPA, anticollision, SELECT, RATS and PPS with their answers; REQB without one.
        ("phone", PiccSettings::type_a(TypeASettings::PHONE), 11),
    ] {
        for (mode, extended) in [(ExtendedLength::Auto, true), (ExtendedLength::Off, false)] {
            let mut setup = Setup::new(card.clone());
            setup.mode = mode;
            let met = check_in(&mut Patient::new(extended), &setup);
            assert!(met.verified(), "{met:?}");
            let blocks: usize =
                met.apdus.iter().map(|(command, answer)| floor(*command) + floor(*answer)).sum();
            // S(DESELECT) and its answer end it.
            let floor = activation + blocks + 2;
            let frames = usize::try_from(met.traffic.frames()).unwrap();
            let over = (frames as f64 / floor as f64 - 1.0) * 100.0;
            println!("{name}, {mode:?}: {frames} frames, floor {floor}, {over:.2} % over");
            assert!(frames * 100 <= floor * 103, "{name}: {frames} frames, floor {floor}");
        }
    }
}
