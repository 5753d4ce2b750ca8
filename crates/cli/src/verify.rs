//! `kazasu verify`: evidence or a signature, judged again without a card.

use crate::arguments::Verify;
use crate::evidence::Evidence;
use crate::exit::{Error, Failed};
use crate::json::{CertificateObject, Object, SignatureObject, TrustObject};
use crate::screen::Screen;
use crate::trust::{Trust, validator};
use crate::{file, hex};
use kazasu::pki::rsa::Alloc;
use kazasu::pki::{
    Certificate, KeyUsage, Kind, Permit, Phase, Scheme, SignatureError, sha256,
    verify_signature_only,
};
use kazasu::{Failure, Outcome};

/// What is to be judged.
struct Question {
    certificate: Vec<u8>,
    scheme: Scheme,
    digest: [u8; 32],
    signature: Vec<u8>,
    /// Which certificate it must be; `None`: what its key usage says.
    kind: Option<Kind>,
    /// Is an identity enough? Then the months of grace are allowed.
    identity_only: bool,
    /// Was the evidence made for another challenge?
    other_nonce: bool,
}

pub(crate) fn run(options: &Verify) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let fail = |error| screen.fail(error, empty(options));
    let question = question(options).map_err(fail)?;
    let trust = Trust::new(&options.trust, None).map_err(fail)?;
    let anchors = trust.anchors().map_err(fail)?;
    let kind = question.kind.unwrap_or_else(|| claimed_kind(&question.certificate));
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
            message: failure.map(|failure| failure.to_string()),
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
                digest_sha256: hex::encode(&question.digest),
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
            screen.line(screen.language.of(
                "The evidence is for another challenge than the one given.",
                "指定されたチャレンジに対する証跡ではありません。",
            ));
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
            digest: sha256(nonce.as_bytes()),
            signature: evidence.signature,
            kind: Some(Kind::Auth),
            identity_only: true,
            other_nonce: evidence.nonce.as_bytes() != nonce.as_bytes(),
        });
    }
    let (Some(input), Some(signature), Some(certificate)) =
        (&options.input, &options.sig, &options.cert)
    else {
        return Err(Error::Usage("verify takes --evidence, or --in with --sig and --cert".into()));
    };
    Ok(Question {
        certificate: file::read_der(certificate)?,
        scheme: Scheme::Pkcs1v15Sha256,
        digest: file::sha256(input)?,
        signature: file::read(signature)?,
        kind: None,
        identity_only: false,
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
    let judged = validator.validate(&question.certificate, kind, trust.now)?;
    *trusted = Some(TrustObject::new(&judged));
    match judged.permit() {
        Permit::Everything => {}
        Permit::IdentityOnly if question.identity_only => {}
        _ => return Err(Failure::Phase(judged.phase())),
    }
    if question.other_nonce {
        return Err(SignatureError::Mismatch.into());
    }
    validator.verify_message(&judged, question.scheme, &question.digest, &question.signature)?;
    Ok(match judged.phase() {
        Phase::Grace => Outcome::VerifiedInGrace,
        _ => Outcome::Verified,
    })
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
