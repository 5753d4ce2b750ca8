//! Access codes as people write them: digits, or what stands on the card. Nothing is tried by guess;
//! what is not clear is refused before the card is touched.

use crate::language::{Text, Told, say};
use kazasu::mynacard::{AccessCodeError, BirthDateKey, VerificationNumberB};
use zeroize::Zeroizing;

/// Words of the eras, as they are printed, and their letters.
const ERAS: [(&str, char); 5] =
    [("明治", 'M'), ("大正", 'T'), ("昭和", 'S'), ("平成", 'H'), ("令和", 'R')];

/// Digits, letters and signs as Japanese keyboards give them (全角) are those of every other keyboard.
pub(crate) fn half_width(text: &str) -> Zeroizing<String> {
    let mut half = Zeroizing::new(String::with_capacity(text.len()));
    half.extend(text.chars().map(|character| match character {
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        other => other,
    }));
    half
}

/// 照合番号B: fourteen digits; or birth date, year of expiry and security code with spaces between.
pub(crate) fn number_b(text: &str) -> Result<VerificationNumberB, Text> {
    let text = half_width(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [digits] => VerificationNumberB::new(digits.as_bytes()).map_err(|error| match error {
            AccessCodeError::WrongLength => say::number_b_form(),
            error => error.text(),
        }),
        [birth, year, code] => {
            let birth = birth_date(birth)?;
            let year = year.parse().map_err(|_| say::year_form())?;
            VerificationNumberB::from_parts(&birth, year, code.as_bytes())
                .map_err(|error| error.text())
        }
        _ => Err(say::number_b_form()),
    }
}

/// The birth-date key: six digits as the key has them, a date `YYYY-MM-DD`, or a date with an era as
/// it is printed on the card (`S60.6.15`, `昭和60年6月15日`).
pub(crate) fn birth_date(text: &str) -> Result<BirthDateKey, Text> {
    let wrong = say::birth_date_form;
    let text = half_width(text);
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() == 6 {
        return BirthDateKey::new(text.as_bytes()).map_err(|error| error.text());
    }
    let (era, rest) = era(text);
    let rest = rest.trim_end_matches('生').trim_end_matches('日');
    let rest = Zeroizing::new(rest.replace(['年', '月', '/', '.'], "-"));
    let parts: Vec<&str> = rest.split('-').map(str::trim).collect();
    let &[year, month, day] = parts.as_slice() else { return Err(wrong()) };
    let number = |text: &str, most: usize| {
        let digits = (1..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let short = |text| number(text, 2).and_then(|number| u8::try_from(number).ok());
    let (month, day) = short(month).zip(short(day)).ok_or_else(wrong)?;
    let key = if era {
        let year = if year == "元" { Some(1) } else { short(year) };
        BirthDateKey::from_era_year(year.ok_or_else(wrong)?, month, day)
    } else {
        let year = number(year, 4).filter(|year| *year >= 1000).ok_or_else(wrong)?;
        BirthDateKey::from_date(year, month, day)
    };
    key.map_err(|error| error.text())
}

/// Does it begin with an era? And what follows. Which era it is does not matter for the key.
fn era(text: &str) -> (bool, &str) {
    for (word, letter) in ERAS {
        if let Some(rest) = text.strip_prefix(word) {
            return (true, rest.trim_start());
        }
        if let Some(rest) = text.strip_prefix([letter, letter.to_ascii_lowercase()]) {
            return (true, rest.trim_start());
        }
    }
    (false, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Which key comes of a text is seen where a card takes it: in `tests/on_card.rs`.
    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "600615",
            "1985-06-15",
            "1985/6/15",
            "S60.6.15",
            "s60-06-15",
            "昭和60年6月15日生",
            "６００６１５",
            "昭和６０年６月１５日",
        ] {
            assert!(birth_date(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "60615",
            "1985-06",
            "X60.6.15",
            "S100.6.15",
            "85-6-15",
            "1926-12-25",
            "S60.13.1",
            "S+6.1.1",
            "令和元年5月1日2",
        ] {
            let error = birth_date(text).err().unwrap().to_string();
            assert!(error.contains("no try was used"), "{text}: {error}");
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
        assert!(birth_date("令和元年5月1日").is_ok());
        let error = birth_date("1912-07-30").err().unwrap().to_string();
        assert!(error.contains("two eras"), "{error}");
        assert!(birth_date("450730").is_ok(), "stated, not guessed");
    }

    #[test]
    fn number_b_comes_whole_or_in_three_parts() {
        for text in [
            "60061520350000",
            "600615 2035 0000",
            " S60.6.15  2035\t0000 ",
            "６００６１５　２０３５　００００",
        ] {
            assert!(number_b(text).is_ok(), "{text}");
        }
        for text in
            ["", "6006152035000", "600615 35 0000", "600615 2035 00", "600615 2035", "1 2 3 4"]
        {
            let error = number_b(text).err().unwrap().to_string();
            assert!(error.contains("no try was used"), "{text}: {error}");
        }
    }
}
