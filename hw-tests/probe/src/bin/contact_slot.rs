//! A contact slot alone: activation, one command over whichever protocol the card speaks, and
//! deactivation, by a driver over registers.

#![no_std]
#![no_main]

use kazasu_apdu::transport::Error as _;
use kazasu_contact::{Action, Class, Contact, Event, Instant, Settings, Slot};

probe::entry!(main);

fn main() {
    let clock = probe::unknown_number() as u32;
    let mut slot = Slot::new(Settings::new(clock, &[Class::C, Class::B, Class::A]));
    let (mut command, mut response) = ([0; 262], [0; 258]);
    probe::unknown_bytes(&mut command);
    let command = command.get(..probe::unknown_number()).unwrap_or_default();
    slot.activate();
    run(&mut slot, &[], &mut []);
    if slot.transmit(command).is_ok() {
        run(&mut slot, command, &mut response);
    }
    slot.deactivate();
    run(&mut slot, &[], &mut []);
}

fn run(slot: &mut Slot, command: &[u8], response: &mut [u8]) {
    let mut event = Event::Ready;
    loop {
        let now = Instant::from_micros(probe::unknown_number() as u64);
        event = match slot.step(now, event, command, response) {
            Action::Set(contact) => {
                let (which, level) = match contact {
                    Contact::Vcc(class) => (0, class.map_or(0, |class| class as u32 + 1)),
                    Contact::Rst(level) => (1, level as u32),
                    Contact::Clk(running) => (2, u32::from(running)),
                    Contact::Io(level) => (3, level as u32),
                };
                probe::keep(which << 8 | level);
                Event::Ready
            }
            Action::Configure(serial) => {
                probe::keep(serial.rate.baud() + u32::from(serial.character));
                Event::Ready
            }
            Action::Send { byte, not_before, .. } => {
                probe::keep(u32::from(byte) + not_before.micros() as u32);
                Event::Ready
            }
            Action::Listen { until } => {
                probe::keep(until.micros() as u32);
                match probe::unknown_byte() {
                    0 => Event::Ready,
                    1 => Event::Garbled,
                    2 => Event::Removed,
                    _ => Event::Received(probe::unknown_byte()),
                }
            }
            Action::Answered(length) => return probe::keep(length as u32),
            Action::Failed(error) => return probe::keep(error.kind() as u32),
            Action::Idle | Action::Activated | Action::Deactivated => return,
        };
    }
}
