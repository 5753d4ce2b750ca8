//! What a slot and its driver say to each other.

use crate::Error;
use crate::time::{Instant, Rate};

/// A class of operating conditions: the voltage on VCC (ISO/IEC 7816-3 clause 5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Class {
    /// 5 V.
    A,
    /// 3 V.
    B,
    /// 1.8 V.
    C,
}

/// The level of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Level {
    /// Low, L.
    Low,
    /// High, H.
    High,
}

/// A contact and what to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Contact {
    /// VCC: power of this class, or none. A board that cannot supply the class says
    /// [`Event::Unsupported`]; the next class is tried then.
    Vcc(Option<Class>),
    /// RST.
    Rst(Level),
    /// CLK: running, or stopped at the low level. A board whose clock never stops ignores it; the
    /// card has no power then.
    Clk(bool),
    /// I/O: `High` releases it for reception, `Low` holds it down. A board whose pull-up hangs on
    /// the card's VCC may ignore it: the line falls with the power.
    Io(Level),
}

/// The parity bit of the serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Parity {
    /// Of the direct convention.
    Even,
    /// Of the inverse convention, as a UART of the direct one sees it: all nine bits are inverted.
    Odd,
}

/// How the serial line runs: 8 data bits, least significant first, high is one. The bits of the
/// inverse convention are exchanged by the slot, so that the UART needs nothing but odd parity for
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Serial {
    /// Bits per second ([`Rate::baud`]), or the clock divider F / D.
    pub rate: Rate,
    /// The parity bit.
    pub parity: Parity,
    /// The length of one character that is sent, in etu: 12 (two stop bits) or 11 (one stop bit).
    /// More than that is in [`Action::Send`].
    pub character: u8,
    /// T=0: repeat a character when the card pulls I/O low after its parity bit, and pull it low
    /// after a character with wrong parity (ISO/IEC 7816-3 clause 7.3). A UART without this
    /// function reports the damaged character and the exchange ends in an error.
    pub error_signal: bool,
}

/// What a driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// Bring a contact to a level.
    Set(Contact),
    /// Set the serial line up. What is in its receiver is dropped.
    Configure(Serial),
    /// Send a character.
    Send {
        /// As it goes to the UART.
        byte: u8,
        /// Its start bit must not begin earlier.
        not_before: Instant,
        /// The card is to speak next.
        last: bool,
    },
    /// Wait for a character.
    Listen {
        /// But not longer than this.
        until: Instant,
    },
    /// Nothing to do until the next order.
    Idle,
    /// The card is ready for [`crate::Slot::transmit`].
    Activated,
    /// The answer is in the buffer, so many bytes, status word included.
    Answered(usize),
    /// The contacts are without power.
    Deactivated,
    /// What was ordered has failed. See [`Error`] for what remains.
    Failed(Error),
}

/// What a driver tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The action was carried out, or the time is over, or there is nothing to tell.
    Ready,
    /// A character, as the UART gave it.
    Received(u8),
    /// A character came and cannot be read: parity, framing, overrun.
    Garbled,
    /// The card is gone.
    Removed,
    /// The board does not have what [`Action::Set`] wanted.
    Unsupported,
}

/// What a slot is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// The contacts are without power.
    Inactive,
    /// Something is under way.
    Busy,
    /// The card waits for a command.
    Ready,
}
