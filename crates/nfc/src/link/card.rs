//! A link over a chip that does ISO/IEC 14443-4 itself.

use super::LinkError;
use crate::Error;
use crate::front_end::CardFrontEnd;
use kazasu_apdu::time::Duration;
use kazasu_apdu::transport::Error as _;
use kazasu_apdu::{Capabilities, PowerOff, Transport};

/// A link over a chip that does ISO/IEC 14443-4 itself. Dropped with an active card, it switches the
/// field off as a last resort, and cannot say whether the chip did so.
#[derive(Debug)]
pub struct CardLink<F: CardFrontEnd> {
    front_end: F,
    limit: Duration,
    active: bool,
}

impl<F: CardFrontEnd> CardLink<F> {
    /// A link without a card: call [`Transport::reconnect`] first, which looks for one so long.
    pub const fn new(front_end: F, limit: Duration) -> Self {
        Self { front_end, limit, active: false }
    }

    /// Is the card still there?
    ///
    /// # Errors
    /// [`Error::CardRemoved`] when it is gone.
    pub fn check(&mut self) -> Result<(), LinkError<F::Error>> {
        if !self.active {
            return Err(LinkError::Field(Error::NotReady));
        }
        match self.front_end.is_present() {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.active = false;
                // Best effort: the card is gone, and that is what is told.
                let _ = self.front_end.deactivate();
                Err(LinkError::Field(Error::CardRemoved))
            }
            Err(error) => {
                self.active = false;
                Err(LinkError::FrontEnd(error))
            }
        }
    }

    /// The front end.
    pub const fn front_end(&self) -> &F {
        &self.front_end
    }

    /// The front end, to change it.
    pub const fn front_end_mut(&mut self) -> &mut F {
        &mut self.front_end
    }
}

impl<F: CardFrontEnd> Transport for CardLink<F> {
    type Error = LinkError<F::Error>;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        if !self.active {
            return Err(LinkError::Field(Error::NotReady));
        }
        let result = self.front_end.transmit(command, response).map_err(LinkError::FrontEnd);
        if let Err(error) = &result {
            self.active = !error.kind().ends_presence();
        }
        result
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_extended_length(self.front_end.extended_length())
    }

    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        self.active = false;
        self.front_end.deactivate().map(|()| PowerOff::Done).map_err(LinkError::FrontEnd)
    }

    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.active = false;
        self.front_end.activate(self.limit).map_err(LinkError::FrontEnd)?;
        self.active = true;
        Ok(())
    }
}

impl<F: CardFrontEnd> Drop for CardLink<F> {
    fn drop(&mut self) {
        if self.active {
            let _ = self.front_end.deactivate();
        }
    }
}
