//! The raw client: libpcsclite's calls and nothing around them.

use std::error::Error;
use std::ffi::CString;
use std::time::{Duration, Instant};

use kazasu_test_pcscd::PrivatePcscd;
use kazasu_virtual_card::ApplicationName;
use pcsc::{Context, Protocols, ReaderState, Scope, ShareMode, State};

use crate::PATIENCE;

/// Empty VERIFY of the PIN for user authentication: asks for the tries left and costs none.
pub(crate) const QUERY: &[u8] = &[0x00, 0x20, 0x00, 0x98];

/// VERIFY of the PIN of a card for demonstrations.
pub(crate) const VERIFY: &[u8] = b"\x00\x20\x00\x98\x041234";

/// READ BINARY of 16 bytes of the CA certificate for user authentication, which is free.
pub(crate) const READ: &[u8] = &[0x00, 0xB0, 0x8B, 0x00, 0x10];

pub(crate) fn select() -> Vec<u8> {
    let mut command = vec![0x00, 0xA4, 0x04, 0x0C, 0x0A];
    command.extend(ApplicationName::Jpki.aid());
    command
}

/// Asks the card to sign with its key for user authentication.
pub(crate) fn sign() -> Vec<u8> {
    let mut command = vec![0x80, 0x2A, 0x00, 0x97, 0x20];
    command.extend([0x5A; 32]);
    command.push(0x00);
    command
}

/// Does the service tell its clients of a card in this reader within the time?
pub(crate) fn is_told_of(reader: &str, time: Duration) -> Result<bool, Box<dyn Error>> {
    let context = Context::establish(Scope::User)?;
    let until = Instant::now() + time;
    let mut states = [ReaderState::new(CString::new(reader)?, State::UNAWARE)];
    loop {
        context.get_status_change(Duration::ZERO, &mut states)?;
        if states.iter().any(|it| it.event_state().contains(State::PRESENT)) {
            return Ok(true);
        }
        if Instant::now() > until {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A context and a card in a slot.
pub(crate) struct Client {
    pub(crate) card: pcsc::Card,
    /// The last one to go.
    _context: Context,
}

impl Client {
    /// Connects to the card in a slot as soon as pcscd has seen it.
    pub(crate) fn connect(slot: u16, mode: ShareMode) -> Result<Self, Box<dyn Error>> {
        let context = Context::establish(Scope::User)?;
        let reader = CString::new(PrivatePcscd::reader(slot))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match context.connect(&reader, mode, Protocols::ANY) {
                Ok(card) => return Ok(Self { card, _context: context }),
                Err(error) if Instant::now() > until => return Err(error.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    pub(crate) fn transmit(&self, command: &[u8]) -> Result<Vec<u8>, pcsc::Error> {
        let mut buffer = vec![0; 65_536 + 16];
        self.card.transmit(command, &mut buffer).map(<[u8]>::to_vec)
    }
}
