//! The next program at the same card: libpcsclite's calls (`System` adds nothing) and none of ours
//! around them. It asks the card
//! to sign without a PIN, as soon as it can connect.

use crate::bench::PATIENCE;
use kazasu_pcsc::service::{Code, Context, Disposition, Handle, Protocols, Service, ShareMode};
use kazasu_pcsc::{Reader, Readers, System};
use kazasu_test_pcscd::PrivatePcscd;
use kazasu_virtual_card::ApplicationName;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The readers of the service that this process belongs to.
pub(crate) fn list() -> Vec<Reader> {
    Readers::system().list().unwrap()
}

pub(crate) fn select() -> Vec<u8> {
    let mut command = vec![0x00, 0xA4, 0x04, 0x0C, 0x0A];
    command.extend(ApplicationName::Jpki.aid());
    command
}

/// The key for user authentication, over a DigestInfo of SHA-256.
pub(crate) fn sign() -> Vec<u8> {
    let mut command = vec![0x80, 0x2A, 0x00, 0x97, 0x33];
    command.extend([0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03]);
    command.extend([0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20]);
    command.extend([0x5A; 32]);
    command.push(0x00);
    command
}

/// VERIFY of the PIN of a card for demonstrations.
pub(crate) fn verify() -> Vec<u8> {
    b"\x00\x20\x00\x98\x041234".to_vec()
}

const PROTOCOLS: Protocols = Protocols::ANY;

/// What the next program got.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Status words of every command to sign, before and after SELECT.
    pub(crate) answers: Vec<u16>,
    /// When it had a connection.
    pub(crate) connected: Instant,
}

impl Attempt {
    /// Did the card sign?
    pub(crate) fn signed(&self) -> bool {
        self.answers.contains(&0x9000)
    }
}

pub(crate) struct Client {
    card: Box<dyn Handle>,
    /// The last one to go.
    _context: Arc<dyn Context>,
}

impl Client {
    /// Connects as soon as nobody else holds the card.
    pub(crate) fn connect(slot: u16, mode: ShareMode) -> Self {
        let context = System.establish().unwrap();
        let reader = PrivatePcscd::reader(slot).as_str().into();
        let until = Instant::now() + PATIENCE;
        loop {
            match context.connect(&reader, mode, PROTOCOLS) {
                Ok(card) => return Self { card, _context: context },
                Err(code) => assert!(Instant::now() < until, "{code:?}"),
            }
            sleep(Duration::from_micros(200));
        }
    }

    pub(crate) fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Code> {
        let mut buffer = vec![0; 4096];
        let length = self.card.transmit(command, &mut buffer)?;
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Goes on after a reset that somebody else made, and makes none itself.
    fn goes_on(&mut self) {
        let _ = self.card.reconnect(ShareMode::Shared, PROTOCOLS, Disposition::LeaveCard);
    }
}

/// Connects as soon as possible and asks for a signature: at once, and after SELECT.
pub(crate) fn attempt(slot: u16) -> Attempt {
    let mut client = Client::connect(slot, ShareMode::Shared);
    let connected = Instant::now();
    let mut answers = Vec::new();
    for command in [sign(), select(), sign()] {
        for _ in 0..3 {
            match client.transmit(&command) {
                Ok(answer) => {
                    let status = answer.last_chunk::<2>().copied().unwrap_or_default();
                    if command == sign() {
                        answers.push(u16::from_be_bytes(status));
                    }
                    break;
                }
                Err(_) => client.goes_on(),
            }
        }
    }
    Attempt { answers, connected }
}
