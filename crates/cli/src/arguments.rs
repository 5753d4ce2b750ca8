//! The command line. What is written here is what `--help` shows.

mod air_time;
mod card;
mod on_card;

pub(crate) use air_time::AirTimeOptions;
pub(crate) use card::{
    Card, CardCommand, CardIssue, CardRoot, CardServe, CardShow, RootName, TokenName,
};
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

use crate::hex;
use crate::language::{Text, Told, say, usage};
use crate::reader::ReaderName;

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

/// Up to a day.
fn whole_seconds() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(0..=86_400)
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

fn time(text: &str) -> Result<Time, Text> {
    Time::parse_rfc3339(text).map_err(|_| say::no_time())
}

fn nonce(text: &str) -> Result<Nonce, Text> {
    let bytes = hex::decode(text).ok_or_else(say::no_hexadecimal)?;
    Nonce::given(&bytes).map_err(|error| error.text())
}
