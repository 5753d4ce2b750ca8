//! A check-in that is verified here, over raw frames of a PN532.

#![no_std]
#![no_main]

board_qemu::start!(main);

fn main() -> ! {
    firmware::check_in::run(&mut firmware::antenna::pn532())
}
