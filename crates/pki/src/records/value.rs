//! The values that several records have: dates and the sex. Personal, so never in a `Debug` text.

use super::masked;
use crate::time::Date;

/// A date as records have it: eight digits `YYYYMMDD`, Gregorian (`docs/card-facts.md` §2.9).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecordDate([u8; 8]);

masked!(RecordDate, Sex);

impl RecordDate {
    /// The octets of a date; `None` when they are not eight digits.
    pub(super) fn octets(octets: &[u8]) -> Option<&[u8; 8]> {
        let octets: &[u8; 8] = octets.try_into().ok()?;
        octets.iter().all(u8::is_ascii_digit).then_some(octets)
    }

    /// Of octets that are a date.
    pub(super) const fn new(octets: &[u8; 8]) -> Self {
        Self(*octets)
    }

    /// The eight digits.
    pub fn digits(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The date, or `None` when the digits are not a day of the calendar, as where a part of the
    /// date is not known.
    pub fn date(&self) -> Option<Date> {
        let number = self.digits().parse::<u32>().ok()?;
        let year = u16::try_from(number / 10_000).ok()?;
        let month = u8::try_from(number / 100 % 100).ok()?;
        Date::new(year, month, u8::try_from(number % 100).ok()?)
    }
}

/// The sex (性別) as records have it, by ISO/IEC 5218. Certificates use another list of codes, see
/// [`Gender`](crate::Gender).
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sex {
    /// Not known, written 0.
    NotKnown,
    /// 男, written 1.
    Male,
    /// 女, written 2.
    Female,
    /// Not applicable, written 9.
    NotApplicable,
    /// Another digit, 3 to 8. Sources differ about 3 (`docs/card-facts.md` §2.9).
    Other(u8),
}

impl Sex {
    /// `None` when it is not one digit.
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        match octets {
            b"0" => Some(Self::NotKnown),
            b"1" => Some(Self::Male),
            b"2" => Some(Self::Female),
            b"9" => Some(Self::NotApplicable),
            [digit @ b'3'..=b'8'] => Some(Self::Other(digit.wrapping_sub(b'0'))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_digits_and_sometimes_days() {
        let parse = |octets| RecordDate::octets(octets).map(RecordDate::new);
        let date = parse(b"19800217").unwrap();
        assert_eq!(date.digits(), "19800217");
        assert_eq!(date.date(), Date::new(1980, 2, 17));
        assert_eq!(parse(b"19800000").unwrap().date(), None);
        for wrong in [&b"1980021"[..], b"198002170", b"1980-2-1", b"1980021\xFF", b""] {
            assert!(parse(wrong).is_none());
        }
    }

    #[test]
    fn the_sex_is_one_digit() {
        let sexes = [Sex::NotKnown, Sex::Male, Sex::Female, Sex::Other(3), Sex::NotApplicable];
        for (octet, sex) in b"01239".iter().zip(sexes) {
            assert!(Sex::parse(&[*octet]) == Some(sex));
        }
        for wrong in [&b""[..], b"01", b"/", b":", b"\x01"] {
            assert!(Sex::parse(wrong).is_none());
        }
    }
}
