//! The boards that images run on in QEMU: mps2-an386 (Cortex-M4F) and microbit (Cortex-M0). Images
//! with a contact slot are linked for `virt` of RISC-V too, and not run there.
//! Start-up, printing and leaving over semihosting, the peak of the stack, and an instruction
//! counter. It knows nothing of what an image does, and drives no device outside the core.
//!
//! ```ignore
//! #[board_qemu::entry]
//! fn main() -> ! {
//!     let mut console = board_qemu::Console::open();
//!     let (_, ticks) = board_qemu::ticks(|| core::hint::black_box(6 * 7));
//!     console.figure("answer-ticks", ticks);
//!     board_qemu::exit(true)
//! }
//! ```
//!
//! Start-up is that of `cortex-m-rt`, which also paints the stack before `main`. Semihosting is one
//! instruction, so no crate is brought in for it.

#![no_std]

#[cfg(feature = "contact")]
pub mod mps2;

#[cfg(feature = "defmt")]
mod log;

use core::{
    arch::asm,
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, Ordering},
};

pub use cortex_m_rt::entry;
use cortex_m_rt::exception;

/// Semihosting operations (Arm IHI 0100, "Semihosting for AArch32 and AArch64", section 7).
const SYS_OPEN: u32 = 0x01;
const SYS_WRITE: u32 = 0x05;
const SYS_EXIT: u32 = 0x18;
/// Opens `:tt` for writing: the host's standard output.
const MODE_WRITE: u32 = 4;
/// Opens `:tt` for appending: the host's standard error.
#[cfg(feature = "defmt")]
const MODE_APPEND: u32 = 8;
const APPLICATION_EXIT: u32 = 0x2_0026;
const RUN_TIME_ERROR: u32 = 0x2_0023;

/// SysTick (Armv6-M architecture manual B3.3, Armv7-M B3.3): control, reload value, current value.
const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;
/// Counting by the processor's clock, without an interrupt.
const ENABLE_BY_PROCESSOR_CLOCK: u32 = 0b101;
/// The counter has 24 bits and counts down.
const COUNTER_MASK: u32 = 0x00FF_FFFF;

/// One semihosting call. The meaning of `argument` depends on the operation.
fn host(operation: u32, argument: usize) -> u32 {
    let result;
    // SAFETY: the debugger, here QEMU, takes the call and changes nothing but r0; what the argument
    // points at lives until the call is over, and is only read.
    unsafe {
        asm!("bkpt #0xAB", inlateout("r0") operation => result, in("r1") argument, options(nostack));
    }
    result
}

/// The host's standard output.
#[derive(Debug)]
pub struct Console(u32);

impl Console {
    /// Opens it. Without a host that answers, the processor stops here.
    pub fn open() -> Self {
        Self::open_as(MODE_WRITE)
    }

    fn open_as(mode: u32) -> Self {
        let name = c":tt";
        let arguments = [name.as_ptr() as usize, mode as usize, name.count_bytes()];
        Self(host(SYS_OPEN, arguments.as_ptr() as usize))
    }

    /// Prints a text as it is.
    pub fn print(&mut self, text: &str) {
        self.write(text.as_bytes());
    }

    /// Prints a line with a name and a number. No formatting code of the core library is linked,
    /// so that an image is hardly larger for its printing.
    pub fn figure(&mut self, name: &str, number: u32) {
        let mut digits = [b' '; 12];
        let mut rest = number;
        let [_, places @ .., end] = &mut digits;
        *end = b'\n';
        let mut used = 2;
        for digit in places.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            used += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.print(name);
        // What is left of the number is spaces; one of them is wanted.
        let unused = digits.len().saturating_sub(used);
        self.write(digits.get(unused..).unwrap_or_default());
    }

    fn write(&mut self, octets: &[u8]) {
        let arguments = [self.0 as usize, octets.as_ptr() as usize, octets.len()];
        host(SYS_WRITE, arguments.as_ptr() as usize);
    }
}

/// Ends QEMU with the code 0 or 1.
pub fn exit(success: bool) -> ! {
    let reason = if success { APPLICATION_EXIT } else { RUN_TIME_ERROR };
    loop {
        host(SYS_EXIT, reason as usize);
    }
}

/// Does something and tells how many ticks of the processor's clock it took, less than 2^24.
///
/// Under `-icount shift=0` an instruction takes a nanosecond of QEMU's clock, so a tick is always
/// the same number of instructions: 40 on mps2-an386 (25 MHz), 62.5 on microbit (16 MHz).
pub fn ticks<T>(action: impl FnOnce() -> T) -> (T, u32) {
    // SAFETY: registers of the core that exist in every Cortex-M of these boards; nothing else
    // uses the timer, and it raises no interrupt.
    unsafe {
        SYST_RVR.write_volatile(COUNTER_MASK);
        SYST_CVR.write_volatile(0);
        SYST_CSR.write_volatile(ENABLE_BY_PROCESSOR_CLOCK);
    }
    // The first tick only loads the counter.
    // SAFETY: as above.
    while unsafe { SYST_CVR.read_volatile() } == 0 {}
    // SAFETY: as above.
    let begin = unsafe { SYST_CVR.read_volatile() };
    let value = action();
    // SAFETY: as above.
    let end = unsafe { SYST_CVR.read_volatile() };
    (value, begin.wrapping_sub(end) & COUNTER_MASK)
}

/// Memory that one owner takes once: a buffer that is not on the stack.
pub struct Room<const N: usize> {
    bytes: UnsafeCell<[u8; N]>,
    taken: AtomicBool,
}

// SAFETY: `take` lends the bytes to one caller only. There is one processor, and no interrupt
// handler takes any, so nothing comes between its look and its mark.
unsafe impl<const N: usize> Sync for Room<N> {}

impl<const N: usize> Room<N> {
    /// Full of zeros.
    #[expect(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        Self { bytes: UnsafeCell::new([0; N]), taken: AtomicBool::new(false) }
    }

    /// The bytes, the first time; nothing after that.
    pub fn take(&'static self) -> &'static mut [u8] {
        if self.taken.load(Ordering::Relaxed) {
            return &mut [];
        }
        self.taken.store(true, Ordering::Relaxed);
        // SAFETY: as for `Sync`: this is the first caller, and the last.
        unsafe { &mut *self.bytes.get() }
    }
}

/// The most bytes of stack that were in use at once since the start.
///
/// The stack was painted at the start; the lowest word that lost its colour tells.
pub fn peak_stack() -> u32 {
    unsafe extern "C" {
        static _stack_start: u32;
        static _stack_end: u32;
    }
    let top = &raw const _stack_start;
    let mut lowest = &raw const _stack_end;
    // SAFETY: both come from the linker script and enclose the RAM that is left for the stack, all
    // of which was written at the start; only memory below the live stack, and at its end the live
    // stack itself, is read, as words.
    unsafe {
        while lowest < top && lowest.read_volatile() == cortex_m_rt::STACK_PAINT_VALUE {
            lowest = lowest.add(1);
        }
    }
    (top as u32).saturating_sub(lowest as u32)
}

/// Its name is what `cargo xtask firmware` looks for. It is linked only when a panic is reachable.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn kazasu_panic_is_reachable() -> ! {
    Console::open().print("panicked\n");
    exit(false)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    kazasu_panic_is_reachable()
}

// SAFETY: it only reports and leaves; it does not return to the faulting code.
#[exception]
unsafe fn HardFault(_: &cortex_m_rt::ExceptionFrame) -> ! {
    Console::open().print("fault\n");
    exit(false)
}

// SAFETY: as above.
#[exception]
unsafe fn DefaultHandler(_: i16) -> ! {
    Console::open().print("unexpected interrupt\n");
    exit(false)
}
