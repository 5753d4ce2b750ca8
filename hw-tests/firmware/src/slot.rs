//! The contact slot on this board. Another board changes these types and settings, and nothing else.

use board_qemu::{
    Console,
    slot::{self, Clock, Io, Lines},
};
use kazasu_apdu::Session;
use kazasu_contact::{Duration, Settings, Slot, driver::Link, slot::Class};

/// A slot with the UART, the lines and the clock of the board.
pub type Reader = Link<Io, Lines, Clock>;

/// The clock on CLK, in Hz.
const CLOCK: u32 = 4_000_000;

/// The slot, without power.
pub fn connect() -> Reader {
    let mut settings = Settings::new(CLOCK, &[Class::A]);
    // Characters come when the host lets QEMU run, and not evenly as from a card.
    settings.latency = Duration::from_millis(200);
    // The card on the host has patience, so no rate is too high for that.
    settings.transmit_queue = 259;
    Link::new(Slot::new(settings), slot::io(), Lines::open(), Clock::start(slot::IO))
}

/// Prints what the session cost.
pub fn figures(console: &mut Console, session: &mut Session<'_, &mut Reader>) {
    let counts = session.channel().counts();
    console.figure("commands", counts.commands);
    console.figure("by-rule", counts.by_rule);
    let link = session.transport();
    console.figure("characters-sent", link.counts().sent);
    console.figure("characters-received", link.counts().received);
    console.figure("ticks", Clock::busy_ticks());
    console.figure("peak-stack", board_qemu::peak_stack());
}
