//! The board mps2-an386: its UARTs and its timer. Another board replaces this file.

use core::{
    convert::Infallible,
    sync::atomic::{AtomicU32, Ordering},
};

use cortex_m_rt::exception;
use embedded_hal_nb::{
    nb,
    serial::{ErrorType, Read, Write},
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

/// The fastest rate that is set.
pub(crate) const FASTEST: u32 = HERTZ / LEAST_DIVIDER;

/// A UART with room for one character in each direction.
#[derive(Debug)]
pub struct Uart(*mut u32);

impl Uart {
    pub(crate) fn at(number: usize) -> Self {
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

// SAFETY: it changes one word that nothing else writes, and returns.
#[exception]
unsafe fn SysTick() {
    TURNS.store(TURNS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Starts SysTick, which its interrupt carries on. It runs for 13 years.
pub(crate) fn start_timer() {
    // SAFETY: registers of the core; the timer is this file's alone.
    unsafe {
        SYST_RVR.write_volatile(TURN - 1);
        SYST_CVR.write_volatile(0);
        SYST_CSR.write_volatile(ENABLE_WITH_INTERRUPT);
        // The first tick only loads the counter.
        while SYST_CVR.read_volatile() == 0 {}
    }
}

/// Complete turns, and ticks in this one.
fn read() -> (u32, u32) {
    loop {
        let turns = TURNS.load(Ordering::Relaxed);
        // SAFETY: as in `start_timer`; reading has no effect.
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

/// Ticks of the processor's clock since the start, of less than three minutes.
pub(crate) fn ticks() -> u32 {
    let (turns, ticks) = read();
    turns.wrapping_mul(TURN).wrapping_add(ticks)
}

/// Microseconds since the start.
pub(crate) fn microseconds() -> u64 {
    let (turns, ticks) = read();
    u64::from(turns) * TURN_MICROSECONDS + u64::from(ticks / MEGAHERTZ)
}
