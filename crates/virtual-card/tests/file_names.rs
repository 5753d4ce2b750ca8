//! Names that lead to a card file, or to something else: one lock and one counter for each card, and
//! nothing left beside what is no card.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use std::fs;

use common::{Folder, demonstration};
use kazasu_virtual_card::{CardFile, Error};

/// What is in the folder, sorted.
fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.file("")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn is_no_card(opened: Result<kazasu_virtual_card::Card, Error>) {
    assert!(matches!(opened, Err(Error::NotACardFile { .. })), "{opened:?}");
    assert!(opened.unwrap_err().to_string().contains("is not a virtual card"));
}

#[test]
fn what_is_no_card_gets_no_lock() {
    let folder = Folder::new("foreign");
    fs::create_dir(folder.file("folder")).unwrap();
    // A text that mentions the format, whole JSON of another format, JSON that is cut off.
    for (name, text) in [
        ("README.md", "# Cards\n`kazasu-virtual-card` makes files with \"format\"."),
        ("notes.json", r#"{"about": "kazasu-virtual-card", "format": "notes", "version": 1}"#),
        ("list.json", r#"["kazasu-virtual-card"]"#),
        ("cut.json", r#"{"format": "notes", "about": "kazasu-virtual-card"#),
    ] {
        fs::write(folder.file(name), text).unwrap();
        is_no_card(CardFile::open(folder.file(name)));
        let created = CardFile::create(folder.file(name), demonstration());
        assert!(matches!(created, Err(Error::AlreadyExists { .. })), "{name}: {created:?}");
    }
    is_no_card(CardFile::open(folder.file("folder")));
    assert_eq!(names(&folder), ["README.md", "cut.json", "folder", "list.json", "notes.json"]);
}

#[test]
fn a_damaged_card_gets_no_lock() {
    let folder = Folder::new("damaged");
    let path = folder.file("card.json");
    fs::write(&path, r#"{"format" : "kazasu-virtual-card", "version": 1, "#).unwrap();
    let opened = CardFile::open(&path);
    assert!(matches!(opened, Err(Error::Damaged { .. })), "{opened:?}");
    assert_eq!(names(&folder), ["card.json"]);
}

#[test]
fn a_large_file_is_no_card() {
    let folder = Folder::new("large");
    let path = folder.file("card.json");
    drop(CardFile::create(&path, demonstration()).unwrap());
    let card = fs::read_to_string(&path).unwrap();
    assert!(card.len() < 64 * 1024, "{} bytes", card.len());
    // JSON may end in white space: it is a card up to the limit.
    let padded = |bytes: usize| card.clone() + &" ".repeat(bytes - card.len());
    fs::write(&path, padded(1_048_576)).unwrap();
    assert!(CardFile::open(&path).is_ok());
    fs::write(&path, padded(1_048_577)).unwrap();
    is_no_card(CardFile::open(&path));
}

#[test]
fn a_card_that_cannot_be_created_leaves_nothing() {
    let folder = Folder::new("nothing");
    // The file to be renamed cannot be made where a folder has its name.
    fs::create_dir_all(folder.file("card.json.new/in-the-way")).unwrap();
    let created = CardFile::create(folder.file("card.json"), demonstration());
    assert!(matches!(created, Err(Error::Io { action: "write", .. })), "{created:?}");
    assert_eq!(names(&folder), ["card.json.new"]);
    // A lock file that was there before is somebody else's.
    fs::write(folder.file("card.json.lock"), "").unwrap();
    assert!(CardFile::create(folder.file("card.json"), demonstration()).is_err());
    assert_eq!(names(&folder), ["card.json.lock", "card.json.new"]);
    let nowhere = CardFile::create(folder.file("nowhere/card.json"), demonstration());
    assert!(matches!(nowhere, Err(Error::Io { action: "create", .. })), "{nowhere:?}");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use common::{query, select, verify};
    use kazasu_virtual_card::{ApplicationName, Reference};
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_symbolic_link_is_the_card_that_it_leads_to() {
        let folder = Folder::new("symlink");
        fs::create_dir(folder.file("real")).unwrap();
        let (path, link) = (folder.file("real/card.json"), folder.file("link.json"));
        symlink("real/card.json", &link).unwrap();
        // A name that is taken, though nothing is there.
        let created = CardFile::create(&link, demonstration());
        assert!(matches!(created, Err(Error::AlreadyExists { .. })), "{created:?}");

        let card = CardFile::create(&path, demonstration()).unwrap();
        let second = CardFile::open(&link);
        assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
        drop(card);

        let mut card = CardFile::open(&link).unwrap();
        let second = CardFile::open(&path);
        assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
        select(&mut card, ApplicationName::Jpki);
        assert_eq!(verify(&mut card, 0x98, b"0000"), 0x63C2);
        drop(card);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(CardFile::open(&path).unwrap().tries(Reference::Auth), Some(2));
        assert_eq!(names(&folder), ["link.json", "real"]);
    }

    #[test]
    fn a_folder_behind_a_link_is_the_same_folder() {
        let folder = Folder::new("linked-folder");
        fs::create_dir(folder.file("real")).unwrap();
        symlink("real", folder.file("link")).unwrap();
        let card = CardFile::create(folder.file("link/card.json"), demonstration()).unwrap();
        let second = CardFile::open(folder.file("real/card.json"));
        assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
        drop(card);
    }

    #[test]
    fn a_card_with_two_names_is_refused() {
        let folder = Folder::new("hard-link");
        let (path, second) = (folder.file("card.json"), folder.file("second.json"));
        drop(CardFile::create(&path, demonstration()).unwrap());
        fs::hard_link(&path, &second).unwrap();
        for name in [&path, &second] {
            let opened = CardFile::open(name);
            assert!(matches!(opened, Err(Error::HardLinked { names: 2, .. })), "{opened:?}");
            assert!(opened.unwrap_err().to_string().contains("remove the others"));
        }
        assert_eq!(names(&folder), ["card.json", "card.json.lock", "second.json"]);
        fs::remove_file(&second).unwrap();
        let mut card = CardFile::open(&path).unwrap();
        select(&mut card, ApplicationName::Jpki);
        assert_eq!(query(&mut card, 0x98), 0x63C3);
    }

    #[test]
    fn neither_devices_nor_pipes_are_read() {
        is_no_card(CardFile::open("/dev/zero"));
        is_no_card(CardFile::open("/dev/null"));
        let folder = Folder::new("pipe");
        let pipe = folder.file("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // Nobody has its other end: opening it would wait for ever.
        is_no_card(CardFile::open(&pipe));
        symlink("/dev/zero", folder.file("card.json")).unwrap();
        is_no_card(CardFile::open(folder.file("card.json")));
        assert_eq!(names(&folder), ["card.json", "pipe"]);
    }

    #[test]
    fn a_card_is_its_owners_alone_until_the_owner_says_otherwise() {
        let folder = Folder::new("mode");
        let path = folder.file("card.json");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        let mut card = CardFile::create(&path, demonstration()).unwrap();
        assert_eq!(mode(), 0o600);
        select(&mut card, ApplicationName::Jpki);
        for allowed in [0o640, 0o600] {
            fs::set_permissions(&path, fs::Permissions::from_mode(allowed)).unwrap();
            let before = fs::read(&path).unwrap();
            assert_eq!(verify(&mut card, 0x98, b"0000") & 0xFFF0, 0x63C0);
            assert_ne!(fs::read(&path).unwrap(), before);
            assert_eq!(mode(), allowed);
        }
    }
}
