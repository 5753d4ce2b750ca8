//! 特定機関認証: what opens the 利用者証明用 key without its PIN (docs/card-facts.md §6, docs/pinless.md).
//!
//! Public are the key reference EF 0016 and the two commands that hand over the terminal's
//! card-verifiable certificate. The terminal's key, and what follows those commands, are not; they
//! are the business of an [`InstitutionAuthentication`], which a vendor with that knowledge writes.
//! This crate has none, guesses none, and has no key.

use crate::application::Application;
use crate::error::{Error, Operation};
use core::fmt;
use kazasu_apdu::{
    Channel, Command, EncodeError, Event, Fault, Outgoing, Presence, Procedure, Response, Status,
    Step,
};

/// EF 0016 of 公的個人認証AP, the reference to the key of the terminals' authority.
const FILE: [u8; 2] = [0x00, 0x16];
/// P1 for the body of the terminal's certificate.
const BODY: u8 = 0x06;
/// P1 for the signature on it.
const SIGNATURE: u8 = 0x00;
/// Commands that a provider may send for one authentication.
const COMMANDS_MAX: u8 = 8;

/// Whose scheme a provider carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InstitutionScheme {
    /// The real one, known to certified vendors.
    Certified,
    /// A stand-in for tests, which a virtual card takes and no real one. What it opens is accepted
    /// under the roots of virtual cards only.
    StandIn,
}

/// What a provider wants next.
#[derive(Debug)]
pub enum InstitutionStep<'a> {
    /// Send this command and bring the answer. It is never repeated, and its data never traced.
    Send(Command<'a>),
    /// The card has accepted the institution.
    Accepted,
    /// It has not, or the provider cannot go on.
    Refused,
}

/// Whoever can carry out the part of 特定機関認証 that is not public. No I/O: it is given what the card
/// answered, and says what to send.
pub trait InstitutionAuthentication {
    /// Whose scheme it is. The answer stays with every signature that it opens the way to.
    fn scheme(&self) -> InstitutionScheme;

    /// The data field of `80 A2 06 C1`: the body of the terminal's certificate, object 5F4E, 307 bytes
    /// where it was seen.
    fn certificate_body(&self) -> &[u8];

    /// The data field of `80 A2 00 C1`: the signature on it, object 5F37.
    fn certificate_signature(&self) -> &[u8];

    /// The step after the certificate was accepted (`None`), and after each of its own commands (the
    /// card's answer, whatever the status word).
    fn next(&mut self, answer: Option<Response<'_>>) -> InstitutionStep<'_>;
}

/// Evidence that the card accepted an institution, in one card presence. Only
/// [`AuthenticateInstitution`] makes it.
///
/// ```compile_fail,E0451
/// use kazasu_mynacard::{InstitutionAuthenticated, InstitutionScheme};
///
/// fn invented(other: InstitutionAuthenticated) -> InstitutionAuthenticated {
///     InstitutionAuthenticated { scheme: InstitutionScheme::Certified, ..other }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct InstitutionAuthenticated {
    scheme: InstitutionScheme,
    presence: Presence,
}

impl InstitutionAuthenticated {
    /// Whose scheme it was.
    #[must_use]
    pub const fn scheme(&self) -> InstitutionScheme {
        self.scheme
    }

    /// In which presence.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        self.presence
    }
}

/// Why the card did not accept an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InstitutionError {
    /// A command failed.
    Card(Error),
    /// The provider asked for a command that it may not send: one that uses a try, changes a code,
    /// signs, or selects.
    Forbidden {
        /// Its instruction byte.
        ins: u8,
    },
    /// A command does not fit the channel's buffers, or the length that link and card take: the
    /// reader cannot do this, with whatever card. It was not sent.
    NotSent(EncodeError),
    /// The provider ended without success.
    Refused,
    /// The provider did not come to an end.
    TooManyCommands,
}

impl fmt::Display for InstitutionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Card(error) => error.fmt(f),
            Self::Forbidden { ins } => write!(
                f,
                "the provider of the institution authentication asked for instruction {ins:02X}, \
                 which it may not send; nothing was sent, report it to its vendor"
            ),
            Self::NotSent(error) => write!(
                f,
                "this reader cannot exchange commands as long as those of the institution \
                 authentication; use the PIN, or another reader: {error}"
            ),
            Self::Refused => f.write_str(
                "the card and the provider of the institution authentication do not accept each \
                 other; use the PIN",
            ),
            Self::TooManyCommands => write!(
                f,
                "the provider of the institution authentication sent {COMMANDS_MAX} commands and \
                 did not end; report it to its vendor"
            ),
        }
    }
}

impl core::error::Error for InstitutionError {}

impl From<Error> for InstitutionError {
    fn from(error: Error) -> Self {
        Self::Card(error)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Select,
    Body,
    Signature,
    Provider,
}

/// Carries out a 特定機関認証 in 公的個人認証AP, which must be the selected application.
///
/// Commands: SELECT of EF 0016, `80 A2 06 C1`, `80 A2 00 C1`, and the provider's, at most eight. The
/// body is longer than a short command can be: the channel's command buffer needs 320 bytes, and the
/// link extended length ([`AuthenticateInstitution::fits`]).
pub struct AuthenticateInstitution<'p> {
    provider: &'p mut dyn InstitutionAuthentication,
    state: State,
    sent: u8,
}

impl fmt::Debug for AuthenticateInstitution<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateInstitution")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl<'p> AuthenticateInstitution<'p> {
    /// With this provider.
    pub fn new(provider: &'p mut dyn InstitutionAuthentication) -> Self {
        Self { provider, state: State::Select, sent: 0 }
    }

    /// The application that it happens in.
    #[must_use]
    pub const fn application() -> Application {
        Application::Jpki
    }

    /// Could this channel carry the provider's certificate, as far as is known now? To be asked before
    /// anybody makes an effort; what a card without extended length refuses is known when it has
    /// refused it once.
    ///
    /// # Errors
    /// [`InstitutionError::NotSent`].
    pub fn fits(
        provider: &dyn InstitutionAuthentication,
        channel: &Channel<'_>,
    ) -> Result<(), InstitutionError> {
        let body = hand_over(BODY, provider.certificate_body());
        let signature = hand_over(SIGNATURE, provider.certificate_signature());
        channel
            .fits(&body)
            .and_then(|()| channel.fits(&signature))
            .map_err(InstitutionError::NotSent)
    }

    const fn operation(&self) -> Operation {
        match self.state {
            State::Select => Operation::SelectFile,
            State::Body | State::Signature | State::Provider => {
                Operation::InstitutionAuthentication
            }
        }
    }

    fn provide(
        &mut self,
        answer: Option<Response<'_>>,
        outgoing: &mut Outgoing<'_>,
    ) -> Step<Result<InstitutionAuthenticated, InstitutionError>> {
        self.state = State::Provider;
        let scheme = self.provider.scheme();
        Step::Done(match self.provider.next(answer) {
            InstitutionStep::Accepted => {
                Ok(InstitutionAuthenticated { scheme, presence: outgoing.presence() })
            }
            InstitutionStep::Refused => Err(InstitutionError::Refused),
            InstitutionStep::Send(command) if is_forbidden(command.ins) => {
                Err(InstitutionError::Forbidden { ins: command.ins })
            }
            InstitutionStep::Send(_) if self.sent >= COMMANDS_MAX => {
                Err(InstitutionError::TooManyCommands)
            }
            InstitutionStep::Send(command) => {
                self.sent = self.sent.saturating_add(1);
                return outgoing.send(&command.once().secret());
            }
        })
    }
}

/// VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, CHANGE KEY and UNLOCK KEY, `2A`, SELECT. Chained
/// or not, whatever the class.
const fn is_forbidden(ins: u8) -> bool {
    matches!(ins, 0x20 | 0x21 | 0x24 | 0x25 | 0x2A | 0x2B | 0x2C | 0x2D | 0x32 | 0x54 | 0xA4)
}

impl Procedure for AuthenticateInstitution<'_> {
    type Output = Result<InstitutionAuthenticated, InstitutionError>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = self.operation();
        let response = match event {
            Event::Start => {
                return outgoing.send(&Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(&FILE));
            }
            Event::Failed(fault) => return Step::Done(Err(exchange(operation, fault))),
            Event::Answer(response) => response,
        };
        match (self.state, response.status) {
            (State::Provider, _) => self.provide(Some(response), outgoing),
            (State::Select, Status::OK) => {
                self.state = State::Body;
                outgoing.send(&hand_over(BODY, self.provider.certificate_body()))
            }
            (State::Body, Status::OK) => {
                self.state = State::Signature;
                outgoing.send(&hand_over(SIGNATURE, self.provider.certificate_signature()))
            }
            (State::Signature, Status::OK) => self.provide(None, outgoing),
            (_, status) => Step::Done(Err(Error::Status { operation, status }.into())),
        }
    }
}

/// Marked as secret: once the card has taken these, its key may be open, and the session must clear
/// that.
const fn hand_over(p1: u8, data: &[u8]) -> Command<'_> {
    Command::new(0x80, 0xA2, p1, 0xC1).with_data(data).once().secret()
}

const fn exchange(operation: Operation, fault: Fault) -> InstitutionError {
    match fault {
        Fault::NotSent(error) => InstitutionError::NotSent(error),
        fault => InstitutionError::Card(Error::Exchange { operation, fault }),
    }
}
