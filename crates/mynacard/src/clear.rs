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

/// In the order of how sure their existence is.
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

    fn next(&mut self, status: Status, outgoing: &mut Outgoing<'_>) -> Step<Result<(), Error>> {
        loop {
            let Some(&application) = OTHERS.get(self.next) else {
                let operation = Operation::SelectApplication;
                return Step::Done(Err(Error::Status { operation, status }));
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
        match event {
            Event::Start => self.next(Status::NOT_FOUND, outgoing),
            Event::Failed(fault) => {
                Step::Done(Err(Error::Exchange { operation: Operation::SelectApplication, fault }))
            }
            Event::Answer(response) if response.status == Status::OK => Step::Done(Ok(())),
            Event::Answer(response) => self.next(response.status, outgoing),
        }
    }
}
