//! The four attributes (基本4情報: 氏名, 生年月日, 性別, 住所) that a 署名用 certificate carries in
//! its subject alternative name (`docs/card-facts.md` §5.2). Personal data: borrowed, and never in
//! a `Debug` text or an error.

use core::fmt;

use kazasu_tlv::{Element, Tag, der, tags};

use crate::{error::Error, extension::Extension, oid, time::Date};

/// The four attributes of a holder, as the certificate has them.
///
/// There are no accessors that mask: whoever asks for a value has it. `Debug` and `defmt` show
/// none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attributes<'a> {
    name: &'a str,
    name_substitutes: Substitutes<'a>,
    birth: Birth<'a>,
    gender: Gender,
    address: &'a str,
    address_substitutes: Substitutes<'a>,
}

/// The six values by their place in [`IDENTIFIERS`], while they are collected.
type Values<'a> = [Option<Element<'a>>; 6];

const IDENTIFIERS: [&[u8]; 6] = [
    oid::ATTRIBUTE_NAME,
    oid::ATTRIBUTE_BIRTH_DATE,
    oid::ATTRIBUTE_GENDER,
    oid::ATTRIBUTE_ADDRESS,
    oid::ATTRIBUTE_NAME_SUBSTITUTES,
    oid::ATTRIBUTE_ADDRESS_SUBSTITUTES,
];

impl<'a> Attributes<'a> {
    /// The name (氏名), as it is registered.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Which characters of the name stand for others.
    pub const fn name_substitutes(&self) -> Substitutes<'a> {
        self.name_substitutes
    }

    /// The date of birth (生年月日).
    pub const fn birth(&self) -> Birth<'a> {
        self.birth
    }

    /// The sex (性別).
    pub const fn gender(&self) -> Gender {
        self.gender
    }

    /// The address (住所).
    pub const fn address(&self) -> &'a str {
        self.address
    }

    /// Which characters of the address stand for others.
    pub const fn address_substitutes(&self) -> Substitutes<'a> {
        self.address_substitutes
    }

    /// Reads them from a subject alternative name; `None` when it has none of them. Names that are
    /// not known are passed over, a value that occurs twice is refused.
    pub(crate) fn parse(extension: &Extension<'a>) -> Result<Option<Self>, Error> {
        let mut values = Values::default();
        for general_name in extension.sequence()? {
            let general_name = general_name?;
            if general_name.tag() == OTHER_NAME {
                collect(&general_name, &mut values)?;
            }
        }
        if values.iter().all(Option::is_none) {
            return Ok(None);
        }
        let [name, birth, gender, address, name_substitutes, address_substitutes] = values;
        let missing = Error::Attributes { offset: extension.offset };
        Ok(Some(Self {
            name: text(&name.ok_or(missing)?)?,
            name_substitutes: Substitutes::parse(name_substitutes)?,
            birth: Birth::parse(&birth.ok_or(missing)?)?,
            gender: Gender::parse(&gender.ok_or(missing)?)?,
            address: text(&address.ok_or(missing)?)?,
            address_substitutes: Substitutes::parse(address_substitutes)?,
        }))
    }
}

/// `otherName [0]` of GeneralName (RFC 5280 section 4.2.1.6).
const OTHER_NAME: Tag = Tag::context_constructed(0);

/// `OtherName ::= SEQUENCE { type-id, value [0] EXPLICIT ANY }`.
fn collect<'a>(other_name: &Element<'a>, values: &mut Values<'a>) -> Result<(), Error> {
    let mut reader = other_name.children()?;
    let identifier = der::object_identifier(&reader.read()?)?;
    let mut explicit = reader.expect(Tag::context_constructed(0))?.children()?;
    reader.finish()?;
    let value = explicit.read()?;
    explicit.finish()?;
    for (known, slot) in IDENTIFIERS.iter().zip(values) {
        if *known == identifier && slot.replace(value).is_some() {
            return Err(invalid(&value));
        }
    }
    Ok(())
}

fn text<'a>(element: &Element<'a>) -> Result<&'a str, Error> {
    let value = element.expect(tags::UTF8_STRING)?.value();
    str::from_utf8(value).map_err(|_| invalid(element))
}

fn invalid(element: &Element<'_>) -> Error {
    Error::Attributes { offset: element.offset() }
}

const MASKED: &str = "***";

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attributes(***)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Attributes<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Attributes(***)");
    }
}

/// Which characters of a text are substitutes (代替文字): the registered ones are outside JIS X
/// 0208 and 0212, so that others stand in their place.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Substitutes<'a> {
    flags: &'a [u8],
}

impl<'a> Substitutes<'a> {
    /// Whether any character is a substitute.
    pub fn any(&self) -> bool {
        self.iter().any(|substitute| substitute)
    }

    /// One value for each character, true for a substitute. Empty when the certificate has no
    /// flags for this text.
    pub fn iter(&self) -> impl Iterator<Item = bool> + use<'a> {
        self.flags.iter().map(|flag| *flag == b'1')
    }

    fn parse(element: Option<Element<'a>>) -> Result<Self, Error> {
        let Some(element) = element else { return Ok(Self::default()) };
        let flags = text(&element)?.as_bytes();
        if flags.iter().any(|flag| !matches!(flag, b'0' | b'1')) {
            return Err(invalid(&element));
        }
        Ok(Self { flags })
    }
}

impl fmt::Debug for Substitutes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Substitutes").field(&MASKED).finish()
    }
}

/// The era (元号) in which a date of birth was registered.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Era {
    /// Not known (不明).
    Unknown,
    /// 明治.
    Meiji,
    /// 大正.
    Taisho,
    /// 昭和.
    Showa,
    /// 平成.
    Heisei,
    /// 令和.
    Reiwa,
}

impl fmt::Debug for Era {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Era").field(&MASKED).finish()
    }
}

/// A date of birth: an era and a Gregorian date, parts of which may not be known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Birth<'a> {
    digits: &'a str,
    era: Era,
}

impl<'a> Birth<'a> {
    /// The nine digits as they stand there: one for the era, then `YYYYMMDD`.
    pub const fn digits(&self) -> &'a str {
        self.digits
    }

    /// The era.
    pub const fn era(&self) -> Era {
        self.era
    }

    /// The Gregorian date, or `None` when the digits are not a day of the calendar, as where a
    /// part of the date is not known.
    pub fn date(&self) -> Option<Date> {
        let number = self.digits.get(1..)?.parse::<u32>().ok()?;
        let year = u16::try_from(number / 10_000).ok()?;
        let month = u8::try_from(number / 100 % 100).ok()?;
        Date::new(year, month, u8::try_from(number % 100).ok()?)
    }

    fn parse(element: &Element<'a>) -> Result<Self, Error> {
        let digits = text(element)?;
        if digits.len() != 9 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(invalid(element));
        }
        let era = match digits.bytes().next() {
            Some(b'0') => Era::Unknown,
            Some(b'1') => Era::Meiji,
            Some(b'2') => Era::Taisho,
            Some(b'3') => Era::Showa,
            Some(b'4') => Era::Heisei,
            Some(b'5') => Era::Reiwa,
            _ => return Err(invalid(element)),
        };
        Ok(Self { digits, era })
    }
}

impl fmt::Debug for Birth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Birth").field(&MASKED).finish()
    }
}

/// The sex (性別) in the register.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gender {
    /// 男, written 1.
    Male,
    /// 女, written 2.
    Female,
    /// 不明, written 3.
    Unknown,
}

impl Gender {
    fn parse(element: &Element<'_>) -> Result<Self, Error> {
        match text(element)? {
            "1" => Ok(Self::Male),
            "2" => Ok(Self::Female),
            "3" => Ok(Self::Unknown),
            _ => Err(invalid(element)),
        }
    }
}

impl fmt::Debug for Gender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gender").field(&MASKED).finish()
    }
}
