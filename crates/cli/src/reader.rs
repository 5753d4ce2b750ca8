//! Readers by name, and the card on them.

use crate::arguments::ReaderOptions;
use crate::exit::{Error, Failed};
use crate::json::Object;
use crate::language::{Text, Told, say};
use crate::link::Link;
use crate::screen::Screen;
use crate::{air_time, interrupt};
use kazasu::Outcome;
use kazasu::apdu::{Channel, Entry, ExtendedLength, Session};
use kazasu::virtual_card::{self, Card, CardFile, CertificateKind, Issue, Reference};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;

/// What `--reader` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReaderName {
    /// A demonstration card, issued for this run.
    Virtual,
    /// A virtual card in a file.
    VirtualFile(PathBuf),
    /// A reader over PC/SC: by its name, or the only one with a My Number card.
    Pcsc(Option<String>),
}

impl FromStr for ReaderName {
    type Err = Text;
    fn from_str(text: &str) -> Result<Self, Text> {
        match text.split_once(':') {
            None if text == "virtual" => Ok(Self::Virtual),
            Some(("virtual", file)) if !file.is_empty() => Ok(Self::VirtualFile(file.into())),
            None if text == "pcsc" => Ok(Self::Pcsc(None)),
            Some(("pcsc", name)) if !name.is_empty() => Ok(Self::Pcsc(Some(name.to_owned()))),
            _ => Err(say::reader_names()),
        }
    }
}

/// Room for every certificate that is known, with a long address to spare.
pub(crate) const CERTIFICATE: usize = 8192;

/// The buffers of a session, and its trace.
pub(crate) struct Exchanger {
    commands: Vec<u8>,
    answers: Vec<u8>,
    mode: ExtendedLength,
    trace: Option<fn(&Entry)>,
}

impl Exchanger {
    pub(crate) fn new(options: &ReaderOptions) -> Self {
        Self {
            // Room for the certificate of an institution too.
            commands: vec![0; 512],
            // Every answer with extended length.
            answers: vec![0; 65_538],
            mode: options.extended_length.into(),
            trace: air_time::begin(&options.air, options.trace),
        }
    }

    pub(crate) fn session(&mut self, link: Link) -> Session<'_, Link> {
        air_time::over(&link);
        let mut channel =
            Channel::new(&mut self.commands, &mut self.answers).with_extended_length(self.mode);
        if let Some(trace) = &mut self.trace {
            channel = channel.with_trace(trace);
        }
        Session::new(link, channel)
    }
}

/// Looks whether the card that was opened is still there: `None`, or what became of it. Asks the
/// card nothing.
pub(crate) type Look = Box<dyn FnMut() -> Option<(Outcome, Text)>>;

/// One look for several who ask. What became of the card is told again and again.
pub(crate) fn shared(look: Look) -> impl Fn() -> Look {
    let seen = Rc::new(RefCell::new((look, None)));
    move || {
        let seen = Rc::clone(&seen);
        Box::new(move || {
            let (look, gone) = &mut *seen.borrow_mut();
            if gone.is_none() {
                *gone = look();
            }
            gone.clone()
        })
    }
}

/// A reader with its card.
pub(crate) struct Reader {
    pub(crate) link: Link,
    /// Where a card can leave while nothing is exchanged.
    pub(crate) look: Option<Look>,
    /// Was the card issued for this run?
    pub(crate) demonstration: bool,
    /// The roots that only this card has, auth and sign.
    pub(crate) roots: Vec<(CertificateKind, Vec<u8>)>,
}

/// Why there is no reader: an error of the program, or an outcome.
pub(crate) enum NoReader {
    Error(Error),
    Outcome(Outcome, Text),
}

impl ReaderOptions {
    /// The file that the card is in, which no output may replace.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.reader {
            ReaderName::VirtualFile(path) => Some(path),
            _ => None,
        }
    }

    /// Opens the reader and connects to the card.
    pub(crate) fn open(&self, screen: Screen) -> Result<Reader, NoReader> {
        interrupt::job_ends_itself();
        let card = match &self.reader {
            ReaderName::Virtual => {
                let mut issue = Issue::demonstration();
                issue.stand_in_institution = true;
                Card::issue(issue)?
            }
            ReaderName::VirtualFile(path) => CardFile::open(path)?,
            ReaderName::Pcsc(name) => {
                let (link, look) = open_pcsc(name.as_deref(), self.wait, screen)?;
                let look = Some(look);
                return Ok(Reader { link, look, demonstration: false, roots: Vec::new() });
            }
        };
        let roots = [CertificateKind::Auth, CertificateKind::Sign]
            .into_iter()
            .filter_map(|kind| Some((kind, card.root_certificate(kind)?)))
            .collect();
        let link = Link::Virtual(Box::new(virtual_card::Link::new(card)));
        let look = None;
        Ok(Reader { link, look, demonstration: self.reader == ReaderName::Virtual, roots })
    }

    /// Opens the reader, and reads what else the command line names; where there is no reader that is
    /// read all the same, so that a wrong call is named first. `Err` has the exit number of a run
    /// that ends here.
    pub(crate) fn open_with<N>(
        &self,
        screen: Screen,
        named: impl Fn(Option<&Reader>) -> Result<N, Error>,
        empty: impl Fn() -> Object,
    ) -> Result<(Reader, N), Result<u8, Failed>> {
        let fail = |error| Err(screen.fail(error, empty()));
        let reader = match self.open(screen) {
            Ok(reader) => reader,
            Err(error) => {
                named(None).map_err(fail)?;
                return Err(screen.no_reader(error, empty()));
            }
        };
        if reader.demonstration {
            screen.demonstration();
        }
        let named = named(Some(&reader)).map_err(fail)?;
        Ok((reader, named))
    }
}

#[cfg(any(feature = "pcsc", windows))]
fn open_pcsc(
    name: Option<&str>,
    wait: Option<u64>,
    screen: Screen,
) -> Result<(Link, Look), NoReader> {
    let wait = wait.map(std::time::Duration::from_secs);
    let link = crate::pcsc::open(name, wait, screen)?;
    let look = crate::pcsc::presence(&link);
    Ok((Link::Pcsc(Box::new(link)), look))
}

#[cfg(not(any(feature = "pcsc", windows)))]
fn open_pcsc(_: Option<&str>, _: Option<u64>, _: Screen) -> Result<(Link, Look), NoReader> {
    Err(NoReader::Error(without_pcsc()))
}

/// What a program says that was built without PC/SC.
#[cfg(not(any(feature = "pcsc", windows)))]
pub(crate) fn without_pcsc() -> Error {
    Error::Usage(Text::new(
        "this program was built without PC/SC; install libpcsclite-dev and build with \
         `cargo build --release --features pcsc`",
        "このプログラムは PC/SC なしでビルドされています。libpcsclite-dev を入れて \
         `cargo build --release --features pcsc` でビルドしてください",
    ))
}

impl Reader {
    /// The secret of a demonstration card: its user has no other way to know it.
    pub(crate) fn demonstration_secret(&self, reference: Reference) -> Option<&str> {
        match &self.link {
            Link::Virtual(link) if self.demonstration => {
                Some(link.card()?.secret(reference)?.reveal())
            }
            _ => None,
        }
    }
}

impl From<virtual_card::Error> for NoReader {
    fn from(error: virtual_card::Error) -> Self {
        match error {
            virtual_card::Error::InUse { .. } => Self::Outcome(Outcome::InUse, error.text()),
            error => Self::Error(card_error(error)),
        }
    }
}

/// Why a virtual card could not keep its state, if that is what broke the session.
pub(crate) fn storage_error(session: &Session<'_, Link>) -> Option<Error> {
    match session.last_error() {
        Some(crate::link::Error::Virtual(virtual_card::LinkError::Card(error))) => {
            Some(Error::File(error.text()))
        }
        _ => None,
    }
}

/// An error about a card file.
pub(crate) fn card_error(error: virtual_card::Error) -> Error {
    use virtual_card::Error as Of;
    match error {
        Of::InvalidIssue(_) => Error::Usage(error.text()),
        // Their texts name the file.
        Of::Io { .. }
        | Of::AlreadyExists { .. }
        | Of::HardLinked { .. }
        | Of::InUse { .. }
        | Of::LockLost { .. }
        | Of::NotACardFile { .. }
        | Of::UnsupportedVersion { .. }
        | Of::Damaged { .. } => Error::File(error.text()),
        error => Error::Internal(error.text()),
    }
}
