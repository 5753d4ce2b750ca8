//! A driver of the NXP PN532 over I2C, SPI and UART, for cards of ISO/IEC 14443 Type B and Type A.
//!
//! It never repeats a command that may reach a card, never reads a clock by itself, never sleeps,
//! never allocates. Facts are from the user manual UM0701-02 (firmware 1.6) and the data sheet; what
//! they do not say is a field of [`Settings`].
//!
//! * [`Pn532`]: the chip. With [`kazasu_nfc::Link`] (or `PolledLink`, feature `nb`) it carries raw
//!   frames, and the engine of `kazasu-nfc` activates cards and does the block protocol. With
//!   [`kazasu_nfc::CardLink`] it does all that itself.
//! * [`Bus`]: how it is joined: `I2c` and `Spi` (feature `embedded-hal`), `SerialIo` (feature
//!   `embedded-io-v0.7`), `SerialNb` (feature `embedded-hal-nb`).
//! * [`Time`], [`Reset`]: a clock, and a pin if there is one.
//! * [`frame`], [`host`]: frames and the host's side of a command, without I/O.
//!
//! # Limits of the chip
//! | What | Limit |
//! |---|---|
//! | a raw frame, checksum included | [`FRAME`] = 262 bytes, so 256 to and from a card |
//! | an APDU that the chip carries itself | none: parts of [`PART`] = 262 bytes |
//! | what the chip takes from a card in one frame, when it does the blocks | not in the manual |
//! | Type B when the chip does the blocks | 106 kbit/s: InPSL is for Type A |
//! | Type B by raw frames | [`Settings::rates_b`], 106 kbit/s unless the board is found to do more |
//! | where bits of Type A collide | not told: two phones are reported, and cannot be told apart |
//! | two cards when the chip activates | one is taken unless [`Settings::report_two`] |
//! | waiting times | steps of a factor of two up to 3.28 s; the host ends the rest ([`Settings::grace`]) |
//!
//! How to wire it, and what to do when it hangs: `docs/nfc-reader.md`.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod board;
pub mod bus;
mod card;
mod chip;
mod command;
mod error;
mod field;
pub mod frame;
pub mod host;
mod radio;
mod settings;

#[cfg(feature = "embedded-hal")]
pub use board::ResetPin;
pub use board::{NoReset, Reset, Time};
pub use bus::Bus;
pub use card::PART;
pub use chip::{Firmware, Pn532};
pub use command::Order;
pub use error::{BusFault, Error, Status};
pub use radio::FRAME;
pub use settings::{Analog, Settings};
