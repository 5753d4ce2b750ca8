//! A check-in that is verified here, over a raw radio, of which this board has a stand-in.

#![no_std]
#![no_main]

board_qemu::start!(main);

fn main() -> ! {
    firmware::check_in::run(&mut firmware::antenna::radio())
}
