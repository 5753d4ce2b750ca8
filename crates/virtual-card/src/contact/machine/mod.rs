//! The card as its contacts show it: supply, clock, reset and one I/O line, with time passed in.
//!
//! It never sleeps and never reads a clock.

mod exchange;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::answer_to_reset::{Offer, rate};
use super::character::{Character, Convention};
use super::pps;
use super::responder::Responder;
use super::settings::{ContactSettings, Hang, Until};
use super::t0::T0;
use super::t1::{self, T1};
use super::timing::{Rules, Timing};
use super::violation::Violation;
use crate::Card;

/// What the card puts on the I/O line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// A character whose start bit begins now, and whose moments are so long.
    Character {
        /// The nine moments.
        character: Character,
        /// One elementary time unit.
        etu: Duration,
    },
    /// The error signal of T=0: the parity of what came last was wrong (ISO/IEC 7816-3, 7.3).
    ErrorSignal,
}

#[derive(Debug)]
enum Phase {
    /// No supply, no clock, or RST low.
    Off,
    /// It sends its answer to reset.
    Answering,
    /// PPS or the first protocol.
    Ready,
    Pps(pps::Request),
    /// A PPS response is on its way; then these hold.
    Agreed(Timing, u8),
    T0(T0),
    T1(T1),
    /// It hangs, or a PPS request made no sense.
    Mute,
}

/// What the card works at.
#[derive(Debug)]
struct Work {
    ready: Duration,
    /// When the reader would give up.
    until: Duration,
    /// S(WTX request) that come needed or not.
    forced: u8,
    response: Vec<u8>,
}

/// A byte that is to be sent.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: Duration,
    byte: u8,
    /// How often it was repeated before.
    repeated: u8,
}

/// A card in a contact slot: the card's end of ISO/IEC 7816-3.
///
/// Instants are durations since any origin, the same for all calls, and never go back. Whoever
/// drives it calls [`ContactCard::poll`] whenever [`ContactCard::next`] says so, before anything
/// else that happens at a later time.
pub struct ContactCard<R = Card> {
    responder: R,
    settings: ContactSettings,
    supply: bool,
    clock: Option<u32>,
    reset_high: bool,
    /// It had a reset since it got supply and clock, so that the next one is warm.
    was_reset: bool,
    /// A hang that outlives the resets that it should.
    hung: Option<Until>,
    commands: u64,
    phase: Phase,
    convention: Convention,
    offer: Offer,
    timing: Timing,
    rules: Rules,
    output: VecDeque<Due>,
    error_signal: bool,
    /// The character that was sent last, and when it began.
    sent: Option<Due>,
    work: Option<Work>,
    ifs_announced: bool,
}

/// A character whose parity the reader calls wrong again and again is repeated so often.
const REPETITIONS: u8 = 5;

impl<R: Responder> ContactCard<R> {
    /// A card without power.
    #[must_use]
    pub fn new(responder: R, settings: ContactSettings) -> Self {
        let offer = Offer::of(&settings.atr);
        Self {
            responder,
            settings,
            supply: false,
            clock: None,
            reset_high: false,
            was_reset: false,
            hung: None,
            commands: 0,
            phase: Phase::Off,
            convention: offer.convention,
            offer,
            timing: Timing::at_reset(1),
            rules: Rules::default(),
            output: VecDeque::new(),
            error_signal: false,
            sent: None,
            work: None,
            ifs_announced: false,
        }
    }

    /// The card behind the contacts.
    #[must_use]
    pub const fn responder(&self) -> &R {
        &self.responder
    }

    /// The card behind the contacts.
    pub const fn responder_mut(&mut self) -> &mut R {
        &mut self.responder
    }

    /// Ends the contacts.
    #[must_use]
    pub fn into_responder(self) -> R {
        self.responder
    }

    /// How it behaves from now on. A change of the answer to reset shows at the next reset.
    pub const fn settings_mut(&mut self) -> &mut ContactSettings {
        &mut self.settings
    }

    /// How the levels on its line stand for bytes.
    #[must_use]
    pub const fn convention(&self) -> Convention {
        self.convention
    }

    /// The elementary time unit that it works with now.
    #[must_use]
    pub const fn etu(&self) -> Duration {
        self.timing.etu
    }

    /// What the reader did against the standard so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.rules.violations()
    }

    /// Command APDUs that it was given since it was made.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// Supply (VCC).
    pub fn set_supply(&mut self, on: bool, now: Duration) {
        if !on && self.supply {
            self.rules.deactivated(self.reset_high, self.clock.is_some());
            self.responder.power_off();
        }
        if on && !self.supply {
            self.responder.power_on();
        }
        self.supply = on;
        self.was_reset &= on;
        self.changed(now);
    }

    /// Clock (CLK) in hertz; `None`: stopped.
    pub fn set_clock(&mut self, frequency: Option<u32>, now: Duration) {
        if self.clock.is_none() && frequency.is_some() {
            self.rules.clock_started(now);
        }
        self.clock = frequency.filter(|frequency| *frequency > 0);
        self.changed(now);
    }

    /// Reset (RST).
    pub fn set_reset(&mut self, high: bool, now: Duration) {
        if self.reset_high == high {
            return;
        }
        self.reset_high = high;
        if !high {
            self.rules.reset_low(now);
        }
        self.changed(now);
    }

    /// A line changed: the card starts, or stops.
    fn changed(&mut self, now: Duration) {
        let (true, Some(frequency), true) = (self.supply, self.clock, self.reset_high) else {
            self.stop();
            return;
        };
        if matches!(self.phase, Phase::Off) {
            self.rules.reset_high(now, frequency);
            self.reset(now, frequency);
        }
    }

    fn stop(&mut self) {
        self.phase = Phase::Off;
        self.output.clear();
        self.work = None;
        self.error_signal = false;
        self.sent = None;
    }

    fn reset(&mut self, now: Duration, frequency: u32) {
        let warm = std::mem::replace(&mut self.was_reset, true);
        if warm {
            self.responder.warm_reset();
        }
        self.hung = match self.hung {
            Some(Until::WarmReset) => None,
            Some(Until::ColdReset) if !warm => None,
            other => other,
        };
        self.ifs_announced = false;
        let atr = match &self.settings.warm_atr {
            Some(atr) if warm => atr,
            _ => &self.settings.atr,
        };
        self.offer = Offer::of(atr);
        self.convention = self.offer.convention;
        self.timing = Timing::at_reset(frequency);
        self.rules.new_session();
        let bytes = atr.clone();
        if self.hangs(0) || bytes.is_empty() {
            self.phase = Phase::Mute;
            return;
        }
        self.phase = Phase::Answering;
        let start = now + self.timing.cycles(self.settings.answer_delay);
        self.queue(&bytes, start, 12);
    }

    /// Does it hang at this command? Once it does, it stays so.
    fn hangs(&mut self, command: u64) -> bool {
        if let Some(Hang { command: at, until, .. }) = self.settings.hang
            && at == command
        {
            self.hung = Some(until);
            if until != Until::Never {
                self.settings.hang = None;
            }
        }
        self.hung.is_some()
    }

    /// When the card does something next of its own accord.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        if self.error_signal {
            return Some(Duration::ZERO);
        }
        let output = self.next_character();
        let work = self.work.as_ref().and_then(|work| self.next_of(work));
        let quiet = match &self.phase {
            Phase::T1(t1) if t1.is_receiving() => {
                self.rules.last_received().map(|at| at + self.character_waiting_time())
            }
            _ => None,
        };
        [output, work, quiet].into_iter().flatten().min()
    }

    /// When the next character that waits to be sent begins.
    pub(super) fn next_character(&self) -> Option<Duration> {
        self.output.front().map(|due| due.at)
    }

    /// What the card puts on the line now. Call it until it says `None`.
    pub fn poll(&mut self, now: Duration) -> Option<Output> {
        if std::mem::take(&mut self.error_signal) {
            return Some(Output::ErrorSignal);
        }
        loop {
            if let Some(output) = self.due(now) {
                return Some(output);
            }
            if !self.advance(now) {
                return None;
            }
        }
    }

    fn due(&mut self, now: Duration) -> Option<Output> {
        let due = self.output.pop_front_if(|due| due.at <= now)?;
        let etu = self.timing.etu;
        let character = Character::encode(due.byte, self.convention);
        self.sent = Some(due);
        self.rules.sent(due.at, etu);
        if self.output.is_empty() {
            self.all_sent();
        }
        Some(Output::Character { character, etu })
    }

    /// The last character of what there was to send is on the line.
    fn all_sent(&mut self) {
        match std::mem::replace(&mut self.phase, Phase::Mute) {
            Phase::Answering => self.phase = self.after_reset(),
            Phase::Agreed(timing, protocol) => {
                self.timing = timing;
                self.phase = self.protocol(protocol);
            }
            other => self.phase = other,
        }
    }

    fn after_reset(&mut self) -> Phase {
        let Some(ta2) = self.offer.specific else { return Phase::Ready };
        // Bit 5: implicit values, which nobody knows but the card; here those at reset.
        if ta2 & 0x10 == 0
            && let Some(integers) = rate(self.offer.ta1)
        {
            self.timing = self.timing.with(integers);
        }
        self.protocol(ta2 & 0x0F)
    }

    fn protocol(&self, protocol: u8) -> Phase {
        match protocol {
            0 => Phase::T0(T0::new(&self.settings)),
            1 => Phase::T1(T1::new(&self.offer, self.settings.aborts_chain_after)),
            _ => Phase::Mute,
        }
    }

    /// A character has come: nine moments and the guard time of 10 etu in all have passed since its
    /// start bit. While the card sends or works it does not listen.
    pub fn receive(&mut self, character: Character, now: Duration) {
        if matches!(self.phase, Phase::Off | Phase::Mute | Phase::Answering | Phase::Agreed(..)) {
            return;
        }
        let works = self.work.is_some() && !self.is_asking();
        let busy = !self.output.is_empty() || works;
        let turn = match &self.phase {
            Phase::T1(_) => 22,
            Phase::T0(t0) if t0.has_begun() => 16,
            // After the answer to reset and a PPS response the guard time is enough.
            _ => 12,
        };
        let inside = matches!(&self.phase, Phase::T1(t1) if t1.is_receiving());
        self.rules.received(now, &self.timing, &self.offer, turn, inside, busy);
        if busy {
            return;
        }
        let byte = character.decode(self.convention);
        if matches!(self.phase, Phase::Ready) {
            match byte {
                Some(0xFF) => {
                    self.phase = Phase::Pps(pps::Request::new());
                }
                Some(_) => {
                    let protocol = self.offer.protocols.first().copied().unwrap_or(0);
                    self.phase = self.protocol(protocol);
                }
                // With a wrong parity it is the beginning of something all the same.
                None if self.offer.protocols.first() == Some(&1) => self.phase = self.protocol(1),
                None => {
                    self.error_signal = true;
                    return;
                }
            }
        }
        match (&mut self.phase, byte) {
            (Phase::Pps(request), Some(byte)) => {
                if let Some(answer) = request.receive(byte) {
                    self.answer_pps(answer, now);
                }
            }
            (Phase::Pps(_), None) => self.phase = Phase::Mute,
            (Phase::T1(t1), byte) => {
                let step = t1.receive(byte);
                // Resynchronised instead of giving more time: nobody waits for the answer any more.
                if matches!(step, t1::Step::Send(_)) && !t1.is_asking() {
                    self.work = None;
                }
                self.step_of_t1(step, now);
            }
            (Phase::T0(_), None) => self.error_signal = true,
            (Phase::T0(t0), Some(byte)) => {
                let step = t0.receive(byte);
                self.step_of_t0(step, now);
            }
            _ => {}
        }
    }

    /// The reader gave an error signal to the character that the card sent last. A card that offers
    /// T=0 repeats it.
    pub fn receive_error_signal(&mut self, now: Duration) {
        let repeats = match self.phase {
            Phase::T0(_) => true,
            Phase::Answering | Phase::Ready => self.offer.protocols.first() == Some(&0),
            _ => false,
        };
        let Some(sent) = self.sent.filter(|sent| repeats && sent.repeated < REPETITIONS) else {
            return;
        };
        let at = now + self.timing.etus(2);
        for (place, due) in (1_u32..).zip(&mut self.output) {
            due.at = due.at.max(at + self.timing.etus(12) * place);
        }
        self.output.push_front(Due { at, repeated: sent.repeated + 1, ..sent });
        if matches!(self.phase, Phase::Ready) {
            self.phase = Phase::Answering;
        }
    }

    fn answer_pps(&mut self, request: Option<pps::Agreement>, now: Duration) {
        self.phase = Phase::Mute;
        let Some(agreement) = request else { return };
        let Some((bytes, holds)) = agreement.answer(self.settings.pps, &self.offer) else { return };
        if let Some((protocol, integers)) = holds {
            let timing = integers.map_or(self.timing, |integers| self.timing.with(integers));
            self.phase = Phase::Agreed(timing, protocol);
        }
        self.queue(&bytes, now + self.timing.etus(4), 12);
    }

    fn send_block(&mut self, block: &[u8], at: Duration) {
        let spacing = if self.offer.extra_guard_time == 255 { 11 } else { 12 };
        self.queue(block, at, spacing);
    }

    /// Characters from an instant on, their start bits so many etu apart.
    fn queue(&mut self, bytes: &[u8], from: Duration, spacing: u32) {
        let spacing = self.timing.etus(spacing);
        let from = self.sent.map_or(from, |sent| from.max(sent.at + spacing));
        for (place, byte) in (0_u32..).zip(bytes) {
            self.output.push_back(Due { at: from + spacing * place, byte: *byte, repeated: 0 });
        }
    }
}

impl<R> fmt::Debug for ContactCard<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactCard")
            .field("supply", &self.supply)
            .field("clock", &self.clock)
            .field("reset_high", &self.reset_high)
            .field("commands", &self.commands)
            .finish_non_exhaustive()
    }
}
