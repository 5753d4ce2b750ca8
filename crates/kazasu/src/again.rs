//! Evidence of a check-in or a signature, judged again without the card: by whoever does not want
//! to believe the reader. The rules are those of [`crate::authenticate`]; nothing here talks to a
//! card, reads a clock or asks the authority about revocation.

use crate::authenticate::{Job, outcome};
use crate::failure::Failure;
use crate::outcome::Outcome;
use kazasu_mynacard::Token;
use kazasu_pki::{Backend, Judged, Permit, Scheme, Signature, Time, Validator};

/// What a reader hands over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Evidence<'e> {
    /// The holder's certificate, DER.
    pub certificate: &'e [u8],
    /// How the signature was made.
    pub scheme: Scheme,
    /// The signature.
    pub signature: &'e [u8],
    /// What holds the keys: the reader's word, which no signature covers. It matters in the months
    /// of grace, which are for what is said to be a My Number card only; `None` is not said.
    pub token: Option<Token>,
}

/// Lengths only: the holder's name and address may be in the certificate.
impl core::fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Evidence")
            .field("certificate_length", &self.certificate.len())
            .field("scheme", &self.scheme)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// How judging ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Judgement<'e> {
    /// In one word and one number. In the months of grace it is [`Outcome::VerifiedInGrace`], which
    /// proves an identity and nothing else (資格情報のみ).
    pub outcome: Outcome,
    /// Why not.
    pub failure: Option<Failure>,
    /// The certificate, when it was accepted; that alone proves nothing.
    pub judged: Option<Judged<'e>>,
    /// The verified signature. There is one exactly when the outcome is verified.
    pub signature: Option<Signature<'e>>,
}

/// Judges evidence for a job, with the caller's own challenge or digest, roots and clock.
///
/// What the evidence says of its own challenge or time is not asked for: it proves nothing.
///
/// ```
/// # use kazasu::{Evidence, Job, Nonce, Outcome, judge_again};
/// # use kazasu::pki::{Anchors, Scheme, Time, Validator};
/// # let (nonce, certificate, signature) = (Nonce::given(&[7; 16]).unwrap(), [0x30, 0], [0; 256]);
/// # let (now, token) = (Time::from_unix(1_800_000_000), None);
/// let anchors = Anchors::production();
/// let evidence = Evidence {
///     certificate: &certificate,
///     scheme: Scheme::Pkcs1v15Sha256,
///     signature: &signature,
///     token, // what the reader said holds the keys
/// };
/// let job = Job::check_in(&nonce);
/// match judge_again(&Validator::new(&anchors), now, &job, &evidence).outcome {
///     Outcome::Verified => println!("the holder is who the certificate names"),
///     Outcome::VerifiedInGrace => println!("the same, but eligibility data only"),
///     refused => println!("no: {refused} ({})", refused.code()),
/// }
/// ```
pub fn judge_again<'e, B: Backend>(
    validator: &Validator<'e, B>,
    now: Time,
    job: &Job,
    evidence: &Evidence<'e>,
) -> Judgement<'e> {
    let mut judged = None;
    let result = run(validator, now, job, evidence, &mut judged);
    let (outcome, failure, signature) = match result {
        Ok(signature) => (outcome(signature.phase()), None, Some(signature)),
        Err(failure) => (failure.outcome(), Some(failure), None),
    };
    Judgement { outcome, failure, judged, signature }
}

fn run<'e, B: Backend>(
    validator: &Validator<'e, B>,
    now: Time,
    job: &Job,
    evidence: &Evidence<'e>,
    accepted: &mut Option<Judged<'e>>,
) -> Result<Signature<'e>, Failure> {
    let judged = validator.validate(evidence.certificate, job.kind(), now)?;
    *accepted = Some(judged);
    if job.needs_token(&judged)? {
        Job::allow_grace(evidence.token)?;
    }
    let (scheme, signature) = (evidence.scheme, evidence.signature);
    Ok(validator.verify_message(&judged, scheme, job.digest(scheme), signature)?)
}

impl Job {
    /// May this certificate do the job? `true`: only if a card holds its keys.
    pub(crate) fn needs_token(&self, judged: &Judged<'_>) -> Result<bool, Failure> {
        match judged.permit() {
            Permit::Everything => Ok(false),
            Permit::IdentityOnly if self.identity_only() => Ok(true),
            Permit::Nothing | Permit::IdentityOnly => Err(Failure::Phase(judged.phase())),
        }
    }

    /// Phones have no months of grace, and what is not known to be a card gets none either.
    pub(crate) fn allow_grace(token: Option<Token>) -> Result<(), Failure> {
        match token {
            Some(Token::MyNumberCard) => Ok(()),
            _ => Err(Failure::PhoneGrace),
        }
    }
}
