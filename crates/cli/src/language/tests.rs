//! Nothing is told in one language alone: every text of the table, every outcome and every error that a
//! flow can end in has both, and no sentence of the Japanese one is English.

use super::say;
use super::text::{Told, UNKNOWN};
use super::trust::phase;
use crate::arguments::Language;
use kazasu::apdu::transport::ErrorKind;
use kazasu::apdu::{AnswerError, EncodeError, Fault, PinPadEnd, ResponseError, Status};
use kazasu::face::decode::DecodeError;
use kazasu::face::{
    AttackKind, CaptureLimit, DeviceFault, End, PhotoProblem, PolicyError, Quality, Question,
    TextError, VisualEnd,
};
use kazasu::mynacard::{
    AccessCodeError, Application, Cause, ChangeError, Error, FileError, InputError,
    InstitutionError, Operation, PasswordError, PinError, Reference, VerifyError,
};
use kazasu::pki::cvc::{CvcError, CvcRole};
use kazasu::pki::records::RecordError;
use kazasu::pki::{self, Phase, SignatureError};
use kazasu::virtual_card::{self, vpcd};
use kazasu::{Declined, Failure, NonceError, Outcome, tlv};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io;

/// Three English words one after the other, options and names in capitals left out.
fn has_english_sentence(text: &str) -> bool {
    let mut run = 0;
    text.split(|character: char| character.is_whitespace() || !character.is_ascii()).any(|word| {
        let word = word.trim_matches(|it: char| it.is_ascii_punctuation() && it != '-');
        let letters = word.len() > 1 && word.bytes().all(|it| it.is_ascii_lowercase());
        run = if letters { run + 1 } else { 0 };
        run >= 3
    })
}

fn has_japanese(text: &str) -> bool {
    text.chars().any(|it| matches!(it, '\u{3040}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}'))
}

fn both(name: &str, en: &str, ja: &str) {
    assert!(
        !en.is_empty() && !has_japanese(en.replace("券面事項確認AP", "").as_str()),
        "{name}: {en}"
    );
    assert!(has_japanese(ja), "{name}: {ja}");
    // A command line is the same in every language.
    let prose: String = ja.split('`').step_by(2).collect();
    let prose = prose.split("openssl").next().unwrap_or_default();
    assert!(!has_english_sentence(prose), "{name}: {ja}");
    assert_ne!(ja, UNKNOWN, "{name}");
}

#[test]
fn english_is_recognised() {
    assert!(has_english_sentence("暗証番号 the card answered 6A82"));
    assert!(!has_english_sentence("kazasu: SELECT: カードの応答 6A82（--lang en）"));
}

/// What a text has to be filled with, and the options that it names.
fn parts(text: &str) -> BTreeSet<String> {
    let filled = text.split('{').skip(1).map(|it| it.split('}').next().unwrap_or_default());
    let words = text.split(|it: char| !(it.is_ascii_lowercase() || it == '-'));
    let options = words.filter(|word| word.starts_with("--") && word.len() > 2);
    filled.chain(options).map(str::to_owned).collect()
}

#[test]
fn every_text_of_the_table_has_both_languages() {
    for (name, en, ja) in say::ALL {
        both(name, en, ja);
        let (missing, there) = (parts(en), parts(ja));
        // The long list of faults stays in the help.
        if *name != "no_fault" {
            assert!(missing.is_subset(&there), "{name}: {missing:?} {there:?}");
        }
    }
}

#[test]
fn every_outcome_has_both_languages() {
    for outcome in Outcome::ALL {
        for left in [None, Some(0), Some(1), Some(3)] {
            let text = |language: Language| {
                [language.outcome(*outcome, left), language.outcome_of_code(*outcome, left)]
            };
            for (en, ja) in text(Language::En).into_iter().zip(text(Language::Ja)) {
                assert_ne!(en, outcome.as_str());
                both(outcome.as_str(), &en, &ja);
            }
        }
    }
}

#[test]
fn every_question_and_stage_has_both_languages() {
    for quality in Quality::ALL {
        both(quality.as_str(), &Language::En.quality(*quality), &Language::Ja.quality(*quality));
    }
    for question in [Question::PhotoIsPerson, Question::PhotoIsPrintedFace] {
        both("question", Language::En.question(question), Language::Ja.question(question));
    }
}

/// Names of the variants of an enum, from its source.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let body = source.split(&format!("pub enum {name} {{\n")).nth(1).unwrap_or_default();
    let body = body.split("\n}").next().unwrap_or_default();
    let names = body.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let starts = line.starts_with(|it: char| it.is_ascii_uppercase());
        let end = line.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(line.len());
        starts.then(|| line.get(..end).unwrap_or_default().to_owned())
    });
    let names: BTreeSet<_> = names.collect();
    assert!(names.len() > 1, "{name} is not in that file any more: {names:?}");
    names
}

/// All of an enum's variants, told in both languages.
fn all<T: Told + Debug>(source: &str, name: &str, of: &[T]) {
    let given: BTreeSet<String> = of
        .iter()
        .map(|it| {
            let text = format!("{it:?}");
            let end = text.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(text.len());
            text.get(..end).unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!(given, variants(source, name), "{name}");
    for error in of {
        both(&format!("{name} {error:?}"), &error.to_string(), &error.japanese());
    }
}

macro_rules! source {
    ($path:literal) => {
        include_str!(concat!("../../../", $path))
    };
}

const STATUS: Status = Status::WRONG_DATA;

const fn broken() -> Error {
    Error::Exchange { operation: Operation::ReadBinary, fault: Fault::Link(ErrorKind::LinkBroken) }
}

fn damaged() -> tlv::Error {
    match tlv::object(&[0x30, 0x05], tlv::Rules::Der) {
        Err(error) => error,
        Ok(_) => unreachable!("it is cut"),
    }
}

#[test]
fn every_failure_has_both_languages() {
    all(
        source!("kazasu/src/failure.rs"),
        "Failure",
        &[
            Failure::Authenticity(SignatureError::Mismatch),
            Failure::Card(broken()),
            Failure::Certificate(pki::Error::UnknownIssuer),
            Failure::Change(ChangeError::WrongKind),
            Failure::Code(VerifyError::Blocked),
            Failure::Code(VerifyError::WrongAndBlocked),
            Failure::Code(VerifyError::Wrong { left: 9 }),
            Failure::Cvc(CvcError::UnknownIssuer),
            Failure::Declined(Declined::Cancelled),
            Failure::DemonstrationMatcher,
            Failure::Face(End::NoMatch),
            Failure::FacePolicy(PolicyError::Scale),
            Failure::Input(InputError::WrongReference),
            Failure::Institution(InstitutionError::Refused),
            Failure::OtherHierarchy,
            Failure::Phase(Phase::Grace),
            Failure::PhoneGrace,
            Failure::Record(RecordError::Offsets),
            Failure::Signature(SignatureError::Mismatch),
            Failure::StandIn,
            Failure::Verify(VerifyError::Blocked),
            Failure::Visual(VisualEnd::TimedOut),
        ],
    );
    for of in [Phase::NotYet, Phase::Valid, Phase::Expiring, Phase::Grace, Phase::Over] {
        both(of.as_str(), of.as_str(), &phase(of));
    }
    all(source!("kazasu/src/holder.rs"), "Declined", &[Declined::Cancelled, Declined::TimedOut]);
    all(
        source!("kazasu/src/nonce.rs"),
        "NonceError",
        &[NonceError::NoRandomness, NonceError::WrongLength { length: 3 }],
    );
}

#[test]
fn every_error_of_the_card_has_both_languages() {
    let error = source!("mynacard/src/error.rs");
    let applications = [Application::Jpki, Application::CardFace];
    let mut errors = vec![
        Error::AlreadyVerified,
        Error::EvidenceExpired,
        broken(),
        Error::File(FileError::Content),
        Error::ImpossibleTries { reference: Reference::Auth, left: 15 },
        Error::NeedsExtendedLength { operation: Operation::ReadBinary },
        Error::Status { operation: Operation::SelectFile, status: Status::NOT_FOUND },
        Error::Status { operation: Operation::ReadTries, status: STATUS },
        Error::Status { operation: Operation::InstitutionAuthentication, status: STATUS },
        Error::WrongSignatureLength { length: 3 },
    ];
    errors.extend(applications.map(|application| Error::NoApplication { application }));
    all(error, "Error", &errors);
    all(
        error,
        "FileError",
        &[
            FileError::Content,
            FileError::Ended { at: 1, expected: 2 },
            FileError::TooLong { length: 40_000 },
            FileError::SinkFull { needed: 3 },
        ],
    );
    let verify = source!("mynacard/src/verify.rs");
    let fault = Fault::Link(ErrorKind::CardRemoved);
    all(verify, "Cause", &[Cause::Answered(STATUS), Cause::Failed(fault)]);
    all(
        verify,
        "VerifyError",
        &[
            VerifyError::Blocked,
            VerifyError::EvidenceExpired,
            VerifyError::LastTryRefused { left: 1 },
            VerifyError::NotEntered { end: PinPadEnd::Cancelled, left: 2 },
            VerifyError::NotSent(fault),
            VerifyError::OutcomeUnknown { left: None, cause: Cause::Failed(fault) },
            VerifyError::OutcomeUnknown { left: Some(1), cause: Cause::Answered(STATUS) },
            VerifyError::SessionStopped { left: 8 },
            VerifyError::Wrong { left: 2 },
            VerifyError::WrongAndBlocked,
            VerifyError::WrongKind,
        ],
    );
    all(
        source!("mynacard/src/change.rs"),
        "ChangeError",
        &[
            ChangeError::NotEntered(PinPadEnd::Mismatch),
            ChangeError::OutcomeUnknown { left: None, cause: Cause::Failed(fault) },
            ChangeError::Refused { status: STATUS },
            ChangeError::Tries(broken()),
            ChangeError::Verify(VerifyError::Blocked),
            ChangeError::WrongKind,
        ],
    );
    all(
        source!("mynacard/src/institution.rs"),
        "InstitutionError",
        &[
            InstitutionError::Card(broken()),
            InstitutionError::Forbidden { ins: 0x20 },
            InstitutionError::NotSent(EncodeError::BufferTooSmall),
            InstitutionError::Refused,
            InstitutionError::TooManyCommands,
        ],
    );
    all(
        source!("mynacard/src/sign.rs"),
        "InputError",
        &[InputError::Length { length: 300 }, InputError::WrongReference],
    );
    let secret = source!("mynacard/src/secret.rs");
    all(secret, "PinError", &[PinError::NotDigits, PinError::WrongLength]);
    all(
        secret,
        "PasswordError",
        &[
            PasswordError::LowerCase,
            PasswordError::OneKindOnly,
            PasswordError::WrongCharacter,
            PasswordError::WrongLength,
        ],
    );
    all(
        source!("mynacard/src/access.rs"),
        "AccessCodeError",
        &[
            AccessCodeError::NoSuchDay,
            AccessCodeError::NotDigits,
            AccessCodeError::TwoEras,
            AccessCodeError::WrongLength,
        ],
    );
}

#[test]
fn every_error_of_the_link_has_both_languages() {
    let transport = source!("apdu/src/transport.rs");
    all(
        transport,
        "ErrorKind",
        &[
            ErrorKind::BufferTooSmall,
            ErrorKind::Cancelled,
            ErrorKind::CardRemoved,
            ErrorKind::CardReset,
            ErrorKind::InUse,
            ErrorKind::LinkBroken,
            ErrorKind::NoCard,
            ErrorKind::NoReader,
            ErrorKind::ReaderLost,
            ErrorKind::ServiceDown,
            ErrorKind::TimedOut,
            ErrorKind::Other,
        ],
    );
    all(
        transport,
        "PinPadEnd",
        &[
            PinPadEnd::Cancelled,
            PinPadEnd::Mismatch,
            PinPadEnd::TimedOut,
            PinPadEnd::Unsupported,
            PinPadEnd::WrongLength,
        ],
    );
    let procedure = source!("apdu/src/procedure.rs");
    all(
        procedure,
        "Fault",
        &[
            Fault::Answer(AnswerError::Stalled),
            Fault::Link(ErrorKind::TimedOut),
            Fault::Ended(ErrorKind::CardReset),
            Fault::NotSent(EncodeError::NoPinPad),
            Fault::PinPad(PinPadEnd::TimedOut),
        ],
    );
    all(
        procedure,
        "AnswerError",
        &[
            AnswerError::Malformed(ResponseError::InvalidStatus),
            AnswerError::TooLong { length: 3, asked: 2 },
            AnswerError::Stalled,
            AnswerError::BufferOverrun,
        ],
    );
    all(
        source!("apdu/src/response.rs"),
        "ResponseError",
        &[ResponseError::TooShort { length: 1 }, ResponseError::InvalidStatus],
    );
    all(
        source!("apdu/src/command.rs"),
        "EncodeError",
        &[
            EncodeError::AnswerRoom { needed: 3, room: 2 },
            EncodeError::BufferTooSmall,
            EncodeError::DataTooLong { length: 300, most: 255 },
            EncodeError::LeTooLarge { le: 300, most: 256 },
            EncodeError::NoPinPad,
        ],
    );
}

#[test]
fn every_error_of_trust_has_both_languages() {
    use pki::Error as Of;
    let error = source!("pki/src/error.rs");
    all(
        error,
        "Error",
        &[
            Of::Malformed(damaged()),
            Of::Version,
            Of::ValidityDate { offset: 1 },
            Of::TooLarge,
            Of::DuplicateExtension,
            Of::Attributes { offset: 1 },
            Of::AlgorithmMismatch,
            Of::UnsupportedAlgorithm,
            Of::UnsupportedKey,
            Of::P384Disabled,
            Of::UnsupportedCurve,
            Of::ExplicitCurve,
            Of::Point,
            Of::KeyAlgorithm,
            Of::SignatureEncoding,
            Of::WeakKey { bits: 1024 },
            Of::KeyTooLong { bits: 8192 },
            Of::UnknownIssuer,
            Of::BadSignature,
            Of::WrongKind,
            Of::IssuerName,
            Of::AuthorityKeyIdentifier,
            Of::AuthorityValidity,
            Of::PathLength,
            Of::TooManyIntermediates,
            Of::TooManyPaths,
            Of::IssuedOutsideAnchorValidity,
            Of::UnknownCriticalExtension { offset: 1 },
            Of::BasicConstraints,
            Of::KeyUsage,
            Of::ExtendedKeyUsage,
            Of::Policy,
            Of::NoKeyIdentifier,
            Of::TooManyAnchors,
        ],
    );
    all(
        error,
        "SignatureError",
        &[
            SignatureError::Mismatch,
            SignatureError::Phase(Phase::Over),
            SignatureError::Key(Of::KeyUsage),
            SignatureError::Scheme,
            SignatureError::Encoding,
        ],
    );
    all(
        source!("pki/src/cvc/error.rs"),
        "CvcError",
        &[
            CvcError::Malformed(damaged()),
            CvcError::Key(Of::UnsupportedKey),
            CvcError::UnknownIssuer,
            CvcError::WrongRole { expected: CvcRole::CardFace },
            CvcError::BadSignature,
            CvcError::TooManyAnchors,
        ],
    );
    let tag = tlv::Tag::new(0xDF11);
    all(
        source!("pki/src/records/error.rs"),
        "RecordError",
        &[
            RecordError::Malformed(damaged()),
            RecordError::Duplicate { tag },
            RecordError::Field { tag },
            RecordError::Order { tag },
            RecordError::Offsets,
            RecordError::Key(Of::UnsupportedKey),
            RecordError::WrongRole { expected: CvcRole::CardFace },
            RecordError::BadSignature,
            RecordError::WrongDigest,
            RecordError::AlreadyRefused,
        ],
    );
}

#[test]
fn every_end_of_a_check_of_the_face_has_both_languages() {
    all(
        source!("face/src/check.rs"),
        "End",
        &[
            End::Cancelled,
            End::CardGone,
            End::CouldNotCapture(CaptureLimit::Time(None)),
            End::DeviceFault(DeviceFault::Stuck),
            End::Match,
            End::NoMatch,
            End::Photo(PhotoProblem::NoFace),
            End::SuspectedAttack(AttackKind::Print),
        ],
    );
    for fault in DeviceFault::ALL {
        both(fault.as_str(), &fault.to_string(), &fault.japanese());
    }
    all(
        source!("face/src/photo.rs"),
        "PhotoProblem",
        &[
            PhotoProblem::Empty,
            PhotoProblem::Malformed,
            PhotoProblem::NoFace,
            PhotoProblem::TooLarge,
            PhotoProblem::UnknownKind,
            PhotoProblem::UnsupportedKind,
        ],
    );
    all(
        source!("face/src/policy.rs"),
        "PolicyError",
        &[PolicyError::Attempts, PolicyError::Limit, PolicyError::Prompts, PolicyError::Scale],
    );
    all(
        source!("face/src/visual.rs"),
        "VisualEnd",
        &[
            VisualEnd::Cancelled,
            VisualEnd::CardGone,
            VisualEnd::Clock,
            VisualEnd::Confirmed,
            VisualEnd::NoPhoto,
            VisualEnd::Refused(Question::PhotoIsPerson),
            VisualEnd::TimedOut,
        ],
    );
    all(
        source!("face/src/text.rs"),
        "TextError",
        &[TextError::ControlCharacter, TextError::Empty, TextError::TooLong { most: 32 }],
    );
    all(
        source!("face/src/decode/mod.rs"),
        "DecodeError",
        &[DecodeError::Malformed, DecodeError::TooLarge, DecodeError::Unsupported],
    );
}

#[test]
fn every_error_of_this_machine_has_both_languages() {
    use virtual_card::Error as Of;
    let path = std::path::PathBuf::from("card.json");
    all(
        source!("virtual-card/src/error.rs"),
        "Error",
        &[
            Of::Randomness,
            Of::Key("auth"),
            Of::InvalidIssue("a PIN has four digits"),
            Of::Encoding(damaged()),
            Of::Io { path: path.clone(), action: "read", source: io::ErrorKind::NotFound.into() },
            Of::AlreadyExists { path: path.clone() },
            Of::InUse { path: path.clone() },
            Of::LockLost { path: path.clone() },
            Of::HardLinked { path: path.clone(), names: 2 },
            Of::NotACardFile { path: path.clone() },
            Of::UnsupportedVersion { path: path.clone(), version: 9 },
            Of::Damaged { path, reason: "it ends early".to_owned() },
        ],
    );
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 35_963));
    let kind = io::ErrorKind::TimedOut;
    all(
        source!("virtual-card/src/vpcd/error.rs"),
        "Error",
        &[
            vpcd::Error::AnswerTooLong { length: 70_000 },
            vpcd::Error::BadAddress,
            vpcd::Error::Closed,
            vpcd::Error::Connection { kind },
            vpcd::Error::EmptyMessage,
            vpcd::Error::Refused { address },
            vpcd::Error::Truncated,
            vpcd::Error::UnknownControl(9),
            vpcd::Error::Unreachable { address, kind },
        ],
    );
}

#[cfg(any(feature = "pcsc", windows))]
#[test]
fn every_error_of_a_reader_has_both_languages() {
    use kazasu_pcsc::{Code, Error, Operation, quirks};
    let operation = Operation::Transmit;
    all(
        source!("pcsc/src/error.rs"),
        "Error",
        &[
            Error::AnswerCut { length: 1 },
            Error::Cancelled { operation },
            Error::Code { operation, code: Code::RemovedCard },
            Error::Code { operation, code: Code::ProtoMismatch },
            Error::Off,
            Error::Panicked { operation },
            Error::StillBlocked,
            Error::Thread,
            Error::TimedOut { operation },
        ],
    );
    let error = Error::Code { operation, code: Code::RemovedCard }.japanese();
    assert!(
        error.starts_with("SCardTransmit: SCARD_W_REMOVED_CARD (0x80100069): カード"),
        "{error}"
    );
    for quirk in quirks::TABLE {
        // One of them cites a Japanese message.
        both(quirk.model, "a note", super::quirk(quirk).of(Language::Ja));
    }
}
