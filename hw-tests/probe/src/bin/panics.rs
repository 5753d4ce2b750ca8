//! Panics on purpose. If the check finds nothing here, it finds nothing anywhere.

#![no_std]
#![no_main]

probe::entry!(main);

fn main() {
    let mut bytes = [0; 16];
    probe::unknown_bytes(&mut bytes);
    probe::keep(u32::from(bytes[probe::unknown_number()]));
}
