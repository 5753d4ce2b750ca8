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

    use super::{Findings, Outcome, Time};
    use crate::pcsc::{called, canceller, is_my_number_card, none_called};
    use kazasu::apdu::{Channel, Session};
    use kazasu::mynacard::{Application, Buffer, File, ReadFile, SelectApplication};
    use kazasu::pki::Certificate;
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
        if cards == 0 {
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
                if is_my_number_card(&mut link) {
                    findings.well("card", "My Number card");
                    length(findings, link, now);
                    return true;
                }
                findings.remark(
                    "card",
                    "not a My Number card",
                    ("Place another card.", "別のカードを置いてください。"),
                );
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
        let found = match (&result, session.channel().extended_length_refused()) {
            (Ok(_), false) => "taken",
            (Ok(_), true) => "refused; short answers are used",
            (Err(_), _) => "not known",
        };
        findings.well("extended length", found);
        match (result, now) {
            (Ok(_), Some(now)) => {
                let buffer = read.into_sink();
                match Certificate::parse(buffer.written()) {
                    Ok(certificate) if now < certificate.not_before() => findings.bad(
                        "clock",
                        Outcome::NotYetValid,
                        "the card's certificate begins later than now",
                        ("Set the clock.", "時計を合わせてください。"),
                    ),
                    Ok(_) => {}
                    Err(error) => findings.bad(
                        "certificate",
                        Outcome::NotTrusted,
                        error.to_string(),
                        ("Place the card again.", "カードを置き直してください。"),
                    ),
                }
            }
            (Ok(_), None) => {}
            (Err(error), _) => findings.remark(
                "certificate",
                error.to_string(),
                (
                    "On a phone it is behind the PIN; on a card place it again.",
                    "スマホでは暗証番号の後に読み取れます。カードの場合は置き直してください。",
                ),
            ),
        }
    }
}
