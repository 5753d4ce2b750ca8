//! `kazasu doctor`: what keeps check-ins from working here, and what to do. Uses no PIN.

use crate::arguments::{Doctor, Language};
use crate::exit::Failed;
use crate::json::{FindingObject, Object};
use crate::language::Text;
use crate::screen::Screen;
use crate::trust;
use kazasu::Outcome;
use kazasu::pki::Time;

/// What was found, and how bad it is.
#[derive(Default)]
pub(crate) struct Findings {
    /// Which reader the findings to come are about.
    reader: Option<String>,
    all: Vec<Finding>,
}

struct Finding {
    check: &'static str,
    reader: Option<String>,
    state: &'static str,
    found: Text,
    advice: Option<Text>,
    /// What a check-in ends in by it.
    outcome: Option<Outcome>,
}

impl Findings {
    fn add(
        &mut self,
        check: &'static str,
        outcome: Option<Outcome>,
        state: &'static str,
        found: Text,
        advice: Option<(&str, &str)>,
    ) {
        let reader = self.reader.clone();
        let advice = advice.map(|(en, ja)| Text::new(en, ja));
        self.all.push(Finding { check, reader, state, found, advice, outcome });
    }

    /// Another reader serves: what was found at this one keeps nobody from checking in.
    #[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
    fn soften(&mut self, reader: &str) {
        for finding in &mut self.all {
            let of_it = finding.reader.as_deref() == Some(reader);
            if of_it && finding.outcome.take().is_some() {
                finding.state = REMARK;
            }
        }
    }

    /// The first thing that keeps a check-in from working.
    fn outcome(&self) -> Option<Outcome> {
        self.all.iter().find_map(|finding| finding.outcome)
    }

    pub(crate) fn well(&mut self, check: &'static str, found: Text) {
        self.add(check, None, OK, found, None);
    }

    #[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
    pub(crate) fn remark(&mut self, check: &'static str, found: Text, advice: (&str, &str)) {
        self.add(check, None, REMARK, found, Some(advice));
    }

    pub(crate) fn bad(
        &mut self,
        check: &'static str,
        outcome: Outcome,
        found: Text,
        advice: (&str, &str),
    ) {
        self.add(check, Some(outcome), BAD, found, Some(advice));
    }
}

impl Finding {
    fn object(self) -> FindingObject {
        let Self { check, reader, state, found, advice, .. } = self;
        let (found, advice) = (found.into_english(), advice.map(Text::into_english));
        FindingObject { check, reader, state, found, advice }
    }

    fn lines(&self, screen: Screen) {
        let language = screen.language;
        let mark = match self.state {
            OK => language.of(" ok ", " OK "),
            REMARK => language.of("note", "注意"),
            _ => language.of("BAD ", "異常"),
        };
        // The line before those of a reader names it.
        let indent = if self.reader.is_some() && self.check != "reader" { "  " } else { "" };
        let (check, found) = (name(language, self.check), self.found.of(language));
        screen.line(format_args!("[{mark}] {indent}{check}: {found}"));
        if let Some(advice) = &self.advice {
            screen.line(format_args!("       -> {}", advice.of(language)));
        }
    }
}

/// What was looked at.
fn name(language: Language, check: &'static str) -> &'static str {
    let japanese = match check {
        "card" => "カード",
        "certificate" => "電子証明書",
        "clock" => "時計",
        "driver" => "ドライバー",
        "extended length" => "拡張長",
        "service" => "サービス",
        _ => "リーダー",
    };
    language.of(check, japanese)
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
    let mut findings = Findings::default();
    let now = clock(&mut findings);
    readers(&mut findings, options.reader.as_deref(), now);
    let outcome = findings.outcome();
    if screen.json {
        let findings = findings.all.into_iter().map(Finding::object).collect();
        let object = outcome.map_or_else(Object::done, Object::new);
        Object { findings: Some(findings), ..object }.print();
    } else {
        findings.all.iter().for_each(|finding| finding.lines(screen));
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
            findings.well("clock", Text::same(now));
            Some(now)
        }
        Ok(now) => {
            findings.bad("clock", Outcome::NotYetValid, Text::same(now), advice);
            None
        }
        Err(error) => {
            findings.bad("clock", Outcome::NotYetValid, error.into_text(), advice);
            None
        }
    }
}

#[cfg(not(any(feature = "pcsc", windows)))]
fn readers(findings: &mut Findings, _: Option<&str>, _: Option<Time>) {
    findings.bad(
        "service",
        Outcome::ServiceDown,
        Text::new(
            "this program was built without PC/SC",
            "このプログラムは PC/SC なしでビルドされています",
        ),
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

    use super::{Finding, Findings, Outcome, Text, Time};
    use crate::language::{Told, quirk as quirk_of};
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
                findings.well("service", Text::new("running", "動作中"));
                all
            }
            Err(error) => {
                let outcome = Outcome::from(error.kind());
                return findings.bad(
                    "service",
                    outcome,
                    error.text(),
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
                only.map_or_else(|| Text::new("none", "なし"), |name| none_called(name, &all)),
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
        let bad = |finding: &Finding| finding.check == "card" && finding.outcome.is_some();
        if cards == 0 && !findings.all.iter().any(bad) {
            findings.bad(
                "card",
                Outcome::NoCard,
                Text::new(
                    "no My Number card on any reader",
                    "どのリーダーにもマイナンバーカードがありません",
                ),
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
                quirk_of(quirk).about(name),
                ("Known of this model.", "この機種について知られていることです。"),
            ),
            None => findings.well("reader", Text::same(name)),
        }
        if reader.is_mute() {
            findings.bad(
                "card",
                Outcome::NoCard,
                Text::new("a card that does not answer", "応答しないカードがあります"),
                (
                    "Turn it round, clean its contacts, or try another card.",
                    "カードの向きや接点の汚れを確認するか、別のカードで試してください。",
                ),
            );
            return false;
        }
        if !reader.has_card() {
            findings.well("card", Text::new("none", "なし"));
            return false;
        }
        let settings = Settings::default().cancelled_by(&canceller());
        match system.open(&reader.name, settings) {
            Ok(mut link) => {
                driver(findings, &link);
                match is_my_number_card(&mut link) {
                    Ok(true) => {
                        findings.well("card", Text::new("My Number card", "マイナンバーカード"));
                        length(findings, link, now);
                        return true;
                    }
                    Ok(false) => findings.remark(
                        "card",
                        Text::new("not a My Number card", "マイナンバーカードではありません"),
                        ("Place another card.", "別のカードを置いてください。"),
                    ),
                    Err(error) => failed(findings, "card", error),
                }
            }
            Err(error) => findings.bad(
                "card",
                Outcome::from(error.kind()),
                error.text(),
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
        findings.bad(check, outcome, error.text(), advice);
    }

    fn driver(findings: &mut Findings, link: &Link) {
        let card = link.card();
        let protocol = card.map(|card| format!("{:?}", card.protocol));
        let features = link.features();
        let (extended, extended_ja) = match features.extended_length() {
            Some(true) => ("passes", "使用可"),
            Some(false) => ("does not pass", "使用不可"),
            None => ("not stated", "記載なし"),
        };
        let (pin_pad, pin_pad_ja) =
            if features.has_pin_pad() { ("yes", "あり") } else { ("no", "なし") };
        let (en, ja) = protocol.as_deref().map_or(("unknown", "不明"), |it| (it, it));
        findings.well(
            "driver",
            Text::new(
                format!("protocol {en}, PIN pad {pin_pad}, extended length {extended}"),
                format!("プロトコル {ja}、PINパッド {pin_pad_ja}、拡張長 {extended_ja}"),
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
                let found = match refused {
                    true => Text::new(
                        "refused; short answers are used",
                        "使用不可（短い応答を使用します）",
                    ),
                    false => Text::new("taken", "使用可"),
                };
                findings.well("extended length", found);
            }
            Err(error) if hidden(&error) => {
                findings.well("extended length", Text::new("not known", "不明"));
                return findings.remark(
                    "certificate",
                    error.text(),
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
                error.text(),
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
                Text::new(
                    "the card's certificate begins later than now",
                    "カードの電子証明書の有効期間がまだ始まっていません",
                ),
                ("Set the clock.", "時計を合わせてください。"),
            ),
            Phase::Valid | Phase::Expiring => {}
            Phase::Grace => findings.remark(
                "clock",
                Text::new(
                    "the card's certificate has expired and is in its months of grace, or the clock is \
                     ahead",
                    "カードの電子証明書は有効期限切れで猶予期間中か、時計が進んでいます",
                ),
                (
                    "Check the clock; if it is right, a check-in proves the identity only (21), and \
                     the certificate is renewed at the municipality.",
                    "時計を確認してください。正しい場合、確認できるのは資格情報のみです（21）。電子証明書の更新は市区町村の窓口へ。",
                ),
            ),
            Phase::Over => findings.bad(
                "clock",
                Outcome::Over,
                Text::new(
                    "the card's certificate has expired, or the clock is ahead",
                    "カードの電子証明書の有効期限が切れているか、時計が進んでいます",
                ),
                (
                    "Check the clock; if it is right, the certificate is renewed at the \
                     municipality.",
                    "時計を確認してください。正しい場合、電子証明書の更新は市区町村の窓口へ。",
                ),
            ),
        }
    }
}
