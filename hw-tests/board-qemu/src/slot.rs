//! What a reader with a contact slot needs of the board: the I/O line and the lines of the slot.
//!
//! QEMU has no pins to which a card could be wired. Bytes on UART 1 stand in for RST, VCC, CLK and
//! the switch that sees the card; `crates/virtual-card` plays the card at their other end.

use embedded_hal_nb::{nb, serial::Write};
use kazasu_contact::{
    driver::{Contacts, SerialFault, SerialNb, Unsupported},
    slot::{Class, Contact, Level, Serial},
};

use crate::{
    board::{self, FASTEST, Uart},
    clock::{self, ANSWER_WITHIN},
};

/// VCC, RST, CLK and the card-detect switch, as bytes on UART 1: one for each change, and it comes
/// back when the change has taken effect (`kazasu_virtual_card::contact::serve`).
#[derive(Debug)]
pub struct Lines {
    uart: Uart,
    /// The switch is looked at so often only: a question takes QEMU longer than a character.
    asked: u64,
    present: bool,
}

const IS_PRESENT: u8 = 6;
/// Microseconds between two looks at the switch.
const LOOK_AGAIN: u64 = 200_000;

impl Lines {
    /// Over UART 1.
    pub fn open() -> Self {
        Self { uart: Uart::open(1, FASTEST), asked: 0, present: false }
    }

    /// Sends a change and waits for its echo.
    fn tell(&mut self, change: u8) -> Option<u8> {
        nb::block!(self.uart.write(change)).ok()?;
        clock::receive(&mut self.uart, board::microseconds().saturating_add(ANSWER_WITHIN))
    }
}

impl Contacts for Lines {
    fn set(&mut self, contact: Contact) -> Result<(), Unsupported> {
        let change = match contact {
            Contact::Vcc(None) => 0,
            // The pin that stands in for VCC knows one voltage.
            Contact::Vcc(Some(Class::A)) => 1,
            Contact::Vcc(Some(_)) => return Err(Unsupported),
            Contact::Rst(Level::Low) => 2,
            Contact::Rst(Level::High) => 3,
            Contact::Clk(false) => 4,
            Contact::Clk(true) => 5,
            // The pull-up of I/O hangs on VCC.
            Contact::Io(_) => return Ok(()),
        };
        if self.tell(change) == Some(change) { Ok(()) } else { Err(Unsupported) }
    }

    fn is_present(&mut self) -> bool {
        let now = board::microseconds();
        if !self.present || now.saturating_sub(self.asked) >= LOOK_AGAIN {
            self.present = self.tell(IS_PRESENT) == Some(IS_PRESENT);
            self.asked = now;
        }
        self.present
    }
}

/// The I/O line of the slot: UART 0. It has neither parity nor the error signal of T=0.
pub type Io = SerialNb<Uart, fn(&mut Uart, &Serial) -> Result<(), SerialFault>>;

/// The UART of the I/O line.
pub const IO: usize = 0;

/// Opens the I/O line.
pub fn io() -> Io {
    SerialNb::new(Uart::open(IO, FASTEST), |uart, serial| {
        uart.set_baud(serial.rate.baud());
        Ok(())
    })
}
