//! A link that changes one bit on the way.

use kazasu::apdu::{PowerOff, Transport};
use kazasu_virtual_card::{Link, LinkError};

/// Changes one bit of the answer to the command of this number, as it comes.
pub(crate) struct Flip<'l> {
    pub(crate) link: &'l mut Link,
    pub(crate) command: usize,
    /// In which octet.
    pub(crate) place: usize,
}

impl Transport for Flip<'_> {
    type Error = LinkError;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, LinkError> {
        let length = self.link.transmit(command, response)?;
        if self.link.commands() == self.command {
            response[self.place] ^= 0x10;
        }
        Ok(length)
    }

    fn reconnect(&mut self) -> Result<(), LinkError> {
        self.link.reconnect()
    }

    fn power_off(&mut self) -> Result<PowerOff, LinkError> {
        self.link.power_off()
    }
}
