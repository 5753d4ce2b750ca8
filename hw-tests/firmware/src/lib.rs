//! What the images of a reader share: its link on this board, what is handed in at the counter, the
//! check-in, and the figures at the end.
//!
//! Nothing here draws a random number or reads a calendar: an emulated board has neither. The
//! nonce, the time and the PIN come over a UART from the host, and are called given.

#![no_std]

pub mod antenna;
#[cfg(feature = "verify")]
pub mod check_in;
pub mod slot;

use board_qemu::{Clock, Console, Counter};
use kazasu_apdu::{ExtendedLength, Session, Transport};

/// Writes a line to the log, if there is one.
#[macro_export]
macro_rules! log {
    ($($text:tt)*) => {{
        #[cfg(feature = "defmt")]
        defmt::info!($($text)*);
    }};
}

/// A link on this board.
pub trait Reader: Transport {
    /// Why there is no card, in words.
    fn describe(error: &Self::Error) -> &'static str;

    /// Prints what the link itself has counted.
    fn figures(&self, console: &mut Console) {
        let _ = console;
    }
}

/// What a reader gets at the counter, in this order and without a separator.
pub struct HandedIn {
    /// What the card is to sign. On a reader of its own: from a random source made for keys.
    pub nonce: [u8; 32],
    /// Seconds since 1970, big-endian. On a reader of its own: from its clock.
    pub time: [u8; 8],
    /// What the holder types.
    pub pin: [u8; 4],
    /// 1: commands of extended length may be tried. 0: not.
    extended: [u8; 1],
}

impl HandedIn {
    /// Takes it from the UART of the counter.
    pub fn take() -> Option<Self> {
        let mut handed = Self { nonce: [0; 32], time: [0; 8], pin: [0; 4], extended: [0] };
        let Self { nonce, time, pin, extended } = &mut handed;
        let parts = [&mut nonce[..], &mut time[..], &mut pin[..], &mut extended[..]];
        let mut counter = Counter::open();
        let complete = parts.into_iter().all(|part| counter.take(part));
        complete.then_some(handed)
    }

    /// Which lengths are allowed.
    pub fn lengths(&self) -> ExtendedLength {
        if self.extended == [1] { ExtendedLength::Auto } else { ExtendedLength::Off }
    }
}

/// Prints what the session cost.
pub fn figures<R: Reader>(console: &mut Console, session: &mut Session<'_, &mut R>) {
    let counts = session.channel().counts();
    console.figure("commands", counts.commands);
    console.figure("by-rule", counts.by_rule);
    session.transport().figures(console);
    console.figure("ticks", Clock::busy_ticks());
    console.figure("peak-stack", board_qemu::peak_stack());
}

/// Says why the image cannot go on, and ends.
pub fn give_up(console: &mut Console, why: &str) -> ! {
    console.print(why);
    console.print("\nFAILED\n");
    board_qemu::exit(false)
}
