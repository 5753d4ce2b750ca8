//! The other side of the virtual card's stand-in for 特定機関認証. It has no secret, and nothing that it
//! opens is accepted under another root than that of virtual cards.

use core::fmt;
use kazasu_apdu::{Command, Response, Status};
use kazasu_mynacard::{InstitutionAuthentication, InstitutionScheme, InstitutionStep};
use kazasu_virtual_card::stand_in_institution;
use std::vec::Vec;

/// **No institution authentication**: a stand-in for tests and demonstrations, which a virtual card
/// takes that was issued with `Issue::stand_in_institution`.
pub struct StandInInstitutionAuthentication {
    body: Vec<u8>,
    signature: Vec<u8>,
    answer: [u8; 32],
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Nothing was asked yet.
    Begin,
    /// The challenge is to come.
    Answer,
    /// The verdict on the answer is to come.
    End,
}

impl StandInInstitutionAuthentication {
    /// The stand-in, good for one authentication after another.
    #[must_use]
    pub fn new() -> Self {
        Self {
            body: stand_in_institution::certificate_body(),
            signature: stand_in_institution::certificate_signature(),
            answer: [0; 32],
            state: State::Begin,
        }
    }
}

impl Default for StandInInstitutionAuthentication {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for StandInInstitutionAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandInInstitutionAuthentication")
    }
}

impl InstitutionAuthentication for StandInInstitutionAuthentication {
    fn scheme(&self) -> InstitutionScheme {
        InstitutionScheme::StandIn
    }

    fn certificate_body(&self) -> &[u8] {
        &self.body
    }

    fn certificate_signature(&self) -> &[u8] {
        &self.signature
    }

    fn next(&mut self, answer: Option<Response<'_>>) -> InstitutionStep<'_> {
        let Some(answer) = answer else {
            self.state = State::Answer;
            let [cla, ins, p1, p2] = stand_in_institution::CHALLENGE;
            return InstitutionStep::Send(Command::new(cla, ins, p1, p2).with_le(32));
        };
        match (self.state, answer.status, <&[u8; 32]>::try_from(answer.data)) {
            (State::Answer, Status::OK, Ok(challenge)) => {
                self.state = State::End;
                self.answer = stand_in_institution::answer(challenge);
                let [cla, ins, p1, p2] = stand_in_institution::ANSWER;
                InstitutionStep::Send(Command::new(cla, ins, p1, p2).with_data(&self.answer))
            }
            (State::End, Status::OK, _) => InstitutionStep::Accepted,
            _ => InstitutionStep::Refused,
        }
    }
}
