//! How long the RSA back ends take for the certificate of a JPKI test card, as ratios within one
//! run: the machine's speed is divided out. Times are printed and never judged; that each one
//! accepts the right certificate and refuses a wrong one is.

use crate::timing::{Timing, Way, time};
use crate::work::AnyError;
use kazasu::pki::rsa::{Alloc, Fixed, RsaPublicKey};
use kazasu::pki::{Anchors, Backend, Certificate, Kind, Time, Validator, digest_info, sha256};
use rsa::traits::SignatureScheme as _;
use rsa::{BoxedUint, Pkcs1v15Sign};

const CERTIFICATE: &[u8] =
    include_bytes!("../../crates/pki/tests/data/test-card/jpki-auth-cert.der");
const ISSUER: &[u8] = include_bytes!("../../crates/pki/tests/data/test-card/jpki-auth-ca-cert.der");

/// A clock within the certificate's validity: 1 June 2026 in Japan.
const NOW: Time = Time::from_unix(1_780_239_600);

/// Rounds that are timed; the median is taken over them.
const ROUNDS: usize = 201;
/// Verifications that are timed at once.
const BATCH: u32 = 8;

/// A certificate, and its parts.
struct Input {
    der: Vec<u8>,
    content: [u8; 51],
    signature: Vec<u8>,
}

impl Input {
    fn new(der: &[u8]) -> Result<Self, AnyError> {
        let certificate = Certificate::parse(der)?;
        Ok(Self {
            der: der.to_vec(),
            content: digest_info(&sha256(certificate.tbs())),
            signature: certificate.signature().to_vec(),
        })
    }

    /// The same with one bit of the signature wrong.
    fn damaged() -> Result<Self, AnyError> {
        let mut der = CERTIFICATE.to_vec();
        if let Some(last) = der.last_mut() {
            *last ^= 0x01;
        }
        Self::new(&der)
    }
}

/// Checks every way and times it: the signature alone, then the whole judgement.
///
/// # Errors
/// When a way refuses the certificate or accepts a damaged one.
pub fn measure() -> Result<[Vec<Timing>; 2], AnyError> {
    measure_rounds(ROUNDS)
}

fn measure_rounds(rounds: usize) -> Result<[Vec<Timing>; 2], AnyError> {
    let issuer = Certificate::parse(ISSUER)?;
    let key = issuer.public_key()?;
    let key = *key.rsa().ok_or("the key of the test hierarchy is one of RSA")?;
    let prepared = rsa::RsaPublicKey::new(
        BoxedUint::from_be_slice_vartime(key.modulus()),
        BoxedUint::from(key.exponent()),
    )?;
    let direct = move |input: &Input| {
        let scheme = Pkcs1v15Sign::new_unprefixed();
        scheme.verify(&prepared, &input.content, &input.signature).is_ok()
    };
    let signature = [
        Way { name: "pki::rsa::Fixed (no heap)", accepts: backend(Fixed::new(), key) },
        Way { name: "pki::rsa::Alloc", accepts: backend(Alloc, key) },
        Way { name: "crate rsa, key prepared", accepts: Box::new(direct) },
    ];
    let anchors = Anchors::none().with_test();
    let validator = Validator::new(&anchors);
    let judgement = [
        Way { name: "Validator with Fixed", accepts: judge(validator) },
        Way { name: "Validator with Alloc", accepts: judge(validator.with_backend(Alloc)) },
    ];
    let (right, wrong) = (Input::new(CERTIFICATE)?, [Input::damaged()?]);
    let time = |ways: &[Way<'_, Input>]| time(ways, &right, &wrong, rounds, BATCH);
    Ok([time(&signature)?, time(&judgement)?])
}

fn backend<'a>(
    backend: impl Backend + 'a,
    key: RsaPublicKey<'a>,
) -> Box<dyn Fn(&Input) -> bool + 'a> {
    Box::new(move |input| backend.verify_pkcs1v15(&key, &input.content, &input.signature).is_ok())
}

fn judge<'a, B: Backend + 'a>(validator: Validator<'a, B>) -> Box<dyn Fn(&Input) -> bool + 'a> {
    Box::new(move |input| validator.validate(&input.der, Kind::Auth, NOW).is_ok())
}

/// Measures and prints.
///
/// # Errors
/// As [`measure`].
pub fn report() -> Result<(), AnyError> {
    let [signature, judgement] = measure()?;
    println!("Certificate of a JPKI test card, RSA-2048; medians of {ROUNDS} rounds in one run.");
    if cfg!(debug_assertions) {
        println!("NOT OPTIMISED: use --release, or cargo bench.");
    }
    for (title, timings) in [("signature alone", signature), ("whole judgement", judgement)] {
        println!("\n{title:<28}{:>9}{:>15}", "ratio", "this machine");
        for Timing { name, time, ratio } in timings {
            println!("{name:<28}{ratio:>9.2}{:>12.1} µs", time.as_secs_f64() * 1e6);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Judges, and times once without looking at the times.
    #[test]
    fn every_way_judges_rightly() {
        let [signature, judgement] = measure_rounds(1).unwrap();
        assert_eq!((signature.len(), judgement.len()), (3, 2));
    }
}
