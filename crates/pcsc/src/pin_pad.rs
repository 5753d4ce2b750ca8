//! The blocks that a PIN pad is given (PC/SC part 10: PIN_VERIFY_STRUCTURE, PIN_MODIFY_STRUCTURE).
//!
//! Builds bytes and nothing else. They hold no PIN: the reader puts it into the command's template.
//! The structures are packed and in the byte order of the host, as the standard says; the tests
//! compare them byte by byte. No PIN pad of hardware has seen them.

use std::time::Duration;

/// Japanese (wLangId).
const JAPANESE: u16 = 0x0411;
/// Digits as ASCII, left-justified, units of bytes, the PIN at the first byte of the data field
/// (bmFormatString).
const ASCII_AT_FIRST_BYTE: u8 = 0x82;
/// The template has the length of the PIN already (bmPINLengthFormat).
const LENGTH_IS_IN_TEMPLATE: u8 = 0x00;
/// The holder ends the entry with a key, and so can correct it first
/// (bEntryValidationCondition). A try is precious.
const VALIDATION_KEY: u8 = 0x02;

/// How a PIN looks in the command's data field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinFormat {
    /// So many digits, no more and no fewer, as ASCII.
    AsciiDigits(u8),
}

impl PinFormat {
    const fn size(self) -> u8 {
        match self {
            Self::AsciiDigits(digits) => digits,
        }
    }

    /// Fewest digits in the high half, most in the low half (wPINMaxExtraDigit).
    const fn limits(self) -> u16 {
        u16::from_be_bytes([self.size(), self.size()])
    }
}

/// PIN_VERIFY_STRUCTURE. `template` is the VERIFY command with a data field of the PIN's size.
///
/// `limit` is how long the reader waits for a key, in whole seconds up to 255.
#[must_use]
pub fn verify_block(template: &[u8], format: PinFormat, limit: Duration) -> Vec<u8> {
    let mut block = Vec::with_capacity(19 + template.len());
    block.push(seconds(limit)); // bTimerOut
    block.push(seconds(limit)); // bTimerOut2: after the first key
    block.push(ASCII_AT_FIRST_BYTE); // bmFormatString
    block.push(format.size()); // bmPINBlockString: no length, a block of so many bytes
    block.push(LENGTH_IS_IN_TEMPLATE); // bmPINLengthFormat
    block.extend(format.limits().to_ne_bytes()); // wPINMaxExtraDigit
    block.push(VALIDATION_KEY); // bEntryValidationCondition
    block.push(0x01); // bNumberMessage: one
    block.extend(JAPANESE.to_ne_bytes()); // wLangId
    block.push(0x00); // bMsgIndex: enter the PIN
    block.extend([0x00; 3]); // bTeoPrologue
    block.extend(length(template)); // ulDataLength
    block.extend(template); // abData
    block
}

/// PIN_MODIFY_STRUCTURE for a CHANGE REFERENCE DATA that holds the new PIN only (P1 = 01): the
/// holder types it twice.
///
/// `template` is that command with a data field of the PIN's size; `limit` as for
/// [`verify_block`].
#[must_use]
pub fn modify_block(template: &[u8], format: PinFormat, limit: Duration) -> Vec<u8> {
    let mut block = Vec::with_capacity(24 + template.len());
    block.push(seconds(limit)); // bTimerOut
    block.push(seconds(limit)); // bTimerOut2
    block.push(ASCII_AT_FIRST_BYTE); // bmFormatString
    block.push(format.size()); // bmPINBlockString
    block.push(LENGTH_IS_IN_TEMPLATE); // bmPINLengthFormat
    block.push(0x00); // bInsertionOffsetOld: there is no old one
    block.push(0x00); // bInsertionOffsetNew
    block.extend(format.limits().to_ne_bytes()); // wPINMaxExtraDigit
    block.push(0x01); // bConfirmPIN: twice; the current one is not asked for
    block.push(VALIDATION_KEY); // bEntryValidationCondition
    block.push(0x02); // bNumberMessage: two
    block.extend(JAPANESE.to_ne_bytes()); // wLangId
    block.push(0x01); // bMsgIndex1: enter the new PIN
    block.push(0x02); // bMsgIndex2: enter it again
    block.push(0x00); // bMsgIndex3: not shown
    block.extend([0x00; 3]); // bTeoPrologue
    block.extend(length(template)); // ulDataLength
    block.extend(template); // abData
    block
}

fn seconds(limit: Duration) -> u8 {
    u8::try_from(limit.as_secs()).unwrap_or(u8::MAX)
}

fn length(template: &[u8]) -> [u8; 4] {
    // A command of more than 4 GiB does not exist.
    u32::try_from(template.len()).unwrap_or(u32::MAX).to_ne_bytes()
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn verify_byte_by_byte() {
        let template = [0x00, 0x20, 0x00, 0x98, 0x04, 0x00, 0x00, 0x00, 0x00];
        let block = verify_block(&template, PinFormat::AsciiDigits(4), Duration::from_secs(30));
        assert_eq!(
            block,
            [
                30, 30, // bTimerOut, bTimerOut2
                0x82, 0x04, 0x00, // format, block, length format
                0x04, 0x04, // four digits at least, four at most
                0x02, // ends with the validation key
                0x01, 0x11, 0x04, 0x00, // one message, Japanese, index 0
                0x00, 0x00, 0x00, // prologue
                0x09, 0x00, 0x00, 0x00, // nine bytes follow
                0x00, 0x20, 0x00, 0x98, 0x04, 0x00, 0x00, 0x00, 0x00,
            ]
        );
        assert_eq!(block.len(), 19 + template.len());
    }

    #[test]
    fn modify_byte_by_byte() {
        let template = [0x00, 0x24, 0x01, 0x80, 0x04, 0x00, 0x00, 0x00, 0x00];
        let block = modify_block(&template, PinFormat::AsciiDigits(4), Duration::from_secs(1000));
        assert_eq!(
            block,
            [
                255, 255, // bTimerOut, bTimerOut2: no more than a byte holds
                0x82, 0x04, 0x00, // format, block, length format
                0x00, 0x00, // offsets of the old and the new one
                0x04, 0x04, // four digits at least, four at most
                0x01, 0x02, // typed twice; ends with the validation key
                0x02, 0x11, 0x04, 0x01, 0x02, 0x00, // two messages, Japanese, indices
                0x00, 0x00, 0x00, // prologue
                0x09, 0x00, 0x00, 0x00, // nine bytes follow
                0x00, 0x24, 0x01, 0x80, 0x04, 0x00, 0x00, 0x00, 0x00,
            ]
        );
        assert_eq!(block.len(), 24 + template.len());
    }

    #[test]
    fn limits_put_the_fewest_digits_into_the_high_half() {
        assert_eq!(PinFormat::AsciiDigits(4).limits(), 0x0404);
        assert_eq!(PinFormat::AsciiDigits(12).limits(), 0x0C0C);
    }
}
