//! Standard output and standard error. A reader of either who has gone away is no fault of the
//! card's holder: nothing here panics, and the exit number stays what the job earned.

use serde::Serialize;
use std::fmt::{self, Display, Write as _};
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Did standard output refuse a line, for another reason than that nobody reads it any more?
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Text as a line of its own can hold it: what would steer a terminal, end the line or turn its order
/// round is written as its number. A card, a file or a reader may say anything.
pub(crate) struct Plain<T>(pub(crate) T);

impl<T: Display> Display for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escaped<'a, 'f>(&'a mut fmt::Formatter<'f>);
        impl fmt::Write for Escaped<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                text.chars().try_for_each(|character| match steers(character) {
                    true => write!(self.0, "{}", character.escape_unicode()),
                    false => self.0.write_char(character),
                })
            }
        }
        write!(Escaped(f), "{}", self.0)
    }
}

/// JSON with the same written as its `\u` sequence, which every reader of JSON takes for the character.
pub(crate) fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(value)?;
    // Outside of its strings JSON has none of them, and all of them have four digits.
    Ok(text.chars().fold(String::with_capacity(text.len()), |mut json, character| {
        if steers(character) {
            let _ = write!(json, "\\u{:04x}", u32::from(character));
        } else {
            json.push(character);
        }
        json
    }))
}

/// Control characters, the separators of lines, and the marks that change the direction of writing.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        )
}

/// One line on standard output.
pub(crate) fn out(text: impl Display) {
    note(writeln!(io::stdout().lock(), "{text}"));
}

/// One line on standard error, in which nothing steers a terminal.
pub(crate) fn err(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", Plain(text));
}

/// Text on standard error that is at once there, without the end of a line.
pub(crate) fn prompt(text: impl Display) {
    let mut stream = io::stderr().lock();
    let _ = write!(stream, "{text}");
    let _ = stream.flush();
}

/// Text on standard output as it is, at once there.
pub(crate) fn raw(text: &str) {
    let mut stream = io::stdout().lock();
    note(stream.write_all(text.as_bytes()));
    let _ = stream.flush();
}

/// Everything is out: did standard output take it all? A closed pipe counts as taken, because
/// whoever read it had enough.
pub(crate) fn finish() -> bool {
    note(io::stdout().lock().flush());
    !REFUSED.load(Ordering::Relaxed)
}

fn note(result: io::Result<()>) {
    if result.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        REFUSED.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_steers_a_terminal() {
        let text = "a\u{1B}[2J\rb\nc\u{7F}\u{9B}31m\u{202E}d\u{2066}\u{200F}\u{2028}架空　見本";
        let plain = Plain(format_args!("{text}")).to_string();
        assert_eq!(
            plain,
            "a\\u{1b}[2J\\u{d}b\\u{a}c\\u{7f}\\u{9b}31m\\u{202e}d\\u{2066}\\u{200f}\\u{2028}架空　見本"
        );
    }

    #[test]
    fn json_has_no_such_character_and_says_the_same() {
        let text = "a\u{1B}\u{7F}\u{9B}\u{202E}\u{2066}\u{200F}\u{2028}\"架空\u{1F600}\n";
        let json = json(&text).unwrap();
        assert!(!json.chars().any(steers), "{json:?}");
        assert!(json.contains("\\u009b\\u202e") && json.contains("架空\u{1F600}"), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
