//! Bringing the contacts up and down, and everything between power and the first command
//! (ISO/IEC 7816-3 clauses 6.2 to 6.4).

use super::{Action, Class, Contact, Event, Level, Outcome, Parity, Phase, Serial, Slot, Work};
use crate::atr::{self, Atr, ErrorKind, Progress};
use crate::parameters::{Parameters, Protocol, choose, pps};
use crate::time::{Duration, Instant, Rate};
use crate::timing::{ANSWER_BEGINS, Guard, INITIAL_WAITING_TIME, RESET_LOW};
use crate::turn::Turn;
use crate::{Error, t0, t1};

/// Warm resets for a card that does not answer, and for one whose answer is damaged. The latter
/// may be of the inverse convention, which needs the other parity for one of the two.
const WARM_RESETS_MUTE: u8 = 1;
const WARM_RESETS_DAMAGED: u8 = 2;
/// A character is told at its end, ten etu after its beginning.
const CHARACTER: u32 = 12;

/// Steps of activation and reset (clause 6.2). Each names what is being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Up {
    /// No power, long enough for the next try.
    Rest,
    ResetLow,
    Power,
    Settle,
    Release,
    Clock,
    /// A warm reset begins here.
    WarmLow,
    Line,
    Hold,
    ResetHigh,
    /// TS came in the inverse convention: the rest comes with odd parity.
    Odd,
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
    /// Begins with the class that is due.
    pub(super) fn up(&mut self) {
        self.warm = 0;
        self.parity = Parity::Even;
        let settings = &self.settings;
        if (1_000_000..=5_000_000).contains(&settings.clock)
            && !matches!(settings.ifsd, 0 | u8::MAX)
            && !settings.classes.is_empty()
        {
            let rested = self.now >= self.due.until;
            self.phase = Phase::Up(if rested { Up::ResetLow } else { Up::Rest });
        } else {
            self.phase = Phase::Inactive;
            self.outcome = Outcome::Failed(Error::Settings);
        }
    }

    fn current_class(&self) -> Option<Class> {
        self.settings.classes.get(usize::from(self.class)).copied()
    }

    fn initial_rate(&self) -> Rate {
        Rate::initial(self.settings.clock)
    }

    fn wait(&mut self, duration: Duration) {
        self.due.until = self.now.after(duration);
    }

    pub(super) fn up_action(&self, up: Up) -> Action {
        match up {
            Up::Rest | Up::Settle | Up::Hold => Action::Listen { until: self.due.until },
            Up::ResetLow | Up::WarmLow => Action::Set(Contact::Rst(Level::Low)),
            Up::Power => Action::Set(Contact::Vcc(self.current_class())),
            Up::Release => Action::Set(Contact::Io(Level::High)),
            Up::Clock => Action::Set(Contact::Clk(true)),
            Up::Line | Up::Odd => Action::Configure(self.line()),
            Up::ResetHigh => Action::Set(Contact::Rst(Level::High)),
        }
    }

    /// The line as it is to run now.
    pub(super) fn line(&self) -> Serial {
        let (protocol, rate, character) = match (self.phase, &self.parameters, &self.atr) {
            (Phase::Configure, Some(Parameters { protocol, rate, .. }), Some(atr)) => {
                (*protocol, *rate, Guard::new(atr, *protocol, *rate).character)
            }
            _ => (Protocol::T1, self.initial_rate(), 12),
        };
        Serial { rate, parity: self.parity, character, error_signal: protocol == Protocol::T0 }
    }

    /// Goes on after a step.
    pub(super) fn continue_up(&mut self, up: Up, event: Event) {
        let waiting = matches!(up, Up::Rest | Up::Settle | Up::Hold);
        if waiting && self.now < self.due.until {
            return;
        }
        self.phase = Phase::Up(match up {
            Up::Rest => return self.up(),
            Up::ResetLow => Up::Power,
            Up::Power if event == Event::Unsupported => return self.next_class(self.refused),
            Up::Power => {
                self.wait(self.settings.power_up);
                Up::Settle
            }
            Up::Settle => Up::Release,
            Up::Release => Up::Clock,
            Up::Clock | Up::WarmLow => Up::Line,
            Up::Line => {
                self.wait(self.initial_rate().etu(RESET_LOW));
                Up::Hold
            }
            Up::Hold => Up::ResetHigh,
            Up::ResetHigh => {
                let begins = self.initial_rate().etu(ANSWER_BEGINS + CHARACTER);
                self.wait(begins.plus(self.settings.latency));
                self.decode = false;
                self.work = Work::Answer(atr::Reader::new());
                self.phase = Phase::Answer;
                self.turn = Turn::Listen;
                return;
            }
            Up::Odd => {
                self.phase = Phase::Answer;
                return;
            }
        });
    }

    fn warm_reset(&mut self) {
        self.warm = self.warm.saturating_add(1);
        self.atr = None;
        self.phase = Phase::Up(Up::WarmLow);
    }

    /// The next class of operating conditions that the card may take, or the end.
    fn next_class(&mut self, error: Error) {
        let indicated = self.atr.as_ref().and_then(Atr::classes);
        let fits = |class: &Class| indicated.is_none_or(|classes| classes.include(*class));
        loop {
            self.class = self.class.saturating_add(1);
            match self.current_class() {
                None => return self.fail(error),
                Some(class) if fits(&class) => {
                    self.refused = error;
                    return self.shut_down(Outcome::Again);
                }
                Some(_) => {}
            }
        }
    }

    /// A character of the answer to reset, or none.
    pub(super) fn continue_answer(&mut self, event: Event) {
        let now = self.now;
        let Work::Answer(reader) = &mut self.work else {
            return self.fail(Error::NotReady);
        };
        let position = reader.bytes().len();
        let result = match event {
            Event::Received(byte) => reader.push(byte),
            Event::Garbled => Err(atr::Error::new(ErrorKind::Garbled, position)),
            _ if now < self.due.until => return,
            _ if position == 0 && self.warm < WARM_RESETS_MUTE => return self.warm_reset(),
            _ if position == 0 => return self.next_class(Error::Mute),
            _ => Err(atr::Error::new(ErrorKind::Truncated, position)),
        };
        match result {
            Ok(Progress::More) => {
                let inverse = position == 0 && reader.decodes() && self.parity == Parity::Even;
                let latency = self.settings.latency;
                if position == 0 {
                    let most = self.initial_rate().etu(self.settings.answer_limit);
                    self.limit = now.after(most.plus(latency));
                }
                self.wait(self.initial_rate().etu(INITIAL_WAITING_TIME).plus(latency));
                self.due.until = self.due.until.min(self.limit);
                if inverse {
                    self.parity = Parity::Odd;
                    self.phase = Phase::Up(Up::Odd);
                }
            }
            Ok(Progress::Complete(atr)) => {
                self.decode = reader.decodes();
                self.atr = Some(atr);
                self.answered(&atr);
            }
            Err(error) => {
                if position == 0 {
                    self.parity = match self.parity {
                        Parity::Even => Parity::Odd,
                        Parity::Odd => Parity::Even,
                    };
                }
                if self.warm < WARM_RESETS_DAMAGED {
                    self.warm_reset();
                } else {
                    self.next_class(Error::AnswerToReset(error));
                }
            }
        }
    }

    /// The answer to reset is there: what does the card want?
    fn answered(&mut self, atr: &Atr) {
        let class = self.current_class();
        if class.zip(atr.classes()).is_some_and(|(class, classes)| !classes.include(class)) {
            return self.next_class(Error::UnsupportedClass);
        }
        match choose(atr, &self.settings, self.settings.pps && !self.plain) {
            Ok(choice) => {
                self.parameters = Some(choice.parameters);
                match choice.request {
                    None => self.phase = Phase::Configure,
                    Some(request) => {
                        let guard = Guard::initial(atr, self.settings.clock);
                        let exchange = pps::Exchange::new(request, guard, self.now, &self.settings);
                        self.work = Work::Pps(exchange);
                        self.phase = Phase::Pps;
                        self.continue_pps(Event::Ready);
                    }
                }
            }
            // A warm reset may bring a card out of specific mode (clause 6.3.1).
            Err(_) if self.warm == 0 && atr.specific_mode().is_some_and(|m| m.changeable()) => {
                self.warm_reset();
            }
            Err(Error::NoProtocol) if self.plain => self.fail(Error::Pps),
            Err(error) => self.fail(error),
        }
    }

    /// The PPS exchange.
    pub(super) fn continue_pps(&mut self, event: Event) {
        let event = self.decoded(event);
        let Work::Pps(exchange) = &mut self.work else {
            return self.fail(Error::NotReady);
        };
        self.turn = exchange.turn(self.now, event);
        self.due = exchange.due();
        let accepted = match self.turn {
            Turn::Answered(_) => exchange.accepted(),
            Turn::Failed(error) => Err(error),
            Turn::Send { .. } | Turn::Listen | Turn::Idle => return,
        };
        match (accepted, &mut self.parameters) {
            (Ok(as_requested), Some(parameters)) => {
                if !as_requested {
                    parameters.rate = Rate::initial(self.settings.clock);
                }
                self.phase = Phase::Configure;
            }
            // An unsuccessful exchange ends in deactivation (clause 9.3). The next activation does
            // without.
            _ => {
                self.plain = true;
                self.shut_down(Outcome::Again);
            }
        }
    }

    /// Begins the protocol.
    pub(super) fn start_protocol(&mut self) {
        let (Some(Parameters { protocol, rate }), Some(atr)) = (self.parameters, &self.atr) else {
            return self.fail(Error::NotReady);
        };
        self.limit = Instant::NEVER;
        match protocol {
            Protocol::T0 => {
                let mut engine = t0::Engine::new(atr, rate, &self.settings);
                engine.rest_until(self.now.after(rate.etu(CHARACTER)));
                self.work = Work::T0(engine);
                self.ready(Outcome::Activated);
            }
            Protocol::T1 => match t1::Engine::new(atr, rate, &self.settings) {
                Ok(mut engine) => {
                    let due = engine.announce(self.now.after(rate.etu(CHARACTER)));
                    self.work = Work::T1(engine);
                    if due {
                        self.phase = Phase::Announce;
                        self.continue_exchange(Event::Ready, &[], &mut []);
                    } else {
                        self.ready(Outcome::Activated);
                    }
                }
                Err(error) => self.fail(error),
            },
        }
    }

    /// Begins the deactivation.
    #[inline(never)]
    pub(super) fn shut_down(&mut self, outcome: Outcome) {
        self.work = Work::Nothing;
        self.atr = None;
        self.parameters = None;
        self.outcome = outcome;
        self.phase = Phase::Down(Down::Reset);
    }

    /// Goes on with the deactivation.
    pub(super) fn continue_down(&mut self, down: Down) {
        self.phase = match down {
            Down::Reset => Phase::Down(Down::Clock),
            Down::Clock => Phase::Down(Down::Line),
            Down::Line => Phase::Down(Down::Power),
            Down::Power => {
                // Nothing else is due without power: the next activation finds it there.
                self.wait(self.settings.power_down);
                if self.outcome == Outcome::Again { Phase::Up(Up::Rest) } else { Phase::Inactive }
            }
        };
    }
}
