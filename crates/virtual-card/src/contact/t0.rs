//! The card's end of T=0 (ISO/IEC 7816-3, 10 and 12.2): headers and data in, procedure bytes, data
//! and status words out.
//!
//! It knows no time. The direction of the data of a command follows from its header alone, so the
//! instructions of this card stand here; any other is given to the card without data.

use std::collections::VecDeque;

use super::settings::{ContactSettings, EnvelopeEnd, Procedure};

/// What the card does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It listens.
    Listen,
    /// It sends these bytes, and listens.
    Send(Vec<u8>),
    /// It was given this command APDU; [`T0::answer`] goes on.
    Command(Vec<u8>),
}

/// NULL: the card is working.
pub(super) const NULL: u8 = 0x60;

const GET_RESPONSE: u8 = 0xC0;
const ENVELOPE: u8 = 0xC2;
/// A header of five bytes, and data.
const LONGEST: usize = 65_544;

/// What P3 speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    /// Nothing that this card knows.
    Unknown,
    /// Bytes that the card gives.
    Out,
    /// Bytes that it takes.
    In,
    /// Bytes that it takes, and it has others to give.
    InOut,
}

#[derive(Debug)]
pub(super) struct T0 {
    begun: bool,
    procedure: Procedure,
    nulls: u8,
    envelope_end: EnvelopeEnd,
    header: Vec<u8>,
    data: Vec<u8>,
    /// Data bytes before the next procedure byte; `None` while a header comes in.
    wanted: Option<usize>,
    /// What is being executed: its case and how many bytes P3 speaks of.
    running: Option<(Case, usize)>,
    /// What GET RESPONSE has still to fetch, and the status word at its end.
    waiting: VecDeque<u8>,
    status: [u8; 2],
    /// The command that comes by ENVELOPE.
    envelope: Vec<u8>,
}

impl T0 {
    pub(super) fn new(settings: &ContactSettings) -> Self {
        Self {
            begun: false,
            procedure: settings.procedure,
            nulls: settings.nulls,
            envelope_end: settings.envelope_end,
            header: Vec::new(),
            data: Vec::new(),
            wanted: None,
            running: None,
            waiting: VecDeque::new(),
            status: [0x90, 0x00],
            envelope: Vec::new(),
        }
    }

    /// Has anything come yet?
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// A character whose parity is right.
    pub(super) fn receive(&mut self, byte: u8) -> Step {
        self.begun = true;
        let Some(wanted) = &mut self.wanted else {
            self.header.push(byte);
            return if self.header.len() < 5 { Step::Listen } else { self.begin() };
        };
        self.data.push(byte);
        *wanted = wanted.saturating_sub(1);
        if *wanted > 0 {
            return Step::Listen;
        }
        self.wanted = None;
        let [_, ins, .., p3] = self.parts();
        if self.data.len() < usize::from(p3) { self.ask(ins, p3) } else { self.received() }
    }

    /// The card's answer to the command.
    pub(super) fn answer(&mut self, mut response: Vec<u8>) -> Vec<u8> {
        let [_, ins, ..] = self.parts();
        let status = match response.split_last_chunk::<2>() {
            Some((_, status)) => *status,
            None => [0x6F, 0x00],
        };
        response.truncate(response.len().saturating_sub(2));
        let (case, asked) = self.running.take().unwrap_or((Case::Unknown, 0));
        self.header.clear();
        self.data.clear();
        match case {
            Case::Out if response.is_empty() => self.status_word(status),
            Case::Out if response.len() < asked => self.status_word([0x6C, short(response.len())]),
            Case::Out => {
                response.truncate(asked);
                self.give(ins, &response, status)
            }
            _ if response.is_empty() => self.status_word(status),
            _ => {
                self.status = status;
                self.waiting = response.into();
                self.status_word([0x61, short(self.waiting.len())])
            }
        }
    }

    fn parts(&self) -> [u8; 5] {
        let mut parts = [0; 5];
        for (part, byte) in parts.iter_mut().zip(&self.header) {
            *part = *byte;
        }
        parts
    }

    fn begin(&mut self) -> Step {
        let [_, ins, _, p2, p3] = self.parts();
        let case = case(ins, p2);
        if ins != GET_RESPONSE {
            self.waiting.clear();
        }
        if ins != ENVELOPE && ins != GET_RESPONSE {
            self.envelope.clear();
        }
        match (ins, case) {
            (GET_RESPONSE, _) => self.get_response(p3),
            (ENVELOPE, _) if p3 == 0 => self.end_of_envelope(),
            (ENVELOPE, _) | (_, Case::In | Case::InOut) if p3 != 0 => self.ask(ins, p3),
            (_, Case::Out) => {
                let asked = if p3 == 0 { 256 } else { usize::from(p3) };
                self.run(Case::Out, asked, self.header.clone())
            }
            (_, Case::InOut) => self.run(case, 0, self.header.clone()),
            _ => {
                let command = self.header.iter().take(4).copied().collect();
                self.run(case, 0, command)
            }
        }
    }

    /// The procedure byte that asks for data.
    fn ask(&mut self, ins: u8, p3: u8) -> Step {
        let (whole, come) = (usize::from(p3), self.data.len());
        let by_one = match self.procedure {
            Procedure::All => false,
            Procedure::OneByOne => true,
            Procedure::Mixed => come < whole / 2,
        };
        self.wanted = Some(if by_one { 1 } else { whole.saturating_sub(come) });
        let mut bytes = vec![NULL; usize::from(self.nulls)];
        bytes.push(if by_one { !ins } else { ins });
        Step::Send(bytes)
    }

    /// All data of a command has come.
    fn received(&mut self) -> Step {
        let [_, ins, _, p2, p3] = self.parts();
        if ins == ENVELOPE {
            self.envelope.extend(&self.data);
            self.header.clear();
            self.data.clear();
            if self.envelope.len() > LONGEST {
                self.envelope.clear();
                return Step::Send(self.status_word([0x67, 0x00]));
            }
            let whole = self.envelope_end == EnvelopeEnd::WholeCommand
                && extended_length(&self.envelope).is_some_and(|all| self.envelope.len() >= all);
            return if whole {
                self.end_of_envelope()
            } else {
                Step::Send(self.status_word([0x90, 0x00]))
            };
        }
        let case = case(ins, p2);
        let mut command = self.header.clone();
        command.extend(&self.data);
        if case == Case::InOut {
            command.push(0);
        }
        self.run(case, usize::from(p3), command)
    }

    fn end_of_envelope(&mut self) -> Step {
        let command = std::mem::take(&mut self.envelope);
        if command.is_empty() {
            self.header.clear();
            return Step::Send(self.status_word([0x69, 0x85]));
        }
        self.run(Case::InOut, 0, command)
    }

    fn get_response(&mut self, p3: u8) -> Step {
        let asked = if p3 == 0 { 256 } else { usize::from(p3) };
        self.header.clear();
        let left = self.waiting.len();
        if left == 0 {
            return Step::Send(self.status_word([0x69, 0x85]));
        }
        if asked > left {
            return Step::Send(self.status_word([0x6C, short(left)]));
        }
        let data: Vec<u8> = self.waiting.drain(..asked).collect();
        let status = match self.waiting.len() {
            0 => self.status,
            left => [0x61, short(left)],
        };
        Step::Send(self.give(GET_RESPONSE, &data, status))
    }

    fn run(&mut self, case: Case, asked: usize, command: Vec<u8>) -> Step {
        self.running = Some((case, asked));
        Step::Command(command)
    }

    /// Data under procedure bytes, and the status word.
    fn give(&self, ins: u8, data: &[u8], status: [u8; 2]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let singles = match self.procedure {
            Procedure::All => 0,
            Procedure::OneByOne => data.len(),
            Procedure::Mixed => data.len() / 2,
        };
        let (one_by_one, together) = data.split_at(singles.min(data.len()));
        for byte in one_by_one {
            bytes.extend(std::iter::repeat_n(NULL, usize::from(self.nulls)));
            bytes.extend([!ins, *byte]);
        }
        if !together.is_empty() {
            bytes.extend(std::iter::repeat_n(NULL, usize::from(self.nulls)));
            bytes.push(ins);
            bytes.extend(together);
        }
        bytes.extend(self.status_word(status));
        bytes
    }

    fn status_word(&self, status: [u8; 2]) -> Vec<u8> {
        let mut bytes = vec![NULL; usize::from(self.nulls)];
        bytes.extend(status);
        bytes
    }
}

fn case(ins: u8, p2: u8) -> Case {
    match ins {
        // VERIFY, CHANGE REFERENCE DATA, change of a key.
        0x20 | 0x24 | 0x32 => Case::In,
        // SELECT, with no answer wanted or with one.
        0xA4 if p2 & 0x0C == 0x0C => Case::In,
        // Signatures.
        0xA4 | 0x2A | 0x88 => Case::InOut,
        // GET CHALLENGE, READ BINARY, READ RECORD, GET DATA.
        0x84 | 0xB0 | 0xB2 | 0xCA => Case::Out,
        _ => Case::Unknown,
    }
}

/// Bytes of a command with extended length, Le not counted; `None` if it has not said so yet.
fn extended_length(command: &[u8]) -> Option<usize> {
    let length = command.get(5..7)?;
    length.try_into().ok().map(|length| 7 + usize::from(u16::from_be_bytes(length)))
}

/// SW2 or P3 that says how many bytes there are; 00 is 256 or more.
fn short(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(0)
}
