//! The command line of virtual cards: issued, shown, served.

use super::{OutputOptions, PhotoName, whole_seconds};
use crate::language::{Text, say};
use crate::serve;
use clap::{Args, Subcommand, ValueEnum};
use kazasu::virtual_card::Fault;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Card {
    #[command(subcommand)]
    pub(crate) command: CardCommand,
}

#[derive(Subcommand)]
pub(crate) enum CardCommand {
    /// Issue a virtual card into a file
    Issue(CardIssue),
    /// Show a virtual card
    Show(CardShow),
    /// Write the root certificate of virtual cards
    Root(CardRoot),
    /// Put a virtual card into a slot of vpcd, so that it is there for every PC/SC program
    Serve(CardServe),
}

#[derive(Args)]
pub(crate) struct CardServe {
    /// Where vpcd listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:35963")]
    pub(crate) vpcd: String,
    /// The card file
    #[arg(long, value_name = "FILE")]
    pub(crate) card: PathBuf,
    /// Put the card in after so many seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(crate) insert_after: Option<f64>,
    /// Take the card out so many seconds later, and end; without it, at Ctrl-C
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(crate) remove_after: Option<f64>,
    /// Put the card back in so many seconds after a fault, or the end of pcscd, threw it out. Less
    /// than 0.4 s may pass unseen by pcscd
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    pub(crate) return_after: f64,
    /// Wait so many seconds for vpcd
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = whole_seconds())]
    pub(crate) wait: u64,
    /// Switch a fault on; may be given several times
    #[arg(long, value_name = "FAULT", value_parser = serve::fault, long_help = serve::FAULTS)]
    pub(crate) fault: Vec<Fault>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct CardIssue {
    /// The card file; it must not exist yet
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// PIN for user authentication (利用者証明用), invented: four digits
    #[arg(long, default_value = "1234")]
    pub(crate) pin: String,
    /// Password for digital signature (署名用), invented: 6 to 16 of A-Z and 0-9
    #[arg(long, default_value = "TEST1234")]
    pub(crate) password: String,
    /// Tries left of the PIN, 0 to 3; 0 is a blocked one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) tries: Option<u8>,
    /// Last valid day of the certificates, YYYY-MM-DD; without it the fifth birthday to come
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) not_after: Option<kazasu::virtual_card::Date>,
    /// First valid day of the certificates, YYYY-MM-DD; without it today, or five years
    /// before a last day that is past
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) issued: Option<kazasu::virtual_card::Date>,
    /// The card refuses extended length
    #[arg(long)]
    pub(crate) no_extended_length: bool,
    /// Make new keys instead of taking public test keys
    #[arg(long)]
    pub(crate) fresh_keys: bool,
    /// Make a copy: certificates and records are right, the keys are others; a check-in ends in 19
    #[arg(long)]
    pub(crate) copied: bool,
    /// What carries the keys
    #[arg(long, value_enum, default_value = "card")]
    pub(crate) token: TokenName,
    /// Whose photo is on it: the drawing of all virtual cards, or another one
    #[arg(long, value_enum, default_value = "sample")]
    pub(crate) photo: PhotoName,
    /// The card takes the stand-in for the institution authentication (特定機関認証)
    #[arg(long)]
    pub(crate) stand_in_institution: bool,
    /// Carry the files of a JPKI test card; nobody has its keys, so a check-in ends in 19
    #[arg(long, conflicts_with_all = ["not_after", "issued", "fresh_keys", "copied", "token", "photo"])]
    pub(crate) test_card: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct CardShow {
    /// The card file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Show name and address of the invented holder
    #[arg(long)]
    pub(crate) show_personal: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct CardRoot {
    /// The card file; without it the root of demonstration cards
    #[arg(long, value_name = "FILE")]
    pub(crate) card: Option<PathBuf>,
    /// Where the root certificate goes (DER), or the authority (JSON)
    #[arg(long, value_name = "ROOT.der")]
    pub(crate) out: PathBuf,
    /// The root of which certificate, or the authority of which records (JSON)
    #[arg(long, value_enum, default_value = "auth")]
    pub(crate) kind: RootName,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RootName {
    Auth,
    Sign,
    CardFace,
    InputSupport,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TokenName {
    Card,
    Android,
    Iphone,
}

fn seconds(text: &str) -> Result<f64, Text> {
    let seconds = text.parse::<f64>().ok().filter(|it| (0.0..=86_400.0).contains(it));
    seconds.ok_or_else(say::seconds_range)
}

fn date(text: &str) -> Result<kazasu::virtual_card::Date, Text> {
    kazasu::virtual_card::Date::parse(text).ok_or_else(say::no_date)
}
