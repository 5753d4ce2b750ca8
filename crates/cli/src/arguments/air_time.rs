//! The command line of the time model.

use crate::language::{Text, say};
use clap::Args;
use kazasu::apdu::time::Duration;
use kazasu_nfc::BitRate;
use kazasu_nfc::air::CardTimes;

/// How long the session would take over NFC.
#[derive(Args)]
pub(crate) struct AirTimeOptions {
    /// Print how long the session would take over NFC, on whichever reader it was: the air, at the
    /// fastest bit rate that card and reader declare and at each, and the card. A model, not measured
    #[arg(long)]
    pub(crate) air_time: bool,
    /// With --air-time: the fastest bit rate of the NFC reader in kbit/s; without it 848
    #[arg(long, value_name = "106|212|424|848", value_parser = rate, requires = "air_time")]
    pub(crate) air_rate: Option<BitRate>,
    /// With --air-time: how long the card works, in milliseconds, as
    /// select=39,verify=61,read=12,read-byte=0,signature=712,other=12; what is not named stays so
    #[arg(long, value_name = "NAME=MS,...", value_parser = card_times, requires = "air_time")]
    pub(crate) card_times: Option<CardTimes>,
}

fn rate(text: &str) -> Result<BitRate, Text> {
    let found = BitRate::ALL.into_iter().find(|rate| rate.kbps().to_string() == text);
    found.ok_or_else(say::bit_rates)
}

fn card_times(text: &str) -> Result<CardTimes, Text> {
    let mut times = CardTimes::default();
    for part in text.split(',') {
        let (name, value) = part.split_once('=').ok_or_else(|| say::no_card_time(part))?;
        let place = match name {
            "select" => &mut times.select,
            "verify" => &mut times.verify,
            "read" => &mut times.read,
            "read-byte" => &mut times.read_byte,
            "signature" => &mut times.signature,
            "other" => &mut times.other,
            _ => return Err(say::unknown_card_time(name)),
        };
        let value = value.parse::<f64>().ok().filter(|it| (0.0..=60_000.0).contains(it));
        let value = value.ok_or_else(|| say::card_time_range(part))?;
        *place = Duration::from_micros((value * 1_000.0) as u64);
    }
    Ok(times)
}
