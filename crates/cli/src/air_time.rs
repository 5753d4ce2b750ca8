//! `--air-time`: how long the session would take over NFC, by the model of `kazasu-air`.
//!
//! It is computed from the lengths of what was exchanged, on whichever reader, and from nothing else.
//! A program has one session; its trace hook is a plain function, which notes it here.

use crate::arguments::AirTimeOptions;
use crate::link::Link;
use crate::screen::Screen;
use crate::stream;
use kazasu::apdu::time::Duration;
use kazasu::apdu::{Entry, Trace as _};
use kazasu::virtual_card::Kind;
use kazasu_air::{Replayed, Sides, Steps};
use kazasu_nfc::BitRate;
use kazasu_nfc::air::CardTimes;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was noted of the session.
struct AirTime {
    steps: Steps,
    highest: BitRate,
    times: CardTimes,
    /// What the card declares, and who says so.
    sides: Sides,
    card: Source,
}

/// Where it is from what the card declares.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    /// The answer to reset that a PC/SC reader made of its ATQB.
    #[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
    AnswerToReset,
    /// Nowhere: a card as most of the known ones are.
    KnownCard,
    /// Nowhere: a phone as the standard would have it.
    Phone,
}

static NOTED: Mutex<Option<AirTime>> = Mutex::new(None);

fn noted() -> MutexGuard<'static, Option<AirTime>> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to note a session, if that was asked for: what is to be called for every exchange.
pub(crate) fn begin(options: &AirTimeOptions, trace: bool) -> Option<fn(&Entry)> {
    if !options.air_time {
        return trace.then_some(|entry| stream::err(entry));
    }
    *noted() = Some(AirTime {
        steps: Steps::default(),
        highest: options.air_rate.unwrap_or(BitRate::Kbps848),
        times: options.card_times.unwrap_or_default(),
        sides: Sides::known(),
        card: Source::KnownCard,
    });
    Some(if trace { print_and_note } else { note })
}

fn print_and_note(entry: &Entry) {
    stream::err(entry);
    note(entry);
}

fn note(entry: &Entry) {
    if let Some(noted) = &mut *noted() {
        noted.steps.exchange(entry);
    }
}

/// The session is over this link.
pub(crate) fn over(link: &Link) {
    if let Some(noted) = &mut *noted() {
        (noted.sides, noted.card) = declared(link);
    }
}

fn declared(link: &Link) -> (Sides, Source) {
    match link {
        Link::Virtual(link) => match link.card().map(kazasu::virtual_card::Card::kind) {
            Some(Kind::Android | Kind::Iphone) => (Sides::phone(), Source::Phone),
            _ => (Sides::known(), Source::KnownCard),
        },
        #[cfg(any(feature = "pcsc", windows))]
        Link::Pcsc(link) => match link.card().and_then(|card| protocol_info(&card.atr)) {
            Some(info) => (Sides::type_b(info), Source::AnswerToReset),
            None => (Sides::known(), Source::KnownCard),
        },
    }
}

/// The protocol information of an ATQB in the answer to reset that PC/SC part 3 clause 3.1.3.2.3 makes
/// of it: behind four bytes of application data, before the buffer length.
#[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
fn protocol_info(atr: &[u8]) -> Option<[u8; 3]> {
    match atr {
        // ISO/IEC 14443-4 is b1 of the second byte; the reserved bits of the others are 0.
        [0x3B, 0x88, 0x80, 0x01, _, _, _, _, rates, frame, times, buffer, _]
            if frame & 0x09 == 0x01 && rates & 0x08 == 0 && buffer & 0x0F == 0 =>
        {
            Some([*rates, *frame, *times])
        }
        _ => None,
    }
}

/// In the JSON. All times are of a model.
#[derive(Serialize)]
pub(crate) struct AirTimeObject {
    /// `model`: nothing of it was measured.
    basis: &'static str,
    declared_by: Source,
    kbps_to_card: u16,
    kbps_from_card: u16,
    frames: u32,
    bytes: u32,
    unanswered: u32,
    air_ms: f64,
    card_ms: f64,
    card_times_ms: CardTimesObject,
    rates: Vec<RateObject>,
}

#[derive(Serialize)]
struct CardTimesObject {
    select: f64,
    verify: f64,
    read: f64,
    read_byte: f64,
    signature: f64,
    other: f64,
}

#[derive(Serialize)]
struct RateObject {
    kbps: u16,
    air_ms: f64,
}

/// Tenths of a microsecond would say more than a model knows.
fn milliseconds(duration: Duration) -> f64 {
    duration.micros() as f64 / 1_000.0
}

impl AirTime {
    /// `None` when nothing was exchanged, or no such card can be activated.
    fn object(&self) -> Option<AirTimeObject> {
        if self.steps.as_slice().is_empty() {
            return None;
        }
        let replayed = self.replay(&self.sides.clone().limited(self.highest))?;
        let rates = BitRate::ALL.into_iter().map(|rate| {
            let air = self.replay(&self.sides.clone().at(rate))?.air();
            Some(RateObject { kbps: rate.kbps(), air_ms: milliseconds(air) })
        });
        let times = &self.times;
        Some(AirTimeObject {
            basis: "model",
            declared_by: self.card,
            kbps_to_card: replayed.card.to_card.kbps(),
            kbps_from_card: replayed.card.from_card.kbps(),
            frames: replayed.frames(),
            bytes: replayed.count.bytes_out.saturating_add(replayed.count.bytes_in),
            unanswered: self.steps.unanswered(),
            air_ms: milliseconds(replayed.air()),
            card_ms: milliseconds(self.steps.card(times)),
            card_times_ms: CardTimesObject {
                select: milliseconds(times.select),
                verify: milliseconds(times.verify),
                read: milliseconds(times.read),
                read_byte: milliseconds(times.read_byte),
                signature: milliseconds(times.signature),
                other: milliseconds(times.other),
            },
            rates: rates.collect::<Option<_>>()?,
        })
    }

    fn replay(&self, sides: &Sides) -> Option<Replayed> {
        self.steps.replay(sides).ok()
    }
}

/// For the JSON: absent when it was not asked for, null when there is nothing to compute.
pub(crate) fn object() -> Option<Option<AirTimeObject>> {
    noted().as_ref().map(AirTime::object)
}

/// For people, behind everything else.
pub(crate) fn print(screen: Screen) {
    if screen.json {
        return;
    }
    let Some(Some(it)) = object() else { return };
    let seconds = |milliseconds: f64| milliseconds / 1_000.0;
    let (air, card) = (seconds(it.air_ms), seconds(it.card_ms));
    let together = air + card;
    let language = screen.language;
    let second = language.of(" s", "秒");
    screen.line(format_args!(
        "{}: {} {air:.2}{second}, {} {card:.2}{second}, {} {together:.2}{second}",
        language.of("Over NFC, by a model", "NFCでの所要時間（計算値）"),
        language.of("air", "通信"),
        language.of("card", "カード"),
        language.of("together", "計"),
    ));
    let rates = match it.kbps_to_card == it.kbps_from_card {
        true => format!("{}", it.kbps_to_card),
        false => format!("{} / {}", it.kbps_to_card, it.kbps_from_card),
    };
    screen.line(format_args!(
        "  {rates} kbit/s {}; {} {}, {} {}",
        match it.declared_by {
            Source::AnswerToReset => language
                .of("as this card declares in its answer to reset", "（ATRでカードが示す速度）"),
            Source::KnownCard => language.of(
                "as most known cards declare (docs/card-facts.md §1.2)",
                "（既知のカードの多くが示す速度、docs/card-facts.md §1.2）",
            ),
            Source::Phone => {
                language.of(
                    "as the standard allows a phone",
                    "（規格上、スマートフォンが示しうる速度）",
                )
            }
        },
        it.frames,
        language.of("frames", "フレーム"),
        it.bytes,
        language.of("bytes", "バイト"),
    ));
    let table: Vec<String> = it
        .rates
        .iter()
        .map(|rate| format!("{} kbit/s {:.2}{second}", rate.kbps, seconds(rate.air_ms)))
        .collect();
    screen.line(format_args!("  {}: {}", language.of("air", "通信"), table.join(", ")));
    screen.line(language.of(
        "  Nothing of it was measured. The card's own times are from the log of one card \
         (docs/card-facts.md §1.4); --card-times sets them.",
        "  実測値ではありません。カード自身の処理時間は1枚のカードの公開ログによります（docs/card-facts.md §1.4）。--card-times で変更できます。",
    ));
    if it.unanswered > 0 {
        screen.line(format_args!(
            "  {}: {}",
            language.of(
                "commands without an answer, not counted",
                "応答のなかったコマンド（計算に含まず）"
            ),
            it.unanswered
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers to reset of docs/card-facts.md §1.2, and others.
    #[test]
    fn rates_from_an_answer_to_reset() {
        let known = [0x3B, 0x88, 0x80, 0x01, 0x00, 0x4B, 0x51, 0xFF, 0xB3, 0x81, 0xD1, 0x00, 0x0F];
        assert_eq!(protocol_info(&known), Some([0xB3, 0x81, 0xD1]));
        let mut slow = known;
        slow[8] = 0x00;
        assert_eq!(protocol_info(&slow), Some([0x00, 0x81, 0xD1]));
        let mut type_a = known;
        type_a[9] = 0x80;
        assert_eq!(protocol_info(&type_a), None);
        // Contact.
        assert_eq!(protocol_info(&[0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14]), None);
    }
}
