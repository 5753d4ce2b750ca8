//! Characters on the wire for one check-in over T=1, against the fewest that its blocks allow.

mod meeting;

use kazasu_virtual_card::contact;
use meeting::patient::Patient;
use meeting::{Setup, check_in};

/// Both information field sizes.
const IFS: usize = 254;
/// NAD, PCB, LEN and LRC.
const OF_A_BLOCK: usize = 4;

/// The fewest characters that carry so many bytes one way: full blocks, and an R-block between each
/// two of a chain.
fn floor(bytes: usize) -> usize {
    let blocks = bytes.div_ceil(IFS).max(1);
    bytes + blocks * OF_A_BLOCK + (blocks - 1) * OF_A_BLOCK
}

#[test]
fn a_check_in_over_t1_is_within_five_percent_of_the_floor() {
    for (name, setup) in [
        ("extended length", Setup::new(contact::JPKI_01)),
        ("short length", Setup::short(contact::JPKI_01)),
    ] {
        let met = check_in(&mut Patient::new(true), &setup);
        assert!(met.verified(), "{met:?}");
        let floor: usize =
            met.apdus.iter().map(|(command, answer)| floor(*command) + floor(*answer)).sum();
        // All of them: the answer to reset and S(IFS) too, which the floor does not count.
        let wire = usize::try_from(met.to_card + met.to_reader).unwrap();
        let over = (wire - floor) as f64 * 100.0 / floor as f64;
        println!(
            "T=1, {name}: {} commands, {wire} characters on the wire, floor {floor}, {over:.2} % over",
            met.commands
        );
        assert!(wire * 100 <= floor * 105, "{name}: {wire} characters, floor {floor}");
    }
}
