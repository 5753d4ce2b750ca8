//! Verifies what is good, refuses what is damaged, and says what it cost.

#![no_std]
#![no_main]

use trust::Given;

#[board_qemu::entry]
fn main() -> ! {
    board_qemu::exit(trust::run(&Given::good()))
}
