//! Card readers over PC/SC (pcsc-lite on Linux, WinSCard on Windows): listed, watched, and linked
//! to the exchange rules of `kazasu-apdu`.
//!
//! This crate never tells a card by its answer to reset (SELECT decides), never repeats a command,
//! never leaves a transaction open between two commands, and never blocks its caller longer than
//! the limits in [`Settings`]: every PC/SC call runs on a thread that this crate owns.
//!
//! * [`Readers`]: which readers there are, and a link to the card on one of them.
//! * [`Watcher`]: readers and cards coming and going, without polling.
//! * [`Link`]: [`kazasu_apdu::Transport`] over one card, exclusive by default; the card loses its
//!   power at the end.
//! * [`Canceller`]: makes whatever waits return from another thread.
//! * [`Features`]: what a reader says of itself (PC/SC part 10): PIN pad, extended length.
//! * [`quirks`]: what is publicly known of readers, as data.
//! * [`service`]: the PC/SC calls as traits, with the system's implementation and (feature
//!   `stand-in`) one for tests.
//!
//! ```no_run
//! use kazasu_apdu::{Channel, Session};
//! use kazasu_pcsc::{Readers, Settings};
//!
//! let readers = Readers::system();
//! for reader in readers.list()? {
//!     println!("{}: {}", reader.name, if reader.has_card() { "card" } else { "empty" });
//! }
//! # let readers_list = readers.list()?;
//! # let reader = &readers_list[0];
//! let link = readers.open(&reader.name, Settings::default())?;
//! let (mut commands, mut answers) = ([0; 262], [0; 2048]);
//! let session = Session::new(link, Channel::new(&mut commands, &mut answers));
//! # Ok::<(), kazasu_pcsc::Error>(())
//! ```
#![forbid(unsafe_code)]

mod cancel;
mod connection;
mod error;
mod features;
mod link;
mod pin_pad;
pub mod quirks;
mod readers;
pub mod service;
#[cfg(feature = "stand-in")]
pub mod stand_in;
mod system;
mod watcher;
mod worker;

pub use cancel::Canceller;
pub use error::{Error, Operation};
pub use features::{Feature, Features};
pub use link::{CardInformation, Interface, Link, Settings};
pub use pin_pad::{PinFormat, modify_block, verify_block};
pub use readers::{Reader, Readers};
pub use service::{Code, ReaderName};
pub use system::System;
pub use watcher::{Event, Watcher};
