//! The program over the real PC/SC service: pcscd, with virtual cards in the slots of its vpcd.
//!
//! They run where `KAZASU_TEST_PCSC` is set, inside of a pcscd of their own
//! (`cargo run -p kazasu-test-pcscd --bin private-pcscd -- cargo test -p kazasu-cli --features pcsc
//! --test pcsc`, or `cargo xtask pcsc`); elsewhere they say that they were skipped.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod bench;
mod broken;
mod check_in;
#[path = "../common/mod.rs"]
mod common;
mod leftovers;
mod on_card;
mod pulled;
mod raw;
mod readers;
mod serve;
mod service;
mod terminal;
mod together;
