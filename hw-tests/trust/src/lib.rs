//! Parse, chain and challenge with `kazasu-pki` on a Cortex-M: what an image is given, the work,
//! and the proof that damaged input is refused. The images in `bin` differ in which of it they do.
//!
//! Nothing here speaks to a card; the bytes are those of the tests of `crates/pki`, embedded.

#![no_std]

mod flips;
mod work;

use core::hint::black_box;

use kazasu_pki::Time;

pub use work::run;

/// 2026-11-21T09:30:00+09:00, within the validity of both certificates.
pub const NOW: Time = Time::from_unix(1_795_221_000);

/// What a reader would have from a card, a caller and a clock. The compiler knows none of it.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// 利用者証明用証明書 of a test card, as the card gave it, and the root of the test hierarchy.
    /// The key of the certificate is in the card.
    pub card: &'static [u8],
    pub card_root: &'static [u8],
    /// A root of the tests, the certificate of a key under it, a challenge and that key's signature.
    pub root: &'static [u8],
    pub holder: &'static [u8],
    pub challenge: &'static [u8],
    pub signature: &'static [u8],
}

macro_rules! embedded {
    ($file:literal) => {
        black_box(include_bytes!(concat!("../../../crates/pki/", $file)).as_slice())
    };
}

impl Given {
    /// Everything as it should be.
    pub fn good() -> Self {
        Self {
            card: embedded!("tests/data/test-card/jpki-auth-cert.der"),
            card_root: embedded!("data/roots/test/authca-test-2023.cer"),
            root: embedded!("tests/data/generated/root.der"),
            holder: embedded!("tests/data/generated/auth.der"),
            challenge: embedded!("tests/data/generated/message.txt"),
            signature: embedded!("tests/data/generated/pkcs1.sig"),
        }
    }

    /// All the octets, one after another.
    pub fn octets(&self) -> impl Iterator<Item = u8> {
        let card = [self.card, self.card_root];
        let rest = [self.root, self.holder, self.challenge, self.signature];
        card.into_iter().chain(rest).flatten().copied()
    }
}
