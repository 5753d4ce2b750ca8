//! GET DATA: the objects of the card itself, outside its applications (docs/card-facts.md §2.7).
//!
//! What they hold comes out as bytes: their certificates are for `kazasu-pki`, and of the others no
//! public source says how they are coded.

use crate::error::{Error, FileError, Operation};
use crate::sink::Sink;
use core::fmt;
use kazasu_apdu::{Command, Event, Outgoing, Procedure, Status, Step};

/// Most bytes of an answer with a short Le.
const SHORT: u32 = 0x100;

/// An object of the card. All but the municipality and the expiry rest on one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DataObject {
    /// 5F51: the contact answer to reset, without its first byte. Some cards give it inside an
    /// application only.
    AnswerToReset,
    /// 0045: the card identification number (CIN). It tells one card from all others: personal.
    CardIdentificationNumber,
    /// 0066: GlobalPlatform's card recognition data.
    CardRecognition,
    /// 00F2: the day on which the card expires. No signature covers it.
    Expiry,
    /// 00F7: the identifier of the key that issued the lower certificate.
    IntermediateKeyIdentifier,
    /// 0042: the issuer identification number (IIN), or a reference to the issuer's key.
    IssuerIdentificationNumber,
    /// 7F21: the lower card-verifiable certificate; 575 bytes were seen.
    LowerCertificate,
    /// 00F0: the municipality.
    Municipality,
    /// 00F8: the upper card-verifiable certificate.
    UpperCertificate,
}

impl DataObject {
    /// Every object.
    pub const ALL: [Self; 9] = [
        Self::AnswerToReset,
        Self::CardIdentificationNumber,
        Self::CardRecognition,
        Self::Expiry,
        Self::IntermediateKeyIdentifier,
        Self::IssuerIdentificationNumber,
        Self::LowerCertificate,
        Self::Municipality,
        Self::UpperCertificate,
    ];

    /// P1-P2 of the command.
    #[must_use]
    pub const fn tag(self) -> u16 {
        match self {
            Self::AnswerToReset => 0x5F51,
            Self::CardIdentificationNumber => 0x0045,
            Self::CardRecognition => 0x0066,
            Self::Expiry => 0x00F2,
            Self::IntermediateKeyIdentifier => 0x00F7,
            Self::IssuerIdentificationNumber => 0x0042,
            Self::LowerCertificate => 0x7F21,
            Self::Municipality => 0x00F0,
            Self::UpperCertificate => 0x00F8,
        }
    }

    /// Is it longer than a short Le can ask for? Then the card answers a short one with 6700, and
    /// gives no part of it.
    #[must_use]
    pub const fn needs_extended_length(self) -> bool {
        matches!(self, Self::LowerCertificate | Self::UpperCertificate)
    }
}

/// Reads an object into a sink while no application is selected: right after the card got its power,
/// or after [`crate::LeaveApplication`]. Output: its length in bytes.
///
/// One command. GET DATA has no offset: the channel's answer buffer must hold the whole object, 640
/// bytes for those that are known. `Debug` does not print the sink.
pub struct ReadData<S> {
    object: DataObject,
    sink: S,
}

impl<S> fmt::Debug for ReadData<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadData").field("object", &self.object).finish_non_exhaustive()
    }
}

impl<S: Sink> ReadData<S> {
    /// Reads `object` into `sink`.
    #[must_use]
    pub const fn new(object: DataObject, sink: S) -> Self {
        Self { object, sink }
    }

    /// The sink back.
    pub fn into_sink(self) -> S {
        self.sink
    }

    fn take(&mut self, data: &[u8]) -> Result<usize, Error> {
        if data.is_empty() {
            return Err(Error::File(FileError::Content));
        }
        let full = |_| Error::File(FileError::SinkFull { needed: data.len() });
        self.sink.begin(data.len()).map_err(full)?;
        self.sink.write(data).map_err(full)?;
        Ok(data.len())
    }
}

impl<S: Sink> Procedure for ReadData<S> {
    type Output = Result<usize, Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = Operation::GetData;
        let needs_extended_length = self.object.needs_extended_length();
        Step::Done(match event {
            Event::Start if needs_extended_length && outgoing.most() <= SHORT => {
                Err(Error::NeedsExtendedLength { operation })
            }
            Event::Start => {
                let most = outgoing.most();
                let le = if needs_extended_length { most } else { most.min(SHORT) };
                let [p1, p2] = self.object.tag().to_be_bytes();
                return outgoing.send(&Command::new(0x00, 0xCA, p1, p2).with_le(le));
            }
            Event::Failed(fault) => Err(Error::Exchange { operation, fault }),
            Event::Answer(response) => match response.status {
                Status::OK => self.take(response.data),
                Status::WRONG_LENGTH if needs_extended_length => {
                    Err(Error::NeedsExtendedLength { operation })
                }
                status => Err(Error::Status { operation, status }),
            },
        })
    }
}
