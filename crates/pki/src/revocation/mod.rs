//! Whether a certificate was revoked: lists (CRL, RFC 5280 section 5) and responses (OCSP, RFC
//! 6960) that the caller brings, checked over their original bytes. Nothing here fetches anything
//! or knows an address, and nothing is taken for granted: "unknown" is an answer of its own.
//!
//! | To | use |
//! |---|---|
//! | check a list in memory | [`check_crl`] |
//! | check a list as it arrives, in about 3 KiB | [`CrlStream`] |
//! | ask a responder | [`OcspRequest::write`], then [`check_ocsp`] |
//! | join a source of either to a validation | [`RevocationSource`], [`Validator::check_revocation`] |
//! | decide | [`Judged::with_revocation`], by a [`RevocationPolicy`] |
//!
//! The production services are open only to notified verifiers (公的個人認証法第17条, 第38条;
//! `docs/card-facts.md` §5.2). The guide is `docs/revocation.md`.
//!
//! Only the holder's certificate is looked up: its authority is a trust anchor, or an intermediate
//! that the caller answers for.
//!
//! [`Validator::check_revocation`]: crate::Validator::check_revocation
//! [`Judged::with_revocation`]: crate::Judged::with_revocation

mod answer;
mod asn1;
mod crl;
mod error;
mod ocsp;
mod part;
mod policy;
mod reader;
mod rules;
mod scope;
mod signed;
mod target;

pub use answer::{Checked, CrlNumber, Good, Reason, Revocation, Revoked, Unknown};
pub use crl::{CrlStream, check_crl};
pub use error::Error;
pub use ocsp::{CertIdHash, OcspNonce, OcspRequest, RequestError, check_ocsp};
pub use policy::{
    Accepted, Allow, Basis, Decision, Material, NoSource, Refused, RevocationPolicy,
    RevocationSource,
};
pub use rules::RevocationRules;
