//! The registers that ReadRegister and WriteRegister reach (PN532 data sheet, 8.6.23).
//!
//! All keep what is written. Few mean something here: how InCommunicateThru frames, checks and
//! times what it sends.

use std::collections::BTreeMap;

use crate::radio::{BitRate, Signal};

/// CIU_TxMode: bit 7 checksum, bits 6 to 4 rate, bits 1 and 0 framing.
pub(super) const TX_MODE: u16 = 0x6302;
/// CIU_RxMode: the same of what is received.
pub(super) const RX_MODE: u16 = 0x6303;
/// CIU_BitFraming: bits 2 to 0 are the bits of the last byte.
pub(super) const BIT_FRAMING: u16 = 0x633D;

/// What CIU_TxMode or CIU_RxMode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) crc: bool,
    pub(super) rate: BitRate,
    /// `None`: a framing that is not modelled.
    pub(super) signal: Option<Signal>,
}

#[derive(Debug, Default)]
pub(super) struct Registers {
    written: BTreeMap<u16, u8>,
}

impl Registers {
    pub(super) fn read(&self, address: u16) -> u8 {
        self.written.get(&address).copied().unwrap_or(0)
    }

    pub(super) fn write(&mut self, address: u16, value: u8) {
        self.written.insert(address, value);
    }

    pub(super) fn mode(&self, address: u16) -> Mode {
        let value = self.read(address);
        Mode {
            crc: value & 0x80 != 0,
            rate: BitRate::from_code(value >> 4),
            signal: match value & 0x03 {
                0 => Some(Signal::TypeA),
                2 => Some(Signal::Felica),
                3 => Some(Signal::TypeB),
                _ => None,
            },
        }
    }

    /// As an activation leaves them.
    pub(super) fn set_modes(&mut self, signal: Signal, to_card: BitRate, to_reader: BitRate) {
        let framing = match signal {
            Signal::TypeA => 0,
            Signal::Felica => 2,
            Signal::TypeB => 3,
        };
        self.write(TX_MODE, 0x80 | to_card.code() << 4 | framing);
        self.write(RX_MODE, 0x80 | to_reader.code() << 4 | framing);
        self.write(BIT_FRAMING, 0);
    }
}
