//! `kazasu sign`.

use crate::arguments::Sign;
use crate::exit::Failed;
use crate::file::{self, Output};
use crate::hex;
use crate::json::{
    CertificateObject, ExchangeObject, Object, SignatureObject, TrustObject, cleared,
};
use crate::reader::{CERTIFICATE, Exchanger, Reader, storage_error};
use crate::screen::Screen;
use crate::secret::Secrets;
use crate::trust::{Trust, validator};
use kazasu::pki::{Digest, Kind, Scheme};
use kazasu::{Job, authenticate, virtual_card};

pub(crate) fn run(options: &Sign) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let key = options.key.key();
    screen.interruptible(empty(None));
    let digest = file::sha256(&options.input).map_err(|error| screen.fail(error, empty(None)))?;
    let fail = |error| screen.fail(error, empty(Some(&digest)));
    let read = options.trust.files().chain(options.reader.file()).chain([options.input.as_path()]);
    let output = Output::prepare(&options.out, read).map_err(fail)?;
    let trust = |reader: Option<&Reader>| Trust::new(&options.trust, reader);
    let (reader, trust) = match options.reader.open_with(screen, trust, || empty(Some(&digest))) {
        Ok(opened) => opened,
        Err(ended) => return ended,
    };
    let anchors = trust.anchors().map_err(fail)?;
    let demonstration = match options.key.kind() {
        Kind::Auth => virtual_card::Reference::Auth,
        Kind::Sign => virtual_card::Reference::Sign,
    };
    let mut secrets = Secrets::new(&options.secrets, screen.language)
        .with_demonstration(reader.demonstration_secret(demonstration))
        .on_stage(screen.steps())
        .while_there(reader.look);
    let mut exchanger = Exchanger::new(&options.reader);
    let mut session = exchanger.session(reader.link);
    let mut certificate = [0; CERTIFICATE];
    let report = authenticate(
        &mut session,
        &validator(&anchors),
        trust.now,
        &Job::sign(key, Digest::sha256(digest)),
        &mut secrets,
        &mut certificate,
    );
    let counts = session.channel().counts();
    if report.proof.is_none()
        && let Some(error) = storage_error(&session)
    {
        return Err(fail(error));
    }
    if let Some(end) = secrets.take_end() {
        return screen.gone(end, report.cleared, counts, empty(Some(&digest)));
    }
    if let Some(proof) = &report.proof {
        output.write(proof.signature()).map_err(fail)?;
    }
    if screen.json {
        let kind = options.key.kind();
        Object {
            message: report.failure.map(|failure| failure.to_string()),
            tries_left: Some(report.tries_left),
            certificate: Some(report.certificate.and_then(|der| {
                let personal = options.show_personal;
                CertificateObject::new(der, kind.as_str(), Some(kind), trust.now, personal)
            })),
            trust: Some(report.judged.as_ref().map(TrustObject::new)),
            signature: Some(Some(signature(&digest, report.proof.is_some()))),
            status_cleared: Some(cleared(report.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            revocation: Some("not_checked"),
            ..Object::new(report.outcome)
        }
        .print();
    } else if report.proof.is_some() {
        screen.line(
            screen.language.of("Signed; the signature was verified.", "署名し、検証しました。"),
        );
        if let Some(judged) = &report.judged {
            screen.certificate(judged);
        }
    } else {
        screen.outcome(report.outcome, report.failure.as_ref(), report.tries_left, None);
    }
    Ok(report.outcome.code())
}

fn signature(digest: &[u8; 32], verified: bool) -> SignatureObject {
    SignatureObject {
        scheme: Scheme::Pkcs1v15Sha256.as_str(),
        digest_sha256: hex::encode(digest),
        verified,
    }
}

fn empty(digest: Option<&[u8; 32]>) -> Object {
    Object {
        tries_left: Some(None),
        certificate: Some(None),
        trust: Some(None),
        signature: Some(digest.map(|digest| signature(digest, false))),
        revocation: Some("not_checked"),
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}
