//! The reader's side of ISO/IEC 14443, the proximity coupling device (PCD), as engines without I/O:
//! activation of Type B and Type A, the block protocol of part 4, presence, and the life of the
//! field.
//!
//! This crate never touches a chip, never reads a clock, never sleeps, never allocates and never
//! sends a command APDU twice: frames and moments go in and out as values, and a driver moves them.
//! What a frame loses on its way is repeated by the rules of ISO/IEC 14443-4 clause 7.5, under the
//! same block number and only on the card's word that it has not got it; a whole command never is.
//!
//! * [`Field`]: the whole life of the field, from polling to the answer and back. A driver asks it
//!   for one [`Action`] at a time and tells it one [`Event`] at a time. Everything else is inside.
//! * [`FrontEnd`] and [`Link`]: the trait for raw radios that block, and the
//!   [`kazasu_apdu::Transport`] over it. With the feature `nb` also `PolledFrontEnd` and
//!   `PolledLink`, with `async` `AsyncFrontEnd` and `AsyncLink`, with both `Paced`, which makes the
//!   second of the first. [`CardFrontEnd`] and [`CardLink`] are for chips that do part 4 themselves.
//! * [`type_b`], [`type_a`]: the commands and answers of activation.
//! * [`block`]: the block protocol, alone.
//! * [`frame`], [`timing`], [`air`]: checksums and sizes, waiting times, and how long frames take.
//!
//! # Writing a driver
//! Implement [`FrontEnd`]: switch the field, send a frame and wait for one, tell the time. It needs
//! no knowledge of the protocol.
#![no_std]
#![forbid(unsafe_code)]

pub mod air;
pub mod block;
pub mod card;
mod error;
pub mod field;
pub mod frame;
mod front_end;
mod link;
mod rate;
mod settings;
pub mod timing;
pub mod type_a;
pub mod type_b;

pub use card::{Card, Identity};
pub use error::{Advice, Error};
pub use field::{Action, Capabilities, Event, Exchange, Field, Reception, State};
pub use frame::Kind;
#[cfg(feature = "async")]
pub use front_end::AsyncFrontEnd;
#[cfg(feature = "nb")]
pub use front_end::PolledFrontEnd;
pub use front_end::{CardFrontEnd, FrontEnd};
pub use kazasu_apdu::time::{Duration, Instant};
#[cfg(feature = "async")]
pub use link::AsyncLink;
#[cfg(all(feature = "async", feature = "nb"))]
pub use link::Paced;
#[cfg(feature = "nb")]
pub use link::PolledLink;
pub use link::{CardLink, Link, LinkError};
pub use rate::{BitRate, Rates};
pub use settings::{Settings, Several};
