//! Ctrl-C, SIGTERM and every other signal that would end the run and can be caught: what waits
//! returns, the card loses its power, the run ends in 27. No core file is written, which could hold
//! a PIN.
//!
//! Nothing is done in the signal's own context: a thread of the `ctrlc` or the `signal-hook` crate
//! runs what was registered. A job that has touched a card comes to its own end; before that, and at a second
//! signal, the program ends at once, with the terminal as it was.

use crate::{file, stream, terminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Exit number of a run that a signal ended.
const CANCELLED: i32 = 27;

/// Does the job end by itself when it is told?
static ENDS_ITSELF: AtomicBool = AtomicBool::new(false);
/// What is printed when the program ends at once.
static OBJECT: Mutex<Option<Interrupted>> = Mutex::new(None);
/// What a second signal would leave behind.
static RISK: Mutex<Option<Risk>> = Mutex::new(None);
/// An end that takes longer is explained.
const EXPLAINED: Duration = Duration::from_secs(1);

static HAPPENED: AtomicBool = AtomicBool::new(false);
static HOOKS: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

/// The object of a run that a signal ended at once.
pub(crate) struct Interrupted {
    /// Before the card was touched.
    pub(crate) before: String,
    /// By a second signal, whatever the card was at.
    pub(crate) again: String,
}

/// What is said about an end that waits for a card, and about one that does not.
#[derive(Clone, Copy)]
pub(crate) struct Risk {
    /// The end takes its time.
    pub(crate) waiting: &'static str,
    /// It was not waited for.
    pub(crate) leaving: &'static str,
}

fn hooks() -> MutexGuard<'static, Vec<Box<dyn Fn() + Send>>> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the signals over. Without them the system's own handling stays.
pub(crate) fn install() {
    let _ = ctrlc::set_handler(signalled);
    #[cfg(unix)]
    others();
}

/// What `ctrlc` leaves to the system: Ctrl-\, timers and limits of whoever started the program.
#[cfg(unix)]
fn others() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    use signal_hook::consts::signal;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    let caught = [
        signal::SIGQUIT,
        signal::SIGALRM,
        signal::SIGUSR1,
        signal::SIGUSR2,
        signal::SIGVTALRM,
        signal::SIGPROF,
        signal::SIGXCPU,
    ];
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(caught) {
        let _ = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in signals.forever() {
                signalled();
            }
        });
    }
}

/// Runs what was registered, or ends the program.
fn signalled() {
    let again = HAPPENED.swap(true, Ordering::SeqCst);
    if again || !ENDS_ITSELF.load(Ordering::SeqCst) {
        leave(again);
    }
    for hook in hooks().iter() {
        hook();
    }
    CHANGED.notify_all();
    if let Some(risk) = *risk() {
        // Not on this thread, which a second signal needs. It ends with the program.
        let _ = thread::Builder::new().spawn(move || {
            thread::sleep(EXPLAINED);
            stream::err(risk.waiting);
        });
    }
}

/// Ends the program at once, with its object if JSON was asked for.
fn leave(again: bool) -> ! {
    terminal::leave();
    file::leave();
    if let Some(object) = object().take() {
        stream::out(if again { object.again } else { object.before });
    }
    if let (true, Some(risk)) = (again, *risk()) {
        stream::err(risk.leaving);
    }
    stream::finish();
    std::process::exit(CANCELLED);
}

fn risk() -> MutexGuard<'static, Option<Risk>> {
    RISK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on a second signal has a risk.
#[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "for links that wait"))]
pub(crate) fn warns(of: Risk) {
    *risk() = Some(of);
}

fn object() -> MutexGuard<'static, Option<Interrupted>> {
    OBJECT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is printed if the program must end at once; `None` when the job prints for itself.
pub(crate) fn prints(interrupted: Option<Interrupted>) {
    *object() = interrupted;
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
