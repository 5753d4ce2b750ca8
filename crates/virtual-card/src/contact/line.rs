//! Faults of the I/O line, in both directions, at a character that a test chooses.
//!
//! Nothing here knows protocols: a fault meets characters, whatever they mean.

use super::character::Character;
use crate::Times;

/// Which way a character goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the reader to the card.
    ToCard,
    /// From the card to the reader.
    ToReader,
}

/// What goes wrong with a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineEffect {
    /// These moments are inverted ([`Character::flip`]). With an odd number of them the parity is
    /// wrong afterwards, with an even number nobody can see it in the character.
    Flip(u16),
    /// It does not arrive.
    Lose,
    /// It arrives twice, the second time at once behind the first.
    Double,
    /// From it on nothing arrives: with [`Times::Once`] until the card is reset, else for ever.
    Silence,
    /// From it on this byte arrives without end and without a pause: with [`Times::Once`] until the
    /// card is reset, else for ever.
    Babble(u8),
}

/// A fault of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// Which way.
    pub direction: Direction,
    /// The character that it meets: its number in that direction since the line was made, from 0.
    /// A character that was sent counts, whether it arrived or not; a repeated one too.
    pub at: u64,
    /// What goes wrong.
    pub effect: LineEffect,
    /// [`Times::Once`]: with that character. [`Times::Always`]: with every one from there on.
    pub times: Times,
}

impl LineFault {
    /// A fault of one character.
    #[must_use]
    pub const fn once(direction: Direction, at: u64, effect: LineEffect) -> Self {
        Self { direction, at, effect, times: Times::Once }
    }

    /// A fault of every character from one on.
    #[must_use]
    pub const fn always(direction: Direction, at: u64, effect: LineEffect) -> Self {
        Self { direction, at, effect, times: Times::Always }
    }
}

/// The faults of one line, and how many characters each way were sent on it.
#[derive(Clone, Debug, Default)]
pub struct LineFaults {
    armed: Vec<LineFault>,
    ways: [Way; 2],
}

#[derive(Clone, Copy, Debug, Default)]
struct Way {
    sent: u64,
    condition: Option<(Condition, Times)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Silent,
    Babbling(u8),
}

impl Direction {
    const fn index(self) -> usize {
        match self {
            Self::ToCard => 0,
            Self::ToReader => 1,
        }
    }
}

impl LineFaults {
    /// Adds a fault.
    pub fn push(&mut self, fault: LineFault) {
        self.armed.push(fault);
    }

    /// Characters that were sent this way.
    #[must_use]
    pub fn sent(&self, direction: Direction) -> u64 {
        self.way(direction).sent
    }

    /// The byte that arrives without end this way.
    #[must_use]
    pub fn babbles(&self, direction: Direction) -> Option<u8> {
        match self.way(direction).condition {
            Some((Condition::Babbling(byte), _)) => Some(byte),
            _ => None,
        }
    }

    /// The card is reset: what lasts until then ends.
    pub fn reset(&mut self) {
        for way in &mut self.ways {
            way.condition = way.condition.filter(|(_, times)| *times == Times::Always);
        }
    }

    /// A character is sent; what arrives of it: nothing, itself or another, or two.
    pub fn pass(&mut self, direction: Direction, character: Character) -> Vec<Character> {
        let number = self.way(direction).sent;
        let mut arriving = vec![character];
        let mut begins = None;
        for fault in &self.armed {
            let met = fault.direction == direction
                && match fault.times {
                    Times::Once => number == fault.at,
                    Times::Always => number >= fault.at,
                };
            if !met {
                continue;
            }
            match fault.effect {
                LineEffect::Flip(moments) => {
                    for one in &mut arriving {
                        *one = one.flip(moments);
                    }
                }
                LineEffect::Lose => arriving.clear(),
                LineEffect::Double => arriving = arriving.repeat(2),
                LineEffect::Silence => begins = Some((Condition::Silent, fault.times)),
                LineEffect::Babble(byte) => {
                    begins = Some((Condition::Babbling(byte), fault.times));
                }
            }
        }
        if let Some(way) = self.ways.get_mut(direction.index()) {
            way.sent = way.sent.saturating_add(1);
            way.condition = begins.or(way.condition);
            if way.condition.is_some() {
                arriving.clear();
            }
        }
        arriving
    }

    fn way(&self, direction: Direction) -> Way {
        self.ways.get(direction.index()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Convention;

    fn passed(fault: LineFault, count: u8) -> Vec<Option<u8>> {
        let mut faults = LineFaults::default();
        faults.push(fault);
        let mut arrived = Vec::new();
        for byte in 0..count {
            assert_eq!(faults.pass(Direction::ToCard, character(9)), [character(9)]);
            arrived.extend(faults.pass(Direction::ToReader, character(byte)));
        }
        assert_eq!(faults.sent(Direction::ToReader), u64::from(count));
        arrived.into_iter().map(|one| one.decode(Convention::Direct)).collect()
    }

    fn character(byte: u8) -> Character {
        Character::encode(byte, Convention::Direct)
    }

    #[test]
    fn each_effect_does_what_it_says() {
        let once = |effect| passed(LineFault::once(Direction::ToReader, 1, effect), 3);
        let always = |effect| passed(LineFault::always(Direction::ToReader, 1, effect), 3);
        assert_eq!(once(LineEffect::Flip(1)), [Some(0), None, Some(2)]);
        assert_eq!(once(LineEffect::Flip(0b11)), [Some(0), Some(2), Some(2)]);
        assert_eq!(once(LineEffect::Lose), [Some(0), Some(2)]);
        assert_eq!(once(LineEffect::Double), [Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!(once(LineEffect::Silence), [Some(0)]);
        assert_eq!(always(LineEffect::Flip(1)), [Some(0), None, None]);
        assert_eq!(always(LineEffect::Lose), [Some(0)]);
        assert_eq!(always(LineEffect::Babble(7)), [Some(0)]);
    }

    #[test]
    fn a_reset_ends_what_does_not_last_for_ever() {
        for (times, lasts) in [(Times::Once, false), (Times::Always, true)] {
            let mut faults = LineFaults::default();
            let effect = LineEffect::Babble(0x55);
            faults.push(LineFault { direction: Direction::ToCard, at: 0, effect, times });
            assert!(faults.pass(Direction::ToCard, character(1)).is_empty());
            assert_eq!(faults.babbles(Direction::ToCard), Some(0x55));
            faults.reset();
            assert_eq!(faults.babbles(Direction::ToCard).is_some(), lasts);
        }
    }
}
