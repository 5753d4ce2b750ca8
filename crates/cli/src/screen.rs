//! Text for people: short steps with their time, then the outcome.

use crate::arguments::{Language, OutputOptions};
use crate::exit::{Error, Failed};
use crate::json::{ExchangeObject, Object, cleared};
use crate::language::{Text, Told};
use crate::reader::NoReader;
use crate::stream::{self, Plain};
use kazasu::apdu::Counts;
use kazasu::pki::Judged;
use kazasu::{Cleared, Failure, Outcome, Stage};
use std::fmt::Display;
use std::time::Instant;

/// What is printed, and how.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) json: bool,
    pub(crate) language: Language,
}

impl Screen {
    pub(crate) fn new(options: &OutputOptions) -> Self {
        Self { json: options.json, language: Language::choose(options.lang) }
    }

    /// What is printed if a signal ends the program at once; `object` is the command's with nothing
    /// known.
    pub(crate) fn interruptible(self, object: Object) {
        if self.json {
            object.print_if_interrupted();
        }
    }

    /// A line for people, in which nothing steers a terminal.
    pub(crate) fn line(self, text: impl Display) {
        if !self.json {
            stream::out(Plain(text));
        }
    }

    /// Asks somebody to do something; on standard error, so that JSON stays alone.
    pub(crate) fn ask(self, text: &str) {
        if self.json {
            stream::err(text);
        } else {
            self.line(text);
        }
    }

    /// Prints each step with the time since the one before.
    pub(crate) fn steps(self) -> impl FnMut(Stage) + 'static {
        self.steps_as(Language::stage)
    }

    /// The same where an access code is presented instead of a PIN.
    pub(crate) fn steps_by_code(self) -> impl FnMut(Stage) + 'static {
        self.steps_as(Language::stage_by_code)
    }

    fn steps_as(self, name: fn(Language, Stage) -> &'static str) -> impl FnMut(Stage) + 'static {
        let mut last = Instant::now();
        move |stage| {
            let milliseconds = last.elapsed().as_secs_f64() * 1000.0;
            last = Instant::now();
            self.line(format_args!("  {milliseconds:8.1} ms  {}", name(self.language, stage)));
        }
    }

    /// Says that the card is a demonstration.
    pub(crate) fn demonstration(self) {
        self.line(self.language.of(
            "Demonstration card, issued for this run: a virtual card, nobody's.",
            "デモ用の仮想カードを発行しました（実在の人物のカードではありません）。",
        ));
    }

    /// Prints an outcome with its detail, and what went over the link.
    pub(crate) fn outcome(
        self,
        outcome: Outcome,
        failure: Option<&Failure>,
        tries_left: Option<u8>,
        counts: Option<Counts>,
    ) {
        self.line(match failure {
            Some(Failure::Code(_)) => self.language.outcome_of_code(outcome, tries_left),
            _ => self.language.outcome(outcome, tries_left),
        });
        if let Some(failure) = failure {
            self.reason(outcome, &failure.text());
        }
        if let Some(counts) = counts {
            self.line(format_args!(
                "  {} {}, {} + {} {}",
                counts.commands,
                self.language.of("commands to the card", "コマンド"),
                counts.bytes_sent,
                counts.bytes_received,
                self.language.of("bytes out + in", "バイト（送信 + 受信）"),
            ));
        }
    }

    /// Prints the name and the number of an outcome, and its reason.
    pub(crate) fn reason(self, outcome: Outcome, reason: &Text) {
        let (code, reason) = (outcome.code(), reason.of(self.language));
        self.line(format_args!("  {outcome} ({code}): {reason}"));
    }

    /// Prints what a certificate that was accepted is.
    pub(crate) fn certificate(self, judged: &Judged<'_>) {
        let certificate = judged.certificate();
        self.line(format_args!(
            "  {}: {}, {} {}, {} {}",
            self.language.of("certificate", "電子証明書"),
            judged.kind().as_str(),
            self.language.of("root", "ルート"),
            judged.hierarchy().as_str(),
            self.language.of("until", "有効期限"),
            certificate.not_after().jst_date(),
        ));
        self.line(format_args!(
            "  {}: {}; {}",
            self.language.of("phase", "有効期間の状態"),
            judged.phase().as_str(),
            self.language.of("revocation not checked", "失効確認は未実施"),
        ));
    }

    /// Ends a run that found no reader.
    pub(crate) fn no_reader(self, error: NoReader, object: Object) -> Result<u8, Failed> {
        match error {
            NoReader::Error(error) => Err(self.fail(error, object)),
            NoReader::Outcome(outcome, message) => {
                if self.json {
                    let message = Some(message.into_english());
                    Object { message, ..object.named(outcome) }.print();
                } else {
                    self.line(self.language.outcome(outcome, None));
                    self.reason(outcome, &message);
                }
                Ok(outcome.code())
            }
        }
    }

    /// Ends a run whose card or reader went away while somebody was asked.
    pub(crate) fn gone(
        self,
        end: NoReader,
        how: Cleared,
        counts: Counts,
        object: Object,
    ) -> Result<u8, Failed> {
        let status_cleared = Some(cleared(how));
        let exchange = Some(ExchangeObject::from(counts));
        self.no_reader(end, Object { status_cleared, exchange, ..object })
    }

    /// An error, reported as this run reports; `object` is the command's with nothing known.
    pub(crate) fn fail(self, error: Error, object: Object) -> Failed {
        Failed::new(error, self.json.then_some(object))
    }
}
