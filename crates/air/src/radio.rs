//! A front end in simulated time: frames of the reader's engine to the virtual field and back.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use kazasu_apdu::transport::{self, ErrorKind};
use kazasu_nfc::{Capabilities, Exchange, FrontEnd, Instant, Kind, Reception};
use kazasu_virtual_card::Responder;
use kazasu_virtual_card::radio::{BitRate, Caught, Field, Frame, Listening, Signal};

/// Nothing can be wrong with a [`Radio`].
#[derive(Debug)]
pub struct Never(Infallible);

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

impl std::error::Error for Never {}

impl transport::Error for Never {
    fn kind(&self) -> ErrorKind {
        match self.0 {}
    }
}

/// More steps than any order may take.
const STEPS: u32 = 200_000;

/// A front end of `kazasu-nfc` over a [`Field`] of `kazasu-virtual-card`, in simulated time: an
/// exchange returns at once, and [`Radio::now`] has gone on.
///
/// # Panics
/// When one order of a link takes more steps than any may, because then it would not end.
#[derive(Debug)]
pub struct Radio<R: Responder> {
    /// The field, with what lies in it.
    pub field: Field<R>,
    /// The moment that is now.
    pub now: Duration,
    /// What the front end says of itself.
    pub capabilities: Capabilities,
    /// From the end of an answer to the next step of the engine: how long its processor takes.
    pub latency: Duration,
    /// Does it go on listening after a disturbance of less than three bytes?
    pub listens_on: bool,
    /// Frames that it was given to send.
    pub frames: u64,
    steps: u32,
}

fn rate(rate: kazasu_nfc::BitRate) -> BitRate {
    BitRate::from_code(rate.code())
}

/// A moment of the simulation as the engine has it: in microseconds, rounded up.
#[must_use]
pub fn instant(at: Duration) -> Instant {
    Instant::from_micros(u64::try_from(at.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX))
}

/// No frame of the standard has more than 4,096 bytes.
fn count(bits: usize) -> u16 {
    u16::try_from(bits).unwrap_or(u16::MAX)
}

fn duration(at: Instant) -> Duration {
    Duration::from_micros(at.micros())
}

impl<R: Responder> Radio<R> {
    /// A front end over this field, at the beginning of time.
    #[must_use]
    pub const fn new(field: Field<R>, capabilities: Capabilities) -> Self {
        let (now, latency) = (Duration::ZERO, Duration::from_micros(50));
        Self { field, now, capabilities, latency, listens_on: true, frames: 0, steps: 0 }
    }

    /// A new order begins, whose steps are counted anew.
    pub const fn begin(&mut self) {
        self.steps = 0;
    }

    fn step(&mut self) {
        self.steps += 1;
        assert!(self.steps < STEPS, "an order without an end");
    }
}

impl<R: Responder> FrontEnd for Radio<R> {
    type Error = Never;

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn now(&mut self) -> Instant {
        instant(self.now)
    }

    fn wait(&mut self, until: Instant) {
        self.step();
        assert_ne!(until, Instant::NEVER);
        self.now = self.now.max(duration(until));
        self.field.advance(self.now);
    }

    fn switch(&mut self, on: bool) -> Result<(), Never> {
        self.step();
        self.field.switch(on, self.now);
        Ok(())
    }

    fn exchange(&mut self, exchange: &Exchange, buffer: &mut [u8]) -> Result<Reception, Never> {
        self.step();
        self.frames += 1;
        self.now = self.now.max(duration(exchange.not_before));
        let signal = match exchange.kind {
            Kind::A => Signal::TypeA,
            Kind::B => Signal::TypeB,
        };
        let bytes = buffer[..exchange.bytes()].to_vec();
        let mut frame = Frame::raw(signal, rate(exchange.to_card), bytes);
        frame.last_bits = exchange.last_bits() % 8;
        let listening = Listening {
            rate: rate(exchange.from_card),
            align: exchange.align,
            wait: Duration::from_micros(exchange.wait.micros()),
            shortest: match self.listens_on {
                true => Duration::from_micros(exchange.shortest().micros()),
                false => Duration::ZERO,
            },
        };
        let (caught, over) = self.field.exchange(&frame, self.now, listening, buffer);
        self.now = over + self.latency;
        Ok(match caught {
            Caught::Silence => Reception::Silence,
            Caught::Garbled => Reception::Garbled,
            Caught::Collision(bits) => Reception::Collision { bits: count(bits) },
            Caught::Frame(bits) => Reception::Frame { bits: count(bits) },
        })
    }
}
