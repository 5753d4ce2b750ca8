//! The Online Certificate Status Protocol (RFC 6960, 5019, 9654): the bytes of a request, and the
//! check of a response. How they travel is the caller's: nothing here knows an address.

mod hash;
mod request;
mod responder;
mod response;

pub use hash::CertIdHash;
pub use request::{OcspNonce, OcspRequest, RequestError};
pub use response::check_ocsp;
