//! What the tests of the procedures share: links that answer from a script or from a file.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Channel, Command, Procedure, Session, Transport};

/// One answer of a scripted link.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    Broken(ErrorKind),
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Bytes(status.to_be_bytes().to_vec())
    }
}

/// Answers from a script, over and over, and looks at what is sent.
pub(crate) struct Script {
    pub(crate) answers: Vec<Answer>,
    /// INS and number of data bytes of every command.
    pub(crate) sent: Vec<(u8, usize)>,
    /// More commands than this are too many.
    pub(crate) most: usize,
}

impl Script {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        Self { answers, sent: Vec::new(), most: 64 }
    }

    pub(crate) fn of(statuses: &[u16]) -> Self {
        Self::new(statuses.iter().copied().map(Answer::status).collect())
    }

    /// Times that this instruction was sent with a data field.
    pub(crate) fn with_data(&self, ins: u8) -> usize {
        self.sent.iter().filter(|(one, length)| *one == ins && *length > 0).count()
    }
}

impl Transport for Script {
    type Error = ErrorKind;

    fn transmit(&mut self, bytes: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        let (command, _) = Command::parse(bytes).unwrap();
        let at = self.sent.len();
        self.sent.push((command.ins, command.data.len()));
        assert!(self.sent.len() <= self.most, "the procedure does not end");
        match self.answers.get(at % self.answers.len()).unwrap() {
            Answer::Bytes(answer) => {
                let room = response.get_mut(..answer.len()).ok_or(ErrorKind::BufferTooSmall)?;
                room.copy_from_slice(answer);
                Ok(answer.len())
            }
            Answer::Broken(kind) => Err(*kind),
        }
    }

    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Runs a procedure over a link; 4 KiB of room for answers.
pub(crate) fn run<T: Transport, P: Procedure>(link: &mut T, procedure: &mut P) -> P::Output {
    run_with_room(link, 4096, procedure)
}

pub(crate) fn run_with_room<T: Transport, P: Procedure>(
    link: &mut T,
    room: usize,
    procedure: &mut P,
) -> P::Output {
    let (mut outgoing, mut incoming) = ([0; 300], vec![0; room]);
    Session::new(link, Channel::new(&mut outgoing, &mut incoming)).run(procedure)
}
