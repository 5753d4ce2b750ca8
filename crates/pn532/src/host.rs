//! The host's side of one command, without I/O: bytes and moments in, bytes out. It wakes the chip,
//! sends the command, takes ACK and answer, asks again for an answer that was lost or damaged, and
//! gets a chip going again that fell silent.
//!
//! A command that may reach a card is sent once, whatever happens. An answer is asked for again by
//! NACK, which never executes anything (UM0701-02, 6.2.1.4).

use crate::command::Order;
use crate::error::{BusFault, Error};
use crate::frame::{ACK, Finder, Found, NACK};
use crate::settings::Settings;
use kazasu_nfc::{Duration, Instant};

/// What the driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the bytes of the buffer from the one to the other.
    Send {
        /// The first byte.
        from: usize,
        /// The one behind the last.
        to: usize,
    },
    /// Receive what there is into this part of the buffer; on a bus that carries frames, one as long
    /// as the part.
    Receive {
        /// The first byte.
        from: usize,
        /// The one behind the last.
        to: usize,
    },
    /// Hold the chip in reset, or let it go.
    Reset(bool),
    /// Nothing to do before this moment.
    Wait(Instant),
    /// The answer is at the beginning of the buffer, so many bytes from the identifier on. `None`:
    /// the order was [bounded](Order) and its time is over.
    Answered(Option<usize>),
    /// It failed.
    Failed(Error),
}

/// What the driver tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The action was carried out, or there is nothing to tell; nothing came.
    Ready,
    /// So many bytes were sent, or came.
    Moved(usize),
    /// The bus failed.
    Broken(BusFault),
}

/// How a bus is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// What wakes the chip.
    pub wake: &'static [u8],
    /// The bit of PowerDown for this bus.
    pub wake_source: u8,
    /// `None`: a stream. Else the bus carries frames, each of which has to be read in one piece, so
    /// many bytes of it at first; what is longer is asked for again, whole.
    pub window: Option<usize>,
    /// Bytes that such a bus puts before each frame.
    pub before: usize,
    /// Is there a reset pin?
    pub reset: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Begin,
    /// What came before is thrown away, so many bytes at most.
    Drain(u16),
    Send {
        from: usize,
        to: usize,
        then: Then,
    },
    Listen,
    Hold,
    Release,
    Pause {
        until: Instant,
        then: Then,
    },
    Done(Result<Option<usize>, Error>),
}

/// What comes after bytes were sent or a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Wake the chip, and send the command.
    Wake,
    /// Give it time for that.
    Start,
    /// Send the command.
    Compose,
    /// Wait for its ACK.
    Acknowledge,
    /// Wait for its answer once more.
    Renewed,
    /// Let go of the reset pin.
    Release,
    /// It is over.
    End(Result<Option<usize>, Error>),
}

/// What a step works with.
struct Task<'s, 'o> {
    now: Instant,
    settings: &'s Settings,
    order: &'s Order<'o>,
    buffer: &'s mut [u8],
}

/// The host's side of one command.
#[derive(Clone, Debug)]
pub struct Host {
    manner: Manner,
    stage: Stage,
    finder: Finder,
    awake: bool,
    lost: bool,
    acknowledged: bool,
    /// Came an answer, or its beginning, since the command or ACK? Before ACK it may be what NACK
    /// brought too late.
    early: bool,
    attempt: u8,
    renewals: u8,
    /// The next frame on the bus, if it was read in part already.
    frame: Option<usize>,
    until: Instant,
    cause: Error,
}

impl Host {
    /// Of a chip that sleeps.
    #[must_use]
    pub const fn new(manner: Manner) -> Self {
        Self {
            manner,
            stage: Stage::Idle,
            finder: Finder::new(),
            awake: false,
            lost: false,
            acknowledged: false,
            early: false,
            attempt: 0,
            renewals: 0,
            frame: None,
            until: Instant::ORIGIN,
            cause: Error::NoAnswer,
        }
    }

    /// How the bus is used.
    #[must_use]
    pub const fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Is nothing under way?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.stage == Stage::Idle
    }

    /// When the present step is over at the latest.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// Is something awaited of the chip?
    #[must_use]
    pub const fn is_listening(&self) -> bool {
        matches!(self.stage, Stage::Listen)
    }

    /// Is what came before the order thrown away?
    #[must_use]
    pub const fn is_draining(&self) -> bool {
        matches!(self.stage, Stage::Drain(_))
    }

    /// The chip was put to sleep, or nothing is known of it any more: it is woken before the next
    /// command. What was under way is given up.
    pub const fn sleeps(&mut self) {
        self.stage = Stage::Idle;
        self.awake = false;
    }

    /// Had the chip to be woken since this was asked last? It may have forgotten everything then.
    pub const fn take_lost(&mut self) -> bool {
        core::mem::replace(&mut self.lost, false)
    }

    /// Begins an order: the same goes to each [`Host::step`].
    pub const fn begin(&mut self) {
        self.attempt = 1;
        self.renewals = 0;
        self.acknowledged = false;
        self.frame = None;
        self.finder = Finder::new();
        self.cause = Error::NoAnswer;
        self.stage = Stage::Begin;
    }

    /// Takes one event and says what to do next.
    pub fn step(
        &mut self,
        now: Instant,
        event: Event,
        settings: &Settings,
        order: &Order<'_>,
        buffer: &mut [u8],
    ) -> Action {
        if let Event::Broken(fault) = event {
            self.cause = Error::Bus(fault);
        }
        let room = buffer.len();
        let mut task = Task { now, settings, order, buffer };
        let task = &mut task;
        let next = match (self.stage, event) {
            (Stage::Begin, _) if self.manner.window.is_none() => {
                self.stage = Stage::Drain(1_024);
                None
            }
            (Stage::Drain(left @ 1..), Event::Moved(count @ 1..)) => {
                self.stage = Stage::Drain(left.saturating_sub(count.min(1_024) as u16));
                None
            }
            (Stage::Begin | Stage::Drain(_), _) => {
                Some(if self.awake { Then::Compose } else { Then::Wake })
            }
            (Stage::Send { from, to, then }, Event::Moved(count))
                if from.saturating_add(count) < to =>
            {
                self.stage = Stage::Send { from: from.saturating_add(count), to, then };
                None
            }
            (Stage::Send { then, .. }, Event::Moved(_)) => Some(then),
            (Stage::Send { then, .. }, _) => {
                let failed = matches!(event, Event::Broken(_)) || now >= self.until;
                match then {
                    // What wakes a chip, or tells it to give up, need not be acknowledged.
                    Then::Start | Then::Wake | Then::End(_) if failed => Some(then),
                    _ if failed => self.fail(task),
                    _ => None,
                }
            }
            (Stage::Listen, Event::Moved(count)) => {
                let then = self.heard(task, count);
                let over = now >= self.until.after(settings.acknowledge_limit);
                // Bytes without end are no answer: a line that is stuck.
                if over && then.is_none() && self.is_listening() { self.late(task) } else { then }
            }
            (Stage::Listen, _) if now >= self.until => self.late(task),
            (Stage::Hold, _) => {
                self.pause(now.after(settings.reset_time), Then::Release);
                None
            }
            (Stage::Release, _) => {
                self.pause(now.after(settings.reset_time), Then::Wake);
                None
            }
            (Stage::Pause { until, then }, _) if now >= until => Some(then),
            _ => None,
        };
        if let Some(then) = next {
            self.go(task, then);
        }
        self.action(room)
    }

    fn action(&mut self, room: usize) -> Action {
        match self.stage {
            Stage::Drain(_) | Stage::Listen => {
                let from = self.finder.held();
                let frame = match (self.manner.window, self.frame) {
                    (None, _) => room,
                    (Some(_), Some(whole)) => whole,
                    (Some(_), None) if !self.acknowledged => ACK.len(),
                    (Some(window), None) => window,
                };
                let to = from.saturating_add(frame).saturating_add(self.manner.before).min(room);
                Action::Receive { from, to }
            }
            Stage::Send { from, to, .. } => Action::Send { from, to },
            Stage::Hold => Action::Reset(true),
            Stage::Release => Action::Reset(false),
            Stage::Pause { until, .. } => Action::Wait(until),
            Stage::Done(result) => {
                self.stage = Stage::Idle;
                match result {
                    Ok(length) => Action::Answered(length),
                    Err(error) => Action::Failed(error),
                }
            }
            Stage::Idle | Stage::Begin => Action::Wait(Instant::NEVER),
        }
    }

    const fn pause(&mut self, until: Instant, then: Then) {
        self.stage = Stage::Pause { until, then };
    }

    /// Sends these bytes.
    fn send(&mut self, task: &mut Task<'_, '_>, bytes: &[u8], then: Then) {
        for (place, byte) in task.buffer.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.finder = Finder::new();
        self.until = task.now.after(task.settings.transfer_limit);
        self.stage = Stage::Send { from: 0, to: bytes.len().min(task.buffer.len()), then };
    }

    fn go(&mut self, task: &mut Task<'_, '_>, then: Then) {
        let Task { now, settings, .. } = *task;
        match then {
            Then::Wake => self.send(task, self.manner.wake, Then::Start),
            Then::Start => {
                self.awake = true;
                self.pause(now.after(settings.wake_time), Then::Compose);
            }
            Then::Compose => {
                self.finder = Finder::new();
                (self.acknowledged, self.early) = (false, false);
                self.frame = None;
                self.until = now.after(settings.transfer_limit);
                self.stage = match task.order.write(task.buffer) {
                    Some(to) => Stage::Send { from: 0, to, then: Then::Acknowledge },
                    None => Stage::Done(Err(Error::FrameLength)),
                };
            }
            Then::Acknowledge => self.listen(now, settings.acknowledge_limit),
            Then::Renewed => self.listen(now, settings.transfer_limit),
            Then::Release => self.stage = Stage::Release,
            Then::End(result) => self.stage = Stage::Done(result),
        }
    }

    const fn listen(&mut self, now: Instant, limit: Duration) {
        self.until = now.after(limit);
        self.stage = Stage::Listen;
    }

    /// Bytes came.
    fn heard(&mut self, task: &mut Task<'_, '_>, count: usize) -> Option<Then> {
        let first = self.finder.held();
        for at in first..first.saturating_add(count) {
            let byte = *task.buffer.get(at)?;
            match self.finder.take(byte, task.buffer) {
                Some(Found::Ack) if !self.acknowledged => {
                    (self.acknowledged, self.early) = (true, false);
                    self.until = task.now.after(task.order.limit);
                }
                Some(Found::Answer(length))
                    if task.buffer.get(1) == Some(&task.order.code().wrapping_add(1))
                        && (self.acknowledged || task.order.repeat) =>
                {
                    return Some(Then::End(Ok(Some(length))));
                }
                Some(Found::SyntaxError) => return Some(Then::End(Err(Error::Refused))),
                Some(Found::Damaged) => {
                    self.acknowledged = true;
                    return self.renew(task);
                }
                // To something else that was given up; to the command before this one, once more; or
                // ACK was lost.
                Some(Found::Answer(_)) => self.early = true,
                Some(Found::Ack | Found::Nack) | None => {}
            }
        }
        let whole = self.finder.whole()?;
        if self.manner.window.is_some() {
            // The rest is gone from the bus; the next time it is read in one piece.
            self.acknowledged = true;
            let again = self.frame.replace(whole).is_none();
            return match again {
                true => {
                    self.send(task, &NACK, Then::Renewed);
                    None
                }
                false => self.renew(task),
            };
        }
        if !self.early {
            // It has begun: as long as a frame takes, if that is longer.
            self.early = true;
            self.until = self.until.max(task.now.after(task.settings.transfer_limit));
        }
        None
    }

    /// Asks for the answer once more, or gives up.
    fn renew(&mut self, task: &mut Task<'_, '_>) -> Option<Then> {
        if self.renewals >= task.settings.renewals {
            return self.fail(task);
        }
        self.renewals = self.renewals.saturating_add(1);
        self.send(task, &NACK, Then::Renewed);
        None
    }

    /// Nothing came in time.
    fn late(&mut self, task: &mut Task<'_, '_>) -> Option<Then> {
        if !self.acknowledged {
            if task.order.repeat {
                return self.fail(task);
            }
            self.acknowledged = true;
            if self.early {
                // ACK was lost, and not the answer.
                return self.renew(task);
            }
            // The command may be under way all the same: it has the time that it has.
            self.until = task.now.after(task.order.limit);
            return None;
        }
        if task.order.bounded {
            self.send(task, &ACK, Then::End(Ok(None)));
            return None;
        }
        self.renew(task)
    }

    /// Tries again, if the command may be repeated.
    fn fail(&mut self, task: &mut Task<'_, '_>) -> Option<Then> {
        self.awake = false;
        self.lost = true;
        self.renewals = 0;
        let then = if task.order.repeat && self.attempt < task.settings.attempts {
            self.attempt = self.attempt.saturating_add(1);
            if self.manner.reset && self.attempt >= task.settings.attempts {
                self.stage = Stage::Hold;
                return None;
            }
            Then::Wake
        } else {
            Then::End(Err(self.cause))
        };
        // Whatever the chip is at, it gives it up.
        self.send(task, &ACK, then);
        None
    }
}
