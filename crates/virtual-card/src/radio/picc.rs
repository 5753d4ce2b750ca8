//! A contactless card (PICC) as the reader's field finds it: its states, and the card behind it.
//!
//! It never reads a clock and never starts a frame: it is given frames and the time at which they
//! ended, and says what it sends and when.

use std::fmt;
use std::time::Duration;

use super::block::{Inside, Outcome, Protocol};
use super::coding::Received;
use super::draw::Draw;
use super::frame::{BitRate, Frame, Signal, carrier, checked};
use super::settings::{Identifier, Interface, PiccSettings, Uid};
use super::violation::{Rules, Violation};
use crate::{Card, Responder};

/// What the card sends, and how long after the end of the reader's frame it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) frame: Frame,
    pub(super) after: Duration,
}

/// The states of ISO/IEC 14443-3, 6.3 and 7.4.
#[derive(Debug)]
pub(super) enum State {
    /// No field.
    Off,
    /// In the field, not yet asked, or put back by a frame that made no sense.
    Idle,
    /// Type B: asked, and waits for its slot.
    Requested(u8),
    /// Asked, and it answered. Type A: at this cascade level, from 0.
    Ready(u8),
    /// Type A: selected, and not yet asked for its ATS.
    Active,
    /// The block protocol. Boxed: it is much larger than the others.
    Protocol(Box<Protocol>),
    /// Sent to sleep; only WUPA or WUPB wakes it.
    Halt,
}

/// A contactless card: ISO/IEC 14443-3 and 14443-4 in front of a [`Card`] or another
/// [`Responder`].
///
/// It is driven by a [`Field`](super::Field).
pub struct Picc<R = Card> {
    pub(super) responder: R,
    pub(super) settings: PiccSettings,
    pub(super) state: State,
    /// Type A: the state before was HALT, and a frame without sense leads back there.
    pub(super) woken: bool,
    pub(super) identifier: Vec<u8>,
    pub(super) draw: Draw,
    pub(super) rules: Rules,
    pub(super) commands: u64,
    pub(super) activations: u64,
    /// To the card and to the reader.
    pub(super) rates: (BitRate, BitRate),
    powered: Duration,
    dark_since: Option<Duration>,
}

impl<R: Responder> Picc<R> {
    /// A card outside every field.
    #[must_use]
    pub fn new(responder: R, settings: PiccSettings) -> Self {
        let draw = Draw::new(settings.seed);
        Self {
            responder,
            settings,
            state: State::Off,
            woken: false,
            identifier: Vec::new(),
            draw,
            rules: Rules::default(),
            commands: 0,
            activations: 0,
            rates: Default::default(),
            powered: Duration::ZERO,
            dark_since: None,
        }
    }

    /// The card behind the antenna.
    #[must_use]
    pub const fn responder(&self) -> &R {
        &self.responder
    }

    /// The card behind the antenna.
    pub const fn responder_mut(&mut self) -> &mut R {
        &mut self.responder
    }

    /// How it behaves from now on. A change of what it answers shows at the next activation.
    pub const fn settings_mut(&mut self) -> &mut PiccSettings {
        &mut self.settings
    }

    /// What the reader did against the standard so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.rules.noted()
    }

    /// Command APDUs that it was given since it was made.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// How often the block protocol was begun.
    #[must_use]
    pub const fn activations(&self) -> u64 {
        self.activations
    }

    /// Is the block protocol running?
    #[must_use]
    pub const fn is_activated(&self) -> bool {
        matches!(self.state, State::Protocol(_))
    }

    /// The rates to the card and to the reader now.
    #[must_use]
    pub const fn rates(&self) -> (BitRate, BitRate) {
        self.rates
    }

    pub(super) const fn has_power(&self) -> bool {
        !matches!(self.state, State::Off)
    }

    /// The field is there, or the card came into it.
    pub(super) fn power_on(&mut self, now: Duration) {
        if self.has_power() {
            return;
        }
        if let Some(since) = self.dark_since.take()
            && now.saturating_sub(since) < Duration::from_millis(5)
        {
            self.rules.note(Violation::ShortFieldOff);
        }
        self.responder.power_on();
        self.state = State::Idle;
        self.woken = false;
        self.powered = now;
        self.rates = Default::default();
        self.rules.quiet_until = Duration::ZERO;
        self.identifier = match &self.settings.interface {
            Interface::TypeA(settings) => match settings.uid {
                Uid::Random => {
                    let [a, b, c, _] = self.draw.bytes();
                    vec![0x08, a, b, c]
                }
                Uid::Four(uid) => uid.to_vec(),
                Uid::Seven(uid) => uid.to_vec(),
                Uid::Ten(uid) => uid.to_vec(),
            },
            Interface::TypeB(settings) => match settings.pupi {
                Identifier::Fixed(pupi) => pupi.to_vec(),
                Identifier::RandomPerField | Identifier::RandomPerRequest => {
                    self.draw.bytes().to_vec()
                }
            },
        };
    }

    /// The field is gone, or the card left it. `switched`: the reader did it, and must leave it off
    /// for a while.
    pub(super) fn power_off(&mut self, now: Duration, switched: bool) {
        if !self.has_power() {
            return;
        }
        self.responder.power_off();
        self.state = State::Off;
        self.dark_since = switched.then_some(now);
    }

    /// A frame of the card ended: the reader may not speak at once.
    pub(super) fn sent(&mut self, ends: Duration) {
        let guard = match &self.settings.interface {
            Interface::TypeA(_) => carrier(1172),
            // TR2: 10 etu and so many periods of the subcarrier (14443-3, 7.9.4.4).
            Interface::TypeB(settings) => {
                let [_, frame, _] = settings.protocol_info;
                let periods = match frame >> 1 & 0x03 {
                    0 => 32,
                    1 => 128,
                    2 => 256,
                    _ => 512,
                };
                BitRate::Kbps106.etu(10) + carrier(periods * 16)
            }
        };
        // A start-up frame guard time may be noted already.
        let guard = guard.max(std::mem::take(&mut self.rules.start_up_guard));
        self.rules.quiet_until = ends + guard;
    }

    /// A reply of the card is still to come, and the reader sends all the same.
    pub(super) fn interrupted(&mut self) {
        self.rules.note(Violation::Impatient);
    }

    /// A frame of the reader began and ended at these times.
    pub(super) fn receive(
        &mut self,
        received: &Received,
        begins: Duration,
        ends: Duration,
    ) -> Option<Answer> {
        let signal = match self.settings.interface {
            Interface::TypeA(_) => Signal::TypeA,
            Interface::TypeB(_) => Signal::TypeB,
        };
        let frame = &received.frame;
        if !self.has_power()
            || begins < self.powered + self.settings.start_up
            || frame.signal != signal
            || frame.rate != self.rates.0
        {
            return None;
        }
        // Half an etu: what two clocks may differ.
        if begins + BitRate::Kbps106.etu(1) / 2 < self.rules.quiet_until {
            self.rules.note(Violation::TooEarly);
        }
        if received.error.is_some() || received.collision.is_some() {
            self.nonsense();
            return None;
        }
        if matches!(self.state, State::Protocol(_)) {
            return self.block(checked(signal, &frame.bytes)?, ends);
        }
        match signal {
            Signal::TypeA => self.receive_type_a(frame, ends),
            Signal::TypeB => self.receive_type_b(checked(signal, &frame.bytes)?),
            Signal::Felica => None,
        }
    }

    /// Type A: what makes no sense puts the card back (14443-3, 6.3). Type B: it is not heard.
    pub(super) fn nonsense(&mut self) {
        if matches!(self.settings.interface, Interface::TypeA(_))
            && matches!(self.state, State::Ready(_) | State::Active)
        {
            self.state = if self.woken { State::Halt } else { State::Idle };
        }
    }

    fn block(&mut self, block: &[u8], now: Duration) -> Option<Answer> {
        let State::Protocol(protocol) = &mut self.state else { return None };
        if protocol.takes_pps(block) && matches!(self.settings.interface, Interface::TypeA(_)) {
            return self.pps(block);
        }
        let mut inside = Inside {
            responder: &mut self.responder,
            rules: &mut self.rules,
            commands: &mut self.commands,
        };
        let (block, after) = match protocol.receive(block, now, &self.settings, &mut inside) {
            Outcome::Silent => return None,
            Outcome::Answer(block, after) => (block, after),
            Outcome::Deselected(block) => {
                let answer = self.answer(block);
                self.state = State::Halt;
                self.rates = Default::default();
                return Some(answer);
            }
        };
        let mut answer = self.answer(block);
        answer.after = answer.after.max(after);
        Some(answer)
    }

    /// These bytes with their CRC, at the rate of now, after the shortest delay.
    pub(super) fn answer(&self, bytes: Vec<u8>) -> Answer {
        let signal = match self.settings.interface {
            Interface::TypeA(_) => Signal::TypeA,
            Interface::TypeB(_) => Signal::TypeB,
        };
        let frame = Frame::with_crc(signal, self.rates.1, bytes);
        Answer { frame, after: self.settings.response_delay }
    }

    /// The block protocol begins.
    pub(super) fn activate(&mut self, agreement: super::block::Agreement) {
        self.activations += 1;
        self.state = State::Protocol(Box::new(Protocol::new(agreement)));
    }
}

impl<R> fmt::Debug for Picc<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picc")
            .field("state", &self.state)
            .field("rates", &self.rates)
            .field("commands", &self.commands)
            .field("violations", &self.rules.noted())
            .finish_non_exhaustive()
    }
}
