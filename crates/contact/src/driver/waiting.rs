//! The style of an executor: what waits, waits in a future.

use super::{Contacts, Error, Line, Link, Outcome, Progress, Time};
use crate::time::Instant;
use core::future::Future;
use embedded_hal_async::delay::DelayNs;
use kazasu_apdu::{AsyncTransport, Capabilities, PowerOff};

/// Lets other tasks run.
pub trait Wait {
    /// Ends at `until`, or earlier when a character may have come or the card may have left;
    /// earlier does no harm. `now` is the moment of the call.
    fn wait(&mut self, now: Instant, until: Instant) -> impl Future<Output = ()>;
}

/// Waits by a delay alone: looks at the line again after `step` microseconds at the latest.
///
/// The UART must hold what comes within a step. At 10,753 bit/s (F = 372, D = 1, 4 MHz) a character
/// takes 1,116 µs.
#[derive(Debug)]
pub struct Paced<D> {
    delay: D,
    step: u32,
}

impl<D: DelayNs> Paced<D> {
    /// With a delay, and the longest step in microseconds.
    pub const fn new(delay: D, step: u32) -> Self {
        Self { delay, step }
    }
}

impl<D: DelayNs> Wait for Paced<D> {
    async fn wait(&mut self, now: Instant, until: Instant) {
        let left = u32::try_from(until.since(now).micros()).unwrap_or(u32::MAX);
        self.delay.delay_us(left.clamp(1, self.step.max(1))).await;
    }
}

/// A [`Link`] whose calls are futures.
///
/// A future that is dropped before it ends leaves the outcome of its command unknown.
/// [`kazasu_apdu::AsyncSession`] ends the presence then; go on with [`Waiting::activate`], or with
/// [`Waiting::deactivate`]: until then the card keeps its power. Dropping the whole takes it.
#[derive(Debug)]
pub struct Waiting<L: Line, C: Contacts, T: Time, W> {
    link: Link<L, C, T>,
    wait: W,
}

impl<L: Line, C: Contacts, T: Time, W: Wait> Waiting<L, C, T, W> {
    /// Over a link, with what waits.
    pub const fn new(link: Link<L, C, T>, wait: W) -> Self {
        Self { link, wait }
    }

    /// The link.
    pub const fn link(&self) -> &Link<L, C, T> {
        &self.link
    }

    /// A cold reset of the card that is there.
    ///
    /// # Errors
    /// When there is no card, or it does not answer.
    pub async fn activate(&mut self) -> Result<(), Error> {
        self.link.begin_activation()?;
        self.run(&[], &mut []).await.activated()
    }

    /// Takes the card's power.
    ///
    /// # Errors
    /// When the board failed.
    pub async fn deactivate(&mut self) -> Result<(), Error> {
        self.link.begin_deactivation();
        self.run(&[], &mut []).await.deactivated()
    }

    async fn run(&mut self, command: &[u8], response: &mut [u8]) -> Outcome {
        loop {
            match self.link.poll(command, response) {
                Progress::Done(outcome) => return outcome,
                Progress::Wait(Instant::NEVER) => {
                    return Outcome::Failed(Error::Slot(crate::Error::NotReady));
                }
                Progress::Wait(until) => {
                    let now = self.link.board_mut().2.now();
                    self.wait.wait(now, until).await;
                }
            }
        }
    }
}

impl<L: Line, C: Contacts, T: Time, W: Wait> AsyncTransport for Waiting<L, C, T, W> {
    type Error = Error;

    async fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        self.link.begin_exchange(command)?;
        self.run(command, response).await.answered()
    }

    /// The contacts are deactivated. Nothing of it waits.
    async fn power_off(&mut self) -> Result<PowerOff, Error> {
        self.deactivate().await.map(|()| PowerOff::Done)
    }

    fn capabilities(&self) -> Capabilities {
        self.link.declared()
    }
}
