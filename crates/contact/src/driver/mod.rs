//! The driver between a [`Slot`](crate::Slot) and the hardware of a board: it moves characters,
//! levels and moments, and decides nothing of the protocols.
//!
//! A board brings four things:
//!
//! | Trait | What it is | Often there already |
//! |---|---|---|
//! | [`Line`] | I/O as characters of a UART | `SerialNb` over `embedded-hal-nb`, `SerialIo` over `embedded-io` |
//! | [`Configure`] | rate and parity of that UART | a closure |
//! | [`Contacts`] | VCC, RST, CLK and the switch that sees a card | `Pins` over `embedded-hal` |
//! | [`Time`] | microseconds | a closure |
//!
//! With them, a [`Link`] runs in three styles, over the same code: blocking
//! ([`kazasu_apdu::Transport`]), polled (feature `nb`) and asynchronous (feature `async`).
//! How to wire a slot, and what to do when a card hangs: `docs/contact-slot.md`.

mod error;
#[cfg(feature = "embedded-io-v0.7")]
mod io;
mod link;
#[cfg(feature = "embedded-hal-nb")]
mod nb_serial;
#[cfg(feature = "embedded-hal")]
mod pins;
#[cfg(feature = "nb")]
mod polled;
#[cfg(feature = "async")]
mod waiting;

pub use error::{Error, SerialFault, Unsupported};
#[cfg(feature = "embedded-io-v0.7")]
pub use io::SerialIo;
pub use kazasu_apdu::time::Time;
pub use link::{Counts, Echo, Link, Outcome, Progress};
#[cfg(feature = "embedded-hal-nb")]
pub use nb_serial::SerialNb;
#[cfg(feature = "embedded-hal")]
pub use pins::{Absent, Pins};
#[cfg(feature = "async")]
pub use waiting::{Paced, Wait, Waiting};

use crate::slot::{Contact, Serial};

/// What came over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Received {
    /// A character.
    Character(u8),
    /// A character whose parity is wrong or that is noisy, or one that was lost to an overrun.
    Garbled,
    /// A character whose stop bit is low. In T=0, the echo of a character that the card wants again
    /// (ISO/IEC 7816-3 clause 7.3). Say it only of a UART that tells it from everything else.
    Framing,
}

/// I/O as characters: a UART of 8 data bits with parity. No method waits
/// (`SerialIo::is_sent` does, for want of a better word in `embedded-io`).
pub trait Line: Configure {
    /// The next character that came and was not taken yet. The receiver holds what comes between
    /// two calls of [`Link::poll`]. One that could not says [`Received::Garbled`] once for what it
    /// lost.
    ///
    /// # Errors
    /// [`SerialFault`] for what is no damaged character.
    fn receive(&mut self) -> Result<Option<Received>, SerialFault>;

    /// Takes a character to send. `false` when there is no room for it yet. It goes out by itself,
    /// and those that were taken follow each other without a pause. [`Link`] gives characters until
    /// there is no room, and comes again when it is polled; so how many there is room for decides how
    /// long a loop may take ([`crate::Settings::transmit_queue`]): the characters of a block must
    /// follow each other within the card's character waiting time. With [`Echo::On`] the echo of all
    /// that was taken lies in the receiver until then.
    ///
    /// # Errors
    /// [`SerialFault`] when it will never be sent.
    fn send(&mut self, byte: u8) -> Result<bool, SerialFault>;

    /// Has everything that was taken left the UART, stop bits included?
    ///
    /// # Errors
    /// [`SerialFault`] when it will never leave.
    fn is_sent(&mut self) -> Result<bool, SerialFault>;
}

/// How the UART runs.
pub trait Configure {
    /// Sets rate ([`crate::Rate::baud`]), parity, length of a character and error signal. Called
    /// while nothing is on its way.
    ///
    /// # Errors
    /// [`SerialFault`] when the UART cannot run so. Rates are limited beforehand by
    /// [`crate::Settings::highest_baud`].
    fn configure(&mut self, serial: &Serial) -> Result<(), SerialFault>;
}

/// The contacts besides I/O, and the switch that sees a card.
pub trait Contacts {
    /// Brings a contact to a level, or power on it.
    ///
    /// # Errors
    /// [`Unsupported`] when the board does not have the class of VCC that is wanted: the next class
    /// is tried then. For anything else it is a fault of the board, [`Error::Contacts`]: the
    /// deactivation goes on to its end, and is not called done.
    fn set(&mut self, contact: Contact) -> Result<(), Unsupported>;

    /// Is there a card in the slot? A board without a switch says yes.
    fn is_present(&mut self) -> bool {
        true
    }
}
