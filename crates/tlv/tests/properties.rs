//! What must hold for any input, and the comparison with `iso7816-tlv`, an independent reader.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

use iso7816_tlv::ber::{Tlv, Value};
use kazasu_tlv::{
    Element, Error, ErrorKind, Header, Reader, Rules, Tag, Visit, Walk, Writer, der, find_path,
    object, object_search, tags,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Enough for every tree below, and few enough to be met by random octets.
const DEPTH: usize = 5;

/// A tree of objects, as test data.
#[derive(Clone, Debug)]
enum Node {
    Leaf(Tag, Vec<u8>),
    Branch(Tag, Vec<Node>),
}

/// A valid tag in shortest form.
fn tag(constructed: bool) -> impl Strategy<Value = Tag> {
    let form = if constructed { 0x20 } else { 0 };
    prop_oneof![
        (0_u32..4, 1_u32..31).prop_map(move |(class, number)| (class << 6) | form | number),
        (0_u32..4, 31_u32..128)
            .prop_map(move |(class, number)| (((class << 6) | form | 0x1F) << 8) | number),
        (0_u32..4, 128_u32..0x4000).prop_map(move |(class, number)| {
            let first = (class << 6) | form | 0x1F;
            (first << 16) | ((0x80 | (number >> 7)) << 8) | (number & 0x7F)
        }),
    ]
    .prop_map(Tag::new)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..16),
        2 => vec(any::<u8>(), 120..140),
        1 => vec(any::<u8>(), 250..300),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = (tag(false), value()).prop_map(|(tag, value)| Node::Leaf(tag, value));
    leaf.prop_recursive(4, 32, 6, |inner| {
        (tag(true), vec(inner, 0..6)).prop_map(|(tag, children)| Node::Branch(tag, children))
    })
}

fn write(writer: &mut Writer<'_>, node: &Node) -> Result<(), Error> {
    match node {
        Node::Leaf(tag, value) => writer.element(*tag, value),
        Node::Branch(tag, children) => writer
            .constructed(*tag, |inside| children.iter().try_for_each(|child| write(inside, child))),
    }
}

fn encode(node: &Node) -> Vec<u8> {
    let mut buffer = vec![0xA5; 64 * 1024];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer, node).unwrap();
    writer.finish().to_vec()
}

/// Depth, tag and (of a primitive object) value of every object in order.
type Flat = Vec<(usize, u32, Option<Vec<u8>>)>;

fn flatten(node: &Node, depth: usize, flat: &mut Flat) {
    match node {
        Node::Leaf(tag, value) => flat.push((depth, tag.octets(), Some(value.clone()))),
        Node::Branch(tag, children) => {
            flat.push((depth, tag.octets(), None));
            children.iter().for_each(|child| flatten(child, depth + 1, flat));
        }
    }
}

fn flatten_oracle(tlv: &Tlv, depth: usize, flat: &mut Flat) {
    let tag = u32::try_from(Into::<u64>::into(tlv.tag().clone())).unwrap();
    match tlv.value() {
        Value::Primitive(value) => flat.push((depth, tag, Some(value.clone()))),
        Value::Constructed(children) => {
            flat.push((depth, tag, None));
            children.iter().for_each(|child| flatten_oracle(child, depth + 1, flat));
        }
    }
}

fn walk(bytes: &[u8], rules: Rules) -> Result<Flat, Error> {
    Walk::<DEPTH>::new(bytes, rules)
        .map(|visit| {
            visit.map(|Visit { depth, element, .. }| {
                let value = element.value().to_vec();
                let value = (!element.tag().is_constructed()).then_some(value);
                (depth, element.tag().octets(), value)
            })
        })
        .collect()
}

/// One object and nothing after it, all of it readable: what the oracle's `from_bytes` accepts.
fn walk_single(bytes: &[u8], rules: Rules) -> Result<Flat, Error> {
    let mut reader = Reader::new(bytes, rules);
    let element = reader.read()?;
    reader.finish()?;
    walk(element.raw(), rules)
}

fn check_element(bytes: &[u8], element: &Element<'_>) {
    let start = element.offset();
    let end = start + element.raw().len();
    assert_eq!(&bytes[start..end], element.raw());
    assert_eq!(&bytes[element.value_offset()..end], element.value());
    assert_eq!(element.header_length() + element.value().len(), element.raw().len());
    assert!(element.tag().is_valid());
}

/// Every entry point on the same octets: none panics, and places are inside the input.
fn exercise(bytes: &[u8]) {
    let inside = |error: Error| assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
    for rules in [Rules::Ber, Rules::Der] {
        match Header::parse(bytes, rules) {
            Ok(header) => assert!(header.header_length <= Header::MAX_LENGTH.min(bytes.len())),
            Err(error) => inside(error),
        }
        let mut reader = Reader::new(bytes, rules);
        while !reader.is_empty() {
            let before = reader.offset();
            let peeked = reader.peek_tag();
            match reader.read() {
                Ok(element) => {
                    assert_eq!(peeked, Ok(Some(element.tag())));
                    check_element(bytes, &element);
                    let _ = (der::boolean(&element), der::boolean_content(&element));
                    let _ = (der::integer_u32(&element), der::integer_unsigned(&element));
                    let _ = der::integer_unsigned_content(&element);
                    let _ = der::object_identifier(&element);
                    let _ = der::object_identifier_content(&element);
                    let _ = (der::bit_string(&element), der::bit_string_content(&element));
                    let _ = (der::octet_string(&element), der::null(&element));
                    for child in element.encapsulated() {
                        match child {
                            Ok(child) => check_element(bytes, &child),
                            Err(error) => {
                                inside(error);
                                assert_ne!(error.kind, ErrorKind::Truncated);
                            }
                        }
                    }
                }
                Err(error) => {
                    inside(error);
                    assert_eq!(reader.offset(), before, "a failed read does not move");
                    break;
                }
            }
        }
        let mut reader = Reader::new(bytes, rules);
        let _ = (reader.optional(tags::INTEGER), reader.expect(tags::SEQUENCE));
        let _ = (reader.find(tags::SET), reader.finish());
        match object(bytes, rules) {
            Ok((element, filler)) => {
                check_element(bytes, &element);
                assert_eq!(element.raw().len() + filler.len(), bytes.len());
                let path = [element.tag(), Tag::new(0xDF21)];
                let _ = find_path(bytes, rules, &path).map_err(inside);
            }
            Err(error) => inside(error),
        }
        for visit in Walk::<DEPTH>::new(bytes, rules) {
            match visit {
                Ok(visit) => {
                    check_element(bytes, &visit.element);
                    assert!(visit.depth < DEPTH);
                }
                Err(error) => inside(error),
            }
        }
        // What DER accepts, cards may send too, and it means the same.
        if let Ok(flat) = walk(bytes, Rules::Der) {
            assert_eq!(walk(bytes, Rules::Ber), Ok(flat));
        }
    }
    for max_skip in [0, 2, usize::MAX] {
        match object_search(bytes, Tag::new(0xFF20), max_skip) {
            Ok((element, _)) => check_element(bytes, &element),
            Err(error) => inside(error),
        }
    }
}

/// Octets that often look like TLV.
fn tlv_like() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        4 => 0_u8..8,
        3 => prop::sample::select(
            &[0x30, 0x31, 0x7F, 0x21, 0xFF, 0x20, 0xDF, 0x21, 0x5F, 0x1F, 0xA0, 0x80, 0x81, 0x82,
              0x83, 0x84][..]),
        1 => any::<u8>(),
    ];
    vec(octet, 0..48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_octets_make_a_reader_panic(bytes in prop_oneof![vec(any::<u8>(), 0..64), tlv_like()]) {
        exercise(&bytes);
    }

    #[test]
    fn no_damage_to_a_tree_makes_a_reader_panic(
        tree in node(),
        place in any::<prop::sample::Index>(),
        octet in any::<u8>(),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&tree);
        let place = place.index(bytes.len());
        bytes[place] = octet;
        bytes.truncate(end.index(bytes.len() + 1));
        exercise(&bytes);
    }

    #[test]
    fn what_is_written_is_read_back_by_both_rules(tree in node()) {
        let bytes = encode(&tree);
        let mut expected = Flat::new();
        flatten(&tree, 0, &mut expected);
        prop_assert_eq!(walk_single(&bytes, Rules::Der), Ok(expected.clone()));
        prop_assert_eq!(walk_single(&bytes, Rules::Ber), Ok(expected.clone()));
    }

    #[test]
    fn a_buffer_of_the_right_size_is_enough_and_one_less_is_not(tree in node()) {
        let bytes = encode(&tree);
        let mut exact = vec![0; bytes.len()];
        let mut writer = Writer::new(&mut exact);
        prop_assert_eq!(write(&mut writer, &tree), Ok(()));
        prop_assert_eq!(writer.written(), &bytes[..]);
        for size in [bytes.len() - 1, bytes.len() / 2, 0] {
            let mut small = vec![0; size];
            let mut writer = Writer::new(&mut small);
            let error = write(&mut writer, &tree).unwrap_err();
            prop_assert_eq!(error.kind, ErrorKind::BufferTooSmall);
            prop_assert!(error.offset <= size);
            prop_assert!(writer.is_empty());
        }
    }

    #[test]
    fn the_oracle_reads_the_same_tree(tree in node()) {
        let bytes = encode(&tree);
        let mut expected = Flat::new();
        flatten_oracle(&Tlv::from_bytes(&bytes).unwrap(), 0, &mut expected);
        prop_assert_eq!(walk_single(&bytes, Rules::Ber), Ok(expected));
    }

    /// On any octets. Left out is only what the oracle is known to treat in its own way: lengths that
    /// are not the shortest (it sums shortest ones), `80` (read as no length at all), four octets
    /// of length, and more than [`DEPTH`] levels.
    #[test]
    fn the_oracle_accepts_and_refuses_the_same_octets(
        damaged in (node(), any::<prop::sample::Index>(), any::<u8>()),
        arbitrary in tlv_like(),
        choose in any::<bool>(),
    ) {
        let bytes = if choose {
            arbitrary
        } else {
            let (tree, place, octet) = damaged;
            let mut bytes = encode(&tree);
            let place = place.index(bytes.len());
            bytes[place] = octet;
            bytes
        };
        let ours = walk_single(&bytes, Rules::Ber);
        let strict = walk_single(&bytes, Rules::Der);
        let own_way = |result: &Result<Flat, Error>| {
            result.as_ref().is_err_and(|error| matches!(
                error.kind,
                ErrorKind::NonMinimalLength
                    | ErrorKind::IndefiniteLength
                    | ErrorKind::LengthTooLong
                    | ErrorKind::TooDeep
            ))
        };
        // A tag that is not minimal stops the strict walk before such a length; both readers take it.
        let hidden = strict.as_ref().is_err_and(|e| e.kind == ErrorKind::NonMinimalTag);
        prop_assume!(!own_way(&ours) && !own_way(&strict) && !hidden);
        match (ours, Tlv::from_bytes(&bytes)) {
            (Ok(flat), Ok(tlv)) => {
                let mut expected = Flat::new();
                flatten_oracle(&tlv, 0, &mut expected);
                prop_assert_eq!(flat, expected);
            }
            (Err(_), Err(_)) => {}
            (ours, oracle) => prop_assert!(false, "{ours:?} but {oracle:?} of {bytes:02X?}"),
        }
    }

    #[test]
    fn long_lengths_change_nothing_but_the_octets(
        tag in tag(false),
        value in vec(any::<u8>(), 0..300),
        octets in 1_usize..4,
    ) {
        prop_assume!(octets > 1 || value.len() < 0x100);
        let tag_octets = tag.octets().to_be_bytes();
        let mut bytes = tag_octets[4 - tag.encoded_length()..].to_vec();
        bytes.push(0x80 | u8::try_from(octets).unwrap());
        bytes.extend(&u32::try_from(value.len()).unwrap().to_be_bytes()[4 - octets..]);
        bytes.extend(&value);
        let element = object(&bytes, Rules::Ber).unwrap().0;
        prop_assert_eq!((element.tag(), element.value()), (tag, &value[..]));
        let minimal = match value.len() { 0..=0x7F => 0, 0x80..=0xFF => 1, _ => 2 };
        let strict = object(&bytes, Rules::Der).map(|(element, _)| element.value());
        if octets == minimal {
            prop_assert_eq!(strict, Ok(&value[..]));
        } else {
            let error = strict.unwrap_err();
            prop_assert_eq!(error.kind, ErrorKind::NonMinimalLength);
            prop_assert_eq!(error.offset, tag.encoded_length());
        }
    }
}
