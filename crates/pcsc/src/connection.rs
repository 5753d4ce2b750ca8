//! The PC/SC calls of one link, in order, on the thread that may block.
//!
//! Sends each command once. After an anomaly it asks the service what became of the card, so that
//! a removal is named as one.

use crate::error::{During, Error, Operation};
use crate::features::{Feature, Features, GET_FEATURE_REQUEST};
use crate::link::{CardInformation, Interface};
use crate::service::{
    Code, Context, Disposition, Handle, Protocol, Protocols, ReaderName, ReaderState, Service,
    ShareMode, State,
};
use kazasu_apdu::Response;
use kazasu_apdu::transport::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the service may need to see that a card has left: pcscd looks every 400 ms.
pub(crate) const NOTICE: Duration = Duration::from_millis(600);
/// How long to wait for another program before looking again whether the card is free.
const SLICE: Duration = Duration::from_millis(100);
/// Feature and property lists are shorter.
const LIST: usize = 512;

/// What the thread of a link owns.
pub(crate) struct Connection {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) reader: ReaderName,
    pub(crate) share: ShareMode,
    pub(crate) in_use: Duration,
    open: Option<Open>,
}

struct Open {
    // Declared first, so dropped first: a handle does not outlive its context.
    handle: Box<dyn Handle>,
    context: Arc<dyn Context>,
    /// The reader as it was when the card was connected.
    seen: ReaderState,
    /// What went wrong after an answer that was whole; the next command meets it.
    late: Option<Error>,
}

/// What a connection is told by reader and card.
pub(crate) struct Connected {
    pub(crate) information: CardInformation,
    pub(crate) features: Features,
}

/// An answer, and whether it is one.
pub(crate) struct Answer {
    pub(crate) length: usize,
    pub(crate) whole: bool,
}

impl Connection {
    pub(crate) fn new(
        service: Arc<dyn Service>,
        reader: ReaderName,
        share: ShareMode,
        in_use: Duration,
    ) -> Self {
        Self { service, reader, share, in_use, open: None }
    }

    /// Connects anew, in a new context: an old one does not survive a service that was restarted.
    /// What was connected before is to be unpowered first.
    pub(crate) fn connect(&mut self) -> Result<Connected, Error> {
        let context = self.service.establish().during(Operation::Establish)?;
        let mut handle = self.connect_when_free(&*context)?;
        match self.look(&*context, &mut *handle) {
            Ok((connected, seen)) => {
                self.open = Some(Open { handle, context, seen, late: None });
                Ok(connected)
            }
            Err(error) => {
                // Nothing was done with the card; the error says more than this one would.
                let _ = handle.disconnect(Disposition::UnpowerCard);
                Err(error)
            }
        }
    }

    /// Connects; when another program holds the card, waits a moment for it: services look at a
    /// card that has just come.
    fn connect_when_free(&self, context: &dyn Context) -> Result<Box<dyn Handle>, Error> {
        let deadline = Instant::now().checked_add(self.in_use);
        let noticed = Instant::now().checked_add(NOTICE);
        loop {
            match context.connect(&self.reader, self.share, Protocols::T0 | Protocols::T1) {
                Ok(handle) => return Ok(handle),
                // Nothing was connected that could have lost its power: the card has left, or is
                // just coming, and the service has not seen that yet.
                Err(Code::UnpoweredCard) => {
                    let left = noticed
                        .map_or(SLICE, |until| until.saturating_duration_since(Instant::now()));
                    if left.is_zero() {
                        return Err(Code::NoSmartcard).during(Operation::Connect);
                    }
                    std::thread::sleep(left.min(SLICE));
                }
                Err(Code::SharingViolation) => {
                    let left = deadline.map_or(SLICE, |deadline| {
                        deadline.saturating_duration_since(Instant::now())
                    });
                    if left.is_zero() {
                        return Err(Code::SharingViolation).during(Operation::Connect);
                    }
                    self.wait_for_change(context, left.min(SLICE))?;
                }
                // Without a presence there is nothing that could have been removed.
                Err(Code::RemovedCard) => return Err(Code::NoSmartcard).during(Operation::Connect),
                Err(code) => return Err(code).during(Operation::Connect),
            }
        }
    }

    fn wait_for_change(&self, context: &dyn Context, limit: Duration) -> Result<(), Error> {
        let mut states = [ReaderState::unaware(self.reader.clone())];
        context.status_change(Some(Duration::ZERO), &mut states).during(Operation::StatusChange)?;
        states.iter_mut().for_each(ReaderState::accept);
        match context.status_change(Some(limit), &mut states) {
            Ok(()) | Err(Code::Timeout) => Ok(()),
            Err(code) => Err(code).during(Operation::StatusChange),
        }
    }

    /// What reader and card say of themselves.
    fn look(
        &self,
        context: &dyn Context,
        handle: &mut dyn Handle,
    ) -> Result<(Connected, ReaderState), Error> {
        let status = handle.status().during(Operation::Status)?;
        let mut seen = [ReaderState::unaware(self.reader.clone())];
        context.status_change(Some(Duration::ZERO), &mut seen).during(Operation::StatusChange)?;
        let [mut seen] = seen;
        seen.accept();
        let mut list = [0; LIST];
        let mut features = match told(handle.control(GET_FEATURE_REQUEST, &[], &mut list))? {
            Some(length) => Features::parse(list.get(..length).unwrap_or_default()),
            None => Features::default(),
        };
        if let Some(code) = features.control_code(Feature::TlvProperties)
            && let Some(length) = told(handle.control(code, &[], &mut list))?
        {
            features.add_properties(list.get(..length).unwrap_or_default());
        }
        let information = CardInformation {
            interface: Interface::of(&status.atr),
            atr: status.atr,
            protocol: status.protocol.unwrap_or(Protocol::T1),
        };
        Ok((Connected { information, features }, seen))
    }

    /// Sends a command, once.
    pub(crate) fn transmit(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> Result<Answer, Error> {
        let shared = self.share == ShareMode::Shared;
        let open = self.open.as_mut().ok_or(Error::Off)?;
        let result = match open.late.take() {
            Some(error) => Err(error),
            None if shared => {
                open.in_transaction(|t| t.transmit(command, response).during(Operation::Transmit))
            }
            None => open.handle.transmit(command, response).during(Operation::Transmit),
        };
        self.judge(result, response)
    }

    /// Has the reader do something with the card.
    pub(crate) fn control(
        &mut self,
        code: u32,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<Answer, Error> {
        let shared = self.share == ShareMode::Shared;
        let open = self.open.as_mut().ok_or(Error::Off)?;
        let result = match open.late.take() {
            Some(error) => Err(error),
            None if shared => {
                open.in_transaction(|t| t.control(code, input, output).during(Operation::Control))
            }
            None => open.handle.control(code, input, output).during(Operation::Control),
        };
        self.judge(result, output)
    }

    /// Names what went wrong as exactly as the service can.
    fn judge(&mut self, result: Result<usize, Error>, response: &[u8]) -> Result<Answer, Error> {
        match result {
            Ok(length) => {
                let bytes = response.get(..length).unwrap_or_default();
                if Response::parse(bytes).is_ok() {
                    return Ok(Answer { length, whole: true });
                }
                match self.examine() {
                    Some(error) => Err(error),
                    None => Ok(Answer { length, whole: false }),
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::LinkBroken | ErrorKind::Other) => {
                Err(self.examine().unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }

    /// After an anomaly: has the card left, or the reader, or the service? `None`: nothing of it
    /// was noticed within [`NOTICE`].
    fn examine(&mut self) -> Option<Error> {
        let open = self.open.as_mut()?;
        let deadline = Instant::now().checked_add(NOTICE)?;
        let named = |code| Some(Error::Code { operation: Operation::StatusChange, code });
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut states = [open.seen.clone()];
            match open.context.status_change(Some(left), &mut states) {
                Err(Code::Timeout) => return None,
                Err(code) => return named(code),
                Ok(()) => {}
            }
            let [mut now] = states;
            if now.state.intersects(State::UNKNOWN | State::UNAVAILABLE) {
                return named(Code::ReaderUnavailable);
            }
            if now.state.contains(State::EMPTY) || now.events != open.seen.events {
                return named(Code::RemovedCard);
            }
            if left.is_zero() {
                return None;
            }
            // Only who uses it has changed.
            now.accept();
            open.seen = now;
        }
    }

    /// Takes the card's power and lets it go. A card that is not there has none.
    pub(crate) fn unpower(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let Open { handle, context: _context, .. } = open;
        match handle.disconnect(Disposition::UnpowerCard) {
            Ok(()) | Err(Code::RemovedCard | Code::NoSmartcard | Code::UnpoweredCard) => Ok(()),
            Err(code) => Err(code).during(Operation::Disconnect),
        }
    }
}

impl Open {
    /// Runs one exchange while others wait, and never longer.
    fn in_transaction(
        &mut self,
        exchange: impl FnOnce(&mut dyn crate::service::Transaction) -> Result<usize, Error>,
    ) -> Result<usize, Error> {
        let mut transaction = self.handle.begin().during(Operation::Begin)?;
        let result = exchange(&mut *transaction);
        let end = transaction.end(Disposition::LeaveCard).during(Operation::End);
        if result.is_ok() {
            // The card has acted and its answer is here: it is delivered first.
            self.late = end.err();
        }
        result
    }
}

/// What a reader that need not answer says: `None` when it does not know the question.
fn told(result: Result<usize, Code>) -> Result<Option<usize>, Error> {
    match result.during(Operation::Control) {
        Ok(length) => Ok(Some(length)),
        Err(error) => match error.kind() {
            ErrorKind::CardRemoved
            | ErrorKind::CardReset
            | ErrorKind::NoCard
            | ErrorKind::NoReader
            | ErrorKind::ReaderLost
            | ErrorKind::ServiceDown => Err(error),
            _ => Ok(None),
        },
    }
}
