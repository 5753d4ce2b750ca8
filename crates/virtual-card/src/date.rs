//! A day of the calendar, as the card writes it: `YYYYMMDD`, or with a Japanese-era year.
//!
//! Never a time of day: certificates end at 14:59:59Z, which is the last second of a day in Japan.

use serde::{Deserialize, Serialize};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Japan is nine hours ahead of UTC.
const JAPAN: i64 = 9 * 3_600;

/// First days of the eras, newest first: number in the certificate (`docs/card-facts.md` §5.2),
/// first day.
const ERAS: [(u8, Date); 5] = [
    (5, Date { year: 2019, month: 5, day: 1 }),
    (4, Date { year: 1989, month: 1, day: 8 }),
    (3, Date { year: 1926, month: 12, day: 25 }),
    (2, Date { year: 1912, month: 7, day: 30 }),
    (1, Date { year: 1868, month: 1, day: 25 }),
];

/// A day between 1868-01-25, the first of the Meiji era, and 9999-12-31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if there is such a day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        let exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        (exists && (ERAS[4].1..=Self { year: 9999, month: 12, day: 31 }).contains(&date))
            .then_some(date)
    }

    /// Reads `YYYY-MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let shaped = (year.len(), month.len(), day.len()) == (4, 2, 2) && parts.next().is_none();
        if !shaped || !text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Today in Japan, by the clock of this machine.
    #[must_use]
    pub fn today() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let seconds = since.map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(0));
        Self::from_unix(seconds)
    }

    /// The day in Japan at a moment given as seconds since 1970-01-01T00:00:00Z. A moment outside
    /// the calendar of this type becomes its nearest day.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        let days = seconds.saturating_add(JAPAN).div_euclid(DAY);
        // The civil calendar of days, by eras of 400 years that begin on 1 March.
        let shifted = days.saturating_add(719_468);
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = era.saturating_mul(400) + year_of_era + i64::from(month <= 2);
        let date = u16::try_from(year)
            .ok()
            .and_then(|year| Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?));
        date.unwrap_or(if days < 0 { ERAS[4].1 } else { Self { year: 9999, month: 12, day: 31 } })
    }

    /// Seconds from 1970-01-01T00:00:00Z to the first second of this day in Japan.
    #[must_use]
    pub fn start_unix(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = i64::from(self.month);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era - 719_468) * DAY - JAPAN
    }

    /// Year of the Gregorian calendar.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, 1 to 31.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The same day `years` later; 29 February becomes the 28th where there is none.
    #[must_use]
    pub fn add_years(self, years: u16) -> Self {
        let year = self.year.saturating_add(years).min(9999);
        Self { year, month: self.month, day: self.day.min(days_in(year, self.month)) }
    }

    /// The `n`-th birthday after `issued`, of somebody born on this day.
    #[must_use]
    pub fn birthday_after(self, issued: Self, n: u16) -> Self {
        let this_year = self.add_years(issued.year.saturating_sub(self.year));
        this_year.add_years(if this_year > issued { n.saturating_sub(1) } else { n })
    }

    /// `YYYYMMDD`.
    #[must_use]
    pub fn compact(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// `YYMMDD` with the year of the Japanese era, as 照合番号B and the birth-date key use it
    /// (CONFIRMED, `docs/card-facts.md` §3).
    #[must_use]
    pub fn era_compact(self) -> String {
        let first = self.era().1;
        let year = self.year.saturating_sub(first.year).saturating_add(1) % 100;
        format!("{year:02}{:02}{:02}", self.month, self.day)
    }

    /// Number of the era in the certificate: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和.
    #[must_use]
    pub fn era_number(self) -> u8 {
        self.era().0
    }

    fn era(self) -> (u8, Self) {
        ERAS.into_iter().find(|(_, first)| self >= *first).unwrap_or(ERAS[4])
    }
}

const fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl TryFrom<String> for Date {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a date is YYYY-MM-DD")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn the_era_year_is_that_of_the_test_cards() {
        // Two known pairs, docs/card-facts.md §3.
        assert_eq!(date("1980-02-17").era_compact(), "550217");
        assert_eq!(date("2020-02-24").era_compact(), "020224");
        assert_eq!(date("1989-01-07").era_compact(), "640107");
        assert_eq!(date("1989-01-08").era_compact(), "010108");
        assert_eq!(date("1980-02-17").era_number(), 3);
        assert_eq!(date("2019-05-01").era_number(), 5);
    }

    #[test]
    fn the_fifth_birthday_is_that_of_the_test_card() {
        let birth = date("1980-02-17");
        assert_eq!(birth.birthday_after(date("2025-10-27"), 5), date("2030-02-17"));
        assert_eq!(birth.birthday_after(date("2025-01-10"), 5), date("2029-02-17"));
        assert_eq!(date("2000-02-29").birthday_after(date("2020-03-01"), 5), date("2025-02-28"));
    }

    #[test]
    fn moments_and_days_agree() {
        // 2026-11-20T15:00:00Z is midnight in Japan.
        assert_eq!(date("2026-11-21").start_unix(), 1_795_186_800);
        for text in ["1868-01-25", "1970-01-01", "2000-02-29", "2100-03-01", "9999-12-31"] {
            let day = date(text);
            assert_eq!(Date::from_unix(day.start_unix()), day);
            assert_eq!(Date::from_unix(day.start_unix() + DAY - 1), day);
        }
        assert_eq!(Date::from_unix(i64::MIN), date("1868-01-25"));
        assert_eq!(Date::from_unix(i64::MAX), date("9999-12-31"));
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "2025-02-29",
            "2025-13-01",
            "2025-00-01",
            "1868-01-24",
            "2025-1-01",
            "+025-01-01",
            "2025-01-01-",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
