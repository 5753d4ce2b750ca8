//! Who a virtual card belongs to: an invented person whose data say so themselves.
//!
//! Never a real person: the My Number (個人番号) that goes with a holder has a wrong check digit, so
//! that it is nobody's.

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::{Date, Secret};

/// Sex as the card codes it: ISO/IEC 5218 in the card's files, another code in the certificate
/// (`docs/card-facts.md` §2.9, §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
    /// 適用不能 in the files, 不明 in the certificate.
    NotApplicable,
}

impl Sex {
    /// One ASCII digit of ISO/IEC 5218: 1, 2 or 9.
    pub(crate) const fn iso_5218(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
            Self::NotApplicable => "9",
        }
    }

    /// One ASCII digit of the certificate's code: 1, 2 or 3.
    pub(crate) const fn in_certificate(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
            Self::NotApplicable => "3",
        }
    }
}

/// The four attributes (基本4情報), and where the holder's municipality is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// 氏名, with an ideographic space U+3000 between 姓 and 名.
    pub name: String,
    /// 住所, digits and hyphens full-width.
    pub address: String,
    /// 生年月日.
    pub birth: Date,
    /// 性別.
    pub sex: Sex,
    /// Prefecture in Latin letters, the first `L` of the 署名用 certificate.
    pub prefecture: String,
    /// Municipality in Latin letters, the second `L`.
    pub municipality: String,
    /// 団体コード: five digits.
    pub municipality_code: String,
    /// Which characters of the name were replaced (代替文字), counted from 0.
    #[serde(default)]
    pub substitutes_in_name: Vec<usize>,
    /// Which characters of the address were replaced, counted from 0.
    #[serde(default)]
    pub substitutes_in_address: Vec<usize>,
}

impl Holder {
    /// The sample person of demonstrations: name, address and municipality do not exist.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            name: "架空　見本".to_owned(),
            address: "架空県見本市存在町０丁目０番地－０－０号".to_owned(),
            birth: Date::new(1985, 6, 15).unwrap_or_else(Date::today),
            sex: Sex::Female,
            prefecture: "Kakuu-ken".to_owned(),
            municipality: "Mihon-shi".to_owned(),
            municipality_code: "99999".to_owned(),
            substitutes_in_name: Vec::new(),
            substitutes_in_address: Vec::new(),
        }
    }

    /// One digit per character of the name: 1 where it is a substitute (`docs/card-facts.md` §5.2).
    pub(crate) fn name_flags(&self) -> String {
        flags(&self.name, &self.substitutes_in_name)
    }

    /// The same for the address.
    pub(crate) fn address_flags(&self) -> String {
        flags(&self.address, &self.substitutes_in_address)
    }
}

fn flags(text: &str, substitutes: &[usize]) -> String {
    let flag = |at| if substitutes.contains(&at) { '1' } else { '0' };
    text.chars().enumerate().map(|(at, _)| flag(at)).collect()
}

/// The check digit of eleven digits of a My Number.
///
/// Rule of 行政手続における特定の個人を識別するための番号の利用等に関する法律施行令第8条 and the
/// ordinance under it (平成26年総務省令第85号第5条): 11 − (Σ Pn·Qn mod 11), where Pn is the n-th digit
/// from the right of the eleven, Qn is n + 1 for n ≤ 6 and n − 5 beyond; remainders 0 and 1 give 0.
fn check_digit(eleven: &str) -> u32 {
    let sum: u32 = (1..)
        .zip(eleven.chars().rev())
        .map(|(n, digit)| {
            let weight = if n <= 6 { n + 1 } else { n - 5 };
            digit.to_digit(10).unwrap_or(0) * weight
        })
        .sum();
    match sum % 11 {
        0 | 1 => 0,
        remainder => 11 - remainder,
    }
}

/// Twelve digits in the shape of a My Number, with a check digit that is wrong.
pub(crate) fn impossible_number(random: &mut Random) -> Secret {
    let mut digits = random.text(11, b"0123456789");
    let wrong = (check_digit(&digits) + 1 + u32::from(random.number() % 2 == 1)) % 10;
    digits.extend(char::from_digit(wrong, 10));
    Secret::new(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_follows_the_published_rule() {
        // Worked out by hand: 1·6+2·5+3·4+4·3+5·2+6·7+7·6+8·5+9·4+0·3+1·2 = 212, 212 mod 11 = 3.
        assert_eq!(check_digit("12345678901"), 8);
        assert_eq!(check_digit("00000000000"), 0);
        // Remainder 1 gives 0: one digit 6 with weight 2 is 12.
        assert_eq!(check_digit("00000000006"), 0);
    }

    #[test]
    fn no_invented_number_is_anybodys() {
        let mut random = Random::new(Some(1), "numbers").unwrap();
        for _ in 0..2_000 {
            let number = impossible_number(&mut random);
            assert!(number.is_digits(12));
            let (eleven, check) = number.reveal().split_at(11);
            assert_ne!(check.parse::<u32>().unwrap(), check_digit(eleven));
        }
    }

    #[test]
    fn there_is_one_flag_for_each_character() {
        let mut holder = Holder::sample();
        holder.substitutes_in_name = vec![3];
        assert_eq!(holder.name_flags(), "00010");
        assert_eq!(holder.address_flags().len(), holder.address.chars().count());
    }
}
