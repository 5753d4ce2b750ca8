//! The blocks of T=1 (ISO/IEC 7816-3, 11.3), as bytes.
//!
//! It knows what a block is, not when one is right.

/// The error detection code of a block (11.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edc {
    /// The exclusive or of all bytes before it.
    Lrc,
    /// ISO/IEC 13239, 16 bits, of all bytes before it; the low byte comes first.
    Crc,
}

impl Edc {
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Lrc => 1,
            Self::Crc => 2,
        }
    }

    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Lrc => vec![bytes.iter().fold(0, |sum, byte| sum ^ byte)],
            Self::Crc => {
                let mut register = 0xFFFF_u16;
                for byte in bytes {
                    register ^= u16::from(*byte);
                    for _ in 0..8 {
                        let carry = register & 1 == 1;
                        register >>= 1;
                        if carry {
                            register ^= 0x8408;
                        }
                    }
                }
                (!register).to_le_bytes().to_vec()
            }
        }
    }

    /// A block with its code.
    pub(super) fn seal(self, nad: u8, kind: Kind, information: &[u8]) -> Vec<u8> {
        // Nobody here puts more than 254 bytes into a block.
        let length = u8::try_from(information.len()).unwrap_or(254);
        let mut block = vec![nad, kind.pcb(), length];
        block.extend(information.iter().take(usize::from(length)));
        let code = self.of(&block);
        block.extend(code);
        block
    }

    /// How long the block will be that begins so; `None` before its length is known.
    pub(super) fn expected(self, begun: &[u8]) -> Option<usize> {
        begun.get(2).map(|length| 3 + usize::from(*length) + self.length())
    }

    /// A whole block: its NAD, kind and information field.
    pub(super) fn open(self, block: &[u8]) -> Result<(u8, Kind, &[u8]), Wrong> {
        let (body, code) = block
            .split_at_checked(block.len().saturating_sub(self.length()))
            .ok_or(Wrong::Other)?;
        if self.of(body) != code {
            return Err(Wrong::Code);
        }
        match body {
            [nad, pcb, length, information @ ..]
                if usize::from(*length) == information.len() && *length != 0xFF =>
            {
                Ok((*nad, Kind::of(*pcb).ok_or(Wrong::Other)?, information))
            }
            _ => Err(Wrong::Other),
        }
    }
}

/// What an R-block says of the block before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Error detection code or parity.
    Code,
    /// Anything else.
    Other,
}

/// Supervisory functions (11.3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Resynch,
    Ifs,
    Abort,
    Wtx,
}

/// What PCB says. Numbers are N(S) or N(R), 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    I { number: u8, more: bool },
    R { number: u8, wrong: Option<Wrong> },
    Request(Function),
    Response(Function),
}

impl Kind {
    fn of(pcb: u8) -> Option<Self> {
        if pcb & 0x80 == 0 {
            let reserved = pcb & 0x1F != 0;
            return (!reserved).then_some(Self::I { number: pcb >> 6 & 1, more: pcb & 0x20 != 0 });
        }
        if pcb & 0xC0 == 0x80 {
            let wrong = match pcb & 0x2F {
                0 => None,
                1 => Some(Wrong::Code),
                2 => Some(Wrong::Other),
                _ => return None,
            };
            return Some(Self::R { number: pcb >> 4 & 1, wrong });
        }
        let function = match pcb & 0x1F {
            0 => Function::Resynch,
            1 => Function::Ifs,
            2 => Function::Abort,
            3 => Function::Wtx,
            _ => return None,
        };
        Some(if pcb & 0x20 == 0 { Self::Request(function) } else { Self::Response(function) })
    }

    const fn pcb(self) -> u8 {
        match self {
            Self::I { number, more } => (number & 1) << 6 | (more as u8) << 5,
            Self::R { number, wrong } => {
                let wrong = match wrong {
                    None => 0,
                    Some(Wrong::Code) => 1,
                    Some(Wrong::Other) => 2,
                };
                0x80 | (number & 1) << 4 | wrong
            }
            Self::Request(function) => 0xC0 | function.code(),
            Self::Response(function) => 0xE0 | function.code(),
        }
    }
}

impl Function {
    const fn code(self) -> u8 {
        match self {
            Self::Resynch => 0,
            Self::Ifs => 1,
            Self::Abort => 2,
            Self::Wtx => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pcb_that_means_something_comes_back() {
        let known: Vec<u8> =
            (0..=255).filter(|pcb| Kind::of(*pcb).is_some_and(|kind| kind.pcb() == *pcb)).collect();
        let strange = (0..=255).filter(|pcb| Kind::of(*pcb).is_some()).count();
        // Four I, six R, eight S.
        assert_eq!((known.len(), strange), (18, 18));
    }

    #[test]
    fn codes_are_those_of_the_standards() {
        // The check value of CRC-16/ISO-HDLC is 906E.
        assert_eq!(Edc::Crc.of(b"123456789"), [0x6E, 0x90]);
        assert_eq!(
            Edc::Lrc.seal(0, Kind::Request(Function::Ifs), &[0xFE]),
            [0, 0xC1, 1, 0xFE, 0x3E]
        );
    }

    #[test]
    fn a_block_is_opened_as_it_was_sealed() {
        for edc in [Edc::Lrc, Edc::Crc] {
            let kind = Kind::I { number: 1, more: true };
            let block = edc.seal(0x21, kind, &[1, 2, 3]);
            assert_eq!(edc.expected(&block), Some(block.len()));
            assert_eq!(edc.open(&block), Ok((0x21, kind, &[1, 2, 3][..])));
            for at in 0..block.len() {
                let mut wrong = block.clone();
                wrong[at] ^= 0x04;
                assert!(edc.open(&wrong).is_err());
            }
            assert!(edc.open(&[]).is_err());
        }
    }
}
