//! A reader and a card on the two ends of a slot's contacts, in simulated time.
//!
//! It carries levels and characters, nothing else: the reader is whoever calls. Nothing here waits.

use std::collections::VecDeque;
use std::time::Duration;

use super::character::Character;
use super::line::{Direction, LineFault, LineFaults};
use super::machine::{ContactCard, Output};
use super::responder::Responder;
use crate::Card;

/// What the reader's UART has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// A character, whose parity may be wrong.
    Character(Character),
    /// Something at another rate than that of the UART.
    Unreadable,
    /// The card pulled the line low after the last character that the reader sent: its parity was
    /// wrong at the card (T=0).
    ErrorSignal,
}

/// The contacts between a reader and a card.
///
/// The reader does what it does at [`Wire::now`], and lets time pass with [`Wire::advance`]. What
/// arrived by then waits in [`Wire::receive`].
#[derive(Debug)]
pub struct Wire<R = Card> {
    card: ContactCard<R>,
    faults: LineFaults,
    now: Duration,
    /// The elementary time unit of the reader's UART.
    etu: Duration,
    /// On their way to the card, and when they are there.
    to_card: VecDeque<(Duration, Character)>,
    /// On their way to the reader.
    to_reader: VecDeque<(Duration, Received)>,
    /// Until when each side sends: the card, the reader.
    card_sends: Duration,
    reader_sends: Duration,
    /// When the next character of a babbling line arrives: at the card, at the reader.
    babble: [Option<Duration>; 2],
    collisions: u64,
}

impl<R: Responder> Wire<R> {
    /// A card without power, at time zero. The reader's UART works at 372 cycles of 4 MHz.
    #[must_use]
    pub fn new(card: ContactCard<R>) -> Self {
        Self {
            card,
            faults: LineFaults::default(),
            now: Duration::ZERO,
            etu: Duration::from_micros(93),
            to_card: VecDeque::new(),
            to_reader: VecDeque::new(),
            card_sends: Duration::ZERO,
            reader_sends: Duration::ZERO,
            babble: [None, None],
            collisions: 0,
        }
    }

    /// With this fault of the line.
    #[must_use]
    pub fn with_fault(mut self, fault: LineFault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The faults of the line.
    pub const fn faults_mut(&mut self) -> &mut LineFaults {
        &mut self.faults
    }

    /// The card.
    #[must_use]
    pub const fn card(&self) -> &ContactCard<R> {
        &self.card
    }

    /// The card.
    pub const fn card_mut(&mut self) -> &mut ContactCard<R> {
        &mut self.card
    }

    /// Ends the wire.
    #[must_use]
    pub fn into_card(self) -> ContactCard<R> {
        self.card
    }

    /// Time since the wire was made.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// Characters that were sent this way, repeated ones too.
    #[must_use]
    pub fn sent(&self, direction: Direction) -> u64 {
        self.faults.sent(direction)
    }

    /// Characters that began while the other side was sending. Both are damaged then.
    #[must_use]
    pub const fn collisions(&self) -> u64 {
        self.collisions
    }

    /// Supply (VCC).
    pub fn set_supply(&mut self, on: bool) {
        self.card.set_supply(on, self.now);
    }

    /// Clock (CLK) in hertz.
    pub fn set_clock(&mut self, frequency: Option<u32>) {
        self.card.set_clock(frequency, self.now);
    }

    /// Reset (RST).
    pub fn set_reset(&mut self, high: bool) {
        if high {
            self.faults.reset();
        }
        self.card.set_reset(high, self.now);
    }

    /// The rate of the reader's UART: its elementary time unit. What is in its receiver is dropped.
    pub fn set_etu(&mut self, etu: Duration) {
        self.etu = etu;
        self.drop_received();
    }

    /// Drops what has arrived.
    pub fn drop_received(&mut self) {
        self.to_reader.retain(|(at, _)| *at > self.now);
    }

    /// The reader sends a character: its start bit begins now, and it takes the line for 10 etu. The
    /// reader sends no other one before.
    pub fn send(&mut self, character: Character) {
        let end = self.now + self.etu * 10;
        let mut sent = character;
        if self.card_sends > self.now {
            self.collisions += 1;
            sent = sent.flip(1);
        }
        // The card cannot read what comes at another rate.
        let (slow, fast) = (self.etu.max(self.card.etu()), self.etu.min(self.card.etu()));
        if slow - fast > slow / 20 {
            sent = sent.flip(1);
        }
        self.reader_sends = end;
        for (place, arriving) in (0_u32..).zip(self.faults.pass(Direction::ToCard, sent)) {
            self.to_card.push_back((end + self.etu * 10 * place, arriving));
        }
        self.begin_babble(Direction::ToCard);
    }

    /// The reader gives the error signal of T=0 to the character that came last.
    pub fn send_error_signal(&mut self) {
        self.card.receive_error_signal(self.now);
    }

    /// What has arrived at the reader, once each, in order.
    pub fn receive(&mut self) -> Option<Received> {
        self.to_reader.pop_front_if(|(at, _)| *at <= self.now).map(|(_, received)| received)
    }

    /// When something next happens of its own accord, at the card or on the line. It may be before
    /// now.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let to_card = self.to_card.front().map(|(at, _)| *at);
        let to_reader = self.to_reader.front().map(|(at, _)| *at);
        let [at_card, at_reader] = self.babble;
        [self.card.next(), to_card, to_reader, at_card, at_reader].into_iter().flatten().min()
    }

    /// Lets time pass until something has arrived at the reader, or until this time. It never goes
    /// back.
    pub fn advance(&mut self, until: Duration) {
        loop {
            if self.to_reader.front().is_some_and(|(at, _)| *at <= self.now) {
                return;
            }
            match self.next() {
                Some(at) if at <= until => {
                    self.now = self.now.max(at);
                    self.happen();
                }
                _ => {
                    self.now = self.now.max(until);
                    return;
                }
            }
        }
    }

    /// What happens now.
    fn happen(&mut self) {
        while let Some((_, character)) = self.to_card.pop_front_if(|(at, _)| *at <= self.now) {
            self.card.receive(character, self.now);
        }
        for direction in [Direction::ToCard, Direction::ToReader] {
            self.go_on_babbling(direction);
        }
        while let Some(output) = self.card.poll(self.now) {
            match output {
                Output::Character { character, etu } => self.sent_by_card(character, etu),
                Output::ErrorSignal => {
                    self.to_reader.push_back((self.now, Received::ErrorSignal));
                }
            }
        }
    }

    fn sent_by_card(&mut self, character: Character, etu: Duration) {
        let mut sent = character;
        if self.reader_sends > self.now {
            self.collisions += 1;
            sent = sent.flip(1);
            for (_, character) in &mut self.to_card {
                *character = character.flip(1);
            }
        }
        let end = self.now + etu * 10;
        self.card_sends = end;
        let (slow, fast) = (self.etu.max(etu), self.etu.min(etu));
        let readable = slow - fast <= slow / 20;
        for (place, arriving) in (0_u32..).zip(self.faults.pass(Direction::ToReader, sent)) {
            let received =
                if readable { Received::Character(arriving) } else { Received::Unreadable };
            self.to_reader.push_back((end + etu * 10 * place, received));
        }
        self.begin_babble(Direction::ToReader);
    }

    fn begin_babble(&mut self, direction: Direction) {
        let babbles = self.faults.babbles(direction).is_some();
        let at = self.now + self.etu * 10;
        if let Some(babble) = self.babble_mut(direction) {
            *babble = if babbles { Some(babble.unwrap_or(at)) } else { None };
        }
    }

    fn go_on_babbling(&mut self, direction: Direction) {
        let Some(byte) = self.faults.babbles(direction) else {
            if let Some(babble) = self.babble_mut(direction) {
                *babble = None;
            }
            return;
        };
        let (now, next) = (self.now, self.now + self.etu * 10);
        let Some(babble) = self.babble_mut(direction).filter(|at| at.is_none_or(|at| at <= now))
        else {
            return;
        };
        *babble = Some(next);
        let character = Character::encode(byte, self.card.convention());
        match direction {
            Direction::ToCard => self.card.receive(character, now),
            Direction::ToReader => {
                self.to_reader.push_back((now, Received::Character(character)));
            }
        }
    }

    fn babble_mut(&mut self, direction: Direction) -> Option<&mut Option<Duration>> {
        self.babble.get_mut(match direction {
            Direction::ToCard => 0,
            Direction::ToReader => 1,
        })
    }
}
