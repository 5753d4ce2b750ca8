//! What the operator of a reader decides: the threshold and the bounds. Liveness is not among them: it
//! is always required.

use crate::scale::Threshold;
use core::fmt;

/// The rules of a face check. Its numbers are this project's defaults; what the examination of
/// certified readers demands is not public (`docs/card-facts.md` §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Policy {
    pub(crate) threshold: Threshold,
    pub(crate) attempts: u8,
    pub(crate) prompts: u16,
    pub(crate) prompt_millis: u32,
    pub(crate) limit_millis: u32,
}

impl Policy {
    /// Attempts that a policy may allow.
    pub const MOST_ATTEMPTS: u8 = 10;
    /// The longest time that a policy may allow, in milliseconds.
    pub const LONGEST_MILLIS: u32 = 600_000;

    /// This threshold, three attempts, twenty prompts, 60 seconds.
    #[must_use]
    pub const fn new(threshold: Threshold) -> Self {
        Self { threshold, attempts: 3, prompts: 20, prompt_millis: 1_000, limit_millis: 60_000 }
    }

    /// With so many comparisons, 1 to [`Policy::MOST_ATTEMPTS`].
    ///
    /// # Errors
    /// [`PolicyError::Attempts`].
    pub const fn with_attempts(mut self, attempts: u8) -> Result<Self, PolicyError> {
        if attempts == 0 || attempts > Self::MOST_ATTEMPTS {
            return Err(PolicyError::Attempts);
        }
        self.attempts = attempts;
        Ok(self)
    }

    /// With so many prompts for a better picture, at least 1. Problems within `every_millis` of a
    /// prompt belong to it: a camera brings thirty frames a second, and a person moves in seconds.
    ///
    /// # Errors
    /// [`PolicyError::Prompts`].
    pub const fn with_prompts(
        mut self,
        prompts: u16,
        every_millis: u32,
    ) -> Result<Self, PolicyError> {
        if prompts == 0 {
            return Err(PolicyError::Prompts);
        }
        self.prompts = prompts;
        self.prompt_millis = every_millis;
        Ok(self)
    }

    /// With so much time from the first capture to the end, 1 to [`Policy::LONGEST_MILLIS`].
    ///
    /// # Errors
    /// [`PolicyError::Limit`].
    pub const fn with_limit_millis(mut self, millis: u32) -> Result<Self, PolicyError> {
        if millis == 0 || millis > Self::LONGEST_MILLIS {
            return Err(PolicyError::Limit);
        }
        self.limit_millis = millis;
        Ok(self)
    }

    /// The threshold.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// Comparisons.
    #[must_use]
    pub const fn attempts(&self) -> u8 {
        self.attempts
    }

    /// Prompts for a better picture.
    #[must_use]
    pub const fn prompts(&self) -> u16 {
        self.prompts
    }

    /// Milliseconds from the first capture to the end.
    #[must_use]
    pub const fn limit_millis(&self) -> u32 {
        self.limit_millis
    }
}

/// Why there is no such policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PolicyError {
    /// No attempts, or more than ten.
    Attempts,
    /// No time, or more than ten minutes.
    Limit,
    /// No prompts.
    Prompts,
    /// The threshold was chosen for another scale than the matcher's.
    Scale,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempts => "a check has 1 to 10 attempts",
            Self::Limit => "a check lasts 1 millisecond to 10 minutes",
            Self::Prompts => "a check has at least one prompt",
            Self::Scale => {
                "the threshold was chosen for another scale than this matcher's; choose it anew"
            }
        })
    }
}

impl core::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::{Direction, Scale};

    #[test]
    fn bounds_are_bounded() {
        let scale = Scale::new(0, 100, Direction::Similarity).unwrap();
        let policy = Policy::new(scale.threshold(90).unwrap());
        assert_eq!((policy.attempts(), policy.limit_millis()), (3, 60_000));
        assert_eq!(policy.with_attempts(0), Err(PolicyError::Attempts));
        assert_eq!(policy.with_attempts(11), Err(PolicyError::Attempts));
        assert_eq!(policy.with_prompts(0, 5), Err(PolicyError::Prompts));
        assert_eq!(policy.with_limit_millis(0), Err(PolicyError::Limit));
        assert_eq!(policy.with_limit_millis(600_001), Err(PolicyError::Limit));
        assert_eq!(policy.with_attempts(10).unwrap().attempts(), 10);
    }
}
