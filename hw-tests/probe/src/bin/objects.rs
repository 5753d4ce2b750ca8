//! TLV and APDU alone: objects of a card walked, found and written, one command and its answer.

#![no_std]
#![no_main]

use kazasu_apdu::{Command, Format, Response};
use kazasu_tlv::{Rules, Tag, Walk, Writer};

probe::entry!(main);

fn main() {
    let mut bytes = [0; 512];
    probe::unknown_bytes(&mut bytes);
    let bytes = bytes.get(..probe::unknown_number()).unwrap_or_default();
    for rules in [Rules::Ber, Rules::Der] {
        for visit in Walk::<8>::new(bytes, rules) {
            probe::keep(match visit {
                Ok(visit) => visit.element.tag().octets(),
                Err(error) => error.offset as u32,
            });
        }
    }
    if let Ok(Some(element)) = kazasu_tlv::find_path(bytes, Rules::Ber, &[Tag::new(0xFF20)]) {
        probe::keep(element.value().len() as u32);
    }
    let mut out = [0; 64];
    let mut writer = Writer::new(&mut out);
    let written = writer.constructed(Tag::new(0x30), |inner| inner.element(Tag::new(0x04), bytes));
    probe::keep(u32::from(written.is_ok()));

    let mut out = [0; 300];
    let command = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(bytes);
    for format in [Format::Short, Format::Extended] {
        probe::keep(command.encode(&mut out, format).unwrap_or_default() as u32);
    }
    probe::keep(u32::from(Command::parse(bytes).is_ok()));
    if let Ok(response) = Response::parse(bytes) {
        probe::keep(u32::from(response.status.0));
    }
}
