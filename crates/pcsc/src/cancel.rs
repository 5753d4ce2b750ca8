//! Giving up from another thread. Never blocks and never calls the service itself.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Something that waits and can be told to stop.
pub(crate) trait Wake: Send + Sync {
    /// The caller gave up.
    fn wake(&self);
}

#[derive(Default)]
struct Shared {
    cancelled: AtomicBool,
    waiting: Mutex<Vec<Weak<dyn Wake>>>,
}

/// Makes whatever waits return `Cancelled`, now and until [`Canceller::clear`]. Clones share it, so
/// one may serve a whole program.
///
/// Call it from any thread, but not from inside a signal handler: there, wake a thread that does.
#[derive(Clone, Default)]
pub struct Canceller(Arc<Shared>);

impl Canceller {
    /// One that nothing has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that waits returns, and what comes next does not begin. Taking a card's power
    /// ([`kazasu_apdu::Transport::power_off`]) is still done.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        let waiting: Vec<_> = lock(&self.0.waiting).drain(..).collect();
        for wait in waiting.iter().filter_map(Weak::upgrade) {
            wait.wake();
        }
    }

    /// Was it cancelled?
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// As if it had not been cancelled: for the next job.
    pub fn clear(&self) {
        self.0.cancelled.store(false, Ordering::SeqCst);
    }

    /// Wakes `wait` when cancelled, at once if it was. It forgets `wait` when that is dropped.
    pub(crate) fn register(&self, wait: Weak<dyn Wake>) {
        {
            let mut waiting = lock(&self.0.waiting);
            waiting.retain(|other| other.strong_count() > 0 && !Weak::ptr_eq(other, &wait));
            waiting.push(wait.clone());
        }
        // After it is in the list: else a cancel in between would be lost.
        if self.is_cancelled()
            && let Some(wait) = wait.upgrade()
        {
            wait.wake();
        }
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

/// A lock whose data stays usable when a thread that held it panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
