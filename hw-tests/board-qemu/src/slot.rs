//! What a reader with a contact slot needs of the board: the I/O line, the lines of the slot, a
//! clock in microseconds, and what is handed in at the counter.
//!
//! QEMU has no pins to which a card could be wired. Bytes on UART 1 stand in for RST, VCC, CLK and
//! the switch that sees the card; `crates/virtual-card` plays the card at their other end.

use core::sync::atomic::{AtomicU32, Ordering};

use embedded_hal_nb::{
    nb,
    serial::{Read, Write},
};
use kazasu_contact::{
    Instant,
    driver::{Contacts, SerialFault, SerialNb, Time, Unsupported},
    slot::{Class, Contact, Level, Serial},
};

use crate::board::{self, FASTEST, Uart};

/// Turns of a loop between two looks at a UART: some microseconds.
const SPIN: u32 = 1_000;

/// Ticks that were spent waiting.
static IDLE: AtomicU32 = AtomicU32::new(0);

/// The clock of the board.
#[derive(Debug)]
pub struct Clock {
    /// The UART whose characters end a wait.
    line: Uart,
}

impl Clock {
    /// Starts it. The waits of the driver end when a character comes on this UART.
    pub fn start(line: usize) -> Self {
        board::start_timer();
        Self { line: Uart::at(line) }
    }

    /// Ticks of the processor's clock since the start in which it did not wait.
    pub fn busy_ticks() -> u32 {
        board::ticks().wrapping_sub(IDLE.load(Ordering::Relaxed))
    }
}

impl Time for Clock {
    fn now(&mut self) -> Instant {
        Instant::from_micros(board::microseconds())
    }

    fn idle(&mut self, until: Instant) {
        wait(&self.line, until.micros());
    }
}

/// Waits until a character came or the moment has come. `true` when one came.
fn wait(uart: &Uart, until: u64) -> bool {
    let begin = board::ticks();
    let came = loop {
        if uart.has_received() {
            break true;
        }
        if board::microseconds() >= until {
            break false;
        }
        // An access to a device costs QEMU more than many instructions.
        for turn in 0..SPIN {
            core::hint::black_box(turn);
        }
    };
    let idle = board::ticks().wrapping_sub(begin);
    IDLE.store(IDLE.load(Ordering::Relaxed).wrapping_add(idle), Ordering::Relaxed);
    came
}

/// VCC, RST, CLK and the card-detect switch, as bytes on UART 1: one for each change, and it comes
/// back when the change has taken effect (`kazasu_virtual_card::contact::serve`).
#[derive(Debug)]
pub struct Lines {
    uart: Uart,
    /// The switch is looked at so often only: a question takes QEMU longer than a character.
    asked: u64,
    present: bool,
}

const IS_PRESENT: u8 = 6;
/// Microseconds between two looks at the switch.
const LOOK_AGAIN: u64 = 200_000;
/// How long the other end may take to answer, in microseconds.
const ANSWER_WITHIN: u64 = 5_000_000;

impl Lines {
    /// Over UART 1.
    pub fn open() -> Self {
        Self { uart: Uart::open(1, FASTEST), asked: 0, present: false }
    }

    /// Sends a change and waits for its echo.
    fn tell(&mut self, change: u8) -> Option<u8> {
        nb::block!(self.uart.write(change)).ok()?;
        receive(&mut self.uart, board::microseconds().saturating_add(ANSWER_WITHIN))
    }
}

impl Contacts for Lines {
    fn set(&mut self, contact: Contact) -> Result<(), Unsupported> {
        let change = match contact {
            Contact::Vcc(None) => 0,
            // The pin that stands in for VCC knows one voltage.
            Contact::Vcc(Some(Class::A)) => 1,
            Contact::Vcc(Some(_)) => return Err(Unsupported),
            Contact::Rst(Level::Low) => 2,
            Contact::Rst(Level::High) => 3,
            Contact::Clk(false) => 4,
            Contact::Clk(true) => 5,
            // The pull-up of I/O hangs on VCC.
            Contact::Io(_) => return Ok(()),
        };
        if self.tell(change) == Some(change) { Ok(()) } else { Err(Unsupported) }
    }

    fn is_present(&mut self) -> bool {
        let now = board::microseconds();
        if !self.present || now.saturating_sub(self.asked) >= LOOK_AGAIN {
            self.present = self.tell(IS_PRESENT) == Some(IS_PRESENT);
            self.asked = now;
        }
        self.present
    }
}

fn receive(uart: &mut Uart, until: u64) -> Option<u8> {
    if wait(uart, until) { uart.read().ok() } else { None }
}

/// The I/O line of the slot: UART 0. It has neither parity nor the error signal of T=0.
pub type Io = SerialNb<Uart, fn(&mut Uart, &Serial) -> Result<(), SerialFault>>;

/// The UART of the I/O line.
pub const IO: usize = 0;

/// Opens the I/O line.
pub fn io() -> Io {
    SerialNb::new(Uart::open(IO, FASTEST), |uart, serial| {
        uart.set_baud(serial.rate.baud());
        Ok(())
    })
}

/// Whoever stands at the counter: bytes on UART 2.
#[derive(Debug)]
pub struct Counter(Uart);

impl Counter {
    /// Over UART 2.
    pub fn open() -> Self {
        Self(Uart::open(2, FASTEST))
    }

    /// Takes what is handed in. `false` when it does not come in time.
    pub fn take(&mut self, bytes: &mut [u8]) -> bool {
        let until = board::microseconds().saturating_add(ANSWER_WITHIN);
        bytes.iter_mut().all(|byte| match receive(&mut self.0, until) {
            Some(came) => {
                *byte = came;
                true
            }
            None => false,
        })
    }

    /// Hands something out.
    pub fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let Ok(()) = nb::block!(self.0.write(*byte));
        }
    }
}
