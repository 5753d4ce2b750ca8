//! A RISC-V board with three UARTs of the kind NS16550A and the timer of `virt`. No machine of QEMU
//! has the second and third, so images for it are linked and not run.

use core::convert::Infallible;

use embedded_hal_nb::{
    nb,
    serial::{ErrorType, Read, Write},
};

/// The clock of the UARTs and of the timer.
const UART_HERTZ: u32 = 3_686_400;
const TIMER_MEGAHERTZ: u64 = 10;
/// The fastest rate that is set: one sixteenth of the clock.
pub(crate) const FASTEST: u32 = UART_HERTZ / 16;

/// Registers of an NS16550A: data, line control, line status; with the latch open, the divider.
const DATA: usize = 0;
const DIVIDER_LOW: usize = 0;
const DIVIDER_HIGH: usize = 1;
const LINE_CONTROL: usize = 3;
const LINE_STATUS: usize = 5;
const RECEIVED: u8 = 1;
const TRANSMIT_EMPTY: u8 = 1 << 5;
const LATCH_OPEN: u8 = 1 << 7;
/// Eight data bits, even parity, two stop bits.
const FRAME: u8 = 0b0001_1111;

const UARTS: [*mut u8; 3] =
    [0x1000_0000 as *mut u8, 0x1000_0100 as *mut u8, 0x1000_0200 as *mut u8];
/// The low and the high word of `mtime`.
const TIME: *const u32 = 0x0200_BFF8 as *const u32;

/// A UART.
#[derive(Debug)]
pub struct Uart(*mut u8);

impl Uart {
    pub(crate) fn at(number: usize) -> Self {
        let [.., last] = UARTS;
        Self(*UARTS.get(number).unwrap_or(&last))
    }

    /// `number` is 0, 1 or 2; any other is taken as 2.
    pub fn open(number: usize, baud: u32) -> Self {
        let mut uart = Self::at(number);
        uart.set_baud(baud);
        uart
    }

    /// The next characters at another rate.
    pub fn set_baud(&mut self, baud: u32) {
        let [.., high, low] = FASTEST.checked_div(baud).unwrap_or(1).max(1).to_be_bytes();
        self.set(LINE_CONTROL, FRAME | LATCH_OPEN);
        self.set(DIVIDER_LOW, low);
        self.set(DIVIDER_HIGH, high);
        self.set(LINE_CONTROL, FRAME);
    }

    /// Is there a character that was not read?
    pub fn has_received(&self) -> bool {
        self.register(LINE_STATUS) & RECEIVED != 0
    }

    fn register(&self, offset: usize) -> u8 {
        // SAFETY: the registers of a UART of this board; `offset` is one of the constants above.
        unsafe { self.0.add(offset).read_volatile() }
    }

    fn set(&mut self, offset: usize, value: u8) {
        // SAFETY: as in `register`.
        unsafe { self.0.add(offset).write_volatile(value) }
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Read<u8> for Uart {
    fn read(&mut self) -> nb::Result<u8, Infallible> {
        if self.has_received() { Ok(self.register(DATA)) } else { Err(nb::Error::WouldBlock) }
    }
}

impl Write<u8> for Uart {
    fn write(&mut self, character: u8) -> nb::Result<(), Infallible> {
        self.flush()?;
        self.set(DATA, character);
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), Infallible> {
        let empty = self.register(LINE_STATUS) & TRANSMIT_EMPTY != 0;
        if empty { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }
}

/// It runs from the start.
pub(crate) fn start_timer() {}

fn time() -> u64 {
    loop {
        // SAFETY: registers of the timer, which are only read.
        let (high, low, again) = unsafe {
            (TIME.add(1).read_volatile(), TIME.read_volatile(), TIME.add(1).read_volatile())
        };
        if high == again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// Ticks of the timer since the start, of less than seven minutes.
pub(crate) fn ticks() -> u32 {
    time() as u32
}

/// Microseconds since the start.
pub(crate) fn microseconds() -> u64 {
    time() / TIMER_MEGAHERTZ
}
