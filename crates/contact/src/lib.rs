//! The reader's side of a contact slot after ISO/IEC 7816-3, as engines without I/O: answer to
//! reset, parameter choice, T=0, T=1, and the life of the contacts.
//!
//! This crate never touches a pin or a UART, never reads a clock, never sleeps, never allocates and
//! never sends a command APDU twice: bytes, levels and moments go in and out as values, and a driver
//! moves them. What a block loses on its way is repeated by the rules of T=1, under the same number,
//! so that the card recognises it; a whole command never is.
//!
//! * [`Slot`]: the whole life of a slot, from power to the answer and back. A driver asks it for one
//!   [`Action`] at a time and tells it one [`Event`] at a time. Everything else is inside it.
//! * [`atr`]: the answer to reset, parsed.
//! * [`parameters`]: protocol, F and D, chosen from what the card offers; the PPS exchange.
//! * [`timing`]: guard times and waiting times in etu and microseconds.
//! * [`t0`], [`t1`]: the two protocols, each alone.
//! * [`driver`]: a driver that is there already, over the traits of a board.
//!
//! # Writing a driver
//! A driver does what the [`Action`] says and comes back with an [`Event`]. It needs four things of
//! the hardware: a serial line of 8 data bits with parity, RST, VCC, and a clock to read; CLK may
//! run for ever, and a card-detect switch is optional. The loop:
//!
//! 1. Call [`Slot::step`] with the moment that is now and an event.
//! 2. Carry the action out, exactly once.
//! 3. Go to 1; with [`Event::Ready`] when the action was carried out or its time is over, or with
//!    what the line brought.
//!
//! See [`Slot`] for the contract in full.
#![no_std]
#![forbid(unsafe_code)]

pub mod atr;
pub mod driver;
mod error;
pub mod parameters;
mod settings;
pub mod slot;
pub mod t0;
pub mod t1;
mod time;
pub mod timing;
mod turn;

pub use error::Error;
pub use parameters::{Parameters, Protocol};
pub use settings::{Preference, Settings};
pub use slot::{Action, Class, Contact, Event, Level, Parity, Serial, Slot, State};
pub use time::{Duration, Instant, Rate};
