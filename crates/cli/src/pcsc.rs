//! Readers over PC/SC: which one is meant, waiting for a card, and the link to it.
//!
//! No card is told by its answer to reset: where several are there, SELECT decides.

use crate::arguments::Language;
use crate::exit::Error;
use crate::interrupt::{self, Risk};
use crate::language::{Text, Told, say};
use crate::reader::{Look, NoReader};
use crate::screen::Screen;
use kazasu::apdu::transport::ErrorKind;
use kazasu::apdu::{Channel, Session, Transport};
use kazasu::mynacard;
use kazasu::mynacard::{Application, SelectApplication};
use kazasu::{Failure, Outcome};
use kazasu_pcsc::{Canceller, Event, Link, Reader, Readers, Settings};
use std::time::{Duration, Instant};

/// A canceller that Ctrl-C cancels.
pub(crate) fn canceller() -> Canceller {
    let canceller = Canceller::new();
    let theirs = canceller.clone();
    interrupt::on(move || theirs.cancel());
    canceller
}

/// The outcome of an error of PC/SC, in its own words.
pub(crate) fn no_reader(error: &kazasu_pcsc::Error) -> NoReader {
    NoReader::Outcome(Outcome::from(error.kind()), error.text())
}

/// Watches the card of a link, which is never asked anything. Begins when it is first called: most
/// questions are answered before.
pub(crate) fn presence(link: &Link) -> Look {
    let name = link.reader().clone();
    let mut watcher = None;
    Box::new(move || {
        let watcher = match &mut watcher {
            Some(watcher) => watcher,
            // Without one the next command finds out.
            None => watcher.insert(Readers::system().watch(&Canceller::new()).ok()?),
        };
        while let Ok(Some(event)) = watcher.wait(Some(Duration::ZERO)) {
            let (outcome, text) = match event {
                Event::CardOut { reader } if reader == name => {
                    (Outcome::CardRemoved, say::card_left())
                }
                Event::Unplugged { reader } if reader == name => {
                    (Outcome::ReaderLost, say::reader_left())
                }
                Event::ServiceDown { error } => (Outcome::from(error.kind()), error.text()),
                _ => continue,
            };
            return Some((outcome, text));
        }
        None
    })
}

/// How long a card is waited for where nobody says.
const WAIT: Duration = Duration::from_secs(30);
/// How often to look whether a card that another program holds is free: pcscd wakes nobody for that.
const AGAIN: Duration = Duration::from_millis(300);

/// What a look at the readers found.
enum Found {
    Link(Box<Link>),
    /// Nothing yet; the outcome if it stays so, and what is missing.
    Nothing(NoReader, Missing),
}

/// What somebody has to do before there is a card.
#[derive(Clone, PartialEq, Eq)]
enum Missing {
    /// Connect a reader: any, or the one of this name; these are there.
    Reader(Option<String>, String),
    /// Place a card.
    Card,
    /// Place the card better.
    Answer,
    /// End another program.
    Free,
}

impl Missing {
    fn ask(&self, screen: Screen) {
        let language = screen.language;
        screen.ask(&match self {
            Self::Reader(None, _) => language
                .of("Connect a card reader.", "カードリーダーを接続してください。")
                .to_owned(),
            Self::Reader(Some(name), there) => {
                let (en, ja) = if there.is_empty() {
                    (String::new(), String::new())
                } else {
                    (format!(" Connected: {there}."), format!("接続中: {there}"))
                };
                match language {
                    Language::En => format!("Connect the card reader \"{name}\".{en}"),
                    Language::Ja => {
                        format!("カードリーダー「{name}」を接続してください。{ja}")
                    }
                }
            }
            Self::Card => language
                .of(
                    "Place the My Number card on the reader.",
                    "マイナンバーカードをカードリーダーに置いてください。",
                )
                .to_owned(),
            Self::Answer => language
                .of(
                    "The card does not answer: turn it round or clean it.",
                    "カードが応答しません。向きや汚れを確認してください。",
                )
                .to_owned(),
            Self::Free => language
                .of(
                    "Another program is using the card; waiting until it ends.",
                    "他のプログラムがカードを使用中です。終わるのを待っています。",
                )
                .to_owned(),
        });
    }
}

/// Connects to the card: on the reader called `name`, or on the only one whose card is a My Number
/// card. Waits for it up to `wait`, and for a reader whose name none has only if that is given.
pub(crate) fn open(
    name: Option<&str>,
    wait: Option<Duration>,
    screen: Screen,
) -> Result<Link, NoReader> {
    let readers = Readers::system();
    let canceller = canceller();
    let settings = Settings::default().cancelled_by(&canceller);
    let deadline = Instant::now() + wait.unwrap_or(WAIT);
    let mut watcher = None;
    let mut asked = None;
    let mut probed = false;
    loop {
        let all = readers.list().map_err(|error| no_reader(&error))?;
        let (nothing, missing) = match look(&readers, &all, name, &settings, &mut probed)? {
            Found::Link(link) => {
                interrupt::warns(risk(screen));
                return Ok(*link);
            }
            Found::Nothing(outcome, missing) => (outcome, missing),
        };
        // A name that none has is more likely wrong than about to come.
        let wrong = wait.is_none()
            && matches!(&missing, Missing::Reader(Some(_), there) if !there.is_empty());
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || wrong {
            return Err(nothing);
        }
        if asked.as_ref() != Some(&missing) {
            missing.ask(screen);
        }
        let missing = asked.insert(missing);
        let watcher = match &mut watcher {
            Some(watcher) => watcher,
            // It tells everything that is there first, so nothing is missed in between.
            None => watcher.insert(readers.watch(&canceller).map_err(|error| no_reader(&error))?),
        };
        loop {
            let mut left = deadline.saturating_duration_since(Instant::now());
            if *missing == Missing::Free {
                left = left.min(AGAIN);
            }
            match watcher.wait(Some(left)) {
                Ok(None) => break,
                Ok(Some(Event::CardIn { .. } | Event::CardMute { .. })) => break,
                Ok(Some(Event::Plugged { .. })) if matches!(missing, Missing::Reader(..)) => break,
                Ok(Some(Event::ServiceDown { error })) => return Err(no_reader(&error)),
                Ok(Some(_)) => {}
                Err(error) => return Err(no_reader(&error)),
            }
        }
    }
}

/// What a signal's end waits for, and what a second one leaves behind.
fn risk(screen: Screen) -> Risk {
    Risk {
        waiting: screen.language.of(
            "Waiting for the card's answer, to take its power then. Ctrl-C again ends at once.",
            "カードの応答を待って電源を切ります。もう一度 Ctrl-C で直ちに終了します。",
        ),
        leaving: screen.language.of(
            "Ended at once. If the PIN was presented, another program may use it until the card is \
             taken away: take it away.",
            "直ちに終了しました。暗証番号を入力した場合、カードを取り除くまで他のプログラムに使用されるおそれがあります。カードを取り除いてください。",
        ),
    }
}

/// Looks at the readers once. Of a single card nothing is asked, unless it was `probed` beside
/// others: when they leave, a foreign card is still none of those that are waited for.
fn look(
    readers: &Readers,
    all: &[Reader],
    name: Option<&str>,
    settings: &Settings,
    probed: &mut bool,
) -> Result<Found, NoReader> {
    let nothing =
        |outcome, text, missing| Ok(Found::Nothing(NoReader::Outcome(outcome, text), missing));
    let meant = choose(all, name)?;
    if meant.is_empty() {
        let there = names(all);
        let text = name.map_or_else(say::none_at_all, |name| none_called(name, all));
        let missing = Missing::Reader(name.map(str::to_owned), there);
        return nothing(Outcome::NoReader, text, missing);
    }
    let cards: Vec<_> = meant.into_iter().filter(|reader| reader.has_card()).collect();
    match cards.as_slice() {
        [] => nothing(Outcome::NoCard, say::no_card(), Missing::Card),
        [reader] if reader.is_mute() => nothing(Outcome::NoCard, say::mute_card(), Missing::Answer),
        [reader] if !*probed => match readers.open(&reader.name, settings.clone()) {
            Ok(link) => Ok(Found::Link(Box::new(link))),
            Err(error) => match error.kind() {
                ErrorKind::InUse => Ok(Found::Nothing(no_reader(&error), Missing::Free)),
                ErrorKind::NoCard => Ok(Found::Nothing(no_reader(&error), Missing::Card)),
                _ => Err(no_reader(&error)),
            },
        },
        several => {
            *probed = true;
            probe(readers, several, settings)
        }
    }
}

/// What is said of a name that no reader has.
pub(crate) fn none_called(name: &str, all: &[Reader]) -> Text {
    match names(all) {
        there if there.is_empty() => say::none_but_wanted(name),
        there => say::none_called(name, &there),
    }
}

fn names(all: &[Reader]) -> String {
    let names: Vec<_> = all.iter().map(|reader| format!("\"{}\"", reader.name)).collect();
    names.join(", ")
}

/// The readers of that name: the one with this very name, else those whose names begin with it,
/// else those that have it in their names, whatever the case of the letters.
pub(crate) fn called<'r>(all: &'r [Reader], name: &str) -> Vec<&'r Reader> {
    let lower = name.to_lowercase();
    let tests: [&dyn Fn(&str) -> bool; 3] =
        [&|of| of == name, &|of| of.to_lowercase().starts_with(&lower), &|of| {
            of.to_lowercase().contains(&lower)
        }];
    let found = tests.iter().map(|is_it| {
        all.iter().filter(|reader| is_it(&reader.name.to_string())).collect::<Vec<_>>()
    });
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The readers that are meant: all, or the only one of that name.
fn choose<'r>(all: &'r [Reader], name: Option<&str>) -> Result<Vec<&'r Reader>, NoReader> {
    let Some(name) = name else { return Ok(all.iter().collect()) };
    let meant = called(all, name);
    if meant.len() > 1 {
        return Err(NoReader::Error(Error::Usage(say::several_called(&listing(&meant)))));
    }
    Ok(meant)
}

/// They, as they are to be named.
fn listing(readers: &[&Reader]) -> String {
    let names: Vec<_> =
        readers.iter().map(|reader| format!("--reader 'pcsc:{}'", reader.name)).collect();
    names.join(", ")
}

/// Several cards: SELECT tells which is a My Number card.
fn probe(readers: &Readers, cards: &[&Reader], settings: &Settings) -> Result<Found, NoReader> {
    let mut meant = Vec::new();
    let mut last = None;
    let mut silent = None;
    for reader in cards {
        match readers.open(&reader.name, settings.clone()) {
            Ok(mut link) => match is_my_number_card(&mut link) {
                Ok(true) => meant.push((*reader, link)),
                Ok(false) => {}
                Err(error) => {
                    let outcome = Failure::Card(error).outcome();
                    let text = error.text().about(format_args!("\"{}\"", reader.name));
                    let failed = NoReader::Outcome(outcome, text);
                    match outcome {
                        Outcome::Cancelled | Outcome::ServiceDown => return Err(failed),
                        Outcome::TimedOut => silent = Some(failed),
                        _ => last = last.or(Some((failed, Missing::Card))),
                    }
                }
            },
            // That one is held says more than why another cannot be asked.
            Err(error) if error.kind() == ErrorKind::InUse => {
                last = Some((no_reader(&error), Missing::Free));
            }
            Err(error) => last = last.or_else(|| Some((no_reader(&error), Missing::Card))),
        }
    }
    if meant.len() > 1 {
        let names: Vec<_> = meant.iter().map(|(reader, _)| *reader).collect();
        return Err(NoReader::Error(Error::Usage(say::several_cards(&listing(&names)))));
    }
    match (meant.pop(), silent, last) {
        (Some((_, link)), ..) => Ok(Found::Link(Box::new(link))),
        // Not asked again: each time it would take as long as a command may.
        (None, Some(silent), _) => Err(silent),
        (None, None, Some((outcome, missing))) => Ok(Found::Nothing(outcome, missing)),
        (None, None, None) => Ok(Found::Nothing(
            NoReader::Outcome(Outcome::NotAMyNumberCard, say::no_my_number_card()),
            Missing::Card,
        )),
    }
}

/// Does the card let the JPKI application be selected? A card that refuses with a status word is
/// something else; of one whose answer did not come nobody knows.
pub(crate) fn is_my_number_card(link: &mut impl Transport) -> Result<bool, mynacard::Error> {
    let (mut commands, mut answers) = ([0; 262], [0; 258]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    match session.run(&mut SelectApplication::new(Application::Jpki)) {
        Ok(()) => Ok(true),
        Err(mynacard::Error::NoApplication { .. } | mynacard::Error::Status { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
