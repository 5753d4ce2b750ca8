//! A procedure under way, without its output's type. It decides nothing.

use crate::procedure::{Event, Outgoing, Procedure, Step};

/// What a driver does next.
#[derive(Debug)]
pub enum Turn<T> {
    /// Transmit [`crate::Channel::exchange`]'s command, then call [`crate::Channel::answered`].
    Transmit,
    /// The procedure has ended.
    Done(T),
}

/// A procedure that is under way, whatever its output: so the rules of the channel are linked once,
/// and not once for each procedure.
pub(crate) trait Stepped {
    /// Takes one event. Has it ended?
    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> bool;
}

/// A procedure and the place for its output.
pub(crate) struct Running<'p, P: Procedure + ?Sized> {
    procedure: &'p mut P,
    pub(crate) output: Option<P::Output>,
}

impl<'p, P: Procedure + ?Sized> Running<'p, P> {
    pub(crate) const fn new(procedure: &'p mut P) -> Self {
        Self { procedure, output: None }
    }

    /// What a driver does next.
    pub(crate) fn turn(self) -> Turn<P::Output> {
        self.output.map_or(Turn::Transmit, Turn::Done)
    }
}

impl<P: Procedure + ?Sized> Stepped for Running<'_, P> {
    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> bool {
        match self.procedure.step(event, outgoing) {
            Step::Transmit(_) => false,
            Step::Done(output) => {
                self.output = Some(output);
                true
            }
        }
    }
}
