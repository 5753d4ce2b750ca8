//! The end of a session: the card forgets what was verified, before the next program reaches it.

use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{PowerOff, Session, Transport};
use kazasu_mynacard::{Application, ClearStatus};

/// How the security status was cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cleared {
    /// Nothing had been verified.
    NotNeeded,
    /// The card lost its power.
    PowerOff,
    /// Another application was selected, because the link cannot take the card's power.
    Selection,
    /// Neither worked: the card may still hold the status. Take it away.
    Failed,
}

/// Ends a session. Always takes the card's power where the link can; where it cannot, and a secret
/// was sent, another application is selected.
pub fn end_session<T: Transport>(session: &mut Session<'_, T>) -> Cleared {
    let needed = session.channel().secret_sent();
    match session.power_off() {
        Ok(PowerOff::Done) if needed => Cleared::PowerOff,
        _ if !needed => Cleared::NotNeeded,
        Ok(_) if session.run(&mut ClearStatus::new(Application::Jpki)).is_ok() => {
            session.channel_mut().end_presence(ErrorKind::NoCard);
            Cleared::Selection
        }
        _ => Cleared::Failed,
    }
}
