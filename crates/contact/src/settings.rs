//! What a board or its owner decides about a slot.

use crate::parameters::Protocol;
use crate::slot::Class;
use crate::t1::Crc;
use crate::time::Duration;

/// Which protocol to speak when a card offers both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Preference {
    /// T=1 where the card offers it, else T=0. All My Number cards that are known offer T=1 only
    /// (`docs/card-facts.md` §1.1).
    #[default]
    PreferT1,
    /// T=0 where the card offers it, else T=1.
    PreferT0,
    /// This one or none.
    Only(Protocol),
    /// The one that the card offers first, so that no PPS exchange is needed for it.
    First,
}

/// What a board or its owner decides. [`Settings::new`] takes what only the board can know; the
/// rest has values that suit a My Number card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Settings {
    /// The clock on CLK, in Hz: 1 to 5 MHz (ISO/IEC 7816-3 clause 5.2.3). It stays the same all the
    /// time, so what only a faster clock would allow is not chosen.
    pub clock: u32,
    /// The classes of operating conditions to try, in this order. The standard recommends C, B, A.
    pub classes: &'static [Class],
    /// Which protocol.
    pub preference: Preference,
    /// The fastest rate of the serial line, in bits per second. What the card offers above it is
    /// reduced to the highest that fits.
    pub highest_baud: u32,
    /// Is a PPS exchange allowed? Without, a card stays with its first protocol at F = 372, D = 1.
    pub pps: bool,
    /// The information field size that the reader announces by S(IFS request), IFSD: 1 to 254.
    /// 32 is the value that holds without announcement.
    pub ifsd: u8,
    /// How a CRC is written, for cards whose blocks have one (T=1).
    pub crc: Crc,
    /// Most time that the card may ask for in one command, by all its S(WTX request) together.
    pub extension_limit: Duration,
    /// Most NULL bytes in one command (T=0).
    pub null_limit: u16,
    /// Most time for one command, whatever the card does.
    pub exchange_limit: Duration,
    /// Most time for the whole answer to reset, in initial etu, after its first character. The
    /// standard limits only the time between two characters; EMV Book 1 clause 8.1 stops waiting
    /// after 20,160 etu.
    pub answer_limit: u32,
    /// How long VCC takes to become stable.
    pub power_up: Duration,
    /// How long the contacts stay without power before they get it again, whatever took it: 10 ms
    /// at least (ISO/IEC 7816-3 clause 6.2.4). A board whose VCC falls slowly puts more here, or
    /// the card keeps its security status.
    pub power_down: Duration,
    /// How late the driver may come to the line: the longest turn of a super loop, the longest time
    /// that interrupts and other tasks take. It is added to each waiting time. And no rate is chosen
    /// at which a block would reach the card too late for that ([`crate::timing::longest_turn`]):
    /// what is too much at any rate ends in [`crate::Error::Latency`].
    pub latency: Duration,
    /// How many characters the UART takes before it has no room, the one that is on its way included.
    /// 2 for a data register before a shift register, which nearly every UART has; 1 for one without;
    /// 259 for a queue that holds every block, which an interrupt or DMA empties.
    pub transmit_queue: u16,
}

impl Settings {
    /// The settings of a board with this clock in Hz and these classes of operating conditions.
    #[must_use]
    pub const fn new(clock: u32, classes: &'static [Class]) -> Self {
        Self {
            clock,
            classes,
            preference: Preference::PreferT1,
            highest_baud: u32::MAX,
            pps: true,
            ifsd: 254,
            crc: Crc::Iso13239,
            extension_limit: Duration::from_secs(30),
            null_limit: 1_000,
            exchange_limit: Duration::from_secs(60),
            answer_limit: 20_160,
            power_up: Duration::from_millis(10),
            power_down: Duration::from_millis(10),
            latency: Duration::from_micros(500),
            transmit_queue: 2,
        }
    }
}
