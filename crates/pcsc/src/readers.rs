//! Which readers there are. Never connects to a card to find out.

use crate::cancel::Canceller;
use crate::error::{During, Error, Operation};
use crate::link::{Link, Settings};
use crate::quirks::{self, Quirk};
use crate::service::{Code, ReaderName, ReaderState, Service, State};
use crate::system::System;
use crate::watcher::Watcher;
use crate::worker::{Lost, Worker};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Longest time for a list of readers.
const LIMIT: Duration = Duration::from_secs(5);
/// How often readers may vanish while they are listed.
const ATTEMPTS: usize = 3;

/// A reader, as it was when it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reader {
    /// Its name.
    pub name: ReaderName,
    /// What the service says of it.
    pub state: State,
    /// Answer to reset of the card there; empty without one.
    pub atr: Vec<u8>,
}

impl Reader {
    /// Is there a card?
    #[must_use]
    pub const fn has_card(&self) -> bool {
        self.state.contains(State::PRESENT)
    }

    /// Is there a card that does not answer: the wrong way round, dirty, or none at all?
    #[must_use]
    pub const fn is_mute(&self) -> bool {
        self.state.contains(State::MUTE)
    }

    /// Does a program hold the card, so that nobody else can connect?
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.state.contains(State::EXCLUSIVE)
    }

    /// What is publicly known of the model.
    #[must_use]
    pub fn quirk(&self) -> Option<&'static Quirk> {
        quirks::find(&self.name, None)
    }
}

/// The readers of a service.
#[derive(Clone)]
pub struct Readers {
    service: Arc<dyn Service>,
}

impl Readers {
    /// Those of this machine.
    #[must_use]
    pub fn system() -> Self {
        Self::over(Arc::new(System))
    }

    /// Those of another implementation of the PC/SC calls.
    #[must_use]
    pub fn over(service: Arc<dyn Service>) -> Self {
        Self { service }
    }

    /// The readers now. Without any: an empty list.
    ///
    /// # Errors
    /// Mostly of kind `ServiceDown`; `TimedOut` after 5 s without an answer.
    pub fn list(&self) -> Result<Vec<Reader>, Error> {
        let worker = Worker::start(Arc::clone(&self.service), drop).map_err(|_| Error::Thread)?;
        let operation = Operation::ListReaders;
        match worker.call(LIMIT, None, |service| list(&**service)) {
            Ok(result) => result,
            Err(Lost::Cancelled) => Err(Error::Cancelled { operation }),
            Err(Lost::Panicked) => Err(Error::Panicked { operation }),
            Err(Lost::TimedOut) => Err(Error::TimedOut { operation }),
        }
    }

    /// Watches readers and cards coming and going.
    ///
    /// # Errors
    /// [`Error::Thread`]. That the service is not running is an event of the watcher.
    pub fn watch(&self, canceller: &Canceller) -> Result<Watcher, Error> {
        Watcher::start(Arc::clone(&self.service), canceller)
    }

    /// Connects to the card on a reader.
    ///
    /// # Errors
    /// [`Error`]; its kind tells whether there is no card, it is in use, the reader is gone, …
    pub fn open(&self, reader: &ReaderName, settings: Settings) -> Result<Link, Error> {
        Link::open(Arc::clone(&self.service), reader, settings)
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

fn list(service: &dyn Service) -> Result<Vec<Reader>, Error> {
    let context = service.establish().during(Operation::Establish)?;
    let mut attempts = ATTEMPTS;
    let states = loop {
        let names = context.list_readers().during(Operation::ListReaders)?;
        let mut states: Vec<_> = names.into_iter().map(ReaderState::unaware).collect();
        if states.is_empty() {
            return Ok(Vec::new());
        }
        attempts -= 1;
        match context.status_change(Some(Duration::ZERO), &mut states) {
            Ok(()) => break states,
            // One was unplugged in between.
            Err(Code::UnknownReader) if attempts > 0 => {}
            Err(code) => return Err(code).during(Operation::StatusChange),
        }
    };
    let reader = |state: ReaderState| Reader {
        name: state.reader,
        state: state.state.difference(State::CHANGED),
        atr: state.atr,
    };
    Ok(states.into_iter().map(reader).collect())
}
