//! A command line that is not understood, told in Japanese. English is what `clap` says.

use super::text::Text;
use crate::arguments::Language;
use crate::stream;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;
use std::ffi::{OsStr, OsString};

/// Exit number of a usage error.
const USAGE: u8 = 2;

/// Prints help or what is wrong; the exit number. `given` is the command line.
pub(crate) fn report(error: &clap::Error, given: &[OsString]) -> u8 {
    let is_wrong = error.use_stderr();
    match error.kind() {
        // Help for people who called it without a command, too.
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {}
        _ if Language::choose(asked(given)) == Language::Ja => {
            stream::err(format_args!("kazasu: {}", japanese(error)));
            stream::err("  使い方は --help で表示されます。");
            return USAGE;
        }
        _ => {}
    }
    // A reader who went away changes no exit number.
    let _ = error.print();
    if is_wrong { USAGE } else { 0 }
}

/// The language that a command line asks for which is not understood otherwise.
fn asked(given: &[OsString]) -> Option<Language> {
    let words = given.iter().map(OsString::as_os_str);
    let mut values = words.clone().skip(1).zip(words).filter_map(|(word, before)| {
        let joined = word.to_str().and_then(|word| word.strip_prefix("--lang="));
        joined.map(OsStr::new).or_else(|| (before == "--lang").then_some(word))
    });
    values.next_back().and_then(|value| match value.to_str() {
        Some("ja") => Some(Language::Ja),
        Some("en") => Some(Language::En),
        _ => None,
    })
}

fn japanese(error: &clap::Error) -> String {
    let named = |kind| error.get(kind).map(text).filter(|text| !text.is_empty());
    let of = |kind| named(kind).unwrap_or_else(|| "?".to_owned());
    let argument = || of(ContextKind::InvalidArg);
    let hint = |kind, title: &str| {
        named(kind).map(|text| format!("（{title}: {text}）")).unwrap_or_default()
    };
    match error.kind() {
        ErrorKind::ArgumentConflict => match named(ContextKind::PriorArg) {
            Some(prior) => format!("{} は {prior} と同時に使用できません。", argument()),
            None => format!("{} は同時に使用できません。", argument()),
        },
        ErrorKind::InvalidSubcommand => format!(
            "「{}」というコマンドはありません{}。",
            of(ContextKind::InvalidSubcommand),
            hint(ContextKind::SuggestedSubcommand, "候補")
        ),
        ErrorKind::InvalidUtf8 => "引数の文字コードが UTF-8 ではありません。".to_owned(),
        ErrorKind::InvalidValue => match named(ContextKind::InvalidValue) {
            Some(value) => format!(
                "{} に「{value}」は指定できません{}。",
                argument(),
                hint(ContextKind::ValidValue, "指定できる値")
            ),
            None => format!(
                "{} の値がありません{}。",
                argument(),
                hint(ContextKind::ValidValue, "指定できる値")
            ),
        },
        ErrorKind::MissingRequiredArgument => format!("次の指定が必要です: {}", argument()),
        ErrorKind::MissingSubcommand => "コマンドが必要です。".to_owned(),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{} の値の数が違います。", argument())
        }
        ErrorKind::TooManyValues => {
            format!("{} の値が多すぎます: {}", argument(), of(ContextKind::InvalidValue))
        }
        ErrorKind::UnknownArgument => format!(
            "「{}」という指定はできません{}。",
            argument(),
            hint(ContextKind::SuggestedArg, "候補")
        ),
        ErrorKind::ValueValidation => {
            let reason = error.source().and_then(|source| source.downcast_ref::<Text>());
            let reason = reason.map(|text| format!(": {}", text.of(Language::Ja)));
            let value = of(ContextKind::InvalidValue);
            let reason = reason.unwrap_or_else(|| "。範囲と形式を確認してください。".to_owned());
            format!("{} に「{value}」は指定できません{reason}", argument())
        }
        _ => "指定が正しくありません。".to_owned(),
    }
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join("、"),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => {
            texts.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
        }
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
