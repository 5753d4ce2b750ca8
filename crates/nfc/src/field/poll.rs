//! Polling, and the activation of Type B (ISO/IEC 14443-3 clauses 5 and 7).

use super::{Action, Field, Phase, Reception};
use crate::card::Identity;
use crate::frame::{self, Kind};
use crate::rate::BitRate;
use crate::settings::Several;
use crate::type_a::{Sak, Uid};
use crate::type_b::{self, Atqb, AttribAnswer, Request, Slots};
use crate::{Error, timing};
use kazasu_apdu::time::{Duration, Instant};

/// The frame that is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// REQB, WUPB or Slot-MARKER: this slot is open, from 1.
    Slot(u8),
    Attrib,
    RequestA,
    Anticollision,
    Select,
    Rats,
    Pps,
    /// HLTA or HLTB, for a card that is not wanted.
    Halt,
}

/// What is remembered from the first request to the activation.
#[derive(Clone, Debug)]
pub(super) struct Polling {
    since: Instant,
    /// Since when cards answer and none can be activated.
    troubled: Option<Instant>,
    attempts: u8,
    pub(super) collisions: u8,
    /// What is told when the time is over.
    verdict: Error,
    request: Request,
    /// One round only.
    once: bool,
    slots: Slots,
    rounds: u8,
    valid: u8,
    garbled: u8,
    atqb: Option<Atqb>,
    /// Type A: cascade level, bits known of this level's UID and BCC, and they.
    pub(super) level: u8,
    pub(super) known: u8,
    pub(super) part: [u8; 5],
    pub(super) uid: Uid,
    pub(super) sak: Sak,
    /// The bit rates that a PPS is to bring.
    pub(super) pps: Option<(BitRate, BitRate)>,
}

/// Anticollision rounds after the first, which has one slot.
const ROUNDS: u8 = 3;

/// How long the first ATTRIB of a presence is waited for at most. A card may take its whole frame
/// waiting time, seconds perhaps; the attempt after it grants that.
const FIRST_ATTRIB: Duration = Duration::from_millis(50);

impl Polling {
    pub(super) const fn new() -> Self {
        Self {
            since: Instant::ORIGIN,
            troubled: None,
            attempts: 0,
            collisions: 0,
            verdict: Error::NoCard,
            request: Request::All,
            once: false,
            slots: Slots::One,
            rounds: 0,
            valid: 0,
            garbled: 0,
            atqb: None,
            level: 0,
            known: 0,
            part: [0; 5],
            uid: Uid::NONE,
            sak: Sak(0),
            pps: None,
        }
    }

    /// Forgets everything. `once`: one round, for those that were not halted.
    #[inline(never)]
    pub(super) const fn begin(&mut self, now: Instant, once: bool) {
        *self = Self::new();
        (self.since, self.once) = (now, once);
        if once {
            self.request = Request::Idle;
        }
    }

    /// Every third attempt stays at 106 kbit/s.
    pub(super) const fn slow(&self) -> bool {
        self.attempts == 2
    }

    /// The least time from a card's frame to the next one.
    pub(super) fn gap(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Slot(_) | Stage::Attrib => timing::tr2(self.atqb.map_or(0, |atqb| atqb.tr2())),
            _ => timing::FRAME_DELAY_A,
        }
    }
}

impl Field {
    /// The type that is polled for first.
    pub(super) const fn first(&self) -> Kind {
        if self.settings.type_b { Kind::B } else { Kind::A }
    }

    /// Polls for those that were not halted, once.
    pub(super) fn go_on(&mut self, now: Instant) -> Action {
        self.card = None;
        self.polling.begin(now, true);
        self.guard(now, self.first(), Duration::ZERO)
    }

    /// The next request goes out after the guard time, or after a pause that is longer.
    fn guard(&mut self, now: Instant, kind: Kind, pause: Duration) -> Action {
        let until = now.after(self.settings.guard.max(pause));
        self.phase = Phase::Guard(until, kind);
        Action::Wait { until }
    }

    /// The guard time is over.
    pub(super) fn request(&mut self, now: Instant, kind: Kind, frame: &mut [u8]) -> Action {
        match kind {
            Kind::A if self.settings.type_a => self.request_a(self.polling.request, frame),
            Kind::A => self.nothing(now, Kind::A),
            Kind::B => {
                (self.polling.slots, self.polling.rounds) = (Slots::One, 0);
                self.request_b(frame)
            }
        }
    }

    fn request_b(&mut self, frame: &mut [u8]) -> Action {
        (self.polling.valid, self.polling.garbled, self.polling.atqb) = (0, 0, None);
        let Polling { request, slots, .. } = self.polling;
        let (afi, extended) = (self.settings.afi, self.settings.extended_atqb);
        let length = type_b::request(frame, request, afi, extended, slots);
        self.ask(Stage::Slot(1), Kind::B, length, timing::ATQB)
    }

    /// Sends a frame of activation. `wait` in cycles of the carrier.
    pub(super) fn ask(
        &mut self,
        stage: Stage,
        kind: Kind,
        length: Option<usize>,
        wait: u32,
    ) -> Action {
        self.phase = Phase::Poll(stage);
        let wait = timing::span(wait).plus(self.settings.latency);
        // 16 bytes hold each of them.
        self.send(kind, (BitRate::Kbps106, BitRate::Kbps106), length.unwrap_or(0), wait)
    }

    /// What came of a frame of activation.
    pub(super) fn polled(
        &mut self,
        now: Instant,
        stage: Stage,
        reception: Reception,
        frame: &mut [u8],
    ) -> Action {
        match stage {
            Stage::Slot(slot) => self.slot(now, slot, reception, frame),
            Stage::Attrib => self.attrib_answered(now, reception, frame),
            // Whether it was heard does not matter: it is not asked again unless it was not; but one
            // that never hears it has no more time than no card.
            Stage::Halt if now.since(self.polling.since) >= self.settings.poll_limit => {
                self.fail(self.polling.verdict)
            }
            Stage::Halt => self.guard(now, self.first(), Duration::ZERO),
            _ => self.polled_a(now, stage, reception, frame),
        }
    }

    /// No card of this type.
    pub(super) fn nothing(&mut self, now: Instant, kind: Kind) -> Action {
        if kind == Kind::B && self.settings.type_a {
            return self.guard(now, Kind::A, Duration::ZERO);
        }
        (self.polling.troubled, self.polling.attempts, self.polling.collisions) = (None, 0, 0);
        if self.polling.verdict != Error::UnsupportedCard {
            self.polling.verdict = Error::NoCard;
        }
        if self.polling.once || now.since(self.polling.since) >= self.settings.poll_limit {
            return self.fail(self.polling.verdict);
        }
        self.guard(now, self.first(), self.settings.poll_pause)
    }

    /// Something is there and was not activated: begin anew.
    pub(super) fn again(&mut self, now: Instant, error: Error) -> Action {
        self.polling.verdict = error;
        // 1, 2, 3 and 1 again: no attempt is the first once more.
        let before = self.polling.attempts;
        self.polling.attempts = if before == 3 { 1 } else { before.saturating_add(1) };
        let troubled = *self.polling.troubled.get_or_insert(now);
        if now.since(troubled) >= self.settings.activation_limit {
            return self.fail(error);
        }
        if self.polling.once {
            // Without a reset: it would wake those that were halted.
            self.card = None;
            return self.guard(now, self.first(), Duration::ZERO);
        }
        self.reset()
    }

    /// A card without ISO/IEC 14443-4.
    pub(super) fn unsupported(&mut self, kind: Kind, frame: &mut [u8]) -> Action {
        self.polling.verdict = Error::UnsupportedCard;
        if self.settings.several == Several::Report {
            return self.fail(Error::UnsupportedCard);
        }
        self.polling.request = Request::Idle;
        let length = match (kind, self.polling.atqb) {
            (Kind::B, Some(atqb)) => type_b::hltb(frame, atqb.pupi()),
            _ => crate::type_a::hlta(frame),
        };
        // HLTA is taken by not answering for 1 ms, HLTB by an answer.
        self.ask(Stage::Halt, kind, length, timing::ACTIVATION)
    }

    /// What came in a slot of Type B.
    fn slot(&mut self, now: Instant, slot: u8, reception: Reception, frame: &mut [u8]) -> Action {
        match received(Kind::B, reception, frame).map(Atqb::parse) {
            Some(Some(atqb)) => {
                self.polling.valid = self.polling.valid.saturating_add(1);
                // This card's own guard time holds from its first frame on.
                let gap = timing::span(timing::tr2(atqb.tr2()));
                self.quiet = self.quiet.max(now.after(gap));
                self.polling.atqb.get_or_insert(atqb);
            }
            None if reception == Reception::Silence => {}
            _ => self.polling.garbled = self.polling.garbled.saturating_add(1),
        }
        let Polling { slots, rounds, valid, garbled, ref atqb, .. } = self.polling;
        let atqb = *atqb;
        let at_once = slots == Slots::One || self.settings.several == Several::Choose;
        if let Some(atqb) = atqb.filter(|_| at_once) {
            return self.attrib(&atqb, frame);
        }
        if slot < slots.count() {
            let slot = slot.saturating_add(1);
            let length = type_b::slot_marker(frame, slot);
            return self.ask(Stage::Slot(slot), Kind::B, length, timing::ATQB);
        }
        match (valid, garbled, atqb) {
            (0, 0, _) => self.nothing(now, Kind::B),
            (2.., ..) => self.fail(Error::TwoCards),
            (_, 0, Some(atqb)) => self.attrib(&atqb, frame),
            _ if rounds < ROUNDS => {
                self.polling.slots = if rounds == 0 { Slots::Four } else { Slots::Sixteen };
                self.polling.rounds = rounds.saturating_add(1);
                self.request_b(frame)
            }
            (_, _, Some(atqb)) => self.attrib(&atqb, frame),
            _ => self.again(now, Error::Unreadable),
        }
    }

    fn attrib(&mut self, atqb: &Atqb, frame: &mut [u8]) -> Action {
        self.polling.atqb = Some(*atqb);
        if !atqb.has_blocks() {
            return self.unsupported(Kind::B, frame);
        }
        let rates = self.rates(Kind::B, atqb.rates());
        let fsdi = frame::size_index(self.largest(frame.len()));
        let length = type_b::attrib(frame, atqb, fsdi, rates, self.cid(atqb.has_cid()));
        let action = self.ask(Stage::Attrib, Kind::B, length, 0);
        let Action::Exchange(mut exchange) = action else { return action };
        let cycles = timing::fwt(atqb.fwi()).max(timing::ACTIVATION);
        let mut wait = timing::span(cycles);
        if self.polling.attempts == 0 {
            wait = wait.min(FIRST_ATTRIB);
        }
        exchange.wait = wait.plus(self.settings.latency);
        Action::Exchange(exchange)
    }

    fn attrib_answered(&mut self, now: Instant, reception: Reception, frame: &mut [u8]) -> Action {
        let answer = received(Kind::B, reception, frame).and_then(AttribAnswer::parse);
        match (answer, self.polling.atqb) {
            (Some(answer), Some(atqb)) if answer.cid == self.cid(atqb.has_cid()) => {
                // The same as was asked for.
                let rates = self.rates(Kind::B, atqb.rates());
                let identity = Identity::B { atqb, mbli: answer.mbli };
                self.take(identity, atqb.fsci(), atqb.fwi(), atqb.has_cid(), frame.len());
                self.agreed(rates);
                self.settle(now, atqb.sfgi, frame)
            }
            _ if reception == Reception::Silence => self.again(now, Error::Activation),
            _ => self.again(now, Error::Unreadable),
        }
    }

    /// The card identifier that is asked for; 0 where none is used.
    pub(super) fn cid(&self, has_cid: bool) -> u8 {
        self.settings.cid.filter(|_| has_cid).unwrap_or(0)
    }

    /// These rates hold from the next frame on.
    pub(super) const fn agreed(&mut self, rates: (BitRate, BitRate)) {
        if let Some(card) = &mut self.card {
            (card.to_card, card.from_card) = rates;
        }
    }

    /// Leaves the card alone for its start-up frame guard time.
    pub(super) fn settle(&mut self, now: Instant, sfgi: u8, frame: &mut [u8]) -> Action {
        let cycles = timing::sfgt(sfgi);
        if cycles == 0 {
            return self.settled(now, frame);
        }
        let until = now.after(timing::span(cycles));
        self.phase = Phase::Settle(until);
        Action::Wait { until }
    }

    /// The card is active; one of Type A may still get other bit rates.
    pub(super) fn settled(&mut self, now: Instant, frame: &mut [u8]) -> Action {
        if let Some(rates) = self.polling.pps {
            return self.pps(rates, frame);
        }
        self.ready(now);
        Action::Activated
    }
}

/// The bytes before the checksum, of a whole frame that is undamaged.
pub(super) fn received(kind: Kind, reception: Reception, frame: &[u8]) -> Option<&[u8]> {
    match reception {
        Reception::Frame { bits } if bits % 8 == 0 => {
            frame::open(kind, frame.get(..usize::from(bits / 8))?)
        }
        _ => None,
    }
}
