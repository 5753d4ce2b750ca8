//! VERIFY and the two commands that change a code (`docs/card-facts.md` §3).
//!
//! Order of a VERIFY: the try is taken and written down, then the code is compared, then a right
//! one gets its tries back. If the try cannot be written down, nothing is compared; if its return
//! cannot, the try stays taken and the code unverified.

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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kazasu_apdu::Transport;

    use crate::card::Image;
    use crate::state::Store;
    use crate::{Card, Error, Issue, Reference};

    /// A store that remembers what each writing said of the auth PIN, and fails when told.
    struct Notes {
        tries: Arc<Mutex<Vec<u8>>>,
        fail_at: Option<usize>,
    }

    impl Store for Notes {
        fn save(&mut self, image: &Image) -> Result<(), Error> {
            let mut tries = self.tries.lock().unwrap();
            if self.fail_at == Some(tries.len()) {
                let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
                return Err(Error::Io { path: "card.json".into(), action: "write", source });
            }
            let card = Card::new(image.clone(), crate::random::Random::new(Some(0), "")?, None);
            tries.extend(card.tries(Reference::Auth));
            Ok(())
        }
    }

    fn card(fail_at: Option<usize>) -> (Card, Arc<Mutex<Vec<u8>>>) {
        let mut card = Card::issue(Issue::demonstration().seed(1)).unwrap();
        let tries = Arc::new(Mutex::new(Vec::new()));
        card.keep_in(Box::new(Notes { tries: tries.clone(), fail_at })).unwrap();
        let select = [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];
        assert_eq!(card.respond(&select), [0x90, 0x00]);
        (card, tries)
    }

    const RIGHT: &[u8] = b"\x00\x20\x00\x98\x041234";
    const WRONG: &[u8] = b"\x00\x20\x00\x98\x040000";
    const QUERY: &[u8] = b"\x00\x20\x00\x98";

    #[test]
    fn the_try_is_written_down_before_the_pin_is_compared() {
        let (mut card, tries) = card(None);
        assert_eq!(card.respond(WRONG), [0x63, 0xC2]);
        assert_eq!(*tries.lock().unwrap(), [3, 2]);
        // A right PIN too costs its try first.
        assert_eq!(card.respond(RIGHT), [0x90, 0x00]);
        assert_eq!(*tries.lock().unwrap(), [3, 2, 1, 3]);
        assert_eq!(card.respond(QUERY), [0x63, 0xC3]);
        assert_eq!(tries.lock().unwrap().len(), 4, "a query writes nothing");
    }

    #[test]
    fn a_full_disk_is_named_and_nothing_is_compared() {
        let (mut card, _) = card(Some(1));
        let full = card.try_respond(RIGHT);
        assert!(matches!(full, Err(Error::Io { .. })), "{full:?}");
        assert_eq!(card.respond(RIGHT), [0x65, 0x81]);
        assert_eq!((card.deeds().comparisons, card.tries(Reference::Auth)), (0, Some(3)));
        assert!(!card.is_verified(Reference::Auth));
    }

    #[test]
    fn a_link_names_a_full_disk() {
        let (card, _) = card(Some(1));
        let mut link = crate::Link::new(card);
        let refused = link.transmit(RIGHT, &mut [0; 2]).unwrap_err();
        assert!(matches!(&refused, crate::LinkError::Card(Error::Io { action: "write", .. })));
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull).to_string();
        let said = refused.to_string();
        assert!(said.contains("card.json") && said.contains(&full), "{said}");
        assert_eq!(link.card().and_then(|card| card.tries(Reference::Auth)), Some(3));
    }

    #[test]
    fn a_block_that_cannot_be_written_down_did_not_happen() {
        let (mut card, _) = card(Some(1));
        assert!(card.block(Reference::Auth).is_err());
        assert_eq!(card.tries(Reference::Auth), Some(3));
    }

    #[test]
    fn a_disk_that_fills_up_after_the_comparison_proves_nothing() {
        let (mut card, tries) = card(Some(2));
        assert!(card.try_respond(RIGHT).is_err());
        assert!(!card.is_verified(Reference::Auth));
        // What the card says is what is written down.
        assert_eq!(card.respond(QUERY), [0x63, 0xC2]);
        assert_eq!(*tries.lock().unwrap(), [3, 2]);
    }

    #[test]
    fn a_change_that_cannot_be_written_down_did_not_happen() {
        let (mut card, _) = card(Some(3));
        assert_eq!(card.respond(RIGHT), [0x90, 0x00]);
        assert!(card.try_respond(b"\x00\x24\x01\x98\x045678").is_err());
        assert!(card.secret(Reference::Auth).is_some_and(|pin| pin.reveal() == "1234"));
    }

    #[test]
    fn a_card_can_go_to_another_thread() {
        fn sends<T: Send>() {}
        sends::<Card>();
        sends::<crate::Link>();
    }
}
