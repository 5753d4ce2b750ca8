//! The life of the field: polling, activation, exchanges, presence, deactivation.

mod poll;
mod select;
mod types;

pub use types::{Action, Capabilities, Event, Exchange, Reception, State};

use crate::block::{self, Engine, Input, Step};
use crate::card::{Card, Identity};
use crate::frame::{self, Kind};
use crate::rate::{BitRate, Rates};
use crate::{Error, Settings, timing};
use kazasu_apdu::time::{Duration, Instant};
use poll::Polling;

/// A field and the card in it.
///
/// # The contract with a driver
/// * [`Field::step`] gives one [`Action`]. The driver carries it out exactly once and calls again.
/// * [`Action::Switch`]: do it, then [`Event::Ready`].
/// * [`Action::Exchange`]: not before [`Exchange::not_before`], send the bits that are at the
///   beginning of `frame`; wait for the answer; put it into the same buffer; then
///   [`Event::Received`]. What arrives at any other time is dropped.
/// * [`Action::Wait`]: [`Event::Ready`] when the moment has come. Earlier does no harm.
/// * [`Action::Idle`]: nothing to do. [`Action::Activated`], [`Action::Answered`],
///   [`Action::Present`], [`Action::Deactivated`] and [`Action::Failed`] end what was ordered,
///   once; call again, at once or after the next order. While a card is ready, keep calling: it is
///   then that its removal is noticed, and told by [`Action::Failed`].
/// * [`Event::Lost`] at any time when the front end failed. The field is taken for switched off.
///
/// `frame` is the buffer for frames, the same at every call, as large as the largest frame that is
/// to be used, 16 bytes at least; 256 suit a My Number card. `now` must not run backwards.
#[derive(Clone, Debug)]
pub struct Field {
    settings: Settings,
    capabilities: Capabilities,
    order: Option<Order>,
    phase: Phase,
    polling: Polling,
    engine: Engine,
    card: Option<Card>,
    presences: u32,
    /// Was it switched on, and not off since?
    on: bool,
    /// The reader's next frame must not begin earlier.
    quiet: Instant,
    /// When the exchange began, and when the next presence check is due.
    started: Instant,
    check: Instant,
}

/// What the owner wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Activate,
    Next,
    Deactivate,
    Cancel,
    Transmit,
    Check,
}

/// What the field is about. The event that comes next belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Off,
    /// The field is being switched off, to tell this error then, or the end that was ordered.
    Ending(Option<Error>),
    /// The field is being switched off, to begin anew.
    Resetting,
    /// It is off until then.
    Rest(Instant),
    /// No command until then; then a request of this type.
    Guard(Instant, Kind),
    /// Activation.
    Poll(poll::Stage),
    /// The card is left alone until then.
    Settle(Instant),
    /// Idle.
    Ready,
    /// The block protocol is at work.
    Blocks(Purpose),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Transmit,
    /// A presence check that somebody waits for.
    Check,
    /// One that comes by itself.
    Watch,
    /// S(DESELECT), then the end.
    End,
    /// S(DESELECT), then the next card.
    Next,
}

impl Field {
    /// A field that is off.
    #[must_use]
    pub const fn new(settings: Settings, capabilities: Capabilities) -> Self {
        Self {
            settings,
            capabilities,
            order: None,
            phase: Phase::Off,
            polling: Polling::new(),
            engine: Engine::new(Kind::B, 0, 16, None),
            card: None,
            presences: 0,
            on: false,
            quiet: Instant::ORIGIN,
            started: Instant::ORIGIN,
            check: Instant::ORIGIN,
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to change them. What concerns polling and activation holds from the next
    /// [`Field::activate`] on.
    pub const fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// What the front end can do.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Orders a new presence: the field is switched off, so that every card forgets, and on; cards
    /// are polled for, and one is activated. Ends in [`Action::Activated`] or [`Action::Failed`].
    pub const fn activate(&mut self) {
        self.order = Some(Order::Activate);
    }

    /// Orders the next card of several: the active one is halted, those that have not been active
    /// yet are polled for once. A presence of its own. Ends as [`Field::activate`] does, in
    /// [`Error::NoCard`] when there is no further card. Without an active card it is
    /// [`Field::activate`].
    pub const fn next(&mut self) {
        self.order = Some(Order::Next);
    }

    /// Orders the end: S(DESELECT) if a card is active and idle, then the field is switched off.
    /// Ends in [`Action::Deactivated`].
    pub const fn deactivate(&mut self) {
        self.order = Some(Order::Deactivate);
    }

    /// Orders an exchange. The same `command`, and a buffer for the answer, go to every
    /// [`Field::step`] until [`Action::Answered`] or [`Action::Failed`].
    ///
    /// # Errors
    /// [`Error::NotReady`] and [`Error::CommandLength`]; nothing was sent then, and nothing has
    /// changed.
    pub fn transmit(&mut self, command: &[u8]) -> Result<(), Error> {
        if self.state() != State::Ready {
            return Err(Error::NotReady);
        }
        if command.is_empty() || command.len() > self.most() {
            return Err(Error::CommandLength);
        }
        self.order = Some(Order::Transmit);
        Ok(())
    }

    /// Orders a presence check now. Ends in [`Action::Present`], or [`Action::Failed`].
    ///
    /// # Errors
    /// [`Error::NotReady`].
    pub fn check(&mut self) -> Result<(), Error> {
        if self.state() != State::Ready {
            return Err(Error::NotReady);
        }
        self.order = Some(Order::Check);
        Ok(())
    }

    /// Gives up what is under way; the field is switched off. Ends in [`Action::Failed`] with
    /// [`Error::Cancelled`].
    pub const fn cancel(&mut self) {
        self.order = Some(Order::Cancel);
    }

    /// What the field is doing. [`State::Ready`] also while a presence check that comes by itself
    /// is under way.
    #[must_use]
    pub fn state(&self) -> State {
        match (self.order, self.phase) {
            (None, Phase::Off) => State::Off,
            (None, Phase::Ready | Phase::Blocks(Purpose::Watch)) => State::Ready,
            _ => State::Busy,
        }
    }

    /// Was the field switched on, and has no front end said since that it is off? Also after
    /// [`Event::Lost`], when nobody knows: whoever gives a field up switches it off then.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// The card, while it is active.
    #[must_use]
    pub const fn card(&self) -> Option<&Card> {
        self.card.as_ref()
    }

    /// Takes one event and says what to do next. `command` and `response` are looked at during an
    /// exchange only, and may be empty else.
    pub fn step(
        &mut self,
        now: Instant,
        event: Event,
        frame: &mut [u8],
        command: &[u8],
        response: &mut [u8],
    ) -> Action {
        if event == Event::Lost {
            (self.order, self.phase, self.card) = (None, Phase::Off, None);
            return Action::Failed(Error::FrontEnd);
        }
        if matches!(event, Event::Received(_)) {
            let gap = match (&self.card, self.phase) {
                (Some(Card { identity: Identity::B { atqb, .. }, .. }), _) => {
                    timing::tr2(atqb.tr2())
                }
                (None, Phase::Poll(stage)) => self.polling.gap(stage),
                _ => timing::FRAME_DELAY_A,
            };
            self.quiet = now.after(timing::span(gap));
        }
        if let Some(action) = self.begin(now, frame, command) {
            return action;
        }
        match (self.phase, event) {
            (Phase::Off, _) => Action::Idle,
            (Phase::Ending(error), _) => {
                (self.phase, self.on) = (Phase::Off, false);
                error.map_or(Action::Deactivated, Action::Failed)
            }
            (Phase::Resetting, _) => {
                self.on = false;
                self.rest(now.after(self.settings.reset))
            }
            (Phase::Rest(until), _) if now < until => Action::Wait { until },
            (Phase::Rest(_), _) => {
                let guard = now.after(self.settings.guard);
                self.phase = Phase::Guard(guard, self.first());
                self.on = true;
                Action::Switch(true)
            }
            (Phase::Guard(until, _) | Phase::Settle(until), _) if now < until => {
                Action::Wait { until }
            }
            (Phase::Guard(_, kind), _) => self.request(now, kind, frame),
            (Phase::Poll(stage), Event::Received(reception)) => {
                self.polled(now, stage, reception, frame)
            }
            (Phase::Settle(_), _) => self.settled(now, frame),
            (Phase::Ready, _) if now < self.check => Action::Wait { until: self.check },
            (Phase::Ready, _) => {
                self.blocks(now, Purpose::Watch, block::Order::Check, frame, command)
            }
            (Phase::Blocks(purpose), Event::Received(reception)) => {
                let input = match reception {
                    Reception::Frame { bits } if bits % 8 == 0 => {
                        Input::Frame(usize::from(bits / 8))
                    }
                    Reception::Silence => Input::Silence,
                    _ => Input::Garbled,
                };
                let step = self.engine.step(now, &self.settings, input, frame, command, response);
                let action = self.stepped(now, purpose, step);
                // An order may have come while the card was watched.
                self.begin(now, frame, command).unwrap_or(action)
            }
            // A driver that lost count: nothing is sent twice for it.
            (Phase::Poll(_) | Phase::Blocks(_), _) => self.fail(Error::FrontEnd),
        }
    }

    /// Begins what was ordered, if that is possible now.
    fn begin(&mut self, now: Instant, frame: &mut [u8], command: &[u8]) -> Option<Action> {
        let idle = self.phase == Phase::Ready;
        let order = self.order?;
        // What waits for the end of a presence check that is under way keeps waiting.
        if matches!(order, Order::Transmit | Order::Check) && !idle {
            return None;
        }
        self.order = None;
        Some(match order {
            Order::Transmit => {
                self.started = now;
                self.blocks(now, Purpose::Transmit, block::Order::Transmit, frame, command)
            }
            Order::Check => self.blocks(now, Purpose::Check, block::Order::Check, frame, command),
            Order::Deactivate if idle => {
                self.blocks(now, Purpose::End, block::Order::Deselect, frame, command)
            }
            Order::Next if idle => {
                self.blocks(now, Purpose::Next, block::Order::Deselect, frame, command)
            }
            Order::Deactivate => self.end(None),
            Order::Cancel => self.fail(Error::Cancelled),
            Order::Activate | Order::Next => {
                let small = self.largest(frame.len()) < 16;
                if small || self.settings.cid.is_some_and(|cid| cid > 14) {
                    return Some(self.fail(Error::Settings));
                }
                self.polling.begin(now, false);
                self.reset()
            }
        })
    }

    /// Switches the field off, so that every card forgets, and polls anew.
    fn reset(&mut self) -> Action {
        self.card = None;
        self.phase = Phase::Resetting;
        Action::Switch(false)
    }

    /// Switches the field off and tells this error, or the end that was ordered.
    #[inline(never)]
    fn end(&mut self, error: Option<Error>) -> Action {
        self.card = None;
        self.order = None;
        self.phase = Phase::Ending(error);
        Action::Switch(false)
    }

    fn fail(&mut self, error: Error) -> Action {
        self.end(Some(error))
    }

    fn rest(&mut self, until: Instant) -> Action {
        self.phase = Phase::Rest(until);
        Action::Wait { until }
    }

    /// Begins something with the active card.
    fn blocks(
        &mut self,
        now: Instant,
        purpose: Purpose,
        order: block::Order,
        frame: &mut [u8],
        command: &[u8],
    ) -> Action {
        let step = self.engine.start(now, &self.settings, order, frame, command);
        self.stepped(now, purpose, step)
    }

    /// Goes on with it.
    fn stepped(&mut self, now: Instant, purpose: Purpose, step: Step) -> Action {
        let action = match step {
            Step::Send { length, wait } => {
                let limit = self.settings.exchange_limit;
                if purpose == Purpose::Transmit && now.since(self.started) > limit {
                    return self.fail(Error::ExchangeLimit);
                }
                self.phase = Phase::Blocks(purpose);
                let (kind, rates) = match &self.card {
                    Some(card) => (card.kind(), (card.to_card, card.from_card)),
                    None => return self.fail(Error::NotReady),
                };
                return self.send(kind, rates, length, wait);
            }
            Step::Answered(length) => Action::Answered(length),
            Step::Present if purpose == Purpose::Check => Action::Present,
            Step::Present => Action::Wait { until: now.after(self.settings.presence_interval) },
            Step::Deselected if purpose == Purpose::Next => return self.go_on(now),
            Step::Deselected => return self.end(None),
            Step::Failed(Error::BufferTooSmall) => Action::Failed(Error::BufferTooSmall),
            Step::Failed(error) => return self.fail(error),
        };
        self.ready(now);
        action
    }

    /// The card is idle from now on.
    fn ready(&mut self, now: Instant) {
        self.phase = Phase::Ready;
        self.check = now.after(self.settings.presence_interval);
    }

    /// One frame of whole bytes that is in the buffer.
    fn send(&self, kind: Kind, rates: (BitRate, BitRate), length: usize, wait: Duration) -> Action {
        let bits = (length as u16).saturating_mul(8);
        let (to_card, from_card) = rates;
        let not_before = self.quiet;
        Action::Exchange(Exchange { kind, bits, align: 0, to_card, from_card, not_before, wait })
    }

    /// Takes a card that has said all that is needed. `fsci`, `fwi` and `has_cid` are its own.
    fn take(&mut self, identity: Identity, fsci: u8, fwi: u8, has_cid: bool, buffer: usize) {
        let frame = usize::from(frame::size(fsci)).min(self.largest(buffer)) as u16;
        let cid = self.settings.cid.filter(|_| has_cid);
        self.presences = self.presences.wrapping_add(1);
        let card = Card {
            identity,
            to_card: BitRate::Kbps106,
            from_card: BitRate::Kbps106,
            frame,
            fwi: if fwi < 15 { fwi } else { 4 },
            cid,
            presence: self.presences,
        };
        self.engine = Engine::new(card.kind(), fwi, frame, cid);
        self.card = Some(card);
    }

    /// The rates to agree on with a card that declares these.
    fn rates(&self, kind: Kind, card: Rates) -> (BitRate, BitRate) {
        let own = match kind {
            Kind::A => self.capabilities.rates_a,
            Kind::B => self.capabilities.rates_b,
        };
        let highest = if self.polling.slow() { BitRate::Kbps106 } else { self.settings.highest };
        own.limited(highest).choose(card)
    }

    /// The largest frame that front end and buffer hold.
    fn largest(&self, buffer: usize) -> usize {
        buffer.min(usize::from(self.capabilities.frame)).min(4_096)
    }

    /// The longest command that the card takes (MBL, ISO/IEC 14443-3 clause 7.11.1).
    fn most(&self) -> usize {
        match &self.card {
            Some(Card { identity: Identity::B { atqb, mbli }, .. }) if *mbli > 0 => {
                usize::from(frame::size(atqb.fsci())) << mbli.saturating_sub(1)
            }
            _ => usize::MAX,
        }
    }
}
