//! kazasu (かざす, to hold a card over a reader): the code inside card readers for Japan's online
//! eligibility check (オンライン資格確認). This crate is the paved path over the workspace: one
//! dependency for a host or firmware developer.
//!
//! It adds the flows that join the card ([`mynacard`]) and the certificates ([`pki`]), which do not
//! know each other, and re-exports both. It never does I/O of its own: the link is a
//! [`apdu::Transport`], the clock and the nonce come in as values, the holder is a trait.
//!
//! * [`authenticate`]: check-in, or a signature over a message. It ends in a [`Report`] whose
//!   [`Outcome`] says one thing, and with a [`Proof`] only when the signature was verified.
//! * [`judge_again`]: what a reader handed over, judged by somebody else without the card.
//! * [`read_certificate`], [`tries_left`], [`change`]: the smaller jobs.
//! * [`card_face`], [`card_face_stream`], [`age_record`], [`attributes`], [`card_information`]: what
//!   stands on the card, verified, and the card proven to be no copy ([`RecordChecks`]).
//! * [`authenticate_without_pin`]: the check-in with a vendor's key to 特定機関認証.
//! * `check_in_by_face`, `check_in_by_visual_check` (feature `face`): the check-in without a PIN in which
//!   the holder's face is compared with the photo of the chip; `check_in_by_face_stream` where there is
//!   no memory for that photo.
//! * [`Outcome`]: the numbers and names that programs, scripts and the C library share.
//!
//! ```
//! # #[cfg(feature = "virtual-card")] fn main() -> Result<(), Box<dyn core::error::Error>> {
//! use kazasu::apdu::{Channel, Session};
//! use kazasu::mynacard::Pin;
//! use kazasu::pki::{Anchor, Anchors, Time, Validator};
//! use kazasu::virtual_card::{Card, Issue, Link, root_certificate};
//! use kazasu::{Job, Nonce, Outcome, PinHolder, authenticate};
//!
//! // A card that is not there, and the root that only it has.
//! let card = Card::issue(Issue::demonstration())?;
//! let root = root_certificate(kazasu::virtual_card::CertificateKind::Auth)?;
//! let anchors = Anchors::none().with(Anchor::virtual_card(&root)?)?;
//!
//! let (mut commands, mut answers) = ([0; 262], [0; 4096]);
//! let mut session = Session::new(Link::new(card), Channel::new(&mut commands, &mut answers));
//! let nonce = Nonce::fresh()?;
//! let mut certificate = [0; 3072];
//! let mut holder = PinHolder::new(Pin::new(b"1234")?);
//! let report = authenticate(
//!     &mut session,
//!     &Validator::new(&anchors),
//!     Time::from_unix(std::time::UNIX_EPOCH.elapsed()?.as_secs() as i64),
//!     &Job::check_in(&nonce),
//!     &mut holder,
//!     &mut certificate,
//! );
//! assert_eq!(report.outcome, Outcome::Verified);
//! assert_eq!(session.channel().counts().commands, 5);
//! # Ok(()) }
//! # #[cfg(not(feature = "virtual-card"))] fn main() {}
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod again;
mod attributes;
mod authenticate;
mod card_face;
mod certificate;
mod end;
#[cfg(feature = "face")]
mod face_check_in;
#[cfg(feature = "face")]
mod face_flow;
#[cfg(feature = "face")]
mod face_identified;
#[cfg(feature = "face")]
mod face_look;
#[cfg(feature = "face")]
mod face_stream;
#[cfg(feature = "face")]
mod face_without_pin;
mod failure;
mod holder;
mod memory;
mod nonce;
mod outcome;
mod pinless;
mod pins;
mod present;
mod proof;
mod records;
mod recovery;
#[cfg(feature = "virtual-card")]
mod stand_in;
mod stream;

pub use again::{Evidence, Judgement, judge_again};
pub use attributes::{
    AttributesCode, AttributesReport, CardInformationReport, attributes, card_information,
};
pub use authenticate::{Job, Report, authenticate};
pub use card_face::{RecordReport, age_record, card_face};
pub use certificate::{CertificateFile, CertificateReport, read_certificate};
pub use end::{Cleared, end_session};
#[cfg(feature = "face")]
pub use face_check_in::{
    Camera, Identification, IdentificationReport, Reply, Staff, check_in_by_face,
    check_in_by_visual_check,
};
#[cfg(feature = "face")]
pub use face_identified::{Identified, IdentifiedBy, Method};
#[cfg(feature = "face")]
pub use face_stream::check_in_by_face_stream;
#[cfg(feature = "face")]
pub use face_without_pin::{
    WithoutPin, check_in_by_face_without_pin, check_in_by_visual_check_without_pin,
};
pub use failure::Failure;
pub use holder::{Declined, Holder, OwnedSecret, PinHolder, Request, Stage};
pub use kazasu_apdu as apdu;
#[cfg(feature = "face")]
pub use kazasu_face as face;
pub use kazasu_mynacard as mynacard;
pub use kazasu_pki as pki;
pub use kazasu_tlv as tlv;
#[cfg(feature = "virtual-card")]
pub use kazasu_virtual_card as virtual_card;
pub use memory::Memory;
pub use nonce::{Nonce, NonceError, NonceSource};
pub use outcome::Outcome;
pub use pinless::authenticate_without_pin;
pub use pins::{ChangeReport, TriesReport, change, tries_left};
pub use proof::Proof;
pub use records::RecordChecks;
#[cfg(feature = "virtual-card")]
pub use stand_in::StandInInstitutionAuthentication;
pub use stream::{CardFaceSink, CardFaceStreamReport, StreamedPhoto, card_face_stream};
