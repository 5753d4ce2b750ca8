//! The certificates and signatures of an issued card, judged by openssl.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use std::path::Path;

use common::{
    Folder, PASSWORD, PIN, demonstration, openssl, read, select, send, sign_command, verify,
};
use kazasu_virtual_card::{
    ApplicationName, Card, CertificateKind, Date, Issue, ROOT_NAME, Reference, root_certificate,
};

const KINDS: [CertificateKind; 2] = [CertificateKind::Auth, CertificateKind::Sign];

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The certificate as text, and written to a file.
fn text(folder: &Folder, name: &str, certificate: &[u8]) -> (String, std::path::PathBuf) {
    let file = folder.file(name);
    std::fs::write(&file, certificate).unwrap();
    let (good, text) = openssl(&["x509", "-inform", "DER", "-in", path(&file), "-noout", "-text"]);
    assert!(good, "{text}");
    (text, file)
}

/// Names of the extensions in order, with their criticality.
fn extensions(text: &str) -> Vec<String> {
    let names = ["X509v3 ", "Authority Information Access"];
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| {
            names.iter().any(|name| line.starts_with(name)) && !line.ends_with("extensions:")
        })
        .map(str::to_owned)
        .collect()
}

/// Does openssl find a path from this certificate to this CA, with nothing else trusted?
fn openssl_verifies(folder: &Folder, ca: &[u8], certificate: &[u8]) -> (bool, String) {
    let (_, ca_file) = text(folder, "ca.der", ca);
    let (_, certificate_file) = text(folder, "certificate.der", certificate);
    // A trusted file must be PEM.
    let trusted = folder.file("ca.pem");
    let (good, text) =
        openssl(&["x509", "-inform", "DER", "-in", path(&ca_file), "-out", path(&trusted)]);
    assert!(good, "{text}");
    let (trusted, certificate_file) = (path(&trusted), path(&certificate_file));
    let isolated = ["verify", "-no-CApath", "-no-CAstore", "-x509_strict", "-CAfile", trusted];
    openssl(&[&isolated[..], &[certificate_file]].concat())
}

#[test]
fn openssl_verifies_the_chain_of_an_issued_card() {
    let folder = Folder::new("chain");
    let card = demonstration();
    for (kind, other) in [(KINDS[0], KINDS[1]), (KINDS[1], KINDS[0])] {
        let certificate = card.certificate(kind).unwrap();
        let (good, text) =
            openssl_verifies(&folder, card.ca_certificate(kind).unwrap(), certificate);
        assert!(good && text.contains(": OK"), "{kind:?}: {text}");
        // Each kind has its own root, and the other does not vouch for it.
        let (good, text) =
            openssl_verifies(&folder, card.ca_certificate(other).unwrap(), certificate);
        assert!(!good, "{kind:?}: {text}");
        let mut flipped = certificate.to_vec();
        *flipped.last_mut().unwrap() ^= 0x01;
        let (good, text) = openssl_verifies(&folder, card.ca_certificate(kind).unwrap(), &flipped);
        assert!(!good, "{kind:?}: {text}");
    }
}

#[test]
fn the_shape_is_that_of_the_test_cards_certificates() {
    let folder = Folder::new("shape");
    let (issued, test) = (demonstration(), Card::issue(Issue::test_card().seed(1)).unwrap());
    for kind in KINDS {
        for certificate in [Card::certificate, Card::ca_certificate] {
            let (ours, _) = text(&folder, "ours.der", certificate(&issued, kind).unwrap());
            let (theirs, _) = text(&folder, "theirs.der", certificate(&test, kind).unwrap());
            assert_eq!(extensions(&ours), extensions(&theirs));
            assert!(extensions(&ours).len() >= 5, "{ours}");
            assert!(ours.contains(ROOT_NAME));
        }
    }
    let (auth, _) = text(&folder, "auth.der", issued.certificate(CertificateKind::Auth).unwrap());
    assert!(auth.contains("Policy: 1.2.392.200149.8.5.1.0.30"), "{auth}");
    assert!(auth.contains("TLS Web Client Authentication"));
    let (sign, _) = text(&folder, "sign.der", issued.certificate(CertificateKind::Sign).unwrap());
    assert!(sign.contains("Policy: 1.2.392.200149.8.5.1.0.20"), "{sign}");
    assert!(sign.contains("Digital Signature, Non Repudiation"));
    let holder = issued.holder().unwrap();
    let flags = "0".repeat(holder.address.chars().count());
    let names = format!(
        "othername: 1.2.392.200149.8.5.5.1::{}, othername: 1.2.392.200149.8.5.5.4::319850615, \
         othername: 1.2.392.200149.8.5.5.3::2, othername: 1.2.392.200149.8.5.5.5::{}, \
         othername: 1.2.392.200149.8.5.5.2::00000, othername: 1.2.392.200149.8.5.5.6::{flags}",
        holder.name, holder.address
    );
    assert!(sign.contains(&names), "{sign}");
}

#[test]
fn sizes_need_as_many_reads_as_the_real_ones() {
    for seed in 0..20 {
        let card = Card::issue(Issue::demonstration().seed(seed)).unwrap();
        let auth = card.certificate(CertificateKind::Auth).unwrap().len();
        assert!((1537..=1792).contains(&auth), "seven short reads: {auth}");
        let sign = card.certificate(CertificateKind::Sign).unwrap().len();
        assert!((1537..=1792).contains(&sign), "the real one has 1758: {sign}");
    }
}

#[test]
fn dates_are_the_fifth_birthday_or_those_that_were_asked_for() {
    let folder = Folder::new("dates");
    let mut issue = Issue::demonstration().seed(1);
    issue.issued = Date::parse("2026-11-21").unwrap();
    let card = Card::issue(issue.clone()).unwrap();
    let (text_, _) = text(&folder, "a.der", card.certificate(CertificateKind::Auth).unwrap());
    assert!(text_.contains("Not Before: Nov 20 15:00:00 2026 GMT"), "{text_}");
    assert!(text_.contains("Not After : Jun 15 14:59:59 2031 GMT"), "{text_}");
    issue.not_after = Date::parse("2051-01-02");
    let card = Card::issue(issue).unwrap();
    for kind in KINDS {
        let (text_, _) = text(&folder, "b.der", card.certificate(kind).unwrap());
        assert!(text_.contains("Not After : Jan  2 14:59:59 2051 GMT"), "{text_}");
    }
}

#[test]
fn the_roots_are_always_the_same_and_vouch_for_no_test_card() {
    let card = demonstration();
    for kind in KINDS {
        let root = root_certificate(kind).unwrap();
        assert_eq!(card.ca_certificate(kind), Some(&root[..]));
        assert_eq!(card.root_certificate(kind), Some(root));
        assert_eq!(Card::issue(Issue::test_card()).unwrap().root_certificate(kind), None);
    }
    assert_ne!(root_certificate(KINDS[0]).unwrap(), root_certificate(KINDS[1]).unwrap());
}

#[test]
fn a_seed_makes_the_same_card_and_another_seed_another() {
    let card = |seed| Card::issue(Issue::demonstration().seed(seed)).unwrap();
    for kind in KINDS {
        assert_eq!(card(1).certificate(kind), card(1).certificate(kind));
        assert_ne!(card(1).certificate(kind), card(2).certificate(kind));
    }
    let challenge = |mut card: Card| send(&mut card, &[0x00, 0x84, 0x00, 0x00, 0x10]);
    assert_eq!(challenge(card(1)), challenge(card(1)));
    assert_ne!(challenge(card(1)), challenge(card(2)));
}

/// Verifies a signature over `message` with openssl.
fn openssl_accepts(
    folder: &Folder,
    certificate: &[u8],
    message: &[u8],
    signature: &[u8],
    pss: bool,
) -> bool {
    let (_, file) = text(folder, "signer.der", certificate);
    let (good, key) = openssl(&["x509", "-inform", "DER", "-in", path(&file), "-noout", "-pubkey"]);
    assert!(good, "{key}");
    let (key_file, message_file, signature_file) =
        (folder.file("key.pem"), folder.file("message"), folder.file("signature"));
    std::fs::write(&key_file, key).unwrap();
    std::fs::write(&message_file, message).unwrap();
    std::fs::write(&signature_file, signature).unwrap();
    let mut arguments =
        vec!["dgst", "-sha256", "-verify", path(&key_file), "-signature", path(&signature_file)];
    if pss {
        arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:auto"]);
    }
    arguments.push(path(&message_file));
    openssl(&arguments).0
}

#[test]
fn openssl_accepts_every_scheme_of_both_keys() {
    use sha2::{Digest, Sha256};
    let folder = Folder::new("schemes");
    let message = b"a message that is signed";
    let hash = Sha256::digest(message);
    let mut info = vec![
        0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    info.extend(hash);
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(verify(&mut card, 0x98, PIN), 0x9000);
    assert_eq!(verify(&mut card, 0x9B, PASSWORD), 0x9000);
    for (key, kind) in [(0x97, CertificateKind::Auth), (0x9A, CertificateKind::Sign)] {
        let certificate = card.certificate(kind).unwrap().to_vec();
        let inputs =
            [(0x00, &info[..]), (0x02, &hash), (0x03, message), (0x04, &hash), (0x05, message)];
        for (p1, input) in inputs {
            let (signature, status) = send(&mut card, &sign_command(p1, key, input));
            assert_eq!((status, signature.len()), (0x9000, 256), "P1 {p1:02X}");
            let pss = p1 >= 0x04;
            assert!(
                openssl_accepts(&folder, &certificate, message, &signature, pss),
                "P1 {p1:02X}"
            );
            assert!(!openssl_accepts(&folder, &certificate, b"another", &signature, pss));
        }
        // P1 = 01 is the block around the bare hash, which is P1 = 00 of that hash.
        let bare = send(&mut card, &sign_command(0x01, key, message));
        assert_eq!(bare, send(&mut card, &sign_command(0x00, key, &hash)));
        assert!(!openssl_accepts(&folder, &certificate, message, &bare.0, false));
    }
    assert_eq!(card.deeds().signatures, 14);
}

#[test]
fn a_test_card_signs_with_a_key_that_does_not_fit_and_carries_the_real_files() {
    let folder = Folder::new("testcard");
    let mut card = Card::issue(Issue::test_card()).unwrap();
    select(&mut card, ApplicationName::Jpki);
    let real = include_bytes!("../data/test-card/jpki-auth-cert.der");
    assert_eq!(read(&mut card, 0x0A), (real.to_vec(), 0x9000));
    assert_eq!(verify(&mut card, 0x98, PIN), 0x9000);
    let (signature, status) = send(&mut card, &sign_command(0x03, 0x97, b"message"));
    assert_eq!((status, signature.len()), (0x9000, 256));
    assert!(!openssl_accepts(&folder, real, b"message", &signature, false));

    select(&mut card, ApplicationName::Surface);
    assert_eq!(read(&mut card, 0x02).1, 0x6982);
    assert_eq!(verify(&mut card, 0x92, b"55021720352285"), 0x9000);
    assert_eq!(read(&mut card, 0x02).0, include_bytes!("../data/test-card/surface-0002.bin"));
    assert_eq!(verify(&mut card, 0x91, b"550217"), 0x9000);
    assert_eq!(card.tries(Reference::SurfaceNumberA), None);

    select(&mut card, ApplicationName::Text);
    assert_eq!(verify(&mut card, 0x95, b"55021720352285"), 0x9000);
    assert_eq!(read(&mut card, 0x02).0, include_bytes!("../data/test-card/text-0002.bin"));
    assert_eq!(read(&mut card, 0x01).1, 0x6A82);
    assert_eq!(card.holder(), None);
}

#[test]
fn fresh_keys_are_nobodys_and_verify_too() {
    let folder = Folder::new("fresh");
    let issue = || {
        let mut issue = Issue::demonstration().seed(1);
        issue.fresh_keys = true;
        issue
    };
    let (mut one, two) = (Card::issue(issue()).unwrap(), Card::issue(issue()).unwrap());
    let certificate = one.certificate(CertificateKind::Auth).unwrap().to_vec();
    assert_ne!(Some(&certificate[..]), two.certificate(CertificateKind::Auth));
    select(&mut one, ApplicationName::Jpki);
    verify(&mut one, 0x98, PIN);
    let (signature, _) = send(&mut one, &sign_command(0x03, 0x97, b"message"));
    assert!(openssl_accepts(&folder, &certificate, b"message", &signature, false));
}
