//! Readers and cards coming and going, the service too, as events. Waits in the service
//! (SCardGetStatusChange) and does not poll; only while the service is down does it ask again every
//! half second whether it is back, because nothing can wait for that.
//!
//! Never connects to a card.

use crate::cancel::{Canceller, Wake, lock};
use crate::error::{Error, Operation};
use crate::service::{Code, Context, ReaderName, ReaderState, Service, State};
use kazasu_apdu::transport::ErrorKind;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often to ask whether the service is back.
const RETRY: Duration = Duration::from_millis(500);
/// Pause after an error that should not happen, so that it does not happen a thousand times.
const PAUSE: Duration = Duration::from_millis(100);
/// pcsc-lite reports only readers that appear during the call. One that appears in the microseconds
/// between the list and the call is found when the call is renewed.
const RENEW: Duration = Duration::from_secs(30);
/// How long dropping a watcher waits for its thread.
const CLOSE: Duration = Duration::from_secs(1);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A card is there and answers.
    CardIn {
        /// On which reader.
        reader: ReaderName,
        /// Its answer to reset; a hint, no more.
        atr: Vec<u8>,
    },
    /// A card is there and does not answer: the wrong way round, dirty, or no smart card.
    CardMute {
        /// On which reader.
        reader: ReaderName,
    },
    /// The card left. What was known of it is void.
    CardOut {
        /// Which reader.
        reader: ReaderName,
    },
    /// Nobody uses the card any more.
    Free {
        /// On which reader.
        reader: ReaderName,
    },
    /// A program uses the card; this one's links are meant too.
    InUse {
        /// On which reader.
        reader: ReaderName,
        /// So that nobody else can?
        exclusive: bool,
    },
    /// A reader was plugged in, or was there at the beginning.
    Plugged {
        /// Which.
        reader: ReaderName,
    },
    /// The service is not there, and with it no reader.
    ServiceDown {
        /// How that was seen.
        error: Error,
    },
    /// The service is there again. Its readers follow as [`Event::Plugged`].
    ServiceUp,
    /// A reader was unplugged.
    Unplugged {
        /// Which.
        reader: ReaderName,
    },
}

#[derive(Default)]
struct Inner {
    events: VecDeque<Event>,
    stop: bool,
    ended: bool,
    /// Is somebody cancelling the wait, and so holds the context too?
    cancelling: bool,
    /// The context that the thread waits in.
    context: Option<Arc<dyn Context>>,
}

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Wake for Shared {
    fn wake(&self) {
        // With the lock, so that nobody is between looking and waiting.
        drop(lock(&self.inner));
        self.changed.notify_all();
    }
}

impl Shared {
    fn push(&self, event: Event) {
        lock(&self.inner).events.push_back(event);
        self.changed.notify_all();
    }

    fn stopped(&self) -> bool {
        lock(&self.inner).stop
    }

    /// Waits, unless it is told to stop.
    fn pause(&self, limit: Duration) {
        let inner = lock(&self.inner);
        drop(
            self.changed
                .wait_timeout_while(inner, limit, |inner| !inner.stop)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}

/// Watches the readers of a service. As an iterator it ends when it is cancelled.
pub struct Watcher {
    shared: Arc<Shared>,
    canceller: Canceller,
}

impl Watcher {
    pub(crate) fn start(service: Arc<dyn Service>, canceller: &Canceller) -> Result<Self, Error> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("kazasu-pcsc-watch".to_owned())
            .spawn(move || {
                // However it ends, whoever waits is told.
                let ends = Ends(theirs);
                run(&*service, &ends.0);
            })
            .map_err(|_| Error::Thread)?;
        Ok(Self { shared, canceller: canceller.clone() })
    }

    /// The next event. `None` when there was none within the limit; without a limit it waits.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Panicked`] when the watching thread is no more.
    pub fn wait(&mut self, limit: Option<Duration>) -> Result<Option<Event>, Error> {
        let operation = Operation::StatusChange;
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let shared: Arc<dyn Wake> = self.shared.clone();
        self.canceller.register(Arc::downgrade(&shared));
        let mut inner = lock(&self.shared.inner);
        loop {
            if self.canceller.is_cancelled() {
                return Err(Error::Cancelled { operation });
            }
            if let Some(event) = inner.events.pop_front() {
                return Ok(Some(event));
            }
            if inner.ended {
                return Err(Error::Panicked { operation });
            }
            let changed = &self.shared.changed;
            inner = match deadline {
                None => changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(None);
                    }
                    changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl Iterator for Watcher {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.wait(None).ok().flatten()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        {
            let mut inner = lock(&self.shared.inner);
            inner.stop = true;
            inner.cancelling = true;
        }
        self.shared.changed.notify_all();
        let shared = Arc::clone(&self.shared);
        // SCardCancel reaches a call that has begun, and is itself a call that may block. So it is
        // repeated until the other thread has noticed, and not from here.
        let spawned =
            thread::Builder::new().name("kazasu-pcsc-cancel".to_owned()).spawn(move || {
                let mut inner = lock(&shared.inner);
                while !inner.ended {
                    let context = inner.context.clone();
                    drop(inner);
                    if let Some(context) = context {
                        // When it fails, the wait ends by itself within `RENEW`.
                        let _ = context.cancel();
                    }
                    let wait = Duration::from_millis(20);
                    inner = shared
                        .changed
                        .wait_timeout_while(lock(&shared.inner), wait, |inner| !inner.ended)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                }
                inner.cancelling = false;
                drop(inner);
                shared.changed.notify_all();
            });
        if spawned.is_ok() {
            let inner = lock(&self.shared.inner);
            drop(
                self.shared
                    .changed
                    .wait_timeout_while(inner, CLOSE, |inner| !inner.ended || inner.cancelling)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}

struct Ends(Arc<Shared>);

impl Drop for Ends {
    fn drop(&mut self) {
        let mut inner = lock(&self.0.inner);
        inner.ended = true;
        inner.context = None;
        drop(inner);
        self.0.changed.notify_all();
    }
}

/// One context after the other.
fn run(service: &dyn Service, shared: &Shared) {
    let mut down = false;
    while !shared.stopped() {
        let context = match service.establish() {
            Ok(context) => context,
            Err(code) => {
                if !down {
                    down = true;
                    let error = Error::Code { operation: Operation::Establish, code };
                    shared.push(Event::ServiceDown { error });
                }
                shared.pause(RETRY);
                continue;
            }
        };
        if std::mem::take(&mut down) {
            shared.push(Event::ServiceUp);
        }
        lock(&shared.inner).context = Some(Arc::clone(&context));
        let error = watch(&*context, shared);
        lock(&shared.inner).context = None;
        let Err(error) = error else { return };
        // Whatever it was, nothing is known of the readers any more, and evidence must not outlive
        // that.
        down = true;
        shared.push(Event::ServiceDown { error });
        shared.pause(PAUSE);
    }
}

/// Watches within one context, until it is told to stop or the context is of no more use.
fn watch(context: &dyn Context, shared: &Shared) -> Result<(), Error> {
    let error = |operation| move |code| Error::Code { operation, code };
    let mut states = vec![ReaderState::notification()];
    loop {
        if shared.stopped() {
            return Ok(());
        }
        let names = context.list_readers().map_err(error(Operation::ListReaders))?;
        let changed = compare(&mut states, &names, shared);
        match context.status_change(Some(RENEW), &mut states) {
            Ok(()) => {
                for state in &mut states {
                    if !state.is_notification() {
                        tell(state, shared);
                    }
                    state.accept();
                }
            }
            // Cancelled is what `Drop` does; else it was somebody else's mistake.
            Err(Code::Timeout | Code::Cancelled) => {}
            Err(code)
                if Error::Code { operation: Operation::StatusChange, code }.kind()
                    == ErrorKind::ReaderLost =>
            {
                // One of them is gone; the next list shows which.
                if !changed {
                    shared.pause(PAUSE);
                }
            }
            Err(code) => return Err(error(Operation::StatusChange)(code)),
        }
    }
}

/// Brings the states in line with the list. Did it change?
fn compare(states: &mut Vec<ReaderState>, names: &[ReaderName], shared: &Shared) -> bool {
    let before = states.len();
    states.retain(|state| {
        let stays = state.is_notification() || names.contains(&state.reader);
        if !stays {
            if has_card(state.known) {
                shared.push(Event::CardOut { reader: state.reader.clone() });
            }
            shared.push(Event::Unplugged { reader: state.reader.clone() });
        }
        stays
    });
    let mut changed = states.len() != before;
    for name in names {
        if !states.iter().any(|state| state.reader == *name) {
            shared.push(Event::Plugged { reader: name.clone() });
            states.push(ReaderState::unaware(name.clone()));
            changed = true;
        }
    }
    changed
}

const fn has_card(state: State) -> bool {
    state.contains(State::PRESENT)
}

/// Tells what is different on one reader.
fn tell(state: &ReaderState, shared: &Shared) {
    let (was, is) = (state.known, state.state);
    if is.intersects(State::UNKNOWN | State::UNAVAILABLE) {
        // The next list shows that it is gone.
        return;
    }
    let reader = || state.reader.clone();
    // It was there before and is there now; the count tells whether it is the same visit.
    let visited = has_card(was) && has_card(is) && state.events != state.known_events;
    if has_card(was) && (!has_card(is) || visited) {
        shared.push(Event::CardOut { reader: reader() });
    }
    if has_card(is) && (!has_card(was) || visited) {
        shared.push(if is.contains(State::MUTE) {
            Event::CardMute { reader: reader() }
        } else {
            Event::CardIn { reader: reader(), atr: state.atr.clone() }
        });
    }
    let use_of = |state: State| {
        let exclusive = state.contains(State::EXCLUSIVE);
        (exclusive || state.contains(State::INUSE)).then_some(exclusive)
    };
    match (use_of(was), use_of(is)) {
        (was, is) if was == is => {}
        (_, Some(exclusive)) => shared.push(Event::InUse { reader: reader(), exclusive }),
        (_, None) => shared.push(Event::Free { reader: reader() }),
    }
}
