//! A card in a slot of vpcd, the virtual smart card reader of the vsmartcard project, so that the
//! real PC/SC service of Linux has it like a card in a reader. How to run that service:
//! `docs/vsmartcard.md`.
//!
//! Connecting is inserting, closing the connection is removing. Faults are those of every link
//! ([`Faults`]); this is what they look like here:
//!
//! | Effect | On the connection | What a PC/SC client gets |
//! |---|---|---|
//! | [`Effect::Break`](crate::Effect::Break) with `TimedOut` | silence until the card is removed | nothing, for as long as that lasts |
//! | [`Effect::Break`](crate::Effect::Break) otherwise | closed instead of an answer | success with 0 bytes |
//! | [`Effect::Cut`](crate::Effect::Cut) | the whole answer is announced, the first bytes of it come, closed | success with those bytes |
//! | all others | an answer | that answer |
//!
//! It never listens, never starts a service, and never waits except where an effect says so.

mod error;
mod serve;
mod wire;

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use error::Error;

use crate::{Card, Faults, LogEntry};
use serve::{Control, Inner, Shared};

/// What happened in a slot since the card was first put there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Times that the card was put in.
    pub insertions: u64,
    /// Times that pcscd gave it power.
    pub power_ons: u64,
    /// Times that pcscd took its power.
    pub power_offs: u64,
    /// Warm resets.
    pub resets: u64,
    /// Times that the ATR was asked for: at every power-on and reset, and every 400 ms.
    pub answers_to_reset: u64,
    /// Command APDUs.
    pub commands: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Bytes of the answers to them that were sent.
    pub bytes_sent: u64,
}

/// Why the card left its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// A fault closed the connection.
    Fault,
    /// The connection failed.
    Failed(Error),
    /// [`Slot::remove`] or [`Slot::stop`].
    Removed,
}

/// A card and the slot of vpcd that it is put into, served on a thread of its own.
///
/// Several slots are several of these. Dropped, the card is removed.
#[derive(Debug)]
pub struct Slot {
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    server: Server,
}

impl Slot {
    /// A card that is not in the slot yet. `address` is where vpcd listens, for example
    /// `127.0.0.1:35963`; nothing is connected.
    ///
    /// # Errors
    /// [`Error::BadAddress`]; [`Error::Connection`] if there is no thread to be had.
    pub fn prepare(address: impl ToSocketAddrs, card: Card) -> Result<Self, Error> {
        let addresses = wire::resolve(address)?;
        let shared = Arc::new(Shared::new(card));
        let (served, at) = (Arc::clone(&shared), addresses.clone());
        let thread = std::thread::Builder::new()
            .name("vpcd slot".to_owned())
            .spawn(move || serve::run(&served, &at))
            .map_err(|source| Error::Connection { kind: source.kind() })?;
        let server = Server { shared: Arc::clone(&shared), thread: Some(thread) };
        Ok(Self { addresses, shared, server })
    }

    /// A card that is put into the slot at once.
    ///
    /// # Errors
    /// Those of [`Slot::prepare`] and [`Slot::insert`].
    pub fn connect(address: impl ToSocketAddrs, card: Card) -> Result<Self, Error> {
        let slot = Self::prepare(address, card)?;
        slot.insert()?;
        Ok(slot)
    }

    /// After an end that is not [`End::Removed`], the card is put back this much later, and again and
    /// again until vpcd is there. `None`, as at first: it stays out until [`Slot::insert`].
    pub fn reinsert_after(&self, delay: Option<Duration>) {
        let mut control = self.control();
        control.reinsert_after = delay;
        control.again_at = None;
        self.shared.changed.notify_all();
    }

    /// Puts the card into the slot. One that is there stays there.
    ///
    /// vpcd takes one card; a second one at the same address connects and gets no power
    /// ([`Slot::wait_for_power`]).
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Unreachable`].
    pub fn insert(&self) -> Result<(), Error> {
        if self.control().is_inserted() {
            return Ok(());
        }
        let stream = wire::open(&self.addresses)?;
        let mut control = self.control();
        if !control.is_inserted() {
            control.put_in(stream)?;
            self.shared.changed.notify_all();
        }
        Ok(())
    }

    /// Takes the card out of the slot, and with it its power. Returns when that is done: after the
    /// command that it works at, if there is one.
    pub fn remove(&self) {
        let mut control = self.control();
        control.take_out();
        self.shared.changed.notify_all();
        while control.is_inserted() {
            control = self.wait(control, Duration::from_secs(1));
        }
    }

    /// Is it in the slot?
    #[must_use]
    pub fn is_inserted(&self) -> bool {
        self.control().is_inserted()
    }

    /// Waits until pcscd has asked this presence of the card for its ATR, or for so long; tells
    /// whether it has.
    #[must_use]
    pub fn wait_for_power(&self, time: Duration) -> bool {
        self.wait_until(time, |control| control.recognised)
    }

    /// Waits until the card is out of the slot, or for so long. Why it left; `None` if it did not.
    #[must_use]
    pub fn wait_for_end(&self, time: Duration) -> Option<End> {
        self.wait_until(time, |control| !control.is_inserted());
        self.control().end()
    }

    /// Adds a fault to those of the slot.
    pub fn push_fault(&self, fault: crate::Fault) {
        self.inner().faults.push(fault);
    }

    /// Does something with the faults of the slot. It waits for the command that the card works at.
    pub fn with_faults<T>(&self, what: impl FnOnce(&mut Faults) -> T) -> T {
        what(&mut self.inner().faults)
    }

    /// Does something with the card. It waits for the command that the card works at.
    pub fn with_card<T>(&self, what: impl FnOnce(&mut Card) -> T) -> T {
        what(&mut self.inner().card)
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inner().counts
    }

    /// The commands so far, in order: headers, lengths and status words, never data. Of more than
    /// 65,536 the last ones.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.inner().log.iter().copied().collect()
    }

    /// Forgets log and counts.
    pub fn clear_log(&self) {
        let mut inner = self.inner();
        inner.log.clear();
        inner.counts = Counts::default();
    }

    /// Why the card last answered 6581: it could not keep its state. Taken once.
    #[must_use]
    pub fn take_card_error(&self) -> Option<crate::Error> {
        self.inner().card_error.take()
    }

    /// Takes the card out and hands it back. `None` if the thread that served it panicked.
    #[must_use]
    pub fn stop(self) -> Option<Card> {
        let Self { shared, server, .. } = self;
        drop(server);
        Arc::into_inner(shared)?.into_card()
    }

    fn wait_until(&self, time: Duration, what: impl Fn(&Control) -> bool) -> bool {
        let until = Instant::now() + time;
        let mut control = self.control();
        while !what(&control) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            control = self.wait(control, left);
        }
        true
    }

    fn wait<'a>(
        &self,
        control: MutexGuard<'a, Control>,
        time: Duration,
    ) -> MutexGuard<'a, Control> {
        let waited = self.shared.changed.wait_timeout(control, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.shared.control()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner()
    }
}

/// The thread; dropped, it ends.
#[derive(Debug)]
struct Server {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        {
            let mut control = self.shared.control();
            control.take_out();
            control.stop = true;
            self.shared.changed.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            // It has nothing to say; what it did is in the counts.
            let _ = thread.join();
        }
    }
}
