//! The check-in over the card alone: SELECT, READ, tries, VERIFY, SIGN.
//!
//! It ends in bytes that nobody has verified; an image that verifies them does it itself.

use crate::Link;
use kazasu_apdu::{Channel, Session};
use kazasu_mynacard::{
    Application, Buffer, ClearStatus, File, Input, Key, LastTry, Pin, ReadFile, ReadTries,
    Reference, SelectApplication, Sign, UnverifiedSignature, Verify, digest_info_sha256,
};

/// Reads the certificate into `certificate`, asks `judge` whether it is good enough for the PIN to
/// be sent, and lets the card sign the digest.
pub fn check_in<'c>(
    certificate: &'c mut [u8],
    digest: &[u8; 32],
    judge: impl FnOnce(&'c [u8]) -> bool,
) -> Option<UnverifiedSignature> {
    let (mut outgoing, mut incoming) = ([0; 262], [0; 258]);
    let mut session = Session::new(Link, Channel::new(&mut outgoing, &mut incoming));
    session.run(&mut SelectApplication::new(Application::Jpki)).ok()?;
    let mut read = ReadFile::new(File::AUTH_CERTIFICATE, Buffer::new(certificate));
    session.run(&mut read).ok()?;
    if !judge(read.into_sink().into_written()) {
        return None;
    }
    let tries = session.run(&mut ReadTries::new(Reference::Auth)).ok()?;
    let mut digits = [0; 4];
    crate::unknown_bytes(&mut digits);
    let pin = Pin::new(&digits).ok()?;
    let verified = match session.run(&mut Verify::new(tries, &pin, LastTry::Keep)) {
        Ok(verified) => verified,
        Err(error) => {
            crate::keep(u32::from(error.tries_left().unwrap_or(u8::MAX)));
            return None;
        }
    };
    let block = digest_info_sha256(digest);
    let signature = match Sign::new(Key::Auth, Input::Verbatim(&block), &verified) {
        Ok(mut sign) => session.run(&mut sign).ok(),
        Err(_) => None,
    };
    if session.run(&mut ClearStatus::new(Application::Jpki)).is_err() {
        crate::keep(u32::from(session.power_off().is_err()));
    }
    signature
}
