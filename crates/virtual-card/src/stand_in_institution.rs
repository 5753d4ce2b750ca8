//! A **stand-in** for 特定機関認証, which opens the 利用者証明用 key without its PIN (`docs/card-facts.md` §6).
//!
//! Of the real scheme only the way in is public: EF 0016, and the two `80 A2` commands that hand over
//! a certificate. A card that was issued with [`crate::Issue::stand_in_institution`] takes the one
//! certificate here, which says in clear what it is, and then asks for nothing that is secret: whoever
//! has read this can answer. Those two steps are this crate's own, with an instruction (`53`) that no
//! standard has, so that nobody takes them for the real ones.

use kazasu_apdu::{Command, Status};
use sha2::{Digest, Sha256};

use crate::application::{Access, ApplicationName, File, FileId};
use crate::card::{Answer, Card, Outcome, Stop};

/// What the certificate says.
const WORDS: &[u8] =
    b"STAND-IN INSTITUTION AUTHENTICATION - NOT THE REAL SCHEME - VIRTUAL CARDS ONLY ";
/// Bytes of its body's value: with its header 307, as many as were seen (SINGLE).
const BODY: usize = 302;

/// EF 0016, the reference to the key of the terminals' authority.
pub(crate) const FILE: FileId = FileId(0x0016);

/// Header of the command that asks for the stand-in's challenge, 32 bytes: CLA, INS, P1, P2.
pub const CHALLENGE: [u8; 4] = [0x80, 0x53, 0x01, 0x00];
/// Header of the command that answers it.
pub const ANSWER: [u8; 4] = [0x80, 0x53, 0x02, 0x00];

/// The data field of `80 A2 06 C1` that a virtual card takes: 5F4E, 307 bytes.
#[must_use]
pub fn certificate_body() -> Vec<u8> {
    let mut body = vec![0x5F, 0x4E, 0x82, 0x01, 0x2E];
    body.extend(WORDS.iter().cycle().take(BODY));
    body
}

/// The data field of `80 A2 00 C1` that a virtual card takes: 5F37, 261 bytes. No signature.
#[must_use]
pub fn certificate_signature() -> Vec<u8> {
    let mut signature = vec![0x5F, 0x37, 0x82, 0x01, 0x00];
    signature.extend(WORDS.iter().cycle().take(256));
    signature
}

/// The answer to a challenge: SHA-256 over the words of the certificate and the challenge. No secret.
#[must_use]
pub fn answer(challenge: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(WORDS).chain_update(challenge).finalize().into()
}

/// How far it has come since the application was selected.
#[derive(Clone, Copy, Default)]
pub(crate) enum Progress {
    #[default]
    Nothing,
    Body,
    Certificate,
    Challenged([u8; 32]),
}

impl Card {
    /// `80 A2`, with EF 0016 the current file. What the card has no use for is 6700 (SINGLE), and
    /// without the stand-in that is everything.
    pub(crate) fn hand_over_certificate(&mut self, command: &Command<'_>) -> Outcome {
        if self.current_file != Some(FILE) {
            return Err(Status::NO_CURRENT_EF.into());
        }
        let expected = match (command.p1, command.p2) {
            (0x06, 0xC1) => certificate_body(),
            (0x00, 0xC1) => certificate_signature(),
            _ => return Err(Status::WRONG_P1_P2.into()),
        };
        if !self.takes_stand_in() || command.data != expected {
            self.institution = Progress::Nothing;
            return Err(Status::WRONG_LENGTH.into());
        }
        self.institution = match (command.p1, self.institution) {
            (0x06, _) => Progress::Body,
            (_, Progress::Body) => Progress::Certificate,
            _ => return Err(Status::CONDITIONS_NOT_SATISFIED.into()),
        };
        Ok(Answer::ok())
    }

    /// `80 53`, the stand-in's own. A card without it does not know the instruction.
    pub(crate) fn stand_in(&mut self, command: &Command<'_>) -> Outcome {
        if !self.takes_stand_in() {
            return Err(Status::INS_NOT_SUPPORTED.into());
        }
        let header = [command.cla, command.ins, command.p1, command.p2];
        match (header, self.institution) {
            (CHALLENGE, Progress::Certificate) => {
                let bytes = self.random.bytes(32);
                let challenge =
                    bytes.first_chunk().copied().ok_or(Stop::Status(Status::INTERNAL))?;
                self.institution = Progress::Challenged(challenge);
                Ok(Answer::data(bytes))
            }
            (ANSWER, Progress::Challenged(challenge)) => {
                self.institution = Progress::Nothing;
                if command.data != answer(&challenge) {
                    return Err(Status::SECURITY_STATUS_NOT_SATISFIED.into());
                }
                self.set_verified(FILE, true);
                Ok(Answer::ok())
            }
            (CHALLENGE | ANSWER, _) => Err(Status::CONDITIONS_NOT_SATISFIED.into()),
            _ => Err(Status::WRONG_P1_P2.into()),
        }
    }

    /// Was the card issued with the stand-in? Then its key opens after it too.
    fn takes_stand_in(&self) -> bool {
        let jpki = self.application().filter(|one| one.name == ApplicationName::Jpki);
        let key = jpki.and_then(|jpki| jpki.files.get(&FileId(0x0017)));
        match key {
            Some(File::Key { usable: Access::After(codes), .. }) => codes.contains(&FILE),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Issue;

    const SELECT: &[u8] = &[0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1];

    fn card(stand_in: bool) -> Card {
        let mut issue = Issue::demonstration().seed(1);
        issue.stand_in_institution = stand_in;
        let mut card = Card::issue(issue).unwrap();
        assert_eq!(card.respond(SELECT), [0x90, 0x00]);
        card
    }

    fn send(card: &mut Card, header: [u8; 4], data: &[u8], le: u32) -> Vec<u8> {
        let [cla, ins, p1, p2] = header;
        let command = Command::new(cla, ins, p1, p2).with_data(data).with_le(le);
        let mut bytes = [0; 400];
        let format = if command.fits_short() {
            kazasu_apdu::Format::Short
        } else {
            kazasu_apdu::Format::Extended
        };
        let length = command.encode(&mut bytes, format).unwrap();
        card.respond(&bytes[..length])
    }

    /// Hands over what a terminal would, in order; the last status word, and the challenge.
    fn hand_over(card: &mut Card) -> (Vec<u8>, Vec<u8>) {
        assert_eq!(send(card, [0x00, 0xA4, 0x02, 0x0C], &[0x00, 0x16], 0), [0x90, 0x00]);
        let body = send(card, [0x80, 0xA2, 0x06, 0xC1], &certificate_body(), 0);
        if body != [0x90, 0x00] {
            return (body, Vec::new());
        }
        let signature = send(card, [0x80, 0xA2, 0x00, 0xC1], &certificate_signature(), 0);
        let mut challenge = send(card, CHALLENGE, &[], 32);
        challenge.truncate(32);
        (signature, challenge)
    }

    fn signs(card: &mut Card) -> bool {
        send(card, [0x80, 0x2A, 0x00, 0x97], &[7; 51], 256).len() == 258
    }

    #[test]
    fn the_words_have_the_lengths_that_were_seen() {
        assert_eq!((certificate_body().len(), certificate_signature().len()), (307, 261));
    }

    #[test]
    fn a_card_without_it_takes_nothing() {
        let mut card = card(false);
        assert_eq!(hand_over(&mut card).0, [0x67, 0x00]);
        assert_eq!(send(&mut card, CHALLENGE, &[], 32), [0x6D, 0x00]);
        assert_eq!(send(&mut card, [0x80, 0xA2, 0x00, 0xB6], &[1], 0), [0x6A, 0x86]);
        assert!(!signs(&mut card));
    }

    #[test]
    fn the_right_answer_opens_the_key_until_the_application_is_left() {
        let mut card = card(true);
        assert!(!signs(&mut card));
        let (accepted, challenge) = hand_over(&mut card);
        assert_eq!((&accepted[..], challenge.len()), (&[0x90, 0x00][..], 32));
        let right = answer(challenge.first_chunk().unwrap());
        assert_eq!(send(&mut card, ANSWER, &right, 0), [0x90, 0x00]);
        assert!(signs(&mut card));
        assert_eq!(card.deeds().verify_commands, 0);
        // Not the password's key.
        assert_eq!(send(&mut card, [0x80, 0x2A, 0x00, 0x9A], &[7; 51], 256), [0x69, 0x82]);
        card.power_off();
        assert_eq!(card.respond(SELECT), [0x90, 0x00]);
        assert!(!signs(&mut card));
    }

    #[test]
    fn a_wrong_answer_an_old_one_and_a_step_left_out_open_nothing() {
        let mut card = card(true);
        let (_, challenge) = hand_over(&mut card);
        let right = answer(challenge.first_chunk().unwrap());
        assert_eq!(send(&mut card, ANSWER, &[0; 32], 0), [0x69, 0x82]);
        // The challenge is used up.
        assert_eq!(send(&mut card, ANSWER, &right, 0), [0x69, 0x85]);
        let (_, other) = hand_over(&mut card);
        assert_ne!(challenge, other);
        assert_eq!(send(&mut card, ANSWER, &right, 0), [0x69, 0x82]);
        hand_over(&mut card);
        card.respond(SELECT);
        assert_eq!(send(&mut card, ANSWER, &right, 0), [0x69, 0x85]);
        assert_eq!(
            send(&mut card, [0x80, 0xA2, 0x00, 0xC1], &certificate_signature(), 0),
            [0x69, 0x86]
        );
        assert!(!signs(&mut card));
    }
}
