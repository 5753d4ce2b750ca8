//! `kazasu cert show`.

use crate::arguments::{Cert, CertCommand, CertShow};
use crate::exit::Failed;
use crate::file::Output;
use crate::json::{
    CertificateObject, ExchangeObject, MASKED, Object, TrustObject, cleared, subject,
};
use crate::language::Told;
use crate::reader::{CERTIFICATE, Exchanger, Reader, storage_error};
use crate::screen::Screen;
use crate::secret::Secrets;
use crate::trust::{Trust, validator};
use kazasu::mynacard::Key;
use kazasu::pki::{Certificate, Kind, Phase, PhaseRules, Time};
use kazasu::{CertificateFile, Failure, Outcome, read_certificate, virtual_card};

pub(crate) fn run(options: &Cert) -> Result<u8, Failed> {
    match &options.command {
        CertCommand::Show(options) => show(options),
    }
}

fn show(options: &CertShow) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let fail = |error| screen.fail(error, empty());
    let which = options.kind.file();
    let (key, demonstration) = match which {
        CertificateFile::Auth | CertificateFile::AuthCa => {
            (Key::Auth, virtual_card::Reference::Auth)
        }
        CertificateFile::Sign | CertificateFile::SignCa => {
            (Key::Sign, virtual_card::Reference::Sign)
        }
    };
    screen.interruptible(empty());
    let read = options.trust.files().chain(options.reader.file());
    let output = options.out.as_deref().map(|path| Output::prepare(path, read));
    let output = output.transpose().map_err(fail)?;
    let trust = |reader: Option<&Reader>| Trust::new(&options.trust, reader);
    let (reader, trust) = match options.reader.open_with(screen, trust, empty) {
        Ok(opened) => opened,
        Err(ended) => return ended,
    };
    let anchors = trust.anchors().map_err(fail)?;
    let mut secrets = Secrets::new(&options.secrets, screen.language)
        .with_demonstration(reader.demonstration_secret(demonstration))
        .on_stage(screen.steps())
        .while_there(reader.look);
    let mut exchanger = Exchanger::new(&options.reader);
    let mut session = exchanger.session(reader.link);
    let mut buffer = [0; CERTIFICATE];
    let report = read_certificate(
        &mut session,
        &validator(&anchors),
        trust.now,
        which,
        &mut secrets,
        &mut buffer,
    );
    let counts = session.channel().counts();
    if report.certificate.is_none()
        && let Some(error) = storage_error(&session)
    {
        return Err(fail(error));
    }
    if let Some(end) = secrets.take_end() {
        return screen.gone(end, report.cleared, counts, empty());
    }
    let (outcome, failure) = judge_phase(&report, trust.now);

    let trusted = report.outcome == Outcome::Verified;
    let mut written = false;
    if let (Some(output), Some(der)) = (output, report.certificate)
        && (trusted || options.untrusted)
    {
        output.write(der).map_err(fail)?;
        written = true;
    }
    if screen.json {
        let name = options.kind.as_str();
        Object {
            message: failure.map(|failure| failure.to_string()),
            tries_left: Some(report.tries_left),
            certificate: Some(report.certificate.and_then(|der| {
                let personal = options.show_personal;
                CertificateObject::new(der, name, which.kind(), trust.now, personal)
            })),
            trust: Some(match (&report.judged, report.certificate) {
                (Some(judged), _) => Some(TrustObject::new(judged)),
                (None, Some(der)) if trusted => anchors
                    .iter()
                    .find(|anchor| anchor.der() == der)
                    .map(|anchor| TrustObject::of(anchor.hierarchy(), &anchor.sha256())),
                _ => None,
            }),
            status_cleared: Some(cleared(report.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            revocation: Some("not_checked"),
            ..Object::new(outcome)
        }
        .print();
    } else {
        let text = match outcome {
            Outcome::Verified => screen
                .language
                .of("The certificate is trusted.", "電子証明書は信頼できます。")
                .to_owned(),
            outcome => screen.language.outcome(outcome, report.tries_left),
        };
        screen.line(text);
        if let Some(failure) = failure {
            screen.reason(outcome, &failure.text());
        }
        if let Some(certificate) = report.certificate.and_then(|der| Certificate::parse(der).ok()) {
            describe(screen, options, key, &certificate);
        }
        if let Some(judged) = &report.judged {
            screen.certificate(judged);
        }
        if options.out.is_some() && !written {
            screen.line(screen.language.of(
                "  not written, because it is not trusted; --untrusted writes it all the same",
                "  信頼できないため書き出していません（--untrusted で書き出せます）",
            ));
        }
    }
    Ok(outcome.code())
}

/// A certificate outside its validity is shown, and the exit number says so. An authority's has no
/// months of grace.
fn judge_phase(report: &kazasu::CertificateReport<'_>, now: Time) -> (Outcome, Option<Failure>) {
    let authority = report
        .certificate
        .filter(|_| report.outcome == Outcome::Verified)
        .and_then(|der| Certificate::parse(der).ok())
        .map(|it| PhaseRules::new().without_grace().boundaries(it.not_before(), it.not_after()));
    let phase = match (&report.judged, authority) {
        (Some(judged), _) => Some(judged.phase()),
        (None, authority) => authority.map(|boundaries| boundaries.phase(now)),
    };
    match phase {
        Some(phase @ (Phase::NotYet | Phase::Grace | Phase::Over)) => {
            let failure = Failure::Phase(phase);
            (failure.outcome(), Some(failure))
        }
        _ => (report.outcome, report.failure),
    }
}

fn describe(screen: Screen, options: &CertShow, key: Key, certificate: &Certificate<'_>) {
    let kind = options.kind.file().kind();
    let personal = options.show_personal;
    screen.line(format_args!(
        "  {}: {}",
        screen.language.of("subject", "主体者"),
        subject(certificate, kind, personal)
    ));
    screen.line(format_args!(
        "  {}: {}",
        screen.language.of("serial", "シリアル番号"),
        crate::hex::encode(certificate.serial())
    ));
    screen.line(format_args!(
        "  {}: {} .. {}",
        screen.language.of("validity", "有効期間"),
        certificate.not_before(),
        certificate.not_after()
    ));
    if (key, kind) != (Key::Sign, Some(Kind::Sign)) {
        return;
    }
    match certificate.attributes() {
        Ok(Some(attributes)) => {
            let shown = |text: &str| if personal { text.to_owned() } else { MASKED.to_owned() };
            let language = screen.language;
            screen.line(format_args!(
                "  {}: {}{}",
                language.of("name", "氏名"),
                shown(attributes.name()),
                substitutes(screen, attributes.name_substitutes().any()),
            ));
            screen.line(format_args!(
                "  {}: {}{}",
                language.of("address", "住所"),
                shown(attributes.address()),
                substitutes(screen, attributes.address_substitutes().any()),
            ));
            screen.line(format_args!(
                "  {}: {}",
                language.of("birth date", "生年月日"),
                shown(attributes.birth().digits()),
            ));
        }
        Ok(None) => {}
        Err(error) => screen.line(format_args!("  {}", error.text().of(screen.language))),
    }
}

fn substitutes(screen: Screen, any: bool) -> &'static str {
    if any {
        screen.language.of(" (with substitute characters)", "（代替文字を含む）")
    } else {
        ""
    }
}

fn empty() -> Object {
    Object {
        tries_left: Some(None),
        certificate: Some(None),
        trust: Some(None),
        revocation: Some("not_checked"),
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}
