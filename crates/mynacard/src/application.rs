//! The card's applications and their selection (ISO/IEC 7816-4 clause 11.2.2).
//!
//! Recognises a card by what it selects, never by its ATR (docs/card-facts.md §1.1).

use crate::error::{Error, Operation};
use kazasu_apdu::{Command, Event, Outgoing, Procedure, Status, Step};

/// An application of the card (docs/card-facts.md §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Application {
    /// 住基AP, the resident register application.
    BasicResident,
    /// 券面事項確認AP, the card face as images, with the photo.
    CardFace,
    /// 共通カードAP, card information common to all applications.
    Common,
    /// 券面事項入力補助AP, the card face as text.
    InputSupport,
    /// 公的個人認証AP (JPKI-AP), certificates and signature keys.
    Jpki,
}

impl Application {
    /// The application identifier, 10 bytes.
    #[must_use]
    pub const fn identifier(self) -> [u8; 10] {
        match self {
            Self::BasicResident => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01],
            Self::CardFace => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02],
            Self::Common => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00],
            Self::InputSupport => [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08],
            Self::Jpki => [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
        }
    }

    /// Its official name, and what it holds.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BasicResident => "住基AP (resident register)",
            Self::CardFace => "券面事項確認AP (card face)",
            Self::Common => "共通カードAP (card information)",
            Self::InputSupport => "券面事項入力補助AP (input support)",
            Self::Jpki => "公的個人認証AP (JPKI)",
        }
    }

    /// An application whose selection makes this one lose its security status.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::InputSupport => Self::CardFace,
            _ => Self::InputSupport,
        }
    }
}

/// Sends SELECT by application identifier; P2 = 0C, so that no file control information comes.
pub(crate) fn send_select<T>(application: Application, outgoing: &mut Outgoing<'_>) -> Step<T> {
    let identifier = application.identifier();
    outgoing.send(&Command::new(0x00, 0xA4, 0x04, 0x0C).with_data(&identifier))
}

/// Selects an application.
///
/// A first `6F00` is answered with one more SELECT: some cards answer so to the first command
/// after a cold reset (docs/card-facts.md §1.3).
#[derive(Debug)]
pub struct SelectApplication {
    application: Application,
    again: bool,
}

impl SelectApplication {
    /// Selects `application`.
    #[must_use]
    pub const fn new(application: Application) -> Self {
        Self { application, again: true }
    }
}

impl Procedure for SelectApplication {
    type Output = Result<(), Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = Operation::SelectApplication;
        match event {
            Event::Start => send_select(self.application, outgoing),
            Event::Failed(fault) => Step::Done(Err(Error::Exchange { operation, fault })),
            Event::Answer(response) => match response.status {
                Status::OK => Step::Done(Ok(())),
                Status::INTERNAL if core::mem::take(&mut self.again) => {
                    send_select(self.application, outgoing)
                }
                // The words that cards without this application use: not found, and, on cards
                // that are something else altogether, no such function, class or instruction.
                Status::NOT_FOUND
                | Status::FUNCTION_NOT_SUPPORTED
                | Status::INS_NOT_SUPPORTED
                | Status::CLA_NOT_SUPPORTED => {
                    Step::Done(Err(Error::NoApplication { application: self.application }))
                }
                status => Step::Done(Err(Error::Status { operation, status })),
            },
        }
    }
}

/// GlobalPlatform's issuer security domain.
const ISSUER_SECURITY_DOMAIN: [u8; 7] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];

/// Leaves the selected application, so that none is: what [`crate::ReadData`] needs. Right after the
/// card got its power none is selected, and this is not needed.
///
/// Selects the issuer security domain of GlobalPlatform, which one source saw to do that; SELECT of
/// the master file does nothing (docs/card-facts.md §1.3).
#[derive(Debug, Default)]
pub struct LeaveApplication;

impl LeaveApplication {
    /// The procedure.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Procedure for LeaveApplication {
    type Output = Result<(), Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = Operation::SelectApplication;
        Step::Done(match event {
            Event::Start => {
                let select = Command::new(0x00, 0xA4, 0x04, 0x0C);
                return outgoing.send(&select.with_data(&ISSUER_SECURITY_DOMAIN));
            }
            Event::Failed(fault) => Err(Error::Exchange { operation, fault }),
            Event::Answer(response) if response.status == Status::OK => Ok(()),
            Event::Answer(response) => Err(Error::Status { operation, status: response.status }),
        })
    }
}
