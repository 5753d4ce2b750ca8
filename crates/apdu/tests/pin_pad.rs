//! A template whose PIN is typed at the reader reaches a PIN pad or nobody.

use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{
    Capabilities, Channel, Command, EncodeError, Event, Fault, Outgoing, PinEntry, PinPad,
    PinPadEnd, Procedure, Session, Status, Step, Transport, Turn,
};

/// VERIFY with a PIN pad, and then what came of it.
struct Verify;

impl Procedure for Verify {
    type Output = Result<Status, Fault>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let entry = PinEntry::Current { digits: 4 };
        let verify = Command::new(0x00, 0x20, 0x00, 0x98).with_data(&[0; 4]).once().secret();
        match event {
            Event::Start => outgoing.send(&verify.with_pin_entry(entry)),
            Event::Answer(response) => Step::Done(Ok(response.status)),
            Event::Failed(fault) => Step::Done(Err(fault)),
        }
    }
}

struct Reader {
    pin_pad: bool,
    end: Option<PinPadEnd>,
}

impl Transport for Reader {
    type Error = ErrorKind;

    fn transmit(&mut self, _: &[u8], _: &mut [u8]) -> Result<usize, ErrorKind> {
        panic!("the template went to the card");
    }

    fn transmit_with_pin_pad(
        &mut self,
        template: &[u8],
        entry: PinEntry,
        response: &mut [u8],
    ) -> Result<PinPad, ErrorKind> {
        assert_eq!(template, [0x00, 0x20, 0x00, 0x98, 0x04, 0, 0, 0, 0]);
        assert_eq!(entry, PinEntry::Current { digits: 4 });
        response[..2].copy_from_slice(&[0x90, 0x00]);
        Ok(self.end.map_or(PinPad::Answered(2), PinPad::Ended))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_pin_pad(self.pin_pad)
    }

    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

fn run(reader: Reader) -> Result<Status, Fault> {
    let (mut out, mut answer) = ([0; 16], [0; 16]);
    Session::new(reader, Channel::new(&mut out, &mut answer)).run(&mut Verify)
}

#[test]
fn it_goes_to_the_pin_pad() {
    assert_eq!(run(Reader { pin_pad: true, end: None }), Ok(Status::OK));
    let end = PinPadEnd::Cancelled;
    assert_eq!(run(Reader { pin_pad: true, end: Some(end) }), Err(Fault::PinPad(end)));
    assert!(Fault::PinPad(end).not_sent());
}

#[test]
fn without_a_pin_pad_or_a_driver_for_it_nothing_is_sent() {
    let refused = Err(Fault::NotSent(EncodeError::NoPinPad));
    assert_eq!(run(Reader { pin_pad: false, end: None }), refused);
    // A driver that made no promise, as those of polled and asynchronous links.
    let (mut out, mut answer) = ([0; 16], [0; 16]);
    let mut channel = Channel::new(&mut out, &mut answer);
    channel.declare(Capabilities::default().with_pin_pad(true));
    assert!(matches!(channel.begin(&mut Verify), Turn::Done(end) if end == refused));
    channel.drive_pin_pad();
    assert!(matches!(channel.begin(&mut Verify), Turn::Transmit));
    assert!(channel.pin_entry().is_some());
    assert_eq!(channel.counts().commands, 1);
}
