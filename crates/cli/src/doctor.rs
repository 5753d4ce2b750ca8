//! `kazasu doctor`: what keeps check-ins from working here, and what to do. Uses no PIN.

use crate::arguments::{Doctor, Language};
use crate::exit::Failed;
use crate::json::{FindingObject, Object};
use crate::screen::Screen;
use crate::trust;
use kazasu::Outcome;
use kazasu::pki::Time;

/// What was found, and how bad it is.
pub(crate) struct Findings {
    language: Language,
    /// Which reader the findings to come are about.
    reader: Option<String>,
    all: Vec<Finding>,
}

struct Finding {
    object: FindingObject,
    /// What a check-in ends in by it.
    outcome: Option<Outcome>,
}

impl Findings {
    fn add(
        &mut self,
        check: &'static str,
        outcome: Option<Outcome>,
        state: &'static str,
        found: String,
        advice: Option<&str>,
    ) {
        let (reader, advice) = (self.reader.clone(), advice.map(str::to_owned));
        let object = FindingObject { check, reader, state, found, advice };
        self.all.push(Finding { object, outcome });
    }

    /// Another reader serves: what was found at this one keeps nobody from checking in.
    #[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
    fn soften(&mut self, reader: &str) {
        for finding in &mut self.all {
            let of_it = finding.object.reader.as_deref() == Some(reader);
            if of_it && finding.outcome.take().is_some() {
                finding.object.state = REMARK;
            }
        }
    }

    /// The first thing that keeps a check-in from working.
    fn outcome(&self) -> Option<Outcome> {
        self.all.iter().find_map(|finding| finding.outcome)
    }

    pub(crate) fn well(&mut self, check: &'static str, found: impl Into<String>) {
        self.add(check, None, OK, found.into(), None);
    }

    #[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
    pub(crate) fn remark(
        &mut self,
        check: &'static str,
        found: impl Into<String>,
        advice: (&str, &str),
    ) {
        let advice = self.language.of(advice.0, advice.1).to_owned();
        self.add(check, None, REMARK, found.into(), Some(&advice));
    }

    pub(crate) fn bad(
        &mut self,
        check: &'static str,
        outcome: Outcome,
        found: impl Into<String>,
        advice: (&str, &str),
    ) {
        let advice = self.language.of(advice.0, advice.1).to_owned();
        self.add(check, Some(outcome), BAD, found.into(), Some(&advice));
    }
}

const OK: &str = "ok";
const REMARK: &str = "remark";
const BAD: &str = "bad";

/// Before this the clock of a machine that runs this program is wrong: 2026-01-01.
const EARLIEST: i64 = 1_767_225_600;
/// After this too: 2056-01-01.
const LATEST: i64 = 2_713_910_400;

pub(crate) fn run(options: &Doctor) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let mut findings = Findings { language: screen.language, reader: None, all: Vec::new() };
    let now = clock(&mut findings);
    readers(&mut findings, options.reader.as_deref(), now);
    let outcome = findings.outcome();
    let findings: Vec<_> = findings.all.into_iter().map(|finding| finding.object).collect();
    if screen.json {
        let object = outcome.map_or_else(Object::done, Object::new);
        Object { findings: Some(findings), ..object }.print();
    } else {
        for finding in &findings {
            let mark = match finding.state {
                OK => " ok ",
                REMARK => "note",
                _ => "BAD ",
            };
            // The line before those of a reader names it.
            let indent =
                if finding.reader.is_some() && finding.check != "reader" { "  " } else { "" };
            screen.line(format_args!("[{mark}] {indent}{}: {}", finding.check, finding.found));
            if let Some(advice) = &finding.advice {
                screen.line(format_args!("       -> {advice}"));
            }
        }
    }
    Ok(outcome.map_or(0, Outcome::code))
}

fn clock(findings: &mut Findings) -> Option<Time> {
    let advice = (
        "Set the clock: certificates are judged by it.",
        "時計を合わせてください。電子証明書の有効期間の判定に使います。",
    );
    match trust::clock() {
        Ok(now) if (EARLIEST..LATEST).contains(&now.unix()) => {
            findings.well("clock", now.to_string());
            Some(now)
        }
        Ok(now) => {
            findings.bad("clock", Outcome::NotYetValid, now.to_string(), advice);
            None
        }
        Err(error) => {
            findings.bad("clock", Outcome::NotYetValid, error.to_string(), advice);
            None
        }
    }
}

#[cfg(not(any(feature = "pcsc", windows)))]
fn readers(findings: &mut Findings, _: Option<&str>, _: Option<Time>) {
    findings.bad(
        "service",
        Outcome::ServiceDown,
        "this program was built without PC/SC",
        (
            "Install libpcsclite-dev and build with `cargo build --release --features pcsc`.",
            "libpcsclite-dev を入れて `cargo build --release --features pcsc` でビルドしてください。",
        ),
    );
}

#[cfg(any(feature = "pcsc", windows))]
use over_pcsc::readers;

#[cfg(any(feature = "pcsc", windows))]
mod over_pcsc {
    //! The part that looks at readers and cards.

    use super::{Finding, Findings, Outcome, Time};
    use crate::pcsc::{called, canceller, is_my_number_card, none_called};
    use kazasu::Failure;
    use kazasu::apdu::{Channel, Session, Status};
    use kazasu::mynacard::{self, Application, Buffer, File, ReadFile, SelectApplication};
    use kazasu::pki::{Certificate, Phase, PhaseRules};
    use kazasu_pcsc::{Link, Reader, Readers, Settings};

    pub(super) fn readers(findings: &mut Findings, only: Option<&str>, now: Option<Time>) {
        let system = Readers::system();
        let all = match system.list() {
            Ok(all) => {
                findings.well("service", "running");
                all
            }
            Err(error) => {
                let outcome = Outcome::from(error.kind());
                return findings.bad(
                    "service",
                    outcome,
                    error.to_string(),
                    (
                        "Linux: install pcscd and start it (systemctl start pcscd.socket). \
                         Windows: start the service \"Smart Card\" (SCardSvr).",
                        "Linux: pcscd を入れて起動してください（systemctl start pcscd.socket）。\
                         Windows: 「Smart Card」サービスを起動してください。",
                    ),
                );
            }
        };
        // As check-ins take it, or the name alone.
        let only = only.map(|name| name.strip_prefix("pcsc:").unwrap_or(name));
        let meant = only.map_or_else(|| all.iter().collect(), |name| called(&all, name));
        if meant.is_empty() {
            return findings.bad(
                "readers",
                Outcome::NoReader,
                only.map_or_else(|| "none".to_owned(), |name| none_called(name, &all)),
                (
                    "Connect the reader. If it is connected, its driver is missing: look for the \
                     maker's, or for libccid on Linux.",
                    "リーダーを接続してください。接続済みの場合はドライバーを入れてください（Linux では libccid など）。",
                ),
            );
        }
        let mut cards = 0;
        // Whoever asks for a check-in needs one reader that serves.
        let mut serves = false;
        for reader in &meant {
            let before = findings.all.len();
            findings.reader = Some(reader.name.to_string());
            let card = one(findings, &system, reader, now);
            findings.reader = None;
            let new = findings.all.get(before..).unwrap_or_default();
            cards += usize::from(card);
            serves |= card && new.iter().all(|finding| finding.outcome.is_none());
        }
        if serves {
            meant.iter().for_each(|reader| findings.soften(&reader.name.to_string()));
        }
        // What is wrong with a card says more than that there is none.
        let bad = |finding: &Finding| finding.object.check == "card" && finding.outcome.is_some();
        if cards == 0 && !findings.all.iter().any(bad) {
            findings.bad(
                "card",
                Outcome::NoCard,
                "no My Number card on any reader",
                ("Place one.", "マイナンバーカードを置いてください。"),
            );
        }
    }

    /// Looks at one reader; true when there is a My Number card.
    fn one(findings: &mut Findings, system: &Readers, reader: &Reader, now: Option<Time>) -> bool {
        let name = reader.name.to_string();
        match reader.quirk() {
            Some(quirk) => findings.remark(
                "reader",
                format!("{name}: {}", quirk.note),
                ("Known of this model.", "この機種について知られていることです。"),
            ),
            None => findings.well("reader", name),
        }
        if reader.is_mute() {
            findings.bad(
                "card",
                Outcome::NoCard,
                "a card that does not answer",
                (
                    "Turn it round, clean its contacts, or try another card.",
                    "カードの向きや接点の汚れを確認するか、別のカードで試してください。",
                ),
            );
            return false;
        }
        if !reader.has_card() {
            findings.well("card", "none");
            return false;
        }
        let settings = Settings::default().cancelled_by(&canceller());
        match system.open(&reader.name, settings) {
            Ok(mut link) => {
                driver(findings, &link);
                match is_my_number_card(&mut link) {
                    Ok(true) => {
                        findings.well("card", "My Number card");
                        length(findings, link, now);
                        return true;
                    }
                    Ok(false) => findings.remark(
                        "card",
                        "not a My Number card",
                        ("Place another card.", "別のカードを置いてください。"),
                    ),
                    Err(error) => failed(findings, "card", error),
                }
            }
            Err(error) => findings.bad(
                "card",
                Outcome::from(error.kind()),
                error.to_string(),
                (
                    "Close the program that uses the card, or place the card again.",
                    "カードを使用中のプログラムを終了するか、カードを置き直してください。",
                ),
            ),
        }
        false
    }

    /// A command that got no answer, or none that belongs there: a check-in ends by it just so.
    fn failed(findings: &mut Findings, check: &'static str, error: mynacard::Error) {
        let outcome = Failure::Card(error).outcome();
        let advice = match outcome {
            Outcome::ServiceDown => {
                ("Start the smart card service.", "スマートカードのサービスを起動してください。")
            }
            Outcome::ReaderLost => {
                ("Check the reader's cable.", "リーダーのケーブルを確認してください。")
            }
            Outcome::TimedOut => (
                "Take the card away and place it again; if it stays silent, clean its contacts or \
                 try another card.",
                "カードを置き直してください。応答がない場合は接点の汚れを確認するか、別のカードで試してください。",
            ),
            _ => (
                "Place the card again and keep it still.",
                "カードを置き直し、動かさないでください。",
            ),
        };
        findings.bad(check, outcome, error.to_string(), advice);
    }

    fn driver(findings: &mut Findings, link: &Link) {
        let card = link.card();
        let protocol = card.map(|card| format!("{:?}", card.protocol));
        let features = link.features();
        let extended = match features.extended_length() {
            Some(true) => "passes",
            Some(false) => "does not pass",
            None => "not stated",
        };
        findings.well(
            "driver",
            format!(
                "protocol {}, PIN pad {}, extended length {extended}",
                protocol.as_deref().unwrap_or("unknown"),
                if features.has_pin_pad() { "yes" } else { "no" },
            ),
        );
    }

    /// Reads the certificate, which needs no PIN, to learn how long an answer may be; and compares
    /// the clock with it.
    fn length(findings: &mut Findings, link: Link, now: Option<Time>) {
        let (mut commands, mut answers) = (vec![0; 262], vec![0; 65_538]);
        let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
        let mut bytes = vec![0; crate::reader::CERTIFICATE];
        let mut read = ReadFile::new(File::AUTH_CERTIFICATE, Buffer::new(&mut bytes));
        let result = session
            .run(&mut SelectApplication::new(Application::Jpki))
            .and_then(|()| session.run(&mut read));
        // A phone has it behind the PIN. Whatever else is refused or broken breaks check-ins too.
        let hidden =
            |error: &mynacard::Error| error.status() == Some(Status::SECURITY_STATUS_NOT_SATISFIED);
        match result {
            Ok(_) => {
                let refused = session.channel().extended_length_refused();
                let found = if refused { "refused; short answers are used" } else { "taken" };
                findings.well("extended length", found);
            }
            Err(error) if hidden(&error) => {
                findings.well("extended length", "not known");
                return findings.remark(
                    "certificate",
                    error.to_string(),
                    (
                        "On a phone it is behind the PIN; on a card place it again.",
                        "スマホでは暗証番号の後に読み取れます。カードの場合は置き直してください。",
                    ),
                );
            }
            Err(error) => return failed(findings, "certificate", error),
        }
        let buffer = read.into_sink();
        match Certificate::parse(buffer.written()) {
            Ok(certificate) => {
                if let Some(now) = now {
                    phase(findings, &certificate, now);
                }
            }
            Err(error) => findings.bad(
                "certificate",
                Outcome::NotTrusted,
                error.to_string(),
                ("Place the card again.", "カードを置き直してください。"),
            ),
        }
    }

    /// Compares the clock with the validity of the card's certificate.
    fn phase(findings: &mut Findings, certificate: &Certificate<'_>, now: Time) {
        let rules = PhaseRules::new();
        match rules.boundaries(certificate.not_before(), certificate.not_after()).phase(now) {
            Phase::NotYet => findings.bad(
                "clock",
                Outcome::NotYetValid,
                "the card's certificate begins later than now",
                ("Set the clock.", "時計を合わせてください。"),
            ),
            Phase::Valid | Phase::Expiring => {}
            Phase::Grace => findings.remark(
                "clock",
                "the card's certificate has expired and is in its months of grace, or the clock is \
                 ahead",
                (
                    "Check the clock; if it is right, a check-in proves the identity only (21), and \
                     the certificate is renewed at the municipality.",
                    "時計を確認してください。正しい場合、確認できるのは資格情報のみです（21）。電子証明書の更新は市区町村の窓口へ。",
                ),
            ),
            Phase::Over => findings.bad(
                "clock",
                Outcome::Over,
                "the card's certificate has expired, or the clock is ahead",
                (
                    "Check the clock; if it is right, the certificate is renewed at the \
                     municipality.",
                    "時計を確認してください。正しい場合、電子証明書の更新は市区町村の窓口へ。",
                ),
            ),
        }
    }
}
