//! How the card behaves on its contacts, where cards differ, and what it does wrong when a test
//! wants it to.

use std::time::Duration;

use super::answer_to_reset::{self, AnswerToReset};
use crate::Card;

/// The behaviour of a [`ContactCard`](super::ContactCard). The default is a quick card that does
/// everything at once and asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContactSettings {
    /// Answer to reset, logical bytes from TS on. It is sent as it is, right or wrong.
    pub atr: Vec<u8>,
    /// The answer to a warm reset, if that is another one.
    pub warm_atr: Option<Vec<u8>>,
    /// Clock cycles between RST high and TS: 400 to 40,000 (ISO/IEC 7816-3, 6.2.2).
    pub answer_delay: u32,
    /// What a PPS request is answered.
    pub pps: PpsAnswer,
    /// How long the card works at every command, in addition to what its
    /// [`Responder`](super::Responder) says.
    pub work: Duration,
    /// T=1: the card asks for more time before each answer, needed or not.
    pub waiting_time_extension: Option<WaitingTimeExtension>,
    /// T=1: the card does not ask for more time though it needs it.
    pub never_asks_for_time: bool,
    /// T=1: the card announces this IFSC by S(IFS request) before its first answer.
    pub announced_ifsc: Option<u8>,
    /// T=1: the card breaks off a chain of the reader when this many of its blocks have come, once.
    pub aborts_chain_after: Option<u8>,
    /// T=0: how the card asks for the data of a command and gives its own.
    pub procedure: Procedure,
    /// T=0: NULL bytes before each other procedure byte.
    pub nulls: u8,
    /// T=0: what ends a command that comes by ENVELOPE.
    pub envelope_end: EnvelopeEnd,
    /// The card hangs.
    pub hang: Option<Hang>,
    /// The card waits at least so long for the next character of a block, whatever its waiting time
    /// is: for a line whose characters come late, as those of [`serve`](super::serve) do.
    pub patience: Duration,
}

impl ContactSettings {
    /// A quick card with this answer to reset.
    #[must_use]
    pub fn with(atr: AnswerToReset) -> Self {
        Self { atr: atr.bytes.to_vec(), ..Self::default() }
    }

    /// A quick card with the answer to reset of this card: JPKI (02) if it takes extended length,
    /// JPKI (03) if not.
    #[must_use]
    pub fn of(card: &Card) -> Self {
        Self { atr: card.atr().to_vec(), ..Self::default() }
    }
}

impl Default for ContactSettings {
    /// With the answer to reset JPKI (01).
    fn default() -> Self {
        Self {
            atr: answer_to_reset::JPKI_01.bytes.to_vec(),
            warm_atr: None,
            answer_delay: 500,
            pps: PpsAnswer::Accept,
            work: Duration::ZERO,
            waiting_time_extension: None,
            never_asks_for_time: false,
            announced_ifsc: None,
            aborts_chain_after: None,
            procedure: Procedure::All,
            nulls: 0,
            envelope_end: EnvelopeEnd::EmptyData,
            hang: None,
            patience: Duration::ZERO,
        }
    }
}

/// What a right PPS request is answered (ISO/IEC 7816-3, 9.3). A wrong one never is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PpsAnswer {
    /// The same.
    #[default]
    Accept,
    /// The same without PPS1: the rate stays as it is.
    WithoutRate,
    /// Nothing.
    Silence,
    /// Another protocol, which makes it wrong.
    OtherProtocol,
    /// A wrong PCK.
    WrongCheck,
}

/// S(WTX request) before each answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingTimeExtension {
    /// How many before one answer.
    pub requests: u8,
    /// The multiple of BWT that each asks for.
    pub multiplier: u8,
}

/// The procedure byte of T=0 (ISO/IEC 7816-3, 10.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Procedure {
    /// INS: all data bytes that are left.
    #[default]
    All,
    /// INS XOR FF: the next data byte.
    OneByOne,
    /// The first half byte by byte, and then all.
    Mixed,
}

/// What ends a command that comes in several ENVELOPE commands over T=0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvelopeEnd {
    /// ENVELOPE without data (ISO/IEC 7816-4, 7.6.2).
    #[default]
    EmptyData,
    /// The command itself, as soon as it is whole by its length field; an Le that comes later is
    /// lost.
    WholeCommand,
}

/// The card stops answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hang {
    /// At this command since it was made, from 1; 0 is the answer to reset.
    pub command: u64,
    /// Did it do what it was told before?
    pub acted: bool,
    /// What wakes it.
    pub until: Until,
}

/// What wakes a card that hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// A warm reset, or a cold one.
    WarmReset,
    /// A cold reset.
    ColdReset,
    /// Nothing: it is broken.
    Never,
}
