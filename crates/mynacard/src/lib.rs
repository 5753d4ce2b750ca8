//! The applications of the My Number card (個人番号カード) as sans-IO procedures: select, read, tries,
//! verify, change, sign.
//!
//! This crate never transmits (drivers of [`kazasu_apdu`] do), never judges a certificate or a
//! signature (`kazasu-pki` does), never repeats a VERIFY or a CHANGE REFERENCE DATA, and never
//! presents a PIN whose remaining tries it has not read in the same card presence.
//!
//! The way to a signature, and the types that make it the only way:
//!
//! | Procedure | needs | gives |
//! |---|---|---|
//! | [`SelectApplication`] | an [`Application`] | |
//! | [`ReadFile`] | a [`File`], a [`Sink`] | its length |
//! | [`ReadTries`] | a [`Reference`] | [`Tries`] of this presence |
//! | [`Verify`] | [`Tries`] (consumed), a [`Secret`] | [`Verified`], or how it ended |
//! | [`Sign`] | [`Verified`] | [`UnverifiedSignature`] |
//! | [`AuthenticateCard`] | a [`CardKey`], no secret | [`UnverifiedAuthentication`] |
//! | [`ReadCardInformation`] | | [`CardInformation`], which nothing signs |
//! | [`ReadData`] | a [`DataObject`], a [`Sink`] | its length |
//! | [`AuthenticateInstitution`] | a vendor's [`InstitutionAuthentication`] | [`InstitutionAuthenticated`], which opens the way to [`Sign`] without a PIN |
//! | [`ClearStatus`] | | the card forgets that a PIN was verified |
//!
//! # The feature `my-number`
//! The 12-digit individual number (個人番号) may be collected and kept by few and for few purposes (番号法,
//! 行政手続における特定の個人を識別するための番号の利用等に関する法律, articles 19 and 20); a check-in is not one of
//! them. Without this feature nothing here names, reads, builds or asks for it. With it there are
//! `VerificationNumberA` (照合番号A, which is the number), its two references, and the two files that hold
//! the number. It changes nothing else.
//!
//! ```
//! use kazasu_mynacard::{Pin, PinError};
//!
//! assert!(Pin::new(b"1234").is_ok());
//! // The form is checked before a VERIFY is sent.
//! assert_eq!(Pin::new(b"12a4").err(), Some(PinError::NotDigits));
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod access;
mod application;
mod authenticate;
mod change;
mod clear;
mod counter;
mod data;
mod error;
mod file;
mod information;
mod institution;
mod read;
mod secret;
mod sign;
mod sink;
mod token;
mod verify;

#[cfg(feature = "my-number")]
pub use access::VerificationNumberA;
pub use access::{AccessCodeError, BirthDateKey, VerificationNumberB};
pub use application::{Application, LeaveApplication, SelectApplication};
pub use authenticate::{AuthenticateCard, CardKey, UnverifiedAuthentication};
pub use change::{Change, ChangeError};
pub use clear::ClearStatus;
pub use counter::{Counter, ReadTries, Reference, Tries};
pub use data::{DataObject, ReadData};
pub use error::{Error, FileError, Operation};
pub use file::File;
pub use information::{CardInformation, ReadCardInformation};
pub use institution::{
    AuthenticateInstitution, InstitutionAuthenticated, InstitutionAuthentication, InstitutionError,
    InstitutionScheme, InstitutionStep,
};
pub use read::{Extent, ReadFile};
pub use secret::{Password, PasswordError, Pin, PinError, Secret};
pub use sign::{Input, InputError, Key, KeyUse, Sign, UnverifiedSignature, digest_info_sha256};
pub use sink::{Buffer, Sink, SinkFull};
pub use token::{Availability, Token, TokenInformation};
pub use verify::{Cause, LastTry, Verified, Verify, VerifyError, WRONG_CODES_MAX};
