//! The PC/SC calls that this crate uses, as traits: [`System`](crate::System) makes them, the
//! stand-in pretends to.
//!
//! A call may block without limit; whoever waits for it does so elsewhere. Nothing here interprets
//! a command or an answer.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use pcsc::{Attribute, Disposition, Error as Code, Protocol, Protocols, ShareMode, State};

/// A reader's name, as the service gives it. It may change from one plugging-in to the next.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderName(CString);

impl ReaderName {
    /// The name as the service wants it.
    #[must_use]
    pub fn as_c_str(&self) -> &CStr {
        &self.0
    }

    /// Does it contain this text, whatever the case of its letters?
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        self.to_string().to_lowercase().contains(&text.to_lowercase())
    }
}

impl From<CString> for ReaderName {
    fn from(name: CString) -> Self {
        Self(name)
    }
}

/// A name given by a person: up to the first NUL, if there is one.
impl From<&str> for ReaderName {
    fn from(name: &str) -> Self {
        let name = name.split('\0').next().unwrap_or_default();
        Self(CString::new(name).unwrap_or_default())
    }
}

/// As text; bytes that are no UTF-8 are replaced.
impl fmt::Display for ReaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string_lossy())
    }
}

impl fmt::Debug for ReaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What is known of a reader, and what the service says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderState {
    /// Which reader.
    pub reader: ReaderName,
    /// What the caller knew.
    pub known: State,
    /// The count that the caller knew.
    pub known_events: u16,
    /// What the service says now.
    pub state: State,
    /// How often a card came or went, as the service counts.
    pub events: u16,
    /// Answer to reset of the card there; empty without one.
    pub atr: Vec<u8>,
}

impl ReaderState {
    /// Nothing is known yet: the first call returns at once.
    #[must_use]
    pub fn unaware(reader: ReaderName) -> Self {
        Self {
            reader,
            known: State::UNAWARE,
            known_events: 0,
            state: State::UNAWARE,
            events: 0,
            atr: Vec::new(),
        }
    }

    /// The reader that stands for readers coming and going.
    #[must_use]
    pub fn notification() -> Self {
        Self::unaware(ReaderName(pcsc::PNP_NOTIFICATION().to_owned()))
    }

    /// Is it that one?
    #[must_use]
    pub fn is_notification(&self) -> bool {
        self.reader.as_c_str() == pcsc::PNP_NOTIFICATION()
    }

    /// What the service says is now known.
    pub fn accept(&mut self) {
        self.known = self.state.difference(State::CHANGED);
        self.known_events = self.events;
    }
}

/// What the service says of a connected card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardStatus {
    /// Answer to reset, 2 to 33 bytes. On contactless readers the reader makes it up (PC/SC part 3).
    pub atr: Vec<u8>,
    /// T=0 or T=1; `None` when none is agreed.
    pub protocol: Option<Protocol>,
}

/// The smart card service.
pub trait Service: Send + Sync {
    /// SCardEstablishContext. The context is released when its last owner drops it.
    ///
    /// # Errors
    /// The service's code.
    fn establish(&self) -> Result<Arc<dyn Context>, Code>;
}

/// A context with the service.
pub trait Context: Send + Sync {
    /// SCardListReaders. Without readers: an empty list.
    ///
    /// # Errors
    /// The service's code.
    fn list_readers(&self) -> Result<Vec<ReaderName>, Code>;

    /// SCardGetStatusChange: waits until a reader differs from what is known of it. `None` waits
    /// without limit.
    ///
    /// # Errors
    /// [`Code::Timeout`], [`Code::Cancelled`], or another code of the service.
    fn status_change(
        &self,
        limit: Option<Duration>,
        readers: &mut [ReaderState],
    ) -> Result<(), Code>;

    /// SCardConnect.
    ///
    /// # Errors
    /// The service's code.
    fn connect(
        &self,
        reader: &ReaderName,
        share: ShareMode,
        protocols: Protocols,
    ) -> Result<Box<dyn Handle>, Code>;

    /// SCardCancel: [`Context::status_change`] of another thread returns [`Code::Cancelled`].
    ///
    /// # Errors
    /// The service's code.
    fn cancel(&self) -> Result<(), Code>;
}

/// A connected card.
pub trait Handle: Send {
    /// SCardStatus.
    ///
    /// # Errors
    /// The service's code.
    fn status(&self) -> Result<CardStatus, Code>;

    /// SCardTransmit. Returns the length of the answer.
    ///
    /// # Errors
    /// The service's code. The card may have acted all the same.
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Code>;

    /// SCardControl. Returns the length of the answer.
    ///
    /// # Errors
    /// The service's code.
    fn control(&mut self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code>;

    /// SCardGetAttrib.
    ///
    /// # Errors
    /// The service's code.
    fn attribute(&self, attribute: Attribute) -> Result<Vec<u8>, Code>;

    /// SCardBeginTransaction. What is dropped is ended with the card left as it is.
    ///
    /// # Errors
    /// The service's code.
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Code>;

    /// SCardReconnect.
    ///
    /// # Errors
    /// The service's code.
    fn reconnect(
        &mut self,
        share: ShareMode,
        protocols: Protocols,
        initialization: Disposition,
    ) -> Result<(), Code>;

    /// SCardDisconnect. When it fails, or a handle is dropped without it, the card is reset if that
    /// is still possible.
    ///
    /// # Errors
    /// The service's code.
    fn disconnect(self: Box<Self>, disposition: Disposition) -> Result<(), Code>;
}

/// A transaction on a shared card: the others wait.
pub trait Transaction {
    /// SCardTransmit.
    ///
    /// # Errors
    /// The service's code. The card may have acted all the same.
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Code>;

    /// SCardControl.
    ///
    /// # Errors
    /// The service's code.
    fn control(&mut self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code>;

    /// SCardEndTransaction.
    ///
    /// # Errors
    /// The service's code.
    fn end(self: Box<Self>, disposition: Disposition) -> Result<(), Code>;
}
