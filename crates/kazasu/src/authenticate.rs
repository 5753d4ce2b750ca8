//! The check-in, and the signature over a message: one flow from SELECT to a verified signature.
//!
//! The PIN is neither asked for nor sent when the certificate is known to be refused; VERIFY goes
//! out once; what the card signed is verified before anything is called a proof. The flow never
//! draws, waits or reads a clock.

use crate::CertificateFile;
use crate::certificate::{judge, read};
use crate::end::{Cleared, end_session};
use crate::failure::Failure;
use crate::holder::{Holder, Stage};
use crate::nonce::Nonce;
use crate::outcome::Outcome;
use crate::present::Attempt;
use crate::proof::Proof;
use core::fmt;
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{
    Application, Buffer, File, Input, InputError, Key, KeyUse, ReadFile, SelectApplication, Sign,
    Token, TokenInformation, digest_info_sha256,
};
use kazasu_pki::{
    Backend, Digest, HashAlgorithm, Hierarchy, Judged, Kind, Phase, Scheme, SignatureError, Time,
    Validator,
};

/// What is to be proven or signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    pub(crate) key: Key,
    digest: Digest,
    /// The same nonce by the other hash function, for evidence of the next card.
    #[cfg(feature = "p384")]
    sha384: Option<Digest>,
    /// Is an identity enough? Then the months of grace are allowed.
    identity_only: bool,
}

impl Job {
    /// A check-in (本人確認): the 利用者証明用 key signs the nonce.
    #[must_use]
    pub fn check_in(nonce: &Nonce) -> Self {
        Self {
            key: Key::Auth,
            digest: Digest::of(HashAlgorithm::Sha256, nonce.as_bytes()),
            #[cfg(feature = "p384")]
            sha384: Some(Digest::of(HashAlgorithm::Sha384, nonce.as_bytes())),
            identity_only: true,
        }
    }

    /// A signature over a message whose digest is given. Not in the months of grace. The cards of
    /// today sign SHA-256 only.
    #[must_use]
    pub const fn sign(key: Key, digest: Digest) -> Self {
        Self {
            key,
            digest,
            #[cfg(feature = "p384")]
            sha384: None,
            identity_only: false,
        }
    }

    /// What a signature made in this way must be over.
    pub(crate) fn digest(&self, scheme: Scheme) -> &Digest {
        #[cfg(feature = "p384")]
        if let Some(digest) = &self.sha384
            && scheme.hash() == digest.algorithm()
        {
            return digest;
        }
        // Of another hash function than the scheme's, it is refused by `pki`.
        let _ = scheme;
        &self.digest
    }

    pub(crate) const fn identity_only(&self) -> bool {
        self.identity_only
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self.key {
            Key::Auth => Kind::Auth,
            Key::Sign => Kind::Sign,
        }
    }

    const fn file(&self) -> CertificateFile {
        match self.key {
            Key::Auth => CertificateFile::Auth,
            Key::Sign => CertificateFile::Sign,
        }
    }
}

/// How it ended. `Debug` prints no certificate: the holder's name and address may be in it.
#[non_exhaustive]
pub struct Report<'c> {
    /// In one word and one number.
    pub outcome: Outcome,
    /// The failing step's error, when there was one.
    pub failure: Option<Failure>,
    /// Tries left now; `None` when they were not read or are not known.
    pub tries_left: Option<u8>,
    /// The certificate as the card gave it, when it was read whole. Trust is in `judged`.
    pub certificate: Option<&'c [u8]>,
    /// The certificate, when it was accepted.
    pub judged: Option<Judged<'c>>,
    /// What holds the keys, where it mattered.
    pub token: Option<Token>,
    /// The verified signature. There is one exactly when the identity is proven.
    pub proof: Option<Proof>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("outcome", &self.outcome)
            .field("failure", &self.failure)
            .field("tries_left", &self.tries_left)
            .field("certificate_length", &self.certificate.map(<[u8]>::len))
            .field("judged", &self.judged)
            .field("token", &self.token)
            .field("proof", &self.proof)
            .field("cleared", &self.cleared)
            .finish()
    }
}

/// What is known so far.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) certificate_length: Option<usize>,
    /// Was the certificate free to read? Then it can tell this card from another.
    free_certificate: bool,
    attempt: Attempt,
    pub(crate) token: Option<Token>,
}

/// Runs a check-in or a signature on a card that has just been connected, and ends the session.
///
/// `certificate` takes the certificate; 3,072 bytes are enough for every one that is known.
/// `now` is the caller's clock.
pub fn authenticate<'c, T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'c, B>,
    now: Time,
    job: &Job,
    holder: &mut dyn Holder,
    certificate: &'c mut [u8],
) -> Report<'c> {
    let mut progress = Progress::default();
    let mut result = run(session, validator, now, job, holder, certificate, &mut progress);
    let certificate: &'c [u8] = certificate;

    if let Err(failure) = &mut result {
        let free = if progress.free_certificate { progress.certificate(certificate) } else { None };
        let free = free.unwrap_or_default();
        let (reference, file) = (job.key.reference(), job.file().file());
        progress.attempt.after_failure(session, failure, reference, file, free);
    }
    let cleared = end_session(session, Application::Jpki);

    progress.report(validator, now, job, certificate, result, cleared)
}

impl Progress {
    fn certificate<'c>(&self, memory: &'c [u8]) -> Option<&'c [u8]> {
        self.certificate_length.and_then(|length| memory.get(..length))
    }

    /// What came of it.
    pub(crate) fn report<'c, B: Backend>(
        self,
        validator: &Validator<'c, B>,
        now: Time,
        job: &Job,
        memory: &'c [u8],
        result: Result<Proof, Failure>,
        cleared: Cleared,
    ) -> Report<'c> {
        let certificate = self.certificate(memory);
        let judged = certificate.and_then(|der| validator.validate(der, job.kind(), now).ok());
        let (outcome, failure, proof) = match result {
            Ok(proof) => (outcome(proof.phase()), None, Some(proof)),
            Err(failure) => (failure.outcome(), Some(failure), None),
        };
        Report {
            outcome,
            failure,
            tries_left: self.attempt.tries_left,
            certificate,
            judged,
            token: self.token,
            proof,
            cleared,
        }
    }
}

fn run<T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'_, B>,
    now: Time,
    job: &Job,
    holder: &mut dyn Holder,
    certificate: &mut [u8],
    progress: &mut Progress,
) -> Result<Proof, Failure> {
    session.run(&mut SelectApplication::new(Application::Jpki))?;
    holder.stage(Stage::Selected);

    // The 署名用 certificate is never free to read; the other one is, but for an Android token.
    let mut readable = job.key == Key::Auth;
    if readable {
        match read(session, job.file(), certificate) {
            Ok(length) => {
                holder.stage(Stage::CertificateRead);
                progress.certificate_length = Some(length);
                progress.free_certificate = true;
                let der = certificate.get(..length).unwrap_or_default();
                accept(session, validator, now, job, der, progress)?;
                holder.stage(Stage::CertificateJudged);
            }
            Err(failure) if failure.is_access_denied() => readable = false,
            Err(failure) => return Err(failure),
        }
    }

    let verified = progress.attempt.present(session, job.key.reference(), holder)?;

    if !readable {
        let length = read(session, job.file(), certificate)?;
        progress.certificate_length = Some(length);
        holder.stage(Stage::CertificateRead);
        let der = certificate.get(..length).unwrap_or_default();
        accept(session, validator, now, job, der, progress)?;
        holder.stage(Stage::CertificateJudged);
    }
    let length = progress.certificate_length.unwrap_or_default();
    let judged = judge(validator, now, job.kind(), certificate.get(..length).unwrap_or_default())?;

    sign(
        session,
        validator,
        &judged,
        job,
        progress.token,
        &mut |stage| holder.stage(stage),
        |input| Sign::new(job.key, input, &verified),
    )
}

/// Lets the card sign what the job is about, and verifies that.
pub(crate) fn sign<T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'_, B>,
    judged: &Judged<'_>,
    job: &Job,
    token: Option<Token>,
    stage: &mut dyn FnMut(Stage),
    prepare: impl for<'i> FnOnce(Input<'i>) -> Result<Sign<'i>, InputError>,
) -> Result<Proof, Failure> {
    let digest = job.digest.as_sha256().ok_or(SignatureError::Scheme)?;
    let digest_info = digest_info_sha256(digest);
    let signature = session.run(&mut prepare(Input::Verbatim(&digest_info))?)?;
    stage(Stage::Signed);
    let key_use = signature.key_use();
    // What a stand-in opened is a simulation, and says nothing under any other root.
    if key_use == KeyUse::StandIn && judged.hierarchy() != Hierarchy::Virtual {
        return Err(Failure::StandIn);
    }
    let signature = validator.verify_message(
        judged,
        Scheme::Pkcs1v15Sha256,
        &job.digest,
        signature.unverified_bytes(),
    )?;
    stage(Stage::SignatureVerified);
    Proof::new(&signature, key_use, token).ok_or(Failure::Signature(SignatureError::Mismatch))
}

/// Judges the certificate and whether its phase allows the job.
pub(crate) fn accept<T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'_, B>,
    now: Time,
    job: &Job,
    der: &[u8],
    progress: &mut Progress,
) -> Result<(), Failure> {
    let judged = judge(validator, now, job.kind(), der)?;
    // How a card with another key is asked to sign is not published; the PIN is not spent on it.
    if judged.public_key().rsa().is_none() || job.digest.as_sha256().is_none() {
        return Err(SignatureError::Scheme.into());
    }
    if !job.needs_token(&judged)? {
        return Ok(());
    }
    // In the months of grace it matters what holds the keys.
    let mut bytes = [0; 160];
    let mut read = ReadFile::new(File::TOKEN_INFORMATION, Buffer::new(&mut bytes));
    session.run(&mut read)?;
    let token = TokenInformation::parse(&bytes).map_or(Token::Other, |it| it.token());
    progress.token = Some(token);
    Job::allow_grace(Some(token))
}

/// What a verified signature by a certificate in this phase proves.
pub(crate) const fn outcome(phase: Phase) -> Outcome {
    match phase {
        Phase::Grace => Outcome::VerifiedInGrace,
        _ => Outcome::Verified,
    }
}
