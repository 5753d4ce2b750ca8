//! Making the card forget that a PIN was verified, where the link cannot take its power: SELECT of
//! another application (docs/card-facts.md §1.3).

use crate::application::{Application, send_select};
use crate::error::{Error, Operation};
use kazasu_apdu::{Event, Outgoing, Procedure, Status, Step};

/// Selects other applications until one is there. Ends in an error when none is: then the status
/// may still be set, and the card should be taken away.
#[derive(Debug)]
pub struct ClearStatus {
    left: Application,
    next: usize,
}

/// In the order of how sure their existence is. 公的個人認証AP is none of them: whoever left another
/// application for it is to get neither back.
const OTHERS: [Application; 4] = [
    Application::InputSupport,
    Application::CardFace,
    Application::BasicResident,
    Application::Common,
];

impl ClearStatus {
    /// Leaves `application`, in which something was verified.
    #[must_use]
    pub const fn new(application: Application) -> Self {
        Self { left: application, next: 0 }
    }

    fn next(&mut self, error: Error, outgoing: &mut Outgoing<'_>) -> Step<Result<(), Error>> {
        loop {
            let Some(&application) = OTHERS.get(self.next) else {
                return Step::Done(Err(error));
            };
            self.next = self.next.saturating_add(1);
            if application != self.left {
                return send_select(application, outgoing);
            }
        }
    }
}

impl Procedure for ClearStatus {
    type Output = Result<(), Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = Operation::SelectApplication;
        match event {
            Event::Start => {
                self.next(Error::Status { operation, status: Status::NOT_FOUND }, outgoing)
            }
            Event::Failed(fault) if fault.not_sent() => {
                Step::Done(Err(Error::Exchange { operation, fault }))
            }
            // No answer to this one says nothing of the next. Where the presence ended, that one
            // is not sent any more.
            Event::Failed(fault) => self.next(Error::Exchange { operation, fault }, outgoing),
            Event::Answer(response) if response.status == Status::OK => Step::Done(Ok(())),
            Event::Answer(response) => {
                self.next(Error::Status { operation, status: response.status }, outgoing)
            }
        }
    }
}
