//! What a channel has room for: the format of a command, and whether it can be sent at all.

use super::{Channel, ExtendedLength, STATUS_LENGTH};
use crate::command::{Command, EncodeError, Format};

impl Channel<'_> {
    /// Could this command be sent over this channel, as far as is known now? Writes nothing. For what
    /// is to be found out before somebody makes an effort.
    ///
    /// # Errors
    /// [`EncodeError`], as the procedure would be told that sent it.
    pub fn fits(&self, command: &Command<'_>) -> Result<(), EncodeError> {
        let length = command.encoded_length(self.format(command)?)?;
        if length > self.outgoing.len() { Err(EncodeError::BufferTooSmall) } else { Ok(()) }
    }

    /// The format that a command goes out in.
    pub(super) const fn format(&self, command: &Command<'_>) -> Result<Format, EncodeError> {
        if command.pin_entry.is_some() && !(self.pin_pad && self.pin_pad_driven) {
            return Err(EncodeError::NoPinPad);
        }
        let needed = (command.le as usize).saturating_add(STATUS_LENGTH);
        if needed > self.room {
            return Err(EncodeError::AnswerRoom { needed, room: self.room });
        }
        if command.fits_short() || !self.extended_allowed() {
            Ok(Format::Short)
        } else {
            Ok(Format::Extended)
        }
    }

    pub(super) const fn extended_allowed(&self) -> bool {
        match self.mode {
            ExtendedLength::Off => false,
            ExtendedLength::On => true,
            ExtendedLength::Auto => !self.refused && !matches!(self.declared, Some(false)),
        }
    }
}
