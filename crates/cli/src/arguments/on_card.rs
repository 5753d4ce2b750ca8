//! The command line of what stands on the card: attributes, card face, photo.

use super::{OutputOptions, ReaderOptions};
use clap::{Args, Subcommand, ValueEnum};
use kazasu::AttributesCode;
use kazasu::face::Liveness;
use kazasu::mynacard::Reference;
use std::path::{Path, PathBuf};

/// How access codes come in.
#[derive(Args)]
pub(crate) struct CodeOptions {
    /// Read the code as one line from standard input: its digits, or birth date, year of expiry and
    /// security code with spaces between them
    #[arg(long, visible_alias = "pin-stdin")]
    pub(crate) code_stdin: bool,
    /// Whoever gives the code knows that it may be one of the last two tries, or the last one of a
    /// PIN, and confirms
    #[arg(long)]
    pub(crate) confirm_last_try: bool,
}

/// Which authorities of the card's records are accepted.
#[derive(Args)]
pub(crate) struct RecordTrustOptions {
    /// Accept the authorities of test cards too
    #[arg(long)]
    pub(crate) test_hierarchy: bool,
    #[command(flatten)]
    pub(crate) authorities: AuthorityOptions,
}

/// Authorities of the card's records that the caller brings.
#[derive(Args)]
pub(crate) struct AuthorityOptions {
    /// Accept this authority of the card's records too, as `kazasu card root` writes it; may be given
    /// up to eight times
    #[arg(long, value_name = "FILE.json")]
    pub(crate) authority: Vec<PathBuf>,
}

impl AuthorityOptions {
    /// The files that they name.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.authority.iter().map(PathBuf::as_path)
    }
}

/// What of a record is verified.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Check {
    Card,
    Signature,
    None,
}

/// The same for the attributes, which name no key of the card.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AttributesCheck {
    Signature,
    None,
}

impl From<AttributesCheck> for Check {
    fn from(check: AttributesCheck) -> Self {
        match check {
            AttributesCheck::Signature => Self::Signature,
            AttributesCheck::None => Self::None,
        }
    }
}

#[derive(Args)]
pub(crate) struct Attributes {
    /// What opens them: the PIN for input support, or number B (照合番号B)
    #[arg(long, value_enum, value_name = "pin|number-b", default_value = "pin")]
    pub(crate) by: AttributesBy,
    /// What to verify: the signature, or nothing
    #[arg(long, value_enum, value_name = "signature|none", default_value = "signature")]
    pub(crate) check: AttributesCheck,
    /// Show name, address, date of birth and sex
    #[arg(long)]
    pub(crate) show_personal: bool,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) trust: RecordTrustOptions,
    #[command(flatten)]
    pub(crate) codes: CodeOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AttributesBy {
    Pin,
    NumberB,
}

impl AttributesBy {
    pub(crate) const fn code(self) -> AttributesCode {
        match self {
            Self::Pin => AttributesCode::Pin,
            Self::NumberB => AttributesCode::NumberB,
        }
    }
}

#[derive(Args)]
pub(crate) struct CardFace {
    #[command(subcommand)]
    pub(crate) command: CardFaceCommand,
}

#[derive(Subcommand)]
pub(crate) enum CardFaceCommand {
    /// Read the card face, verify it, let the card prove that it is no copy, and show it
    Show(CardFaceShow),
}

#[derive(Args)]
pub(crate) struct CardFaceShow {
    /// What opens it: number B (照合番号B), or the birth date, which opens the date of birth alone
    #[arg(long, value_enum, value_name = "number-b|birth-date", default_value = "number-b")]
    pub(crate) by: CardFaceBy,
    /// What to verify: the signature and that the card is no copy, the signature alone, or nothing
    #[arg(long, value_enum, value_name = "card|signature|none", default_value = "card")]
    pub(crate) check: Check,
    /// Do not draw the photo; it is never drawn where standard output is no terminal
    #[arg(long)]
    pub(crate) no_photo: bool,
    /// Show name, address, dates and sex
    #[arg(long)]
    pub(crate) show_personal: bool,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) trust: RecordTrustOptions,
    #[command(flatten)]
    pub(crate) codes: CodeOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CardFaceBy {
    NumberB,
    BirthDate,
}

impl CardFaceBy {
    pub(crate) const fn reference(self) -> Reference {
        match self {
            Self::NumberB => Reference::CardFaceNumberB,
            Self::BirthDate => Reference::BirthDate,
        }
    }
}

#[derive(Args)]
pub(crate) struct Face {
    #[command(subcommand)]
    pub(crate) command: FaceCommand,
}

#[derive(Subcommand)]
pub(crate) enum FaceCommand {
    /// Write the photo to a file, if the card face is verified and the card is no copy
    Photo(FacePhoto),
}

#[derive(Args)]
pub(crate) struct FacePhoto {
    /// Write it to this file, which only its owner can read: PNG, made of the pixels
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Write the bytes as the card has them, JPEG 2000 on the known cards
    #[arg(long)]
    pub(crate) original: bool,
    /// What to verify before it is written: the signature and that the card is no copy, the signature
    /// alone, or nothing
    #[arg(long, value_enum, value_name = "card|signature|none", default_value = "card")]
    pub(crate) check: Check,
    #[command(flatten)]
    pub(crate) reader: ReaderOptions,
    #[command(flatten)]
    pub(crate) trust: RecordTrustOptions,
    #[command(flatten)]
    pub(crate) codes: CodeOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// How the holder is known, and what of the card's keys is used.
#[derive(Args)]
pub(crate) struct PersonOptions {
    /// How the holder is known: by PIN, by face (顔認証), or by a member of staff who looks (目視確認)
    #[arg(long, value_enum, value_name = "pin|face|visual", default_value = "pin")]
    pub(crate) method: MethodName,
    /// Without a PIN, which key proves the card: its own, so that the certificate is not proven, or
    /// also that for user authentication by a stand-in, of virtual cards only. Without it the first
    #[arg(long, value_enum, value_name = "card-authenticity|stand-in")]
    pub(crate) key_use: Option<KeyUseName>,
    /// By face: the picture that the matcher for demonstrations gets instead of a camera's, PNG or
    /// JPEG 2000; without it the demonstration card's own photo, with that card alone
    #[arg(long, value_name = "FILE")]
    pub(crate) probe: Option<PathBuf>,
    /// By face: what the stand-in for liveness says; without it passed
    #[arg(long, value_enum, value_name = "passed|failed|not-checked")]
    pub(crate) stand_in_liveness: Option<LivenessName>,
    /// By visual check: who of the staff answers for it, up to 32 bytes
    #[arg(long, value_name = "WHO", required_if_eq("method", "visual"))]
    pub(crate) operator: Option<String>,
    /// By visual check: why it was chosen, up to 64 bytes
    #[arg(long, value_name = "TEXT", required_if_eq("method", "visual"))]
    pub(crate) reason: Option<String>,
    /// By visual check where no terminal can show the photo: put it into this file, which must not be
    /// there, while staff are asked; it is overwritten and removed then
    #[arg(long, value_name = "FILE.png")]
    pub(crate) photo_out: Option<PathBuf>,
    /// By visual check: wait so many seconds for both answers; without it 60
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) answer_within: Option<u32>,
    #[command(flatten)]
    pub(crate) authorities: AuthorityOptions,
}

impl PersonOptions {
    /// An option that the method has no use for, if one was given.
    pub(crate) fn useless(&self) -> Option<&'static str> {
        let (face, visual) = (self.method == MethodName::Face, self.method == MethodName::Visual);
        [
            ("--key-use", self.key_use.is_some() && !face && !visual),
            ("--authority", !self.authorities.authority.is_empty() && !face && !visual),
            ("--probe", self.probe.is_some() && !face),
            ("--stand-in-liveness", self.stand_in_liveness.is_some() && !face),
            ("--operator", self.operator.is_some() && !visual),
            ("--reason", self.reason.is_some() && !visual),
            ("--answer-within", self.answer_within.is_some() && !visual),
            ("--photo-out", self.photo_out.is_some() && !visual),
        ]
        .into_iter()
        .find_map(|(name, useless)| useless.then_some(name))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodName {
    Pin,
    Face,
    Visual,
}

impl MethodName {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Face => "face",
            Self::Visual => "visual",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyUseName {
    CardAuthenticity,
    StandIn,
}

impl KeyUseName {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::CardAuthenticity => "card-authenticity",
            Self::StandIn => "stand-in",
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LivenessName {
    Passed,
    Failed,
    NotChecked,
}

impl LivenessName {
    pub(crate) const fn liveness(self) -> Liveness {
        match self {
            Self::Passed => Liveness::Passed,
            Self::Failed => Liveness::Failed,
            Self::NotChecked => Liveness::NotChecked,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PhotoName {
    Sample,
    Another,
}
