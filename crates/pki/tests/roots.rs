//! The built-in roots are the published ones, and each is chosen by the key that it has.

mod common;

use kazasu_pki::{
    Anchor, Anchors, Certificate, Digest, HashAlgorithm, Hierarchy, Scheme, verify_signature_only,
};

/// docs/card-facts.md §5.1; the test roots by what the README beside the data says they are.
const FINGERPRINTS: [(&str, Hierarchy, &str); 8] = [
    (
        "authca01",
        Hierarchy::Production,
        "4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D",
    ),
    (
        "authca02",
        Hierarchy::Production,
        "0D98DE47FC11B7F67126874B7028B6026A803D2638D6EDFE53176953961FADE6",
    ),
    (
        "authca03",
        Hierarchy::Production,
        "64114F29620C24ED2631D46476A040E7EE740D956089C00B036A6A8118C322B5",
    ),
    (
        "signca01",
        Hierarchy::Production,
        "19645405A1FE14377434BD55957628AC4038557C542403A2243F21C706FC9355",
    ),
    (
        "signca02",
        Hierarchy::Production,
        "79679C33E4CC9319440F1AD120A597FF1844E2EF217063ADB176966FD5E6FBEB",
    ),
    (
        "signca03",
        Hierarchy::Production,
        "D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F",
    ),
    (
        "test/authca-test-2023",
        Hierarchy::Test,
        "5A0E7D690C718FADEBC7FB6EFF66A6DD623458DEBC1AA6FB1778BFE157CBEB25",
    ),
    (
        "test/signca-test-2024",
        Hierarchy::Test,
        "8126DF7DD2DB230BD8EE48CAA40FC3417DDE3607050ED34973D8D3CF267FE723",
    ),
];

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

#[test]
fn the_built_in_roots_are_the_published_ones() {
    let anchors = Anchors::production().with_test();
    let built_in: Vec<_> = anchors.iter().collect();
    assert_eq!(built_in.len(), FINGERPRINTS.len());
    for (anchor, (name, hierarchy, fingerprint)) in built_in.iter().zip(FINGERPRINTS) {
        assert_eq!(hex(&anchor.sha256()), fingerprint, "{name}");
        assert_eq!(anchor.hierarchy(), hierarchy, "{name}");
        assert_eq!(anchor.der(), common::root(name), "{name}");
    }
}

#[test]
fn the_identifiers_in_the_table_are_those_in_the_files() {
    for anchor in Anchors::production().with_test().iter() {
        let root = Certificate::parse(anchor.der()).unwrap();
        assert_eq!(root.subject_key_identifier(), Ok(Some(anchor.key_identifier())));
        // What a caller would have to bring passes the same checks.
        assert_eq!(Anchor::custom(anchor.der()).unwrap().key_identifier(), anchor.key_identifier());
    }
}

#[test]
fn every_root_signed_itself_and_no_other() {
    let anchors = Anchors::production().with_test();
    for (_, backend) in common::backends() {
        for (index, signer) in anchors.iter().enumerate() {
            let signer = Certificate::parse(signer.der()).unwrap();
            for (other, signed) in anchors.iter().enumerate() {
                let signed = Certificate::parse(signed.der()).unwrap();
                let digest = Digest::of(HashAlgorithm::Sha256, signed.tbs());
                let result = verify_signature_only(
                    &backend,
                    &signer,
                    Scheme::Pkcs1v15Sha256,
                    &digest,
                    signed.signature(),
                );
                assert_eq!(result.is_ok(), index == other);
            }
        }
    }
}

#[test]
fn generations_share_a_name_and_differ_by_key() {
    let names: Vec<_> = Anchors::production()
        .iter()
        .map(|it| Certificate::parse(it.der()).unwrap().subject().to_string())
        .collect();
    assert!(names[..3].iter().all(|name| *name == names[0]));
    assert!(names[3..].iter().all(|name| *name == names[3]));
    assert_eq!(
        names[0],
        "OU=Japan Agency for Local Authority Information Systems,\
         OU=JPKI for user authentication,O=JPKI,C=JP"
    );
}

#[test]
fn test_roots_are_there_only_when_asked_for() {
    let count = |anchors: &Anchors<'_>, hierarchy| {
        anchors.iter().filter(|it| it.hierarchy() == hierarchy).count()
    };
    for anchors in [Anchors::default(), Anchors::production()] {
        assert_eq!(count(&anchors, Hierarchy::Production), 6);
        assert_eq!(count(&anchors, Hierarchy::Test), 0);
    }
    assert_eq!(count(&Anchors::production().with_test(), Hierarchy::Test), 2);
    assert_eq!(Anchors::none().iter().count(), 0);
    assert_eq!(Anchors::none().with_test().iter().count(), 2);
}
