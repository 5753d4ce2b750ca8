//! What T=0 has to know of a command APDU (ISO/IEC 7816-3 clause 12.1.3).

/// Header, data and Ne of a command APDU, short or extended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) header: [u8; 4],
    /// Nc, and where the data begin.
    pub(super) data_length: usize,
    pub(super) data_offset: usize,
    /// Ne: 0 to 65,536.
    pub(super) expected: u32,
}

impl Shape {
    pub(super) const NOTHING: Self =
        Self { header: [0; 4], data_length: 0, data_offset: 0, expected: 0 };

    /// Of a command. `None` when it is none, or its INS cannot be told from a status byte.
    pub(super) fn of(command: &[u8]) -> Option<Self> {
        let (header, body) = command.split_first_chunk::<4>()?;
        if matches!(header[1] >> 4, 0x6 | 0x9) {
            return None;
        }
        let (data_length, data_offset, expected) = match *body {
            [] => (0, 4, 0),
            [le] => (0, 4, short(le)),
            [0, high, low] => (0, 4, extended(high, low)),
            [0, high, low, ref rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                let expected = match *rest.get(length..)? {
                    [] => 0,
                    [high, low] => extended(high, low),
                    _ => return None,
                };
                (length, 7, expected)
            }
            [length, ref rest @ ..] => {
                let length = usize::from(length);
                let expected = match *rest.get(length..)? {
                    [] => 0,
                    [le] => short(le),
                    _ => return None,
                };
                (length, 5, expected)
            }
        };
        if data_length == 0 && data_offset != 4 {
            return None;
        }
        Some(Self { header: *header, data_length, data_offset, expected })
    }

    /// Neither data nor Le: case 1.
    pub(super) const fn is_bare(&self) -> bool {
        self.data_length == 0 && self.expected == 0
    }
}

fn short(le: u8) -> u32 {
    if le == 0 { 256 } else { u32::from(le) }
}

fn extended(high: u8, low: u8) -> u32 {
    match u16::from_be_bytes([high, low]) {
        0 => 65_536,
        le => u32::from(le),
    }
}
