//! `kazasu verify`: evidence or a signature, judged again without a card.

use crate::arguments::Verify;
use crate::evidence::Evidence;
use crate::exit::{Error, Failed};
use crate::json::{CertificateObject, Object, SignatureObject, TrustObject};
use crate::language::say;
use crate::screen::Screen;
use crate::trust::{Trust, validator};
use crate::{file, hex};
use kazasu::mynacard::{Key, Token};
use kazasu::pki::rsa::Alloc;
use kazasu::pki::{
    Certificate, Digest, KeyUsage, Kind, Scheme, SignatureError, sha256, verify_signature_only,
};
use kazasu::{Evidence as Handed, Failure, Job, Nonce, Outcome, judge_again};

/// What is to be judged.
struct Question {
    certificate: Vec<u8>,
    scheme: Scheme,
    /// By the hash function of the scheme.
    digest: Digest,
    /// SHA-256 of the same, by which a report names what was signed.
    digest_sha256: [u8; 32],
    signature: Vec<u8>,
    /// The challenge of a check-in, which only the auth certificate answers; `None`: the signature
    /// is over a file, by the certificate that its key usage says it is.
    nonce: Option<Nonce>,
    /// What holds the keys, by the reader's word.
    token: Option<Token>,
    /// Was the evidence made for another challenge?
    other_nonce: bool,
}

pub(crate) fn run(options: &Verify) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let fail = |error| screen.fail(error, empty(options));
    let question = question(options).map_err(fail)?;
    let trust = Trust::new(&options.trust, None).map_err(fail)?;
    let anchors = trust.anchors().map_err(fail)?;
    let kind = match question.nonce {
        Some(_) => Kind::Auth,
        None => claimed_kind(&question.certificate),
    };
    let mut trusted = None;
    let result = if options.signature_only {
        signature_only(&question)
    } else {
        judge(&question, &validator(&anchors), kind, &trust, &mut trusted)
    };
    let (outcome, failure) = match result {
        Ok(outcome) => (outcome, None),
        Err(failure) => (failure.outcome(), Some(failure)),
    };
    if screen.json {
        Object {
            message: failure.map(|failure| match failure {
                Failure::Signature(_) if question.other_nonce => {
                    say::other_challenge().into_english()
                }
                failure => failure.to_string(),
            }),
            certificate: Some(CertificateObject::new(
                &question.certificate,
                kind.as_str(),
                Some(kind),
                trust.now,
                options.show_personal,
            )),
            trust: Some(trusted),
            signature: Some(Some(SignatureObject {
                scheme: question.scheme.as_str(),
                digest_sha256: hex::encode(&question.digest_sha256),
                verified: failure.is_none(),
            })),
            method: options.signature_only.then_some("signature_only"),
            revocation: Some("not_checked"),
            ..Object::new(outcome)
        }
        .print();
    } else if options.signature_only && failure.is_none() {
        screen.line(screen.language.of(
            "The signature fits the certificate's key. NOTHING ELSE was checked: not who issued \
             the certificate, not its dates, not its purpose.",
            "署名は証明書の鍵と一致します。発行者・有効期間・用途は確認していません。",
        ));
    } else {
        if question.other_nonce {
            screen.line(say::other_challenge().of(screen.language));
        }
        screen.outcome(outcome, failure.as_ref(), None, None);
    }
    Ok(outcome.code())
}

/// The object of a judgement that did not come about.
fn empty(options: &Verify) -> Object {
    Object {
        certificate: Some(None),
        trust: Some(None),
        signature: Some(None),
        method: options.signature_only.then_some("signature_only"),
        revocation: Some("not_checked"),
        ..Object::done()
    }
}

fn question(options: &Verify) -> Result<Question, Error> {
    if let (Some(path), Some(nonce)) = (&options.evidence, &options.nonce) {
        let evidence = Evidence::read(path)?;
        return Ok(Question {
            certificate: evidence.certificate,
            scheme: evidence.scheme,
            // The challenge that was given out decides, not the one that the file names.
            digest_sha256: sha256(nonce.as_bytes()),
            digest: Digest::of(evidence.scheme.hash(), nonce.as_bytes()),
            signature: evidence.signature,
            nonce: Some(nonce.clone()),
            token: evidence.token,
            other_nonce: evidence.nonce.as_bytes() != nonce.as_bytes(),
        });
    }
    let (Some(input), Some(signature), Some(certificate)) =
        (&options.input, &options.sig, &options.cert)
    else {
        return Err(Error::Usage(say::verify_wants()));
    };
    let digest_sha256 = file::sha256(input)?;
    Ok(Question {
        certificate: file::read_der(certificate)?,
        scheme: Scheme::Pkcs1v15Sha256,
        digest: Digest::sha256(digest_sha256),
        digest_sha256,
        signature: file::read(signature)?,
        nonce: None,
        token: None,
        other_nonce: false,
    })
}

/// Which certificate it says it is: 署名用 has nonRepudiation. Judging it holds it to that.
fn claimed_kind(der: &[u8]) -> Kind {
    let uses = Certificate::parse(der).ok().and_then(|it| it.key_usage().ok().flatten());
    match uses {
        Some(uses) if uses.contains(KeyUsage::NON_REPUDIATION) => Kind::Sign,
        _ => Kind::Auth,
    }
}

fn judge(
    question: &Question,
    validator: &kazasu::pki::Validator<'_, Alloc>,
    kind: Kind,
    trust: &Trust,
    trusted: &mut Option<TrustObject>,
) -> Result<Outcome, Failure> {
    let job = match (&question.nonce, kind) {
        (Some(nonce), _) => Job::check_in(nonce),
        (None, Kind::Auth) => Job::sign(Key::Auth, question.digest),
        (None, Kind::Sign) => Job::sign(Key::Sign, question.digest),
    };
    let evidence = Handed {
        certificate: &question.certificate,
        scheme: question.scheme,
        signature: &question.signature,
        token: question.token,
    };
    let judgement = judge_again(validator, trust.now, &job, &evidence);
    *trusted = judgement.judged.as_ref().map(TrustObject::new);
    match judgement.failure {
        Some(failure) => Err(failure),
        // It cannot be good for two challenges.
        None if question.other_nonce => Err(SignatureError::Mismatch.into()),
        None => Ok(judgement.outcome),
    }
}

fn signature_only(question: &Question) -> Result<Outcome, Failure> {
    let certificate = Certificate::parse(&question.certificate)?;
    verify_signature_only(
        &Alloc,
        &certificate,
        question.scheme,
        &question.digest,
        &question.signature,
    )?;
    Ok(Outcome::Verified)
}
