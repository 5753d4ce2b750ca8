#![no_main]
//! Certificates: nothing but the certificates of the test hierarchy themselves is ever trusted.

use kazasu_pki::rsa::{Alloc, Fixed};
use kazasu_pki::{Anchors, Certificate, Kind, Time, Validator};
use libfuzzer_sys::fuzz_target;

/// What the anchors used here have signed, as far as it is known to this repository.
const KNOWN: [&[u8]; 2] = [
    include_bytes!("../../../pki/tests/data/test-card/jpki-auth-cert.der"),
    include_bytes!("../../../pki/tests/data/test-card/jpki-sign-cert.der"),
];

/// 2026-11-21T00:00:00Z, when those are valid.
const NOW: Time = Time::from_unix(1_795_219_200);

fuzz_target!(|bytes: &[u8]| {
    look_at_everything(bytes);
    let anchors = Anchors::production().with_test();
    let validator = Validator::new(&anchors);
    let other = Validator::new(&anchors).with_backend(Alloc);
    for kind in [Kind::Auth, Kind::Sign] {
        let judged = validator.validate(bytes, kind, NOW);
        assert_eq!(judged.is_ok(), other.validate(bytes, kind, NOW).is_ok());
        if let Ok(judged) = judged {
            assert!(KNOWN.contains(&bytes), "trusted, and not issued by the hierarchy");
            let _ = judged.attributes();
            let scheme = kazasu_pki::Scheme::Pkcs1v15Sha256;
            let forged = validator.verify_challenge(&judged, scheme, b"nonce", bytes);
            assert!(forged.is_err());
        }
    }
    let production = Anchors::production();
    let strict = Validator::new(&production).with_backend(Fixed::new());
    assert!(strict.validate(bytes, Kind::Auth, NOW).is_err());
});

fn look_at_everything(bytes: &[u8]) {
    let Ok(certificate) = Certificate::parse(bytes) else { return };
    assert_eq!(certificate.raw(), bytes);
    let _ = format!("{certificate:?} {} {}", certificate.issuer(), certificate.subject());
    let _ = certificate.public_key();
    for extension in certificate.extensions() {
        let _ = format!("{extension:?}");
    }
    let _ = certificate.key_usage();
    let _ = certificate.basic_constraints();
    let _ = certificate.subject_key_identifier();
    let _ = certificate.authority_key_identifier();
    let _ = certificate.attributes();
    let _ = certificate.not_after().jst_date().add_months(3);
}
