//! Bringing the contacts up and down, and everything between power and the first command
//! (ISO/IEC 7816-3 clauses 6.2 to 6.4).

use super::{Action, After, Class, Contact, Event, Level, Parity, Phase, Serial, Slot, Work};
use crate::atr::{self, Atr, ErrorKind, Progress};
use crate::parameters::{Parameters, Protocol, choose, pps};
use crate::time::{Instant, Rate};
use crate::timing::{ANSWER_CYCLES, Guard, INITIAL_WAITING_TIME, RESET_CYCLES};
use crate::{Error, t0, t1};

/// Warm resets for a card that does not answer, and for one whose answer is damaged. The latter
/// may be of the inverse convention, which needs the other parity for one of the two.
const WARM_RESETS_MUTE: u8 = 1;
const WARM_RESETS_DAMAGED: u8 = 2;
/// A character is told at its end, ten etu after its beginning.
const CHARACTER: u32 = 12;

/// Steps of activation and reset. Each names what is being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Up {
    /// No power, long enough for the next try.
    Rest(Instant),
    ResetLow,
    Power,
    Settle(Instant),
    Release,
    Clock,
    /// A warm reset begins here.
    WarmLow,
    Line,
    Hold(Instant),
    ResetHigh,
}

/// Steps of deactivation (clause 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Down {
    Reset,
    Clock,
    Line,
    Power,
}

impl Slot {
    /// Forgets the last card.
    pub(super) fn begin_activation(&mut self) {
        self.class = 0;
        self.plain = false;
    }

    /// Begins with the class that is due.
    pub(super) fn up(&mut self) -> Action {
        self.warm = 0;
        self.parity = Parity::Even;
        let settings = &self.settings;
        let sane = (1_000_000..=5_000_000).contains(&settings.clock)
            && !matches!(settings.ifsd, 0 | u8::MAX)
            && !settings.classes.is_empty();
        if !sane {
            self.phase = Phase::Inactive;
            return Action::Failed(Error::Settings);
        }
        self.enter(Up::ResetLow)
    }

    fn current_class(&self) -> Option<Class> {
        self.settings.classes.get(usize::from(self.class)).copied()
    }

    /// Begins a step.
    fn enter(&mut self, up: Up) -> Action {
        self.phase = Phase::Up(up);
        match up {
            Up::Rest(until) | Up::Settle(until) | Up::Hold(until) => Action::Listen { until },
            Up::ResetLow | Up::WarmLow => Action::Set(Contact::Rst(Level::Low)),
            Up::Power => Action::Set(Contact::Vcc(self.current_class())),
            Up::Release => Action::Set(Contact::Io(Level::High)),
            Up::Clock => Action::Set(Contact::Clk(true)),
            Up::Line => Action::Configure(self.initial_line()),
            Up::ResetHigh => Action::Set(Contact::Rst(Level::High)),
        }
    }

    /// Goes on after a step.
    pub(super) fn continue_up(&mut self, up: Up, event: Event) -> Action {
        let now = self.now;
        match up {
            Up::Rest(until) | Up::Settle(until) | Up::Hold(until) if now < until => {
                Action::Listen { until }
            }
            Up::Rest(_) => self.up(),
            Up::ResetLow => self.enter(Up::Power),
            Up::Power if event == Event::Unsupported => self.next_class(Error::Mute),
            Up::Power => self.enter(Up::Settle(now.after(self.settings.power_up))),
            Up::Settle(_) => self.enter(Up::Release),
            Up::Release => self.enter(Up::Clock),
            Up::Clock | Up::WarmLow => self.enter(Up::Line),
            Up::Line => {
                let cycles = Rate::initial(self.settings.clock).cycles(RESET_CYCLES);
                self.enter(Up::Hold(now.after(cycles)))
            }
            Up::Hold(_) => self.enter(Up::ResetHigh),
            Up::ResetHigh => {
                let rate = Rate::initial(self.settings.clock);
                let until = now
                    .after(rate.cycles(ANSWER_CYCLES))
                    .after(rate.etu(CHARACTER))
                    .after(self.settings.latency);
                self.decode = false;
                self.phase = Phase::Answer;
                self.work =
                    Work::Answer { reader: atr::Reader::new(), until, limit: Instant::NEVER };
                Action::Listen { until }
            }
        }
    }

    fn warm_reset(&mut self) -> Action {
        self.warm = self.warm.saturating_add(1);
        self.atr = None;
        self.enter(Up::WarmLow)
    }

    /// The next class of operating conditions that the card may take, or the end.
    fn next_class(&mut self, error: Error) -> Action {
        let indicated = self.atr.and_then(|atr| atr.classes());
        let fits = |class: &Class| indicated.is_none_or(|classes| classes.include(*class));
        let next = usize::from(self.class) + 1;
        let mut rest = self.settings.classes.iter().enumerate().skip(next);
        match rest.find(|(_, class)| fits(class)).map(|(index, _)| u8::try_from(index)) {
            Some(Ok(index)) => {
                self.class = index;
                self.shut_down(After::Again)
            }
            _ => self.fail(error),
        }
    }

    /// A character of the answer to reset, or none.
    pub(super) fn continue_answer(&mut self, event: Event) -> Action {
        let now = self.now;
        let rate = Rate::initial(self.settings.clock);
        let Work::Answer { reader, until, limit } = &mut self.work else {
            return self.fail(Error::NotReady);
        };
        let first = reader.bytes().is_empty();
        let result = match event {
            Event::Received(byte) => reader.push(byte),
            Event::Garbled => Err(atr::Error::new(ErrorKind::Garbled, reader.bytes().len())),
            _ if now < *until => return Action::Listen { until: *until },
            _ if first => {
                return if self.warm < WARM_RESETS_MUTE {
                    self.warm_reset()
                } else {
                    self.next_class(Error::Mute)
                };
            }
            _ => Err(atr::Error::new(ErrorKind::Truncated, reader.bytes().len())),
        };
        match result {
            Ok(Progress::More) => {
                if first {
                    *limit = now.after(rate.etu(self.settings.answer_limit));
                }
                let next = now.after(rate.etu(INITIAL_WAITING_TIME)).min(*limit);
                *until = next.after(self.settings.latency);
                let until = *until;
                if first && reader.decodes() && self.parity == Parity::Even {
                    self.parity = Parity::Odd;
                    return Action::Configure(self.initial_line());
                }
                Action::Listen { until }
            }
            Ok(Progress::Complete(atr)) => {
                self.decode = reader.decodes();
                self.answered(&atr)
            }
            Err(error) => {
                if first {
                    self.parity = match self.parity {
                        Parity::Even => Parity::Odd,
                        Parity::Odd => Parity::Even,
                    };
                }
                if self.warm < WARM_RESETS_DAMAGED {
                    self.warm_reset()
                } else {
                    self.next_class(Error::AnswerToReset(error))
                }
            }
        }
    }

    /// The answer to reset is there: what does the card want?
    fn answered(&mut self, atr: &Atr) -> Action {
        self.atr = Some(*atr);
        let refused = self
            .current_class()
            .zip(atr.classes())
            .is_some_and(|(class, classes)| !classes.include(class));
        if refused {
            return self.next_class(Error::UnsupportedClass);
        }
        let mut settings = self.settings;
        settings.pps &= !self.plain;
        match choose(atr, &settings) {
            Ok(choice) => {
                self.parameters = Some(choice.parameters);
                match choice.request {
                    None => self.configure(),
                    Some(request) => {
                        let guard = Guard::initial(atr, settings.clock);
                        self.phase = Phase::Pps;
                        self.work =
                            Work::Pps(pps::Exchange::new(request, guard, self.now, &settings));
                        self.continue_pps(Event::Ready)
                    }
                }
            }
            // A warm reset may bring a card out of specific mode (clause 6.3.1).
            Err(_) if self.warm == 0 && atr.specific_mode().is_some_and(|m| m.changeable()) => {
                self.warm_reset()
            }
            Err(Error::NoProtocol) if self.plain => self.fail(Error::Pps),
            Err(error) => self.fail(error),
        }
    }

    /// The PPS exchange.
    pub(super) fn continue_pps(&mut self, event: Event) -> Action {
        let event = self.decoded(event);
        let Work::Pps(exchange) = &mut self.work else {
            return self.fail(Error::NotReady);
        };
        let action = exchange.step(self.now, event);
        let accepted = match action {
            Action::Answered(_) => exchange.accepted(),
            Action::Failed(error) => Err(error),
            action => return self.encoded(action),
        };
        match accepted {
            Ok(true) => self.configure(),
            Ok(false) => {
                if let Some(parameters) = &mut self.parameters {
                    parameters.rate = Rate::initial(self.settings.clock);
                }
                self.configure()
            }
            // An unsuccessful exchange ends in deactivation (clause 9.3). The next activation does
            // without.
            Err(_) => {
                self.plain = true;
                self.shut_down(After::Again)
            }
        }
    }

    /// Sets the line up for the protocol.
    fn configure(&mut self) -> Action {
        let (Some(Parameters { protocol, rate }), Some(atr)) = (self.parameters, &self.atr) else {
            return self.fail(Error::NotReady);
        };
        self.phase = Phase::Configure;
        Action::Configure(Serial {
            rate,
            parity: self.parity,
            character: Guard::new(atr, protocol, rate).character,
            error_signal: protocol == Protocol::T0,
        })
    }

    /// Begins the protocol.
    pub(super) fn start_protocol(&mut self) -> Action {
        let (Some(Parameters { protocol, rate }), Some(atr)) = (self.parameters, &self.atr) else {
            return self.fail(Error::NotReady);
        };
        self.limit = Instant::NEVER;
        match protocol {
            Protocol::T0 => {
                self.work = Work::T0(t0::Engine::new(atr, rate, &self.settings));
            }
            Protocol::T1 => match t1::Engine::new(atr, rate, &self.settings) {
                Ok(mut engine) => {
                    let due = engine.announce(self.now.after(rate.etu(CHARACTER)));
                    self.work = Work::T1(engine);
                    if due {
                        self.phase = Phase::Announce;
                        return self.continue_exchange(Event::Ready, &[], &mut []);
                    }
                }
                Err(error) => return self.fail(error),
            },
        }
        self.phase = Phase::Ready;
        Action::Activated
    }

    /// Begins the deactivation.
    pub(super) fn shut_down(&mut self, after: After) -> Action {
        self.work = Work::Nothing;
        self.atr = None;
        self.parameters = None;
        self.phase = Phase::Down(Down::Reset, after);
        Action::Set(Contact::Rst(Level::Low))
    }

    /// Goes on with the deactivation.
    pub(super) fn continue_down(&mut self, down: Down, after: After) -> Action {
        let (next, contact) = match down {
            Down::Reset => (Down::Clock, Contact::Clk(false)),
            Down::Clock => (Down::Line, Contact::Io(Level::Low)),
            Down::Line => (Down::Power, Contact::Vcc(None)),
            Down::Power => {
                return match after {
                    After::Report(action) => {
                        self.phase = Phase::Inactive;
                        action
                    }
                    After::Again => {
                        let until = self.now.after(self.settings.power_down);
                        self.enter(Up::Rest(until))
                    }
                };
            }
        };
        self.phase = Phase::Down(next, after);
        Action::Set(contact)
    }
}
