//! Ctrl-C and SIGTERM: what waits returns, the card loses its power, the run ends in 27.
//!
//! Nothing is done in the signal's own context: a thread of the `ctrlc` crate runs what was
//! registered, and the job itself comes to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Exit number of a second signal, when the first did not end the run.
const CANCELLED: i32 = 27;

static HAPPENED: AtomicBool = AtomicBool::new(false);
static HOOKS: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

fn hooks() -> MutexGuard<'static, Vec<Box<dyn Fn() + Send>>> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the signals over. Without them the system's own handling stays.
pub(crate) fn install() {
    let _ = ctrlc::set_handler(|| {
        if HAPPENED.swap(true, Ordering::SeqCst) {
            std::process::exit(CANCELLED);
        }
        for hook in hooks().iter() {
            hook();
        }
        CHANGED.notify_all();
    });
}

/// Has it happened?
pub(crate) fn happened() -> bool {
    HAPPENED.load(Ordering::SeqCst)
}

/// Runs `hook` when it happens; at once if it has.
#[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "for links that wait"))]
pub(crate) fn on(hook: impl Fn() + Send + 'static) {
    let mut hooks = hooks();
    if happened() {
        hook();
    }
    hooks.push(Box::new(hook));
}

/// Sleeps for so long, or until it happens; true when it did.
pub(crate) fn sleep(time: Option<Duration>) -> bool {
    let end = time.map(|time| Instant::now() + time);
    let mut guard = hooks();
    while !happened() {
        let left = match end {
            Some(end) => match end.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => left,
                _ => return false,
            },
            None => Duration::from_secs(3600),
        };
        guard = CHANGED
            .wait_timeout(guard, left)
            .map(|(guard, _)| guard)
            .unwrap_or_else(|error| error.into_inner().0);
    }
    true
}
