//! Answers to reset: those of known cards, and hostile ones.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_contact::atr::{
    Atr, Convention, ErrorKind, MAX_LENGTH, Progress, Reader, decode_inverse,
};
use kazasu_contact::{Class, Protocol};

/// docs/card-facts.md §1.1: contact.
const CONTACT: [&str; 5] = [
    "3BE000FF8131FE4514",
    "3BDA13FF8131FB468012392F31C173C601C03B",
    "3BC5FF8131FB458073C6010000",
    "3BF59100FF918171FE400042000100D1D6",
    "3BF59100FF918171FE4000420001B3A115",
];

/// docs/card-facts.md §1.2: built by readers for contactless cards.
const CONTACTLESS: [&str; 4] = [
    "3B888001000005E0B381A1007F",
    "3B888001000041E0B381A1003B",
    "3B888001004B51FF0081D100BC",
    "3B888001004B51FFB381D1000F",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn parse(hex: &str) -> Atr {
    Atr::parse(&bytes(hex)).unwrap()
}

#[test]
fn cards_of_the_dossier() {
    for hex in CONTACT {
        let atr = parse(hex);
        assert!(atr.offers(Protocol::T1) && !atr.offers(Protocol::T0), "{hex}");
        assert_eq!(atr.first_protocol(), Some(Protocol::T1));
        assert_eq!(atr.convention(), Convention::Direct);
        assert!(!atr.checks_by_crc());
        assert_eq!(atr.bytes(), bytes(hex));
    }
    for hex in CONTACTLESS {
        assert!(parse(hex).offers(Protocol::T1), "{hex}");
        assert!(parse(hex).offers(Protocol::T0), "{hex}");
    }
    let numbers = |hex| {
        let atr = parse(hex);
        let factors = atr.transmission_factors();
        (factors.byte(), atr.extra_guard_time(), atr.ifsc(), atr.bwi(), atr.cwi())
    };
    assert_eq!(numbers(CONTACT[0]), (0x11, 255, 254, 4, 5));
    assert_eq!(numbers(CONTACT[1]), (0x13, 255, 251, 4, 6));
    assert_eq!(numbers(CONTACT[2]), (0x11, 255, 251, 4, 5));
    assert_eq!(numbers(CONTACT[3]), (0x91, 255, 254, 4, 0));
    assert_eq!(parse(CONTACT[0]).specific_mode(), None);
    let mode = parse(CONTACT[3]).specific_mode().unwrap();
    assert_eq!((mode.protocol(), mode.by_interface_bytes(), mode.changeable()), (1, true, false));
    assert_eq!(parse(CONTACT[3]).historical().bytes(), [0x42, 0x00, 0x01, 0x00, 0xD1]);
}

#[test]
fn capabilities_in_the_historical_bytes() {
    let second = parse(CONTACT[1]).historical().capabilities().unwrap();
    assert_eq!((second.selection, second.coding, second.functions), (0xC6, Some(1), Some(0xC0)));
    assert_eq!(second.extended_length(), Some(true));
    assert_eq!(second.command_chaining(), Some(true));
    assert_eq!(second.logical_channels(), 1);
    let third = parse(CONTACT[2]).historical().capabilities().unwrap();
    assert_eq!((third.extended_length(), third.command_chaining()), (Some(false), Some(false)));
    for hex in [CONTACT[0], CONTACT[3], CONTACT[4]] {
        assert_eq!(parse(hex).historical().capabilities(), None, "{hex}");
    }
    let objects: Vec<_> = parse(CONTACT[1])
        .historical()
        .objects()
        .map(|(tag, value)| (tag, value.to_vec()))
        .collect();
    let expected: Vec<(u8, &[u8])> =
        vec![(1, &[0x39, 0x2F]), (3, &[0xC1]), (7, &[0xC6, 0x01, 0xC0])];
    assert_eq!(objects.len(), expected.len());
    for ((tag, value), (wanted, bytes)) in objects.iter().zip(expected) {
        assert_eq!((*tag, value.as_slice()), (wanted, bytes));
    }
    // Cut off: the object that is not whole is not given.
    let cut = kazasu_contact::atr::Historical::new(&[0x80, 0x31, 0xC1, 0x73, 0xC6]);
    assert_eq!(cut.objects().count(), 1);
    assert_eq!(cut.capabilities(), None);
    // Category 00 ends in three bytes of status, which are no object.
    let status = kazasu_contact::atr::Historical::new(&[0x00, 0x31, 0xC1, 0x05, 0x90, 0x00]);
    assert_eq!(status.objects().count(), 1);
}

#[test]
fn every_truncation_is_named() {
    for hex in CONTACT.into_iter().chain(CONTACTLESS) {
        let whole = bytes(hex);
        for length in 0..whole.len() {
            let error = Atr::parse(&whole[..length]).unwrap_err();
            assert_eq!((error.kind, usize::from(error.position)), (ErrorKind::Truncated, length));
        }
        let mut more = whole.clone();
        more.push(0);
        let error = Atr::parse(&more).unwrap_err();
        assert_eq!((error.kind, usize::from(error.position)), (ErrorKind::Trailing, whole.len()));
    }
}

#[test]
fn every_wrong_check_byte_is_refused() {
    for hex in CONTACT.into_iter().chain(CONTACTLESS) {
        let whole = bytes(hex);
        for wrong in 1..=u8::MAX {
            let mut bytes = whole.clone();
            *bytes.last_mut().unwrap() ^= wrong;
            let error = Atr::parse(&bytes).unwrap_err();
            assert_eq!(error.kind, ErrorKind::CheckByte);
            assert_eq!(usize::from(error.position), whole.len() - 1);
        }
    }
}

/// TS is not covered by the check byte: another convention is all that a flipped bit can make of it.
#[test]
fn no_single_flipped_bit_reads_as_the_same_card() {
    for hex in CONTACT {
        let whole = bytes(hex);
        for bit in 8..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Atr::parse(&bytes).is_err(), "{hex} bit {bit}");
        }
    }
}

#[test]
fn the_initial_character_is_one_of_two() {
    for ts in 0..=u8::MAX {
        let result = Atr::parse(&[ts, 0x00]);
        match ts {
            0x3B => assert_eq!(result.unwrap().convention(), Convention::Direct),
            0x3F => assert_eq!(result.unwrap().convention(), Convention::Inverse),
            _ => assert_eq!(result.unwrap_err().kind, ErrorKind::InitialCharacter),
        }
    }
}

#[test]
fn the_inverse_convention_as_a_direct_receiver_reads_it() {
    assert_eq!(decode_inverse(0x03), 0x3F);
    for byte in 0..=u8::MAX {
        assert_eq!(decode_inverse(decode_inverse(byte)), byte);
    }
    // T=0, one historical byte A5.
    let logical = [0x3F, 0x01, 0xA5];
    let mut raw = Reader::new();
    let mut decoded = Reader::new();
    for byte in logical {
        let one = raw.push(decode_inverse(byte)).unwrap();
        let other = decoded.push(byte).unwrap();
        assert_eq!(one, other);
        if let Progress::Complete(atr) = one {
            assert_eq!((atr.bytes(), atr.historical().bytes()), (&logical[..], &[0xA5][..]));
        }
    }
    assert!(raw.decodes() && !decoded.decodes());
}

#[test]
fn without_interface_bytes_the_card_speaks_t0() {
    let atr = parse("3B00");
    assert_eq!(atr.first_protocol(), Some(Protocol::T0));
    assert!(atr.offers(Protocol::T0) && !atr.offers(Protocol::T1));
    assert_eq!((atr.waiting_time_integer(), atr.extra_guard_time()), (10, 0));
    assert_eq!((atr.ifsc(), atr.cwi(), atr.bwi()), (32, 13, 4));
    assert_eq!(atr.transmission_factors().byte(), 0x11);
    assert!(atr.clock_stop().is_none() && atr.classes().is_none() && atr.spu().is_none());
    // Only T=0: no check byte. T=0 and T=15: there is one.
    assert_eq!(parse("3B8000").groups().count(), 1);
    assert_eq!(parse("3B80800F0F").groups().count(), 2);
}

#[test]
fn the_most_that_the_standard_allows() {
    // 15 groups of one TD each, 15 historical bytes, TCK: 1 + 1 + 15 + 15 + 1.
    let mut bytes = vec![0x3B, 0x8F];
    bytes.extend([0x81; 14]);
    bytes.push(0x01);
    bytes.extend([0xAA; 15]);
    bytes.push(bytes[1..].iter().fold(0, |sum, byte| sum ^ byte));
    assert_eq!(bytes.len(), MAX_LENGTH);
    let atr = Atr::parse(&bytes).unwrap();
    assert_eq!(atr.groups().count(), 15);
    assert_eq!(atr.historical().bytes(), [0xAA; 15]);

    // One TD more: refused as soon as that is known, before the historical bytes.
    bytes[16] = 0x81;
    let error = Atr::parse(&bytes).unwrap_err();
    assert_eq!((error.kind, error.position), (ErrorKind::TooLong, 17));
    // A chain without end.
    let mut endless = Reader::new();
    endless.push(0x3B).unwrap();
    let error = (0..).find_map(|_| endless.push(0x80).err()).unwrap();
    assert_eq!((error.kind, error.position), (ErrorKind::TooLong, 33));
}

#[test]
fn globals_of_t15() {
    // TD1: T=1 and TD2; TD2: T=15 with TA3, TB3.
    let with = |ta: u8| {
        let mut bytes = vec![0x3B, 0x80, 0x81, 0x3F, ta, 0x80];
        bytes.push(bytes[1..].iter().fold(0, |sum, byte| sum ^ byte));
        Atr::parse(&bytes).unwrap()
    };
    use kazasu_contact::atr::ClockStop;
    let stops = [0x07, 0x47, 0x87, 0xC7].map(|ta| with(ta).clock_stop());
    assert_eq!(stops, [None, Some(ClockStop::Low), Some(ClockStop::High), Some(ClockStop::Any)]);
    assert_eq!(with(0x07).spu(), Some(0x80));
    let classes = |ta: u8| {
        let classes = with(ta).classes()?;
        Some([Class::A, Class::B, Class::C].map(|class| classes.include(class)))
    };
    assert_eq!(classes(0x01), Some([true, false, false]));
    assert_eq!(classes(0x03), Some([true, true, false]));
    assert_eq!(classes(0x06), Some([false, true, true]));
    assert_eq!(classes(0x07), Some([true, true, true]));
    assert_eq!(classes(0x05), None);
    assert_eq!(classes(0x00), None);
    // T=15 is no protocol: not in TD1, and its bytes are not those of T=1.
    assert_eq!(with(0x07).ifsc(), 32);
    let error = Atr::parse(&[0x3B, 0x80, 0x1F]).unwrap_err();
    assert_eq!((error.kind, error.position), (ErrorKind::NoProtocol, 2));
}

#[test]
fn reserved_factors_are_none() {
    use kazasu_contact::atr::TransmissionFactors;
    for byte in 0..=u8::MAX {
        let factors = TransmissionFactors::new(byte);
        let fi = matches!(byte >> 4, 0..=6 | 9..=13);
        let di = matches!(byte & 15, 1..=9);
        assert_eq!((factors.fi().is_some(), factors.di().is_some()), (fi, di), "{byte:02X}");
    }
    assert_eq!(TransmissionFactors::new(0x95).fi(), Some((512, 5_000_000)));
    assert_eq!(TransmissionFactors::new(0x95).di(), Some(16));
}
