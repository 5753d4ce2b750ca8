//! A thread that owns what may block, and calls into it with a limit in time.
//!
//! A call that does not return in time is abandoned: the thread goes on alone, owns every buffer it
//! uses, drops the result, finishes what it owns, and ends. It never touches anything of the
//! caller's.

use crate::cancel::{Canceller, Wake, lock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a thread stays awake for what is likely to come.
const SPIN: Duration = Duration::from_micros(50);

/// Why a call brought no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The caller gave up.
    Cancelled,
    /// It panicked, or an earlier one did.
    Panicked,
    /// It did not return in time.
    TimedOut,
}

enum Progress<R> {
    Waiting,
    Running,
    Done(R),
    Lost(Lost),
}

/// One call: what it came to, and who waits for it.
struct Call<R> {
    progress: Mutex<Progress<R>>,
    changed: Condvar,
}

impl<R> Call<R> {
    /// Begins, unless the caller has given up.
    fn begin(&self) -> bool {
        let mut progress = lock(&self.progress);
        let waiting = matches!(*progress, Progress::Waiting);
        if waiting {
            *progress = Progress::Running;
        }
        waiting
    }

    fn finish(&self, result: Progress<R>) {
        let mut progress = lock(&self.progress);
        if matches!(*progress, Progress::Running) {
            *progress = result;
            drop(progress);
            self.changed.notify_one();
        }
    }

    /// Waits until it is done or the limit has passed; then whatever comes later is dropped.
    fn wait(&self, limit: Duration) -> Result<R, Lost> {
        let deadline = Instant::now().checked_add(limit);
        let mut progress = lock(&self.progress);
        loop {
            match std::mem::replace(&mut *progress, Progress::Lost(Lost::TimedOut)) {
                Progress::Done(result) => return Ok(result),
                Progress::Lost(lost) => return Err(lost),
                pending => *progress = pending,
            }
            let Some(deadline) = deadline else {
                progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                *progress = Progress::Lost(Lost::TimedOut);
                return Err(Lost::TimedOut);
            }
            progress =
                self.changed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl<R: Send> Wake for Call<R> {
    fn wake(&self) {
        let mut progress = lock(&self.progress);
        if matches!(*progress, Progress::Waiting | Progress::Running) {
            *progress = Progress::Lost(Lost::Cancelled);
            drop(progress);
            self.changed.notify_one();
        }
    }
}

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// A thread with something that it owns.
pub(crate) struct Worker<S, F = ()> {
    jobs: mpsc::Sender<Job<S>>,
    finished: mpsc::Receiver<F>,
}

impl<S: Send + 'static, F: Send + 'static> Worker<S, F> {
    /// Starts a thread that owns `state`, and finishes it at the end.
    pub(crate) fn start(
        mut state: S,
        finish: impl FnOnce(S) -> F + Send + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job<S>>();
        let (end, finished) = mpsc::sync_channel(1);
        thread::Builder::new().name("kazasu-pcsc".to_owned()).spawn(move || {
            while let Ok(job) = next(&queue) {
                job(&mut state);
            }
            // The other side may be gone already.
            let _ = end.send(finish(state));
        })?;
        Ok(Self { jobs, finished })
    }

    /// Runs `job` on the thread. When it fails, the worker is of no more use but to be finished.
    pub(crate) fn call<R: Send + 'static>(
        &self,
        limit: Duration,
        canceller: Option<&Canceller>,
        job: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Result<R, Lost> {
        let call =
            Arc::new(Call { progress: Mutex::new(Progress::Waiting), changed: Condvar::new() });
        if let Some(canceller) = canceller {
            let wake: Arc<dyn Wake> = call.clone();
            canceller.register(Arc::downgrade(&wake));
        }
        let theirs = Arc::clone(&call);
        let sent = self.jobs.send(Box::new(move |state| {
            if !theirs.begin() {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| job(state)));
            theirs.finish(result.map_or(Progress::Lost(Lost::Panicked), Progress::Done));
        }));
        if sent.is_err() {
            return Err(Lost::Panicked);
        }
        call.wait(limit)
    }

    /// Lets the thread end, as soon as a call that is under way returns. What waits for that may
    /// use the result.
    pub(crate) fn finish(self) -> Finishing<F> {
        drop(self.jobs);
        Finishing(self.finished)
    }
}

/// The next job. The one after an exchange mostly comes at once, and going to sleep in between
/// costs more than the exchange of a fast card.
fn next<T>(queue: &mpsc::Receiver<T>) -> Result<T, mpsc::RecvError> {
    let begun = Instant::now();
    while begun.elapsed() < SPIN {
        match queue.try_recv() {
            Ok(job) => return Ok(job),
            Err(mpsc::TryRecvError::Empty) => std::hint::spin_loop(),
            Err(mpsc::TryRecvError::Disconnected) => return Err(mpsc::RecvError),
        }
    }
    queue.recv()
}

/// A thread that is about to end.
pub(crate) struct Finishing<F>(mpsc::Receiver<F>);

impl<F> Finishing<F> {
    /// Waits for the end. `None`: not within the limit, or it panicked.
    pub(crate) fn wait(&self, limit: Duration) -> Option<F> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(_) => self.0.recv_timeout(limit).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(30);

    #[test]
    fn a_call_brings_its_result_and_the_end_brings_the_state() {
        let worker = Worker::start(1, |state| state * 10).unwrap();
        let result = worker.call(LONG, None, |state| {
            *state += 1;
            *state
        });
        assert_eq!(result, Ok(2));
        assert_eq!(worker.finish().wait(LONG), Some(20));
    }

    #[test]
    fn a_call_that_blocks_is_abandoned_and_finishes_later() {
        let (release, blocked) = mpsc::channel::<()>();
        let worker = Worker::start((), |()| "finished").unwrap();
        let result = worker.call(SHORT, None, move |()| blocked.recv().unwrap());
        assert_eq!(result, Err(Lost::TimedOut));
        let finishing = worker.finish();
        assert_eq!(finishing.wait(SHORT), None);
        release.send(()).unwrap();
        assert_eq!(finishing.wait(LONG), Some("finished"));
    }

    #[test]
    fn cancelling_wakes_a_call_and_keeps_the_next_from_beginning() {
        let (release, blocked) = mpsc::channel::<()>();
        let worker = Worker::start(0, |state| state).unwrap();
        let canceller = Canceller::new();
        let other = canceller.clone();
        let thread = thread::spawn(move || {
            thread::sleep(SHORT);
            other.cancel();
        });
        let result = worker.call(LONG, Some(&canceller), move |_| blocked.recv().unwrap());
        assert_eq!(result, Err(Lost::Cancelled));
        thread.join().unwrap();
        assert_eq!(worker.call(LONG, Some(&canceller), |state| *state = 1), Err(Lost::Cancelled));
        release.send(()).unwrap();
        assert_eq!(worker.finish().wait(LONG), Some(0), "what was cancelled never began");
    }

    #[test]
    fn a_panic_is_an_error_of_the_call() {
        let worker = Worker::start((), |()| ()).unwrap();
        // Raised without the hook that would print it.
        let result: Result<(), _> =
            worker.call(LONG, None, |()| std::panic::resume_unwind(Box::new("x")));
        assert_eq!(result, Err(Lost::Panicked));
    }
}
