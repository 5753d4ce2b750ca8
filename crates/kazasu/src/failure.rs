//! Why a job did not end in proof: the error of the layer that saw it, and the outcome it means.

use crate::holder::Declined;
use crate::outcome::Outcome;
use core::fmt;
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Fault, PinPadEnd, Status};
#[cfg(feature = "face")]
use kazasu_face as face;
use kazasu_mynacard as mynacard;
use kazasu_mynacard::{ChangeError, InputError, InstitutionError, VerifyError};
use kazasu_pki as pki;
use kazasu_pki::Phase;
use kazasu_pki::cvc::CvcError;
use kazasu_pki::records::RecordError;

/// The failing step's own error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// The card did not answer the challenge with the key of its record: it is a copy, or damaged.
    Authenticity(pki::SignatureError),
    /// A command failed.
    Card(mynacard::Error),
    /// The certificate was not accepted.
    Certificate(pki::Error),
    /// CHANGE REFERENCE DATA did not go well.
    Change(ChangeError),
    /// VERIFY of an access code did not go well.
    Code(VerifyError),
    /// The card-verifiable certificate of the records' signer was not accepted.
    Cvc(CvcError),
    /// The holder gave no PIN.
    Declined(Declined),
    /// A matcher for demonstrations was to recognise the holder of something else than a virtual
    /// card.
    #[cfg(feature = "face")]
    DemonstrationMatcher,
    /// The face check did not end in a match.
    #[cfg(feature = "face")]
    Face(face::End),
    /// The policy of the face check does not fit the matcher.
    #[cfg(feature = "face")]
    FacePolicy(face::PolicyError),
    /// What was to be signed cannot be.
    Input(InputError),
    /// The card and the provider of 特定機関認証 did not accept each other.
    Institution(InstitutionError),
    /// The certificate and the card face are not of the same hierarchy.
    #[cfg(feature = "face")]
    OtherHierarchy,
    /// The certificate is in a phase that does not allow this job.
    Phase(Phase),
    /// The certificate is in its months of grace, and in a phone or something else that is not
    /// known to be a card: there is no grace for those.
    PhoneGrace,
    /// A record of the card was not accepted.
    Record(RecordError),
    /// The signature was not accepted.
    Signature(pki::SignatureError),
    /// A stand-in for 特定機関認証 was to open the key of something else than a virtual card.
    StandIn,
    /// VERIFY of a PIN or password did not go well.
    Verify(VerifyError),
    /// The visual check was not confirmed.
    #[cfg(feature = "face")]
    Visual(face::VisualEnd),
}

impl Failure {
    /// The outcome that it means.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Authenticity(_) => Outcome::RecordNotGenuine,
            Self::Card(error) => of_card(error),
            Self::Code(error) => of_code(error),
            Self::Cvc(error) => match error {
                CvcError::BadSignature => Outcome::RecordNotGenuine,
                CvcError::UnknownIssuer | CvcError::WrongRole { .. } => Outcome::NotTrusted,
                _ => Outcome::BadAnswer,
            },
            Self::Institution(InstitutionError::Card(error)) => of_card(error),
            Self::Institution(InstitutionError::NotSent(_)) => Outcome::ReaderUnfit,
            Self::Institution(_) => Outcome::BadAnswer,
            Self::Record(error) => match error {
                RecordError::BadSignature | RecordError::WrongDigest => Outcome::RecordNotGenuine,
                RecordError::WrongRole { .. } => Outcome::NotTrusted,
                _ => Outcome::BadAnswer,
            },
            Self::StandIn => Outcome::NotTrusted,
            Self::Certificate(_) => Outcome::NotTrusted,
            Self::Change(error) => match error {
                ChangeError::NotEntered(end) => of_pin_pad(*end),
                ChangeError::OutcomeUnknown { .. } => Outcome::OutcomeUnknown,
                ChangeError::Tries(error) => of_card(error),
                ChangeError::Verify(error) => of_verify(error),
                _ => Outcome::BadAnswer,
            },
            Self::Declined(Declined::Cancelled) => Outcome::Cancelled,
            Self::Declined(Declined::TimedOut) => Outcome::TimedOut,
            Self::Input(_) => Outcome::BadAnswer,
            Self::Phase(Phase::NotYet) => Outcome::NotYetValid,
            Self::Phase(_) | Self::PhoneGrace => Outcome::Over,
            Self::Signature(error) => match error {
                pki::SignatureError::Phase(Phase::NotYet) => Outcome::NotYetValid,
                pki::SignatureError::Phase(_) => Outcome::Over,
                _ => Outcome::SignatureWrong,
            },
            Self::Verify(error) => of_verify(error),
            #[cfg(feature = "face")]
            Self::DemonstrationMatcher | Self::OtherHierarchy => Outcome::NotTrusted,
            #[cfg(feature = "face")]
            Self::Face(end) => of_face(*end),
            #[cfg(feature = "face")]
            Self::FacePolicy(_) => Outcome::FaceDeviceFault,
            #[cfg(feature = "face")]
            Self::Visual(end) => of_visual(*end),
        }
    }

    /// Tries left, when the error itself knows.
    #[must_use]
    pub const fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Code(error) | Self::Verify(error) => error.tries_left(),
            Self::Change(error) => error.tries_left(),
            _ => None,
        }
    }

    /// Did the card refuse to show a file before a PIN?
    pub(crate) fn is_access_denied(&self) -> bool {
        matches!(
            self,
            Self::Card(error) if error.status() == Some(Status::SECURITY_STATUS_NOT_SATISFIED)
        )
    }
}

const fn of_link(kind: ErrorKind) -> Outcome {
    match kind {
        ErrorKind::BufferTooSmall => Outcome::BadAnswer,
        ErrorKind::Cancelled => Outcome::Cancelled,
        ErrorKind::CardRemoved | ErrorKind::CardReset => Outcome::CardRemoved,
        ErrorKind::InUse => Outcome::InUse,
        ErrorKind::NoCard => Outcome::NoCard,
        ErrorKind::NoReader => Outcome::NoReader,
        ErrorKind::ReaderLost => Outcome::ReaderLost,
        ErrorKind::ServiceDown => Outcome::ServiceDown,
        ErrorKind::TimedOut => Outcome::TimedOut,
        _ => Outcome::LinkBroken,
    }
}

/// The outcome of a link that failed before any command.
impl From<ErrorKind> for Outcome {
    fn from(kind: ErrorKind) -> Self {
        of_link(kind)
    }
}

/// No PIN was presented, so nothing went wrong with the card.
const fn of_pin_pad(end: PinPadEnd) -> Outcome {
    match end {
        PinPadEnd::TimedOut => Outcome::TimedOut,
        _ => Outcome::Cancelled,
    }
}

const fn of_fault(fault: Fault) -> Outcome {
    match fault {
        Fault::PinPad(end) => of_pin_pad(end),
        Fault::Link(kind) | Fault::Ended(kind) => of_link(kind),
        Fault::NotSent(_) => Outcome::ReaderUnfit,
        _ => Outcome::BadAnswer,
    }
}

const fn of_card(error: &mynacard::Error) -> Outcome {
    match error {
        mynacard::Error::NoApplication { application: mynacard::Application::Jpki } => {
            Outcome::NotAMyNumberCard
        }
        mynacard::Error::NoApplication { .. } => Outcome::NoApplication,
        mynacard::Error::Exchange { fault, .. } => of_fault(*fault),
        mynacard::Error::EvidenceExpired => Outcome::CardRemoved,
        mynacard::Error::AlreadyVerified => Outcome::InUse,
        _ => Outcome::BadAnswer,
    }
}

const fn of_verify(error: &VerifyError) -> Outcome {
    match error {
        VerifyError::Blocked | VerifyError::WrongAndBlocked => Outcome::PinBlocked,
        VerifyError::EvidenceExpired => Outcome::CardRemoved,
        VerifyError::LastTryRefused { .. } => Outcome::LastTryRefused,
        VerifyError::NotEntered { end, .. } => of_pin_pad(*end),
        VerifyError::NotSent(fault) => of_fault(*fault),
        VerifyError::Wrong { .. } => Outcome::PinWrong,
        VerifyError::OutcomeUnknown { .. } => Outcome::OutcomeUnknown,
        VerifyError::SessionStopped { .. } => Outcome::CodesStopped,
        _ => Outcome::BadAnswer,
    }
}

const fn of_code(error: &VerifyError) -> Outcome {
    match of_verify(error) {
        Outcome::PinBlocked => Outcome::CodeBlocked,
        Outcome::PinWrong => Outcome::CodeWrong,
        outcome => outcome,
    }
}

#[cfg(feature = "face")]
const fn of_face(end: face::End) -> Outcome {
    match end {
        face::End::Cancelled => Outcome::Cancelled,
        face::End::CardGone => Outcome::CardRemoved,
        face::End::CouldNotCapture(_) | face::End::Photo(_) => Outcome::FaceQuality,
        face::End::NoMatch => Outcome::FaceNoMatch,
        face::End::SuspectedAttack(_) => Outcome::FaceSuspectedAttack,
        _ => Outcome::FaceDeviceFault,
    }
}

#[cfg(feature = "face")]
const fn of_visual(end: face::VisualEnd) -> Outcome {
    match end {
        face::VisualEnd::Cancelled => Outcome::Cancelled,
        face::VisualEnd::CardGone => Outcome::CardRemoved,
        face::VisualEnd::Clock => Outcome::FaceDeviceFault,
        face::VisualEnd::NoPhoto => Outcome::FaceQuality,
        face::VisualEnd::TimedOut => Outcome::TimedOut,
        _ => Outcome::VisualRefused,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticity(error) => {
                write!(f, "the card is not the one that its record was issued for: {error}")
            }
            Self::Card(error) => error.fmt(f),
            // How an access code is opened again is not known (docs/card-facts.md §3).
            Self::Code(VerifyError::Blocked) => f.write_str(
                "no tries of this access code are left; ask the municipality, and use the PIN \
                 meanwhile",
            ),
            Self::Code(VerifyError::WrongAndBlocked) => f.write_str(
                "wrong, and that was the last try of this access code: none are left; ask the \
                 municipality, and use the PIN meanwhile",
            ),
            Self::Code(error) => error.fmt(f),
            Self::Cvc(error) => write!(f, "the signer of the card's records: {error}"),
            Self::Institution(error) => error.fmt(f),
            Self::Record(error) => write!(f, "a record of the card: {error}"),
            Self::StandIn => f.write_str(
                "a stand-in for the institution authentication was offered, and this is no virtual \
                 card; nothing was proven, use the PIN",
            ),
            Self::Certificate(error) => write!(f, "the certificate is not trusted: {error}"),
            Self::Change(error) => error.fmt(f),
            Self::Declined(declined) => declined.fmt(f),
            Self::Input(error) => error.fmt(f),
            Self::Phase(Phase::NotYet) => {
                f.write_str("the certificate is not valid yet; check the clock of this machine")
            }
            Self::Phase(Phase::Grace) => f.write_str(
                "the certificate has expired; in its months of grace it can prove an identity, in a \
                 check-in with a card and not with a phone, and nothing else; the holder renews it \
                 at the municipality",
            ),
            Self::Phase(_) => {
                f.write_str("the certificate has expired; the holder renews it at the municipality")
            }
            Self::PhoneGrace => f.write_str(
                "the certificate has expired and is in a phone, or in something that is not known to \
                 be a card: there are no months of grace; the holder uses the card or enrols again",
            ),
            Self::Signature(error) => error.fmt(f),
            Self::Verify(error) => error.fmt(f),
            #[cfg(feature = "face")]
            Self::DemonstrationMatcher => f.write_str(
                "a matcher for demonstrations was offered, and this is no virtual card; nobody was \
                 recognised, use the PIN",
            ),
            #[cfg(feature = "face")]
            Self::Face(end) => end.fmt(f),
            #[cfg(feature = "face")]
            Self::FacePolicy(error) => error.fmt(f),
            #[cfg(feature = "face")]
            Self::OtherHierarchy => f.write_str(
                "the certificate and the card face are of different hierarchies; refuse the card",
            ),
            #[cfg(feature = "face")]
            Self::Visual(end) => end.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}

macro_rules! from {
    ($($error:ty => $variant:ident),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}
from!(
    mynacard::Error => Card,
    pki::Error => Certificate,
    ChangeError => Change,
    CvcError => Cvc,
    Declined => Declined,
    InputError => Input,
    InstitutionError => Institution,
    RecordError => Record,
    pki::SignatureError => Signature,
    VerifyError => Verify
);
