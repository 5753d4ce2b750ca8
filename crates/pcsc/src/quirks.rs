//! What is publicly known of readers, as data.
//!
//! Holds only what a public source says (each row names its grade), and nothing that was guessed
//! from a model's name. A reader that is not here is as good as one that is.

use crate::service::ReaderName;

/// How well a row is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grade {
    /// One private page.
    Blog,
}

/// What is known of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirk {
    /// The model, as it is printed on the reader; looked for in the reader's name.
    pub model: &'static str,
    /// USB vendor and product number.
    pub usb: Option<(u16, u16)>,
    /// Does it read the contact side of the card?
    pub contact: Option<bool>,
    /// Does it read the card over the air?
    pub contactless: Option<bool>,
    /// Does extended length pass? `None`: what the reader says of itself counts.
    pub extended_length: Option<bool>,
    /// What was seen.
    pub note: &'static str,
    /// How well it is known.
    pub grade: Grade,
}

/// The table. No source says anything of extended length.
pub const TABLE: &[Quirk] = &[
    Quirk {
        model: "RC-S300",
        usb: None,
        contact: None,
        contactless: Some(true),
        extended_length: None,
        note: "the maker does not name Linux; works there after some work (2022, 2025)",
        grade: Grade::Blog,
    },
    Quirk {
        model: "RC-S380",
        usb: None,
        contact: None,
        contactless: Some(true),
        extended_length: None,
        note: "no longer made; on PCs with a TPM or PTT the maker's FeliCa library failed with a My \
               Number card: \"R/W のタイプが不明です\" (2020)",
        grade: Grade::Blog,
    },
    Quirk {
        model: "ACR1251",
        usb: Some((0x072F, 0x221B)),
        contact: Some(true),
        contactless: Some(true),
        extended_length: None,
        note: "ACR1251DI-NTTCom: a My Number card works on both sides with Windows 11; CCID on Linux",
        grade: Grade::Blog,
    },
    Quirk {
        model: "SCR3310",
        usb: Some((0x04E6, 0x5116)),
        contact: Some(true),
        contactless: Some(false),
        extended_length: None,
        note: "Windows 11 may say \"Device requires further installation\" of the SCR3310v2",
        grade: Grade::Blog,
    },
];

/// The row of a reader, by its USB numbers or by the model in its name.
#[must_use]
pub fn find(reader: &ReaderName, usb: Option<(u16, u16)>) -> Option<&'static Quirk> {
    let by_usb = TABLE.iter().find(|quirk| usb.is_some() && quirk.usb == usb);
    by_usb.or_else(|| TABLE.iter().find(|quirk| reader.contains(quirk.model)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_number_and_by_name() {
        let model = |name: &str, usb| find(&name.into(), usb).map(|quirk| quirk.model);
        assert_eq!(model("Sony RC-S380/P 00 00", None), Some("RC-S380"));
        assert_eq!(model("scr3310 usb smart card reader", None), Some("SCR3310"));
        assert_eq!(model("renamed", Some((0x072F, 0x221B))), Some("ACR1251"));
        assert_eq!(model("Virtual PCD 00 00", None), None);
        assert_eq!(model("unknown", Some((1, 2))), None);
    }
}
