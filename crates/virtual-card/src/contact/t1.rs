//! The card's end of T=1 (ISO/IEC 7816-3, 11): blocks in, blocks and whole commands out.
//!
//! It knows no time: whoever drives it says when the line has been quiet for too long, and when the
//! card is ready. A block that came twice is never two commands.

use super::answer_to_reset::Offer;
use super::block::{Edc, Function, Kind, Wrong};

/// What the card does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It listens.
    Listen,
    /// It sends this block.
    Send(Vec<u8>),
    /// It was given this command APDU.
    Command(Vec<u8>),
    /// The reader gave it more time, this many times BWT.
    Granted(u8),
}

/// Largest command: 7 bytes of header, 65,535 of data, 2 of Le.
const COMMAND_LIMIT: usize = 65_544;

/// Information field size of either side before anything was said (11.4.2).
const DEFAULT_IFS: u8 = 32;

/// Attempts of the card to have a block repeated; then it only listens (11.6.3.2, rule 7.4).
const ATTEMPTS: u8 = 3;

#[derive(Debug)]
pub(super) struct T1 {
    edc: Edc,
    ifsc: u8,
    ifsc_at_first: u8,
    ifsd: u8,
    /// N(S) of the next I-block that the card sends.
    next: u8,
    /// N(S) of the I-block that it expects.
    expected: u8,
    nad: u8,
    /// The block that is coming in.
    block: Vec<u8>,
    /// What is wrong with it; the rest is not looked at.
    wrong: Option<Wrong>,
    /// The command so far.
    command: Vec<u8>,
    blocks_of_chain: u8,
    abort_after: Option<u8>,
    /// What of the response the reader has not acknowledged yet.
    response: Vec<u8>,
    /// Bytes of it in the I-block that was sent last, and that block; `None` when all is through.
    outstanding: Option<(usize, Vec<u8>)>,
    /// The request that the reader must answer before anything else, and what comes after it.
    request: Option<(Function, Vec<u8>, Box<Step>)>,
    failures: u8,
}

impl T1 {
    pub(super) fn new(offer: &Offer, abort_after: Option<u8>) -> Self {
        let ifsc = if offer.ifsc == 0 || offer.ifsc == 255 { DEFAULT_IFS } else { offer.ifsc };
        Self {
            edc: if offer.crc { Edc::Crc } else { Edc::Lrc },
            ifsc,
            ifsc_at_first: ifsc,
            ifsd: DEFAULT_IFS,
            next: 0,
            expected: 0,
            nad: 0,
            block: Vec::new(),
            wrong: None,
            command: Vec::new(),
            blocks_of_chain: 0,
            abort_after,
            response: Vec::new(),
            outstanding: None,
            request: None,
            failures: 0,
        }
    }

    /// Is a block coming in, so that a quiet line means its end?
    pub(super) const fn is_receiving(&self) -> bool {
        !self.block.is_empty() || self.wrong.is_some()
    }

    /// Does it wait for the reader to answer a request?
    pub(super) const fn is_asking(&self) -> bool {
        self.request.is_some()
    }

    /// A character; `None` if its parity is wrong.
    pub(super) fn receive(&mut self, byte: Option<u8>) -> Step {
        let Some(byte) = byte else {
            self.wrong.get_or_insert(Wrong::Code);
            return Step::Listen;
        };
        if self.wrong.is_some() {
            return Step::Listen;
        }
        self.block.push(byte);
        if self.edc.expected(&self.block).is_none_or(|length| self.block.len() < length) {
            return Step::Listen;
        }
        let block = std::mem::take(&mut self.block);
        match self.edc.open(&block) {
            Ok((nad, kind, information)) if nad & 0x88 == 0 => {
                self.nad = nad.rotate_left(4);
                self.accept(kind, information)
            }
            Ok(_) => self.refuse(Wrong::Other),
            Err(wrong) => self.refuse(wrong),
        }
    }

    /// The line was quiet for longer than between two characters of a block.
    pub(super) fn quiet(&mut self) -> Step {
        let wrong = match self.wrong.take() {
            Some(wrong) => wrong,
            None if self.block.is_empty() => return Step::Listen,
            None => Wrong::Other,
        };
        self.block.clear();
        self.failures = self.failures.saturating_add(1);
        if self.failures > ATTEMPTS {
            return Step::Listen;
        }
        // Rule 7.3: a request is repeated until it is answered.
        if let Some((_, request, _)) = &self.request {
            return Step::Send(request.clone());
        }
        Step::Send(self.acknowledge(Some(wrong)))
    }

    /// The card's answer to a command.
    pub(super) fn answer(&mut self, response: Vec<u8>) -> Step {
        self.response = response;
        self.piece()
    }

    /// The card asks for something before it goes on with `after`.
    pub(super) fn request(&mut self, function: Function, information: u8, after: Step) -> Step {
        let block = self.edc.seal(self.nad, Kind::Request(function), &[information]);
        if function == Function::Ifs {
            self.ifsc = information;
        }
        self.request = Some((function, block.clone(), Box::new(after)));
        Step::Send(block)
    }

    /// What is wrong is said when the line is quiet: the length may be what is wrong.
    fn refuse(&mut self, wrong: Wrong) -> Step {
        self.wrong = Some(wrong);
        Step::Listen
    }

    fn accept(&mut self, kind: Kind, information: &[u8]) -> Step {
        self.failures = 0;
        if let Kind::Request(Function::Resynch) = kind {
            return self.resynchronise(information);
        }
        if let Some((function, request, after)) = self.request.take() {
            let answered = kind == Kind::Response(function)
                && self.edc.seal(self.nad, Kind::Request(function), information) == request;
            if !answered {
                let step = Step::Send(request.clone());
                self.request = Some((function, request, after));
                return step;
            }
            return match function {
                Function::Wtx => Step::Granted(information.first().copied().unwrap_or(1)),
                Function::Abort => Step::Send(self.acknowledge(None)),
                Function::Ifs | Function::Resynch => *after,
            };
        }
        match kind {
            Kind::I { number, more } => self.information(number, more, information),
            Kind::R { number, .. } if information.is_empty() => self.asked_for(number),
            Kind::Request(Function::Ifs) => match information {
                [size @ 1..=254] => {
                    self.ifsd = *size;
                    self.respond(Function::Ifs, information)
                }
                _ => self.refuse(Wrong::Other),
            },
            Kind::Request(Function::Abort) if information.is_empty() => {
                self.forget();
                self.respond(Function::Abort, &[])
            }
            // A card is not asked for time, and answers that nobody asked for mean nothing.
            _ => self.refuse(Wrong::Other),
        }
    }

    fn resynchronise(&mut self, information: &[u8]) -> Step {
        if !information.is_empty() {
            return self.refuse(Wrong::Other);
        }
        self.forget();
        self.request = None;
        (self.next, self.expected) = (0, 0);
        (self.ifsc, self.ifsd) = (self.ifsc_at_first, DEFAULT_IFS);
        self.respond(Function::Resynch, &[])
    }

    /// Neither chain goes on.
    fn forget(&mut self) {
        self.command.clear();
        self.blocks_of_chain = 0;
        self.response.clear();
        self.outstanding = None;
    }

    fn information(&mut self, number: u8, more: bool, information: &[u8]) -> Step {
        let chaining =
            self.outstanding.as_ref().is_some_and(|(sent, _)| *sent < self.response.len());
        let fits = information.len() <= usize::from(self.ifsc);
        if number != self.expected || chaining || !fits {
            return self.refuse(Wrong::Other);
        }
        // It says that the answer before it came.
        self.outstanding = None;
        self.response.clear();
        self.expected ^= 1;
        self.command.extend(information);
        if !more {
            self.blocks_of_chain = 0;
            return Step::Command(std::mem::take(&mut self.command));
        }
        self.blocks_of_chain = self.blocks_of_chain.saturating_add(1);
        let wanted = self.abort_after.is_some_and(|after| self.blocks_of_chain >= after);
        if wanted || self.command.len() > COMMAND_LIMIT {
            self.abort_after = None;
            self.forget();
            let block = self.edc.seal(self.nad, Kind::Request(Function::Abort), &[]);
            self.request = Some((Function::Abort, block.clone(), Box::new(Step::Listen)));
            return Step::Send(block);
        }
        Step::Send(self.acknowledge(None))
    }

    /// An R-block: which I-block of the card does it ask for?
    fn asked_for(&mut self, number: u8) -> Step {
        match &self.outstanding {
            Some((_, block)) if number != self.next => Step::Send(block.clone()),
            Some((sent, _)) if *sent < self.response.len() => {
                self.response.drain(..*sent);
                self.piece()
            }
            // It waits for an answer to what never came here, or missed an acknowledgement.
            _ => Step::Send(self.acknowledge(None)),
        }
    }

    /// The next I-block of the response.
    fn piece(&mut self) -> Step {
        let length = self.response.len().min(usize::from(self.ifsd));
        let more = length < self.response.len();
        let kind = Kind::I { number: self.next, more };
        let block = self.edc.seal(self.nad, kind, self.response.get(..length).unwrap_or_default());
        self.next ^= 1;
        self.outstanding = Some((length, block.clone()));
        Step::Send(block)
    }

    fn acknowledge(&self, wrong: Option<Wrong>) -> Vec<u8> {
        self.edc.seal(self.nad, Kind::R { number: self.expected, wrong }, &[])
    }

    fn respond(&self, function: Function, information: &[u8]) -> Step {
        Step::Send(self.edc.seal(self.nad, Kind::Response(function), information))
    }
}
