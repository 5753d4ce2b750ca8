//! Ctrl-C and SIGTERM: what waits returns, the card loses its power, the run ends in 27.
//!
//! Nothing is done in the signal's own context: a thread of the `ctrlc` crate runs what was
//! registered. A job that has touched a card comes to its own end; before that, and at a second
//! signal, the program ends at once.

use crate::stream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Exit number of a run that a signal ended.
const CANCELLED: i32 = 27;

/// Does the job end by itself when it is told?
static ENDS_ITSELF: AtomicBool = AtomicBool::new(false);
/// What is printed when the program ends at once.
static OBJECT: Mutex<Option<String>> = Mutex::new(None);

static HAPPENED: AtomicBool = AtomicBool::new(false);
static HOOKS: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

fn hooks() -> MutexGuard<'static, Vec<Box<dyn Fn() + Send>>> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the signals over. Without them the system's own handling stays.
pub(crate) fn install() {
    let _ = ctrlc::set_handler(|| {
        if HAPPENED.swap(true, Ordering::SeqCst) || !ENDS_ITSELF.load(Ordering::SeqCst) {
            leave();
        }
        for hook in hooks().iter() {
            hook();
        }
        CHANGED.notify_all();
    });
}

/// Ends the program at once, with its object if JSON was asked for.
fn leave() -> ! {
    if let Some(object) = object().take() {
        stream::out(object);
    }
    stream::finish();
    std::process::exit(CANCELLED);
}

fn object() -> MutexGuard<'static, Option<String>> {
    OBJECT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is printed if the program must end at once; `None` when the job prints for itself.
pub(crate) fn prints(text: Option<String>) {
    *object() = text;
}

/// From now on the job ends by itself when it is told: it touches a card, or looks at
/// [`happened`].
pub(crate) fn job_ends_itself() {
    ENDS_ITSELF.store(true, Ordering::SeqCst);
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
