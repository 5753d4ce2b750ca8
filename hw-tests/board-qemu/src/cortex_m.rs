//! The core of a Cortex-M: start-up by `cortex-m-rt`, semihosting, ticks and the stack.

use core::arch::asm;

pub use cortex_m_rt::entry;
use cortex_m_rt::exception;

use crate::{Console, exit};

/// SysTick (Armv6-M architecture manual B3.3, Armv7-M B3.3): control, reload value, current value.
const SYST_CSR: *mut u32 = 0xE000_E010 as *mut u32;
const SYST_RVR: *mut u32 = 0xE000_E014 as *mut u32;
const SYST_CVR: *mut u32 = 0xE000_E018 as *mut u32;
/// Counting by the processor's clock, without an interrupt.
const ENABLE_BY_PROCESSOR_CLOCK: u32 = 0b101;
/// The counter has 24 bits and counts down.
const COUNTER_MASK: u32 = 0x00FF_FFFF;

/// One semihosting call. The meaning of `argument` depends on the operation.
pub(crate) fn host(operation: u32, argument: usize) -> u32 {
    let result;
    // SAFETY: the debugger, here QEMU, takes the call and changes nothing but r0; what the argument
    // points at lives until the call is over, and is only read.
    unsafe {
        asm!("bkpt #0xAB", inlateout("r0") operation => result, in("r1") argument, options(nostack));
    }
    result
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
