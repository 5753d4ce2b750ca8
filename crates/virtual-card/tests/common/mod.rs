//! What the tests of the card share: commands as short words.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

pub(crate) mod contact;

use kazasu_virtual_card::{ApplicationName, Card, Issue};

pub(crate) const PIN: &[u8] = b"1234";
pub(crate) const PASSWORD: &[u8] = b"TEST1234";

pub(crate) fn demonstration() -> Card {
    Card::issue(Issue::demonstration().seed(1)).unwrap()
}

/// Data and status word.
pub(crate) fn send(card: &mut Card, command: &[u8]) -> (Vec<u8>, u16) {
    let response = card.respond(command);
    let (data, status) = response.split_last_chunk::<2>().expect("at least a status word");
    (data.to_vec(), u16::from_be_bytes(*status))
}

pub(crate) fn status(card: &mut Card, command: &[u8]) -> u16 {
    send(card, command).1
}

/// A short command with data, and Le if given.
pub(crate) fn command(header: [u8; 4], data: &[u8], le: Option<u8>) -> Vec<u8> {
    let mut bytes = header.to_vec();
    if !data.is_empty() {
        bytes.push(u8::try_from(data.len()).unwrap());
        bytes.extend(data);
    }
    bytes.extend(le);
    bytes
}

pub(crate) fn select_command(name: ApplicationName) -> Vec<u8> {
    command([0x00, 0xA4, 0x04, 0x0C], &name.aid(), None)
}

pub(crate) fn select(card: &mut Card, name: ApplicationName) {
    assert_eq!(status(card, &select_command(name)), 0x9000);
}

pub(crate) fn select_file(card: &mut Card, ef: u16) -> u16 {
    status(card, &command([0x00, 0xA4, 0x02, 0x0C], &ef.to_be_bytes(), None))
}

pub(crate) fn verify_command(p2: u8, code: &[u8]) -> Vec<u8> {
    command([0x00, 0x20, 0x00, p2], code, None)
}

pub(crate) fn verify(card: &mut Card, p2: u8, code: &[u8]) -> u16 {
    status(card, &verify_command(p2, code))
}

pub(crate) fn query(card: &mut Card, p2: u8) -> u16 {
    status(card, &[0x00, 0x20, 0x00, p2])
}

/// READ BINARY of a whole file by short identifier, extended.
pub(crate) fn read(card: &mut Card, short: u8) -> (Vec<u8>, u16) {
    send(card, &[0x00, 0xB0, 0x80 | short, 0x00, 0x00, 0x00, 0x00])
}

pub(crate) fn sign_command(p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
    command([0x80, 0x2A, p1, p2], data, Some(0x00))
}

/// A folder that is removed at the end.
pub(crate) struct Folder(pub(crate) std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let unique = format!("kazasu-virtual-card-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(unique);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs openssl, which must be installed: it is the independent judge of what the card issues.
pub(crate) fn openssl(arguments: &[&str]) -> (bool, String) {
    let output = std::process::Command::new("openssl").args(arguments).output().expect(
        "the program openssl is needed to judge the card's certificates; install it \
         (Debian: apt-get install openssl)",
    );
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}
