//! The card's end of the contact link: ISO/IEC 7816-3, from the answer to reset to whole APDUs.
//!
//! [`ContactCard`] is the card as its contacts show it, with time passed in; behind it stands a
//! [`Card`](crate::Card) or any other [`Responder`]. [`Wire`] joins it to a reader in simulated
//! time, [`serve`] to one behind two byte pipes. Faults of the line are [`LineFault`]s; what the
//! card itself may do wrong, or differently from other cards, is in [`ContactSettings`].
//!
//! Written from the standard and `docs/card-facts.md` §1.1. It never shares code with a reader's
//! end, so that the two are two readings of the standard.
//!
//! # What is modelled
//! Answers to reset, cold and warm; specific and negotiable mode; PPS; T=1 with both error detection
//! codes, chaining both ways, IFS, WTX, ABORT and RESYNCH; T=0 with all procedure bytes, NULL, the
//! error signal, 61xx with GET RESPONSE, 6Cxx, and ENVELOPE for commands of extended length. What
//! the reader does against the standard is listed as a [`Violation`].
//!
//! # Choices where the standard leaves them
//! * A wrong block is answered when the line has been quiet for CWT, since its length may be what
//!   is wrong; after three in a row the card only listens.
//! * After RESYNCH the information field sizes are those of the answer to reset.
//! * An I-block that comes again is wrong (its number is), and is never executed again.
//! * In specific mode with implicit values (TA2, bit 5) they are those at reset.
//! * What comes while it is the card's turn is not heard.
//! * T=0, a command with data and an answer: the card takes Le as 256.
//!
//! Not modelled: voltage classes, clock stop inside a session, programming voltage, T=14 and others.

mod answer_to_reset;
mod block;
mod character;
mod line;
mod machine;
mod pps;
mod responder;
mod serve;
mod settings;
mod t0;
mod t1;
mod timing;
mod violation;
mod wire;

pub use answer_to_reset::{
    AnswerToReset, JPKI_01, JPKI_02, JPKI_03, JPKI_04, JPKI_05, REAL, SYNTHETIC, SYNTHETIC_T0,
    SYNTHETIC_T0_INVERSE, SYNTHETIC_T0_T1, SYNTHETIC_T1_CRC, SYNTHETIC_T1_DEFAULTS,
    SYNTHETIC_T1_INVERSE,
};
pub use character::{Character, Convention};
pub use line::{Direction, LineEffect, LineFault, LineFaults};
pub use machine::{ContactCard, Output};
pub use responder::{FaultyCard, Reply, Responder};
pub use serve::{Pace, Pipe, ServeSettings, Served, serve};
pub use settings::{
    ContactSettings, EnvelopeEnd, Hang, PpsAnswer, Procedure, Until, WaitingTimeExtension,
};
pub use violation::Violation;
pub use wire::{Received, Wire};
