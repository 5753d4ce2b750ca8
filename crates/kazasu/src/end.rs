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

/// Ends a session in which a PIN or password of `application` may have been verified.
///
/// Always takes the card's power where the link can; where it cannot, and a secret was sent,
/// another application is selected. When neither works the link is connected once more for it: a
/// card may keep its status over a broken exchange and a warm reset (docs/card-facts.md §1.3). The
/// channel's buffers are overwritten.
pub fn end_session<T: Transport>(
    session: &mut Session<'_, T>,
    application: Application,
) -> Cleared {
    let cleared = forget(session, application);
    // The last answer may be a photo, and a channel may live long.
    session.channel_mut().wipe();
    cleared
}

fn forget<T: Transport>(session: &mut Session<'_, T>, application: Application) -> Cleared {
    if !session.channel().secret_sent() {
        let _ = session.power_off();
        return Cleared::NotNeeded;
    }
    match clear(session, application) {
        Cleared::Failed if session.reconnect().is_ok() => clear(session, application),
        cleared => cleared,
    }
}

fn clear<T: Transport>(session: &mut Session<'_, T>, application: Application) -> Cleared {
    match session.power_off() {
        Ok(PowerOff::Done) => Cleared::PowerOff,
        // Selecting the application that is selected already clears nothing on some cards.
        Ok(PowerOff::Unsupported) if session.run(&mut ClearStatus::new(application)).is_ok() => {
            session.channel_mut().end_presence(ErrorKind::NoCard);
            Cleared::Selection
        }
        _ => Cleared::Failed,
    }
}
