//! The access codes that stand on the card itself: the birth-date key and 照合番号B
//! (docs/card-facts.md §3). Fixed size, wiped when dropped, checked before the card is touched.
//!
//! 照合番号A is the individual number itself, and here with the feature `my-number` only. Like PINs they
//! never print, compare, clone or serialise their value:
//!
//! ```compile_fail,E0277
//! fn printed<T: core::fmt::Debug>() {}
//! printed::<kazasu_mynacard::BirthDateKey>();
//! ```
//!
//! ```compile_fail,E0277
//! fn copied<T: Clone>() {}
//! copied::<kazasu_mynacard::VerificationNumberB>();
//! ```
//!
//! ```compile_fail,E0277
//! fn compared<T: PartialEq>() {}
//! compared::<kazasu_mynacard::VerificationNumberB>();
//! ```

use core::fmt;
use zeroize::Zeroize;

/// 生年月日 as a key: six digits, YYMMDD, where YY is the year of the Japanese era. Opens the age
/// record of the card face.
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
pub struct BirthDateKey([u8; 6]);

/// First days of the eras, newest first, and the first of the Gregorian calendar in Japan, which is
/// in Meiji 6. What an era's first day is counted from is the year before its first.
const ERAS: [((u16, u8, u8), u16); 5] = [
    ((2019, 5, 1), 2018),
    ((1989, 1, 8), 1988),
    ((1926, 12, 25), 1925),
    ((1912, 7, 30), 1911),
    ((1873, 1, 1), 1867),
];

impl BirthDateKey {
    /// Takes six ASCII digits as they stand on the card. The caller's own copy is the caller's to
    /// wipe.
    ///
    /// # Errors
    /// [`AccessCodeError::WrongLength`], [`AccessCodeError::NotDigits`];
    /// [`AccessCodeError::NoSuchDay`] for a month above 12 or a day that its month never has, which
    /// would cost a try. 00 is taken: where a part of the date is not known, so may the key's be.
    pub fn new(digits: &[u8]) -> Result<Self, AccessCodeError> {
        let mut key = Self([0; 6]);
        take_digits(&mut key.0, digits)?;
        check_day(&key.0)?;
        Ok(key)
    }

    /// From the two-digit year of an era, month and day. For births on a day of two eras, and where
    /// the card's year is of no era: whether cards of foreign residents always have an era's year is
    /// not known.
    ///
    /// # Errors
    /// [`AccessCodeError::NoSuchDay`] when the year has more than two digits or the day cannot be.
    pub fn from_era_year(year: u8, month: u8, day: u8) -> Result<Self, AccessCodeError> {
        if year > 99 || day == 0 || day > days_of(LEAP, month) {
            return Err(AccessCodeError::NoSuchDay);
        }
        let mut key = Self([0; 6]);
        for (to, number) in key.0.chunks_exact_mut(2).zip([year, month, day]) {
            for (to, digit) in to.iter_mut().zip([number / 10, number % 10]) {
                *to = b'0'.saturating_add(digit);
            }
        }
        Ok(key)
    }

    /// From a day of the Gregorian calendar, 1873 or later, for whoever has a year of an era on the card.
    ///
    /// Whether that is so for foreign residents is not known: let the caller of one state the two-digit
    /// year ([`BirthDateKey::from_era_year`]). No second way is ever tried by itself, because each costs
    /// a try.
    ///
    /// # Errors
    /// [`AccessCodeError::TwoEras`] for 1912-07-30 and 1926-12-25, which belong to two: take
    /// [`BirthDateKey::from_era_year`]. [`AccessCodeError::NoSuchDay`].
    pub fn from_date(year: u16, month: u8, day: u8) -> Result<Self, AccessCodeError> {
        let date = (year, month, day);
        if day > days_of(year, month) {
            return Err(AccessCodeError::NoSuchDay);
        }
        // The later two eras began at midnight; these two in the course of a day.
        if matches!(date, (1912, 7, 30) | (1926, 12, 25)) {
            return Err(AccessCodeError::TwoEras);
        }
        let era = ERAS.iter().find(|(first, _)| *first <= date);
        let (_, before) = era.ok_or(AccessCodeError::NoSuchDay)?;
        let year = u8::try_from(year.saturating_sub(*before));
        Self::from_era_year(year.map_err(|_| AccessCodeError::NoSuchDay)?, month, day)
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for BirthDateKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// 照合番号B: fourteen digits, the birth date as in [`BirthDateKey`], the card's year of expiry and the
/// セキュリティコード. Opens the card face, and the four attributes as text.
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
pub struct VerificationNumberB([u8; 14]);

impl VerificationNumberB {
    /// Takes fourteen ASCII digits. The caller's own copy is the caller's to wipe.
    ///
    /// # Errors
    /// [`AccessCodeError::WrongLength`], [`AccessCodeError::NotDigits`];
    /// [`AccessCodeError::NoSuchDay`] as of [`BirthDateKey::new`].
    pub fn new(digits: &[u8]) -> Result<Self, AccessCodeError> {
        let mut number = Self([0; 14]);
        take_digits(&mut number.0, digits)?;
        check_day(&number.0)?;
        Ok(number)
    }

    /// Puts it together from what stands on the card. `expiry_year` is that of the **card**, four
    /// digits Gregorian, not that of a certificate; `security_code` has four ASCII digits.
    ///
    /// # Errors
    /// [`AccessCodeError::NoSuchDay`] for a year before 1000 or after 9999;
    /// [`AccessCodeError::WrongLength`], [`AccessCodeError::NotDigits`] for the code.
    pub fn from_parts(
        birth: &BirthDateKey,
        expiry_year: u16,
        security_code: &[u8],
    ) -> Result<Self, AccessCodeError> {
        if !(1000..=9999).contains(&expiry_year) {
            return Err(AccessCodeError::NoSuchDay);
        }
        let mut code = [0; 4];
        take_digits(&mut code, security_code)?;
        let mut number = Self([0; 14]);
        let digits = [expiry_year / 1000, expiry_year / 100, expiry_year / 10, expiry_year];
        let year = digits.map(|number| b'0'.saturating_add(u8::try_from(number % 10).unwrap_or(0)));
        for (to, from) in number.0.iter_mut().zip(birth.0.iter().chain(&year).chain(&code)) {
            *to = *from;
        }
        code.zeroize();
        Ok(number)
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for VerificationNumberB {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// 照合番号A: the twelve digits of the individual number (個人番号) itself. Opens the card face and the
/// number.
///
/// Whoever may not collect the number (番号法第20条) may not ask for this either; 照合番号B opens all that a
/// check-in needs. The check digit is not looked at: numbers of test cards are wrong on purpose.
#[cfg(feature = "my-number")]
#[allow(missing_debug_implementations, reason = "a secret has no Debug")]
pub struct VerificationNumberA([u8; 12]);

#[cfg(feature = "my-number")]
impl VerificationNumberA {
    /// Takes twelve ASCII digits. The caller's own copy is the caller's to wipe.
    ///
    /// # Errors
    /// [`AccessCodeError::WrongLength`], [`AccessCodeError::NotDigits`].
    pub fn new(digits: &[u8]) -> Result<Self, AccessCodeError> {
        let mut number = Self([0; 12]);
        take_digits(&mut number.0, digits)?;
        Ok(number)
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(feature = "my-number")]
impl Drop for VerificationNumberA {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Copies digits to where they are wiped; a copy that holds something else is zeros again.
fn take_digits(to: &mut [u8], digits: &[u8]) -> Result<(), AccessCodeError> {
    if digits.len() != to.len() {
        return Err(AccessCodeError::WrongLength);
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(AccessCodeError::NotDigits);
    }
    for (to, from) in to.iter_mut().zip(digits) {
        *to = *from;
    }
    Ok(())
}

/// A year whose February has 29 days: which era a year of two digits is of does not show.
const LEAP: u16 = 2000;

/// Can these digits begin with a year, a month and a day? A month or a day of 00 is one that is not
/// known.
fn check_day(digits: &[u8]) -> Result<(), AccessCodeError> {
    let [_, _, tens_of_month, month, tens_of_day, day, ..] = digits else { return Ok(()) };
    let number =
        |tens: &u8, ones: &u8| (tens & 0x0F).saturating_mul(10).saturating_add(ones & 0x0F);
    let (month, day) = (number(tens_of_month, month), number(tens_of_day, day));
    let most = if month == 0 { 31 } else { days_of(LEAP, month) };
    if month > 12 || day > most { Err(AccessCodeError::NoSuchDay) } else { Ok(()) }
}

/// Days of a month; none of a month that is none.
const fn days_of(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// Why something is no access code. Digits are not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AccessCodeError {
    /// No such day, or no such year.
    NoSuchDay,
    /// Something else than digits.
    NotDigits,
    /// The day belongs to two eras; its two-digit year must be stated.
    TwoEras,
    /// Not as many digits as it has.
    WrongLength,
}

impl fmt::Display for AccessCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchDay => "there is no such day or year; no try was used",
            Self::NotDigits => "it has digits 0-9 and nothing else; no try was used",
            Self::TwoEras => {
                "that day belongs to two eras; give the two-digit year that stands on the card; no \
                 try was used"
            }
            Self::WrongLength => {
                "the birth date has six digits, the number A twelve, the number B fourteen, the \
                 security code four; no try was used"
            }
        })
    }
}

impl core::error::Error for AccessCodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_date(year: u16, month: u8, day: u8) -> Result<[u8; 6], AccessCodeError> {
        BirthDateKey::from_date(year, month, day).map(|key| key.0)
    }

    #[test]
    fn the_year_is_that_of_the_era() {
        // Two known pairs first, docs/card-facts.md §3; then the days around each change.
        for (date, digits) in [
            ((1980, 2, 17), b"550217"),
            ((2020, 2, 24), b"020224"),
            ((1873, 1, 1), b"060101"),
            ((1912, 7, 29), b"450729"),
            ((1912, 7, 31), b"010731"),
            ((1926, 12, 24), b"151224"),
            ((1926, 12, 26), b"011226"),
            ((1989, 1, 7), b"640107"),
            ((1989, 1, 8), b"010108"),
            ((2019, 4, 30), b"310430"),
            ((2019, 5, 1), b"010501"),
            ((2024, 2, 29), b"060229"),
        ] {
            assert_eq!(from_date(date.0, date.1, date.2), Ok(*digits), "{date:?}");
        }
    }

    #[test]
    fn a_day_that_cannot_be_costs_no_try() {
        for bad in ["600231", "601301", "600632", "609915", "999999"] {
            let key = BirthDateKey::new(bad.as_bytes()).err();
            assert_eq!(key, Some(AccessCodeError::NoSuchDay), "{bad}");
            let mut number = [b'0'; 14];
            number[..6].copy_from_slice(bad.as_bytes());
            assert!(VerificationNumberB::new(&number).is_err(), "{bad}");
        }
        assert!(BirthDateKey::from_era_year(60, 2, 30).is_err());
        // A part of the date may be unknown, and nobody knows how the key says so.
        for good in ["600229", "600600", "600000", "000031"] {
            assert!(BirthDateKey::new(good.as_bytes()).is_ok(), "{good}");
        }
    }

    /// Counts days, months and years of eras up from the first day, and subtracts nothing: written
    /// apart from what it checks.
    #[test]
    fn every_day_since_1873_has_the_digits_of_a_calendar_that_is_counted_up() {
        // 平成 and 令和 began at midnight. On the first days of 大正 and 昭和 the era before had not ended,
        // so that both years are on cards.
        let changes = [
            ((1912, 7, 30), true),
            ((1926, 12, 25), true),
            ((1989, 1, 8), false),
            ((2019, 5, 1), false),
        ];
        let (mut year, mut month, mut day, mut era_year, mut days) =
            (1873_u16, 1_u8, 1_u8, 6_u8, 0);
        let mut two_eras = 0;
        // To the end of 2030: past whatever day it is today.
        while year < 2031 {
            let change = changes.iter().find(|(first, _)| *first == (year, month, day));
            if change.is_some() {
                era_year = 1;
            }
            let expected = match change {
                Some((_, true)) => Err(AccessCodeError::TwoEras),
                _ => {
                    let number =
                        u32::from(era_year) * 10_000 + u32::from(month) * 100 + u32::from(day);
                    let digit =
                        |place: u32| b'0' + u8::try_from(number / 10_u32.pow(place) % 10).unwrap();
                    Ok([5, 4, 3, 2, 1, 0].map(digit))
                }
            };
            assert_eq!(from_date(year, month, day), expected, "{year}-{month}-{day}");
            two_eras += u32::from(expected.is_err());
            days += 1;
            day += 1;
            let length = match month {
                4 | 6 | 9 | 11 => 30,
                2 if year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) => 29,
                2 => 28,
                _ => 31,
            };
            if day > length {
                assert_eq!(from_date(year, month, day), Err(AccessCodeError::NoSuchDay));
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month, era_year) = (year + 1, 1, era_year + 1);
            }
        }
        // 158 years; each fourth from 1876 on has a leap day, but for 1900.
        assert_eq!((days, two_eras), (158 * 365 + 38, 2));
    }

    #[test]
    fn a_day_of_two_eras_is_the_callers_to_decide() {
        assert_eq!(from_date(1912, 7, 30), Err(AccessCodeError::TwoEras));
        assert_eq!(from_date(1926, 12, 25), Err(AccessCodeError::TwoEras));
        let showa = BirthDateKey::from_era_year(1, 12, 25).unwrap();
        let taisho = BirthDateKey::from_era_year(15, 12, 25).unwrap();
        assert_eq!((&showa.0, &taisho.0), (b"011225", b"151225"));
    }

    #[test]
    fn days_that_are_none_are_refused() {
        for (year, month, day) in [
            (1872, 12, 31),
            (2025, 2, 29),
            (2025, 0, 1),
            (2025, 13, 1),
            (2025, 1, 32),
            (2200, 1, 1),
        ] {
            let refused = from_date(year, month, day);
            assert_eq!(refused, Err(AccessCodeError::NoSuchDay), "{year}-{month}-{day}");
        }
        for (year, month, day) in [(100, 1, 1), (1, 0, 1), (1, 13, 1), (1, 1, 0), (1, 1, 32)] {
            assert!(BirthDateKey::from_era_year(year, month, day).is_err());
        }
    }

    #[cfg(feature = "my-number")]
    #[test]
    fn number_a_is_twelve_digits() {
        assert_eq!(&VerificationNumberA::new(b"000000000001").unwrap().0, b"000000000001");
        let wrong = |digits| VerificationNumberA::new(digits).err();
        assert_eq!(wrong(b"00000000001"), Some(AccessCodeError::WrongLength));
        assert_eq!(wrong(b"00000000000A"), Some(AccessCodeError::NotDigits));
    }

    #[test]
    fn number_b_is_put_together_from_three_parts() {
        // The test card's, docs/card-facts.md §3.
        let birth = BirthDateKey::new(b"550217").unwrap();
        let number = VerificationNumberB::from_parts(&birth, 2035, b"2285").unwrap();
        assert_eq!(&number.0, b"55021720352285");
        assert_eq!(VerificationNumberB::new(b"55021720352285").unwrap().0, number.0);
        let wrong = |year, code| VerificationNumberB::from_parts(&birth, year, code).err();
        assert_eq!(wrong(35, b"2285"), Some(AccessCodeError::NoSuchDay));
        assert_eq!(wrong(2035, b"228"), Some(AccessCodeError::WrongLength));
        assert_eq!(wrong(2035, b"22 5"), Some(AccessCodeError::NotDigits));
        assert_eq!(BirthDateKey::new(b"19800217").err(), Some(AccessCodeError::WrongLength));
        assert_eq!(BirthDateKey::new(b"55-217").err(), Some(AccessCodeError::NotDigits));
        assert_eq!(VerificationNumberB::new(b"").err(), Some(AccessCodeError::WrongLength));
    }
}
