//! VERIFY and the two commands that change a code (`docs/card-facts.md` §3).
//!
//! Order of a VERIFY: the try is taken and written down, then the code is compared, then a right
//! one gets its tries back. If it cannot be written down, nothing is compared.

use kazasu_apdu::{Command, Status};

use crate::Secret;
use crate::application::{Change, Code, File, FileId, Syntax};
use crate::card::{Answer, Card, Outcome, Stop};
use crate::settings::{Blocked, QueryWhenVerified};

impl Card {
    pub(crate) fn verify(&mut self, command: &Command<'_>) -> Outcome {
        if command.p1 != 0x00 {
            return Err(Status::WRONG_P1_P2.into());
        }
        if command.data.is_empty() {
            let id = self.code_id(command.p2)?;
            return Err(self.query(id)?.into());
        }
        self.deeds.verify_commands = self.deeds.verify_commands.saturating_add(1);
        let id = self.code_id(command.p2)?;
        let blocked = match self.image.settings.blocked {
            Blocked::ReferenceDataLocked => Status::REFERENCE_DATA_LOCKED,
            Blocked::AuthenticationMethodBlocked => Status::AUTHENTICATION_METHOD_BLOCKED,
            Blocked::NoTriesLeft => Status::NO_TRIES_LEFT,
        };
        let code = self.code_mut(id)?;
        let before = code.tries_left;
        let left = before.checked_sub(1).ok_or(blocked)?;
        code.tries_left = left;
        if let Err(error) = self.save() {
            self.code_mut(id)?.tries_left = before;
            return Err(error.into());
        }
        self.set_verified(id, false);
        self.deeds.comparisons = self.deeds.comparisons.saturating_add(1);
        let code = self.code_mut(id)?;
        if !code.value.as_ref().is_some_and(|value| value.is(command.data)) {
            return Err(tries(left).into());
        }
        code.tries_left = code.tries_limit;
        if let Err(error) = self.save() {
            // What is written down is the try that was taken; say no more than that.
            self.code_mut(id)?.tries_left = left;
            return Err(error.into());
        }
        self.set_verified(id, true);
        Ok(Answer::ok())
    }

    /// The answer to an empty VERIFY. It takes no try.
    fn query(&mut self, id: FileId) -> Result<Status, Stop> {
        let verified = self.is_verified_here(id);
        let success = self.image.settings.query_when_verified == QueryWhenVerified::Success;
        let left = self.code_mut(id)?.tries_left;
        Ok(if verified && success { Status::OK } else { tries(left) })
    }

    /// CHANGE REFERENCE DATA `00 24 01`: the new value alone, after a VERIFY of the current one
    /// (SINGLE lineage).
    pub(crate) fn change_reference_data(&mut self, command: &Command<'_>) -> Outcome {
        if command.p1 != 0x01 {
            return Err(Status::WRONG_P1_P2.into());
        }
        self.change(command, Change::ReferenceData)
    }

    /// CHANGE KEY `80 32 00`, of 共通カードAP and 住基AP (SINGLE lineage).
    pub(crate) fn change_key(&mut self, command: &Command<'_>) -> Outcome {
        if command.p1 != 0x00 {
            return Err(Status::WRONG_P1_P2.into());
        }
        self.change(command, Change::Key)
    }

    fn change(&mut self, command: &Command<'_>, with: Change) -> Outcome {
        self.deeds.change_commands = self.deeds.change_commands.saturating_add(1);
        let id = self.code_id(command.p2)?;
        let checks_syntax = self.image.settings.change_checks_syntax;
        if self.code_mut(id)?.change != with {
            return Err(Status::CONDITIONS_NOT_SATISFIED.into());
        }
        if !self.is_verified_here(id) {
            return Err(Status::SECURITY_STATUS_NOT_SATISFIED.into());
        }
        let value = Secret::from_command(command.data).ok_or(Status::WRONG_LENGTH)?;
        let code = self.code_mut(id)?;
        let fits = match code.syntax {
            Syntax::Digits(count) => value.is_digits(usize::from(count)),
            Syntax::SignPassword => value.is_sign_password(),
        };
        if checks_syntax && !fits {
            return Err(Status::WRONG_DATA.into());
        }
        let before = code.value.replace(value);
        if let Err(error) = self.save() {
            self.code_mut(id)?.value = before;
            return Err(error.into());
        }
        Ok(Answer::ok())
    }

    /// The code that P2 names: 80 the current EF, 80 + short identifier another.
    fn code_id(&self, p2: u8) -> Result<FileId, Stop> {
        if p2 & 0xE0 != 0x80 {
            return Err(Status::WRONG_P1_P2.into());
        }
        let application = self.application().ok_or(Status::NO_CURRENT_EF)?;
        let (id, missing) = match p2 & 0x1F {
            0 => (self.current_file.ok_or(Status::NO_CURRENT_EF)?, Status::NO_CURRENT_EF),
            _ => (FileId::short(p2), Status::REFERENCE_NOT_FOUND),
        };
        match application.files.get(&id) {
            Some(File::Code(_)) => Ok(id),
            Some(_) => Err(Status::INCOMPATIBLE_FILE_STRUCTURE.into()),
            None => Err(missing.into()),
        }
    }

    fn code_mut(&mut self, id: FileId) -> Result<&mut Code, Stop> {
        let current = self.current.ok_or(Status::NO_CURRENT_EF)?;
        let application = self.image.applications.get_mut(current);
        match application.and_then(|application| application.files.get_mut(&id)) {
            Some(File::Code(code)) => Ok(code),
            _ => Err(Status::REFERENCE_NOT_FOUND.into()),
        }
    }
}

/// 63Cx; the digit has room for 15.
fn tries(left: u8) -> Status {
    Status(0x63C0 | u16::from(left.min(15)))
}
