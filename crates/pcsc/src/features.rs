//! What a reader says of itself (PC/SC part 10): its feature list and its properties.
//!
//! Reads lists only. What is not in them, or is no list, is not known; nothing is guessed.

use iso7816_tlv::simple::Tlv;

/// SCardControl code that asks for the feature list (PC/SC part 10, CM_IOCTL_GET_FEATURE_REQUEST).
// The type is 32 bits wide on Windows and 64 elsewhere; every code fits 32.
#[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "codes fit 32 bits")]
pub(crate) const GET_FEATURE_REQUEST: u32 = pcsc::ctl_code(3400) as u32;

/// Property tag of the largest APDU (PC/SC part 10, dwMaxAPDUDataSize).
const MAXIMUM_APDU_DATA_SIZE: u8 = 0x0A;
const VENDOR: u8 = 0x0B;
const PRODUCT: u8 = 0x0C;
const MINIMUM_PIN_SIZE: u8 = 0x06;
const MAXIMUM_PIN_SIZE: u8 = 0x07;

/// Largest data field of a short response.
const SHORT: u32 = 0x100;
/// Largest data field of all.
const EXTENDED: u32 = 0x1_0000;

/// A feature of PC/SC part 10 that this crate uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// FEATURE_VERIFY_PIN_DIRECT.
    VerifyPinDirect,
    /// FEATURE_MODIFY_PIN_DIRECT.
    ModifyPinDirect,
    /// FEATURE_GET_TLV_PROPERTIES.
    TlvProperties,
}

impl Feature {
    const fn tag(self) -> u8 {
        match self {
            Self::VerifyPinDirect => 0x06,
            Self::ModifyPinDirect => 0x07,
            Self::TlvProperties => 0x12,
        }
    }
}

/// What a reader says of itself. `Default` says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Tag and SCardControl code.
    codes: Vec<(u8, u32)>,
    maximum: Option<u32>,
    vendor: Option<u16>,
    product: Option<u16>,
    pin_sizes: (Option<u8>, Option<u8>),
}

impl Features {
    /// Reads a feature list: tag, length 4, SCardControl code with the most significant byte
    /// first. What follows something that is no list is left out.
    #[must_use]
    pub fn parse(list: &[u8]) -> Self {
        let codes = objects(list)
            .filter_map(|object| {
                let code = <[u8; 4]>::try_from(object.value()).ok()?;
                Some((object.tag().into(), u32::from_be_bytes(code)))
            })
            .collect();
        Self { codes, ..Self::default() }
    }

    /// Adds the properties: tag, length, number with the least significant byte first.
    pub fn add_properties(&mut self, list: &[u8]) {
        for object in objects(list) {
            let Some(number) = little_endian(object.value()) else { continue };
            match object.tag().into() {
                MAXIMUM_APDU_DATA_SIZE => self.maximum = Some(number),
                VENDOR => self.vendor = u16::try_from(number).ok(),
                PRODUCT => self.product = u16::try_from(number).ok(),
                MINIMUM_PIN_SIZE => self.pin_sizes.0 = u8::try_from(number).ok(),
                MAXIMUM_PIN_SIZE => self.pin_sizes.1 = u8::try_from(number).ok(),
                _ => {}
            }
        }
    }

    /// The SCardControl code of a feature; `None` when the reader does not have it.
    #[must_use]
    pub fn control_code(&self, feature: Feature) -> Option<u32> {
        self.codes.iter().find(|(tag, _)| *tag == feature.tag()).map(|(_, code)| *code)
    }

    /// Can a PIN be verified at the reader?
    #[must_use]
    pub fn has_pin_pad(&self) -> bool {
        self.control_code(Feature::VerifyPinDirect).is_some()
    }

    /// Does extended length pass the reader (dwMaxAPDUDataSize)? 0 is short APDUs only, 257 to
    /// 65,536 is extended too; other numbers are reserved and say nothing.
    #[must_use]
    pub const fn extended_length(&self) -> Option<bool> {
        match self.maximum {
            Some(0) => Some(false),
            Some(size) if size > SHORT && size <= EXTENDED => Some(true),
            _ => None,
        }
    }

    /// USB vendor and product number (wIdVendor, wIdProduct).
    #[must_use]
    pub fn usb(&self) -> Option<(u16, u16)> {
        self.vendor.zip(self.product)
    }

    /// May the PIN pad take a PIN of so many digits (bMinPINSize, bMaxPINSize)? A reader that does
    /// not say is asked.
    #[must_use]
    pub fn takes_pin_of(&self, digits: u8) -> bool {
        let (minimum, maximum) = self.pin_sizes;
        minimum.is_none_or(|minimum| minimum <= digits)
            && maximum.is_none_or(|maximum| maximum >= digits)
    }
}

/// The SIMPLE-TLV objects of a list, up to what is none.
fn objects(mut list: &[u8]) -> impl Iterator<Item = Tlv> {
    std::iter::from_fn(move || {
        if list.is_empty() {
            return None;
        }
        let (object, rest) = Tlv::parse(list);
        list = rest;
        object.ok()
    })
    .fuse()
}

fn little_endian(value: &[u8]) -> Option<u32> {
    if value.is_empty() || value.len() > 4 {
        return None;
    }
    Some(value.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_with_their_control_codes() {
        let features = Features::parse(&[
            0x06, 0x04, 0x42, 0x33, 0x00, 0x06, // verify
            0x07, 0x04, 0x42, 0x33, 0x00, 0x07, // modify
            0x12, 0x04, 0x42, 0x33, 0x00, 0x12, // properties
        ]);
        assert_eq!(features.control_code(Feature::VerifyPinDirect), Some(0x4233_0006));
        assert_eq!(features.control_code(Feature::ModifyPinDirect), Some(0x4233_0007));
        assert_eq!(features.control_code(Feature::TlvProperties), Some(0x4233_0012));
        assert!(features.has_pin_pad());
    }

    #[test]
    fn what_is_no_list_is_not_known() {
        for list in [&[][..], &[0x06], &[0x06, 0x04, 0x42], &[0x06, 0x03, 1, 2, 3], &[0x00; 8]] {
            assert_eq!(Features::parse(list), Features::default(), "{list:02X?}");
        }
        // What came before the damage counts.
        let features = Features::parse(&[0x06, 0x04, 0, 0, 0, 6, 0x07, 0x04, 0]);
        assert!(features.has_pin_pad());
        assert_eq!(features.control_code(Feature::ModifyPinDirect), None);
    }

    #[test]
    fn extended_length_is_what_the_reader_says() {
        for (size, passes) in [
            (0x0000_0000_u32, Some(false)),
            (0x0000_0001, None),
            (0x0000_0100, None),
            (0x0000_0101, Some(true)),
            (0x0001_0000, Some(true)),
            (0x0001_0001, None),
        ] {
            let mut features = Features::default();
            let mut list = vec![0x0A, 0x04];
            list.extend(size.to_le_bytes());
            features.add_properties(&list);
            assert_eq!(features.extended_length(), passes, "{size:#X}");
        }
        assert_eq!(Features::default().extended_length(), None);
    }

    #[test]
    fn other_properties() {
        let mut features = Features::default();
        features.add_properties(&[
            0x0B, 0x02, 0x2F, 0x07, 0x0C, 0x02, 0x1B, 0x22, 0x06, 0x01, 4, 0x07, 0x01, 8,
        ]);
        assert_eq!(features.usb(), Some((0x072F, 0x221B)));
        assert!(features.takes_pin_of(4) && features.takes_pin_of(8));
        assert!(!features.takes_pin_of(3) && !features.takes_pin_of(9));
        assert!(Features::default().takes_pin_of(4));
    }
}
