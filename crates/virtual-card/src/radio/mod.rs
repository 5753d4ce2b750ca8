//! The card's end of the contactless link, and the air between it and a reader: ISO/IEC 14443-3 and
//! 14443-4 in simulated time, bit by bit where something goes wrong.
//!
//! [`Picc`] is the card as its antenna shows it, in front of a [`Card`](crate::Card) or any other
//! [`Responder`](crate::Responder); [`Field`] carries frames between a reader and all that
//! lies in its field: two cards, the rest of a wallet, noise, a card that is taken away;
//! [`Field::exchange`] is a radio that sends and receives raw frames. What a reader does against the
//! standard is listed as a [`Violation`].
//!
//! Written from the standard and `docs/card-facts.md` §1.2. It never shares code with a reader's
//! end, so that the two are two readings of the standard.
//!
//! # What is modelled
//! Type B: REQB, WUPB with application family and slots, slot marker, ATQB, ATTRIB, HLTB. Type A:
//! REQA, WUPA, anticollision over three cascade levels, SELECT, HLTA, RATS, PPS; as the standard has
//! it, since no public record of a phone with a My Number card in it is known. The block protocol:
//! block numbers, chaining both ways, R(ACK) and R(NAK), S(WTX), S(DESELECT), CID; frames of 16 to
//! 4096 bytes at 106 to 848 kbit/s.
//!
//! | What | Flag |
//! |---|---|
//! | application data and protocol information of the four known cards (§1.2) | SINGLE |
//! | application family 00 (§1.2) | derived |
//! | the identifier of Type B is drawn at each activation (§1.2) | SINGLE: [`TypeBSettings::pupi`] |
//! | the answer to ATTRIB, and which rate a card really keeps (§1.2) | UNKNOWN: as the standard |
//! | how long the card works (§1.4) | SINGLE each: [`WorkTimes::OBSERVED`] |
//! | when a card asks for more time | UNKNOWN: [`WaitingTime`] |
//! | Type A, the phone | the standard only |
//!
//! # Choices where the standard leaves them
//! * A card that works or sends does not listen.
//! * A new I-block with the number of the last is executed (rule D), and noted.
//! * ATTRIB with a rate that was not declared is not answered, and noted.
//! * The card asks for more time when nine tenths of the waiting time are over.
//!
//! Not modelled: frames without SOF or EOF, NAD, S(PARAMETERS), type B with several frames in one
//! slot, field strength.

mod block;
mod bystander;
mod coding;
mod draw;
mod fault;
mod field;
mod frame;
mod picc;
mod raw;
mod settings;
mod type_a;
mod type_b;
mod violation;

pub use bystander::Bystander;
pub use coding::{ReceiveError, Received};
pub use fault::{FrameEffect, FrameFault, Noise};
pub use field::{Field, Heard, Passed, Traffic, Way};
pub use frame::{BitRate, Direction, Frame, Signal, carrier, checked, crc_a, crc_b};
pub use picc::Picc;
pub use raw::{Caught, Listening};
pub use settings::{
    Identifier, Interface, PiccSettings, TypeASettings, TypeBSettings, Uid, WaitingTime, WorkTimes,
};
pub use violation::Violation;
