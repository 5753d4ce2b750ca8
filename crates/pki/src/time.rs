//! Instants and calendar days. Time is always passed in: nothing here, or anywhere in this crate,
//! reads a clock.
//!
//! Certificates of the JPKI end at 23:59:59 Japan Standard Time, and the rules about months are
//! rules about Japanese calendar days, so [`Date`] is a day of the proleptic Gregorian calendar as
//! it is counted in Japan (UTC+09:00, no summer time).

use core::fmt;

const SECONDS_PER_DAY: i64 = 86_400;
/// Japan Standard Time is nine hours ahead of UTC, all year.
const JST_OFFSET: i64 = 9 * 3_600;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what RFC 3339 can write.
const EARLIEST: i64 = -62_167_219_200;
const LATEST: i64 = 253_402_300_799;

/// An instant: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// The range is that of RFC 3339, years 0000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Time(i64);

/// A text that is not a time (date-time) of RFC 3339 section 5.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a time of RFC 3339; write it as 2026-11-21T09:30:00Z or 2026-11-21T18:30:00+09:00",
        )
    }
}

impl core::error::Error for InvalidTime {}

/// A text that is not a day (full-date) of RFC 3339 section 5.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidDate;

impl fmt::Display for InvalidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a day of the calendar; write it as 2026-11-21")
    }
}

impl core::error::Error for InvalidDate {}

impl Time {
    /// The instant `seconds` after 1970-01-01T00:00:00Z. Values outside the years 0000 to 9999
    /// become the first or last instant of that range.
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < EARLIEST {
            Self(EARLIEST)
        } else if seconds > LATEST {
            Self(LATEST)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The given second of a day in UTC. `None` when the time of day does not exist; leap seconds
    /// do not.
    pub fn from_utc(date: Date, hour: u8, minute: u8, second: u8) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let of_day = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
        Some(Self::from_unix(i64::from(date.days()) * SECONDS_PER_DAY + of_day))
    }

    /// Reads `2026-11-21T09:30:00Z`, `2026-11-21T18:30:00+09:00` or either with a fraction of a
    /// second, which is cut off.
    ///
    /// # Errors
    /// [`InvalidTime`] for anything else, a leap second and a day without a time included.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidTime> {
        let mut input = Digits(text.as_bytes());
        let date = input.date()?;
        input.one_of(b"Tt")?;
        let hour = input.two()?;
        input.one_of(b":")?;
        let minute = input.two()?;
        input.one_of(b":")?;
        let second = input.two()?;
        let local = Self::from_utc(date, hour, minute, second).ok_or(InvalidTime)?;
        if input.one_of(b".").is_ok() {
            input.fraction()?;
        }
        let sign = match input.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return input.end().map(|()| local),
        };
        let (hours, minutes) = (input.two()?, input.one_of(b":").and_then(|_| input.two())?);
        input.end()?;
        if hours > 23 || minutes > 59 {
            return Err(InvalidTime);
        }
        let offset = sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60);
        Ok(Self::from_unix(local.0 - offset))
    }

    /// The calendar day that this instant belongs to in Japan.
    pub fn jst_date(self) -> Date {
        Date::from_days(whole_days(self.0 + JST_OFFSET))
    }
}

/// Days, rounded down, in seconds of the calendar's range.
///
/// A division of 64 bits is nearly a kilobyte of code on a microcontroller. A day is 675 × 2^7
/// seconds, and what is left after the shift fits into 32 bits.
fn whole_days(seconds: i64) -> i32 {
    i32::try_from(seconds >> 7).unwrap_or(0).div_euclid(675)
}

/// RFC 3339 in UTC: `2026-11-21T09:30:00Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = whole_days(self.0);
        let date = Date::from_days(days);
        // As u32, because core's text for longer numbers links panic code.
        let of_day = u32::try_from(self.0 - i64::from(days) * SECONDS_PER_DAY).unwrap_or(0);
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// A day of the Gregorian calendar, year 0000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day `year`-`month`-`day`, or `None` when the calendar has no such day.
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        if year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Reads `2026-11-21`.
    ///
    /// # Errors
    /// [`InvalidDate`] for anything else, a time included.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        let mut input = Digits(text.as_bytes());
        let date = input.date();
        let end = input.end();
        date.and_then(|date| end.map(|()| date)).map_err(|_| InvalidDate)
    }

    /// The year, 0 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The same day `months` later, or earlier when negative. Where that month is too short, its
    /// last day: 31 May less three months is 28 or 29 February. Stops at the ends of the calendar.
    pub fn add_months(self, months: i16) -> Self {
        let index = i32::from(self.year) * 12 + i32::from(self.month) - 1 + i32::from(months);
        let index = index.clamp(0, 9999 * 12 + 11);
        // Both fit after the clamp.
        let year = u16::try_from(index / 12).unwrap_or(0);
        let month = u8::try_from(index % 12 + 1).unwrap_or(1);
        Self { year, month, day: self.day.min(days_in_month(year, month)) }
    }

    /// The last day of this day's month.
    pub const fn end_of_month(self) -> Self {
        Self { day: days_in_month(self.year, self.month), ..self }
    }

    /// 00:00:00 of this day in Japan.
    pub fn first_second_jst(self) -> Time {
        Time::from_unix(i64::from(self.days()) * SECONDS_PER_DAY - JST_OFFSET)
    }

    /// 23:59:59 of this day in Japan, which is 14:59:59Z.
    pub fn last_second_jst(self) -> Time {
        Time::from_unix((i64::from(self.days()) + 1) * SECONDS_PER_DAY - JST_OFFSET - 1)
    }

    /// Days since 1970-01-01, counted over years that begin in March so that the leap day is last.
    fn days(self) -> i32 {
        let month = i32::from(self.month);
        let year = i32::from(self.year) - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i32::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The reverse of [`Date::days`]; days outside the calendar become its first or last day.
    fn from_days(days: i32) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i32::from(month <= 2);
        match (u16::try_from(year), u8::try_from(month), u8::try_from(day)) {
            (Ok(year @ 0..=9999), Ok(month), Ok(day)) => Self { year, month, day },
            _ if year < 0 => Self { year: 0, month: 1, day: 1 },
            _ => Self { year: 9999, month: 12, day: 31 },
        }
    }
}

/// ISO 8601: `2026-11-21`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// ASCII digits from the front of a text. Also reads the times inside certificates.
pub(crate) struct Digits<'a>(pub(crate) &'a [u8]);

impl Digits<'_> {
    fn byte(&mut self) -> Result<u8, InvalidTime> {
        let (first, rest) = self.0.split_first().ok_or(InvalidTime)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn one_of(&mut self, allowed: &[u8]) -> Result<u8, InvalidTime> {
        match self.0.split_first() {
            Some((first, rest)) if allowed.contains(first) => {
                self.0 = rest;
                Ok(*first)
            }
            _ => Err(InvalidTime),
        }
    }

    pub(crate) fn two(&mut self) -> Result<u8, InvalidTime> {
        match (self.byte()?, self.byte()?) {
            (tens @ b'0'..=b'9', ones @ b'0'..=b'9') => Ok((tens - b'0') * 10 + (ones - b'0')),
            _ => Err(InvalidTime),
        }
    }

    pub(crate) fn four(&mut self) -> Result<u16, InvalidTime> {
        Ok(u16::from(self.two()?) * 100 + u16::from(self.two()?))
    }

    fn date(&mut self) -> Result<Date, InvalidTime> {
        let year = self.four()?;
        self.one_of(b"-")?;
        let month = self.two()?;
        self.one_of(b"-")?;
        Date::new(year, month, self.two()?).ok_or(InvalidTime)
    }

    fn fraction(&mut self) -> Result<(), InvalidTime> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.0 = self.0.get(digits..).unwrap_or_default();
        if digits == 0 { Err(InvalidTime) } else { Ok(()) }
    }

    pub(crate) fn end(&self) -> Result<(), InvalidTime> {
        if self.0.is_empty() { Ok(()) } else { Err(InvalidTime) }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use proptest::prelude::*;
    use std::string::ToString;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn rfc3339_is_read_and_written() {
        for (text, unix, written) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-11-21t09:30:00z", 1_795_253_400, "2026-11-21T09:30:00Z"),
            ("2026-11-21T18:30:00+09:00", 1_795_253_400, "2026-11-21T09:30:00Z"),
            ("2026-11-21T00:00:00.999-09:30", 1_795_253_400, "2026-11-21T09:30:00Z"),
            ("0000-01-01T00:00:00Z", EARLIEST, "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", LATEST, "9999-12-31T23:59:59Z"),
            ("2000-02-29T12:00:00Z", 951_825_600, "2000-02-29T12:00:00Z"),
        ] {
            let time = Time::parse_rfc3339(text).unwrap();
            assert_eq!((time.unix(), time.to_string().as_str()), (unix, written), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T09:30Z",
            "2026-11-21 09:30:00Z",
            "2026-11-21T09:30:00",
            "2026-11-21T09:30:60Z",
            "2026-11-21T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-21T09:30:00.Z",
            "2026-11-21T09:30:00+0900",
            "2026-11-21T09:30:00+24:00",
            "2026-11-21T09:30:00Zx",
            "+026-11-21T09:30:00Z",
            "２026-11-21T09:30:00Z",
        ] {
            assert_eq!(Time::parse_rfc3339(text), Err(InvalidTime), "{text}");
        }
    }

    #[test]
    fn what_an_error_recommends_is_accepted() {
        let (time, day) = (InvalidTime.to_string(), InvalidDate.to_string());
        for form in time.split_once("write it as ").unwrap().1.split(" or ") {
            assert!(Time::parse_rfc3339(form).is_ok(), "{form}");
            assert_eq!(Date::parse(form), Err(InvalidDate), "{form}");
        }
        for form in day.split_once("write it as ").unwrap().1.split(" or ") {
            assert!(Date::parse(form).is_ok(), "{form}");
            assert_eq!(Time::parse_rfc3339(form), Err(InvalidTime), "{form}");
        }
    }

    #[test]
    fn the_ends_of_time_hold() {
        assert_eq!(Time::from_unix(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Time::from_unix(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Time::from_unix(i64::MAX).jst_date(), date("9999-12-31"));
        assert_eq!(date("9999-12-31").add_months(i16::MAX), date("9999-12-31"));
        assert_eq!(date("0000-01-01").add_months(i16::MIN), date("0000-01-01"));
        assert_eq!(date("0000-01-01").first_second_jst().unix(), EARLIEST);
        assert_eq!(Time::parse_rfc3339("0000-01-01T00:00:00+23:59").unwrap().unix(), EARLIEST);
    }

    #[test]
    fn the_japanese_day_ends_at_fifteen_hours_utc() {
        let before = Time::parse_rfc3339("2030-02-17T14:59:59Z").unwrap();
        assert_eq!(before.jst_date(), date("2030-02-17"));
        assert_eq!(Time::from_unix(before.unix() + 1).jst_date(), date("2030-02-18"));
        assert_eq!(date("2030-02-17").last_second_jst(), before);
        assert_eq!(date("2030-02-18").first_second_jst().unix(), before.unix() + 1);
    }

    #[test]
    fn months_clamp_to_the_last_day() {
        for (from, months, to) in [
            ("2030-02-17", 3, "2030-05-17"),
            ("2030-02-17", -3, "2029-11-17"),
            ("2030-05-31", -3, "2030-02-28"),
            ("2028-05-31", -3, "2028-02-29"),
            ("2030-11-30", 3, "2031-02-28"),
            ("2030-12-31", 1, "2031-01-31"),
            ("2100-11-30", 3, "2101-02-28"),
            ("2099-11-30", 3, "2100-02-28"),
        ] {
            assert_eq!(date(from).add_months(months), date(to), "{from} {months}");
        }
        assert_eq!(date("2028-02-01").end_of_month(), date("2028-02-29"));
    }

    proptest! {
        #[test]
        fn days_are_86400_seconds(seconds in EARLIEST..=LATEST + JST_OFFSET) {
            prop_assert_eq!(i64::from(whole_days(seconds)), seconds.div_euclid(SECONDS_PER_DAY));
        }

        #[test]
        fn a_time_survives_its_text(seconds in EARLIEST..=LATEST) {
            let time = Time::from_unix(seconds);
            prop_assert_eq!(Time::parse_rfc3339(&time.to_string()), Ok(time));
        }

        #[test]
        fn days_count_up_by_one(days in whole_days(EARLIEST)..whole_days(LATEST)) {
            let day = Date::from_days(days);
            prop_assert_eq!(day.days(), days);
            prop_assert!(Date::new(day.year, day.month, day.day).is_some());
            prop_assert!(day < Date::from_days(days + 1));
        }

        #[test]
        fn any_text_is_judged(text in "\\PC{0,40}") {
            let _ = Time::parse_rfc3339(&text);
        }
    }
}
