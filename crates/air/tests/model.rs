//! The model beside what is known without it: the floor of frame sizes, the air of each frame, and
//! the rates that both sides declare.

use kazasu_air::{Sides, Step, Steps};
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{
    Capabilities, Channel, Command, Event, Outgoing, PinEntry, PinPad, Procedure, Session,
    Transport,
};
use kazasu_nfc::air::CardTimes;
use kazasu_nfc::{BitRate, Kind};
use kazasu_virtual_card::radio::TypeBSettings;

/// SELECT, READ of a certificate, tries, VERIFY, SIGN, as kazasu sends them.
fn check_in() -> Steps {
    let mut session = Steps::default();
    for (ins, sent, received) in
        [(0xA4, 15, 2), (0xB0, 7, 1_592), (0x20, 4, 2), (0x20, 9, 2), (0x2A, 57, 258)]
    {
        session.push(Step { header: [0x00, ins, 0x00, 0x00], sent, received });
    }
    session
}

#[test]
fn the_engine_sends_the_fewest_frames() {
    for sides in [Sides::known(), Sides::phone(), Sides::type_b([0x00, 0x81, 0xD1])] {
        let replayed = check_in().replay(&sides).unwrap();
        assert_eq!(replayed.frames(), replayed.floor, "{replayed:?}");
        assert_eq!(
            replayed.count.silences + replayed.count.damaged,
            match replayed.card.kind() {
                // REQB, which a phone does not answer.
                Kind::A => 1,
                Kind::B => 0,
            }
        );
    }
    // 4 of the activation; 5 commands and 5 answers, of which the certificate has 7 blocks and the
    // signature 2, each but the last with an R(ACK); DESELECT and its answer.
    let replayed = check_in().replay(&Sides::known()).unwrap();
    assert_eq!(replayed.frames(), 4 + 10 + 12 + 2 + 2);
}

#[test]
fn both_sides_declare_the_rate() {
    use BitRate::{Kbps106, Kbps212, Kbps424, Kbps848};
    let session = check_in();
    let rates = |sides: &Sides| {
        let card = session.replay(sides).unwrap().card;
        (card.to_card, card.from_card)
    };
    for (sides, rate) in [
        (Sides::known(), Kbps424),
        (Sides::known().limited(Kbps212), Kbps212),
        (Sides::known().limited(Kbps106), Kbps106),
        (Sides::type_b(TypeBSettings::JPKI_08.protocol_info), Kbps106),
        (Sides::known().at(Kbps848), Kbps848),
        (Sides::known().at(Kbps212), Kbps212),
        (Sides::phone(), Kbps848),
        (Sides::phone().limited(Kbps424), Kbps424),
    ] {
        assert_eq!(rates(&sides), (rate, rate), "{sides:?}");
    }
    // 212 to the card and 848 from it.
    assert_eq!(rates(&Sides::type_b([0x71, 0x81, 0xA1])), (Kbps212, Kbps848));
}

/// Marks, characters and pauses as the standard has them, counted once more from frames and bytes.
#[test]
fn the_air_is_what_the_frames_say() {
    let session = check_in();
    for rate in BitRate::ALL {
        let count = session.replay(&Sides::known().at(rate)).unwrap().count;
        // 4 frames of the activation are at 106 kbit/s: 5 and 14, 11 and 3 bytes.
        let slow = 4 * 22 + 10 * (5 + 14 + 11 + 3);
        let fast = 22 * 26 + 10 * (count.bytes_out + count.bytes_in - 33);
        let cycles = slow * 128 + fast * rate.etu() + count.frames_in * 1_280;
        assert_eq!(count.cycles, u64::from(cycles), "{rate}");
        // TR0 of 64 periods of 16 cycles, and TR2 of 10 etu and 32 periods.
        assert_eq!(count.pauses, u64::from(count.frames_in) * (1_024 + 1_280 + 512));
    }
}

#[test]
fn the_card_works_at_what_was_sent() {
    let session = check_in();
    let mut times = CardTimes::default();
    // SELECT, READ, tries, VERIFY, SIGN.
    assert_eq!(session.card(&times).micros(), (39 + 12 + 12 + 61 + 712) * 1_000);
    times.read_byte = kazasu_apdu::time::Duration::from_micros(900);
    assert_eq!(session.card(&times).micros(), (836 + 1_431) * 1_000);
}

#[test]
fn an_exchange_without_an_answer_is_in_no_figure() {
    let mut session = check_in();
    session.push(Step { header: [0x00, 0xB0, 0, 0], sent: 5, received: 0 });
    assert_eq!(session.unanswered(), 1);
    assert_eq!(session.as_slice(), check_in().as_slice());
}

#[test]
fn a_step_is_a_header_and_lengths() {
    let step = Step::of(&[0x00, 0xB0, 0x8A, 0x00, 0, 0, 0], 12);
    assert_eq!(step, Step { header: [0x00, 0xB0, 0x8A, 0x00], sent: 7, received: 12 });
    assert_eq!(Step::of(&[0x80], 2), Step { header: [0x80, 0, 0, 0], sent: 1, received: 2 });
}

/// VERIFY whose PIN the holder types at the reader; with room for it in the command, or without.
struct Typed(&'static [u8]);

impl Procedure for Typed {
    type Output = ();

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> kazasu_apdu::Step<()> {
        let Event::Start = event else { return kazasu_apdu::Step::Done(()) };
        let command = Command::new(0x00, 0x20, 0x00, 0x80).with_data(self.0).once().secret();
        outgoing.send(&command.with_pin_entry(PinEntry::Current { digits: 4 }))
    }
}

struct PinPadReader;

impl Transport for PinPadReader {
    type Error = ErrorKind;

    fn transmit(&mut self, _: &[u8], _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Other)
    }

    fn transmit_with_pin_pad(
        &mut self,
        _: &[u8],
        _: PinEntry,
        response: &mut [u8],
    ) -> Result<PinPad, ErrorKind> {
        response.iter_mut().zip([0x90, 0x00]).for_each(|(place, byte)| *place = byte);
        Ok(PinPad::Answered(2))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_pin_pad(true)
    }

    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

#[test]
fn a_pin_that_is_typed_at_the_reader_is_on_the_air() {
    for room in [&[0; 4][..], &[]] {
        let mut steps = Steps::default();
        let (mut out, mut answer) = ([0; 16], [0; 16]);
        let channel = Channel::new(&mut out, &mut answer).with_trace(&mut steps);
        Session::new(PinPadReader, channel).run(&mut Typed(room));
        let verify = Step { header: [0x00, 0x20, 0x00, 0x80], sent: 9, received: 2 };
        assert_eq!(steps.as_slice(), [verify]);
        // VERIFY, and no question for the counter.
        assert_eq!(steps.card(&CardTimes::default()).micros(), 61_000);
    }
}
