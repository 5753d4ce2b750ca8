//! How long a session takes over NFC, as a model: the engine of `kazasu-nfc` makes its frames for the
//! commands of a session, before the simulated radio of `kazasu-virtual-card`, and
//! [`kazasu_nfc::air`] counts them.
//!
//! [`Steps`] holds the lengths of a session that was had over any link: a [`Trace`] of a channel
//! collects them. [`Steps::replay`] sends commands of these lengths over a [`Link`], where
//! [`Sides`] say what card and reader declare. [`Radio`] is the front end between the two, of use to
//! tests too.
//!
//! [`Trace`]: kazasu_apdu::Trace
//! [`Link`]: kazasu_nfc::Link
//!
//! ```
//! use kazasu_air::{Sides, Step, Steps};
//! use kazasu_nfc::BitRate;
//! use kazasu_nfc::air::CardTimes;
//!
//! // READ BINARY of a certificate with extended length.
//! let mut session = Steps::default();
//! session.push(Step { header: [0x00, 0xB0, 0x8A, 0x00], sent: 7, received: 1_592 });
//!
//! let replayed = session.replay(&Sides::known())?;
//! assert_eq!(replayed.card.from_card, BitRate::Kbps424);
//! let slow = session.replay(&Sides::known().limited(BitRate::Kbps106))?;
//! assert!(slow.air() > replayed.air());
//! assert_eq!(session.card(&CardTimes::default()).micros(), 12_000);
//! # Ok::<(), kazasu_air::ReplayError>(())
//! ```
//!
//! # What it never does
//! It touches no card, reads no clock and holds no data: of a command it knows the header, and of
//! command and answer how long they were.
#![forbid(unsafe_code)]

mod radio;
mod steps;

pub use radio::{Never, Radio, instant};
pub use steps::{ReplayError, Replayed, Sides, Step, Steps};
