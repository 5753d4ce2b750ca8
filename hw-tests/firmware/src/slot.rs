//! The contact slot on this board. Another board changes these types and settings, and nothing else.

use board_qemu::{
    Clock, Console,
    slot::{self, Io, Lines},
};
use kazasu_apdu::Transport;
use kazasu_contact::{
    self as contact, Duration, Settings, Slot,
    driver::{Error, Link},
    slot::Class,
};

use crate::{Reader, log};

/// A slot with the UART, the lines and the clock of the board.
pub type ContactReader = Link<Io, Lines, Clock>;

/// The clock on CLK, in Hz.
const CLOCK: u32 = 4_000_000;

/// The slot, without power.
pub fn connect() -> ContactReader {
    let mut settings = Settings::new(CLOCK, &[Class::A]);
    // Characters come when the host lets QEMU run, and not evenly as from a card.
    settings.latency = Duration::from_millis(200);
    // The card on the host has patience, so no rate is too high for that.
    settings.transmit_queue = 259;
    Link::new(Slot::new(settings), slot::io(), Lines::open(), Clock::start(slot::IO))
}

impl Reader for ContactReader {
    fn describe(error: &<Self as Transport>::Error) -> &'static str {
        log!("{}", error);
        match error {
            Error::NoCard | Error::Slot(contact::Error::NoCard | contact::Error::CardRemoved) => {
                "there is no card in the slot"
            }
            Error::Slot(contact::Error::Mute) => "the card did not answer the reset",
            Error::Slot(contact::Error::Latency | contact::Error::Settings) => {
                "the reader is set up wrongly"
            }
            Error::Slot(_) => "the card answered the reset, but came to no protocol",
            _ => "the board of the slot failed",
        }
    }

    fn figures(&self, console: &mut Console) {
        console.figure("characters-sent", self.counts().sent);
        console.figure("characters-received", self.counts().received);
    }
}
