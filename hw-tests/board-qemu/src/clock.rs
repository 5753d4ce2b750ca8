//! The clock of the board, and waiting: what is waited is not counted as work.

use core::sync::atomic::{AtomicU32, Ordering};

use embedded_hal_nb::serial::Read as _;
use kazasu_apdu::time::{Instant, Time};

use crate::board::{self, Uart};

/// Turns of a loop between two looks at a UART: some microseconds.
const SPIN: u32 = 1_000;

/// How long the other end of a UART may take to answer, in microseconds.
pub(crate) const ANSWER_WITHIN: u64 = 5_000_000;

/// Ticks between two characters that [`take`] spreads: ten bits of sixteen ticks, the least.
const CHARACTER: u32 = 160;

/// The tick at which the next of those characters is there.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Ticks that were spent waiting.
static IDLE: AtomicU32 = AtomicU32::new(0);

/// The clock of the board.
#[derive(Debug)]
pub struct Clock {
    /// The UART whose characters end a wait.
    line: Uart,
}

impl Clock {
    /// Starts it. The waits of a driver end when a character comes on this UART.
    pub fn start(line: usize) -> Self {
        board::start_timer();
        Self { line: Uart::at(line) }
    }

    /// Ticks of the processor's clock since the start in which it did not wait.
    pub fn busy_ticks() -> u32 {
        board::ticks().wrapping_sub(IDLE.load(Ordering::Relaxed))
    }

    /// The moment that is now.
    pub(crate) fn moment() -> Instant {
        Instant::from_micros(board::microseconds())
    }

    /// Waits for a character, or this moment.
    pub(crate) fn wait(&self, until: Instant) {
        wait(&self.line, until.micros());
    }
}

impl Time for Clock {
    fn now(&mut self) -> Instant {
        Self::moment()
    }

    fn idle(&mut self, until: Instant) {
        self.wait(until);
    }
}

/// Waits until a character came or the moment has come, if only for some microseconds: a driver that
/// looks again at once waits for the host, and how often it looks would be counted as work. `true`
/// when a character came.
fn wait(uart: &Uart, until: u64) -> bool {
    let begin = board::ticks();
    let came = loop {
        if is_there(uart) {
            break true;
        }
        // An access to a device costs QEMU more than many instructions.
        for turn in 0..SPIN {
            core::hint::black_box(turn);
        }
        if board::microseconds() >= until {
            break is_there(uart);
        }
    };
    count_idle(begin);
    came
}

/// A character is taken; the next one is there a character's time later at the earliest.
pub(crate) fn take() {
    NEXT.store(board::ticks().wrapping_add(CHARACTER), Ordering::Relaxed);
}

/// Is there a character, and its time has come?
pub(crate) fn is_there(uart: &Uart) -> bool {
    let past = board::ticks().wrapping_sub(NEXT.load(Ordering::Relaxed));
    uart.has_received() && past < u32::MAX / 2
}

/// Nothing was done since this tick.
pub(crate) fn count_idle(begin: u32) {
    let idle = board::ticks().wrapping_sub(begin);
    IDLE.store(IDLE.load(Ordering::Relaxed).wrapping_add(idle), Ordering::Relaxed);
}

/// The next character, if it comes before this moment.
pub(crate) fn receive(uart: &mut Uart, until: u64) -> Option<u8> {
    if wait(uart, until) { uart.read().ok() } else { None }
}

/// As many characters as there is room for. `false` when they do not come in time.
pub(crate) fn receive_all(uart: &mut Uart, room: &mut [u8]) -> bool {
    let until = board::microseconds().saturating_add(ANSWER_WITHIN);
    room.iter_mut().all(|place| match receive(uart, until) {
        Some(came) => {
            *place = came;
            true
        }
        None => false,
    })
}
