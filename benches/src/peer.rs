//! The same work done by the crate `myna-card`, through its own transport trait, on the same card.
//!
//! Its wrappers are used as its documentation has them, and nothing of it is changed. It checks
//! neither the chain nor the signature here: both are features of it that send no further command.

use crate::work::{AnyError, Cost, Done, PIN, Situation, Work, digest};
use kazasu::apdu::Transport;
use kazasu::mynacard::digest_info_sha256;
use kazasu::virtual_card::Link;
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::{Card, Pin, Transmit};

/// The version that is measured; the workspace pins exactly this one.
pub const VERSION: &str = "3.3.4";

/// Room for every answer: 65,536 bytes and the status word.
const ROOM: usize = 65_538;

/// The virtual link behind the peer's trait.
struct Adapter<'a>(&'a mut Link);

impl Transmit for Adapter<'_> {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        let mut answer = vec![0; ROOM];
        // It has no variant for a link of somebody else's.
        let malformed =
            |error: kazasu::virtual_card::LinkError| myna_card::Error::Malformed(error.to_string());
        let length = self.0.transmit(command, &mut answer).map_err(malformed)?;
        answer.truncate(length);
        Ok(answer)
    }
}

/// Is the counter of tries read before the PIN is presented?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// No: what its example does.
    NotRead,
    /// Yes, with its own query: what kazasu always does.
    Read,
}

/// Does the work on a new card.
///
/// # Errors
/// When it does not end well.
pub fn run(work: Work, situation: Situation, counter: Counter) -> Result<Done, AnyError> {
    let mut link = situation.link()?;
    let mut card = Card::new(Adapter(&mut link));
    let mut jpki = JpkiAp::select(&mut card)?;
    let mut certificate = None;
    if matches!(work, Work::Certificate | Work::Both) {
        certificate = Some(jpki.read_auth_certificate_der()?);
    }
    let mut signature = None;
    if matches!(work, Work::Signature | Work::Both) {
        if counter == Counter::Read {
            let left = jpki.auth_pin_retries()?.count();
            if left != Some(3) {
                return Err(format!("a new card with {left:?} tries").into());
            }
        }
        jpki.verify_auth_pin(&Pin::numeric(PIN)?)?;
        let info = digest_info_sha256(&digest());
        signature = Some(jpki.sign_with_auth_key(SignatureScheme::Verbatim, &info)?);
    }
    Ok(Done { certificate, signature, cost: Cost::of(&link) })
}
