//! The field of a reader in simulated time, with the cards in it and the air between them.
//!
//! It carries frames and never makes one. A reader sends ([`Field::transmit`]) and then listens
//! ([`Field::listen`]); cards only ever answer. Instants are durations since any origin and never go
//! back.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::bystander::Bystander;
use super::coding::{ReceiveError, Received, collide, decode, encode};
use super::draw::Draw;
use super::fault::{FrameEffect, FrameFault, Noise};
use super::frame::{BitRate, Direction, Frame, Signal};
use super::picc::{Answer, Picc};
use crate::{Card, Responder};

/// A frame that the reader heard, or the noise that it took for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What of it came.
    pub received: Received,
    /// When its first mark began.
    pub begins: Duration,
    /// When it ended.
    pub ends: Duration,
}

/// What passed one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Frames that were sent, whether they arrived or not.
    pub frames: u64,
    /// Their bytes, CRC included.
    pub bytes: u64,
    /// How long they were on the air, marks included.
    pub air: Duration,
}

/// What passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From the reader.
    pub to_card: Way,
    /// From the cards.
    pub to_reader: Way,
}

impl Traffic {
    /// Frames both ways.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.to_card.frames + self.to_reader.frames
    }

    /// Time on the air both ways.
    #[must_use]
    pub fn air(&self) -> Duration {
        self.to_card.air + self.to_reader.air
    }
}

/// One frame in the log of a [`Field`]: of its contents the first byte only, which never is personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Which way.
    pub direction: Direction,
    /// How it was modulated.
    pub signal: Signal,
    /// At which rate.
    pub rate: BitRate,
    /// Its first byte: the command of 14443-3, or the PCB of 14443-4.
    pub first: u8,
    /// Its bytes, CRC included.
    pub length: usize,
    /// When it began.
    pub begins: Duration,
    /// When it ended.
    pub ends: Duration,
    /// Did a fault or noise meet it?
    pub faulty: bool,
}

#[derive(Debug)]
enum Occupant<R> {
    Card(Box<Picc<R>>),
    Bystander(Bystander),
}

#[derive(Debug)]
struct Place<R> {
    occupant: Occupant<R>,
    inside: bool,
    moves: VecDeque<(Duration, bool)>,
    /// It leaves when its card has been given so many commands.
    leaves_at_command: Option<u64>,
    /// It sends, or works at what it will send, until then.
    busy_until: Duration,
    /// Of its own accord, and not because the air was slow.
    own_time: bool,
}

#[derive(Debug)]
struct Airborne {
    from: usize,
    begins: Duration,
    ends: Duration,
    received: Received,
    sent: Frame,
}

/// A reader's field, and what lies in it.
pub struct Field<R = Card> {
    places: Vec<Place<R>>,
    on: bool,
    air: Vec<Airborne>,
    faults: Vec<FrameFault>,
    noise: Noise,
    draw: Draw,
    traffic: Traffic,
    log: Option<Vec<Passed>>,
    now: Duration,
}

impl<R: Responder> Default for Field<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Responder> Field<R> {
    /// A field that is off, with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            places: Vec::new(),
            on: false,
            air: Vec::new(),
            faults: Vec::new(),
            noise: Noise::default(),
            draw: Draw::new(0),
            traffic: Traffic::default(),
            log: None,
            now: Duration::ZERO,
        }
    }

    /// A field that is off, with this card in it: place 0.
    #[must_use]
    pub fn with(card: Picc<R>) -> Self {
        let mut field = Self::new();
        field.put(card);
        field
    }

    /// Puts one more card into the field; its place is returned.
    pub fn put(&mut self, card: Picc<R>) -> usize {
        self.occupy(Occupant::Card(Box::new(card)))
    }

    /// Puts another card of the holder's wallet into the field; its place is returned.
    pub fn put_bystander(&mut self, bystander: Bystander) -> usize {
        self.occupy(Occupant::Bystander(bystander))
    }

    fn occupy(&mut self, occupant: Occupant<R>) -> usize {
        self.places.push(Place {
            occupant,
            inside: false,
            moves: VecDeque::new(),
            leaves_at_command: None,
            busy_until: Duration::ZERO,
            own_time: true,
        });
        let place = self.places.len() - 1;
        let now = self.now;
        self.step(place, now, true);
        place
    }

    /// The card in this place, in the field or not. `None`: there is none, or a bystander.
    #[must_use]
    pub fn card(&self, place: usize) -> Option<&Picc<R>> {
        match &self.places.get(place)?.occupant {
            Occupant::Card(card) => Some(card),
            Occupant::Bystander(_) => None,
        }
    }

    /// The card in this place, in the field or not.
    pub fn card_mut(&mut self, place: usize) -> Option<&mut Picc<R>> {
        match &mut self.places.get_mut(place)?.occupant {
            Occupant::Card(card) => Some(card),
            Occupant::Bystander(_) => None,
        }
    }

    /// The card in this place leaves the field at this time.
    pub fn leave_at(&mut self, place: usize, at: Duration) {
        self.schedule(place, at, false);
    }

    /// The card in this place leaves the field as soon as it has been given so many command APDUs,
    /// counted since it was made: it has executed the last one, and nobody hears its answer.
    pub fn leave_at_command(&mut self, place: usize, commands: u64) {
        if let Some(place) = self.places.get_mut(place) {
            place.leaves_at_command = Some(commands);
        }
    }

    /// The card in this place comes into the field at this time.
    pub fn enter_at(&mut self, place: usize, at: Duration) {
        self.schedule(place, at, true);
    }

    fn schedule(&mut self, place: usize, at: Duration, inside: bool) {
        if let Some(place) = self.places.get_mut(place) {
            let before = place.moves.iter().take_while(|(time, _)| *time <= at).count();
            place.moves.insert(before, (at, inside));
        }
    }

    /// Is the card in this place in the field, as of the last thing that happened?
    #[must_use]
    pub fn is_inside(&self, place: usize) -> bool {
        self.places.get(place).is_some_and(|place| place.inside)
    }

    /// Adds a fault.
    pub fn push_fault(&mut self, fault: FrameFault) {
        self.faults.push(fault);
    }

    /// Forgets all faults.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Noise from now on; the same seed, the same noise.
    pub const fn set_noise(&mut self, noise: Noise, seed: u64) {
        self.noise = noise;
        self.draw = Draw::new(seed);
    }

    /// What passed so far.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Keeps a log of frames from now on, empty at first.
    pub fn keep_log(&mut self) {
        self.log = Some(Vec::new());
    }

    /// The log, if it is kept.
    #[must_use]
    pub fn log(&self) -> &[Passed] {
        self.log.as_deref().unwrap_or_default()
    }

    /// Switches the carrier. Off, every card loses its power.
    pub fn switch(&mut self, on: bool, now: Duration) {
        self.advance(now);
        if self.on == on {
            return;
        }
        self.on = on;
        if !on {
            self.air.clear();
        }
        for place in self.places.iter_mut().filter(|place| place.inside) {
            place.power(on, now, true);
        }
    }

    /// Is the carrier on?
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// Time passes: cards come and go.
    pub fn advance(&mut self, to: Duration) {
        self.now = self.now.max(to);
        for index in 0..self.places.len() {
            while let Some((at, inside)) = self
                .places
                .get_mut(index)
                .and_then(|place| place.moves.pop_front_if(|(at, _)| *at <= to))
            {
                self.step(index, at, inside);
            }
        }
    }

    fn step(&mut self, index: usize, at: Duration, inside: bool) {
        let on = self.on;
        let Some(place) = self.places.get_mut(index) else { return };
        if place.inside == inside {
            return;
        }
        place.inside = inside;
        if on {
            place.power(inside, at, false);
        }
        if inside {
            return;
        }
        self.air.retain_mut(|one| {
            if one.from == index && one.ends > at {
                let etu = one.sent.rate.etu(1).as_nanos().max(1);
                let sent = (at.saturating_sub(one.begins).as_nanos() / etu) as usize;
                one.received = cut(&one.sent, sent);
                one.ends = at;
            }
            one.from != index || one.begins < at
        });
    }

    /// The reader sends a frame at this time; when its end is returned the frame is over. What cards
    /// answer is in the air from then on.
    pub fn transmit(&mut self, frame: &Frame, at: Duration) -> Duration {
        self.advance(at);
        let ends = at + frame.air_time(Direction::ToCard);
        // Nobody hears while sending.
        self.air.retain(|one| one.begins > ends);
        let mut received = Received::from(frame.clone());
        let (arrives, late) = self.pass(Direction::ToCard, frame, at, &mut received);
        for place in &mut self.places {
            let pending = place.busy_until > at && place.inside && place.own_time;
            if let (true, Occupant::Card(card)) = (pending, &mut place.occupant) {
                card.interrupted();
            }
        }
        self.advance(ends);
        if !self.on || !arrives {
            return ends;
        }
        for index in 0..self.places.len() {
            let answer = match self.places.get_mut(index) {
                Some(place) if place.inside && place.busy_until <= at => {
                    place.receive(&received, at, ends + late)
                }
                _ => None,
            };
            if self.places.get_mut(index).is_some_and(Place::leaves) {
                self.step(index, ends + late, false);
            } else if let Some(answer) = answer {
                self.answer(index, answer, ends, late);
            }
        }
        ends
    }

    fn answer(&mut self, from: usize, answer: Answer, after: Duration, heard_late: Duration) {
        let begins = after + heard_late + answer.after;
        let ends = begins + answer.frame.air_time(Direction::ToReader);
        let mut received = Received::from(answer.frame.clone());
        let (arrives, late) = self.pass(Direction::ToReader, &answer.frame, begins, &mut received);
        if let Some(place) = self.places.get_mut(from) {
            // Until it has sent, however late that is, it does not listen.
            place.busy_until = ends + late;
            place.own_time = heard_late.is_zero() && late.is_zero() && arrives;
            if let Occupant::Card(card) = &mut place.occupant {
                card.sent(ends);
            }
        }
        if arrives {
            let (begins, ends) = (begins + late, ends + late);
            self.air.push(Airborne { from, begins, ends, received, sent: answer.frame });
        }
    }

    /// Counts a frame and does to it what faults and noise will: does it arrive, and how late?
    fn pass(
        &mut self,
        direction: Direction,
        frame: &Frame,
        begins: Duration,
        received: &mut Received,
    ) -> (bool, Duration) {
        let way = match direction {
            Direction::ToCard => &mut self.traffic.to_card,
            Direction::ToReader => &mut self.traffic.to_reader,
        };
        let number = way.frames;
        let air = frame.air_time(direction);
        way.frames += 1;
        way.bytes += frame.bytes.len() as u64;
        way.air += air;
        let mut effects: Vec<FrameEffect> = self
            .faults
            .iter()
            .filter(|fault| fault.meets(direction, number))
            .map(|fault| fault.effect.clone())
            .collect();
        self.random_effects(&mut effects);
        let (mut arrives, mut late) = (true, Duration::ZERO);
        for effect in &effects {
            match effect {
                FrameEffect::Flip(bits) => *received = flip(frame, bits),
                FrameEffect::Cut(etu) => *received = cut(frame, *etu),
                FrameEffect::Lose => arrives = false,
                FrameEffect::Late(by) => late += *by,
            }
        }
        if let Some(log) = &mut self.log {
            log.push(Passed {
                direction,
                signal: frame.signal,
                rate: frame.rate,
                first: frame.bytes.first().copied().unwrap_or(0),
                length: frame.bytes.len(),
                begins,
                ends: begins + air,
                faulty: !effects.is_empty(),
            });
        }
        (arrives, late)
    }

    fn random_effects(&mut self, effects: &mut Vec<FrameEffect>) {
        let noise = self.noise;
        if noise == Noise::default() {
            return;
        }
        if self.draw.chance(noise.lost) {
            effects.push(FrameEffect::Lose);
        }
        if self.draw.chance(noise.late) {
            let most = u64::try_from(noise.latest.as_nanos()).unwrap_or(u64::MAX);
            effects.push(FrameEffect::Late(Duration::from_nanos(self.draw.below(most))));
        }
        if self.draw.chance(noise.flipped) {
            let count = 1 + self.draw.below(3);
            let first = self.draw.below(1 << 20) as usize;
            // What disturbs one bit disturbs its neighbours: within the burst that the CRC sees.
            let bits = (0..count).map(|_| first + self.draw.below(8) as usize).collect();
            effects.push(FrameEffect::Flip(bits));
        }
    }

    /// What the reader hears that begins from the one time on and before the other. It goes on
    /// listening to the end of a frame that has begun.
    pub fn listen(&mut self, from: Duration, until: Duration) -> Option<Heard> {
        self.air.retain(|one| one.begins >= from);
        if let Some(disturbance) = self.disturbance(from, until) {
            return Some(disturbance);
        }
        loop {
            let next = self
                .air
                .iter()
                .enumerate()
                .filter(|(_, one)| one.begins <= until)
                .min_by_key(|(_, one)| one.begins)
                .map(|(index, one)| (index, one.ends));
            let Some((index, ends)) = next else {
                self.advance(until);
                return self.phantom(from, until);
            };
            // A card that leaves takes its frame with it, or the rest of it.
            self.advance(ends);
            let same = self.air.get(index).is_some_and(|one| one.ends == ends);
            if same {
                return Some(self.hear(index));
            }
        }
    }

    fn hear(&mut self, index: usize) -> Heard {
        let first = self.air.swap_remove(index);
        let mut heard = Heard { received: first.received, begins: first.begins, ends: first.ends };
        let etu = first.sent.rate.etu(1).as_nanos().max(1);
        let (others, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.air).into_iter().partition(|one| one.begins < first.ends);
        self.air = rest;
        for other in others {
            let offset = other.begins.saturating_sub(first.begins).as_nanos() / etu;
            let mixed = collide(&first.sent, &other.sent, offset as usize);
            heard.received.collision = match (heard.received.collision, mixed.collision) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (one, other) => one.or(other),
            };
            if mixed.collision.is_none() {
                heard.received = mixed;
            }
            heard.ends = heard.ends.max(other.ends);
        }
        heard
    }

    /// A burst between the reader's frame and the answer.
    fn disturbance(&mut self, from: Duration, until: Duration) -> Option<Heard> {
        if !self.on || !self.draw.chance(self.noise.disturbance) {
            return None;
        }
        let first = self.air.iter().map(|one| one.begins).min().unwrap_or(until).min(until);
        let length = 1 + usize::from(self.draw.chance(0.5));
        let heard = self.burst(length, from, first);
        // It is over before the answer begins, or it is none.
        (heard.ends < first).then_some(heard)
    }

    /// Noise where nobody sends.
    fn phantom(&mut self, from: Duration, until: Duration) -> Option<Heard> {
        if !self.on || !self.draw.chance(self.noise.phantom) {
            return None;
        }
        Some(self.burst(4, from, until))
    }

    /// Something that is no frame, between these times.
    fn burst(&mut self, length: usize, from: Duration, until: Duration) -> Heard {
        let window = u64::try_from(until.saturating_sub(from).as_nanos()).unwrap_or(u64::MAX);
        let begins = from + Duration::from_nanos(self.draw.below(window.max(1)));
        let mut bytes = self.draw.bytes().to_vec();
        bytes.truncate(length);
        let frame = Frame::raw(Signal::TypeB, BitRate::Kbps106, bytes);
        let ends = begins + frame.air_time(Direction::ToReader);
        let mut received = Received::from(frame);
        received.error = Some(ReceiveError::Framing);
        Heard { received, begins, ends }
    }
}

impl<R: Responder> Place<R> {
    /// Has its card been given the command at which it leaves?
    fn leaves(&mut self) -> bool {
        match (&self.occupant, self.leaves_at_command) {
            (Occupant::Card(card), Some(commands)) if card.commands() >= commands => {
                self.leaves_at_command.take().is_some()
            }
            _ => false,
        }
    }

    fn power(&mut self, on: bool, now: Duration, switched: bool) {
        self.busy_until = Duration::ZERO;
        match (&mut self.occupant, on) {
            (Occupant::Card(card), true) => card.power_on(now),
            (Occupant::Card(card), false) => card.power_off(now, switched),
            (Occupant::Bystander(one), true) => one.power_on(now),
            (Occupant::Bystander(one), false) => one.power_off(now),
        }
    }

    fn receive(&mut self, received: &Received, begins: Duration, ends: Duration) -> Option<Answer> {
        match &mut self.occupant {
            Occupant::Card(card) => card.receive(received, begins, ends),
            Occupant::Bystander(one) => one.receive(received, begins, ends),
        }
    }
}

fn flip(frame: &Frame, bits: &[usize]) -> Received {
    let mut levels = encode(frame);
    for bit in bits {
        let at = bit.checked_rem(levels.len()).unwrap_or(0);
        if let Some(level) = levels.get_mut(at) {
            *level = !*level;
        }
    }
    decode(&levels, frame)
}

fn cut(frame: &Frame, etu: usize) -> Received {
    let mut levels = encode(frame);
    levels.truncate(etu);
    decode(&levels, frame)
}

impl<R> fmt::Debug for Field<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("on", &self.on)
            .field("places", &self.places.len())
            .field("traffic", &self.traffic)
            .finish_non_exhaustive()
    }
}
