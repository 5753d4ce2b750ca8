//! The antenna on this board: a PN532 with either block protocol, or a raw radio. Another board
//! changes these types and settings, and nothing else.

use board_qemu::{
    Room,
    antenna::{self, Chip, StandInRadio},
};
use kazasu_apdu::{Transport, time::Duration};
use kazasu_nfc::{CardLink, Link, LinkError, Settings};

use crate::Reader;

/// A PN532 that carries raw frames; the engine does the rest.
pub type Pn532Reader = Link<'static, Chip>;

/// A PN532 that does activation and block protocol itself.
pub type Pn532BlocksReader = CardLink<Chip>;

/// A raw radio, which on this board is a stand-in.
pub type RadioReader = Link<'static, StandInRadio>;

/// How long to look for a card. A patient needs longer.
const LOOK_FOR: Duration = Duration::from_millis(500);

/// One frame.
static FRAME: Room<256> = Room::new();

/// The engine over raw frames of a PN532, with the field off.
pub fn pn532() -> Pn532Reader {
    Link::new(antenna::chip(chip()), field(), FRAME.take())
}

/// The PN532 by itself, with the field off.
pub fn pn532_blocks() -> Pn532BlocksReader {
    let mut settings = chip();
    // Nobody would know which one is meant.
    settings.report_two = true;
    CardLink::new(antenna::chip(settings), LOOK_FOR)
}

/// The engine over a raw radio, with the field off.
pub fn radio() -> RadioReader {
    Link::new(StandInRadio::open(), field(), FRAME.take())
}

fn field() -> Settings {
    let mut settings = Settings::default();
    settings.poll_limit = LOOK_FOR;
    settings
}

fn chip() -> kazasu_pn532::Settings {
    let mut settings = kazasu_pn532::Settings::default();
    // Bytes come when the host lets QEMU run, and not evenly as from a chip.
    settings.acknowledge_limit = SLOW;
    settings.answer_limit = SLOW;
    settings.transfer_limit = SLOW;
    settings.grace = SLOW;
    settings
}

/// Longer than the host ever lets QEMU wait.
const SLOW: Duration = Duration::from_secs(5);

impl Reader for Pn532Reader {
    fn describe(error: &<Self as Transport>::Error) -> &'static str {
        of_chip(error)
    }
}

impl Reader for Pn532BlocksReader {
    fn describe(error: &<Self as Transport>::Error) -> &'static str {
        of_chip(error)
    }
}

impl Reader for RadioReader {
    fn describe(error: &<Self as Transport>::Error) -> &'static str {
        error.field().describe()
    }
}

fn of_chip(error: &LinkError<kazasu_pn532::Error>) -> &'static str {
    match error {
        LinkError::Field(error) => error.describe(),
        LinkError::FrontEnd(error) => error.describe(),
    }
}
