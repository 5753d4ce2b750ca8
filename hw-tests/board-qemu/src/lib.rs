//! The boards that images run on in QEMU: mps2-an386 (Cortex-M4F) and microbit (Cortex-M0). Images
//! of readers are linked for `virt` of RISC-V too, and not run there.
//! Start-up, printing and leaving over semihosting, the peak of the stack, and an instruction
//! counter. It knows nothing of what an image does.
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

#[cfg(feature = "nfc")]
pub mod antenna;
#[cfg(all(feature = "uart", target_arch = "arm"))]
#[path = "mps2.rs"]
mod board;
#[cfg(all(feature = "uart", target_arch = "riscv32"))]
#[path = "ns16550a.rs"]
mod board;
#[cfg(feature = "uart")]
mod clock;
#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(feature = "uart")]
mod counter;
#[cfg(feature = "defmt")]
mod log;
#[cfg(target_arch = "riscv32")]
mod riscv;
#[cfg(feature = "contact")]
pub mod slot;

use core::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, Ordering},
};

#[cfg(feature = "uart")]
pub use clock::Clock;
#[cfg(target_arch = "arm")]
pub use cortex_m::{entry, peak_stack, ticks};
#[cfg(feature = "uart")]
pub use counter::Counter;
#[cfg(target_arch = "riscv32")]
pub use riscv::peak_stack;

#[cfg(target_arch = "arm")]
use cortex_m::host;
#[cfg(target_arch = "riscv32")]
use riscv::host;

/// Names the function that start-up calls.
#[macro_export]
macro_rules! start {
    ($main:path) => {
        #[cfg(target_arch = "arm")]
        #[board_qemu::entry]
        fn started() -> ! {
            $main()
        }

        #[cfg(target_arch = "riscv32")]
        #[unsafe(no_mangle)]
        extern "C" fn started() -> ! {
            $main()
        }
    };
}

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
