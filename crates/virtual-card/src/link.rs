//! A link to a card in the same process: the [`Transport`] of tests and demonstrations.
//!
//! It counts what passes and keeps headers, lengths and status words, never data.

use std::fmt;

use kazasu_apdu::transport::{self, Capabilities, ErrorKind};
use kazasu_apdu::{Command, PowerOff, Status, Transport};

use crate::fault::Exchange;
use crate::{Card, Error, Fault, Faults};

/// One command in the log of a [`Link`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Class byte; 0 if the command was shorter than that.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Bytes in the data field.
    pub lc: usize,
    /// Bytes expected; 0 for none.
    pub le: u32,
    /// Bytes of data in the answer.
    pub answered: usize,
    /// Status word; `None` if no two bytes came.
    pub status: Option<Status>,
}

impl LogEntry {
    pub(crate) fn of(command: &[u8], answer: &[u8]) -> Self {
        let byte = |at: usize| command.get(at).copied().unwrap_or(0);
        let (lc, le) = Command::parse(command)
            .map_or((command.len().saturating_sub(4), 0), |(parsed, _)| {
                (parsed.data.len(), parsed.le)
            });
        let (answered, status) = answer
            .split_last_chunk::<2>()
            .map_or((0, None), |(data, sw)| (data.len(), Some(Status(u16::from_be_bytes(*sw)))));
        let (cla, ins, p1, p2) = (byte(0), byte(1), byte(2), byte(3));
        Self { cla, ins, p1, p2, lc, le, answered, status }
    }

    /// Is it a VERIFY with data, which costs a try?
    #[must_use]
    pub const fn is_verify(&self) -> bool {
        self.ins == 0x20 && self.lc > 0
    }

    /// Is it GET RESPONSE?
    #[must_use]
    pub const fn is_get_response(&self) -> bool {
        self.ins == 0xC0
    }
}

/// What a new presence is to the card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnReconnect {
    /// It had no power in between.
    #[default]
    PowerCycle,
    /// It is reset with its power on, and may keep its security status.
    WarmReset,
    /// Nothing: it goes on where it was.
    Nothing,
}

/// A [`Transport`] over a [`Card`] in this process, with faults.
///
/// It declares nothing about extended length unless told. After a broken exchange it refuses every
/// command until [`Transport::reconnect`].
#[derive(Debug)]
pub struct Link {
    card: Option<Card>,
    next_card: Option<Card>,
    removed: Option<Card>,
    faults: Faults,
    capabilities: Capabilities,
    on_reconnect: OnReconnect,
    power_off: bool,
    broken: Option<ErrorKind>,
    log: Vec<LogEntry>,
    bytes_sent: u64,
    bytes_received: u64,
    reconnects: u64,
}

impl Link {
    /// A link with this card on it, powered.
    #[must_use]
    pub fn new(card: Card) -> Self {
        Self {
            card: Some(card),
            next_card: None,
            removed: None,
            faults: Faults::default(),
            capabilities: Capabilities::default(),
            on_reconnect: OnReconnect::default(),
            power_off: true,
            broken: None,
            log: Vec::new(),
            bytes_sent: 0,
            bytes_received: 0,
            reconnects: 0,
        }
    }

    /// What the link says of extended length; `None` is what it says at first: nothing.
    #[must_use]
    pub fn declare_extended_length(mut self, passes: Option<bool>) -> Self {
        self.capabilities = Capabilities::default().with_extended_length(passes);
        self
    }

    /// What a new presence is to the card.
    #[must_use]
    pub const fn on_reconnect(mut self, what: OnReconnect) -> Self {
        self.on_reconnect = what;
        self
    }

    /// A link that cannot take the card's power.
    #[must_use]
    pub const fn without_power_off(mut self) -> Self {
        self.power_off = false;
        self
    }

    /// With this fault.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The faults.
    pub const fn faults_mut(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// The card on the link now.
    #[must_use]
    pub const fn card(&self) -> Option<&Card> {
        self.card.as_ref()
    }

    /// The card on the link now.
    pub const fn card_mut(&mut self) -> Option<&mut Card> {
        self.card.as_mut()
    }

    /// A card that was on the link before another took its place.
    #[must_use]
    pub const fn removed_card(&self) -> Option<&Card> {
        self.removed.as_ref()
    }

    /// Ends the link.
    #[must_use]
    pub fn into_card(self) -> Option<Card> {
        self.card
    }

    /// At the next [`Transport::reconnect`] another card is there.
    pub fn swap_at_reconnect(&mut self, card: Card) {
        self.next_card = Some(card);
    }

    /// Takes the card away. The next command fails with [`ErrorKind::CardRemoved`], and `reconnect`
    /// with [`ErrorKind::NoCard`] until a card is put there.
    pub fn remove(&mut self) -> Option<Card> {
        self.broken.get_or_insert(ErrorKind::CardRemoved);
        let mut card = self.card.take()?;
        card.power_off();
        Some(card)
    }

    /// Puts a card there. The link still wants a `reconnect` if one was taken away.
    pub fn insert(&mut self, mut card: Card) {
        card.power_on();
        self.card = Some(card);
    }

    /// What passed so far, in order, GET RESPONSE and repetitions included.
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// Commands that were given to the link while it was whole.
    #[must_use]
    pub const fn commands(&self) -> usize {
        self.log.len()
    }

    /// Bytes of those commands.
    #[must_use]
    pub const fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    /// Bytes of the answers.
    #[must_use]
    pub const fn bytes_received(&self) -> u64 {
        self.bytes_received
    }

    /// Presences that were begun by [`Transport::reconnect`].
    #[must_use]
    pub const fn reconnects(&self) -> u64 {
        self.reconnects
    }

    /// Forgets log and counts. Faults go on counting commands.
    pub fn clear_log(&mut self) {
        self.log.clear();
        self.bytes_sent = 0;
        self.bytes_received = 0;
    }

    fn record(&mut self, command: &[u8], answer: &[u8]) {
        self.log.push(LogEntry::of(command, answer));
        self.bytes_sent = self.bytes_sent.saturating_add(command.len() as u64);
        self.bytes_received = self.bytes_received.saturating_add(answer.len() as u64);
    }
}

impl Transport for Link {
    type Error = LinkError;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, LinkError> {
        if let Some(kind) = self.broken {
            return Err(LinkError::Broken(kind));
        }
        let Some(card) = &mut self.card else { return Err(LinkError::Broken(ErrorKind::NoCard)) };
        match self.faults.exchange(card, command) {
            Ok(Exchange::Answer(answer) | Exchange::Cut { came: answer, .. }) => {
                self.record(command, &answer);
                let length = answer.len();
                let room = response
                    .get_mut(..length)
                    .ok_or(LinkError::BufferTooSmall { needed: length })?;
                room.copy_from_slice(&answer);
                Ok(length)
            }
            Ok(Exchange::Broken(kind)) => {
                self.record(command, &[]);
                self.broken = Some(kind);
                Err(LinkError::Broken(kind))
            }
            Err(error) => {
                self.record(command, &[]);
                self.broken = Some(ErrorKind::Other);
                Err(LinkError::Card(error))
            }
        }
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// The next command finds the card with power again, and nothing selected.
    fn power_off(&mut self) -> Result<PowerOff, LinkError> {
        if let Some(kind) = self.broken {
            return Err(LinkError::Broken(kind));
        }
        if !self.power_off {
            return Ok(PowerOff::Unsupported);
        }
        if let Some(card) = &mut self.card {
            card.power_off();
        }
        self.faults.new_presence();
        Ok(PowerOff::Done)
    }

    fn reconnect(&mut self) -> Result<(), LinkError> {
        if let Some(next) = self.next_card.take() {
            self.removed = self.card.replace(next);
        }
        let card = self.card.as_mut().ok_or(LinkError::Broken(ErrorKind::NoCard))?;
        match self.on_reconnect {
            OnReconnect::PowerCycle => {
                card.power_off();
                card.power_on();
            }
            OnReconnect::WarmReset => card.warm_reset(),
            OnReconnect::Nothing => {}
        }
        self.faults.new_presence();
        self.broken = None;
        self.reconnects = self.reconnects.saturating_add(1);
        Ok(())
    }
}

/// Why a [`Link`] has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// A fault struck, now or before, or the card was taken away.
    Broken(ErrorKind),
    /// The answer came and is larger than the buffer. The card is still there.
    BufferTooSmall {
        /// Bytes of the answer.
        needed: usize,
    },
    /// The card could not keep its state in its file, or use its key; what was done then stands at
    /// [`Card::try_respond`]. The error names the cause.
    Card(Error),
}

impl transport::Error for LinkError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Broken(kind) => *kind,
            Self::BufferTooSmall { .. } => ErrorKind::BufferTooSmall,
            Self::Card(_) => ErrorKind::Other,
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(kind) => write!(f, "virtual link: {kind}"),
            Self::BufferTooSmall { needed } => {
                write!(f, "virtual link: the answer needs a buffer of {needed} bytes")
            }
            Self::Card(error) => write!(f, "virtual card: {error}"),
        }
    }
}

impl std::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Card(error) => Some(error),
            _ => None,
        }
    }
}
