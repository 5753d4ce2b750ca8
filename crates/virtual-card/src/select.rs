//! SELECT, GET DATA and GET CHALLENGE (`docs/card-facts.md` §1.3, §2.7, §4.2).

use kazasu_apdu::{Command, Format, Status};
use kazasu_tlv::Tag;

use crate::application::{FileId, ISSUER_SECURITY_DOMAIN};
use crate::card::{Answer, Card, Outcome};
use crate::certificate::encode;

/// GET DATA: the contact ATR without TS (SINGLE).
const ATR_OBJECT: u16 = 0x5F51;

impl Card {
    pub(crate) fn select(&mut self, command: &Command<'_>) -> Outcome {
        match (command.p1, command.p2) {
            (0x00, _) => self.select_master_file(command.data),
            (0x04, 0x00 | 0x0C) => self.select_application(command.data, command.p2 == 0x00),
            // P1 = 09 was seen to fail (SINGLE).
            (0x02, 0x0C) => self.select_file(command.data),
            _ => Err(Status::WRONG_P1_P2.into()),
        }
    }

    /// SELECT of the master file does nothing on this card (SINGLE): 6A86 after a reset, 9000 with
    /// an application selected, which stays selected; the identifier 3F00 is not found.
    fn select_master_file(&self, identifier: &[u8]) -> Outcome {
        match (identifier.is_empty(), self.current) {
            (true, None) => Err(Status::WRONG_P1_P2.into()),
            (true, Some(_)) => Ok(Answer::ok()),
            (false, _) => Err(Status::NOT_FOUND.into()),
        }
    }

    fn select_application(&mut self, name: &[u8], template: bool) -> Outcome {
        if template && !self.image.settings.file_control_information {
            return Err(Status::WRONG_P1_P2.into());
        }
        if name == ISSUER_SECURITY_DOMAIN {
            self.leave();
            return answer(&ISSUER_SECURITY_DOMAIN, template);
        }
        let partial = self.image.settings.partial_names && !name.is_empty();
        let found = self.image.applications.iter().position(|application| {
            let aid = application.name.aid();
            name == aid || (partial && aid.starts_with(name))
        });
        let index = found.ok_or(Status::NOT_FOUND)?;
        self.enter(index);
        let aid = self.application().map(|application| application.name.aid());
        answer(&aid.unwrap_or_default(), template)
    }

    /// SELECT of an EF by its identifier, of the selected application only.
    fn select_file(&mut self, identifier: &[u8]) -> Outcome {
        let &[high, low] = identifier else { return Err(Status::WRONG_LENGTH.into()) };
        let id = FileId(u16::from_be_bytes([high, low]));
        let application = self.application().ok_or(Status::NOT_FOUND)?;
        if !application.files.contains_key(&id) {
            return Err(Status::NOT_FOUND.into());
        }
        self.current_file = Some(id);
        Ok(Answer::ok())
    }

    /// GET DATA. The contact ATR comes always, the other objects while no application is selected.
    /// An Le without room for the whole object is 6700: large objects want extended length (SINGLE).
    pub(crate) fn data_object(&self, command: &Command<'_>) -> Outcome {
        let tag = u16::from_be_bytes([command.p1, command.p2]);
        let object = match (tag, self.current) {
            (ATR_OBJECT, _) => self.atr().get(1..),
            (_, None) => {
                let objects = self.image.data_objects.as_ref();
                objects.and_then(|objects| objects.get(&FileId(tag))).map(|object| &object.0[..])
            }
            _ => None,
        };
        let object = object.ok_or(Status::REFERENCE_NOT_FOUND)?;
        let room = usize::try_from(command.le).unwrap_or(usize::MAX);
        if room < object.len() || !command.data.is_empty() {
            return Err(Status::WRONG_LENGTH.into());
        }
        Ok(Answer::data(object.to_vec()))
    }

    /// GET CHALLENGE: 1 to 256 bytes; in extended form 6985 (SINGLE).
    pub(crate) fn challenge(&mut self, command: &Command<'_>, format: Format) -> Outcome {
        if format == Format::Extended {
            return Err(Status::CONDITIONS_NOT_SATISFIED.into());
        }
        if (command.p1, command.p2) != (0x00, 0x00) {
            return Err(Status::WRONG_P1_P2.into());
        }
        if command.le == 0 || !command.data.is_empty() {
            return Err(Status::WRONG_LENGTH.into());
        }
        let length = usize::try_from(command.le).unwrap_or(256).min(256);
        Ok(Answer::data(self.random.bytes(length)))
    }
}

fn answer(name: &[u8], template: bool) -> Outcome {
    if !template {
        return Ok(Answer::ok());
    }
    let template = encode(|w| w.constructed(Tag::new(0x6F), |w| w.element(Tag::new(0x84), name)));
    Ok(Answer::data(template?))
}
