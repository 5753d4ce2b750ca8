//! The parser against an independent one (`x509-cert`), and against damage of every sort.
#![allow(clippy::unwrap_used, reason = "helpers of tests are outside #[test]")]

mod common;

use common::{all, generated, now, test_card};
use kazasu_pki::{Anchors, Certificate, Error, Kind, Validator};
use kazasu_tlv::{ErrorKind, tags};
use proptest::prelude::*;
use x509_cert::der::{Decode, Encode, oid::ObjectIdentifier};

/// Every field that both parsers have.
fn compare(name: &str, ours: &Certificate<'_>, theirs: &x509_cert::Certificate) {
    let tbs = theirs.tbs_certificate();
    assert_eq!(ours.tbs(), tbs.to_der().unwrap(), "{name}: tbs");
    let serial = tbs.serial_number().as_bytes();
    let serial = match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        _ => serial,
    };
    assert_eq!(ours.serial(), serial, "{name}: serial");
    assert_eq!(ours.issuer().raw(), tbs.issuer().to_der().unwrap(), "{name}: issuer");
    assert_eq!(ours.subject().raw(), tbs.subject().to_der().unwrap(), "{name}: subject");
    let validity = tbs.validity();
    for (ours, theirs) in
        [(ours.not_before(), validity.not_before), (ours.not_after(), validity.not_after)]
    {
        assert_eq!(ours.unix(), theirs.to_unix_duration().as_secs() as i64, "{name}: validity");
    }
    let info = tbs.subject_public_key_info();
    assert_eq!(ours.subject_public_key_info(), info.to_der().unwrap(), "{name}: key");
    assert_eq!(ours.signature_algorithm(), theirs.signature_algorithm().to_der().unwrap());
    assert_eq!(ours.tbs_signature_algorithm(), tbs.signature().to_der().unwrap());
    assert_eq!(ours.signature(), theirs.signature().raw_bytes(), "{name}: signature");
    let ours: Vec<_> = ours
        .extensions()
        .map(|it| {
            let identifier = ObjectIdentifier::from_bytes(it.identifier()).unwrap();
            (identifier, it.critical(), it.value().to_vec())
        })
        .collect();
    let theirs: Vec<_> = tbs
        .extensions()
        .into_iter()
        .flatten()
        .map(|it| (it.extn_id, it.critical, it.extn_value.as_bytes().to_vec()))
        .collect();
    assert_eq!(ours, theirs, "{name}: extensions");
}

#[test]
fn every_field_is_as_x509_cert_reads_it() {
    for (name, der) in all() {
        let theirs = x509_cert::Certificate::from_der(&der).unwrap();
        match Certificate::parse(&der) {
            Ok(ours) => compare(&name, &ours, &theirs),
            Err(error) => {
                assert!(name.ends_with("bad-version-1.der"), "{name}: {error}");
                assert_eq!(error, Error::Version);
            }
        }
    }
}

#[test]
fn known_extensions_are_as_x509_cert_reads_them() {
    use x509_cert::ext::pkix;
    for (name, der) in all() {
        let theirs = x509_cert::Certificate::from_der(&der).unwrap();
        let Ok(ours) = Certificate::parse(&der) else { continue };
        let tbs = theirs.tbs_certificate();
        let usage = tbs.get_extension::<pkix::KeyUsage>().unwrap();
        let usage = usage.map(|(_, usage)| usage.0.bits());
        assert_eq!(ours.key_usage().unwrap().map(|it| it.bits()), usage, "{name}");
        let constraints = tbs.get_extension::<pkix::BasicConstraints>().unwrap();
        let (authority, path_length) =
            constraints.map_or((false, None), |(_, it)| (it.ca, it.path_len_constraint));
        let constraints = ours.basic_constraints().unwrap();
        assert_eq!(constraints.authority, authority, "{name}");
        assert_eq!(constraints.path_length, path_length.map(u32::from), "{name}");
        let subject = tbs.get_extension::<pkix::SubjectKeyIdentifier>().unwrap();
        let subject = subject.map(|(_, it)| it.0.as_bytes().to_vec());
        assert_eq!(ours.subject_key_identifier().unwrap(), subject.as_deref(), "{name}");
        let authority = tbs.get_extension::<pkix::AuthorityKeyIdentifier>().unwrap();
        let authority = authority.and_then(|(_, it)| it.key_identifier);
        let authority = authority.map(|it| it.as_bytes().to_vec());
        assert_eq!(ours.authority_key_identifier().unwrap(), authority.as_deref(), "{name}");
    }
}

/// Where a damaged certificate is still one for both, both read the same. What only we refuse is
/// counted, so that a parser that refuses everything would not pass.
#[test]
fn damaged_certificates_are_read_alike() {
    let mut read = 0;
    for name in ["jpki-auth-cert", "jpki-sign-cert"] {
        let der = test_card(name);
        for index in 0..der.len() {
            for mask in [0x01, 0x40, 0xFF] {
                let mut damaged = der.clone();
                damaged[index] ^= mask;
                let theirs = x509_cert::Certificate::from_der(&damaged);
                if let (Ok(ours), Ok(theirs)) = (Certificate::parse(&damaged), theirs) {
                    compare(name, &ours, &theirs);
                    read += 1;
                }
            }
        }
    }
    assert!(read > 5_000, "{read}");
}

/// The certificate with the first occurrence of some octets replaced by as many others.
fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    let mut changed = der.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

#[test]
fn structure_is_strict() {
    let der = test_card("jpki-auth-cert");
    let parse = |from: &[u8], to: &[u8]| Certificate::parse(&replaced(&der, from, to)).err();
    // Version 2 in its field, and a field that says nothing.
    assert_eq!(parse(&[0xA0, 3, 2, 1, 2], &[0xA0, 3, 2, 1, 1]), Some(Error::Version));
    // The subject key identifier becomes a second key usage.
    let twice = parse(&[6, 3, 0x55, 0x1D, 0x0E], &[6, 3, 0x55, 0x1D, 0x0F]);
    assert_eq!(twice, Some(Error::DuplicateExtension));
    // critical FALSE, written although it is the default; and a TRUE of BER.
    for octet in [0x00, 0x01] {
        let critical = parse(&[1, 1, 0xFF], &[1, 1, octet]);
        assert!(matches!(critical, Some(Error::Malformed(_))), "{octet}");
    }
    // A negative serial number.
    let negative = parse(&[2, 3, 0x22, 0x7B, 0x13], &[2, 3, 0xA2, 0x7B, 0x13]);
    assert!(matches!(negative, Some(Error::Malformed(_))));
    // Key usage with zero bits at its end, with none at all, and with unused bits that are set.
    for (to, what) in [([3, 2, 0, 0x80], "zeros"), ([3, 2, 7, 0], "none"), ([3, 2, 7, 0x81], "set")]
    {
        let changed = replaced(&der, &[3, 2, 7, 0x80], &to);
        let usage = Certificate::parse(&changed).unwrap().key_usage();
        assert!(matches!(usage, Err(Error::Malformed(_))), "{what}");
    }
    // Dates that do not exist, or are not in UTC.
    for (from, to) in [
        (b"251027013542Z", b"251327013542Z"),
        (b"251027013542Z", b"250229013542Z"),
        (b"251027013542Z", b"251027243542Z"),
        (b"251027013542Z", b"251027013560Z"),
        (b"251027013542Z", b"251027013542z"),
        (b"251027013542Z", b"25102701354+Z"),
    ] {
        assert!(matches!(parse(from, to), Some(Error::ValidityDate { .. })), "{to:?}");
    }
    // A GeneralizedTime before 2050.
    let der = generated("auth-2055");
    let early = Certificate::parse(&replaced(&der, b"20550101", b"20490101")).err();
    assert!(matches!(early, Some(Error::ValidityDate { .. })));
    // The lower half of the two-digit years.
    let der = replaced(&test_card("jpki-auth-cert"), b"251027013542Z", b"500217145959Z");
    assert_eq!(Certificate::parse(&der).unwrap().not_before().to_string(), "1950-02-17T14:59:59Z");
}

/// A validity of one second is one; a shorter one would be none, with months of grace behind it.
#[test]
fn a_validity_does_not_end_before_it_begins() {
    let der = test_card("jpki-auth-cert");
    let parse = |end: &[u8]| {
        let der = replaced(&der, b"300217145959Z", end);
        Certificate::parse(&der).map(|it| it.not_after().unix() - it.not_before().unix())
    };
    assert_eq!(parse(b"251027013542Z"), Ok(0));
    assert_eq!(parse(b"251027013541Z"), Err(Error::ValidityDate { offset: 188 }));
    // 1950, and not 2050.
    assert_eq!(parse(b"500217145959Z"), Err(Error::ValidityDate { offset: 188 }));
}

#[test]
fn an_issuer_has_a_name() {
    let der = test_card("jpki-auth-cert");
    // The three octets of its header, and 135 of content, become an empty name and what follows.
    let mut nameless = der.clone();
    nameless.splice(33..171, [0x30, 0x00]);
    for at in [2, 6] {
        let length = u16::from_be_bytes([nameless[at], nameless[at + 1]]) - 136;
        nameless[at..at + 2].copy_from_slice(&length.to_be_bytes());
    }
    let kind = ErrorKind::Missing { expected: tags::SET };
    let missing = Error::Malformed(kazasu_tlv::Error { kind, offset: 35 });
    assert_eq!(Certificate::parse(&nameless), Err(missing));
}

#[test]
fn the_algorithm_outside_must_be_the_one_inside() {
    let der = test_card("jpki-auth-cert");
    let algorithm = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00];
    let at = der.windows(algorithm.len()).rposition(|window| window == algorithm).unwrap();
    let anchors = Anchors::none().with_test();
    for octet in [0x0C, 0x0D, 0x05] {
        let mut changed = der.clone();
        changed[at + 8] = octet;
        let result = Validator::new(&anchors).validate(&changed, Kind::Auth, now());
        assert_eq!(result, Err(Error::AlgorithmMismatch));
    }
}

/// Calls everything that reads further into a certificate.
fn look_into(certificate: &Certificate<'_>) {
    let _ = certificate.public_key();
    let _ = certificate.key_usage();
    let _ = certificate.basic_constraints();
    let _ = certificate.subject_key_identifier();
    let _ = certificate.authority_key_identifier();
    let _ = certificate.attributes().map(|it| it.map(|it| it.birth().date()));
    let _ = format!("{} {} {certificate:?}", certificate.subject(), certificate.issuer());
    for extension in certificate.extensions() {
        let _ = format!("{extension:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_octets_are_judged(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Certificate::parse(&octets).is_err());
    }

    #[test]
    fn any_damage_is_judged(
        name in prop_oneof![Just("jpki-auth-cert"), Just("jpki-sign-cert")],
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut der = test_card(name);
        for (index, octet) in changes {
            let index = index.index(der.len());
            der[index] = octet;
        }
        if let Some(cut) = cut {
            der.remove(cut.index(der.len()));
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            look_into(&certificate);
        }
    }
}

#[test]
fn many_values_of_every_octet_are_judged() {
    let der = test_card("jpki-sign-cert");
    let mut damaged = der.clone();
    for index in 0..der.len() {
        for octet in (0..=u8::MAX).step_by(17) {
            damaged[index] = octet;
            if let Ok(certificate) = Certificate::parse(&damaged) {
                look_into(&certificate);
            }
        }
        damaged[index] = der[index];
    }
}
