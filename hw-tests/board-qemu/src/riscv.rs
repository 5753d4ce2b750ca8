//! The core of a RISC-V board: start-up, semihosting and the stack. Its images are linked and looked
//! at; nothing here was run.

use core::arch::{asm, global_asm};

/// What the stack is painted with.
const PAINT: u32 = 0xCCCC_CCCC;

// Stack, then what has to be zero, then the image. `virt` of QEMU starts at the beginning of RAM.
global_asm!(
    ".section .start, \"ax\"",
    ".globl _start",
    "_start:",
    "la sp, _stack_start",
    "la t0, _bss_start",
    "la t1, _stack_start",
    "la t2, _bss_end",
    "li t3, 0xCCCCCCCC",
    "1: bgeu t0, t2, 2f",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "j 1b",
    "2: bgeu t0, t1, 3f",
    "sw t3, 0(t0)",
    "addi t0, t0, 4",
    "j 2b",
    "3: call started",
);

/// One semihosting call: three instructions that the debugger knows (RISC-V semihosting, section
/// 2.2). The meaning of `argument` depends on the operation.
pub(crate) fn host(operation: u32, argument: usize) -> u32 {
    let result;
    // SAFETY: the debugger takes the call and changes nothing but a0; what the argument points at
    // lives until the call is over, and is only read.
    unsafe {
        asm!(
            ".option push",
            ".option norvc",
            ".balign 16",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 7",
            ".option pop",
            inlateout("a0") operation => result,
            in("a1") argument,
            options(nostack),
        );
    }
    result
}

/// The most bytes of stack that were in use at once since the start.
pub fn peak_stack() -> u32 {
    unsafe extern "C" {
        static _stack_start: u32;
        static _bss_end: u32;
    }
    let top = &raw const _stack_start;
    let mut lowest = &raw const _bss_end;
    // SAFETY: both come from the linker script and enclose the RAM that is left for the stack, all
    // of which was painted at the start; it is only read, as words.
    unsafe {
        while lowest < top && lowest.read_volatile() == PAINT {
            lowest = lowest.add(1);
        }
    }
    (top as u32).saturating_sub(lowest as u32)
}
