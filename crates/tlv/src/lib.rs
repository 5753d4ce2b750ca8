//! BER-TLV and DER as smart cards and certificates use them: a borrowed reader, a bounded walk and
//! a writer. This crate never allocates, never copies a value, never recurses and never panics.
//!
//! Two rule sets share one reader. [`Rules::Ber`] is what card files need: the card face of the
//! My Number card codes some lengths in more octets than necessary, also inside other objects
//! (`docs/card-facts.md` §2.9). [`Rules::Der`] is what certificates need: one value, one encoding
//! (X.690 clause 10). Both know only the definite form; lengths have at most three subsequent octets
//! (`81`, `82`, `83`) and tags at most three octets (ISO/IEC 7816-4, 5.2.2).
//!
//! | To | use |
//! |---|---|
//! | learn the size of a file from its first seven octets | [`Header::parse`] |
//! | take the one object out of a card file, filler after it | [`object`], [`object_search`] |
//! | read objects one after the other | [`Reader`] |
//! | reach an object by the tags above it | [`find_path`] |
//! | visit every object, to a bounded depth | [`Walk`] |
//! | read DER primitives | [`der`] |
//! | write | [`Writer`] |
//!
//! ```
//! use kazasu_tlv::{ErrorKind, Header, Rules, Tag, Writer, find_path, object};
//!
//! # fn main() -> Result<(), kazasu_tlv::Error> {
//! // FF20 { DF25 "1" }, its length coded in one octet too many, and filler up to the file's end.
//! let file = [0xFF, 0x20, 0x81, 0x04, 0xDF, 0x25, 0x01, 0x31, 0xFF, 0xFF];
//!
//! // How much is there to read? The first octets say it.
//! assert_eq!(Header::parse(&file[..7], Rules::Ber)?.total_length()?, 8);
//!
//! let (face, filler) = object(&file, Rules::Ber)?;
//! assert_eq!(face.tag(), Tag::new(0xFF20));
//! assert_eq!(filler, [0xFF, 0xFF]);
//! let mut inside = face.children()?;
//! let sex = inside.expect(Tag::new(0xDF25))?;
//! inside.finish()?;
//! assert_eq!((sex.value(), sex.offset()), (b"1".as_slice(), 4));
//!
//! // The same by path.
//! let path = [Tag::new(0xFF20), Tag::new(0xDF25)];
//! assert_eq!(find_path(&file, Rules::Ber, &path)?, Some(sex));
//!
//! // DER refuses the long length, and says where.
//! let error = object(&file, Rules::Der).unwrap_err();
//! assert_eq!((error.kind, error.offset), (ErrorKind::NonMinimalLength, 2));
//!
//! // Writing is always minimal.
//! let mut buffer = [0; 16];
//! let mut writer = Writer::new(&mut buffer);
//! writer.constructed(Tag::new(0xFF20), |inside| inside.element(Tag::new(0xDF25), b"1"))?;
//! assert_eq!(writer.written(), [0xFF, 0x20, 0x04, 0xDF, 0x25, 0x01, 0x31]);
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

pub mod der;
mod error;
mod header;
mod object;
mod reader;
mod tag;
pub mod tags;
mod walk;
mod writer;

pub use error::{Error, ErrorKind};
pub use header::{Header, Rules};
pub use object::{find_path, object, object_search};
pub use reader::{Element, Elements, Reader};
pub use tag::{Class, Tag};
pub use walk::{Visit, Walk};
pub use writer::Writer;
