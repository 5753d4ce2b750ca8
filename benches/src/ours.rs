//! The work done by kazasu: the flows of the facade, and for a signature without its certificate,
//! which the facade never makes, the same procedures in the same order.

use crate::work::{AnyError, Cost, Done, PIN, Situation, Work, digest, nonce, now};
use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::{
    Application, Input, Key, LastTry, Pin, ReadTries, Reference, SelectApplication, Sign, Verify,
    digest_info_sha256,
};
use kazasu::pki::{Anchor, Anchors, Validator};
use kazasu::virtual_card::{CertificateKind, Link, root_certificate};
use kazasu::{
    CertificateFile, Failure, Job, Nonce, Outcome, PinHolder, authenticate, read_certificate,
};

/// Does the work on a new card.
///
/// # Errors
/// When it does not end well.
pub fn run(work: Work, situation: Situation) -> Result<Done, AnyError> {
    let mut link = situation.link()?;
    let (mut commands, mut answers) = ([0; 262], [0; 4096]);
    let channel = Channel::new(&mut commands, &mut answers);
    let mut session = Session::new(&mut link, channel);
    let (certificate, signature) = match work {
        Work::Certificate => (Some(certificate(&mut session)?), None),
        Work::Signature => (None, Some(signature(&mut session)?)),
        Work::Both => {
            let (certificate, signature) = check_in(&mut session)?;
            (Some(certificate), Some(signature))
        }
    };
    drop(session);
    Ok(Done { certificate, signature, cost: Cost::of(&link) })
}

fn certificate(session: &mut Session<'_, &mut Link>) -> Result<Vec<u8>, AnyError> {
    let root = root_certificate(CertificateKind::Auth)?;
    let anchors = Anchors::none().with(Anchor::virtual_card(&root)?)?;
    let validator = Validator::new(&anchors);
    let mut room = [0; 3072];
    let mut holder = PinHolder::new(Pin::new(PIN)?);
    let file = CertificateFile::Auth;
    let report = read_certificate(session, &validator, now(), file, &mut holder, &mut room);
    let certificate = report.certificate.map(<[u8]>::to_vec);
    ended(report.outcome, report.failure, certificate)
}

/// Tries, VERIFY, SIGN, with the guard that kazasu never goes without.
fn signature(session: &mut Session<'_, &mut Link>) -> Result<Vec<u8>, AnyError> {
    session.run(&mut SelectApplication::new(Application::Jpki))?;
    let tries = session.run(&mut ReadTries::new(Reference::Auth))?;
    let pin = Pin::new(PIN)?;
    let verified = session.run(&mut Verify::new(tries, &pin, LastTry::Keep))?;
    let info = digest_info_sha256(&digest());
    let signature = session.run(&mut Sign::new(Key::Auth, Input::Verbatim(&info), &verified)?)?;
    let signature = signature.unverified_bytes().to_vec();
    // The card forgets the PIN, as at the end of every flow.
    session.power_off()?;
    Ok(signature)
}

/// A check-in: certificate, judgement, tries, VERIFY, SIGN, verification.
fn check_in(session: &mut Session<'_, &mut Link>) -> Result<(Vec<u8>, Vec<u8>), AnyError> {
    let root = root_certificate(CertificateKind::Auth)?;
    let anchors = Anchors::none().with(Anchor::virtual_card(&root)?)?;
    let validator = Validator::new(&anchors);
    let mut room = [0; 3072];
    let job = Job::check_in(&Nonce::given(nonce())?);
    let mut holder = PinHolder::new(Pin::new(PIN)?);
    let report = authenticate(session, &validator, now(), &job, &mut holder, &mut room);
    let done = report.certificate.zip(report.proof);
    let (certificate, proof) = ended(report.outcome, report.failure, done)?;
    Ok((certificate.to_vec(), proof.signature().to_vec()))
}

fn ended<R>(outcome: Outcome, failure: Option<Failure>, result: Option<R>) -> Result<R, AnyError> {
    match (outcome, result) {
        (Outcome::Verified, Some(result)) => Ok(result),
        _ => Err(match failure {
            Some(failure) => format!("{outcome}: {failure}").into(),
            None => outcome.as_str().into(),
        }),
    }
}
