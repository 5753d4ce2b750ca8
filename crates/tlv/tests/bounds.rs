//! Depth and length are bounded whatever the input says.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

use kazasu_tlv::{ErrorKind, Rules, Tag, Walk, find_path, tags};

/// Empty SEQUENCEs, one in the other, the outermost with `levels - 1` around the innermost.
fn nested(levels: usize) -> Vec<u8> {
    // Built from the inside out, so every header is written backwards.
    let mut reversed = Vec::new();
    for _ in 0..levels {
        let length = reversed.len();
        let octets = length.to_be_bytes();
        let used = octets.len() - octets.iter().take_while(|&&octet| octet == 0).count();
        if length < 0x80 {
            reversed.push(octets[octets.len() - 1]);
        } else {
            reversed.extend(octets.iter().rev().take(used));
            reversed.push(0x80 | u8::try_from(used).unwrap());
        }
        reversed.push(0x30);
    }
    reversed.reverse();
    reversed
}

#[test]
fn as_many_levels_as_allowed_and_no_more() {
    let input = nested(8);
    let depths: Vec<_> =
        Walk::<8>::new(&input, Rules::Der).map(|visit| visit.unwrap().depth).collect();
    assert_eq!(depths, [0, 1, 2, 3, 4, 5, 6, 7]);

    let mut walk = Walk::<7>::new(&input, Rules::Der);
    assert_eq!(walk.by_ref().take(7).filter(Result::is_ok).count(), 7);
    let error = walk.next().unwrap().unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::TooDeep, 14));
    assert_eq!(walk.next(), None, "the walk ends after an error");

    let error = Walk::<0>::new(&input, Rules::Der).next().unwrap().unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::TooDeep, 0));
    assert_eq!(Walk::<0>::new(&[], Rules::Der).next(), None);
}

#[test]
fn a_hundred_thousand_levels_end_in_too_deep() {
    let input = nested(100_000);
    // A stack on which recursion over a few thousand levels would not survive.
    let small = std::thread::Builder::new().stack_size(64 * 1024);
    let walk = small.spawn(move || {
        let mut visits = 0;
        for visit in Walk::<16>::new(&input, Rules::Ber) {
            match visit {
                Ok(_) => visits += 1,
                Err(error) => return (visits, error.kind, error.offset),
            }
        }
        (visits, ErrorKind::Truncated, 0)
    });
    // Sixteen headers of `30 83 hh hh hh` lie before the first object that is too deep.
    assert_eq!(walk.unwrap().join().unwrap(), (16, ErrorKind::TooDeep, 16 * 5));
}

#[test]
fn levels_are_only_used_up_by_what_is_inside() {
    // Siblings, and a constructed object without children on the last level.
    let input = [0x30, 0x06, 0x30, 0x00, 0x31, 0x00, 0x05, 0x00, 0x30, 0x00];
    let visits: Vec<_> = Walk::<2>::new(&input, Rules::Der)
        .map(|visit| visit.map(|v| (v.depth, v.element.offset())).unwrap())
        .collect();
    assert_eq!(visits, [(0, 0), (1, 2), (1, 4), (1, 6), (0, 8)]);
}

#[test]
fn objects_that_end_together_are_left_together() {
    // 30 { 30 { 30 { 05 } } } 02: after the NULL the walk is back on the outermost level.
    let input = [0x30, 0x06, 0x30, 0x04, 0x30, 0x02, 0x05, 0x00, 0x02, 0x01, 0x07];
    let depths: Vec<_> =
        Walk::<4>::new(&input, Rules::Der).map(|visit| visit.unwrap().depth).collect();
    assert_eq!(depths, [0, 1, 2, 3, 0]);
}

#[test]
fn an_object_may_not_reach_past_the_one_around_it() {
    // The inner length is one too many, although the input has the octet.
    let input = [0x30, 0x03, 0x04, 0x02, 0xAA, 0xAA];
    let errors: Vec<_> = Walk::<4>::new(&input, Rules::Der).filter_map(Result::err).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].kind, errors[0].offset), (ErrorKind::Overrun, 2));
    let error = find_path(&input, Rules::Der, &[tags::SEQUENCE, Tag::new(0x05)]).unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::Overrun, 2));
}

#[test]
fn the_largest_length_is_refused_when_the_octets_are_not_there() {
    let input = [0x04, 0x83, 0xFF, 0xFF, 0xFF, 0x00];
    let error = Walk::<1>::new(&input, Rules::Ber).next().unwrap().unwrap_err();
    assert_eq!((error.kind, error.offset), (ErrorKind::Truncated, 6));
}
