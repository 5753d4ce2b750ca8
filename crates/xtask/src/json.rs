//! A small JSON reader for what `cargo metadata` prints. It never writes JSON, and numbers stay text.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { rest: text };
        let value = parser.value()?;
        parser.space();
        ensure!(parser.rest.is_empty(), "JSON goes on after its end");
        Ok(value)
    }

    /// A member of an object; `Null` when there is none.
    pub(crate) fn member(&self, name: &str) -> &Self {
        match self {
            Self::Object(members) => members.get(name).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The names in an object; none for anything else.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let members = match self {
            Self::Object(members) => Some(members),
            _ => None,
        };
        members.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Result<Json> {
        self.space();
        if self.take("{") {
            let mut members = BTreeMap::new();
            while !self.take("}") {
                ensure!(self.take("\""), "JSON object without a name");
                let name = self.text()?;
                ensure!(self.take(":"), "JSON member without a value");
                members.insert(name, self.value()?);
                self.take(",");
            }
            return Ok(Json::Object(members));
        }
        if self.take("[") {
            let mut items = Vec::new();
            while !self.take("]") {
                items.push(self.value()?);
                self.take(",");
            }
            return Ok(Json::List(items));
        }
        if self.take("\"") {
            return Ok(Json::Text(self.text()?));
        }
        let end = self.rest.find([',', '}', ']']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(match word.trim() {
            "null" => Json::Null,
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            word if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                Json::Number(word.to_owned())
            }
            word => bail!("'{word}' is not JSON"),
        })
    }

    /// The rest of a text whose opening quote is taken.
    fn text(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match characters.next().context("JSON text ends in an escape")?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => {
                        let digits: String =
                            characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                        let code = u32::from_str_radix(&digits, 16)?;
                        // Halves of a surrogate pair do not occur in what is read here.
                        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
        bail!("JSON text without an end")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cargo_prints() {
        let json = Json::parse(
            r#" {"packages":[{"name":"a","license":null,"features":{"alloc":["dep:rsa"],"x":[]},
                "n":-1.5,"quoted":"a\"\u0041\\"}],"ok":true} "#,
        )
        .unwrap();
        let package = json.member("packages").items().first().unwrap();
        assert_eq!(package.member("name").text(), Some("a"));
        assert_eq!(package.member("license"), &Json::Null);
        assert_eq!(package.member("features").names().collect::<Vec<_>>(), ["alloc", "x"]);
        assert_eq!(package.member("n"), &Json::Number("-1.5".to_owned()));
        assert_eq!(package.member("quoted").text(), Some("a\"A\\"));
        assert_eq!(json.member("ok"), &Json::Bool(true));
    }

    #[test]
    fn refuses_what_is_cut_off_or_goes_on() {
        for text in ["", "{", "[1", "\"a", "{\"a\" 1}", "nul", "{} {}"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}
