//! Faults that a test switches on: which command they meet, and what then goes wrong.
//!
//! A fault never touches what the card stores, except [`Effect::Block`]. Nothing here waits, except
//! [`Effect::Slow`].

use std::fmt;
use std::time::Duration;

use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Command, Status};

use crate::defect::{CertificateDefect, SignatureDefect};
use crate::{Card, CertificateKind, Error, Reference};

/// Which commands a fault meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// Every one.
    Any,
    /// The `n`-th that reached the link since it was made, from 1. GET RESPONSE counts.
    Command(u64),
    /// The first since the card got power or was reset.
    FirstOfPresence,
    /// Those with this instruction byte.
    Ins(u8),
    /// Those with this instruction byte and P2: VERIFY of one code, for example.
    InsP2(u8, u8),
    /// Those with this instruction byte that have a data field: a VERIFY and not a query.
    InsWithData(u8),
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The first command that it meets.
    Once,
    /// Every command that it meets.
    Always,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The link fails and says why. If `acted`, the card did what it was told and its answer is
    /// lost; else the command never reached it.
    Break {
        /// Did the card act?
        acted: bool,
        /// What the link says.
        kind: ErrorKind,
    },
    /// The answer comes after this time. This one really waits.
    Slow(Duration),
    /// Only the first bytes of the answer come, with or without the status word.
    Cut(usize),
    /// These bytes come after the data and before the status word.
    Lengthen(Vec<u8>),
    /// This status word comes, and no data. If `acted`, the card acted all the same.
    Status {
        /// Did the card act?
        acted: bool,
        /// The status word.
        status: Status,
    },
    /// No more than so many data bytes come, with this status word (9000 or 6282), if there were
    /// more.
    ShortRead {
        /// Data bytes that come.
        length: usize,
        /// The status word.
        status: Status,
    },
    /// The card answers 6Cxx with the number of bytes that there are, unless the command asks for
    /// just that many. For commands that may be repeated: the card acts each time.
    WrongLe,
    /// The card answers 61xx, and GET RESPONSE delivers the data in pieces of at most so many bytes.
    GetResponse(usize),
    /// The signature is wrong.
    Signature(SignatureDefect),
    /// A certificate is wrong when it is read. With [`Times::Always`] and [`When::Ins`] `(0xB0)` in
    /// every piece.
    Certificate(CertificateKind, CertificateDefect),
    /// A code has no tries left, from before the command on.
    Block(Reference),
}

impl Effect {
    /// The link drops before the card acted.
    #[must_use]
    pub const fn drop_before() -> Self {
        Self::Break { acted: false, kind: ErrorKind::LinkBroken }
    }

    /// The link drops after the card acted.
    #[must_use]
    pub const fn drop_after() -> Self {
        Self::Break { acted: true, kind: ErrorKind::LinkBroken }
    }

    /// The card acts, and its answer does not come in time. Nothing waits.
    #[must_use]
    pub const fn no_answer() -> Self {
        Self::Break { acted: true, kind: ErrorKind::TimedOut }
    }
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which commands it meets.
    pub when: When,
    /// What goes wrong.
    pub effect: Effect,
    /// How often.
    pub times: Times,
}

impl Fault {
    /// A fault that strikes the first command it meets.
    #[must_use]
    pub const fn once(when: When, effect: Effect) -> Self {
        Self { when, effect, times: Times::Once }
    }

    /// A fault that strikes every command it meets.
    #[must_use]
    pub const fn always(when: When, effect: Effect) -> Self {
        Self { when, effect, times: Times::Always }
    }

    /// Some cards answer their first command with 6F00 (SINGLE, `docs/card-facts.md` §1.3).
    #[must_use]
    pub const fn first_command_fails() -> Self {
        let effect = Effect::Status { acted: false, status: Status::INTERNAL };
        Self::always(When::FirstOfPresence, effect)
    }
}

/// What came of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// This response.
    Answer(Vec<u8>),
    /// Nothing, and this is why.
    Broken(ErrorKind),
    /// The first bytes of a response.
    Cut {
        /// Those bytes.
        came: Vec<u8>,
        /// How many there were to come.
        whole: usize,
    },
}

/// The faults of one link, between it and the card. Every kind of link uses the same. `Debug` prints
/// no data that waits for GET RESPONSE.
#[derive(Clone, Default)]
pub struct Faults {
    armed: Vec<Fault>,
    commands: u64,
    of_presence: u64,
    /// Data and status word that GET RESPONSE has still to deliver, and its piece.
    pending: Option<(Vec<u8>, [u8; 2], usize)>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = self.pending.as_ref().map(|(data, ..)| data.len());
        f.debug_struct("Faults")
            .field("armed", &self.armed)
            .field("commands", &self.commands)
            .field("of_presence", &self.of_presence)
            .field("pending_bytes", &pending)
            .finish()
    }
}

impl Faults {
    /// Adds a fault. Several may meet one command; they strike in the order they were added.
    pub fn push(&mut self, fault: Fault) {
        self.armed.push(fault);
    }

    /// Switches all faults off.
    pub fn clear(&mut self) {
        self.armed.clear();
    }

    /// Faults that are still armed. A fault that strikes once is gone when it has struck.
    #[must_use]
    pub fn armed(&self) -> &[Fault] {
        &self.armed
    }

    /// Commands met so far.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// The card got power, or was reset: nothing is left to deliver, and the next command is the
    /// first.
    pub fn new_presence(&mut self) {
        self.of_presence = 0;
        self.pending = None;
    }

    /// Gives a command to the card, with whatever is armed for it.
    ///
    /// # Errors
    /// When the card could not keep its state ([`Card::try_respond`]).
    pub fn exchange(&mut self, card: &mut Card, command: &[u8]) -> Result<Exchange, Error> {
        self.commands = self.commands.saturating_add(1);
        self.of_presence = self.of_presence.saturating_add(1);
        let effects = self.meet(command);
        let outcome = before(card, &effects).and_then(|early| match early {
            Some(early) => Ok(early),
            None => {
                let answer = match self.deliver(command) {
                    Some(piece) => piece,
                    None => card.try_respond(command)?,
                };
                Ok(self.after(answer, command, &effects))
            }
        });
        card.defects = crate::defect::Defects::default();
        outcome
    }

    /// The effects that meet this command. What strikes once is taken out.
    fn meet(&mut self, command: &[u8]) -> Vec<Effect> {
        let (commands, of_presence) = (self.commands, self.of_presence);
        let meets = |when: When| {
            let ins = command.get(1).copied();
            match when {
                When::Any => true,
                When::Command(number) => number == commands,
                When::FirstOfPresence => of_presence == 1,
                When::Ins(wanted) => ins == Some(wanted),
                When::InsP2(wanted, p2) => {
                    ins == Some(wanted) && command.get(3).copied() == Some(p2)
                }
                When::InsWithData(wanted) => {
                    ins == Some(wanted)
                        && Command::parse(command).is_ok_and(|(parsed, _)| !parsed.data.is_empty())
                }
            }
        };
        let effects =
            self.armed.iter().filter(|fault| meets(fault.when)).map(|fault| fault.effect.clone());
        let effects = effects.collect();
        self.armed.retain(|fault| fault.times == Times::Always || !meets(fault.when));
        effects
    }

    /// The next piece of what is pending, if this is GET RESPONSE. Any other command drops it.
    fn deliver(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let (data, status, piece) = self.pending.take()?;
        let (parsed, _) = Command::parse(command).ok()?;
        if (parsed.cla, parsed.ins, parsed.p1, parsed.p2) != (0x00, 0xC0, 0x00, 0x00) {
            return None;
        }
        let asked = usize::try_from(parsed.le).unwrap_or(usize::MAX).min(piece.max(1));
        let (now, later) = data.split_at_checked(asked).unwrap_or((&data, &[]));
        let mut answer = now.to_vec();
        if later.is_empty() {
            answer.extend(status);
        } else {
            answer.extend([0x61, available(later.len().min(piece))]);
            self.pending = Some((later.to_vec(), status, piece));
        }
        Some(answer)
    }

    /// What goes wrong with the answer.
    fn after(&mut self, answer: Vec<u8>, command: &[u8], effects: &[Effect]) -> Exchange {
        let (mut data, mut status) = match answer.split_last_chunk::<2>() {
            Some((data, status)) => (data.to_vec(), *status),
            None => (Vec::new(), Status::INTERNAL.0.to_be_bytes()),
        };
        let mut cut = None;
        for effect in effects {
            match effect {
                Effect::Break { acted: true, kind } => return Exchange::Broken(*kind),
                Effect::Cut(length) => cut = Some(*length),
                Effect::Lengthen(bytes) => data.extend(bytes),
                Effect::Status { acted: true, status: other } => {
                    (data, status) = (Vec::new(), other.0.to_be_bytes());
                }
                Effect::ShortRead { length, status: other } if data.len() > *length => {
                    data.truncate(*length);
                    status = other.0.to_be_bytes();
                }
                Effect::WrongLe if !data.is_empty() && !asks_for(command, data.len()) => {
                    status = [0x6C, available(data.len())];
                    data.clear();
                }
                Effect::GetResponse(piece) if !data.is_empty() && command.get(1) != Some(&0xC0) => {
                    let first = available(data.len().min((*piece).max(1)));
                    self.pending = Some((std::mem::take(&mut data), status, (*piece).max(1)));
                    status = [0x61, first];
                }
                _ => {}
            }
        }
        data.extend(status);
        match cut {
            Some(length) if length < data.len() => {
                let whole = data.len();
                data.truncate(length);
                Exchange::Cut { came: data, whole }
            }
            _ => Exchange::Answer(data),
        }
    }
}

/// What goes wrong before the card acts. `Some`: it does not act.
fn before(card: &mut Card, effects: &[Effect]) -> Result<Option<Exchange>, Error> {
    for effect in effects {
        match effect {
            Effect::Break { acted: false, kind } => return Ok(Some(Exchange::Broken(*kind))),
            Effect::Status { acted: false, status } => {
                return Ok(Some(Exchange::Answer(status.0.to_be_bytes().to_vec())));
            }
            Effect::Slow(time) => std::thread::sleep(*time),
            Effect::Signature(defect) => card.defects.signature = Some(*defect),
            Effect::Certificate(kind, defect) => card.defects.certificates.push((*kind, *defect)),
            Effect::Block(reference) => card.block(*reference)?,
            _ => {}
        }
    }
    Ok(None)
}

/// SW2 that says how many bytes there are; 00 is 256 or more.
fn available(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(0)
}

fn asks_for(command: &[u8], length: usize) -> bool {
    let asked = Command::parse(command).map(|(parsed, _)| parsed.le);
    // 6C00 speaks of 256 bytes, whatever more there is.
    asked.is_ok_and(|le| usize::try_from(le) == Ok(length) || (le == 256 && length > 256))
}
