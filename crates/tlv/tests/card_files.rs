//! The files of a real JPKI test card (`tests/data/README.md`).
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

use iso7816_tlv::{TlvError, ber::Tlv};
use kazasu_tlv::{ErrorKind, Header, Reader, Rules, Tag, Walk, find_path, object, object_search};

struct File {
    name: &'static str,
    bytes: &'static [u8],
    /// Every object as (depth, tag, length of the value), in order.
    objects: &'static [(usize, u32, usize)],
    /// The first length that DER refuses: where it stands.
    non_minimal_at: Option<usize>,
}

const FILES: [File; 6] = [
    File {
        name: "surface-0002",
        bytes: include_bytes!("data/surface-0002.bin"),
        objects: &[
            (0, 0xFF20, 3065),
            (1, 0xDF21, 18),
            (1, 0xDF22, 8),
            (1, 0xDF23, 1),
            (1, 0xDF24, 265),
            (1, 0xDF25, 169),
            (1, 0xDF26, 340),
            (1, 0xDF27, 1854),
            (1, 0xDF28, 256),
            (1, 0xDF29, 8),
            (1, 0xDF2A, 106),
        ],
        // The name, 0xA9 octets long, is coded `82 00A9`.
        non_minimal_at: Some(0x137 + 2),
    },
    File {
        name: "surface-0003",
        bytes: include_bytes!("data/surface-0003.bin"),
        objects: &[
            (0, 0xFF30, 315),
            (1, 0xDF31, 4),
            (1, 0xDF32, 16),
            (1, 0xDF33, 1),
            (1, 0xDF34, 5),
            (1, 0xDF35, 272),
        ],
        non_minimal_at: None,
    },
    File {
        name: "surface-0004",
        bytes: include_bytes!("data/surface-0004.bin"),
        objects: &[(0, 0x7F21, 563), (1, 0x5F4E, 297), (1, 0x5F37, 256)],
        non_minimal_at: None,
    },
    File {
        name: "text-0002",
        bytes: include_bytes!("data/text-0002.bin"),
        objects: &[
            (0, 0xFF20, 101),
            (1, 0xDF21, 8),
            (1, 0xDF22, 15),
            (1, 0xDF23, 54),
            (1, 0xDF24, 8),
            (1, 0xDF25, 1),
        ],
        non_minimal_at: None,
    },
    File {
        name: "text-0004",
        bytes: include_bytes!("data/text-0004.bin"),
        objects: &[(0, 0x7F21, 563), (1, 0x5F4E, 297), (1, 0x5F37, 256)],
        non_minimal_at: None,
    },
    File {
        name: "text-0005",
        bytes: include_bytes!("data/text-0005.bin"),
        objects: &[(0, 0xFF40, 159), (1, 0xDF41, 4), (1, 0xDF42, 16), (1, 0xDF43, 128)],
        // The file's own object, 0x9F octets long, is coded `82 009F`.
        non_minimal_at: Some(2),
    },
];

fn file(name: &str) -> &'static [u8] {
    FILES.iter().find(|file| file.name == name).unwrap().bytes
}

#[test]
fn every_file_walks_whole() {
    for file in &FILES {
        let (element, filler) = object(file.bytes, Rules::Ber).unwrap();
        assert_eq!((element.raw(), filler), (file.bytes, &[][..]), "{}", file.name);

        let visits: Vec<_> = Walk::<2>::of(element).map(Result::unwrap).collect();
        let found: Vec<_> = visits
            .iter()
            .map(|v| (v.depth, v.element.tag().octets(), v.element.value().len()))
            .collect();
        assert_eq!(found, file.objects, "{}", file.name);

        // Header for header and value for value, the objects are the file.
        let mut joined: Vec<u8> = Vec::new();
        for visit in visits {
            assert_eq!(visit.element.offset(), joined.len(), "{}", file.name);
            let header_only = visit.element.tag().is_constructed();
            let length = if header_only { visit.element.header_length() } else { usize::MAX };
            joined.extend(visit.element.raw().iter().take(length));
        }
        assert_eq!(joined, file.bytes, "{}", file.name);
    }
}

#[test]
fn the_first_seven_octets_tell_the_size_of_the_file() {
    for file in &FILES {
        let header = Header::parse(&file.bytes[..Header::MAX_LENGTH], Rules::Ber).unwrap();
        assert_eq!(header.total_length(), Ok(file.bytes.len()), "{}", file.name);
    }
}

#[test]
fn the_offsets_in_df21_agree_with_the_tags_found() {
    for name in ["surface-0002", "text-0002"] {
        let (element, _) = object(file(name), Rules::Ber).unwrap();
        let mut inside = element.children().unwrap();
        let table = inside.expect(Tag::new(0xDF21)).unwrap();
        let listed: Vec<usize> = table
            .value()
            .chunks(2)
            .map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])))
            .collect();
        let found: Vec<usize> = inside.into_iter().map(|child| child.unwrap().offset()).collect();
        assert_eq!(listed, found, "{name}");
        assert!(listed.len() >= 4, "{name}");
    }
}

#[test]
fn values_are_reached_by_path_and_inside_primitive_objects() {
    let face = file("surface-0002");
    let at = |bytes, path: &[u32]| {
        let path: Vec<Tag> = path.iter().copied().map(Tag::new).collect();
        find_path(bytes, Rules::Ber, &path).unwrap().unwrap()
    };
    assert_eq!(at(face, &[0xFF20, 0xDF22]).value(), b"19800217");
    assert_eq!(at(face, &[0xFF20, 0xDF29]).value(), b"20350217");
    assert!(at(face, &[0xFF20, 0xDF25]).value().starts_with(b"\x89PNG"));
    assert_eq!(at(file("text-0002"), &[0xFF20, 0xDF22]).value(), "黒桐　幹也".as_bytes());

    let mut key = at(face, &[0xFF20, 0xDF24]).encapsulated();
    assert_eq!(key.expect(Tag::new(0x90)).unwrap().value(), [0x01, 0x00, 0x01]);
    let modulus = key.expect(Tag::new(0x91)).unwrap();
    assert_eq!((modulus.value().len(), &face[modulus.offset()..][..2]), (256, &[0x91, 0x82][..]));
    assert_eq!(key.finish(), Ok(()));
}

#[test]
fn filler_and_stray_octets_around_a_file_are_tolerated() {
    for file in &FILES {
        for filler in [0x00, 0xFF] {
            let mut bytes = vec![0xFF, 0x00];
            bytes.extend(file.bytes);
            bytes.extend([filler; 40]);
            let (element, found) = object(&bytes[2..], Rules::Ber).unwrap();
            assert_eq!((element.raw(), found), (file.bytes, &[filler; 40][..]));
            let (element, found) = object_search(&bytes, element.tag(), 2).unwrap();
            assert_eq!((element.offset(), element.raw()), (2, file.bytes), "{}", file.name);
            assert_eq!(found, [filler; 40]);
        }
    }
}

#[test]
fn a_file_cut_at_any_octet_is_truncated_there() {
    for file in &FILES {
        for end in 0..file.bytes.len() {
            let cut = &file.bytes[..end];
            let error = object(cut, Rules::Ber).unwrap_err();
            assert_eq!((error.kind, error.offset), (ErrorKind::Truncated, end), "{}", file.name);
            let error = Walk::<8>::new(cut, Rules::Ber).find_map(Result::err);
            let error = error.map(|error| (error.kind, error.offset));
            let expected = (end > 0).then_some((ErrorKind::Truncated, end));
            assert_eq!(error, expected, "{} cut at {end}", file.name);
        }
    }
}

#[test]
fn an_object_cut_by_the_one_around_it_is_overrun() {
    for file in &FILES {
        let whole = object(file.bytes, Rules::Ber).unwrap().0;
        let starts: Vec<usize> =
            whole.children().unwrap().into_iter().map(|child| child.unwrap().offset()).collect();
        let (start, length) = (whole.value_offset(), whole.value().len());
        for end in 0..length {
            // The outer object is whole and says so; what is inside was cut.
            let inside = Reader::within(&whole.value()[..end], Rules::Ber, start);
            let error = Walk::<1>::over(inside).find_map(Result::err);
            let absolute = start + end;
            let expected = match starts.iter().rfind(|&&at| at <= absolute) {
                Some(&at) if at < absolute => Some((ErrorKind::Overrun, at)),
                _ => None,
            };
            assert_eq!(error.map(|e| (e.kind, e.offset)), expected, "{} cut at {end}", file.name);
        }
    }
}

#[test]
fn der_refuses_exactly_the_files_with_long_lengths() {
    for file in &FILES {
        let error = Walk::<2>::new(file.bytes, Rules::Der).find_map(Result::err);
        let expected = file.non_minimal_at.map(|at| (ErrorKind::NonMinimalLength, at));
        assert_eq!(error.map(|e| (e.kind, e.offset)), expected, "{}", file.name);
    }
}

/// Why this crate has a reader of its own for card files, besides allocation and recursion:
/// `iso7816-tlv` computes how long the children of a constructed object are from shortest lengths.
/// A child with a longer one (`DF25` coded `82 00A9` on the card face; `DF43` coded `82 0080` in the
/// basic information) makes that sum too small, so it reads on past the end of the parent: there
/// the input is over.
#[test]
fn the_oracle_refuses_the_two_files_with_long_lengths_inside() {
    let refused: Vec<_> = FILES
        .iter()
        .filter_map(|file| Some((file.name, Tlv::from_bytes(file.bytes).err()?)))
        .collect();
    assert_eq!(
        refused,
        [("surface-0002", TlvError::TruncatedInput), ("text-0005", TlvError::TruncatedInput)]
    );
    // It is the lengths inside: with the outer one alone too long, it accepts.
    let outer_only = [0xFF, 0x40, 0x82, 0x00, 0x03, 0xDF, 0x41, 0x00];
    assert!(Tlv::from_bytes(&outer_only).is_ok());
    let inner = [0xFF, 0x40, 0x04, 0xDF, 0x41, 0x81, 0x00];
    assert_eq!(Tlv::from_bytes(&inner), Err(TlvError::TruncatedInput));
    assert_eq!(Walk::<2>::new(&inner, Rules::Ber).filter(Result::is_ok).count(), 2);
}
