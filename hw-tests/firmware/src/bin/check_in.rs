//! A check-in that is verified here, over the contact slot.

#![no_std]
#![no_main]

board_qemu::start!(main);

fn main() -> ! {
    firmware::check_in::run(&mut firmware::slot::connect())
}
