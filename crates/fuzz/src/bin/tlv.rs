#![no_main]
//! TLV: whatever is read must lie inside the input, and what is written must read back.

use kazasu_tlv::{Reader, Rules, Walk, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for rules in [Rules::Ber, Rules::Der] {
        walk(bytes, rules);
        let _ = kazasu_tlv::object(bytes, rules);
        rewrite(bytes, rules);
    }
});

fn walk(bytes: &[u8], rules: Rules) {
    for visit in Walk::<8>::new(bytes, rules) {
        match visit {
            Ok(visit) => {
                assert!(visit.depth < 8);
                let element = visit.element;
                let end = element.offset() + element.raw().len();
                assert_eq!(bytes.get(element.offset()..end), Some(element.raw()));
                assert!(element.raw().ends_with(element.value()));
                primitives(&element);
            }
            Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
        }
    }
}

fn primitives(element: &kazasu_tlv::Element<'_>) {
    let _ = kazasu_tlv::der::boolean_content(element);
    let _ = kazasu_tlv::der::bit_string_content(element);
    let _ = kazasu_tlv::der::object_identifier_content(element);
    let _ = kazasu_tlv::der::integer_u32(element);
    if let Ok(number) = kazasu_tlv::der::integer_unsigned_content(element) {
        assert!(number.len() <= element.value().len());
    }
}

/// What is read is written back to the same element, and by the strict rules to the same bytes.
fn rewrite(bytes: &[u8], rules: Rules) {
    let mut reader = Reader::new(bytes, rules);
    let mut buffer = vec![0; bytes.len() + 16];
    while let Ok(element) = reader.read() {
        let mut writer = Writer::new(&mut buffer);
        writer
            .element(element.tag(), element.value())
            .expect("the buffer is larger than the input");
        // A tag keeps its octets, so one that was not minimal is not minimal again.
        let mut again = Reader::new(writer.written(), rules);
        let second = again.read().expect("what was written can be read");
        assert_eq!((second.tag(), second.value()), (element.tag(), element.value()));
        if rules == Rules::Der {
            assert_eq!(second.raw(), element.raw());
        }
        if reader.is_empty() {
            break;
        }
    }
}
