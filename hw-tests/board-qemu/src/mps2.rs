//! What a reader needs of the board mps2-an386: the UARTs, a clock in microseconds, the lines of a
//! contact slot, and what is handed in at the counter. This file is what another board replaces.
//!
//! QEMU has no pins to which a card could be wired. Bytes on UART 1 stand in for RST, VCC, CLK and
//! the switch that sees the card; `crates/virtual-card` plays the card at their other end.

use core::{
    convert::Infallible,
    sync::atomic::{AtomicU32, Ordering},
};

use cortex_m_rt::exception;
use embedded_hal_nb::{
    nb,
    serial::{ErrorType, Read, Write},
};
use kazasu_contact::{
    Instant,
    driver::{Contacts, SerialFault, SerialNb, Time, Unsupported},
    slot::{Class, Contact, Level, Serial},
};

/// The processor's clock and the UARTs' (Arm DAI 0386, table 3-2): 25 MHz.
const HERTZ: u32 = 25_000_000;
const MEGAHERTZ: u32 = HERTZ / 1_000_000;

/// Registers of a CMSDK UART (Arm DDI 0479, section 4.3).
const DATA: usize = 0;
const STATE: usize = 1;
const CTRL: usize = 2;
const BAUDDIV: usize = 4;
const TRANSMIT_FULL: u32 = 1;
const RECEIVE_FULL: u32 = 2;
const ENABLE_BOTH: u32 = 3;
/// A smaller divider is not taken.
const LEAST_DIVIDER: u32 = 16;

/// Where the UARTs are (Arm DAI 0386, table 3-4), in the order of QEMU's `-serial`.
const UARTS: [*mut u32; 3] =
    [0x4000_4000 as *mut u32, 0x4000_5000 as *mut u32, 0x4000_6000 as *mut u32];

/// A UART with a hole of one character in each direction.
#[derive(Debug)]
pub struct Uart(*mut u32);

impl Uart {
    fn at(number: usize) -> Self {
        let [.., last] = UARTS;
        Self(*UARTS.get(number).unwrap_or(&last))
    }

    /// Both directions on. `number` is 0, 1 or 2; any other is taken as 2.
    pub fn open(number: usize, baud: u32) -> Self {
        let mut uart = Self::at(number);
        uart.set_baud(baud);
        uart.set(CTRL, ENABLE_BOTH);
        uart
    }

    /// The next characters at another rate.
    pub fn set_baud(&mut self, baud: u32) {
        let divider = HERTZ.checked_div(baud).unwrap_or(HERTZ);
        self.set(BAUDDIV, divider.max(LEAST_DIVIDER));
    }

    /// Is there a character that was not read?
    pub fn has_received(&self) -> bool {
        self.register(STATE) & RECEIVE_FULL != 0
    }

    fn register(&self, offset: usize) -> u32 {
        // SAFETY: the registers of a UART of this board; `offset` is one of the constants above.
        unsafe { self.0.add(offset).read_volatile() }
    }

    fn set(&mut self, offset: usize, value: u32) {
        // SAFETY: as in `register`.
        unsafe { self.0.add(offset).write_volatile(value) }
    }
}

impl ErrorType for Uart {
    /// A character is never lost here: QEMU waits until there is room. It has no parity either.
    type Error = Infallible;
}

impl Read<u8> for Uart {
    fn read(&mut self) -> nb::Result<u8, Infallible> {
        if self.has_received() { Ok(self.register(DATA) as u8) } else { Err(nb::Error::WouldBlock) }
    }
}

impl Write<u8> for Uart {
    fn write(&mut self, character: u8) -> nb::Result<(), Infallible> {
        self.flush()?;
        self.set(DATA, u32::from(character));
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), Infallible> {
        if self.register(STATE) & TRANSMIT_FULL == 0 { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }
}

/// SysTick (Armv7-M architecture manual B3.3): control, reload value, current value.
const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;
/// Interrupt control and state (Armv7-M B3.2.4), and its bit of a SysTick that waits.
const ICSR: *mut u32 = 0xE000_ED04 as *mut u32;
const TURN_IS_PENDING: u32 = 1 << 26;
/// Counting by the processor's clock, with an interrupt at zero.
const ENABLE_WITH_INTERRUPT: u32 = 0b111;
/// A turn of the counter: a tenth of a second, so that no division of 64 bits is needed.
const TURN: u32 = HERTZ / 10;
const TURN_MICROSECONDS: u64 = 100_000;

/// Turns of the counter that are complete. Only the interrupt writes it.
static TURNS: AtomicU32 = AtomicU32::new(0);

/// Ticks that were spent waiting.
static IDLE: AtomicU32 = AtomicU32::new(0);

// SAFETY: it changes one word that nothing else writes, and returns.
#[exception]
unsafe fn SysTick() {
    TURNS.store(TURNS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Turns of a loop between two looks at a UART: some microseconds.
const SPIN: u32 = 1_000;

/// The clock of the board: SysTick, carried on by its interrupt. It runs for 13 years.
#[derive(Debug)]
pub struct Clock {
    /// The UART whose characters end a wait.
    line: Uart,
}

impl Clock {
    /// Starts it. The waits of the driver end when a character comes on this UART.
    pub fn start(line: usize) -> Self {
        // SAFETY: registers of the core; the timer is this clock's alone.
        unsafe {
            SYST_RVR.write_volatile(TURN - 1);
            SYST_CVR.write_volatile(0);
            SYST_CSR.write_volatile(ENABLE_WITH_INTERRUPT);
            // The first tick only loads the counter.
            while SYST_CVR.read_volatile() == 0 {}
        }
        Self { line: Uart::at(line) }
    }

    /// Complete turns, and ticks in this one.
    fn read() -> (u32, u32) {
        loop {
            let turns = TURNS.load(Ordering::Relaxed);
            // SAFETY: as in `start`; reading has no effect.
            let (left, pending) =
                unsafe { (SYST_CVR.read_volatile(), ICSR.read_volatile() & TURN_IS_PENDING != 0) };
            let ticks = (TURN - 1).saturating_sub(left);
            // A turn that is over and was not counted yet.
            let over = u32::from(pending && ticks < TURN / 2);
            if turns == TURNS.load(Ordering::Relaxed) {
                return (turns.wrapping_add(over), ticks);
            }
        }
    }

    /// Of less than three minutes.
    fn ticks() -> u32 {
        let (turns, ticks) = Self::read();
        turns.wrapping_mul(TURN).wrapping_add(ticks)
    }

    /// Microseconds since the start.
    pub fn microseconds() -> u64 {
        let (turns, ticks) = Self::read();
        u64::from(turns) * TURN_MICROSECONDS + u64::from(ticks / MEGAHERTZ)
    }

    /// Ticks of the processor's clock since the start in which it did not wait.
    pub fn busy_ticks() -> u32 {
        Self::ticks().wrapping_sub(IDLE.load(Ordering::Relaxed))
    }
}

impl Time for Clock {
    fn now(&mut self) -> Instant {
        Instant::from_micros(Self::microseconds())
    }

    fn idle(&mut self, until: Instant) {
        wait(&self.line, until.micros());
    }
}

/// Waits until a character came or the moment has come. `true` when one came.
fn wait(uart: &Uart, until: u64) -> bool {
    let begin = Clock::ticks();
    let came = loop {
        if uart.has_received() {
            break true;
        }
        if Clock::microseconds() >= until {
            break false;
        }
        // An access to a device costs QEMU more than many instructions.
        for turn in 0..SPIN {
            core::hint::black_box(turn);
        }
    };
    let idle = Clock::ticks().wrapping_sub(begin);
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
        Self { uart: Uart::open(1, HERTZ / LEAST_DIVIDER), asked: 0, present: false }
    }

    /// Sends a change and waits for its echo.
    fn tell(&mut self, change: u8) -> Option<u8> {
        nb::block!(self.uart.write(change)).ok()?;
        receive(&mut self.uart, Clock::microseconds().saturating_add(ANSWER_WITHIN))
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
        let now = Clock::microseconds();
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
    SerialNb::new(Uart::open(IO, HERTZ / LEAST_DIVIDER), |uart, serial| {
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
        Self(Uart::open(2, HERTZ / LEAST_DIVIDER))
    }

    /// Takes what is handed in. `false` when it does not come in time.
    pub fn take(&mut self, bytes: &mut [u8]) -> bool {
        let until = Clock::microseconds().saturating_add(ANSWER_WITHIN);
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
