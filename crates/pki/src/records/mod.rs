//! The records of 券面事項確認AP and 券面事項入力補助AP: read, verified, and the proof that the card is
//! the one they were issued for (`docs/card-facts.md` §2.3, §2.4, §4.2 to §4.5). Nothing here speaks
//! to a card, decodes an image, or believes a value before its signature was verified.
//!
//! A record has a type for each step: the octets, what was [parsed](CardFace::parse) and tells
//! nothing yet, and what is [`Verified`] by a [`CvcKey`](crate::cvc::CvcKey). What no signature
//! covers comes as [`Unsigned`] only.
//!
//! | Record | Type | Signed |
//! |---|---|---|
//! | 券面事項確認AP EF 0001 | [`AgeRecord`] | date of birth, key of the card |
//! | 券面事項確認AP EF 0002 | [`CardFace`], or [`CardFaceStream`] where it does not fit in memory | date of birth, sex, key of the card, images of name and address, photo |
//! | 券面事項確認AP EF 0005 | `MyNumberImage`, feature `my-number` | image of the number, key of the card |
//! | 券面事項入力補助AP EF 0003 | [`Integrity`] | the digests of EF 0001 and EF 0002 |
//! | 券面事項入力補助AP EF 0002 | [`InputAttributes`], by [`Integrity`] | name, address, date of birth, sex |
//! | 券面事項入力補助AP EF 0001 | `MyNumber`, feature `my-number`, by [`Integrity`] | the number |
//! | 券面事項入力補助AP EF 0007 | [`CardKeyRecord`] | key of the card |
//! | 券面事項確認AP EF 0003, 券面事項入力補助AP EF 0005 | [`BasicInformation`] | nothing |
//!
//! A copied card has all of these. Only the answer to a [`CardChallenge`], verified with a
//! [`CardKey`] out of a verified record, is [`Authentic`]. `docs/card-authenticity.md` has the whole
//! chain.
//!
//! ```
//! use kazasu_pki::{cvc::{Cvc, CvcAnchors, CvcRole}, records::{CardChallenge, CardFace}};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let ef_0004 = include_bytes!("../../tests/data/test-card/surface-0004.bin");
//! # let ef_0002 = include_bytes!("../../tests/data/test-card/surface-0002.bin");
//! let anchors = CvcAnchors::production().with_test();
//! let key = Cvc::parse(ef_0004)?.verify(&anchors, CvcRole::CardFace)?;
//! let face = CardFace::parse(ef_0002)?.verify(&key)?;
//! assert_eq!(face.birth().digits(), "19800217");
//! assert_eq!(face.expiry().unsigned().digits(), "20350217");
//!
//! // Send `80 2A 00 00` with these octets to the same application, and judge the answer.
//! let challenge = CardChallenge::new(b"32 octets that nobody can guess.");
//! assert_eq!(challenge.data().len(), 51);
//! let forged = [0x01; 256];
//! assert!(challenge.verify(&face.card_key(), &forged).is_err());
//! # Ok(())
//! # }
//! ```

mod age;
mod basic_information;
mod card_face;
mod card_key;
mod challenge;
mod error;
mod fields;
mod integrity;
#[cfg(feature = "my-number")]
mod my_number;
mod stream;
mod unsigned;
mod value;
mod verified;

pub use self::age::AgeRecord;
pub use self::basic_information::BasicInformation;
pub use self::card_face::CardFace;
pub use self::card_key::{CardKey, CardKeyRecord};
pub use self::challenge::{Authentic, CardChallenge};
pub use self::error::RecordError;
pub use self::integrity::{InputAttributes, Integrity};
#[cfg(feature = "my-number")]
pub use self::my_number::{MyNumber, MyNumberImage};
pub use self::stream::{CardFacePart, CardFacePiece, CardFaceStream, StreamedCardFace};
pub use self::unsigned::Unsigned;
pub use self::value::{RecordDate, Sex};
pub use self::verified::{RecordKind, Verified};

/// `Debug` and `defmt` texts that name the type and no value of it.
macro_rules! masked {
    ($($name:ident $(<$lifetime:lifetime>)?),* $(,)?) => {$(
        impl core::fmt::Debug for $name $(<$lifetime>)? {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        #[cfg(feature = "defmt")]
        impl defmt::Format for $name $(<$lifetime>)? {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{=str}", concat!(stringify!($name), "(***)"));
            }
        }
    )*};
}
use masked;
