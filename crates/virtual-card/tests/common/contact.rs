//! A reader of a few lines on the wire to a card: it sends what it is told, and listens.

use std::time::Duration;

use kazasu_virtual_card::contact::{
    AnswerToReset, Character, ContactCard, ContactSettings, Received, Wire,
};
use kazasu_virtual_card::{Card, Issue};

pub(crate) const CLOCK: u32 = 4_000_000;

pub(crate) struct Reader {
    pub(crate) wire: Wire<Card>,
    etu: Duration,
}

impl Reader {
    /// Activated, with what came as answer to reset.
    pub(crate) fn activate(settings: ContactSettings) -> (Self, Vec<u8>) {
        let card = Card::issue(Issue::demonstration().seed(1)).unwrap();
        Self::with(Wire::new(ContactCard::new(card, settings)))
    }

    pub(crate) fn with(mut wire: Wire<Card>) -> (Self, Vec<u8>) {
        wire.set_supply(true);
        wire.set_clock(Some(CLOCK));
        let mut reader = Self { wire, etu: Duration::from_micros(93) };
        reader.wait(Duration::from_micros(200));
        reader.wire.set_reset(true);
        let atr = reader.listen(Duration::from_millis(20));
        (reader, atr)
    }

    /// A card with this answer to reset, which it gave, and the rate of its specific mode.
    pub(crate) fn of(atr: AnswerToReset) -> Self {
        let (reader, bytes) = Self::activate(ContactSettings::with(atr));
        assert_eq!(bytes, atr.bytes);
        reader
    }

    pub(crate) fn set_rate(&mut self, f: u64, d: u64) {
        self.etu = Duration::from_nanos(f * 1_000_000_000 / (d * u64::from(CLOCK)));
        self.wire.set_etu(self.etu);
    }

    pub(crate) fn warm_reset(&mut self) -> Vec<u8> {
        self.wire.set_reset(false);
        self.wait(Duration::from_micros(200));
        self.set_rate(372, 1);
        self.wire.set_reset(true);
        self.listen(Duration::from_millis(20))
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        let until = self.wire.now() + time;
        while self.wire.now() < until {
            self.wire.advance(until);
            if self.wire.now() < until {
                assert!(self.wire.receive().is_some());
            }
        }
    }

    /// Characters until none comes for so long.
    pub(crate) fn listen(&mut self, quiet: Duration) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let until = self.wire.now() + quiet;
            self.wire.advance(until);
            match self.wire.receive() {
                None => return bytes,
                Some(Received::Character(character)) => {
                    let convention = self.wire.card().convention();
                    bytes.push(character.decode(convention).expect("right parity"));
                }
                Some(Received::ErrorSignal) => bytes.push(0xEE),
                Some(other) => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.wait(self.etu * 14);
        for byte in bytes {
            self.send_one(Character::encode(*byte, self.wire.card().convention()));
        }
    }

    pub(crate) fn send_one(&mut self, character: Character) {
        self.wire.send(character);
        // A character of 12 etu. What comes back in its last two waits.
        self.wait(self.etu * 10);
        self.wire.advance(self.wire.now() + self.etu * 2);
    }

    pub(crate) fn exchange(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.send(bytes);
        self.listen(self.etu * 9600)
    }

    /// A block with LRC, and the answer to it, both without NAD, LEN and LRC.
    pub(crate) fn block(&mut self, pcb: u8, information: &[u8]) -> (u8, Vec<u8>) {
        let block = block(pcb, information);
        open(&self.exchange(&block))
    }
}

pub(crate) fn block(pcb: u8, information: &[u8]) -> Vec<u8> {
    let mut block = vec![0, pcb, u8::try_from(information.len()).unwrap()];
    block.extend(information);
    block.push(block.iter().fold(0, |sum, byte| sum ^ byte));
    block
}

pub(crate) fn open(block: &[u8]) -> (u8, Vec<u8>) {
    assert_eq!(block.iter().fold(0, |sum, byte| sum ^ byte), 0, "LRC of {block:02X?}");
    let [0, pcb, length, information @ .., _] = block else { panic!("{block:02X?}") };
    assert_eq!(usize::from(*length), information.len());
    (*pcb, information.to_vec())
}
