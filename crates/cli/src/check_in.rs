//! `kazasu check-in`.

use crate::arguments::{CheckIn, MethodName};
use crate::evidence::Evidence;
use crate::exit::{Error, Failed};
use crate::file::Output;
use crate::identify;
use crate::json::{
    CertificateObject, ChallengeObject, ExchangeObject, Object, TrustObject, cleared,
};
use crate::language::{Told, say};
use crate::reader::{CERTIFICATE, Exchanger, Reader, storage_error};
use crate::screen::Screen;
use crate::secret::Secrets;
use crate::trust::{Trust, validator};
use kazasu::pki::Kind;
use kazasu::virtual_card;
use kazasu::{Job, Nonce, authenticate};

pub(crate) fn run(options: &CheckIn) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    if let Some(option) = options.person.useless() {
        let error = Error::Usage(say::of_another_method(option));
        return Err(screen.fail(error, empty(None)));
    }
    let nonce = match &options.nonce {
        Some(nonce) => nonce.clone(),
        None => Nonce::fresh()
            .map_err(|error| screen.fail(Error::Internal(error.text()), empty(None)))?,
    };
    if options.person.method != MethodName::Pin {
        return identify::run(options, screen, &nonce);
    }
    let fail = |error| screen.fail(error, empty(Some(&nonce)));
    screen.interruptible(empty(Some(&nonce)));
    let read = options.trust.files().chain(options.reader.file());
    let evidence = options.evidence.as_deref().map(|path| Output::prepare(path, read));
    let evidence = evidence.transpose().map_err(fail)?;

    let trust = |reader: Option<&Reader>| Trust::new(&options.trust, reader);
    let (reader, trust) = match options.reader.open_with(screen, trust, || empty(Some(&nonce))) {
        Ok(opened) => opened,
        Err(ended) => return ended,
    };
    let anchors = trust.anchors().map_err(fail)?;
    let validator = validator(&anchors);
    let mut secrets = Secrets::new(&options.secrets, screen.language)
        .with_demonstration(reader.demonstration_secret(virtual_card::Reference::Auth))
        .on_stage(screen.steps())
        .while_there(reader.look);

    let mut exchanger = Exchanger::new(&options.reader);
    let mut session = exchanger.session(reader.link);
    let mut certificate = [0; CERTIFICATE];
    let job = Job::check_in(&nonce);
    let report =
        authenticate(&mut session, &validator, trust.now, &job, &mut secrets, &mut certificate);
    let counts = session.channel().counts();
    if report.proof.is_none()
        && let Some(error) = storage_error(&session)
    {
        return Err(fail(error));
    }
    if let Some(end) = secrets.take_end() {
        return screen.gone(end, report.cleared, counts, empty(Some(&nonce)));
    }

    if let (Some(output), Some(proof), Some(certificate)) =
        (evidence, &report.proof, report.certificate)
    {
        let evidence = Evidence::new(&nonce, proof, certificate, trust.now);
        output.write(&evidence.to_bytes()).map_err(fail)?;
    }
    if screen.json {
        Object {
            message: report.failure.map(|failure| failure.to_string()),
            tries_left: Some(report.tries_left),
            certificate: Some(report.certificate.and_then(|der| {
                let personal = options.show_personal;
                CertificateObject::new(der, "auth", Some(Kind::Auth), trust.now, personal)
            })),
            trust: Some(report.judged.as_ref().map(TrustObject::new)),
            challenge: Some(Some(ChallengeObject::new(&nonce, report.proof.as_ref()))),
            status_cleared: Some(cleared(report.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            method: Some("pin"),
            revocation: Some("not_checked"),
            ..Object::new(report.outcome)
        }
        .print();
    } else {
        screen.outcome(report.outcome, report.failure.as_ref(), report.tries_left, Some(counts));
        if let Some(judged) = &report.judged {
            screen.certificate(judged);
        }
    }
    Ok(report.outcome.code())
}

/// The object of a check-in that met no card.
fn empty(nonce: Option<&Nonce>) -> Object {
    Object {
        tries_left: Some(None),
        certificate: Some(None),
        trust: Some(None),
        challenge: Some(nonce.map(|nonce| ChallengeObject::new(nonce, None))),
        method: Some("pin"),
        revocation: Some("not_checked"),
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}
