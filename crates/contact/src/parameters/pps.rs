//! The PPS exchange: protocol and parameters selection (ISO/IEC 7816-3 clause 9).

use super::Protocol;
use crate::atr::TransmissionFactors;
use crate::slot::Event;
use crate::time::{Duration, Instant, Rate};
use crate::timing::{Guard, INITIAL_WAITING_TIME, TURNAROUND_T0};
use crate::turn::{Due, Turn, driven};
use crate::{Error, Settings};

/// PPSS.
const INITIAL: u8 = 0xFF;
/// Bit of PPS0: PPS1 is there.
const PPS1: u8 = 0x10;

/// A PPS request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request {
    bytes: [u8; 4],
    length: u8,
}

impl Request {
    /// Asks for a protocol, and for F and D unless they stay the initial ones.
    #[must_use]
    pub const fn new(protocol: Protocol, factors: Option<TransmissionFactors>) -> Self {
        let number = protocol.number();
        match factors {
            None => Self { bytes: [INITIAL, number, INITIAL ^ number, 0], length: 3 },
            Some(factors) => {
                let (pps0, pps1) = (number | PPS1, factors.byte());
                Self { bytes: [INITIAL, pps0, pps1, INITIAL ^ pps0 ^ pps1], length: 4 }
            }
        }
    }

    /// PPSS to PCK.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// What the card made of it: true when F and D are those of the request, false when they stay
    /// the initial ones.
    ///
    /// # Errors
    /// [`Error::Pps`] when the card answers anything else.
    pub fn accepted(&self, response: &[u8]) -> Result<bool, Error> {
        let [_, pps0, ..] = self.bytes;
        if response == self.bytes() {
            return Ok(self.length == 4);
        }
        // The card may leave PPS1 out: F = 372 and D = 1 then (clause 9.3).
        let without = pps0 & !PPS1;
        if self.length == 4 && response == [INITIAL, without, INITIAL ^ without] {
            return Ok(false);
        }
        Err(Error::Pps)
    }
}

/// A PPS exchange under way. Driven as [`crate::t1::Engine`] is;
/// [`Action::Answered`](crate::Action::Answered) ends it, and [`Exchange::accepted`] says with what.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    request: Request,
    guard: Duration,
    waiting: Duration,
    due: Due,
    /// Bytes of the request that went out.
    sent: u8,
    response: [u8; 4],
    received: u8,
}

driven!(Exchange,);

impl Exchange {
    /// Begins after the answer to reset, whose last character came `now` at the latest.
    #[must_use]
    pub fn new(request: Request, guard: Guard, now: Instant, settings: &Settings) -> Self {
        let rate = Rate::initial(settings.clock);
        Self {
            request,
            guard: guard.spacing,
            waiting: rate.etu(INITIAL_WAITING_TIME).plus(settings.latency),
            due: Due { not_before: now.after(rate.etu(TURNAROUND_T0)), until: Instant::NEVER },
            sent: 0,
            response: [0; 4],
            received: 0,
        }
    }

    /// See [`Request::accepted`].
    ///
    /// # Errors
    /// [`Error::Pps`].
    pub fn accepted(&self) -> Result<bool, Error> {
        let response = self.response.get(..usize::from(self.received)).unwrap_or_default();
        self.request.accepted(response)
    }

    pub(crate) fn turn(&mut self, now: Instant, event: Event) -> Turn {
        if let Some(byte) = self.request.bytes().get(usize::from(self.sent)) {
            if self.sent > 0 {
                self.due.not_before = now.after(self.guard);
            }
            self.sent += 1;
            return Turn::Send { byte: *byte, last: self.sent == self.request.length };
        }
        match event {
            // The request has just left.
            _ if self.due.until == Instant::NEVER => {}
            Event::Received(byte) => {
                // More than the request had is no valid response, so that four places suffice.
                if let Some(place) = self.response.get_mut(usize::from(self.received)) {
                    *place = byte;
                    self.received += 1;
                }
                // PPS0 says how long the response is.
                let [_, pps0, ..] = self.response;
                let whole = 3 + (pps0 & 0x70).count_ones();
                if self.received >= 2
                    && (u32::from(self.received) >= whole || whole > u32::from(self.request.length))
                {
                    return Turn::Answered(usize::from(self.received));
                }
            }
            Event::Garbled => return Turn::Failed(Error::Pps),
            Event::Removed => return Turn::Failed(Error::CardRemoved),
            Event::Ready | Event::Unsupported if now < self.due.until => return Turn::Listen,
            Event::Ready | Event::Unsupported => return Turn::Failed(Error::Pps),
        }
        self.due.until = now.after(self.waiting);
        Turn::Listen
    }
}
