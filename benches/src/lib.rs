//! Measurements: [`commands`] and bytes beside a peer on one virtual card, and the
//! [`rsa_back_ends`] beside each other.
//!
//! Only counts are judged; times are printed and never judged, because they are the machine's.
//! Nothing here is part of a product, and no crate depends on this one.
#![forbid(unsafe_code)]

pub mod commands;
pub mod ours;
#[cfg(feature = "pcsc")]
pub mod pcsc_layer;
pub mod peer;
pub mod rsa_back_ends;
pub mod timing;
pub mod work;
