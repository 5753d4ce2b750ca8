//! A PN532 in software, with a simulated field before its antenna: firmware 1.6, command by command,
//! for a host on a serial line, SPI or I2C.
//!
//! [`Pn532`] is the chip with time passed in; [`serve`] puts it behind a byte pipe. What the chip
//! does wrong is a [`ChipFault`]; what its manual does not say is in [`Pn532Settings`]. It never
//! shares code with a driver.
//!
//! # What is modelled
//! Frames, normal and extended, ACK, NACK, the syntax error, wake-up and sleep. Commands:
//!
//! | Command | What of it |
//! |---|---|
//! | Diagnose | communication line; memories and antenna always pass; presence of a card with blocks |
//! | GetFirmwareVersion, GetGeneralStatus, SetSerialBaudRate, SetParameters, PowerDown | whole |
//! | ReadRegister, WriteRegister | all are kept; CIU_TxMode, CIU_RxMode, CIU_BitFraming mean something |
//! | ReadGPIO, WriteGPIO | the ports are not joined to anything |
//! | SAMConfiguration | normal mode; no other does anything |
//! | RFConfiguration | field, timings, retries; analog settings are taken and mean nothing |
//! | RFRegulationTest | the field is on, and no answer comes |
//! | InListPassiveTarget | Type A, Type B; FeliCa and Jewel find nothing |
//! | InDataExchange | with blocks: chaining and waiting time inside, 262 bytes a call, flag for more both ways |
//! | InCommunicateThru | frame, checksum and rate by the registers, time by RFConfiguration 02 |
//! | InPSL | PPS for Type A, up to 424 kbit/s |
//! | InDeselect, InRelease, InSelect | whole |
//!
//! Any other is a syntax error, as with a chip of another firmware: the target's side (`Tg…`),
//! InATR, InJumpForDEP, InJumpForPSL, InAutoPoll.
//!
//! # What the manual (UM0701-02) does not say
//! | What | Here |
//! |---|---|
//! | the largest frame that the chip takes from a card | [`Pn532Settings::frame_size_code`] |
//! | slots of Type B; which card it takes of several | [`Pn532Settings::slots`]; the first that is heard |
//! | whether it asks for halted cards | [`Pn532Settings::wakes_cards`] |
//! | InPSL for Type B | [`Pn532Settings::changes_rate_of_type_b`]: status 27 |
//! | how often it repeats a block | [`Pn532Settings::block_repetitions`] |
//! | the field before SAMConfiguration | [`Pn532Settings::needs_sam_configuration`] |
//! | the status of a character without its stop bit | 05 |
//! | how long it takes over a command | [`Pn532Settings::answer_delay`] |
//! | what becomes of a frame that is read in part on SPI or I2C | it is gone; NACK brings it again |
//! | targets of before, at InListPassiveTarget | they are forgotten, and not deselected |
//! | a target after a failed exchange | it stays a target |

mod bus;
mod chip;
mod command;
mod host;
mod registers;
mod serve;
mod settings;
mod target;

pub use chip::{HostInterface, Pn532};
pub use serve::{Served, serve};
pub use settings::{ChipEffect, ChipFault, Pieces, Pn532Settings, Until};
