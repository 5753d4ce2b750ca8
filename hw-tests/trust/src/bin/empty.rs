//! The same board, printing and input, and no verification: what the other image is compared with.

#![no_std]
#![no_main]

use trust::Given;

#[board_qemu::entry]
fn main() -> ! {
    let mut console = board_qemu::Console::open();
    let given = Given::good();
    let (sum, ticks) = board_qemu::ticks(|| given.octets().map(u32::from).sum());
    console.figure("sum", sum);
    console.figure("ticks-sum", ticks);
    console.figure("peak-stack", board_qemu::peak_stack());
    board_qemu::exit(true)
}
