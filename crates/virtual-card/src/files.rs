//! The content of the card's files: token information, the holder's attributes, application
//! information. Shapes from `docs/card-facts.md` §2; bytes whose meaning is UNKNOWN are filler.

use kazasu_tlv::Tag;

use crate::certificate::encode;
use crate::verifiable::key_identifier;
use crate::{Date, Error, Holder, Kind, LabelPadding, Secret};

/// 基本4情報, 券面事項入力補助AP EF 0002 (CONFIRMED, §2.4): the offsets come first.
pub(crate) fn attributes(holder: &Holder) -> Result<Vec<u8>, Error> {
    let birth = holder.birth.compact();
    let values = [&holder.name, &holder.address, &birth, holder.sex.iso_5218()];
    let fields = |w: &mut kazasu_tlv::Writer<'_>| {
        (0xDF22..)
            .zip(values)
            .try_for_each(|(tag, value)| w.element(Tag::new(tag), value.as_bytes()))
    };
    // The header's length depends on the whole; offsets do not change the whole, so write it twice.
    let whole = |offsets: &[u8]| {
        encode(|w| {
            w.constructed(Tag::new(0xFF20), |w| {
                w.element(Tag::new(0xDF21), offsets)?;
                fields(w)
            })
        })
    };
    let sizes = values.map(|value| encode(|w| w.element(Tag::new(0xDF22), value.as_bytes())));
    let mut at = whole(&[0; 8])?.len();
    let mut offsets = Vec::new();
    for size in sizes.into_iter().rev() {
        at = at.saturating_sub(size?.len());
        offsets.push(u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes());
    }
    offsets.reverse();
    whole(&offsets.concat())
}

/// 個人番号, 券面事項入力補助AP EF 0001: 17 bytes, the last two filler.
pub(crate) fn my_number(number: &Secret) -> Result<Vec<u8>, Error> {
    encode(|w| {
        w.constructed(Tag::new(0xFF10), |w| w.raw(number.reveal().as_bytes()))?;
        w.raw(&[0xFF, 0xFF])
    })
}

/// The EF size of the 16 bytes of FF that two applications have for no known purpose.
pub(crate) const FILLER: [u8; 16] = [0xFF; 16];

/// AP basic information of 券面事項確認AP, EF 0003. Its 256 bytes of UNKNOWN meaning are FF.
pub(crate) fn surface_information(holder: &Holder) -> Result<Vec<u8>, Error> {
    encode(|w| {
        w.constructed(Tag::new(0xFF30), |w| {
            w.element(Tag::new(0xDF31), &[0x06, 0x03, 0x0E, 0x01])?;
            w.element(Tag::new(0xDF32), &key_identifier(*b"9000024", *b"001"))?;
            w.element(Tag::new(0xDF33), &[0x00])?;
            w.element(Tag::new(0xDF34), holder.municipality_code.as_bytes())?;
            w.element(
                Tag::new(0xDF35),
                &[&key_identifier(*b"9000025", *b"001")[..], &[0xFF; 256]].concat(),
            )
        })
    })
}

/// AP basic information of 券面事項入力補助AP, EF 0005. Its 128 bytes of UNKNOWN meaning are FF. Two
/// lengths are longer than they need be, as on the real card (§2.4).
pub(crate) fn text_information() -> Vec<u8> {
    let mut file = vec![0xFF, 0x40, 0x82, 0x00, 0x9F];
    file.extend([0xDF, 0x41, 0x04, 0x01, 0x03, 0x0E, 0x01]);
    file.extend([0xDF, 0x42, 0x10]);
    file.extend(key_identifier(*b"9000034", *b"001"));
    file.extend([0xDF, 0x43, 0x82, 0x00, 0x80]);
    file.extend([0xFF; 128]);
    file
}

/// The record of 共通カードAP EF 0001: serial, municipality, expiry (split SINGLE, §2.5).
pub(crate) fn card_record(serial: &str, holder_code: &str, expiry: Date) -> Result<Vec<u8>, Error> {
    let text = format!("{serial}{holder_code}{}", expiry.compact());
    encode(|w| w.element(Tag::new(0x01), text.as_bytes()))
}

/// Token information, JPKI EF 0006: a PKCS#11 `CK_TOKEN_INFO` of 160 bytes. The label is CONFIRMED,
/// the rest of the layout SINGLE (§2.2).
pub(crate) fn token_information(kind: Kind, padding: LabelPadding, serial: &str) -> Vec<u8> {
    let label = match kind {
        Kind::Card => "JPKIAPICCTOKEN2",
        Kind::Juki => "JPKIAPICCTOKEN",
        Kind::Android => "JPKIAPGPSETOKEN",
        Kind::Iphone => "JPKIAPIOSTOKEN",
    };
    let filler = match padding {
        LabelPadding::Spaces => b' ',
        LabelPadding::Zeros => 0x00,
    };
    let mut file = Vec::with_capacity(160);
    let mut text = |text: &str, width: usize, filler: u8| {
        file.extend(text.bytes().chain(std::iter::repeat(filler)).take(width));
    };
    text(label, 32, filler);
    text("KAZASU NOT A REAL CARD", 32, b' ');
    text("VIRTUAL", 16, b' ');
    text(serial, 16, b' ');
    // Flags as seen; then session counts, longest and shortest PIN, memory sizes.
    file.extend(0x0000_040D_u32.to_be_bytes());
    for number in [0_u32, 0, 0, 0, 16, 6, 0, 0, 0, 0] {
        file.extend(number.to_be_bytes());
    }
    file.extend(b"0301");
    file.extend([b' '; 16]);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_have_the_bytes_of_the_test_card() {
        let real = include_bytes!("../data/test-card/text-0002.bin");
        let holder = Holder {
            name: "黒桐　幹也".to_owned(),
            address: "東京都清瀬市観布子南１２－７－２０２".to_owned(),
            birth: Date::new(1980, 2, 17).unwrap(),
            sex: crate::Sex::Male,
            ..Holder::sample()
        };
        assert_eq!(attributes(&holder).unwrap(), real);
    }

    #[test]
    fn sizes_are_those_of_the_test_card() {
        let holder = Holder::sample();
        let surface = include_bytes!("../data/test-card/surface-0003.bin");
        assert_eq!(surface_information(&holder).unwrap().len(), surface.len());
        let text = include_bytes!("../data/test-card/text-0005.bin");
        assert_eq!(text_information().len(), text.len());
        assert_eq!(text_information().get(..12), text.get(..12));
        assert_eq!(my_number(&Secret::new("000000000001")).unwrap().len(), 17);
        let expiry = Date::new(2035, 6, 15).unwrap();
        let record = card_record("000000000000001", "99999", expiry).unwrap();
        assert_eq!(record.get(..2), Some(&[0x01, 0x1C][..]));
        assert_eq!(record.len(), 30);
    }

    #[test]
    fn token_information_is_160_bytes_with_the_label_first() {
        for (kind, label) in [
            (Kind::Card, &b"JPKIAPICCTOKEN2 "[..]),
            (Kind::Juki, b"JPKIAPICCTOKEN  "),
            (Kind::Android, b"JPKIAPGPSETOKEN "),
            (Kind::Iphone, b"JPKIAPIOSTOKEN  "),
        ] {
            let file = token_information(kind, LabelPadding::Spaces, "1");
            assert_eq!(file.len(), 160);
            assert!(file.starts_with(label));
        }
        let zeros = token_information(Kind::Android, LabelPadding::Zeros, "1");
        assert_eq!(zeros.get(..17), Some(&b"JPKIAPGPSETOKEN\0\0"[..]));
    }
}
