//! What the thread of a slot does: waits for a connection, answers on it, and puts the card back when
//! it was told to.

use std::collections::VecDeque;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::wire::{self, Message};
use super::{Counts, End, Error};
use crate::card::MEMORY_FAILURE;
use crate::fault::Exchange;
use crate::{Card, Faults, LogEntry};
use kazasu_apdu::transport::ErrorKind;

/// Entries of the log: enough for any test, and a bound for a card that is served for months.
const LOG_LENGTH: usize = 65_536;

/// Between two attempts to connect to a service that is not there.
const SHORTEST_DELAY: Duration = Duration::from_millis(20);

/// What the card is and what it did.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) card: Card,
    pub(super) faults: Faults,
    pub(super) log: VecDeque<LogEntry>,
    pub(super) counts: Counts,
    pub(super) card_error: Option<crate::Error>,
}

/// Where the card is and where it should be.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// A connection that the thread has not begun to serve.
    fresh: Option<TcpStream>,
    /// The connection, for closing it while the thread waits on it.
    handle: Option<TcpStream>,
    /// [`super::Slot::remove`] closed the connection.
    removing: bool,
    /// The ATR of this presence was asked for.
    pub(super) recognised: bool,
    ended: Option<End>,
    pub(super) reinsert_after: Option<Duration>,
    /// When to connect again.
    pub(super) again_at: Option<Instant>,
    pub(super) stop: bool,
}

impl Control {
    pub(super) const fn is_inserted(&self) -> bool {
        self.handle.is_some()
    }

    /// Was it told to be removed, or to stop?
    const fn is_leaving(&self) -> bool {
        self.removing || self.stop
    }

    pub(super) fn end(&self) -> Option<End> {
        if self.is_inserted() { None } else { self.ended }
    }

    pub(super) fn put_in(&mut self, stream: TcpStream) -> Result<(), Error> {
        self.handle = Some(stream.try_clone().map_err(|source| Error::of_connection(&source))?);
        self.fresh = Some(stream);
        self.removing = false;
        self.recognised = false;
        self.ended = None;
        self.again_at = None;
        Ok(())
    }

    /// Closes the connection; the thread then sees that it is closed, or looks for itself.
    pub(super) fn take_out(&mut self) {
        self.again_at = None;
        if let Some(handle) = &self.handle {
            self.removing = true;
            // It may be closed already.
            let _ = handle.shutdown(Shutdown::Both);
        }
    }

    fn is_out(&mut self, end: End) {
        self.fresh = None;
        self.handle = None;
        let end = if self.removing { End::Removed } else { end };
        self.ended = Some(end);
        if end != End::Removed && !self.stop {
            self.again_at = self.reinsert_after.map(|delay| Instant::now() + delay);
        }
    }
}

#[derive(Debug)]
pub(super) struct Shared {
    inner: Mutex<Inner>,
    control: Mutex<Control>,
    /// Told whenever `control` changed.
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn new(card: Card) -> Self {
        let inner = Inner {
            card,
            faults: Faults::default(),
            log: VecDeque::new(),
            counts: Counts::default(),
            card_error: None,
        };
        let control = Mutex::new(Control::default());
        Self { inner: Mutex::new(inner), control, changed: Condvar::new() }
    }

    pub(super) fn into_card(self) -> Option<Card> {
        self.inner.into_inner().ok().map(|inner| inner.card)
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves one connection after another until it is told to stop.
pub(super) fn run(shared: &Shared, addresses: &[SocketAddr]) {
    while let Some(stream) = next(shared, addresses) {
        {
            let mut inner = shared.inner();
            inner.card.power_on();
            inner.faults.new_presence();
            inner.counts.insertions += 1;
        }
        let end = serve(shared, &stream);
        // The power is gone before anybody is told so, and before the card can be put back.
        shared.inner().card.power_off();
        drop(stream);
        shared.control().is_out(end);
        shared.changed.notify_all();
    }
}

/// Waits for a connection that somebody made, or makes one when it is time. `None`: stop.
fn next(shared: &Shared, addresses: &[SocketAddr]) -> Option<TcpStream> {
    let mut control = shared.control();
    loop {
        if control.stop {
            return None;
        }
        if let Some(stream) = control.fresh.take() {
            return Some(stream);
        }
        let Some(at) = control.again_at else {
            control = shared.changed.wait(control).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let left = at.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            let waited = shared.changed.wait_timeout(control, left);
            control = waited.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        drop(control);
        let opened = wire::open(addresses);
        control = shared.control();
        // Meanwhile it may have been put in, removed or stopped by hand.
        if control.again_at != Some(at) {
            continue;
        }
        let inserted = opened.and_then(|stream| control.put_in(stream));
        if inserted.is_err() {
            let delay = control.reinsert_after.unwrap_or_default().max(SHORTEST_DELAY);
            control.again_at = Some(Instant::now() + delay);
        }
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> End {
    loop {
        let message = match wire::receive(stream, &|| shared.control().is_leaving()) {
            Ok(message) => message,
            Err(error) => return End::Failed(error),
        };
        match answer(shared, stream, &message) {
            Ok(None) => {}
            Ok(Some(end)) => return end,
            Err(error) => return End::Failed(error),
        }
    }
}

/// Answers one message. `Some`: the presence ends.
fn answer(shared: &Shared, stream: &TcpStream, message: &Message) -> Result<Option<End>, Error> {
    let mut inner = shared.inner();
    match message {
        Message::PowerOff => {
            inner.card.power_off();
            inner.counts.power_offs += 1;
        }
        Message::PowerOn => {
            inner.card.power_on();
            inner.faults.new_presence();
            inner.counts.power_ons += 1;
        }
        Message::Reset => {
            inner.card.warm_reset();
            inner.faults.new_presence();
            inner.counts.resets += 1;
        }
        Message::AnswerToReset => {
            inner.counts.answers_to_reset += 1;
            let bytes = inner.card.atr();
            drop(inner);
            wire::send(stream, bytes)?;
            let mut control = shared.control();
            if !control.recognised {
                control.recognised = true;
                shared.changed.notify_all();
            }
        }
        Message::Command(command) => {
            let exchange = inner.exchange(command);
            drop(inner);
            return deliver(shared, stream, exchange);
        }
    }
    Ok(None)
}

fn deliver(shared: &Shared, stream: &TcpStream, exchange: Exchange) -> Result<Option<End>, Error> {
    let (sent, end) = match &exchange {
        Exchange::Answer(answer) => {
            wire::send(stream, answer)?;
            (answer.len(), None)
        }
        Exchange::Cut { came, whole } => {
            wire::send_part(stream, came, *whole)?;
            (came.len(), Some(End::Fault))
        }
        Exchange::Broken(ErrorKind::TimedOut) => return Err(stay_silent(shared, stream)),
        Exchange::Broken(_) => (0, Some(End::Fault)),
    };
    shared.inner().counts.bytes_sent += sent as u64;
    Ok(end)
}

/// Answers nothing any more. Ends when the connection does.
fn stay_silent(shared: &Shared, stream: &TcpStream) -> Error {
    loop {
        if let Err(error) = wire::receive(stream, &|| shared.control().is_leaving()) {
            return error;
        }
    }
}

impl Inner {
    fn exchange(&mut self, command: &[u8]) -> Exchange {
        let exchange = match self.faults.exchange(&mut self.card, command) {
            Ok(exchange) => exchange,
            Err(error) => {
                self.card_error = Some(error);
                Exchange::Answer(MEMORY_FAILURE.0.to_be_bytes().to_vec())
            }
        };
        let came: &[u8] = match &exchange {
            Exchange::Answer(came) | Exchange::Cut { came, .. } => came,
            Exchange::Broken(_) => &[],
        };
        if self.log.len() == LOG_LENGTH {
            self.log.pop_front();
        }
        self.log.push_back(LogEntry::of(command, came));
        self.counts.commands += 1;
        self.counts.bytes_received += command.len() as u64;
        exchange
    }
}
