//! The style of a super loop: every call returns at once.

use super::{Contacts, Error, Line, Link, Outcome, Progress, Time};
use kazasu_apdu::{Capabilities, PolledTransport, PowerOff};

impl<L: Line, C: Contacts, T: Time> Link<L, C, T> {
    /// Goes on with what [`Link::begin_activation`] ordered.
    ///
    /// # Errors
    /// [`nb::Error::WouldBlock`] while it is not done; the slot's error when it failed.
    pub fn poll_activation(&mut self) -> nb::Result<(), Error> {
        self.polled(&[], &mut [])?.activated().map_err(nb::Error::Other)
    }

    /// Goes on with what [`Link::begin_deactivation`] ordered.
    ///
    /// # Errors
    /// [`nb::Error::WouldBlock`] while it is not done; the slot's error when it failed.
    pub fn poll_deactivation(&mut self) -> nb::Result<(), Error> {
        self.polled(&[], &mut [])?.deactivated().map_err(nb::Error::Other)
    }

    fn polled(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<Outcome, Error> {
        match self.poll(command, response) {
            Progress::Done(outcome) => Ok(outcome),
            Progress::Wait(_) => Err(nb::Error::WouldBlock),
        }
    }
}

impl<L: Line, C: Contacts, T: Time> PolledTransport for Link<L, C, T> {
    type Error = Error;

    fn begin(&mut self, command: &[u8]) -> Result<(), Error> {
        self.begin_exchange(command)
    }

    fn poll(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<usize, Error> {
        self.polled(command, response)?.answered().map_err(nb::Error::Other)
    }

    /// The contacts are deactivated, in one call: nothing of it waits.
    fn power_off(&mut self) -> nb::Result<PowerOff, Error> {
        self.begin_deactivation();
        self.poll_deactivation().map(|()| PowerOff::Done)
    }

    fn capabilities(&self) -> Capabilities {
        self.declared()
    }
}
