//! A My Number card (マイナンバーカード) in software: issued on demand, with the file map, the access
//! conditions, the counters and the status words of the real card, and with faults that a test can
//! switch on.
//!
//! Its holder is invented, its My Number is nobody's, its keys are public, its certificates stand
//! under roots named "KAZASU VIRTUAL CARD ROOT - NOT A REAL CARD". It never stands for a person, and
//! nothing here talks to a real card.
//!
//! ```
//! use kazasu_apdu::Transport;
//! use kazasu_virtual_card::{Card, Effect, Fault, Issue, Link, Reference, When};
//!
//! let mut issue = Issue::demonstration();
//! issue.auth_pin = kazasu_virtual_card::Secret::new("0123");
//! let mut link = Link::new(Card::issue(issue)?);
//! let mut response = [0; 258];
//!
//! // SELECT of 公的個人認証AP, then an empty VERIFY of the auth PIN: three tries.
//! let select = [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0, 0, 0, 1];
//! assert_eq!(link.transmit(&select, &mut response)?, 2);
//! link.transmit(&[0x00, 0x20, 0x00, 0x98], &mut response)?;
//! assert_eq!(response[..2], [0x63, 0xC3]);
//!
//! // The link breaks after the card has seen a wrong PIN: no answer, and the try is gone.
//! link.faults_mut().push(Fault::once(When::InsWithData(0x20), Effect::drop_after()));
//! let verify = [0x00, 0x20, 0x00, 0x98, 4, b'9', b'9', b'9', b'9'];
//! assert!(link.transmit(&verify, &mut response).is_err());
//! assert_eq!(link.card().and_then(|card| card.tries(Reference::Auth)), Some(2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is modelled, and how sure it is
//! "CONFIRMED" and "SINGLE" (one source) are the flags of `docs/card-facts.md`; so are its sections.
//!
//! | What | Flag |
//! |---|---|
//! | application identifiers; JPKI EFs 0001, 0002, 000A, 000B and their access; keys 0017, 001A; codes 0018, 001B (§2) | CONFIRMED |
//! | label of the token information; the rest of EF 0006; EF 0008 (§2.2) | CONFIRMED; SINGLE; SINGLE |
//! | EF 0009, which no code opens; text EF 0012, which is blocked (§2.2, §2.4) | SINGLE |
//! | codes, formats, tries, 照合番号B (§3) | CONFIRMED; PIN of 共通カードAP SINGLE |
//! | empty VERIFY does not count; 63Cx; a right VERIFY gives the tries back (§3) | CONFIRMED |
//! | blocked: VERIFY 6984, query 63C0 (§1.5) | sources disagree: [`Settings::blocked`] |
//! | short EF identifiers in READ and VERIFY; in `80 2A` (§1.3) | CONFIRMED; SINGLE |
//! | SELECT of an EF with P1 = 02 only; of the master file (§1.3) | SINGLE |
//! | 6B00 beyond the end; 6282 across it (§1.3) | CONFIRMED; SINGLE: [`Settings::end_of_file`] |
//! | extended length (§1.3) | chips differ: [`Settings::extended_length`] |
//! | security status lost with another application, kept over a warm reset (§1.3) | CONFIRMED; SINGLE: [`Settings::warm_reset`] |
//! | signing with P1 = 00; with 01 to 05 (§4.1) | CONFIRMED; SINGLE |
//! | CHANGE REFERENCE DATA, CHANGE KEY (§3); GET CHALLENGE, INTERNAL AUTHENTICATE (§4.2) | SINGLE |
//! | certificates: names of fields, extensions, order, criticality (§5.2) | as on the test card |
//! | signed records and card-verifiable certificates: tags, lengths, what is signed (§2.3, §2.4, §4.3, §4.4) | SINGLE, parsed and verified |
//! | the application's own key signs without a credential (§4.2) | CONFIRMED |
//! | pictures: sizes, 1-bit PNG, greyscale JP2 (§2.3) | SINGLE, parsed |
//! | EF 0016; `80 A2` with P1-P2 06C1 and 00C1, and 6700 for what it has no use for (§6) | CONFIRMED; SINGLE |
//! | what comes after `80 A2`, and that the key is open then (§6) | UNKNOWN: [`stand_in_institution`], off by default |
//! | GET DATA: 7F21, Le with room for it (§2.7, §1.3) | SINGLE, parsed |
//!
//! Choices where the sources are silent: a missing file is 6A82 and a missing code or key 6A88; a
//! code of the wrong length costs a try like any wrong code; a failed SELECT changes nothing; a
//! short identifier in READ BINARY makes its EF the current one, in other commands not; an empty
//! input to `80 2A`, or one whose Le has no room for the signature, is 6700, any other wrong length
//! 6985; a changed code stays verified; the data objects 00F0, 00F2 and 00F8 are coded as the files
//! that hold the same (five digits, eight digits, `7F21 { 5F4E, 5F37 }`), and all but the ATR are
//! 6A88 while an application is selected.
//!
//! The photo is [`Photo`]'s, of any size that a file can have. The pictures are drawn here and say that they are virtual; a name or an address is not legible in
//! them, the number and the security code are. Bytes whose meaning is UNKNOWN are FF.
//!
//! The contactless link of the card, the air and a PN532 are in [`radio`] and [`pn532`].
//!
//! Not modelled, and answered as a card without it: secure messaging, command chaining, logical
//! channels, GET DATA of 0042, 0045 and 0066, the マイナ免許証
//! application. [`Issue::test_card`] has those files only that were published.
#![forbid(unsafe_code)]

mod application;
mod card;
mod certificate;
pub mod contact;
mod date;
mod defect;
mod error;
mod fault;
mod file_map;
mod files;
mod hex;
mod holder;
mod inspect;
mod issue;
mod keys;
mod link;
mod lock;
mod oid;
mod photo;
mod picture;
pub mod pn532;
pub mod radio;
mod random;
mod read;
mod records;
mod secret;
mod select;
mod settings;
mod sign;
pub mod stand_in_institution;
mod state;
#[cfg(feature = "synthetic")]
pub mod synthetic;
mod verifiable;
mod verify;
pub mod vpcd;

pub use application::{ApplicationName, Reference};
pub use card::{Card, Deeds};
pub use certificate::{CertificateKind, ROOT_NAME, root_certificate};
pub use contact::{FaultyCard, Reply, Responder};
pub use date::Date;
pub use defect::{CertificateDefect, SignatureDefect};
pub use error::Error;
pub use fault::{Effect, Exchange, Fault, Faults, Times, When};
pub use holder::{Holder, Sex};
pub use issue::{Issue, Kind, LabelPadding};
pub use link::{Link, LinkError, LogEntry, OnReconnect};
pub use photo::Photo;
pub use secret::Secret;
pub use settings::{Blocked, EndOfFile, QueryWhenVerified, SecurityStatus, Settings};
pub use state::{CardFile, FILE_VERSION};
pub use verifiable::{CardVerifiableAuthority, CardVerifiableRoot, card_verifiable_root};
