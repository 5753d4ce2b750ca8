//! Is given another challenge than the one that was signed. If this image says `verified`, the
//! word means nothing in the other one either.

#![no_std]
#![no_main]

use trust::Given;

#[board_qemu::entry]
fn main() -> ! {
    let challenge = core::hint::black_box(b"a message that nobody signed..\n");
    board_qemu::exit(trust::run(&Given { challenge, ..Given::good() }))
}
