//! A card kept in a file: what it survives, and who else may have it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use std::fs;

use common::{Folder, PIN, demonstration, query, read, select, verify};
use kazasu_apdu::Transport;
use kazasu_virtual_card::{
    ApplicationName, Card, CardFile, CertificateKind, Error, Issue, Link, LinkError, Reference,
};

/// Says to the test that runs as a second process which file it is to open.
const SECOND_PROCESS: &str = "KAZASU_TEST_CARD_FILE";

#[test]
fn a_card_comes_back_as_it_was() {
    let folder = Folder::new("back");
    let path = folder.file("card.json");
    for issue in [Issue::demonstration().seed(1), Issue::test_card().seed(1), {
        let mut issue = Issue::demonstration();
        issue.fresh_keys = true;
        issue
    }] {
        let _ = fs::remove_file(&path);
        let mut card = CardFile::create(&path, Card::issue(issue).unwrap()).unwrap();
        select(&mut card, ApplicationName::Jpki);
        assert_eq!(verify(&mut card, 0x98, b"0000"), 0x63C2);
        verify(&mut card, 0x98, PIN);
        let change = common::command([0x00, 0x24, 0x01, 0x98], b"5678", None);
        assert_eq!(common::status(&mut card, &change), 0x9000);
        assert_eq!(verify(&mut card, 0x98, b"0000"), 0x63C2);
        let certificate = card.certificate(CertificateKind::Auth).unwrap().to_vec();
        let root = card.root_certificate(CertificateKind::Auth);
        let signature = {
            verify(&mut card, 0x9B, common::PASSWORD);
            common::send(&mut card, &common::sign_command(0x03, 0x9A, b"message"))
        };
        drop(card);

        let mut card = CardFile::open(&path).unwrap();
        select(&mut card, ApplicationName::Jpki);
        assert_eq!(query(&mut card, 0x98), 0x63C2);
        assert_eq!(read(&mut card, 0x0A), (certificate, 0x9000));
        assert_eq!(verify(&mut card, 0x98, b"5678"), 0x9000);
        verify(&mut card, 0x9B, common::PASSWORD);
        let again = common::send(&mut card, &common::sign_command(0x03, 0x9A, b"message"));
        assert_eq!((again, card.root_certificate(CertificateKind::Auth)), (signature, root));
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("NOT A REAL CARD"));
    assert!(!folder.file("card.json.new").exists());
}

#[test]
fn what_a_power_cut_left_behind_is_no_harm() {
    let folder = Folder::new("cut");
    let path = folder.file("card.json");
    drop(CardFile::create(&path, demonstration()).unwrap());
    fs::write(folder.file("card.json.new"), "{ half").unwrap();
    let mut card = CardFile::open(&path).unwrap();
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(verify(&mut card, 0x98, b"0000"), 0x63C2);
    drop(card);
    assert_eq!(CardFile::open(&path).unwrap().tries(Reference::Auth), Some(2));
}

#[test]
fn a_card_is_never_overwritten() {
    let folder = Folder::new("overwrite");
    let path = folder.file("card.json");
    drop(CardFile::create(&path, demonstration()).unwrap());
    let before = fs::read(&path).unwrap();
    assert!(matches!(CardFile::create(&path, demonstration()), Err(Error::AlreadyExists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_second_process_is_told_that_the_card_is_in_use() {
    if let Some(path) = std::env::var_os(SECOND_PROCESS) {
        // Here the test is its own second process.
        let opened = CardFile::open(path);
        assert!(matches!(opened, Err(Error::InUse { .. })), "{opened:?}");
        return;
    }
    let folder = Folder::new("use");
    let path = folder.file("card.json");
    let card = CardFile::create(&path, demonstration()).unwrap();
    let second = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_second_process_is_told_that_the_card_is_in_use"])
        .env(SECOND_PROCESS, &path)
        .output()
        .unwrap();
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stdout));
    assert!(String::from_utf8_lossy(&second.stdout).contains("1 passed"));
    // In the same process too. Whoever wants to create it needs another name anyway.
    assert!(matches!(CardFile::open(&path), Err(Error::InUse { .. })));
    assert!(matches!(CardFile::create(&path, demonstration()), Err(Error::AlreadyExists { .. })));
    drop(card);
    assert!(CardFile::open(&path).is_ok());
}

#[cfg(windows)]
#[test]
fn a_lock_cannot_be_lost() {
    let folder = Folder::new("lock");
    let path = folder.file("card.json");
    let mut card = CardFile::create(&path, demonstration()).unwrap();
    select(&mut card, ApplicationName::Jpki);
    let (lock, elsewhere) = (folder.file("card.json.lock"), folder.file("elsewhere"));
    assert!(fs::remove_file(&lock).is_err());
    assert!(fs::rename(&lock, elsewhere).is_err());
    assert_eq!(verify(&mut card, 0x98, PIN), 0x9000);
    drop(card);
    fs::remove_file(&lock).unwrap();
}

// Elsewhere, an open file can be removed.
#[cfg(not(windows))]
#[test]
fn a_lost_lock_is_named_and_nothing_is_compared() {
    let folder = Folder::new("lock");
    let path = folder.file("card.json");
    let mut card = CardFile::create(&path, demonstration()).unwrap();
    select(&mut card, ApplicationName::Jpki);
    let before = fs::read(&path).unwrap();
    fs::remove_file(folder.file("card.json.lock")).unwrap();
    let refused = card.try_respond(&common::verify_command(0x98, PIN));
    assert!(matches!(refused, Err(Error::LockLost { .. })), "{refused:?}");
    assert_eq!(verify(&mut card, 0x98, PIN), 0x6581);
    // Somebody else's lock of that name is not ours.
    let other = CardFile::open(&path).unwrap();
    assert_eq!(verify(&mut card, 0x98, b"0000"), 0x6581);
    assert_eq!((card.deeds().comparisons, card.tries(Reference::Auth)), (0, Some(3)));
    assert!(!card.is_verified(Reference::Auth));
    assert_eq!(query(&mut card, 0x98), 0x63C3, "what writes nothing still works");
    drop(other);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_folder_that_is_gone_is_named_and_nothing_is_compared() {
    let folder = Folder::new("gone");
    let inner = folder.file("inner");
    fs::create_dir(&inner).unwrap();
    let mut link = Link::new(CardFile::create(inner.join("card.json"), demonstration()).unwrap());
    let mut response = [0; 258];
    link.transmit(&common::select_command(ApplicationName::Jpki), &mut response).unwrap();
    // The file to be renamed cannot be made where a folder has its name.
    fs::create_dir_all(inner.join("card.json.new/in-the-way")).unwrap();
    let refused = link.transmit(&common::verify_command(0x98, PIN), &mut response);
    assert!(
        matches!(refused, Err(LinkError::Card(Error::Io { action: "write", .. }))),
        "{refused:?}"
    );
    let card = link.into_card().unwrap();
    assert_eq!((card.deeds().comparisons, card.tries(Reference::Auth)), (0, Some(3)));
    drop(card);
    assert_eq!(CardFile::open(inner.join("card.json")).unwrap().tries(Reference::Auth), Some(3));
}

#[test]
fn damage_is_told_from_foreign_files() {
    let folder = Folder::new("damage");
    let path = folder.file("card.json");
    drop(CardFile::create(&path, demonstration()).unwrap());
    let text = fs::read_to_string(&path).unwrap();
    let open = |content: &str| {
        fs::write(&path, content).unwrap();
        CardFile::open(&path).map(drop)
    };
    assert!(open(&text).is_ok());
    for part in [10, 4, 2] {
        let cut = open(&text[..text.len() - text.len() / part]);
        assert!(matches!(cut, Err(Error::Damaged { .. })), "{cut:?}");
    }
    for (from, to) in [
        ("\"tries_left\": 3", "\"tries_left\": 4"),
        ("\"tries_left\": 3", "\"tries_left\": -1"),
        ("\"pool\": ", "\"pond\": "),
        ("\"000A\"", "\"00A\""),
        ("\"extended_length\": true,", ""),
    ] {
        assert!(text.contains(from), "{from}");
        let damaged = open(&text.replacen(from, to, 1));
        assert!(matches!(damaged, Err(Error::Damaged { .. })), "{from}: {damaged:?}");
    }
    for version in [0, 3] {
        let other = text.replacen("\"version\": 2", &format!("\"version\": {version}"), 1);
        let other = open(&other).unwrap_err();
        assert!(matches!(other, Error::UnsupportedVersion { version: it, .. } if it == version));
    }
    let mislabelled = open(&text.replacen("\"version\": 2", "\"version\": 1", 1));
    assert!(matches!(mislabelled, Err(Error::Damaged { .. })), "{mislabelled:?}");
    for foreign in ["", "{}", "[1]", "hello", "{\"format\":\"other\",\"version\":1}"] {
        let refused = open(foreign);
        assert!(matches!(refused, Err(Error::NotACardFile { .. })), "{foreign}: {refused:?}");
    }
    fs::write(&path, [0xFF, 0xFE, 0x00]).unwrap();
    assert!(matches!(CardFile::open(&path), Err(Error::NotACardFile { .. })));
    let missing = folder.file("missing.json");
    assert!(matches!(CardFile::open(&missing), Err(Error::Io { action: "open", .. })));
    assert!(!folder.file("missing.json.lock").exists());
}

#[test]
fn a_file_of_version_1_opens_and_becomes_one_of_version_2() {
    let folder = Folder::new("version");
    let path = folder.file("card.json");
    drop(CardFile::create(&path, demonstration()).unwrap());
    let mut json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    // What version 1 did not have.
    *json.get_mut("version").unwrap() = 1.into();
    let card = json.get_mut("card").and_then(|card| card.as_object_mut()).unwrap();
    card.remove("data_objects").unwrap();
    for application in card.get_mut("applications").and_then(|it| it.as_array_mut()).unwrap() {
        let name = application.get("name").and_then(|name| name.as_str()).unwrap().to_owned();
        let files = application.get_mut("files").and_then(|it| it.as_object_mut()).unwrap();
        let new: &[&str] = match name.as_str() {
            "surface" => &["0001", "0002", "0004", "0005"],
            "text" => &["0003", "0004", "0006", "0007"],
            _ => &[],
        };
        new.iter().for_each(|id| drop(files.remove(*id).unwrap()));
    }
    fs::write(&path, serde_json::to_string_pretty(&json).unwrap()).unwrap();

    let mut card = CardFile::open(&path).unwrap();
    assert_eq!(common::status(&mut card, &[0x00, 0xCA, 0x00, 0xF7, 0x00]), 0x6A88);
    select(&mut card, ApplicationName::Surface);
    assert_eq!(read(&mut card, 0x04).1, 0x6A82);
    select(&mut card, ApplicationName::Jpki);
    assert_eq!(verify(&mut card, 0x98, b"0000"), 0x63C2);
    drop(card);
    assert!(fs::read_to_string(&path).unwrap().contains("\"version\": 2"));
    assert_eq!(CardFile::open(&path).unwrap().tries(Reference::Auth), Some(2));
}

#[test]
fn an_error_quotes_no_code() {
    let folder = Folder::new("quote");
    let path = folder.file("card.json");
    drop(CardFile::create(&path, demonstration()).unwrap());
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"syntax\": {", "\"1234\": {", 1)).unwrap();
    let error = CardFile::open(&path).unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(said.contains("line") && !said.contains("1234"), "{said}");
}
