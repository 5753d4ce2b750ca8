//! `docs/nfc-reader.md`, held to what the engine computes: its table of times, its table of errors,
//! and its code, every line of which stands in this file too.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_nfc::air::{Framing, turnaround};
use kazasu_nfc::{Advice, Duration, Error, Kind, LinkError, Settings, frame, timing};

const PAGE: &str = include_str!("../../../docs/nfc-reader.md");
const THIS: &str = include_str!("page.rs");

/// A part of the page, by its heading.
fn part(heading: &str) -> &'static str {
    let part = PAGE.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    part.split("\n## ").next().unwrap()
}

#[test]
fn every_time_of_the_table_is_the_engines() {
    let settings = Settings::default();
    let span = timing::span;
    let rows = [
        ("field off before a new presence", settings.reset),
        ("field on before the first request", settings.guard),
        ("between requests of different types", settings.guard),
        ("ATQB begins within", span(timing::ATQB)),
        ("ATQA begins within, from the end of REQA", span(timing::ATQA)),
        ("an ATS or a PPS response begins within", span(timing::ACTIVATION)),
        ("TR0, which a card of Type B may use to work", span(turnaround(Kind::B).0)),
        ("TR1, subcarrier before its start of frame", span(Framing::default().tr1)),
        ("TR2, from a card of Type B to the reader, code 0", span(timing::tr2(0))),
        ("TR2, code 3", span(timing::tr2(3))),
        ("FDT, from a card of Type A to the reader", span(timing::FRAME_DELAY_A)),
        ("SFGT of SFGI 8", span(timing::sfgt(8))),
        ("FWT of FWI 8", span(timing::fwt(8))),
        ("FWT of FWI 10", span(timing::fwt(10))),
        ("FWT of FWI 13", span(timing::fwt(13))),
        ("FWT at most, also extended", span(timing::FWT_MAX)),
        ("added to each waiting time", settings.latency),
        ("first ATTRIB of a presence is waited for at most", Duration::from_millis(50)),
        ("between two presence checks", settings.presence_interval),
        ("a presence check waits", settings.presence_wait),
        ("extensions of one command together, at most", settings.extension_limit),
        ("one command, at most", settings.exchange_limit),
    ];
    let table = part("Timing");
    // The head and its rule are not rows.
    assert_eq!(table.lines().filter(|line| line.starts_with("| ")).count(), rows.len() + 1);
    for (what, time) in rows {
        let row = table.lines().find_map(|line| line.strip_prefix(&format!("| {what} | ")));
        let last = row.unwrap_or_else(|| panic!("{what}")).trim_end_matches(" |");
        let micros = last.rsplit("| ").next().unwrap().replace(',', "");
        assert_eq!(micros, time.micros().to_string(), "{what}");
    }
}

#[test]
fn every_error_and_what_to_do_is_on_the_page() {
    let part = part("When a read fails");
    let errors = [
        Error::Activation,
        Error::BufferTooSmall,
        Error::Cancelled,
        Error::CardRemoved,
        Error::CommandLength,
        Error::ExtensionLimit,
        Error::ExchangeLimit,
        Error::FrontEnd,
        Error::NoCard,
        Error::NotReady,
        Error::Protocol,
        Error::Settings,
        Error::TwoCards,
        Error::Unreadable,
        Error::UnsupportedCard,
    ];
    for error in errors {
        let name = format!("`{error:?}`");
        let row = part
            .lines()
            .find(|line| line.split(" | ").next().is_some_and(|first| first.contains(&name)));
        let row = row.unwrap_or_else(|| panic!("{name}"));
        let wanted = error.advice().map(|advice| format!("`{advice:?}`"));
        let named = row.split('`').skip(1).step_by(2).find(|word| {
            [Advice::Place, Advice::PutBack, Advice::HoldStill, Advice::OneCard, Advice::OtherCard]
                .iter()
                .any(|advice| format!("{advice:?}") == *word)
        });
        assert_eq!(named.map(|word| format!("`{word}`")), wanted, "{error:?}");
    }
}

/// A radio without a card.
struct MyRadio;

impl kazasu_nfc::FrontEnd for MyRadio {
    type Error = kazasu_apdu::transport::ErrorKind;

    fn capabilities(&self) -> kazasu_nfc::Capabilities {
        kazasu_nfc::Capabilities::new(256)
    }
    fn now(&mut self) -> kazasu_nfc::Instant {
        kazasu_nfc::Instant::ORIGIN
    }
    fn wait(&mut self, _: kazasu_nfc::Instant) {}
    fn switch(&mut self, _: bool) -> Result<(), Self::Error> {
        Err(kazasu_apdu::transport::ErrorKind::ReaderLost)
    }
    fn exchange(
        &mut self,
        exchange: &kazasu_nfc::Exchange,
        _: &mut [u8],
    ) -> Result<kazasu_nfc::Reception, Self::Error> {
        assert!(exchange.shortest() > Duration::ZERO);
        Ok(kazasu_nfc::Reception::Silence)
    }
}

/// The code of the page.
fn session(radio: MyRadio) -> Result<(), LinkError<<MyRadio as kazasu_nfc::FrontEnd>::Error>> {
    use kazasu::apdu::{Channel, Session, Transport};
    use kazasu_nfc::{Link, Settings};

    let (mut commands, mut answers) = ([0; 262], [0; 258]);
    let mut frame = [0; 256];
    let mut link = Link::new(radio, Settings::default(), &mut frame);
    link.reconnect()?; // field off and on, polling, activation
    let mut session = Session::new(&mut link, Channel::new(&mut commands, &mut answers));
    session.power_off().map(drop)
}

#[test]
fn the_code_of_the_page_compiles() {
    assert!(session(MyRadio).is_err());
    let code = part("What to implement").split("```rust,ignore\n").nth(1).unwrap();
    let code = code.split("```").next().unwrap();
    assert!(code.lines().count() > 3);
    for line in code.lines() {
        assert!(THIS.contains(line.trim()), "{line}");
    }
    // What the page says beside it.
    assert_eq!(frame::size(12), 4_096);
}
