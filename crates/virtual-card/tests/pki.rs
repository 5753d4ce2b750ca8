//! The project's own verifier accepts what an issued card carries and signs, under its virtual root
//! and under no other; and refuses every defect.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use common::{PASSWORD, PIN, demonstration, select, send, sign_command, verify};
use kazasu_apdu::Transport;
use kazasu_pki::{Anchor, Anchors, Error, Hierarchy, Kind, Phase, Scheme, Time, Validator};
use kazasu_virtual_card::{
    ApplicationName, Card, CertificateDefect, CertificateKind, Date, Effect, Fault, Issue, Link,
    SignatureDefect, When, root_certificate,
};

const KINDS: [(Kind, CertificateKind); 2] =
    [(Kind::Auth, CertificateKind::Auth), (Kind::Sign, CertificateKind::Sign)];

fn now() -> Time {
    // The demonstration card is valid from the first second of its day.
    Time::from_unix(Date::today().start_unix() + 1)
}

#[test]
fn an_issued_card_is_trusted_under_its_root_and_no_other() {
    let card = demonstration();
    for (kind, of_card) in KINDS {
        let root = root_certificate(of_card).unwrap();
        let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
        let certificate = card.certificate(of_card).unwrap();
        let judged = Validator::new(&anchors).validate(certificate, kind, now()).unwrap();
        assert_eq!((judged.hierarchy(), judged.phase()), (Hierarchy::Virtual, Phase::Valid));
        let real = Anchors::production().with_test();
        let refused = Validator::new(&real).validate(certificate, kind, now());
        assert_eq!(refused.map(drop), Err(Error::UnknownIssuer));
    }
}

#[test]
fn phases_follow_the_dates_asked_for() {
    let root = root_certificate(CertificateKind::Auth).unwrap();
    let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
    for (not_after, at, phase) in [
        ("2030-06-15", "2029-11-20T23:59:59+09:00", Phase::NotYet),
        ("2030-06-15", "2029-11-21T00:00:00+09:00", Phase::Valid),
        ("2030-06-15", "2030-06-15T23:59:59+09:00", Phase::Expiring),
        ("2030-06-15", "2030-06-16T00:00:00+09:00", Phase::Grace),
        ("2030-06-15", "2031-06-16T00:00:00+09:00", Phase::Over),
    ] {
        let mut issue = Issue::demonstration().seed(1);
        issue.issued = Date::parse("2029-11-21").unwrap();
        issue.not_after = Date::parse(not_after);
        let card = Card::issue(issue).unwrap();
        let certificate = card.certificate(CertificateKind::Auth).unwrap();
        let at = Time::parse_rfc3339(at).unwrap();
        let judged = Validator::new(&anchors).validate(certificate, Kind::Auth, at).unwrap();
        assert_eq!(judged.phase(), phase, "{at}");
    }
}

#[test]
fn signatures_verify_and_defective_ones_do_not() {
    for (kind, of_card) in KINDS {
        let root = root_certificate(of_card).unwrap();
        let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
        let validator = Validator::new(&anchors);
        let mut card = demonstration();
        let certificate = card.certificate(of_card).unwrap().to_vec();
        let judged = validator.validate(&certificate, kind, now()).unwrap();
        select(&mut card, ApplicationName::Jpki);
        verify(&mut card, 0x98, PIN);
        verify(&mut card, 0x9B, PASSWORD);
        let key = if kind == Kind::Auth { 0x97 } else { 0x9A };
        let command = sign_command(0x03, key, b"nonce");
        let (signature, _) = send(&mut card, &command);
        let scheme = Scheme::Pkcs1v15Sha256;
        assert!(validator.verify_challenge(&judged, scheme, b"nonce", &signature).is_ok());
        assert!(validator.verify_challenge(&judged, scheme, b"other", &signature).is_err());
        let mut link = Link::new(card);
        for defect in [SignatureDefect::Random, SignatureDefect::Foreign] {
            link.faults_mut().push(Fault::once(When::Ins(0x2A), Effect::Signature(defect)));
            let mut response = [0; 258];
            assert_eq!(link.transmit(&command, &mut response).unwrap(), 258);
            let wrong = validator.verify_challenge(&judged, scheme, b"nonce", &response[..256]);
            assert!(wrong.is_err(), "{defect:?}");
        }
    }
}

#[test]
fn a_foreign_certificate_is_trusted_and_does_not_fit_the_signature() {
    // That is the danger of it: only the signature tells.
    let root = root_certificate(CertificateKind::Auth).unwrap();
    let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
    let validator = Validator::new(&anchors);
    let mut link = Link::new(demonstration());
    let mut response = [0; 2_048];
    link.transmit(&common::select_command(ApplicationName::Jpki), &mut response).unwrap();
    link.transmit(&common::verify_command(0x98, PIN), &mut response).unwrap();
    let mut read = |defect| {
        let effect = Effect::Certificate(CertificateKind::Auth, defect);
        link.faults_mut().push(Fault::once(When::Ins(0xB0), effect));
        let command = [0x00, 0xB0, 0x8A, 0x00, 0x00, 0x00, 0x00];
        let length = link.transmit(&command, &mut response).unwrap();
        response[..length - 2].to_vec()
    };
    let foreign = read(CertificateDefect::Foreign);
    let corrupt = read(CertificateDefect::Corrupt(700));
    let truncated = read(CertificateDefect::Truncated(1_500));
    let judged = validator.validate(&foreign, Kind::Auth, now()).unwrap();
    for wrong in [corrupt, truncated] {
        assert!(validator.validate(&wrong, Kind::Auth, now()).is_err());
    }
    let length = link.transmit(&sign_command(0x03, 0x97, b"nonce"), &mut response).unwrap();
    assert_eq!(length, 258);
    let scheme = Scheme::Pkcs1v15Sha256;
    assert!(validator.verify_challenge(&judged, scheme, b"nonce", &response[..256]).is_err());
}
