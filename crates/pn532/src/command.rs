//! Commands of the chip (UM0701-02, 7) and what they cost in time.

use crate::error::Status;
use kazasu_nfc::Duration;

pub(crate) const DIAGNOSE: u8 = 0x00;
pub(crate) const FIRMWARE_VERSION: u8 = 0x02;
pub(crate) const READ_REGISTER: u8 = 0x06;
pub(crate) const WRITE_REGISTER: u8 = 0x08;
pub(crate) const SAM_CONFIGURATION: u8 = 0x14;
pub(crate) const POWER_DOWN: u8 = 0x16;
pub(crate) const RF_CONFIGURATION: u8 = 0x32;
pub(crate) const DATA_EXCHANGE: u8 = 0x40;
pub(crate) const COMMUNICATE_THRU: u8 = 0x42;
pub(crate) const LIST_PASSIVE_TARGET: u8 = 0x4A;
pub(crate) const PSL: u8 = 0x4E;
pub(crate) const RELEASE: u8 = 0x52;

/// Parameters besides data: nine registers, or less.
const HEAD: usize = 30;

/// One command, and what may be done when no answer comes.
#[derive(Clone, Copy, Debug)]
pub struct Order<'d> {
    code: u8,
    head: [u8; HEAD],
    length: u8,
    data: &'d [u8],
    /// From ACK to the answer.
    pub(crate) limit: Duration,
    /// May it be sent again? Never what reaches a card.
    pub(crate) repeat: bool,
    /// Is the end of the limit no fault, but the way to end it?
    pub(crate) bounded: bool,
}

impl<'d> Order<'d> {
    /// A command that reaches no card, and may be sent again.
    #[must_use]
    #[inline(never)]
    pub fn new(code: u8, parameters: &[u8], limit: Duration) -> Self {
        let mut head = [0; HEAD];
        for (place, byte) in head.iter_mut().zip(parameters) {
            *place = *byte;
        }
        let length = parameters.len().min(HEAD) as u8;
        Self { code, head, length, data: &[], limit, repeat: true, bounded: false }
    }

    /// A command that is sent once.
    #[must_use]
    #[inline(never)]
    pub fn once(code: u8, parameters: &[u8], data: &'d [u8], limit: Duration) -> Self {
        Self { data, repeat: false, ..Order::new(code, parameters, limit) }
    }

    pub(crate) const fn code(&self) -> u8 {
        self.code
    }

    /// What tells orders apart that may follow one another: the code and two parameters, of which
    /// the second is on or off for the field.
    pub(crate) const fn name(&self) -> [u8; 3] {
        let [first, second, ..] = self.head;
        [self.code, first, second]
    }

    pub(crate) fn parameters(&self) -> &[u8] {
        self.head.get(..usize::from(self.length)).unwrap_or_default()
    }

    pub(crate) fn write(&self, buffer: &mut [u8]) -> Option<usize> {
        crate::frame::write(buffer, self.code, self.parameters(), self.data)
    }
}

/// The code of RFConfiguration for a waiting time, the least that is not shorter: 1 is 100 µs, each
/// further one twice that, to 16 for 3.28 s; 0 is no limit (UM0701-02, 7.3.1). With it how long it
/// is; the longest for none.
pub(crate) fn timeout(wait: Duration) -> (u8, Duration) {
    let mut time = 100_u64;
    for code in 1..=16 {
        if wait.micros() <= time {
            return (code, Duration::from_micros(time));
        }
        time <<= 1;
    }
    (0, Duration::MAX)
}

/// The status byte of an answer: an error in six bits, and "more follows".
pub(crate) const fn status(byte: u8) -> (Status, bool) {
    (Status(byte & 0x3F), byte & 0x40 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_rounded_up() {
        let code = |micros| timeout(Duration::from_micros(micros));
        assert_eq!(code(0), (1, Duration::from_micros(100)));
        assert_eq!(code(101), (2, Duration::from_micros(200)));
        assert_eq!(code(309_315), (13, Duration::from_micros(409_600)));
        assert_eq!(code(2_474_516), (16, Duration::from_micros(3_276_800)));
        assert_eq!(code(4_949_032), (0, Duration::MAX));
    }
}
