//! A text that people read, in both languages of the program: neither can be without the other.

use crate::arguments::Language;
use std::fmt;

/// What is told, in English and in Japanese. JSON has the English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    en: String,
    ja: String,
}

impl Text {
    pub(crate) fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { en: en.into(), ja: ja.into() }
    }

    /// What is the same in both: a name, a number, a moment.
    pub(crate) fn same(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self { en: text.clone(), ja: text }
    }

    pub(crate) fn of(&self, language: Language) -> &str {
        language.of(&self.en, &self.ja)
    }

    /// In English, for JSON.
    pub(crate) fn into_english(self) -> String {
        self.en
    }

    /// Behind a name that is the same in both.
    pub(crate) fn about(self, name: impl fmt::Display) -> Self {
        Self { en: format!("{name}: {}", self.en), ja: format!("{name}: {}", self.ja) }
    }
}

/// In English: what `clap` makes of it is translated as a whole.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Text {}

/// An error of a library, which says in English itself what happened and what to do.
pub(crate) trait Told: fmt::Display {
    /// The same in Japanese.
    fn japanese(&self) -> String;

    /// In both.
    fn text(&self) -> Text {
        Text::new(self.to_string(), self.japanese())
    }
}

/// Japanese for what a newer library may say and this program does not know.
pub(super) const UNKNOWN: &str =
    "このプログラムの知らない理由です。--lang en で理由が英語で表示されます。";
