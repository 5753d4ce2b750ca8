//! Readers by name, and the card on them.

use crate::arguments::ReaderOptions;
use crate::exit::Error;
use crate::stream;
use kazasu::Outcome;
use kazasu::apdu::{Channel, Entry, ExtendedLength, Session};
use kazasu::virtual_card::{self, Card, CardFile, CertificateKind, Issue, Link, Reference};
use std::path::PathBuf;
use std::str::FromStr;

/// What `--reader` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReaderName {
    /// A demonstration card, issued for this run.
    Virtual,
    /// A virtual card in a file.
    VirtualFile(PathBuf),
}

impl FromStr for ReaderName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "virtual" => Ok(Self::Virtual),
            Some(("virtual", file)) if !file.is_empty() => Ok(Self::VirtualFile(file.into())),
            _ => Err("a reader is `virtual` or `virtual:FILE`".to_owned()),
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
            commands: vec![0; 262],
            // Every answer with extended length.
            answers: vec![0; 65_538],
            mode: options.extended_length.into(),
            trace: options.trace.then_some(|entry| stream::err(entry)),
        }
    }

    pub(crate) fn session(&mut self, link: Link) -> Session<'_, Link> {
        let mut channel =
            Channel::new(&mut self.commands, &mut self.answers).with_extended_length(self.mode);
        if let Some(trace) = &mut self.trace {
            channel = channel.with_trace(trace);
        }
        Session::new(link, channel)
    }
}

/// A reader with its card.
pub(crate) struct Reader {
    pub(crate) link: Link,
    /// Was the card issued for this run?
    pub(crate) demonstration: bool,
    /// The roots that only this card has, auth and sign.
    pub(crate) roots: Vec<(CertificateKind, Vec<u8>)>,
}

/// Why there is no reader: an error of the program, or an outcome.
pub(crate) enum NoReader {
    Error(Error),
    Outcome(Outcome, String),
}

impl ReaderName {
    /// Opens the reader.
    pub(crate) fn open(&self) -> Result<Reader, NoReader> {
        let card = match self {
            Self::Virtual => Card::issue(Issue::demonstration()),
            Self::VirtualFile(path) => CardFile::open(path),
        }
        .map_err(NoReader::from)?;
        let roots = [CertificateKind::Auth, CertificateKind::Sign]
            .into_iter()
            .filter_map(|kind| Some((kind, card.root_certificate(kind)?)))
            .collect();
        Ok(Reader { link: Link::new(card), demonstration: *self == Self::Virtual, roots })
    }
}

impl Reader {
    /// The secret of a demonstration card: its user has no other way to know it.
    pub(crate) fn demonstration_secret(&self, reference: Reference) -> Option<&str> {
        if !self.demonstration {
            return None;
        }
        Some(self.link.card()?.secret(reference)?.reveal())
    }
}

impl From<virtual_card::Error> for NoReader {
    fn from(error: virtual_card::Error) -> Self {
        match error {
            virtual_card::Error::InUse { .. } => Self::Outcome(Outcome::InUse, error.to_string()),
            error => Self::Error(card_error(error)),
        }
    }
}

/// An error about a card file.
pub(crate) fn card_error(error: virtual_card::Error) -> Error {
    use virtual_card::Error as Of;
    match error {
        Of::InvalidIssue(_) => Error::Usage(error.to_string()),
        // Their texts name the file.
        Of::Io { .. }
        | Of::AlreadyExists { .. }
        | Of::InUse { .. }
        | Of::LockLost { .. }
        | Of::NotACardFile { .. }
        | Of::UnsupportedVersion { .. }
        | Of::Damaged { .. } => Error::File(error.to_string()),
        error => Error::Internal(error.to_string()),
    }
}
