//! Answers to reset: those of real cards, some of our own, and what one offers
//! (ISO/IEC 7816-3, 8.2).
//!
//! What a card sends is never checked here: a card with a wrong answer to reset is a test too.

use super::character::Convention;

/// An answer to reset, logical bytes from TS on, and where it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerToReset {
    /// What it is called here.
    pub name: &'static str,
    /// TS to TCK.
    pub bytes: &'static [u8],
    /// Was it seen on a real card (`docs/card-facts.md` §1.1)? The others are ours: all known cards
    /// speak T=1 only, in the direct convention, with LRC.
    pub real: bool,
}

const fn real(name: &'static str, bytes: &'static [u8]) -> AnswerToReset {
    AnswerToReset { name, bytes, real: true }
}

const fn synthetic(name: &'static str, bytes: &'static [u8]) -> AnswerToReset {
    AnswerToReset { name, bytes, real: false }
}

/// T=1, no historical bytes, IFSC 254 (CONFIRMED).
pub const JPKI_01: AnswerToReset =
    real("JPKI (01)", &[0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14]);
/// T=1, TA1 = 13, IFSC 251, declares extended length (CONFIRMED).
pub const JPKI_02: AnswerToReset = real(
    "JPKI (02)",
    &[
        0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73,
        0xC6, 0x01, 0xC0, 0x3B,
    ],
);
/// T=1, IFSC 251, declares no extended length (CONFIRMED).
pub const JPKI_03: AnswerToReset = real(
    "JPKI (03)",
    &[0x3B, 0xC5, 0xFF, 0x81, 0x31, 0xFB, 0x45, 0x80, 0x73, 0xC6, 0x01, 0x00, 0x00],
);
/// Specific mode T=1, TA1 = 91, IFSC 254 (SINGLE).
pub const JPKI_04: AnswerToReset = real(
    "JPKI (04)",
    &[
        0x3B, 0xF5, 0x91, 0x00, 0xFF, 0x91, 0x81, 0x71, 0xFE, 0x40, 0x00, 0x42, 0x00, 0x01, 0x00,
        0xD1, 0xD6,
    ],
);
/// As [`JPKI_04`] with other historical bytes (SINGLE).
pub const JPKI_05: AnswerToReset = real(
    "JPKI (05)",
    &[
        0x3B, 0xF5, 0x91, 0x00, 0xFF, 0x91, 0x81, 0x71, 0xFE, 0x40, 0x00, 0x42, 0x00, 0x01, 0xB3,
        0xA1, 0x15,
    ],
);
/// The five of real cards.
pub const REAL: [AnswerToReset; 5] = [JPKI_01, JPKI_02, JPKI_03, JPKI_04, JPKI_05];

/// T=0 and nothing else, F = 372, D = 4. Synthetic.
pub const SYNTHETIC_T0: AnswerToReset = synthetic("synthetic T=0", &[0x3B, 0x10, 0x13]);
/// T=0 in the inverse convention. Synthetic.
pub const SYNTHETIC_T0_INVERSE: AnswerToReset =
    synthetic("synthetic T=0, inverse", &[0x3F, 0x10, 0x13]);
/// T=0, and T=1 by PPS with IFSC 254. Synthetic.
pub const SYNTHETIC_T0_T1: AnswerToReset =
    synthetic("synthetic T=0 and T=1", &[0x3B, 0x90, 0x13, 0x80, 0x11, 0xFE, 0xEC]);
/// T=1 in the inverse convention, IFSC 254. Synthetic.
pub const SYNTHETIC_T1_INVERSE: AnswerToReset =
    synthetic("synthetic T=1, inverse", &[0x3F, 0x80, 0x81, 0x11, 0xFE, 0xEE]);
/// T=1 with CRC, IFSC 254. Synthetic.
pub const SYNTHETIC_T1_CRC: AnswerToReset =
    synthetic("synthetic T=1, CRC", &[0x3B, 0x80, 0x81, 0x51, 0xFE, 0x01, 0xAF]);
/// T=1 with what holds when nothing is said: IFSC 32. Synthetic.
pub const SYNTHETIC_T1_DEFAULTS: AnswerToReset =
    synthetic("synthetic T=1, all defaults", &[0x3B, 0x80, 0x01, 0x81]);
/// Those that no real card has.
pub const SYNTHETIC: [AnswerToReset; 6] = [
    SYNTHETIC_T0,
    SYNTHETIC_T0_INVERSE,
    SYNTHETIC_T0_T1,
    SYNTHETIC_T1_INVERSE,
    SYNTHETIC_T1_CRC,
    SYNTHETIC_T1_DEFAULTS,
];

/// What the card itself goes by after it sent an answer to reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) convention: Convention,
    /// TA1, or 11.
    pub(super) ta1: u8,
    /// TC1: extra guard time of what the card receives; 255 has a meaning of its own.
    pub(super) extra_guard_time: u8,
    /// T=15 is there: extra guard time counts in the units of TA1, whatever rate is in force (8.3).
    pub(super) globals: bool,
    /// TA2.
    pub(super) specific: Option<u8>,
    /// In the order of the answer; T=0 if it names none.
    pub(super) protocols: Vec<u8>,
    /// TC2: waiting time integer of T=0.
    pub(super) waiting_integer: u8,
    pub(super) ifsc: u8,
    pub(super) bwi: u8,
    pub(super) cwi: u8,
    pub(super) crc: bool,
}

impl Offer {
    /// Whatever the bytes: what is missing has its default.
    pub(super) fn of(atr: &[u8]) -> Self {
        let mut offer = Self {
            convention: Convention::Direct,
            ta1: 0x11,
            extra_guard_time: 0,
            globals: false,
            specific: None,
            protocols: Vec::new(),
            waiting_integer: 10,
            ifsc: 32,
            bwi: 4,
            cwi: 13,
            crc: false,
        };
        let mut bytes = atr.iter().copied();
        if bytes.next() == Some(0x3F) {
            offer.convention = Convention::Inverse;
        }
        let mut indicator = bytes.next().unwrap_or(0);
        let mut t1_seen = false;
        for i in 1..=32 {
            let protocol = indicator & 0x0F;
            let mut next = |bit: u8| if indicator & bit == 0 { None } else { bytes.next() };
            let (ta, tb, tc, td) = (next(0x10), next(0x20), next(0x40), next(0x80));
            match i {
                1 => {
                    offer.ta1 = ta.unwrap_or(offer.ta1);
                    offer.extra_guard_time = tc.unwrap_or(0);
                }
                2 => {
                    offer.specific = ta;
                    offer.waiting_integer = tc.unwrap_or(10);
                }
                _ if protocol == 1 && !t1_seen => {
                    t1_seen = true;
                    offer.ifsc = ta.unwrap_or(32);
                    let waiting = tb.unwrap_or(0x4D);
                    (offer.bwi, offer.cwi) = (waiting >> 4, waiting & 0x0F);
                    offer.crc = tc.unwrap_or(0) & 1 == 1;
                }
                _ => {}
            }
            let Some(td) = td else { break };
            let protocol = td & 0x0F;
            offer.globals |= protocol == 15;
            if protocol != 15 && !offer.protocols.contains(&protocol) {
                offer.protocols.push(protocol);
            }
            indicator = td;
        }
        if offer.protocols.is_empty() {
            offer.protocols.push(0);
        }
        offer
    }
}

/// F, the clock rate conversion integer, and D, the baud rate adjustment integer, of TA1 or PPS1
/// (ISO/IEC 7816-3, tables 7 and 8). `None` for what is reserved.
pub(super) fn rate(ta1: u8) -> Option<(u32, u32)> {
    let f = match ta1 >> 4 {
        0 | 1 => 372,
        2 => 558,
        3 => 744,
        4 => 1116,
        5 => 1488,
        6 => 1860,
        9 => 512,
        10 => 768,
        11 => 1024,
        12 => 1536,
        13 => 2048,
        _ => return None,
    };
    let d = match ta1 & 0x0F {
        shift @ 1..=7 => 1 << (shift - 1),
        8 => 12,
        9 => 20,
        _ => return None,
    };
    Some((f, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_are_whole() {
        for atr in REAL.iter().chain(&SYNTHETIC) {
            let offer = Offer::of(atr.bytes);
            if offer.protocols != [0] {
                let check = atr.bytes.iter().skip(1).fold(0, |sum, byte| sum ^ byte);
                assert_eq!(check, 0, "TCK of {}", atr.name);
            }
            assert_eq!(atr.real, offer.protocols == [1] && atr.name.starts_with("JPKI"));
            assert!(rate(offer.ta1).is_some());
        }
    }

    #[test]
    fn they_offer_what_the_card_facts_say() {
        let first = Offer::of(JPKI_01.bytes);
        assert_eq!((first.ifsc, first.bwi, first.cwi, first.crc), (254, 4, 5, false));
        assert_eq!((first.extra_guard_time, first.ta1, first.specific), (255, 0x11, None));
        let second = Offer::of(JPKI_02.bytes);
        assert_eq!((second.ta1, rate(second.ta1), second.ifsc), (0x13, Some((372, 4)), 251));
        let fourth = Offer::of(JPKI_04.bytes);
        assert_eq!((fourth.specific, rate(fourth.ta1)), (Some(0x81), Some((512, 1))));
        assert_eq!((fourth.ifsc, fourth.bwi, fourth.cwi, fourth.crc), (254, 4, 0, false));
        assert_eq!(Offer::of(SYNTHETIC_T0_T1.bytes).protocols, [0, 1]);
        assert!(Offer::of(SYNTHETIC_T1_CRC.bytes).crc);
        assert_eq!(Offer::of(SYNTHETIC_T1_DEFAULTS.bytes).ifsc, 32);
        assert_eq!(Offer::of(SYNTHETIC_T1_INVERSE.bytes).convention, Convention::Inverse);
    }

    #[test]
    fn no_bytes_are_too_strange() {
        for length in 0..40 {
            for byte in [0x00, 0x3B, 0x7F, 0xF1, 0xFF] {
                let offer = Offer::of(&vec![byte; length]);
                assert!(!offer.protocols.is_empty());
            }
        }
    }
}
