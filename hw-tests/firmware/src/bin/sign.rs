//! A check-in without certificates: select, tries, VERIFY, sign, over the contact slot. It ends in a
//! signature that nobody has verified; the host does.

#![no_std]
#![no_main]

use board_qemu::{Console, Counter, Room};
use firmware::{HandedIn, figures, give_up, log, slot::ContactReader};
use kazasu_apdu::{Channel, PowerOff, Session, Transport as _};
use kazasu_mynacard::{
    Application, File, Input, Key, LastTry, Pin, ReadFile, ReadTries, Reference, SelectApplication,
    Sign, Sink, SinkFull, UnverifiedSignature, Verify,
};

/// Commands and answers, of short length.
static COMMANDS: Room<262> = Room::new();
static ANSWERS: Room<258> = Room::new();

board_qemu::start!(main);

fn main() -> ! {
    let mut console = Console::open();
    let mut reader = firmware::slot::connect();
    let Some(handed) = HandedIn::take() else { give_up(&mut console, "nothing was handed in") };
    if reader.reconnect().is_err() {
        give_up(&mut console, "the card did not answer the reset")
    }
    log!("the card answered the reset");
    let channel = Channel::new(COMMANDS.take(), ANSWERS.take());
    let mut session = Session::new(&mut reader, channel.with_extended_length(handed.lengths()));
    let signature = sign(&mut session, &handed);
    let off = session.power_off();
    let signed = match (&signature, off) {
        (Some(signature), Ok(PowerOff::Done)) => {
            ToHost(Counter::open()).write(signature.unverified_bytes()).is_ok()
        }
        _ => false,
    };
    figures(&mut console, &mut session);
    console.print(if signed { "signed\n" } else { "NOT SIGNED\n" });
    board_qemu::exit(signed)
}

/// The certificate goes on to who verifies, piece by piece, and lies nowhere.
struct ToHost(Counter);

impl Sink for ToHost {
    fn begin(&mut self, total: usize) -> Result<(), SinkFull> {
        let total = u16::try_from(total).map_err(|_| SinkFull)?;
        self.write(&total.to_be_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkFull> {
        self.0.send(bytes);
        Ok(())
    }
}

fn sign(
    session: &mut Session<'_, &mut ContactReader>,
    handed: &HandedIn,
) -> Option<UnverifiedSignature> {
    session.run(&mut SelectApplication::new(Application::Jpki)).ok()?;
    let counter = ToHost(Counter::open());
    session.run(&mut ReadFile::new(File::AUTH_CERTIFICATE, counter)).ok()?;
    let tries = session.run(&mut ReadTries::new(Reference::Auth)).ok()?;
    let pin = Pin::new(&handed.pin).ok()?;
    let verified = match session.run(&mut Verify::new(tries, &pin, LastTry::Keep)) {
        Ok(verified) => verified,
        Err(error) => {
            log!("VERIFY: {}", error);
            let _ = error;
            return None;
        }
    };
    // Whoever sent the nonce sent its DigestInfo: this image has no hash function.
    let block = kazasu_mynacard::digest_info_sha256(&handed.nonce);
    let mut sign = Sign::new(Key::Auth, Input::Verbatim(&block), &verified).ok()?;
    session.run(&mut sign).ok()
}
