//! The work done by kazasu: the flows of the facade, and for a signature without its certificate,
//! which the facade never makes, the same procedures in the same order.

use crate::work::{
    AnyError, Cost, Done, INPUT_SUPPORT_PIN, PIN, Situation, Work, digest, nonce, now,
};
use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::{
    Application, Input, Key, LastTry, Pin, ReadTries, Reference, SelectApplication, Sign, Verify,
    digest_info_sha256,
};
use kazasu::pki::{Anchor, Anchors, Validator};
use kazasu::virtual_card::{CertificateKind, Link, root_certificate};
use kazasu::{
    AttributesCode, CertificateFile, Failure, Job, Memory, Nonce, Outcome, PinHolder, attributes,
    authenticate, read_certificate,
};
use kazasu_air::Steps;

/// Does the work on a new card.
///
/// # Errors
/// When it does not end well.
pub fn run(work: Work, situation: Situation) -> Result<Done, AnyError> {
    let mut link = situation.link()?;
    let (mut commands, mut answers) = ([0; 262], [0; 4096]);
    let mut steps = Steps::default();
    let channel = Channel::new(&mut commands, &mut answers).with_trace(&mut steps);
    let mut session = Session::new(&mut link, channel);
    let (mut certificate, mut signature, mut attributes) = (None, None, None);
    match work {
        Work::Certificate => certificate = Some(read_auth_certificate(&mut session)?),
        Work::Signature => signature = Some(sign(&mut session)?),
        Work::Both => {
            let both = check_in(&mut session)?;
            (certificate, signature) = (Some(both.0), Some(both.1));
        }
        Work::Attributes => attributes = Some(read_attributes(&mut session)?),
    }
    drop(session);
    Ok(Done { certificate, signature, attributes, steps, cost: Cost::of(&link) })
}

fn read_auth_certificate(session: &mut Session<'_, &mut Link>) -> Result<Vec<u8>, AnyError> {
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
fn sign(session: &mut Session<'_, &mut Link>) -> Result<Vec<u8>, AnyError> {
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

/// The four attributes: SELECT, tries, VERIFY, READ.
fn read_attributes(session: &mut Session<'_, &mut Link>) -> Result<[String; 3], AnyError> {
    let mut holder = PinHolder::new(Pin::new(INPUT_SUPPORT_PIN)?);
    let mut room = [0; 4096];
    let mut memory = Memory::new(&mut room);
    let report = attributes(session, AttributesCode::Pin, None, &mut holder, &mut memory);
    let read = report.unverified.map(|it| {
        let birth = it.unverified_birth().digits().to_owned();
        [it.unverified_name().to_owned(), it.unverified_address().to_owned(), birth]
    });
    ended(report.outcome, report.failure, read)
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
