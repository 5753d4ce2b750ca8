//! What every image of this package needs: a vector table, a link that the compiler knows nothing
//! of, and a panic handler whose symbol betrays that it is reachable.
//!
//! The images are linked and looked at; they are not meant to run on a board.

#![no_std]

mod check_in;
pub mod face;
mod holder;

pub use check_in::check_in;
pub use holder::Anybody;

use core::panic::PanicInfo;
use kazasu_apdu::{Transport, transport::ErrorKind};

unsafe extern "C" {
    static stack_top: u32;
}

/// The first two words of a Cortex-M vector table (Armv7-M architecture manual, B1.5.3).
#[repr(C)]
pub struct Vectors {
    stack: *const u32,
    reset: extern "C" fn() -> !,
}

// SAFETY: the table lies in flash, and nothing writes it.
unsafe impl Sync for Vectors {}

impl Vectors {
    /// A table that starts `reset` with the stack at the end of RAM.
    pub const fn new(reset: extern "C" fn() -> !) -> Self {
        Self { stack: &raw const stack_top, reset }
    }
}

/// Makes a function the image's only root.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn reset() -> ! {
            $main();
            loop {
                core::hint::spin_loop();
            }
        }

        #[unsafe(link_section = ".vectors")]
        #[used]
        static VECTORS: $crate::Vectors = $crate::Vectors::new(reset);
    };
}

/// Registers of a link that only the board knows: every read can be anything.
const DATA: *mut u8 = 0x4000_0000 as *mut u8;
const LENGTH: *mut usize = 0x4000_0004 as *mut usize;

/// A byte that the compiler cannot foresee.
pub fn unknown_byte() -> u8 {
    // SAFETY: a device register; a volatile access has no other effect on memory.
    unsafe { DATA.read_volatile() }
}

/// A number that the compiler cannot foresee.
pub fn unknown_number() -> usize {
    // SAFETY: as in `unknown_byte`.
    unsafe { LENGTH.read_volatile() }
}

/// Fills a buffer with bytes that the compiler cannot foresee.
pub fn unknown_bytes(buffer: &mut [u8]) {
    for byte in buffer {
        *byte = unknown_byte();
    }
}

/// A nonce of such bytes.
pub fn nonce() -> Option<kazasu::Nonce> {
    let mut random = [0; 32];
    unknown_bytes(&mut random);
    kazasu::Nonce::given(&random).ok()
}

/// Uses a value, so that what computed it stays in the image.
pub fn keep(value: u32) {
    // SAFETY: as in `unknown_byte`.
    unsafe { LENGTH.write_volatile(value as usize) }
}

/// A link over those registers.
#[derive(Debug)]
pub struct Link;

impl Transport for Link {
    type Error = ErrorKind;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        for byte in command {
            keep(u32::from(*byte));
        }
        unknown_bytes(response);
        match unknown_byte() {
            0 => Err(ErrorKind::LinkBroken),
            1 => Err(ErrorKind::CardRemoved),
            _ => Ok(unknown_number()),
        }
    }

    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        if unknown_byte() == 0 { Err(ErrorKind::NoCard) } else { Ok(()) }
    }
}

/// Its name is what the check looks for. It is linked only when some path reaches a panic.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn kazasu_panic_is_reachable() -> ! {
    loop {
        keep(0);
    }
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    kazasu_panic_is_reachable()
}
