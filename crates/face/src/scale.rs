//! The scale of a matcher's scores and the threshold on it (ISO/IEC 19795-1). The scale is the
//! vendor's, the threshold the policy's; neither is ever guessed from the other.

use core::fmt;

/// Which scores mean that two faces are alike (ISO/IEC 2382-37).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Direction {
    /// Dissimilarity scores: lower is more alike.
    Dissimilarity,
    /// Similarity scores: higher is more alike.
    Similarity,
}

/// The scale that a matcher declares for its comparison scores: a closed range and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scale {
    lowest: i32,
    highest: i32,
    direction: Direction,
}

impl Scale {
    /// Scores from `lowest` to `highest`, both included.
    ///
    /// # Errors
    /// [`ScaleError::Empty`] unless `lowest` is below `highest`.
    pub const fn new(lowest: i32, highest: i32, direction: Direction) -> Result<Self, ScaleError> {
        if lowest < highest {
            Ok(Self { lowest, highest, direction })
        } else {
            Err(ScaleError::Empty)
        }
    }

    /// Similarity from 0 to a score above it.
    #[cfg(feature = "demonstration")]
    pub(crate) const fn demonstration(highest: i32) -> Self {
        Self { lowest: 0, highest, direction: Direction::Similarity }
    }

    /// The lowest score.
    #[must_use]
    pub const fn lowest(&self) -> i32 {
        self.lowest
    }

    /// The highest score.
    #[must_use]
    pub const fn highest(&self) -> i32 {
        self.highest
    }

    /// Which scores mean that faces are alike.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Is the score on the scale?
    #[must_use]
    pub const fn contains(&self, score: i32) -> bool {
        self.lowest <= score && score <= self.highest
    }

    /// A threshold on this scale. A score that is as good as the threshold matches.
    ///
    /// # Errors
    /// [`ScaleError::ThresholdOutside`]; [`ScaleError::AcceptsEverybody`] for the end of the scale
    /// that every score reaches.
    pub const fn threshold(self, value: i32) -> Result<Threshold, ScaleError> {
        if !self.contains(value) {
            return Err(ScaleError::ThresholdOutside);
        }
        let loosest = match self.direction {
            Direction::Dissimilarity => self.highest,
            Direction::Similarity => self.lowest,
        };
        if value == loosest {
            return Err(ScaleError::AcceptsEverybody);
        }
        Ok(Threshold { scale: self, value })
    }
}

/// A threshold, and the scale for which it was chosen. It counts on no other scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Threshold {
    scale: Scale,
    value: i32,
}

impl Threshold {
    #[cfg(feature = "demonstration")]
    pub(crate) const fn demonstration(scale: Scale, value: i32) -> Self {
        Self { scale, value }
    }

    /// The scale for which it was chosen.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The worst score that matches.
    #[must_use]
    pub const fn value(&self) -> i32 {
        self.value
    }

    /// Does the score match? One that is not on the scale never does.
    #[must_use]
    pub const fn is_met_by(&self, score: i32) -> bool {
        self.scale.contains(score)
            && match self.scale.direction {
                Direction::Dissimilarity => score <= self.value,
                Direction::Similarity => score >= self.value,
            }
    }
}

/// Why there is no such scale or threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ScaleError {
    /// Every score would match.
    AcceptsEverybody,
    /// The scale has no two scores.
    Empty,
    /// The threshold is not on the scale.
    ThresholdOutside,
}

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AcceptsEverybody => {
                "every score would reach this threshold; choose a stricter one"
            }
            Self::Empty => "a scale needs a lowest score below its highest",
            Self::ThresholdOutside => {
                "the threshold is not on the matcher's scale; choose one that is"
            }
        })
    }
}

impl core::error::Error for ScaleError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_on_its_scale_and_refuses_somebody() {
        let scale = Scale::new(-100, 100, Direction::Similarity).unwrap();
        assert_eq!(scale.threshold(101), Err(ScaleError::ThresholdOutside));
        assert_eq!(scale.threshold(-101), Err(ScaleError::ThresholdOutside));
        assert_eq!(scale.threshold(-100), Err(ScaleError::AcceptsEverybody));
        let threshold = scale.threshold(100).unwrap();
        assert!(threshold.is_met_by(100));
        for score in [99, -100, 101, i32::MAX, i32::MIN] {
            assert!(!threshold.is_met_by(score), "{score}");
        }
        assert_eq!(Scale::new(1, 1, Direction::Similarity), Err(ScaleError::Empty));
        assert_eq!(Scale::new(2, 1, Direction::Similarity), Err(ScaleError::Empty));
    }

    #[test]
    fn of_dissimilarity_the_lower_score_is_better() {
        let scale = Scale::new(0, 1000, Direction::Dissimilarity).unwrap();
        assert_eq!(scale.threshold(1000), Err(ScaleError::AcceptsEverybody));
        let threshold = scale.threshold(0).unwrap();
        assert!(threshold.is_met_by(0));
        for score in [1, 1000, -1, 1001] {
            assert!(!threshold.is_met_by(score), "{score}");
        }
    }
}
