//! Command APDUs (ISO/IEC 7816-4 clause 5.1, encodings of ISO/IEC 7816-3 clause 12.1.3).
//!
//! Encodes and parses all four cases, short and extended. Never prints the data field.

use crate::transport::PinEntry;
use core::fmt;

/// Largest number of data bytes in a short command.
const SHORT_LC_MAX: usize = 0xFF;
/// Largest number of bytes that a short command may expect.
const SHORT_LE_MAX: u32 = 0x100;
/// Largest number of data bytes in an extended command.
const EXTENDED_LC_MAX: usize = 0xFFFF;
/// Largest number of bytes that an extended command may expect.
const EXTENDED_LE_MAX: u32 = 0x1_0000;

/// Length fields of one byte, or of two bytes after a zero byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Format {
    /// Lc 1–255, Le 1–256.
    Short,
    /// Lc 1–65,535, Le 1–65,536.
    Extended,
}

/// A command APDU that borrows its data field.
///
/// `Debug` prints header and lengths; the data field never, because it may hold a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Command<'a> {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Data field; empty means that there is none (Lc absent).
    pub data: &'a [u8],
    /// Largest number of response bytes expected, 0 (Le absent) to 65,536.
    pub le: u32,
    /// May this command be sent once only? True for what changes the card's state, as VERIFY
    /// and CHANGE REFERENCE DATA do; then no exchange rule repeats it.
    pub once: bool,
    /// Is the data field a secret? Then it stays out of every trace, and the encoded command
    /// is wiped as soon as the link has taken it.
    pub secret: bool,
    /// Is the data field only the room for a PIN that the holder types at the reader? Then the
    /// command is sent by a link with a PIN pad or not at all.
    pub pin_entry: Option<PinEntry>,
}

impl<'a> Command<'a> {
    /// A case 1 command: header only.
    #[must_use]
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self { cla, ins, p1, p2, data: &[], le: 0, once: false, secret: false, pin_entry: None }
    }

    /// With a data field.
    #[must_use]
    pub const fn with_data(mut self, data: &'a [u8]) -> Self {
        self.data = data;
        self
    }

    /// With Le: at most `le` bytes are expected, 1 to 65,536.
    #[must_use]
    pub const fn with_le(mut self, le: u32) -> Self {
        self.le = le;
        self
    }

    /// Never to be repeated by an exchange rule.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// With a data field that is a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// With a data field that the reader replaces by what the holder types there.
    #[must_use]
    pub const fn with_pin_entry(mut self, entry: PinEntry) -> Self {
        self.pin_entry = Some(entry);
        self
    }

    /// Can the command be written with short length fields?
    #[must_use]
    pub const fn fits_short(&self) -> bool {
        self.data.len() <= SHORT_LC_MAX && self.le <= SHORT_LE_MAX
    }

    /// Writes the command and returns its length in bytes.
    ///
    /// # Errors
    /// [`EncodeError`] when the format cannot carry the lengths or `out` is too small.
    pub fn encode(&self, out: &mut [u8], format: Format) -> Result<usize, EncodeError> {
        self.check(format)?;
        let mut writer = Writer { out, at: 0 };
        writer.bytes(&[self.cla, self.ins, self.p1, self.p2])?;
        let lc = (self.data.len() as u32).to_be_bytes();
        // 256 and 65,536 are written as zero: the low bytes of the number are just that.
        let le = self.le.to_be_bytes();
        match format {
            Format::Short => {
                if !self.data.is_empty() {
                    writer.bytes(&[lc[3]])?;
                    writer.bytes(self.data)?;
                }
                if self.le > 0 {
                    writer.bytes(&[le[3]])?;
                }
            }
            Format::Extended => {
                if !self.data.is_empty() {
                    writer.bytes(&[0, lc[2], lc[3]])?;
                    writer.bytes(self.data)?;
                } else if self.le > 0 {
                    writer.bytes(&[0])?;
                }
                if self.le > 0 {
                    writer.bytes(&[le[2], le[3]])?;
                }
            }
        }
        Ok(writer.at)
    }

    /// Can the format carry the lengths?
    const fn check(&self, format: Format) -> Result<(), EncodeError> {
        let (lc_max, le_max) = match format {
            Format::Short => (SHORT_LC_MAX, SHORT_LE_MAX),
            Format::Extended => (EXTENDED_LC_MAX, EXTENDED_LE_MAX),
        };
        if self.data.len() > lc_max {
            return Err(EncodeError::DataTooLong { length: self.data.len(), most: lc_max });
        }
        if self.le > le_max {
            return Err(EncodeError::LeTooLarge { le: self.le, most: le_max });
        }
        Ok(())
    }

    /// Bytes that [`Command::encode`] writes.
    ///
    /// # Errors
    /// [`EncodeError`] when the format cannot carry the lengths.
    pub const fn encoded_length(&self, format: Format) -> Result<usize, EncodeError> {
        if let Err(error) = self.check(format) {
            return Err(error);
        }
        let (lc, le) = match (format, self.data.is_empty(), self.le > 0) {
            (Format::Short, has_no_data, has_le) => (!has_no_data as usize, has_le as usize),
            (Format::Extended, false, has_le) => (3, if has_le { 2 } else { 0 }),
            (Format::Extended, true, true) => (0, 3),
            (Format::Extended, true, false) => (0, 0),
        };
        Ok(self.data.len().saturating_add(4_usize.saturating_add(lc).saturating_add(le)))
    }

    /// Reads a command from its bytes: the seven forms of ISO/IEC 7816-3 clause 12.1.3.
    ///
    /// `once`, `secret` and `pin_entry` are not on the wire and come out false.
    ///
    /// # Errors
    /// [`ParseError`] when the bytes are none of the seven forms.
    pub fn parse(bytes: &'a [u8]) -> Result<(Self, Format), ParseError> {
        let Some((&[cla, ins, p1, p2], body)) = bytes.split_first_chunk::<4>() else {
            return Err(ParseError::TooShort { length: bytes.len() });
        };
        let command = Command::new(cla, ins, p1, p2);
        let wrong = ParseError::LengthMismatch { length: bytes.len() };
        match body {
            [] => Ok((command, Format::Short)),
            [le] => Ok((command.with_le(short_le(*le)), Format::Short)),
            [0, high, low] => Ok((command.with_le(extended_le(*high, *low)), Format::Extended)),
            [0, high, low, rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, tail) = rest.split_at_checked(lc).ok_or(wrong)?;
                if data.is_empty() {
                    return Err(wrong);
                }
                let command = command.with_data(data);
                match tail {
                    [] => Ok((command, Format::Extended)),
                    [high, low] => {
                        Ok((command.with_le(extended_le(*high, *low)), Format::Extended))
                    }
                    _ => Err(wrong),
                }
            }
            [0, ..] => Err(wrong),
            [lc, rest @ ..] => {
                let (data, tail) = rest.split_at_checked(usize::from(*lc)).ok_or(wrong)?;
                let command = command.with_data(data);
                match tail {
                    [] => Ok((command, Format::Short)),
                    [le] => Ok((command.with_le(short_le(*le)), Format::Short)),
                    _ => Err(wrong),
                }
            }
        }
    }
}

const fn short_le(byte: u8) -> u32 {
    if byte == 0 { SHORT_LE_MAX } else { byte as u32 }
}

const fn extended_le(high: u8, low: u8) -> u32 {
    match u16::from_be_bytes([high, low]) {
        0 => EXTENDED_LE_MAX,
        le => le as u32,
    }
}

struct Writer<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.at.saturating_add(bytes.len());
        let room = self.out.get_mut(self.at..end).ok_or(EncodeError::BufferTooSmall)?;
        // Equal lengths by construction; zip cannot panic.
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.at = end;
        Ok(())
    }
}

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Command({:02X} {:02X} {:02X} {:02X}, {} data bytes, le {})",
            self.cla,
            self.ins,
            self.p1,
            self.p2,
            self.data.len(),
            self.le
        )
    }
}

/// Why a command could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// The channel's answer buffer cannot hold what the command asks for.
    AnswerRoom {
        /// Bytes that the answer may have, status word included.
        needed: usize,
        /// Bytes that the buffer has.
        room: usize,
    },
    /// The output buffer cannot hold the command.
    BufferTooSmall,
    /// More data than the format carries.
    DataTooLong {
        /// Bytes in the data field.
        length: usize,
        /// What the format carries at most.
        most: usize,
    },
    /// More response bytes expected than the format can ask for.
    LeTooLarge {
        /// Bytes expected.
        le: u32,
        /// What the format can ask for at most.
        most: u32,
    },
    /// The PIN is to be typed at the reader, and the link has no PIN pad.
    NoPinPad,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnswerRoom { needed, room } => write!(
                f,
                "an answer of {needed} bytes does not fit the channel's buffer of {room}; \
                 give it a larger one"
            ),
            Self::BufferTooSmall => {
                f.write_str("the command buffer is too small; give the channel a larger one")
            }
            Self::DataTooLong { length, most } => write!(
                f,
                "{length} data bytes do not fit a command that carries {most}; \
                 use extended length or send less"
            ),
            Self::LeTooLarge { le, most } => write!(
                f,
                "{le} response bytes cannot be asked for, {most} can; \
                 use extended length or read in parts"
            ),
            Self::NoPinPad => f.write_str("the reader has no PIN pad; type the PIN at the host"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// Why bytes are not a command APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ParseError {
    /// Fewer than the four header bytes.
    TooShort {
        /// Bytes given.
        length: usize,
    },
    /// Lc or Le do not agree with the number of bytes.
    LengthMismatch {
        /// Bytes given.
        length: usize,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => {
                write!(f, "{length} bytes are no command APDU: its header alone has four")
            }
            Self::LengthMismatch { length } => {
                write!(f, "Lc and Le do not agree with the {length} bytes of the command APDU")
            }
        }
    }
}

impl core::error::Error for ParseError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(command: &Command<'_>, format: Format) -> ([u8; 300], usize) {
        let mut out = [0; 300];
        let length = command.encode(&mut out, format).unwrap();
        (out, length)
    }

    #[test]
    fn the_seven_forms() {
        let data = [0xAA, 0xBB];
        let header = Command::new(0x00, 0xB0, 0x8A, 0x05);
        let cases: [(Command<'_>, Format, &[u8]); 7] = [
            (header, Format::Short, &[0x00, 0xB0, 0x8A, 0x05]),
            (header.with_le(256), Format::Short, &[0x00, 0xB0, 0x8A, 0x05, 0x00]),
            (header.with_data(&data), Format::Short, &[0, 0xB0, 0x8A, 5, 2, 0xAA, 0xBB]),
            (
                header.with_data(&data).with_le(7),
                Format::Short,
                &[0, 0xB0, 0x8A, 5, 2, 0xAA, 0xBB, 7],
            ),
            (header.with_le(65_536), Format::Extended, &[0, 0xB0, 0x8A, 5, 0, 0, 0]),
            (header.with_data(&data), Format::Extended, &[0, 0xB0, 0x8A, 5, 0, 0, 2, 0xAA, 0xBB]),
            (
                header.with_data(&data).with_le(0x102),
                Format::Extended,
                &[0, 0xB0, 0x8A, 5, 0, 0, 2, 0xAA, 0xBB, 1, 2],
            ),
        ];
        for (command, format, bytes) in cases {
            let (out, length) = encoded(&command, format);
            assert_eq!(&out[..length], bytes);
            assert_eq!(Command::parse(bytes), Ok((command, format)));
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_named() {
        let long = [0; 256];
        let command = Command::new(0, 0xD6, 0, 0).with_data(&long);
        let mut out = [0; 300];
        assert_eq!(
            command.encode(&mut out, Format::Short),
            Err(EncodeError::DataTooLong { length: 256, most: 255 })
        );
        assert!(!command.fits_short());
        assert_eq!(
            Command::new(0, 0xB0, 0, 0).with_le(257).encode(&mut out, Format::Short),
            Err(EncodeError::LeTooLarge { le: 257, most: 256 })
        );
        assert_eq!(
            Command::new(0, 0xB0, 0, 0).with_le(1).encode(&mut [0; 4], Format::Short),
            Err(EncodeError::BufferTooSmall)
        );
    }

    #[test]
    fn malformed_commands_are_refused() {
        for bytes in [
            &[][..],
            &[0, 0xB0, 0],
            &[0, 0xB0, 0, 0, 2, 1],
            &[0, 0xB0, 0, 0, 1, 1, 0, 0],
            &[0, 0xB0, 0, 0, 0, 0],
            &[0, 0xB0, 0, 0, 0, 0, 0, 1],
            &[0, 0xB0, 0, 0, 0, 0, 1, 1, 0],
        ] {
            assert!(Command::parse(bytes).is_err(), "{bytes:02X?}");
        }
    }

    #[test]
    fn debug_shows_no_data() {
        let command = Command::new(0, 0x20, 0, 0x98).with_data(b"1234").secret();
        assert_eq!(std::format!("{command:?}"), "Command(00 20 00 98, 4 data bytes, le 0)");
    }

    extern crate std;

    proptest! {
        #[test]
        fn encode_then_parse_is_the_identity(
            header: [u8; 4],
            data in prop::collection::vec(any::<u8>(), 0..=600),
            le in 0_u32..=65_536,
            extended: bool,
        ) {
            let command = Command::new(header[0], header[1], header[2], header[3])
                .with_data(&data).with_le(le);
            let format = if extended { Format::Extended } else { Format::Short };
            let mut out = [0; 700];
            prop_assert_eq!(command.encode(&mut out, format), command.encoded_length(format));
            match command.encode(&mut out, format) {
                Ok(length) => {
                    let (parsed, parsed_format) = Command::parse(&out[..length]).unwrap();
                    prop_assert_eq!(parsed, command);
                    // A bare header looks the same in both formats.
                    prop_assert!(parsed_format == format || length == 4);
                }
                Err(_) => prop_assert!(!extended && !command.fits_short()),
            }
        }

        #[test]
        fn parse_never_panics_and_is_faithful(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok((command, format)) = Command::parse(&bytes) {
                let mut out = [0; 80];
                let length = command.encode(&mut out, format).unwrap();
                prop_assert_eq!(&out[..length], &bytes[..]);
            }
        }
    }
}
