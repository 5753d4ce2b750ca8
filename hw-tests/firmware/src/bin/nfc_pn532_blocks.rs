//! A check-in that is verified here, through a PN532 that does the block protocol itself.

#![no_std]
#![no_main]

board_qemu::start!(main);

fn main() -> ! {
    firmware::check_in::run(&mut firmware::antenna::pn532_blocks())
}
