//! The contacts over pins of `embedded-hal`.

use super::{Contacts, Unsupported};
use crate::slot::{Class, Contact, Level};
use core::convert::Infallible;
use embedded_hal::digital::{ErrorType, InputPin, OutputPin, PinState};

/// VCC, RST, CLK and the card-detect switch as pins.
///
/// The power pin is high when the card has power, the clock pin when CLK runs: as a rule the gate of
/// a timer. A board whose clock never stops, or without a switch, takes [`Absent`] there.
#[derive(Debug)]
pub struct Pins<V, R, K, D> {
    power: V,
    reset: R,
    clock: K,
    detect: D,
    class: Class,
}

impl<V: OutputPin, R: OutputPin, K: OutputPin, D: InputPin> Pins<V, R, K, D> {
    /// Of pins whose power is of one class. `detect` is high when a card is there.
    pub const fn new(power: V, reset: R, clock: K, detect: D, class: Class) -> Self {
        Self { power, reset, clock, detect, class }
    }
}

impl<V: OutputPin, R: OutputPin, K: OutputPin, D: InputPin> Contacts for Pins<V, R, K, D> {
    fn set(&mut self, contact: Contact) -> Result<(), Unsupported> {
        match contact {
            Contact::Vcc(Some(class)) if class != self.class => Err(Unsupported),
            Contact::Vcc(class) => set(&mut self.power, class.is_some()),
            Contact::Rst(level) => set(&mut self.reset, level == Level::High),
            Contact::Clk(runs) => set(&mut self.clock, runs),
            // The pull-up of I/O hangs on VCC.
            Contact::Io(_) => Ok(()),
        }
    }

    /// A switch that cannot be read is a card that is not there.
    fn is_present(&mut self) -> bool {
        self.detect.is_high().unwrap_or(false)
    }
}

fn set<P: OutputPin>(pin: &mut P, high: bool) -> Result<(), Unsupported> {
    pin.set_state(PinState::from(high)).map_err(|_| Unsupported)
}

/// A pin that the board does not have: a clock that never stops, a switch that always sees a card.
#[derive(Clone, Copy, Debug, Default)]
pub struct Absent;

impl ErrorType for Absent {
    type Error = Infallible;
}

impl OutputPin for Absent {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl InputPin for Absent {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }
}
