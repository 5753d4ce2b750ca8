//! Distinguished names (RFC 5280 section 4.1.2.4) and their text (RFC 4514). Names are compared
//! byte by byte elsewhere; this text is for people and never decides anything.

use core::fmt::{self, Write as _};

use kazasu_tlv::{Element, Reader, Rules, der, tags};

use crate::{
    error::Error,
    oid::{self, Dotted},
};

/// Far more than any name of the JPKI has; it bounds the work of showing one.
const MAX_PARTS: usize = 32;

/// A distinguished name, borrowed from a certificate.
///
/// `Display` writes the text of RFC 4514, most specific part first: `CN=…,L=…,C=JP`. A holder's
/// name is personal data, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    raw: &'a [u8],
}

impl<'a> Name<'a> {
    /// Takes a `Name` and checks its structure: SEQUENCE OF SET OF { type, value }.
    pub(crate) fn parse(element: &Element<'a>) -> Result<Self, Error> {
        let mut parts = 0;
        for relative in element.expect(tags::SEQUENCE)?.children()? {
            let mut reader = relative?.expect(tags::SET)?.children()?;
            loop {
                let mut attribute = reader.expect(tags::SEQUENCE)?.children()?;
                der::object_identifier(&attribute.read()?)?;
                attribute.read()?;
                attribute.finish()?;
                parts += 1;
                if parts > MAX_PARTS {
                    return Err(Error::TooLarge);
                }
                if reader.is_empty() {
                    break;
                }
            }
        }
        Ok(Self { raw: element.raw() })
    }

    /// The DER as it stands in the certificate. Names are the same when these bytes are.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The values of the attribute `CN` (commonName), if it is a UTF8String or PrintableString.
    pub fn common_name(&self) -> Option<&'a str> {
        self.relative_names()
            .flat_map(|set| attributes(&set))
            .find(|(kind, _)| *kind == oid::COMMON_NAME)
            .and_then(|(_, value)| text(&value))
    }

    fn relative_names(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        Reader::new(self.raw, Rules::Der)
            .read()
            .and_then(|name| name.children())
            .into_iter()
            .flatten()
            .map_while(Result::ok)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.relative_names().count();
        for index in (0..count).rev() {
            let Some(set) = self.relative_names().nth(index) else { continue };
            let mut separator = if index + 1 == count { "" } else { "," };
            for (kind, value) in attributes(&set) {
                f.write_str(separator)?;
                write_attribute(f, kind, &value)?;
                separator = "+";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Name").field("length", &self.raw.len()).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Name<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Name({} octets)", self.raw.len());
    }
}

fn attributes<'a>(set: &Element<'a>) -> impl Iterator<Item = (&'a [u8], Element<'a>)> + use<'a> {
    set.children().into_iter().flatten().map_while(|attribute| {
        let mut reader = attribute.ok()?.children().ok()?;
        let kind = der::object_identifier(&reader.read().ok()?).ok()?;
        Some((kind, reader.read().ok()?))
    })
}

fn text<'a>(value: &Element<'a>) -> Option<&'a str> {
    let is_text = [tags::UTF8_STRING, tags::PRINTABLE_STRING, tags::IA5_STRING];
    if is_text.contains(&value.tag()) { str::from_utf8(value.value()).ok() } else { None }
}

fn write_attribute(f: &mut fmt::Formatter<'_>, kind: &[u8], value: &Element<'_>) -> fmt::Result {
    let short = match kind {
        oid::COMMON_NAME => "CN",
        oid::COUNTRY_NAME => "C",
        oid::LOCALITY_NAME => "L",
        oid::STATE_OR_PROVINCE_NAME => "ST",
        oid::STREET_ADDRESS => "STREET",
        oid::ORGANIZATION_NAME => "O",
        oid::ORGANIZATIONAL_UNIT_NAME => "OU",
        oid::DOMAIN_COMPONENT => "DC",
        oid::USER_ID => "UID",
        _ => "",
    };
    if short.is_empty() {
        write!(f, "{}=", Dotted(kind))?;
    } else {
        write!(f, "{short}=")?;
    }
    match text(value) {
        // RFC 4514 section 2.4: the octets for a type without a short name, or an unknown string.
        Some(text) if !short.is_empty() => write_escaped(f, text),
        _ => {
            f.write_char('#')?;
            value.raw().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
        }
    }
}

/// RFC 4514 section 2.4. Control characters are escaped too, so that no name can move a cursor.
fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let last = text.chars().count().saturating_sub(1);
    for (index, character) in text.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{character}")?,
            ' ' if index == 0 || index == last => f.write_str("\\ ")?,
            '#' if index == 0 => f.write_str("\\#")?,
            _ if character.is_control() => {
                let mut octets = [0; 4];
                character
                    .encode_utf8(&mut octets)
                    .bytes()
                    .try_for_each(|octet| write!(f, "\\{octet:02x}"))?;
            }
            _ => f.write_char(character)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::{string::ToString, vec::Vec};

    use kazasu_tlv::{Tag, Writer};

    use super::*;

    fn name(parts: &[(&[u8], Tag, &[u8])]) -> Vec<u8> {
        let mut buffer = [0; 512];
        let mut writer = Writer::new(&mut buffer);
        writer
            .constructed(tags::SEQUENCE, |names| {
                for (kind, tag, value) in parts {
                    names.constructed(tags::SET, |set| {
                        set.constructed(tags::SEQUENCE, |attribute| {
                            attribute.element(tags::OBJECT_IDENTIFIER, kind)?;
                            attribute.element(*tag, value)
                        })
                    })?;
                }
                Ok(())
            })
            .unwrap();
        writer.written().to_vec()
    }

    fn show(parts: &[(&[u8], Tag, &[u8])]) -> std::string::String {
        let der = name(parts);
        let element = Reader::new(&der, Rules::Der).read().unwrap();
        Name::parse(&element).unwrap().to_string()
    }

    #[test]
    fn the_text_is_that_of_rfc_4514() {
        let (utf8, country) = (tags::UTF8_STRING, tags::PRINTABLE_STRING);
        assert_eq!(
            show(&[
                (oid::COUNTRY_NAME, country, b"JP"),
                (oid::LOCALITY_NAME, utf8, "東京都".as_bytes()),
                (oid::COMMON_NAME, utf8, b"X1"),
            ]),
            "CN=X1,L=東京都,C=JP"
        );
        assert_eq!(show(&[]), "");
        // The examples of RFC 4514 section 4.
        assert_eq!(
            show(&[(oid::COMMON_NAME, utf8, b"James \"Jim\" Smith, III")]),
            r#"CN=James \"Jim\" Smith\, III"#
        );
        assert_eq!(show(&[(oid::COMMON_NAME, utf8, b"Before\rAfter")]), r"CN=Before\0dAfter");
        assert_eq!(
            show(&[(&[0x2B, 0x06, 0x01, 0x04, 0x01, 0x8B, 0x3A, 0x00], tags::OCTET_STRING, b"Hi")]),
            "1.3.6.1.4.1.1466.0=#04024869"
        );
        assert_eq!(show(&[(oid::COMMON_NAME, utf8, b" # ")]), r"CN=\ #\ ");
        assert_eq!(show(&[(oid::COMMON_NAME, utf8, b"#")]), r"CN=\#");
        assert_eq!(show(&[(oid::COMMON_NAME, utf8, b"\xFF")]), "CN=#0c01ff");
    }

    #[test]
    fn a_name_must_have_its_structure() {
        for bad in [
            &[0x31, 0x00][..],
            &[0x30, 0x02, 0x31, 0x00],
            &[0x30, 0x02, 0x30, 0x00],
            &[0x30, 0x04, 0x31, 0x02, 0x30, 0x00],
            &[0x30, 0x09, 0x31, 0x07, 0x30, 0x05, 0x06, 0x03, 0x55, 0x04, 0x03],
        ] {
            let element = Reader::new(bad, Rules::Der).read().unwrap();
            assert!(Name::parse(&element).is_err(), "{bad:02x?}");
        }
        let parts = [(oid::COMMON_NAME, tags::UTF8_STRING, &b"x"[..]); MAX_PARTS + 1];
        let der = name(&parts);
        let element = Reader::new(&der, Rules::Der).read().unwrap();
        assert_eq!(Name::parse(&element), Err(Error::TooLarge));
    }

    #[test]
    fn debug_keeps_the_name_to_itself() {
        let der = name(&[(oid::COMMON_NAME, tags::UTF8_STRING, b"SECRET")]);
        let element = Reader::new(&der, Rules::Der).read().unwrap();
        let name = Name::parse(&element).unwrap();
        assert_eq!(name.common_name(), Some("SECRET"));
        assert!(!std::format!("{name:?}").contains("SECRET"));
    }
}
