//! What a board or its owner decides about the field.

use crate::rate::BitRate;
use crate::timing;
use kazasu_apdu::time::Duration;

/// What to do when more than one card of a type answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Several {
    /// End in [`crate::Error::TwoCards`]: nobody knows which one is meant. A card of Type A beside
    /// one of Type B does not count, because it never answers what Type B is asked.
    #[default]
    Report,
    /// Take one after the other: SELECT of the application decides which is the right one, and
    /// [`crate::Field::next`] goes on to the following.
    Choose,
}

/// What a board or its owner decides. [`Settings::default`] suits a My Number card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Settings {
    /// Poll for Type B, the My Number card.
    pub type_b: bool,
    /// Poll for Type A, phones.
    pub type_a: bool,
    /// Application family identifier in REQB and WUPB. 0 asks all; what the known My Number cards
    /// say of themselves is 0 (`docs/card-facts.md` §1.2).
    pub afi: u8,
    /// Does the reader take the extended ATQB, which tells SFGI too?
    pub extended_atqb: bool,
    /// More than one card of a type.
    pub several: Several,
    /// The card identifier for the blocks, 0 to 14, if the card supports one. One card needs none,
    /// and each block is a byte shorter without.
    pub cid: Option<u8>,
    /// The fastest bit rate to be chosen.
    pub highest: BitRate,
    /// How long the field is off so that a card forgets; [`timing::RESET`] at least.
    pub reset: Duration,
    /// How long the field is on without a command before REQB, WUPB, REQA and WUPA;
    /// [`timing::GUARD`] at least.
    pub guard: Duration,
    /// How long [`crate::Field::activate`] looks for a card.
    pub poll_limit: Duration,
    /// Between two rounds of polling.
    pub poll_pause: Duration,
    /// How long cards that answer and cannot be activated are tried again and again, with a reset of
    /// the field each time: one that comes near is hard to read at first. Every third attempt stays
    /// at 106 kbit/s.
    pub activation_limit: Duration,
    /// How late the front end may notice the start of a frame: added to each waiting time.
    pub latency: Duration,
    /// How many damaged or wrong blocks in a row are answered by a repetition.
    pub repetitions: u8,
    /// Between two presence checks while nothing is under way.
    pub presence_interval: Duration,
    /// How long a presence check waits for its answer, and so does each repetition after a waiting
    /// time that passed in silence. The standard allows a card its whole frame waiting time here; a
    /// card that is not at work answers within a millisecond or two, and removal is to be told
    /// early. With [`Settings::latency`] the default is just below a step of the PN532's timer.
    pub presence_wait: Duration,
    /// So many presence checks without an answer, one after the other, mean that the card is gone.
    /// During a command its waiting time counts as one. It is the time of so many that counts:
    /// noise can make more of them, a slow front end fewer, but three at least.
    pub presence_checks: u8,
    /// Most time that the card may ask for in one command, by all its S(WTX) together.
    pub extension_limit: Duration,
    /// Most time for one command, whatever the card does.
    pub exchange_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            type_b: true,
            type_a: true,
            afi: 0,
            extended_atqb: false,
            several: Several::Report,
            cid: None,
            highest: BitRate::Kbps848,
            reset: Duration::from_millis(6),
            guard: timing::GUARD,
            poll_limit: Duration::from_secs(10),
            poll_pause: Duration::from_millis(20),
            activation_limit: Duration::from_secs(1),
            latency: Duration::from_millis(1),
            repetitions: 5,
            presence_interval: Duration::from_millis(100),
            presence_wait: Duration::from_millis(24),
            presence_checks: 4,
            extension_limit: Duration::from_secs(10),
            exchange_limit: Duration::from_secs(30),
        }
    }
}
