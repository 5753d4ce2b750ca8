//! Signing (`docs/card-facts.md` §4.1, §4.2): `80 2A`, and INTERNAL AUTHENTICATE of 共通カードAP.

use kazasu_apdu::{Command, Status};
use sha2::{Digest, Sha256};

use crate::application::{ApplicationName, File, FileId};
use crate::card::{Answer, Card, Outcome, Stop};
use crate::defect::SignatureDefect;
use crate::keys::{Block, KeySource, LONGEST_INPUT, MODULUS};

impl Card {
    /// `80 2A scheme key`. P1 says what becomes of the data (SINGLE lineage, except 00):
    ///
    /// | P1 | Data | Block |
    /// |---|---|---|
    /// | 00 | 1–245 bytes, as they are | PKCS#1 v1.5 |
    /// | 01 | any, hashed by the card | PKCS#1 v1.5 around the bare hash |
    /// | 02 | hash of 32 bytes | PKCS#1 v1.5 around a DigestInfo |
    /// | 03 | any, hashed by the card | PKCS#1 v1.5 around a DigestInfo |
    /// | 04 | hash of 32 bytes | PSS |
    /// | 05 | any, hashed by the card | PSS |
    ///
    /// P2 is 80 for the current EF, 80 + short identifier, or 00 for the application's own key.
    pub(crate) fn compute_signature(&mut self, command: &Command<'_>) -> Outcome {
        let block = match command.p1 {
            0x00 | 0x01 => Block::Verbatim,
            0x02 | 0x03 => Block::DigestInfo,
            0x04 | 0x05 => Block::Pss,
            _ => return Err(Status::WRONG_P1_P2.into()),
        };
        let (id, source) = self.key(command.p2)?;
        if command.data.is_empty() || command.le < 256 {
            return Err(Status::WRONG_LENGTH.into());
        }
        let data = match command.p1 {
            0x01 | 0x03 | 0x05 => Sha256::digest(command.data).to_vec(),
            0x00 if command.data.len() <= LONGEST_INPUT => command.data.to_vec(),
            0x02 | 0x04 if command.data.len() == 32 => command.data.to_vec(),
            _ => return Err(Status::CONDITIONS_NOT_SATISFIED.into()),
        };
        self.sign(id, &source, block, &data)
    }

    /// INTERNAL AUTHENTICATE `00 88 00 80|SFI`: only the key of 共通カードAP answers, with a DigestInfo
    /// of the challenge's SHA-256 (SINGLE).
    pub(crate) fn internal_authenticate(&mut self, command: &Command<'_>) -> Outcome {
        if command.p1 != 0x00 {
            return Err(Status::WRONG_P1_P2.into());
        }
        let common = self.application().is_some_and(|one| one.name == ApplicationName::Common);
        if !common {
            return Err(Status::CONDITIONS_NOT_SATISFIED.into());
        }
        let (id, source) = self.key(command.p2)?;
        if command.data.is_empty() || command.le < 256 {
            return Err(Status::WRONG_LENGTH.into());
        }
        self.sign(id, &source, Block::DigestInfo, &Sha256::digest(command.data))
    }

    fn sign(&mut self, id: FileId, source: &KeySource, block: Block, data: &[u8]) -> Outcome {
        self.deeds.signatures = self.deeds.signatures.saturating_add(1);
        match self.defects.signature {
            Some(SignatureDefect::Random) => Ok(Answer::data(self.random.bytes(MODULUS))),
            Some(SignatureDefect::Foreign) => {
                Ok(Answer::data(source.another().load()?.sign(block, data)?))
            }
            None => Ok(Answer::data(self.private_key(id, source)?.sign(block, data)?)),
        }
    }

    /// The key that P2 names, if the security status lets it be used.
    fn key(&self, p2: u8) -> Result<(FileId, KeySource), Stop> {
        let application = self.application().ok_or(Status::NO_CURRENT_EF)?;
        let (id, missing) = match (p2, p2 & 0x1F) {
            (0x00, _) => (application.default_key.ok_or(Status::WRONG_P1_P2)?, Status::WRONG_P1_P2),
            (0x80, _) => (self.current_file.ok_or(Status::NO_CURRENT_EF)?, Status::NO_CURRENT_EF),
            (0x81..=0x9F, _) => (FileId::short(p2), Status::REFERENCE_NOT_FOUND),
            _ => return Err(Status::WRONG_P1_P2.into()),
        };
        match application.files.get(&id) {
            Some(File::Key { source, usable }) if self.permits(usable) => Ok((id, source.clone())),
            Some(File::Key { .. }) => Err(Status::SECURITY_STATUS_NOT_SATISFIED.into()),
            Some(_) => Err(Status::INCOMPATIBLE_FILE_STRUCTURE.into()),
            None => Err(missing.into()),
        }
    }
}
