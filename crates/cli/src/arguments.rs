//! The command line. What is written here is what `--help` shows.

mod air_time;
mod on_card;

pub(crate) use air_time::AirTimeOptions;
pub(crate) use on_card::{
    Attributes, AttributesCheck, AuthorityOptions, CardFace, CardFaceBy, CardFaceCommand,
    CardFaceShow, Check, CodeOptions, Face, FaceCommand, FacePhoto, KeyUseName, LivenessName,
    MethodName, PersonOptions, PhotoName, RecordTrustOptions,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use kazasu::apdu::ExtendedLength;
use kazasu::mynacard::{Key, Reference};
use kazasu::pki::{Kind, Time};
use kazasu::{CertificateFile, Nonce, Outcome};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::language::{Text, Told, say, usage};
use crate::reader::ReaderName;
use crate::{hex, serve};
use kazasu::virtual_card::Fault;

/// The My Number card (マイナンバーカード) at a reader: check-in, certificates, signatures, PINs, and
/// virtual cards to try it all without one.
#[derive(Parser)]
#[command(
    name = "kazasu",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_long_help = exit_numbers()
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Prove who holds the card: by its PIN (certificate, a fresh challenge signed and verified), or
    /// without one by face or by staff who see the photo
    CheckIn(CheckIn),
    /// Read name, address, date of birth and sex (基本4情報)
    Attributes(Attributes),
    /// Read what is on the face of the card (券面事項)
    CardFace(CardFace),
    /// The photo of the card
    Face(Face),
    /// Read certificates
    Cert(Cert),
    /// Sign a file with a key of the card
    Sign(Sign),
    /// Judge evidence or a signature again, without a card
    Verify(Verify),
    /// Tries left, and new PINs
    Pin(Pin),
    /// Virtual cards in files
    Card(Card),
    /// PC/SC readers and what is on them
    Readers(Readers),
    /// Look for what keeps check-ins from working, and say what to do
    Doctor(Doctor),
}

impl Arguments {
    /// Those of this run; `Err` has the exit number when it ends here: help, or a usage error, which is
    /// told in the language of the run.
    pub(crate) fn from_command_line() -> Result<Self, u8> {
        let given: Vec<OsString> = std::env::args_os().collect();
        Self::try_parse_from(&given).map_err(|error| usage::report(&error, &given))
    }
}

impl Command {
    /// How its result is printed.
    pub(crate) const fn output(&self) -> &OutputOptions {
        match self {
            Self::CheckIn(options) => &options.output,
            Self::Attributes(options) => &options.output,
            Self::CardFace(CardFace { command: CardFaceCommand::Show(options) }) => &options.output,
            Self::Face(Face { command: FaceCommand::Photo(options) }) => &options.output,
            Self::Cert(Cert { command: CertCommand::Show(options) }) => &options.output,
            Self::Sign(options) => &options.output,
            Self::Verify(options) => &options.output,
            Self::Pin(Pin { command: PinCommand::Status(options) }) => &options.output,
            Self::Pin(Pin { command: PinCommand::Change(options) }) => &options.output,
            Self::Card(Card { command: CardCommand::Issue(options) }) => &options.output,
            Self::Card(Card { command: CardCommand::Show(options) }) => &options.output,
            Self::Card(Card { command: CardCommand::Root(options) }) => &options.output,
            Self::Card(Card { command: CardCommand::Serve(options) }) => &options.output,
            Self::Readers(options) => &options.output,
            Self::Doctor(options) => &options.output,
        }
    }
}

/// The exit numbers, as the libraries have them and in their order, with the program's own.
fn exit_numbers() -> String {
    let mut names: BTreeMap<u8, String> =
        [(1, "internal error"), (2, "usage"), (3, "file error")].map(|(n, s)| (n, s.into())).into();
    for outcome in Outcome::ALL {
        names
            .entry(outcome.code())
            .and_modify(|name| name.push_str(&format!(" or {outcome}")))
            .or_insert_with(|| outcome.to_string());
    }
    let list: Vec<_> = names.iter().map(|(code, name)| format!("{code} {name}")).collect();
    format!("Exit numbers: {}.", list.join(", "))
}

#[derive(Args)]
pub(crate) struct Readers {
    /// Print readers and cards as they come and go, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Only the reader of this name, also as `pcsc:NAME`; else those whose names begin with it, else
    /// those that have it in their names
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Where the card is, and how to speak to it.
#[derive(Args)]
pub(crate) struct ReaderOptions {
    /// Which reader: `virtual` issues a demonstration card, `virtual:FILE` is a card in a file,
    /// `pcsc` is the only PC/SC reader with a My Number card, `pcsc:NAME` the one of that name
    #[arg(long, value_name = "READER", default_value = "virtual")]
    pub(crate) reader: ReaderName,
    /// Wait so many seconds for a card on a PC/SC reader, and for the reader of that name if this
    /// is given; without it 30, and not for a reader whose name none has that is there
    #[arg(long, value_name = "S", value_parser = whole_seconds())]
    pub(crate) wait: Option<u64>,
    /// Commands with extended length: try them, force them, or never use them
    #[arg(long, value_enum, value_name = "auto|on|off", default_value = "auto")]
    pub(crate) extended_length: ExtendedLengthMode,
    /// Print every exchange with the card to standard error: headers, lengths, status words, no data
    #[arg(long)]
    pub(crate) trace: bool,
    #[command(flatten)]
    pub(crate) air: AirTimeOptions,
}

/// How the result is printed.
#[derive(Args)]
pub(crate) struct OutputOptions {
    /// Print one JSON object on standard output instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of the text; without it the one of the environment
    #[arg(long, value_enum, value_name = "en|ja")]
    pub(crate) lang: Option<Language>,
}

/// Which roots are trusted, and at what time.
#[derive(Args)]
pub(crate) struct TrustOptions {
    /// Judge at this moment instead of now, for example 2026-11-21T09:00:00+09:00
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) now: Option<Time>,
    /// Trust the roots of JPKI test cards too
    #[arg(long)]
    pub(crate) test_hierarchy: bool,
    /// Trust this root too (DER); may be given up to eight times
    #[arg(long, value_name = "FILE")]
    pub(crate) anchor: Vec<PathBuf>,
}

impl TrustOptions {
    /// The files that they name.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.anchor.iter().map(PathBuf::as_path)
    }
}

/// How PINs and passwords come in.
#[derive(Args)]
pub(crate) struct SecretOptions {
    /// Read each secret, code or answer as one line from standard input, in the order asked
    #[arg(long, visible_alias = "code-stdin")]
    pub(crate) pin_stdin: bool,
    /// The holder knows that it may be the last try, and confirms
    #[arg(long)]
    pub(crate) confirm_last_try: bool,
}

#[derive(Args)]
pub(crate) struct CheckIn {
    #[command(flatten)]
    pub(crate) person: PersonOptions,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
    #[command(flatten)]
    pub(crate) secrets: SecretOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    /// The challenge, 16 to 64 bytes in hexadecimal; without it 32 fresh bytes are taken
    #[arg(long, value_name = "HEX", value_parser = nonce)]
    pub(crate) nonce: Option<Nonce>,
    /// Write nonce, scheme, signature and certificate to this file when the check-in by PIN is verified
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
    /// Show names and addresses
    #[arg(long)]
    pub(crate) show_personal: bool,
}

#[derive(Args)]
pub(crate) struct Cert {
    #[command(subcommand)]
    pub(crate) command: CertCommand,
}

#[derive(Subcommand)]
pub(crate) enum CertCommand {
    /// Read one certificate, judge it, show it
    Show(CertShow),
}

#[derive(Args)]
pub(crate) struct CertShow {
    /// Which certificate
    #[arg(long, value_enum, value_name = "auth|auth-ca|sign|sign-ca")]
    pub(crate) kind: CertificateName,
    /// Write it to this file (DER), if it is trusted
    #[arg(long, value_name = "FILE.der")]
    pub(crate) out: Option<PathBuf>,
    /// With --out: write it even if it is not trusted; the exit number still says so
    #[arg(long, requires = "out")]
    pub(crate) untrusted: bool,
    /// Show names and addresses
    #[arg(long)]
    pub(crate) show_personal: bool,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
    #[command(flatten)]
    pub(crate) secrets: SecretOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// Which key
    #[arg(long, value_enum, value_name = "auth|sign")]
    pub(crate) key: KeyName,
    /// What to sign
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Where the signature goes: 256 raw bytes, RSASSA-PKCS1-v1_5 with SHA-256
    #[arg(long, value_name = "SIG")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
    #[command(flatten)]
    pub(crate) secrets: SecretOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    /// Show names and addresses
    #[arg(long)]
    pub(crate) show_personal: bool,
}

#[derive(Args)]
#[command(group(clap::ArgGroup::new("judged").required(true).args(["evidence", "input"])))]
pub(crate) struct Verify {
    /// Evidence of a check-in
    #[arg(
        long,
        value_name = "FILE",
        requires = "nonce",
        conflicts_with_all = ["input", "sig", "cert", "signature_only"]
    )]
    pub(crate) evidence: Option<PathBuf>,
    /// The challenge that the evidence must be for: the one that was given out
    #[arg(long, value_name = "HEX", value_parser = nonce, requires = "evidence")]
    pub(crate) nonce: Option<Nonce>,
    /// What was signed
    #[arg(long = "in", value_name = "FILE", requires = "sig", requires = "cert")]
    pub(crate) input: Option<PathBuf>,
    /// Its signature
    #[arg(long, value_name = "SIG", requires = "input")]
    pub(crate) sig: Option<PathBuf>,
    /// The signer's certificate (DER)
    #[arg(long, value_name = "FILE", requires = "input")]
    pub(crate) cert: Option<PathBuf>,
    /// Check the signature alone: not who issued the certificate, nor its dates or purpose
    #[arg(long, requires = "input")]
    pub(crate) signature_only: bool,
    #[command(flatten)]
    pub(crate) trust: TrustOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    /// Show names and addresses
    #[arg(long)]
    pub(crate) show_personal: bool,
}

#[derive(Args)]
pub(crate) struct Pin {
    #[command(subcommand)]
    pub(crate) command: PinCommand,
}

#[derive(Subcommand)]
pub(crate) enum PinCommand {
    /// Tries left of every PIN; uses none
    Status(PinStatus),
    /// Set a new PIN or password; asks for the current one, then the new one
    Change(PinChange),
}

#[derive(Args)]
pub(crate) struct PinStatus {
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct PinChange {
    /// Which one
    #[arg(long, value_enum, value_name = "auth|sign|text")]
    pub(crate) kind: PinName,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) secrets: SecretOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

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

/// Up to a day.
fn whole_seconds() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(0..=86_400)
}

fn seconds(text: &str) -> Result<f64, Text> {
    let seconds = text.parse::<f64>().ok().filter(|it| (0.0..=86_400.0).contains(it));
    seconds.ok_or_else(say::seconds_range)
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    En,
    Ja,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ExtendedLengthMode {
    Auto,
    On,
    Off,
}

impl From<ExtendedLengthMode> for ExtendedLength {
    fn from(mode: ExtendedLengthMode) -> Self {
        match mode {
            ExtendedLengthMode::Auto => Self::Auto,
            ExtendedLengthMode::On => Self::On,
            ExtendedLengthMode::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KeyName {
    Auth,
    Sign,
}

impl KeyName {
    pub(crate) const fn key(self) -> Key {
        match self {
            Self::Auth => Key::Auth,
            Self::Sign => Key::Sign,
        }
    }

    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Auth => Kind::Auth,
            Self::Sign => Kind::Sign,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RootName {
    Auth,
    Sign,
    CardFace,
    InputSupport,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CertificateName {
    Auth,
    AuthCa,
    Sign,
    SignCa,
}

impl CertificateName {
    pub(crate) const fn file(self) -> CertificateFile {
        match self {
            Self::Auth => CertificateFile::Auth,
            Self::AuthCa => CertificateFile::AuthCa,
            Self::Sign => CertificateFile::Sign,
            Self::SignCa => CertificateFile::SignCa,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthCa => "auth-ca",
            Self::Sign => "sign",
            Self::SignCa => "sign-ca",
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PinName {
    Auth,
    Sign,
    Text,
}

impl PinName {
    pub(crate) const fn reference(self) -> Reference {
        match self {
            Self::Auth => Reference::Auth,
            Self::Sign => Reference::Sign,
            Self::Text => Reference::Text,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TokenName {
    Card,
    Android,
    Iphone,
}

fn time(text: &str) -> Result<Time, Text> {
    Time::parse_rfc3339(text).map_err(|_| say::no_time())
}

fn nonce(text: &str) -> Result<Nonce, Text> {
    let bytes = hex::decode(text).ok_or_else(say::no_hexadecimal)?;
    Nonce::given(&bytes).map_err(|error| error.text())
}

fn date(text: &str) -> Result<kazasu::virtual_card::Date, Text> {
    kazasu::virtual_card::Date::parse(text).ok_or_else(say::no_date)
}
