//! The same work done by the crate `myna-card`, through its own transport trait, on the same card.
//!
//! Its wrappers are used as its documentation has them, and nothing of it is changed. It checks
//! neither the chain nor the signature here: both are features of it that send no further command.
//!
//! What it sends is thus what the crate itself sends, in the version that the workspace pins
//! (`soltia48/myna-card` 3.3.4, MIT). For a check-in: SELECT of the application, SELECT of EF 000A,
//! READ BINARY in pieces of 256 bytes, SELECT of the PIN's EF, VERIFY, COMPUTE DIGITAL SIGNATURE; for
//! the attributes: SELECT of the application, SELECT of the PIN's EF, VERIFY, SELECT of EF 0002, READ
//! BINARY.

use crate::work::{AnyError, Cost, Done, INPUT_SUPPORT_PIN, PIN, Situation, Work, digest};
use kazasu::apdu::Transport;
use kazasu::mynacard::digest_info_sha256;
use kazasu::virtual_card::Link;
use kazasu_air::{Step, Steps};
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::text::{TextAp, ef};
use myna_card::{Card, Pin, Retries, Transmit};

/// The version that is measured; the workspace pins exactly this one.
pub const VERSION: &str = "3.3.4";

/// Room for every answer: 65,536 bytes and the status word.
const ROOM: usize = 65_538;

/// The virtual link behind the peer's trait, and the lengths of what went over it.
struct Adapter<'a>(&'a mut Link, &'a mut Steps);

impl Transmit for Adapter<'_> {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        let mut answer = vec![0; ROOM];
        // It has no variant for a link of somebody else's.
        let malformed =
            |error: kazasu::virtual_card::LinkError| myna_card::Error::Malformed(error.to_string());
        let length = self.0.transmit(command, &mut answer).map_err(malformed)?;
        answer.truncate(length);
        self.1.push(Step::of(command, length));
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
    let mut steps = Steps::default();
    let mut card = Card::new(Adapter(&mut link, &mut steps));
    if work == Work::Attributes {
        let mut text = TextAp::select(&mut card)?;
        if counter == Counter::Read {
            full(text.retries(ef::PIN)?)?;
        }
        text.verify_pin(&Pin::numeric(INPUT_SUPPORT_PIN)?)?;
        let read = text.read_attributes()?;
        let birth = read.birth_date;
        let birth = format!("{:04}{:02}{:02}", birth.year, birth.month, birth.day);
        let attributes = Some([read.name, read.address, birth]);
        let cost = Cost::of(&link);
        return Ok(Done { certificate: None, signature: None, attributes, steps, cost });
    }
    let mut jpki = JpkiAp::select(&mut card)?;
    let mut certificate = None;
    if matches!(work, Work::Certificate | Work::Both) {
        certificate = Some(jpki.read_auth_certificate_der()?);
    }
    let mut signature = None;
    if matches!(work, Work::Signature | Work::Both) {
        if counter == Counter::Read {
            full(jpki.auth_pin_retries()?)?;
        }
        jpki.verify_auth_pin(&Pin::numeric(PIN)?)?;
        let info = digest_info_sha256(&digest());
        signature = Some(jpki.sign_with_auth_key(SignatureScheme::Verbatim, &info)?);
    }
    Ok(Done { certificate, signature, attributes: None, steps, cost: Cost::of(&link) })
}

/// A new card has all its tries.
fn full(tries: Retries) -> Result<(), AnyError> {
    match tries.count() {
        Some(3) => Ok(()),
        left => Err(format!("a new card with {left:?} tries").into()),
    }
}
