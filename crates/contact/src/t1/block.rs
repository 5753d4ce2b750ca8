//! The blocks of T=1, character by character (ISO/IEC 7816-3 clause 11.3).

use super::edc::Edc;

/// Prologue: NAD, PCB, LEN.
const PROLOGUE: u16 = 3;

/// Bit 7 of the PCB of an I-block: its sequence number.
const N_S: u8 = 0x40;
/// Bit 6 of the PCB of an I-block: more follow.
const MORE: u8 = 0x20;
/// The PCB of an R-block without sequence number and error.
const R: u8 = 0x80;
/// Bit 5 of the PCB of an R-block: the sequence number of the I-block that is expected.
const N_R: u8 = 0x10;
/// The PCB of an S-block with a request.
const S: u8 = 0xC0;
/// Bit 6 of the PCB of an S-block: it is a response.
const RESPONSE: u8 = 0x20;

/// What an S-block is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Control {
    Resynch = 0,
    Ifs = 1,
    Abort = 2,
    Wtx = 3,
}

/// Why the last block is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Damage {
    /// None: the next block of a chain is asked for.
    None = 0,
    /// Parity or error detection code.
    Code = 1,
    /// Anything else.
    Other = 2,
}

/// A block as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Information { number: bool, more: bool },
    Ready { number: bool, damage: Damage },
    Request { about: Control, value: u8 },
    Response { about: Control, value: u8 },
}

impl Block {
    const fn pcb(self) -> u8 {
        match self {
            Self::Information { number, more } => {
                (if number { N_S } else { 0 }) | if more { MORE } else { 0 }
            }
            Self::Ready { number, damage } => R | damage as u8 | if number { N_R } else { 0 },
            Self::Request { about, .. } => S | about as u8,
            Self::Response { about, .. } => S | RESPONSE | about as u8,
        }
    }

    /// The block of a prologue and the first byte of the information field. `None`: there is no
    /// such block.
    fn parse([nad, pcb, length]: [u8; 3], value: u8) -> Option<Self> {
        // Both node addresses are zero: nobody uses them (clause 11.3.2.1).
        if nad != 0 {
            return None;
        }
        if pcb & 0x80 == 0 {
            let clean = pcb & !(N_S | MORE) == 0;
            return clean
                .then_some(Self::Information { number: pcb & N_S != 0, more: pcb & MORE != 0 });
        }
        if pcb & 0x40 == 0 {
            let damage = match pcb & !(R | N_R) {
                0 => Damage::None,
                1 => Damage::Code,
                2 => Damage::Other,
                _ => return None,
            };
            return (length == 0).then_some(Self::Ready { number: pcb & N_R != 0, damage });
        }
        let about = match pcb & !(S | RESPONSE) {
            0 => Control::Resynch,
            1 => Control::Ifs,
            2 => Control::Abort,
            3 => Control::Wtx,
            _ => return None,
        };
        if length != about.length() {
            return None;
        }
        Some(if pcb & RESPONSE == 0 {
            Self::Request { about, value }
        } else {
            Self::Response { about, value }
        })
    }
}

impl Control {
    /// The length of the information field.
    const fn length(self) -> u8 {
        match self {
            Self::Resynch | Self::Abort => 0,
            Self::Ifs | Self::Wtx => 1,
        }
    }
}

/// A block on its way to the card. The bytes of an I-block stay in the command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing {
    block: Block,
    /// Where the information field begins in the command, and its length.
    offset: usize,
    length: u8,
    position: u16,
    register: u16,
}

impl Outgoing {
    /// An I-block.
    pub(super) const fn information(block: Block, edc: Edc, offset: usize, length: u8) -> Self {
        Self { block, offset, length, position: 0, register: edc.begin() }
    }

    /// What stands here before the first block.
    pub(super) const fn resynch(edc: Edc) -> Self {
        Self::other(Block::Request { about: Control::Resynch, value: 0 }, edc)
    }

    /// An R-block or an S-block.
    pub(super) const fn other(block: Block, edc: Edc) -> Self {
        let length = match block {
            Block::Request { about, .. } | Block::Response { about, .. } => about.length(),
            Block::Information { .. } | Block::Ready { .. } => 0,
        };
        Self { block, offset: 0, length, position: 0, register: edc.begin() }
    }

    /// Has a byte gone out?
    pub(super) const fn begun(&self) -> bool {
        self.position > 0
    }

    /// The next byte, and whether it is the last. `None` after that.
    pub(super) fn next(&mut self, edc: Edc, command: &[u8]) -> Option<(u8, bool)> {
        let end = PROLOGUE + u16::from(self.length);
        let position = self.position;
        if position >= end + u16::from(edc.length()) {
            return None;
        }
        self.position = position + 1;
        if position >= end {
            let index = (position - end) as u8;
            return Some((edc.byte(self.register, index), index + 1 == edc.length()));
        }
        let byte = match position {
            0 => 0,
            1 => self.block.pcb(),
            2 => self.length,
            _ => match self.block {
                Block::Information { .. } => {
                    let index = self.offset.saturating_add(usize::from(position - PROLOGUE));
                    command.get(index).copied().unwrap_or(0)
                }
                Block::Request { value, .. } | Block::Response { value, .. } => value,
                Block::Ready { .. } => 0,
            },
        };
        self.register = edc.update(self.register, byte);
        Some((byte, false))
    }
}

/// A block on its way from the card. The bytes of an I-block go to the response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    prologue: [u8; 3],
    value: u8,
    position: u16,
    register: u16,
    damaged: bool,
}

/// What a character made of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    /// The block is whole and right.
    Whole(Block),
    /// The last character came, and the block is not right.
    Wrong(Damage),
}

impl Incoming {
    pub(super) const fn new(edc: Edc) -> Self {
        Self { prologue: [0; 3], value: 0, position: 0, register: edc.begin(), damaged: false }
    }

    /// The length of the information field.
    pub(super) const fn length(&self) -> u8 {
        self.prologue[2]
    }

    /// Takes a character, `None` for one that cannot be read. What belongs to the information field
    /// of an I-block is put into `response` as far as there is room.
    pub(super) fn push(
        &mut self,
        edc: Edc,
        byte: Option<u8>,
        ifsd: u8,
        response: &mut [u8],
    ) -> Progress {
        self.damaged |= byte.is_none();
        let byte = byte.unwrap_or(0);
        let position = self.position;
        self.position = position.saturating_add(1);
        if let Some(place) = self.prologue.get_mut(usize::from(position)) {
            *place = byte;
            self.register = edc.update(self.register, byte);
            // A length that cannot be ends the block here; whoever drains the line gets the rest.
            if position == 2 && (self.damaged || byte > ifsd) {
                return Progress::Wrong(if self.damaged { Damage::Code } else { Damage::Other });
            }
            return Progress::More;
        }
        let end = PROLOGUE + u16::from(self.length());
        if position < end {
            self.register = edc.update(self.register, byte);
            let index = position - PROLOGUE;
            if index == 0 {
                self.value = byte;
            }
            if self.prologue[1] & 0x80 == 0
                && let Some(place) = response.get_mut(usize::from(index))
            {
                *place = byte;
            }
            return Progress::More;
        }
        let index = (position - end) as u8;
        self.damaged |= edc.byte(self.register, index) != byte;
        if index + 1 < edc.length() {
            return Progress::More;
        }
        if self.damaged {
            return Progress::Wrong(Damage::Code);
        }
        match Block::parse(self.prologue, self.value) {
            Some(block) => Progress::Whole(block),
            None => Progress::Wrong(Damage::Other),
        }
    }
}
