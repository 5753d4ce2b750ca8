//! The card's behaviour, command by command, as `docs/card-facts.md` has it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use common::{
    PASSWORD, PIN, command, demonstration, query, read, select, select_command, select_file, send,
    sign_command, status, verify,
};
use kazasu_virtual_card::{
    ApplicationName, Blocked, Card, CertificateKind, Date, EndOfFile, Error, Issue, Kind,
    LabelPadding, QueryWhenVerified, Reference, Secret, SecurityStatus, Settings,
};

fn card_with(change: impl FnOnce(&mut Settings)) -> Card {
    let mut issue = Issue::demonstration().seed(1);
    change(&mut issue.settings);
    Card::issue(issue).unwrap()
}

fn issue_with(change: impl FnOnce(&mut Issue)) -> Card {
    let mut issue = Issue::demonstration().seed(1);
    change(&mut issue);
    Card::issue(issue).unwrap()
}

#[test]
fn a_query_takes_no_try_and_a_wrong_pin_takes_one() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    for _ in 0..5 {
        assert_eq!(query(&mut card, 0x98), 0x63C3);
        assert_eq!(query(&mut card, 0x9B), 0x63C5);
    }
    assert_eq!(verify(&mut card, 0x98, b"9999"), 0x63C2);
    assert_eq!(query(&mut card, 0x98), 0x63C2);
    assert_eq!(query(&mut card, 0x9B), 0x63C5, "each code has its own counter");
    assert_eq!(verify(&mut card, 0x98, PIN), 0x9000);
    assert_eq!(query(&mut card, 0x98), 0x63C3, "a right one gives the tries back");
    // A code of the wrong length is a wrong code.
    assert_eq!(verify(&mut card, 0x98, b"123"), 0x63C2);
    assert_eq!(verify(&mut card, 0x98, b"12345"), 0x63C1);
    assert_eq!(verify(&mut card, 0x98, &[b'1'; 200]), 0x63C0);
    assert_eq!(card.tries(Reference::Auth), Some(0));
    assert_eq!(card.verify_commands_seen(), 5);
}

#[test]
fn a_blocked_code_stays_blocked_and_is_not_compared() {
    for (setting, answer) in [
        (Blocked::ReferenceDataLocked, 0x6984),
        (Blocked::AuthenticationMethodBlocked, 0x6983),
        (Blocked::NoTriesLeft, 0x63C0),
    ] {
        let mut card = card_with(|settings| settings.blocked = setting);
        select(&mut card, ApplicationName::Jpki);
        for expected in [0x63C2, 0x63C1, 0x63C0] {
            assert_eq!(verify(&mut card, 0x98, b"0000"), expected);
        }
        assert_eq!(card.deeds().comparisons, 3);
        assert_eq!(verify(&mut card, 0x98, PIN), answer, "the right PIN too");
        assert_eq!(query(&mut card, 0x98), 0x63C0);
        assert_eq!(card.deeds().comparisons, 3);
        card.power_off();
        select(&mut card, ApplicationName::Jpki);
        assert_eq!(query(&mut card, 0x98), 0x63C0);
    }
    let mut card = Card::issue(Issue::demonstration().tries_left(Reference::Auth, 1)).unwrap();
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(query(&mut card, 0x98), 0x63C1);
    card.block(Reference::Auth).unwrap();
    assert_eq!(query(&mut card, 0x98), 0x63C0);
}

#[test]
fn a_query_of_a_verified_code_is_a_setting() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    verify(&mut card, 0x98, PIN);
    assert_eq!(query(&mut card, 0x98), 0x63C3);
    card.settings_mut().query_when_verified = QueryWhenVerified::Success;
    assert_eq!(query(&mut card, 0x98), 0x9000);
    assert_eq!(query(&mut card, 0x9B), 0x63C5);
    assert_eq!(verify(&mut card, 0x98, b"0000"), 0x63C2, "a wrong PIN takes the status away");
    assert_eq!(query(&mut card, 0x98), 0x63C2);
    assert!(!card.is_verified(Reference::Auth));
}

#[test]
fn the_select_form_and_the_short_form_reach_the_same_files() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(query(&mut card, 0x80), 0x6986, "no current EF");
    assert_eq!(select_file(&mut card, 0x0018), 0x9000);
    assert_eq!(query(&mut card, 0x80), 0x63C3);
    assert_eq!(verify(&mut card, 0x80, PIN), 0x9000);
    assert_eq!(select_file(&mut card, 0x0017), 0x9000);
    assert_eq!(send(&mut card, &sign_command(0x00, 0x80, &[1; 51])).0.len(), 256);
    assert_eq!(query(&mut card, 0x80), 0x6981, "a key is no code");
    assert_eq!(select_file(&mut card, 0x000A), 0x9000);
    let first = send(&mut card, &[0x00, 0xB0, 0x00, 0x00, 0x00]);
    assert_eq!(first, send(&mut card, &[0x00, 0xB0, 0x8A, 0x00, 0x00]));
    assert_eq!(first.0.len(), 256);
    // READ by short identifier makes its EF the current one.
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x86, 0x00, 0x01]), 0x9000);
    assert_eq!(send(&mut card, &[0x00, 0xB0, 0x00, 0x00, 0x04]), (b"JPKI".to_vec(), 0x9000));
    assert_eq!(query(&mut card, 0x8A), 0x6981);
    assert_eq!(query(&mut card, 0x99), 0x6A88);
    assert_eq!(query(&mut card, 0x18), 0x6A86);
}

#[test]
fn reading_follows_the_offset_rules() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x00, 0x00, 0x00]), 0x6986);
    let whole = card.certificate(CertificateKind::Auth).unwrap().to_vec();
    assert_eq!(read(&mut card, 0x0A), (whole.clone(), 0x9000));
    // Seven short reads.
    let mut pieces = Vec::new();
    let mut reads = 0;
    while pieces.len() < whole.len() {
        let [high, low] = u16::try_from(pieces.len()).unwrap().to_be_bytes();
        let (data, status) = send(&mut card, &[0x00, 0xB0, high, low, 0x00]);
        assert_eq!(status, 0x9000);
        pieces.extend(data);
        reads += 1;
    }
    assert_eq!((pieces, reads), (whole.clone(), 7));
    let [high, low] = u16::try_from(whole.len()).unwrap().to_be_bytes();
    assert_eq!(send(&mut card, &[0x00, 0xB0, high, low, 0x00]), (vec![], 0x6B00));
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x7F, 0xFF, 0x01]), 0x6B00);
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x00, 0x00]), 0x6700, "no Le");
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0xEA, 0x00, 0x00]), 0x6A86);
    card.settings_mut().end_of_file = EndOfFile::Warning;
    assert_eq!(read(&mut card, 0x0A), (whole, 0x6282));
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x8A, 0x00, 0x10]), 0x9000);
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x88, 0x00, 0x03]), 0x9000, "just the end");
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x88, 0x00, 0x04]), 0x6282);
}

#[test]
fn extended_length_is_on_or_off() {
    let mut card = card_with(|settings| settings.extended_length = false);
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(read(&mut card, 0x0A), (vec![], 0x6700));
    assert_eq!(status(&mut card, &[0x00, 0xB0, 0x8A, 0x00, 0x00]), 0x9000);
    assert_eq!(card.atr().last(), Some(&0x00), "an ATR that declares none");
    let mut card = demonstration();
    assert!(card.atr().ends_with(&[0x01, 0xC0, 0x3B]));
    let mut extended = vec![0x00, 0xA4, 0x04, 0x0C, 0x00, 0x00, 0x0A];
    extended.extend(ApplicationName::Jpki.aid());
    assert_eq!(status(&mut card, &extended), 0x9000);
}

#[test]
fn access_conditions_are_those_of_the_card() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    for free in [0x02, 0x06, 0x08, 0x0A, 0x0B] {
        assert_eq!(read(&mut card, free).1, 0x9000, "{free:02X}");
    }
    assert_eq!(read(&mut card, 0x08).0, [0x8F, 0x8F, 0x00]);
    assert_eq!(read(&mut card, 0x06).0.len(), 160);
    assert_eq!(read(&mut card, 0x01).1, 0x6982);
    assert_eq!(status(&mut card, &sign_command(0x00, 0x97, &[1; 51])), 0x6982);
    assert_eq!(verify(&mut card, 0x98, PIN), 0x9000);
    assert_eq!(status(&mut card, &sign_command(0x00, 0x97, &[1; 51])), 0x9000);
    assert_eq!(status(&mut card, &sign_command(0x00, 0x9A, &[1; 51])), 0x6982);
    assert_eq!(read(&mut card, 0x01).1, 0x6982);
    assert_eq!(verify(&mut card, 0x9B, PASSWORD), 0x9000);
    assert_eq!(read(&mut card, 0x01).1, 0x9000);
    assert_eq!(status(&mut card, &sign_command(0x00, 0x9A, &[1; 51])), 0x9000);
    assert_eq!(read(&mut card, 0x09).1, 0x6982, "no code opens EF 0009");
    assert_eq!(read(&mut card, 0x05).1, 0x6A82, "not modelled");
    assert_eq!(read(&mut card, 0x18).1, 0x6981);
    // Many signatures after one VERIFY.
    for _ in 0..3 {
        assert_eq!(status(&mut card, &sign_command(0x00, 0x97, &[1; 51])), 0x9000);
    }
}

#[test]
fn the_security_status_ends_with_the_application_or_the_power() {
    let mut card = demonstration();
    let signs = |card: &mut Card| status(card, &sign_command(0x00, 0x97, &[1; 51])) == 0x9000;
    let prove = |card: &mut Card| {
        select(card, ApplicationName::Jpki);
        assert_eq!(verify(card, 0x98, PIN), 0x9000);
        assert!(signs(card));
    };
    prove(&mut card);
    select(&mut card, ApplicationName::Text);
    select(&mut card, ApplicationName::Jpki);
    assert!(!signs(&mut card), "another application");

    prove(&mut card);
    assert_eq!(status(&mut card, &command([0, 0xA4, 4, 0x0C], &[0xD3, 0x92, 1], None)), 0x6A82);
    assert!(signs(&mut card), "a failed SELECT changes nothing");
    let domain = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];
    assert_eq!(status(&mut card, &command([0, 0xA4, 4, 0x0C], &domain, None)), 0x9000);
    select(&mut card, ApplicationName::Jpki);
    assert!(!signs(&mut card), "the issuer security domain");

    prove(&mut card);
    select(&mut card, ApplicationName::Jpki);
    assert!(signs(&mut card), "the same application again keeps it");
    card.settings_mut().select_again = SecurityStatus::Clears;
    select(&mut card, ApplicationName::Jpki);
    assert!(!signs(&mut card));
    card.settings_mut().select_again = SecurityStatus::Keeps;

    prove(&mut card);
    card.warm_reset();
    assert_eq!(query(&mut card, 0x98), 0x6986, "nothing is selected after a reset");
    select(&mut card, ApplicationName::Jpki);
    assert!(signs(&mut card), "a warm reset keeps it");
    card.settings_mut().warm_reset = SecurityStatus::Clears;
    card.warm_reset();
    select(&mut card, ApplicationName::Jpki);
    assert!(!signs(&mut card));

    prove(&mut card);
    card.power_off();
    card.power_on();
    select(&mut card, ApplicationName::Jpki);
    assert!(!signs(&mut card), "power off");
}

#[test]
fn select_has_the_forms_that_the_card_has() {
    let mut card = demonstration();
    let master = [0x00, 0xA4, 0x00, 0x00];
    assert_eq!(status(&mut card, &master), 0x6A86, "right after a reset");
    assert_eq!(select_file(&mut card, 0x0018), 0x6A82, "no application");
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(select_file(&mut card, 0x0018), 0x9000);
    assert_eq!(status(&mut card, &master), 0x9000);
    assert_eq!(query(&mut card, 0x80), 0x63C3, "and no effect");
    assert_eq!(status(&mut card, &command(master, &[0x3F, 0x00], None)), 0x6A82);
    for (p1, p2, answer) in [(0x09, 0x0C, 0x6A86), (0x02, 0x00, 0x6A86), (0x04, 0x04, 0x6A86)] {
        assert_eq!(status(&mut card, &command([0x00, 0xA4, p1, p2], &[0x00, 0x18], None)), answer);
    }
    assert_eq!(select_file(&mut card, 0x0005), 0x6A82);
    assert_eq!(query(&mut card, 0x80), 0x63C3, "a failed SELECT leaves the current EF");
    // With P2 = 00 a template, if at all.
    let aid = ApplicationName::Jpki.aid();
    let (template, status_) = send(&mut card, &command([0x00, 0xA4, 0x04, 0x00], &aid, Some(0)));
    assert_eq!((status_, template.get(..4)), (0x9000, Some(&[0x6F, 0x0C, 0x84, 0x0A][..])));
    card.settings_mut().file_control_information = false;
    assert_eq!(status(&mut card, &command([0x00, 0xA4, 0x04, 0x00], &aid, Some(0))), 0x6A86);
    // Partial names are a setting.
    let partial = command([0x00, 0xA4, 0x04, 0x0C], &aid[..9], None);
    assert_eq!(status(&mut card, &partial), 0x6A82);
    card.settings_mut().partial_names = true;
    assert_eq!(status(&mut card, &partial), 0x9000);
}

#[test]
fn signing_refuses_other_schemes_and_lengths() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    verify(&mut card, 0x98, PIN);
    for p1 in 0x06..=0xFF {
        assert_eq!(status(&mut card, &sign_command(p1, 0x97, &[1; 32])), 0x6A86, "{p1:02X}");
    }
    assert_eq!(status(&mut card, &sign_command(0x00, 0x97, &[1; 245])), 0x9000);
    assert_eq!(status(&mut card, &sign_command(0x00, 0x97, &[1; 246])), 0x6985);
    for p1 in [0x02, 0x04] {
        assert_eq!(status(&mut card, &sign_command(p1, 0x97, &[1; 31])), 0x6985);
    }
    assert_eq!(status(&mut card, &sign_command(0x00, 0x97, &[])), 0x6700);
    assert_eq!(status(&mut card, &command([0x80, 0x2A, 0, 0x97], &[1; 51], Some(0x80))), 0x6700);
    assert_eq!(status(&mut card, &sign_command(0x00, 0x00, &[1; 51])), 0x6A86, "no own key here");
    assert_eq!(status(&mut card, &sign_command(0x00, 0x98, &[1; 51])), 0x6981);
    assert_eq!(status(&mut card, &command([0x00, 0x2A, 0, 0x97], &[1; 51], Some(0))), 0x6E00);
}

#[test]
fn a_code_is_changed_after_it_was_verified() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Jpki);
    let change =
        |card: &mut Card, p2, new: &[u8]| status(card, &command([0x00, 0x24, 0x01, p2], new, None));
    assert_eq!(change(&mut card, 0x98, b"5678"), 0x6982);
    assert_eq!(verify(&mut card, 0x98, PIN), 0x9000);
    assert_eq!(change(&mut card, 0x9B, b"NEWPASS1"), 0x6982, "another code was verified");
    assert_eq!(change(&mut card, 0x98, b"5678"), 0x9000);
    assert_eq!(verify(&mut card, 0x98, PIN), 0x63C2);
    assert_eq!(verify(&mut card, 0x98, b"5678"), 0x9000);
    // Whether a card looks at the new code is not known.
    card.settings_mut().change_checks_syntax = true;
    for wrong in [&b"56789"[..], b"56a8", b"567"] {
        assert_eq!(change(&mut card, 0x98, wrong), 0x6A80);
    }
    card.settings_mut().change_checks_syntax = false;
    assert_eq!(change(&mut card, 0x98, b""), 0x6700);
    assert_eq!(change(&mut card, 0x98, &[b'1'; 17]), 0x6700);
    assert_eq!(change(&mut card, 0x98, b"56789"), 0x9000);
    assert_eq!(status(&mut card, &command([0x00, 0x24, 0x00, 0x98], b"12345678", None)), 0x6A86);

    select(&mut card, ApplicationName::Text);
    assert_eq!(verify(&mut card, 0x91, b"2345"), 0x9000);
    assert_eq!(change(&mut card, 0x91, b"9876"), 0x9000);
    assert_eq!(verify(&mut card, 0x91, b"9876"), 0x9000);
    assert_eq!(change(&mut card, 0x94, b"000000000000"), 0x6985, "照合番号A cannot be changed");

    for name in [ApplicationName::Juki, ApplicationName::Common] {
        select(&mut card, name);
        let (reference, pin) = match name {
            ApplicationName::Juki => (Reference::Juki, b"3456"),
            _ => (Reference::Common, b"4567"),
        };
        assert_eq!(verify(&mut card, 0x9C, pin), 0x9000);
        assert_eq!(change(&mut card, 0x9C, b"1111"), 0x6985, "CHANGE KEY here");
        assert_eq!(status(&mut card, &command([0x80, 0x32, 0x00, 0x9C], b"1111", None)), 0x9000);
        assert!(card.secret(reference).is_some_and(|secret| secret.reveal() == "1111"));
    }
}

#[test]
fn the_text_application_opens_to_pin_a_or_b() {
    let mut card = demonstration();
    let number = card.secret(Reference::TextNumberA).unwrap().reveal().to_owned();
    let number_b = card.secret(Reference::TextNumberB).unwrap().reveal().to_owned();
    let holder = card.holder().unwrap().clone();
    assert!(number_b.starts_with("600615"), "昭和60年6月15日");
    assert_eq!(number_b.len(), 14);
    let open = |card: &mut Card, p2, code: &str| {
        card.power_off();
        select(card, ApplicationName::Text);
        assert_eq!((read(card, 0x01).1, read(card, 0x02).1), (0x6982, 0x6982));
        assert_eq!(verify(card, p2, code.as_bytes()), 0x9000);
        (read(card, 0x01), read(card, 0x02))
    };
    let (one, two) = open(&mut card, 0x91, "2345");
    assert_eq!((one.1, two.1), (0x9000, 0x9000));
    assert_eq!(one.0.len(), 17);
    assert_eq!(one.0.get(3..15), Some(number.as_bytes()));
    assert!(two.0.windows(holder.name.len()).any(|part| part == holder.name.as_bytes()));
    let (one, two) = open(&mut card, 0x94, &number);
    assert_eq!((one.1, two.1), (0x9000, 0x6982), "照合番号A opens no attributes");
    let (one, two) = open(&mut card, 0x95, &number_b);
    assert_eq!((one.1, two.1), (0x6982, 0x9000), "照合番号B opens no My Number");
    assert_eq!(query(&mut card, 0x94), 0x63CA);
    assert_eq!(query(&mut card, 0x92), 0x63C0, "EF 0012 arrives blocked");
    assert_eq!(verify(&mut card, 0x92, b"0000"), 0x6984);
    assert_eq!(read(&mut card, 0x05).0.len(), 164);
    // The application's own key asks for nothing.
    assert_eq!(send(&mut card, &sign_command(0x00, 0x00, &[7; 32])).0.len(), 256);
    assert_eq!(send(&mut card, &sign_command(0x00, 0x93, &[7; 32])).0.len(), 256);
}

#[test]
fn the_other_applications_have_their_counters_and_free_files() {
    let mut card = demonstration();
    select(&mut card, ApplicationName::Surface);
    for p2 in [0x91, 0x92, 0x93] {
        assert_eq!(query(&mut card, p2), 0x63CA);
    }
    assert_eq!(verify(&mut card, 0x91, b"600615"), 0x9000);
    assert_eq!(read(&mut card, 0x06).1, 0x6982, "the birth date opens the age record only");
    let number = card.secret(Reference::SurfaceNumberA).unwrap().reveal().to_owned();
    assert_eq!(verify(&mut card, 0x93, number.as_bytes()), 0x9000);
    assert_eq!(read(&mut card, 0x06), (vec![0xFF; 16], 0x9000));
    assert_eq!(read(&mut card, 0x03).0.len(), 320);
    assert_eq!(send(&mut card, &sign_command(0x00, 0x00, &[7; 32])).0.len(), 256);
    assert_eq!(status(&mut card, &command([0, 0x88, 0, 0x9A], &[1; 8], Some(0))), 0x6985);

    select(&mut card, ApplicationName::Common);
    let record = send(&mut card, &[0x00, 0xB2, 0x01, 0x0C, 0x00]);
    assert_eq!((record.0.len(), record.1), (30, 0x9000));
    assert_eq!(record, send(&mut card, &[0x00, 0xB2, 0x01, 0x04, 0x00]), "now the current EF");
    assert_eq!(status(&mut card, &[0x00, 0xB2, 0x02, 0x0C, 0x00]), 0x6A83);
    assert_eq!(status(&mut card, &[0x00, 0xB2, 0x00, 0x0C, 0x00]), 0x6A83);
    assert_eq!(status(&mut card, &[0x00, 0xB2, 0x01, 0x0D, 0x00]), 0x6A86);
    assert_eq!(read(&mut card, 0x01).1, 0x6981);
    assert_eq!(query(&mut card, 0x9C), 0x63C3);
    assert_eq!(send(&mut card, &command([0, 0x88, 0, 0x99], &[1; 8], Some(0))).0.len(), 256);

    select(&mut card, ApplicationName::Juki);
    assert_eq!(query(&mut card, 0x9C), 0x63C3);
    assert_eq!(verify(&mut card, 0x9C, b"3456"), 0x9000);
}

#[test]
fn phones_and_the_old_card_have_the_jpki_application_only() {
    for (kind, label) in [
        (Kind::Android, &b"JPKIAPGPSETOKEN "[..]),
        (Kind::Iphone, b"JPKIAPIOSTOKEN  "),
        (Kind::Juki, b"JPKIAPICCTOKEN  "),
        (Kind::Card, b"JPKIAPICCTOKEN2 "),
    ] {
        let mut card = issue_with(|issue| issue.kind = kind);
        let text = status(&mut card, &select_command(ApplicationName::Text));
        assert_eq!(text, if kind == Kind::Card { 0x9000 } else { 0x6A82 });
        select(&mut card, ApplicationName::Jpki);
        assert!(read(&mut card, 0x06).0.starts_with(label));
        let before = if kind == Kind::Android { 0x6982 } else { 0x9000 };
        assert_eq!(read(&mut card, 0x0A).1, before, "{kind:?}");
        verify(&mut card, 0x98, PIN);
        assert_eq!(read(&mut card, 0x0A).1, 0x9000);
        let indicator = if kind == Kind::Iphone { 0x6D00 } else { 0x6700 };
        assert_eq!(status(&mut card, &[0x80, 0xFC, 0x00, 0x00]), indicator);
    }
    let mut card = issue_with(|issue| {
        issue.kind = Kind::Iphone;
        issue.auth_certificate_needs_pin = Some(true);
        issue.label_padding = LabelPadding::Zeros;
    });
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(read(&mut card, 0x0A).1, 0x6982);
    assert!(read(&mut card, 0x06).0.starts_with(b"JPKIAPIOSTOKEN\0\0"));
}

#[test]
fn a_card_may_have_no_sign_certificate() {
    let mut card = issue_with(|issue| issue.sign_certificate = false);
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(read(&mut card, 0x08).0, [0x00, 0x8F, 0x00]);
    assert_eq!(read(&mut card, 0x01).1, 0x6A82);
    assert_eq!(query(&mut card, 0x9B), 0x6A88);
    assert_eq!(card.tries(Reference::Sign), None);
}

#[test]
fn challenges_and_data_objects() {
    let mut card = demonstration();
    let (atr, status_) = send(&mut card, &[0x00, 0xCA, 0x5F, 0x51, 0x00]);
    assert_eq!((Some(&atr[..]), status_), (card.atr().get(1..), 0x9000));
    assert_eq!(status(&mut card, &[0x00, 0xCA, 0x00, 0x66, 0x00]), 0x6A88);
    select(&mut card, ApplicationName::Jpki);
    let challenge = |card: &mut Card, le| send(card, &[0x00, 0x84, 0x00, 0x00, le]);
    assert_eq!(challenge(&mut card, 0x00).0.len(), 256);
    assert_eq!(challenge(&mut card, 0x01).0.len(), 1);
    assert_ne!(challenge(&mut card, 0x08), challenge(&mut card, 0x08));
    assert_eq!(status(&mut card, &[0x00, 0x84, 0, 0, 0, 0x01, 0x00]), 0x6985, "extended");
    assert_eq!(status(&mut card, &[0x00, 0x84, 0x00, 0x00]), 0x6700);
}

#[test]
fn classes_and_instructions_that_the_card_has_not() {
    let mut card = demonstration();
    for (header, answer) in [
        ([0x01, 0xB0, 0, 0], 0x6881),
        ([0x08, 0xB0, 0, 0], 0x6882),
        ([0x10, 0xB0, 0, 0], 0x6E00),
        ([0x80, 0xB0, 0, 0], 0x6E00),
        ([0x00, 0xC0, 0, 0], 0x6D00),
        // Known, but EF 0016 is not the current file.
        ([0x80, 0xA2, 0, 0xC1], 0x6986),
        ([0x80, 0x53, 1, 0], 0x6D00),
        ([0x80, 0xAE, 0, 0], 0x6D00),
    ] {
        assert_eq!(status(&mut card, &header), answer, "{header:02X?}");
    }
    for broken in [&[][..], &[0x00], &[0x00, 0xA4, 0x04], &[0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3]] {
        assert_eq!(status(&mut card, broken), 0x6700);
    }
}

#[test]
fn impossible_wishes_are_refused() {
    for change in [
        (|issue: &mut Issue| issue.auth_pin = Secret::new("123")) as fn(&mut Issue),
        |issue| issue.text_pin = Secret::new("12a4"),
        |issue| issue.sign_password = Secret::new("abc123"),
        |issue| issue.security_code = "12".to_owned(),
        |issue| issue.holder.municipality_code = "1".to_owned(),
        |issue| issue.holder.name = String::new(),
        |issue| issue.holder.address = "あ".repeat(201),
        |issue| issue.tries = vec![(Reference::Auth, 4)],
        |issue| {
            issue.kind = Kind::Android;
            issue.tries = vec![(Reference::Text, 1)];
        },
        |issue| issue.issued = Date::new(1980, 1, 1).unwrap(),
    ] {
        let mut issue = Issue::demonstration();
        change(&mut issue);
        let refused = Card::issue(issue);
        assert!(matches!(refused, Err(Error::InvalidIssue(_))), "{refused:?}");
    }
    // The longest texts fit.
    let card = issue_with(|issue| {
        issue.holder.address = "架".repeat(200);
        issue.holder.name = "空".repeat(200);
    });
    assert!(card.certificate(CertificateKind::Sign).is_some_and(|one| one.len() > 2_500));
}

#[test]
fn certificates_begin_under_their_root_and_end_later() {
    let card = |issued: &str, not_after: Option<&str>| {
        let mut issue = Issue::demonstration().seed(1);
        issue.issued = Date::parse(issued).unwrap();
        issue.not_after = not_after.map(|day| Date::parse(day).unwrap());
        Card::issue(issue)
    };
    for (issued, not_after, reason) in [
        ("2019-12-31", None, "not one of the virtual root"),
        ("2019-12-31", Some("2024-12-31"), "not one of the virtual root"),
        ("2050-01-01", None, "not one of the virtual root"),
        // What `card issue --not-after` makes of a last day so early.
        ("2019-12-31", Some("2019-12-31"), "the last day of its certificates is before 2020"),
        ("2024-01-01", Some("2019-12-31"), "the last day of its certificates is before 2020"),
        ("2024-01-01", Some("2023-12-31"), "is before their first"),
    ] {
        let refused = card(issued, not_after);
        let Err(Error::InvalidIssue(why)) = refused else { panic!("{issued}: {refused:?}") };
        assert!(why.contains(reason), "{issued} {not_after:?}: {why}");
    }
    for (issued, not_after) in [
        ("2020-01-01", None),
        ("2049-12-31", None),
        ("2020-01-01", Some("2020-01-01")),
        ("2024-01-01", Some("2024-01-01")),
    ] {
        assert!(card(issued, not_after).is_ok(), "{issued} {not_after:?}");
    }
    // The files of the test card bring their own dates.
    let mut issue = Issue::test_card();
    issue.issued = Date::parse("2015-02-17").unwrap();
    assert!(Card::issue(issue).is_ok());
}

#[test]
fn nothing_personal_is_printed() {
    let card = demonstration();
    let issue = Issue::demonstration();
    let text = format!("{card:?} {:?} {:?}", card.secret(Reference::Auth), issue.auth_pin);
    for secret in ["1234", "TEST1234", "架空"] {
        assert!(!text.contains(secret), "{text}");
    }
    let issue = format!("{issue:?}");
    assert!(!issue.contains("1234") && !issue.contains("TEST"), "{issue}");
}
