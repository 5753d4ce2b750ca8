//! The card itself: what outlives a power cycle, what does not, and the command handler.
//!
//! The handler never panics, whatever the bytes. It writes a try down before it compares a PIN.

use std::collections::{BTreeMap, BTreeSet};

use kazasu_apdu::{Command, Format, Status};
use serde::{Deserialize, Serialize};

use crate::application::{Application, ApplicationName, FileId, HexBytes};
use crate::defect::Defects;
use crate::issue::Origin;
use crate::keys::{KeySource, PrivateKey};
use crate::random::Random;
use crate::stand_in_institution::Progress;
use crate::state::Store;
use crate::{Error, Holder, Issue, Kind, Settings};

/// ISO/IEC 7816-4, 5.6: memory failure. The card could not write down what it must before it acts.
pub(crate) const MEMORY_FAILURE: Status = Status(0x6581);

/// What outlives a power cycle, and is written to the card file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    pub(crate) kind: Kind,
    pub(crate) origin: Origin,
    pub(crate) holder: Option<Holder>,
    pub(crate) settings: Settings,
    pub(crate) applications: Vec<Application>,
    /// What GET DATA gives while no application is selected. `None` in a card file of version 1 only.
    #[serde(default)]
    pub(crate) data_objects: Option<BTreeMap<FileId, HexBytes>>,
}

impl Image {
    pub(crate) fn new(
        kind: Kind,
        origin: Origin,
        holder: Holder,
        settings: Settings,
        applications: Vec<Application>,
        data_objects: BTreeMap<FileId, HexBytes>,
    ) -> Self {
        let holder = (origin == Origin::Virtual).then_some(holder);
        let data_objects = Some(data_objects);
        Self { kind, origin, holder, settings, applications, data_objects }
    }
}

/// Why a command did not end in 9000 without more.
pub(crate) enum Stop {
    /// With this status word and no data.
    Status(Status),
    /// Not at all: the card could not keep its state, or its key.
    Error(Error),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Data and status word.
pub(crate) struct Answer {
    pub(crate) data: Vec<u8>,
    pub(crate) status: Status,
}

impl Answer {
    /// 9000 without data.
    pub(crate) const fn ok() -> Self {
        Self { data: Vec::new(), status: Status::OK }
    }

    /// 9000 with data.
    pub(crate) const fn data(data: Vec<u8>) -> Self {
        Self { data, status: Status::OK }
    }
}

/// The outcome of one command.
pub(crate) type Outcome = Result<Answer, Stop>;

/// Which codes were verified, and in which application.
pub(crate) struct Verified {
    pub(crate) application: usize,
    pub(crate) codes: BTreeSet<FileId>,
}

/// What the card has done since it was issued or opened; for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deeds {
    /// VERIFY commands with data.
    pub verify_commands: u64,
    /// Commands to change a code.
    pub change_commands: u64,
    /// Codes compared with what was presented: a VERIFY of a blocked code compares nothing.
    pub comparisons: u64,
    /// Signatures made.
    pub signatures: u64,
}

/// One virtual card.
///
/// It has power from the beginning. `Debug` prints what it is, and nothing of its holder.
pub struct Card {
    pub(crate) image: Image,
    /// Index of the selected application.
    pub(crate) current: Option<usize>,
    pub(crate) current_file: Option<FileId>,
    pub(crate) verified: Option<Verified>,
    pub(crate) random: Random,
    pub(crate) institution: Progress,
    pub(crate) deeds: Deeds,
    pub(crate) defects: Defects,
    keys: Vec<(ApplicationName, FileId, PrivateKey)>,
    store: Option<Box<dyn Store>>,
}

impl Card {
    /// Issues a card.
    ///
    /// # Errors
    /// [`Error::InvalidIssue`] for a wish that no card can meet, [`Error::Randomness`].
    pub fn issue(issue: Issue) -> Result<Self, Error> {
        issue.issue()
    }

    pub(crate) fn new(image: Image, random: Random, store: Option<Box<dyn Store>>) -> Self {
        Self {
            image,
            current: None,
            current_file: None,
            verified: None,
            random,
            institution: Progress::Nothing,
            deeds: Deeds::default(),
            defects: Defects::default(),
            keys: Vec::new(),
            store,
        }
    }

    /// Keeps the card in this store from now on; what it is now is written at once.
    pub(crate) fn keep_in(&mut self, store: Box<dyn Store>) -> Result<(), Error> {
        self.store = Some(store);
        self.save()
    }

    /// Writes the image down, if the card is kept anywhere.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        match &mut self.store {
            Some(store) => store.save(&self.image),
            None => Ok(()),
        }
    }

    /// Answers a command APDU with a response APDU: data, SW1, SW2.
    ///
    /// If the card cannot write down what it must, or its key fails, it answers 6581;
    /// [`Card::try_respond`] says why, and what was done.
    pub fn respond(&mut self, command: &[u8]) -> Vec<u8> {
        self.try_respond(command).unwrap_or_else(|_| MEMORY_FAILURE.0.to_be_bytes().to_vec())
    }

    /// As [`Card::respond`], with the reason when the card could not keep its state.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::LockLost`], [`Error::Key`]. Nothing was compared, signed or changed,
    /// and every counter is where it was, with one exception: a right code whose tries cannot be
    /// written down as given back. It was compared, its try stays taken, and it does not count as
    /// verified.
    pub fn try_respond(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = match self.dispatch(command) {
            Ok(answer) => answer,
            Err(Stop::Status(status)) => Answer { data: Vec::new(), status },
            Err(Stop::Error(error)) => return Err(error),
        };
        let mut response = answer.data;
        response.extend(answer.status.0.to_be_bytes());
        Ok(response)
    }

    fn dispatch(&mut self, bytes: &[u8]) -> Outcome {
        let (command, format) = Command::parse(bytes).map_err(|_| Status::WRONG_LENGTH)?;
        match command.cla {
            0x00 | 0x80 => {}
            0x01..=0x03 => return Err(Status::LOGICAL_CHANNEL_NOT_SUPPORTED.into()),
            0x04 | 0x08 | 0x0C => return Err(Status::SECURE_MESSAGING_NOT_SUPPORTED.into()),
            _ => return Err(Status::CLA_NOT_SUPPORTED.into()),
        }
        if format == Format::Extended && !self.image.settings.extended_length {
            return Err(Status::WRONG_LENGTH.into());
        }
        match (command.cla, command.ins) {
            (0x00, 0x20) => self.verify(&command),
            (0x80, 0x53) => self.stand_in(&command),
            (0x80, 0xA2) => self.hand_over_certificate(&command),
            (0x00, 0x24) => self.change_reference_data(&command),
            (0x80, 0x2A) => self.compute_signature(&command),
            (0x80, 0x32) => self.change_key(&command),
            (0x00, 0x84) => self.challenge(&command, format),
            (0x00, 0x88) => self.internal_authenticate(&command),
            (0x00, 0xA4) => self.select(&command),
            (0x00, 0xB0) => self.read_binary(&command),
            (0x00, 0xB2) => self.read_record(&command),
            (0x00, 0xCA) => self.data_object(&command),
            // The last-command indicator of an iPhone; a card answers 6700 (SINGLE, §7.2).
            (0x80, 0xFC) if self.image.kind != Kind::Iphone => Err(Status::WRONG_LENGTH.into()),
            (_, 0x20 | 0x24 | 0x2A | 0x32 | 0x84 | 0x88 | 0xA4 | 0xB0 | 0xB2 | 0xCA) => {
                Err(Status::CLA_NOT_SUPPORTED.into())
            }
            _ => Err(Status::INS_NOT_SUPPORTED.into()),
        }
    }

    /// Gives the card power: nothing is selected and nothing verified.
    pub fn power_on(&mut self) {
        self.power_off();
    }

    /// Takes the card's power, and with it the security status.
    pub fn power_off(&mut self) {
        self.current = None;
        self.current_file = None;
        self.verified = None;
        self.institution = Progress::Nothing;
    }

    /// Resets the card with its power on: no application is selected; whether the security status
    /// stays is a [`crate::Settings`] (by default it does, as observed).
    pub fn warm_reset(&mut self) {
        self.current = None;
        self.current_file = None;
        self.institution = Progress::Nothing;
        if self.image.settings.warm_reset == crate::SecurityStatus::Clears {
            self.verified = None;
        }
    }

    /// The selected application.
    pub(crate) fn application(&self) -> Option<&Application> {
        self.image.applications.get(self.current?)
    }

    /// Makes an application the current one. The security status of any other is lost.
    pub(crate) fn enter(&mut self, index: usize) {
        let again = self.verified.as_ref().is_some_and(|status| status.application == index);
        let keeps = self.image.settings.select_again == crate::SecurityStatus::Keeps;
        if !(again && keeps) {
            self.verified = None;
        }
        self.current = Some(index);
        self.current_file = None;
        self.institution = Progress::Nothing;
    }

    /// Leaves every application (selection of the issuer security domain).
    pub(crate) fn leave(&mut self) {
        self.power_off();
    }

    /// Codes verified in the selected application.
    fn verified_here(&self) -> Option<&BTreeSet<FileId>> {
        let verified = self.verified.as_ref()?;
        (Some(verified.application) == self.current).then_some(&verified.codes)
    }

    pub(crate) fn is_verified_here(&self, code: FileId) -> bool {
        self.verified_here().is_some_and(|codes| codes.contains(&code))
    }

    /// Notes that a code of the selected application was verified, or that it no longer is.
    pub(crate) fn set_verified(&mut self, code: FileId, verified: bool) {
        let Some(current) = self.current else { return };
        if verified {
            let status = self
                .verified
                .get_or_insert_with(|| Verified { application: current, codes: BTreeSet::new() });
            if status.application != current {
                *status = Verified { application: current, codes: BTreeSet::new() };
            }
            status.codes.insert(code);
        } else if let Some(status) = &mut self.verified
            && status.application == current
        {
            status.codes.remove(&code);
        }
    }

    /// Does the security status meet this condition?
    pub(crate) fn permits(&self, access: &crate::application::Access) -> bool {
        match access {
            crate::application::Access::Free => true,
            crate::application::Access::After(codes) => {
                codes.iter().any(|code| self.is_verified_here(*code))
            }
            crate::application::Access::Never => false,
        }
    }

    /// The private key in this EF of the selected application, read once.
    pub(crate) fn private_key(
        &mut self,
        id: FileId,
        source: &KeySource,
    ) -> Result<&PrivateKey, Error> {
        let name = self.application().map_or(ApplicationName::Jpki, |application| application.name);
        let at = match self.keys.iter().position(|(one, key, _)| (*one, *key) == (name, id)) {
            Some(at) => at,
            None => {
                self.keys.push((name, id, source.load()?));
                self.keys.len() - 1
            }
        };
        self.keys.get(at).map(|(_, _, key)| key).ok_or(Error::Key("it was lost"))
    }
}
