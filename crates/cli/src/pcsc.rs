//! Readers over PC/SC: which one is meant, waiting for a card, and the link to it.
//!
//! No card is told by its answer to reset: where several are there, SELECT decides.

use crate::exit::Error;
use crate::interrupt;
use crate::reader::{Look, NoReader};
use crate::screen::Screen;
use kazasu::Outcome;
use kazasu::apdu::{Channel, Session, Transport};
use kazasu::mynacard::{Application, SelectApplication};
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
    NoReader::Outcome(Outcome::from(error.kind()), error.to_string())
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
                    (Outcome::CardRemoved, "the card was removed; place it again".to_owned())
                }
                Event::Unplugged { reader } if reader == name => {
                    (Outcome::ReaderLost, "the reader disappeared; connect it again".to_owned())
                }
                Event::ServiceDown { error } => (Outcome::from(error.kind()), error.to_string()),
                _ => continue,
            };
            return Some((outcome, text));
        }
        None
    })
}

/// What a look at the readers found.
enum Found {
    Link(Box<Link>),
    /// Nothing yet; the outcome if it stays so.
    Nothing(NoReader),
}

/// Connects to the card: on the reader called `name`, or on the only one whose card is a My Number
/// card. Waits for it up to `wait`.
pub(crate) fn open(name: Option<&str>, wait: Duration, screen: Screen) -> Result<Link, NoReader> {
    let readers = Readers::system();
    let canceller = canceller();
    let settings = Settings::default().cancelled_by(&canceller);
    let deadline = Instant::now() + wait;
    let mut watcher = None;
    let mut asked = false;
    loop {
        let all = readers.list().map_err(|error| no_reader(&error))?;
        let nothing = match look(&readers, &all, name, &settings)? {
            Found::Link(link) => return Ok(*link),
            Found::Nothing(outcome) => outcome,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(nothing);
        }
        if !asked {
            asked = true;
            screen.ask(if all.is_empty() {
                screen.language.of("Connect a card reader.", "カードリーダーを接続してください。")
            } else {
                screen.language.of(
                    "Place the My Number card on the reader.",
                    "マイナンバーカードをカードリーダーに置いてください。",
                )
            });
        }
        let watcher = match &mut watcher {
            Some(watcher) => watcher,
            // It tells everything that is there first, so nothing is missed in between.
            None => watcher.insert(readers.watch(&canceller).map_err(|error| no_reader(&error))?),
        };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match watcher.wait(Some(left)) {
                Ok(None) => break,
                Ok(Some(Event::CardIn { .. })) => break,
                Ok(Some(Event::ServiceDown { error })) => return Err(no_reader(&error)),
                Ok(Some(_)) => {}
                Err(error) => return Err(no_reader(&error)),
            }
        }
    }
}

/// Looks at the readers once.
fn look(
    readers: &Readers,
    all: &[Reader],
    name: Option<&str>,
    settings: &Settings,
) -> Result<Found, NoReader> {
    let outcome =
        |outcome, text: &str| Ok(Found::Nothing(NoReader::Outcome(outcome, text.to_owned())));
    let meant = choose(all, name)?;
    if meant.is_empty() {
        return outcome(Outcome::NoReader, "there is no such card reader; connect it");
    }
    let cards: Vec<_> = meant.into_iter().filter(|reader| reader.has_card()).collect();
    match cards.as_slice() {
        [] => outcome(Outcome::NoCard, "there is no card on the reader; place one"),
        [reader] if reader.is_mute() => {
            outcome(Outcome::NoCard, "the card does not answer; turn it round or clean it")
        }
        [reader] => match readers.open(&reader.name, settings.clone()) {
            Ok(link) => Ok(Found::Link(Box::new(link))),
            Err(error) => Err(no_reader(&error)),
        },
        several => probe(readers, several, settings),
    }
}

/// The readers that are meant: all, the one with this very name, or the only one that contains it.
fn choose<'r>(all: &'r [Reader], name: Option<&str>) -> Result<Vec<&'r Reader>, NoReader> {
    let Some(name) = name else { return Ok(all.iter().collect()) };
    if let Some(reader) = all.iter().find(|reader| reader.name.to_string() == name) {
        return Ok(vec![reader]);
    }
    let meant: Vec<_> = all.iter().filter(|reader| reader.name.contains(name)).collect();
    if meant.len() > 1 {
        return Err(NoReader::Error(Error::Usage(listing(
            "several readers have that name",
            &meant,
        ))));
    }
    Ok(meant)
}

fn listing(why: &str, readers: &[&Reader]) -> String {
    let names: Vec<_> =
        readers.iter().map(|reader| format!("  --reader 'pcsc:{}'", reader.name)).collect();
    format!("{why}; name one:\n{}", names.join("\n"))
}

/// Several cards: SELECT tells which is a My Number card.
fn probe(readers: &Readers, cards: &[&Reader], settings: &Settings) -> Result<Found, NoReader> {
    let mut meant = Vec::new();
    let mut last = None;
    for reader in cards {
        match readers.open(&reader.name, settings.clone()) {
            Ok(mut link) => {
                if is_my_number_card(&mut link) {
                    meant.push((*reader, link));
                }
            }
            Err(error) => last = Some(no_reader(&error)),
        }
    }
    if meant.len() > 1 {
        let names: Vec<_> = meant.iter().map(|(reader, _)| *reader).collect();
        let text = listing("several readers have a My Number card", &names);
        return Err(NoReader::Error(Error::Usage(text)));
    }
    match (meant.pop(), last) {
        (Some((_, link)), _) => Ok(Found::Link(Box::new(link))),
        (None, Some(held)) => Ok(Found::Nothing(held)),
        (None, None) => Ok(Found::Nothing(NoReader::Outcome(
            Outcome::NotAMyNumberCard,
            "none of the cards is a My Number card; place one".to_owned(),
        ))),
    }
}

/// Does the card answer SELECT of the JPKI application?
pub(crate) fn is_my_number_card(link: &mut impl Transport) -> bool {
    let (mut commands, mut answers) = ([0; 262], [0; 258]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    session.run(&mut SelectApplication::new(Application::Jpki)).is_ok()
}
