//! READ BINARY and READ RECORD (`docs/card-facts.md` §1.3, §2.5).

use kazasu_apdu::{Command, Status};

use crate::application::{ApplicationName, File, FileId};
use crate::card::{Answer, Card, Outcome};
use crate::settings::EndOfFile;

impl Card {
    /// READ BINARY of the current EF from a 15-bit offset, or of the EF that a short identifier
    /// names, which becomes the current one, from an 8-bit offset.
    pub(crate) fn read_binary(&mut self, command: &Command<'_>) -> Outcome {
        if command.le == 0 || !command.data.is_empty() {
            return Err(Status::WRONG_LENGTH.into());
        }
        let offset = if command.p1 & 0x80 == 0 {
            u16::from_be_bytes([command.p1, command.p2])
        } else {
            if command.p1 & 0x60 != 0 || command.p1 & 0x1F == 0 {
                return Err(Status::WRONG_P1_P2.into());
            }
            let id = FileId::short(command.p1);
            let application = self.application().ok_or(Status::NO_CURRENT_EF)?;
            if !application.files.contains_key(&id) {
                return Err(Status::NOT_FOUND.into());
            }
            self.current_file = Some(id);
            u16::from(command.p2)
        };
        let id = self.current_file.ok_or(Status::NO_CURRENT_EF)?;
        let application = self.application().ok_or(Status::NO_CURRENT_EF)?;
        let jpki = application.name == ApplicationName::Jpki;
        let content = match application.files.get(&id).ok_or(Status::NO_CURRENT_EF)? {
            File::Transparent { content, read } if self.permits(read) => content,
            File::Transparent { .. } => {
                return Err(Status::SECURITY_STATUS_NOT_SATISFIED.into());
            }
            _ => return Err(Status::INCOMPATIBLE_FILE_STRUCTURE.into()),
        };
        let altered = if jpki { self.defects.certificate(id, content)? } else { None };
        let content = altered.as_deref().unwrap_or(content);
        let rest = content.get(usize::from(offset)..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Status::WRONG_OFFSET)?;
        let asked = usize::try_from(command.le).unwrap_or(usize::MAX);
        let data = rest.get(..asked).unwrap_or(rest).to_vec();
        let across = asked > rest.len();
        let status = match self.image.settings.end_of_file {
            EndOfFile::Warning if across => Status::END_OF_FILE,
            _ => Status::OK,
        };
        Ok(Answer { data, status })
    }

    /// READ RECORD by number, of the current EF or of one named by a short identifier.
    pub(crate) fn read_record(&mut self, command: &Command<'_>) -> Outcome {
        if command.le == 0 || !command.data.is_empty() {
            return Err(Status::WRONG_LENGTH.into());
        }
        if command.p2 & 0x07 != 0x04 {
            return Err(Status::WRONG_P1_P2.into());
        }
        let id = match command.p2 >> 3 {
            0 => self.current_file.ok_or(Status::NO_CURRENT_EF)?,
            short => FileId::short(short),
        };
        let application = self.application().ok_or(Status::NO_CURRENT_EF)?;
        let records = match application.files.get(&id).ok_or(Status::NOT_FOUND)? {
            File::Records { records, read } if self.permits(read) => records,
            File::Records { .. } => return Err(Status::SECURITY_STATUS_NOT_SATISFIED.into()),
            _ => return Err(Status::INCOMPATIBLE_FILE_STRUCTURE.into()),
        };
        let at = usize::from(command.p1).checked_sub(1);
        let record = at.and_then(|at| records.get(at)).ok_or(Status::RECORD_NOT_FOUND)?;
        let asked = usize::try_from(command.le).unwrap_or(usize::MAX);
        let data = record.0.iter().copied().take(asked).collect();
        self.current_file = Some(id);
        Ok(Answer::data(data))
    }
}
