//! The lengths of a session, and what its frames are on the air.

use crate::radio::{Never, Radio};
use kazasu_apdu::time::Duration;
use kazasu_apdu::{Entry, Trace, Transport};
use kazasu_nfc::air::{CardTimes, Count, Floor, Metered};
use kazasu_nfc::{BitRate, Capabilities, Card, Error, Link, LinkError, Rates, Settings};
use kazasu_virtual_card::radio::{
    Field, Interface, Picc, PiccSettings, TypeASettings, TypeBSettings,
};
use kazasu_virtual_card::{Reply, Responder};

/// Bytes of the largest frame, as the known cards and this reader have it
/// (`docs/card-facts.md` §1.2).
const FRAME: u16 = 256;

/// Why a session could not be replayed: a fault of this program, or sides that no card has.
pub type ReplayError = LinkError<Never>;

/// One command and its answer: header and lengths, never data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// CLA, INS, P1, P2.
    pub header: [u8; 4],
    /// Bytes of the command.
    pub sent: usize,
    /// Bytes of the answer, status word included.
    pub received: usize,
}

impl Step {
    /// Of a command that was sent, and the bytes of its answer.
    #[must_use]
    pub fn of(command: &[u8], received: usize) -> Self {
        let mut header = [0; 4];
        header.iter_mut().zip(command).for_each(|(to, from)| *to = *from);
        Self { header, sent: command.len(), received }
    }

    /// Has it a data field? CLA INS P1 P2, and then one byte at most or three are Le alone.
    const fn has_data(&self) -> bool {
        !matches!(self.sent, 0..=5 | 7)
    }

    /// How long the card works at it.
    fn work(&self, times: &CardTimes) -> Duration {
        let [_, ins, _, _] = self.header;
        times.of(ins, self.has_data(), self.received.saturating_sub(2))
    }
}

/// The commands of one session, from the activation of the card to the end of its power.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    steps: Vec<Step>,
    unanswered: u32,
}

impl Steps {
    /// A further command.
    pub fn push(&mut self, step: Step) {
        match step.received {
            0 => self.unanswered = self.unanswered.saturating_add(1),
            _ => self.steps.push(step),
        }
    }

    /// What was exchanged, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Step] {
        &self.steps
    }

    /// Commands without an answer. They are in no figure.
    #[must_use]
    pub const fn unanswered(&self) -> u32 {
        self.unanswered
    }

    /// How long the card works at all of it.
    #[must_use]
    pub fn card(&self, times: &CardTimes) -> Duration {
        self.steps.iter().fold(Duration::ZERO, |sum, step| sum.plus(step.work(times)))
    }

    /// Lets the engine send commands of these lengths, from the activation of the card to DESELECT,
    /// and counts its frames. The card in it answers at once: it never asks for more time by S(WTX),
    /// because when cards do is not known; each time would be two frames of four bytes.
    ///
    /// # Errors
    /// When the two sides cannot exchange them.
    pub fn replay(&self, sides: &Sides) -> Result<Replayed, ReplayError> {
        let answers = Answers { steps: self.steps.clone().into_iter() };
        let field = Field::with(Picc::new(answers, sides.card.clone()));
        let radio = Metered::new(Radio::new(field, sides.reader));
        let mut frame = vec![0; usize::from(sides.reader.frame)];
        let mut link = Link::new(radio, sides.settings, &mut frame);
        link.reconnect()?;
        let active = link.card().copied().ok_or(LinkError::Field(Error::NotReady))?;
        let limits = Floor::of(&active, sides.reader.frame);
        // Nothing is left out of an activation, nor of DESELECT with its answer.
        let activation = link.front_end().count;
        let mut floor =
            activation.frames_out.saturating_add(activation.frames_in).saturating_add(2);
        let mut response = Vec::new();
        for step in &self.steps {
            let mut command = step.header.to_vec();
            command.resize(step.sent.max(4), 0);
            response.resize(step.received, 0);
            link.front_end_mut().front_end.begin();
            let received = link.transmit(&command, &mut response)?;
            let least = limits.exchange(command.len(), received);
            floor = floor.saturating_add(least.frames_out).saturating_add(least.frames_in);
        }
        link.power_off()?;
        let count = link.front_end().count;
        Ok(Replayed { card: active, count, floor })
    }
}

/// Bytes of a command with a PIN of four digits.
const WITH_PIN: usize = 9;

impl Trace for Steps {
    fn exchange(&mut self, entry: &Entry) {
        let received = if entry.fault.is_some() { 0 } else { entry.received };
        let mut step = Step { header: entry.header, sent: entry.sent, received };
        if entry.secret && !step.has_data() {
            // The reader puts the PIN in: without it the command would ask for the counter.
            step.sent = WITH_PIN;
        }
        self.push(step);
    }
}

/// What a session had on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// The card as it was activated, with the bit rates that were chosen.
    pub card: Card,
    /// Frames, bytes and time, activation and DESELECT included.
    pub count: Count,
    /// The fewest frames, of both sides, that frame sizes and chaining allow.
    pub floor: u32,
}

impl Replayed {
    /// Frames of both sides.
    #[must_use]
    pub const fn frames(&self) -> u32 {
        self.count.frames_out.saturating_add(self.count.frames_in)
    }

    /// How long the air is taken.
    #[must_use]
    pub const fn air(&self) -> Duration {
        self.count.air()
    }
}

/// What the card and the reader of a replay declare.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sides {
    /// The card.
    pub card: PiccSettings,
    /// What the front end of the reader can do.
    pub reader: Capabilities,
    /// What the reader's owner decides.
    pub settings: Settings,
}

impl Sides {
    /// This card before a reader with every bit rate and frames of 256 bytes.
    #[must_use]
    pub fn of(card: PiccSettings) -> Self {
        let reader = Capabilities::new(FRAME).with_rates(Rates::ALL);
        Self { card, reader, settings: Settings::default() }
    }

    /// A card as most of the known ones are, JPKI (06) of `docs/card-facts.md` §1.2: it declares 106
    /// to 424 kbit/s.
    #[must_use]
    pub fn known() -> Self {
        Self::of(PiccSettings::type_b(TypeBSettings::JPKI_06))
    }

    /// A phone with a My Number card in it (スマホ搭載), as the standard would have it; no record of
    /// one is known.
    #[must_use]
    pub fn phone() -> Self {
        Self::of(PiccSettings::type_a(TypeASettings::PHONE))
    }

    /// A card of Type B with this protocol information in its ATQB (ISO/IEC 14443-3 clause 7.9.4).
    #[must_use]
    pub fn type_b(protocol_info: [u8; 3]) -> Self {
        let mut card = TypeBSettings::JPKI_06;
        card.protocol_info = protocol_info;
        Self::of(PiccSettings::type_b(card))
    }

    /// With a reader that has no bit rate above this one.
    #[must_use]
    pub const fn limited(mut self, highest: BitRate) -> Self {
        self.reader.rates_a = self.reader.rates_a.limited(highest);
        self.reader.rates_b = self.reader.rates_b.limited(highest);
        self
    }

    /// With both sides at this bit rate, both ways, whatever the card declares. A card of Type A keeps
    /// its rates.
    #[must_use]
    pub fn at(mut self, rate: BitRate) -> Self {
        if let Interface::TypeB(card) = &mut self.card.interface {
            let [rates, _, _] = &mut card.protocol_info;
            *rates = Rates::ALL.byte();
        }
        self.limited(rate)
    }
}

/// A card that answers the commands of a session, at once, in the lengths that they had.
struct Answers {
    steps: std::vec::IntoIter<Step>,
}

impl Responder for Answers {
    fn respond(&mut self, _: &[u8]) -> Reply {
        let length = self.steps.next().map_or(2, |step| step.received);
        vec![0; length].into()
    }

    fn power_on(&mut self) {}

    fn power_off(&mut self) {}

    fn warm_reset(&mut self) {}
}
