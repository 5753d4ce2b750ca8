//! A check-in without a PIN (特定機関認証): the card's key is opened by a vendor's provider, everything else
//! is as in [`crate::authenticate`] (docs/pinless.md).
//!
//! The law asks for the face of the holder besides, by a machine or by a person; that is for whoever
//! calls this, and this never says that it was done.

use crate::authenticate::{Job, Progress, Report, accept, sign};
use crate::certificate::{CertificateFile, judge, read};
use crate::end::end_session;
use crate::failure::Failure;
use crate::holder::Stage;
use crate::proof::Proof;
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{
    Application, AuthenticateInstitution, InputError, InstitutionAuthentication, InstitutionScheme,
    Key, SelectApplication, Sign,
};
use kazasu_pki::{Backend, Hierarchy, Time, Validator};

/// Runs a check-in in which `provider` opens the key, and ends the session.
///
/// No PIN is asked for and no counter touched. A stand-in provider ([`InstitutionScheme::StandIn`]) is
/// refused under every hierarchy but that of virtual cards, before anything is sent for it.
/// [`Proof::key_use`](crate::Proof::key_use) tells how the key was opened. `certificate` and `now` are
/// as for [`crate::authenticate`].
///
/// The session's command buffer needs 320 bytes, and the link extended length. Without these it ends in
/// [`Outcome::ReaderUnfit`](crate::Outcome::ReaderUnfit), before anything is sent where that is known.
pub fn authenticate_without_pin<'c, T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'c, B>,
    now: Time,
    job: &Job,
    provider: &mut dyn InstitutionAuthentication,
    stage: &mut dyn FnMut(Stage),
    certificate: &'c mut [u8],
) -> Report<'c> {
    let mut progress = Progress::default();
    let result =
        run_without_pin(session, validator, now, job, provider, stage, certificate, &mut progress);
    let cleared = end_session(session, Application::Jpki);
    progress.report(validator, now, job, certificate, result, cleared)
}

/// The same inside a session that goes on: the caller ends it.
#[expect(clippy::too_many_arguments, reason = "as the public function, with what is known so far")]
pub(crate) fn run_without_pin<T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'_, B>,
    now: Time,
    job: &Job,
    provider: &mut dyn InstitutionAuthentication,
    stage: &mut dyn FnMut(Stage),
    certificate: &mut [u8],
    progress: &mut Progress,
) -> Result<Proof, Failure> {
    // There is no way around the password of the 署名用 key.
    if job.key != Key::Auth {
        return Err(InputError::WrongReference.into());
    }
    AuthenticateInstitution::fits(provider, session.channel())?;
    session.run(&mut SelectApplication::new(Application::Jpki))?;
    stage(Stage::Selected);
    let length = read(session, CertificateFile::Auth, certificate)?;
    progress.certificate_length = Some(length);
    stage(Stage::CertificateRead);
    let der = certificate.get(..length).unwrap_or_default();
    accept(session, validator, now, job, der, progress)?;
    let judged = judge(validator, now, job.kind(), der)?;
    stage(Stage::CertificateJudged);
    if provider.scheme() == InstitutionScheme::StandIn && judged.hierarchy() != Hierarchy::Virtual {
        return Err(Failure::StandIn);
    }
    // Again: a card that refuses extended length has done so by now.
    AuthenticateInstitution::fits(provider, session.channel())?;
    let opened = session.run(&mut AuthenticateInstitution::new(provider))?;
    stage(Stage::InstitutionAuthenticated);
    sign(session, validator, &judged, job, progress.token, stage, |input| {
        Sign::without_pin(input, &opened)
    })
}
