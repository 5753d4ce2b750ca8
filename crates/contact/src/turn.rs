//! What the engines inside a slot say to it: an action without its moments, which stand beside it.

use crate::slot::Action;
use crate::{Error, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Idle,
    Send { byte: u8, last: bool },
    Listen,
    Answered(usize),
    Failed(Error),
}

/// When the next character may go out at the earliest, and until when one of the card is waited
/// for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) not_before: Instant,
    pub(crate) until: Instant,
}

impl Due {
    pub(crate) const NOTHING: Self = Self { not_before: Instant::ORIGIN, until: Instant::NEVER };

    pub(crate) const fn action(&self, turn: Turn) -> Action {
        match turn {
            Turn::Idle => Action::Idle,
            Turn::Send { byte, last } => Action::Send { byte, not_before: self.not_before, last },
            Turn::Listen => Action::Listen { until: self.until },
            Turn::Answered(length) => Action::Answered(length),
            Turn::Failed(error) => Action::Failed(error),
        }
    }
}

/// Gives an engine, which has `turn` and `due`, what drives it: `step` for whoever has it alone, and
/// `due` for the slot, which looks at its turns. The arguments of both are `now`, `event` and these.
macro_rules! driven {
    ($engine:ident, $($name:ident: $type:ty),*) => {
        impl $engine {
            /// Takes one event and says what to do next.
            pub fn step(
                &mut self,
                now: $crate::Instant,
                event: $crate::Event,
                $($name: $type),*
            ) -> $crate::Action {
                let turn = self.turn(now, event, $($name),*);
                self.due.action(turn)
            }

            pub(crate) const fn due(&self) -> Due {
                self.due
            }
        }
    };
}
pub(crate) use driven;
