#![no_main]
//! The check-in against a card that answers anything: whatever it says, the PIN goes out at most
//! once, and never without the counter read before.

use kazasu_apdu::{Channel, Command, Session, Transport, transport::ErrorKind};
use kazasu_mynacard::{
    Application, Buffer, File, Input, Key, LastTry, Pin, ReadFile, ReadTries, Reference,
    SelectApplication, Sign, Verify,
};
use libfuzzer_sys::fuzz_target;

/// Answers from the input: one byte of what to do, one of length, then the answer.
struct Card<'a> {
    input: &'a [u8],
    pins: usize,
    queries: usize,
}

impl Card<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.input.split_first()?;
        self.input = rest;
        Some(*first)
    }
}

impl Transport for Card<'_> {
    type Error = ErrorKind;

    fn transmit(&mut self, bytes: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        let (command, _) = Command::parse(bytes).expect("what is sent is a command");
        if command.ins == 0x20 {
            if command.data.is_empty() {
                self.queries += 1;
            } else {
                assert!(self.queries > 0, "a PIN without the counter");
                self.pins += 1;
            }
        }
        assert!(self.pins <= 1, "the PIN went out twice");
        let what = self.byte().ok_or(ErrorKind::CardRemoved)?;
        let length = usize::from(self.byte().unwrap_or_default());
        // Some answers are long, so that files are read in more than one piece.
        let length = if what & 1 == 0 { length } else { length * 8 };
        let (answer, rest) = self.input.split_at(length.min(self.input.len()));
        self.input = rest;
        if what & 0xF0 == 0xF0 {
            return Err(ErrorKind::LinkBroken);
        }
        match response.get_mut(..answer.len()) {
            Some(room) => room.copy_from_slice(answer),
            None => return Err(ErrorKind::BufferTooSmall),
        }
        // A link may claim anything.
        Ok(if what & 0xF0 == 0xE0 { usize::from(what) * 64 } else { answer.len() })
    }

    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        if self.byte() == Some(0) { Err(ErrorKind::NoCard) } else { Ok(()) }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut card = Card { input, pins: 0, queries: 0 };
    let (mut outgoing, mut incoming) = ([0; 300], vec![0; 2300]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(&mut card, channel);
    // What fails here is tried all the same: a caller may.
    let _ = session.run(&mut SelectApplication::new(Application::Jpki));
    let mut file = [0; 2048];
    let mut read = ReadFile::new(File::AUTH_CERTIFICATE, Buffer::new(&mut file));
    if let Ok(length) = session.run(&mut read) {
        assert_eq!(read.into_sink().written().len(), length);
    }
    let Ok(tries) = session.run(&mut ReadTries::new(Reference::Auth)) else { return };
    let pin = Pin::new(b"1234").expect("four digits");
    let left = tries.counter().left();
    let Ok(verified) = session.run(&mut Verify::new(tries, &pin, LastTry::Keep)) else { return };
    assert!(left > 1, "the last try was used and nobody confirmed");
    let mut sign = Sign::new(Key::Auth, Input::Digest(&[7; 32]), &verified).expect("well formed");
    if let Ok(signature) = session.run(&mut sign) {
        assert_eq!(signature.key(), Key::Auth);
    }
});
