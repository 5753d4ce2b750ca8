//! How long frames are on the air, and a meter that counts those of a session.
//!
//! All in cycles of the carrier, exact in integers; [`timing::span`] makes microseconds of
//! them. What a front end or a card may choose within the standard's bounds is data
//! ([`Framing`]), with the shortest as default. Nothing here is linked unless it is used.

use crate::card::Card;
use crate::field::{Capabilities, Exchange, Reception};
use crate::frame::Kind;
use crate::front_end::FrontEnd;
use crate::rate::BitRate;
use crate::timing;
use kazasu_apdu::time::{Duration, Instant};

/// What the standard leaves open within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Framing {
    /// SOF of Type B in etu: 10 or 11 low, 2 or 3 high (ISO/IEC 14443-3 clause 7.1.4).
    pub sof: u32,
    /// EOF of Type B in etu: 10 or 11 low (clause 7.1.5).
    pub eof: u32,
    /// EGT of the reader, between its characters, in etu: 0 to 6 (clause 7.1.2).
    pub egt_reader: u32,
    /// EGT of the card in etu: 0 to 2 (clause 7.1.2).
    pub egt_card: u32,
    /// TR1 in cycles of the carrier: the card's subcarrier before its SOF; 80/fs at least, if ATTRIB
    /// asks for nothing shorter (clause 7.10.3).
    pub tr1: u32,
}

impl Default for Framing {
    fn default() -> Self {
        Self { sof: 12, eof: 10, egt_reader: 0, egt_card: 0, tr1: 80 * timing::SUBCARRIER }
    }
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Sender {
    /// The reader, PCD.
    Reader,
    /// The card, PICC.
    Card,
}

impl Framing {
    /// A frame of so many bits, checksum included and parity bits not, on the air: from the start
    /// of its SOF or start bit (of a card of Type B: of its subcarrier) to its end.
    #[must_use]
    pub const fn cycles(&self, kind: Kind, sender: Sender, bits: u16, rate: BitRate) -> u32 {
        let etu = rate.etu();
        match kind {
            Kind::B => {
                // Characters of a start bit, eight bits and a stop bit.
                let (egt, before) = match sender {
                    Sender::Reader => (self.egt_reader, 0),
                    Sender::Card => (self.egt_card, self.tr1),
                };
                let characters = (bits as u32).div_ceil(8);
                before + (self.sof + characters * (10 + egt) + self.eof) * etu
            }
            Kind::A => {
                // Each whole byte has a parity bit.
                let bits = bits as u32 + bits as u32 / 8;
                match (sender, rate) {
                    // Start bit, and an end of communication of two bits.
                    (Sender::Reader, _) => (bits + 3) * etu,
                    // Start bit, and an end of communication of one bit without subcarrier.
                    (Sender::Card, BitRate::Kbps106) => (bits + 2) * etu,
                    // 32 periods of the subcarrier and a start bit; the end is without subcarrier.
                    (Sender::Card, _) => 32 * timing::SUBCARRIER + (bits + 2) * etu,
                }
            }
        }
    }
}

/// The least time without a frame around a card's answer, in cycles of the carrier: before it, which
/// the card may use to work, and after it, before the reader goes on. Type B: TR0 of 64/fs
/// (ISO/IEC 14443-3 clause 7.1.6) and the shortest TR2; Type A: its two frame delay times
/// (clause 6.2.1).
#[must_use]
pub const fn turnaround(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::A => (1_172, timing::FRAME_DELAY_A),
        Kind::B => (64 * timing::SUBCARRIER, timing::tr2(0)),
    }
}

/// What one exchange of APDUs needs on the air when nothing is lost and the card asks for no
/// time: the floor that frame sizes and chaining allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Floor {
    /// Type.
    pub kind: Kind,
    /// The bit rate to the card.
    pub to_card: BitRate,
    /// The bit rate from the card.
    pub from_card: BitRate,
    /// The largest frame to the card, FSC, in bytes, checksum included.
    pub fsc: u16,
    /// The largest frame from the card, FSD.
    pub fsd: u16,
    /// Do blocks carry a CID?
    pub cid: bool,
    /// What the standard leaves open.
    pub framing: Framing,
}

impl Floor {
    /// That of an active card, whose frames come in a buffer of `fsd` bytes.
    #[must_use]
    pub fn of(card: &Card, fsd: u16) -> Self {
        Self {
            kind: card.kind(),
            to_card: card.to_card,
            from_card: card.from_card,
            fsc: card.frame,
            fsd,
            cid: card.cid.is_some(),
            framing: Framing::default(),
        }
    }

    /// For a command and a response APDU of so many bytes.
    #[must_use]
    pub fn exchange(&self, command: usize, response: usize) -> Count {
        let mut count = Count::default();
        // Each block of one side is answered by one of the other: R(ACK) to all but the last.
        let out = self.blocks(&mut count, Sender::Reader, command);
        let back = self.blocks(&mut count, Sender::Card, response);
        for _ in 1..out {
            self.block(&mut count, Sender::Card, 0);
        }
        for _ in 1..back {
            self.block(&mut count, Sender::Reader, 0);
        }
        count
    }

    /// The I-blocks of one APDU.
    fn blocks(&self, count: &mut Count, sender: Sender, length: usize) -> u32 {
        let frame = if sender == Sender::Reader { self.fsc } else { self.fsd };
        let room = usize::from(frame.saturating_sub(self.around())).max(1);
        let (mut left, mut blocks) = (length, 0_u32);
        loop {
            let part = left.min(room);
            self.block(count, sender, part);
            left = left.saturating_sub(part);
            blocks = blocks.saturating_add(1);
            if left == 0 {
                return blocks;
            }
        }
    }

    fn block(&self, count: &mut Count, sender: Sender, information: usize) {
        let bytes = information.saturating_add(usize::from(self.around())).min(8_191) as u16;
        let (frames, total, rate) = match sender {
            Sender::Reader => (&mut count.frames_out, &mut count.bytes_out, self.to_card),
            Sender::Card => (&mut count.frames_in, &mut count.bytes_in, self.from_card),
        };
        *frames = frames.saturating_add(1);
        *total = total.saturating_add(u32::from(bytes));
        let cycles = self.framing.cycles(self.kind, sender, bytes.saturating_mul(8), rate);
        count.cycles = count.cycles.saturating_add(u64::from(cycles));
        if sender == Sender::Card {
            count.pause(self.kind);
        }
    }

    /// PCB, CID and checksum.
    const fn around(&self) -> u16 {
        if self.cid { 4 } else { 3 }
    }
}

/// What a session had on the air.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Count {
    /// Frames of the reader.
    pub frames_out: u32,
    /// Frames of the card that arrived undamaged.
    pub frames_in: u32,
    /// Answers that were damaged or collided.
    pub damaged: u32,
    /// Waiting times that passed in silence.
    pub silences: u32,
    /// Bytes of the reader, checksums included.
    pub bytes_out: u32,
    /// Bytes of the card, checksums included.
    pub bytes_in: u32,
    /// Cycles of the carrier with a frame of either side. How long damaged answers were is not known;
    /// they are not in it.
    pub cycles: u64,
    /// Cycles without a frame that the answers need around them at least ([`turnaround`]).
    pub pauses: u64,
}

impl Count {
    /// Counts one exchange.
    pub fn add(&mut self, framing: &Framing, exchange: &Exchange, reception: Reception) {
        let add = |count: &mut u32, more: u32| *count = count.saturating_add(more);
        let mut air =
            framing.cycles(exchange.kind, Sender::Reader, exchange.bits, exchange.to_card);
        add(&mut self.frames_out, 1);
        add(&mut self.bytes_out, u32::from(exchange.bits).div_ceil(8));
        match reception {
            Reception::Frame { bits } | Reception::Collision { bits } => {
                air = air.saturating_add(framing.cycles(
                    exchange.kind,
                    Sender::Card,
                    bits,
                    exchange.from_card,
                ));
                add(&mut self.bytes_in, u32::from(bits).div_ceil(8));
                self.pause(exchange.kind);
                match reception {
                    Reception::Frame { .. } => add(&mut self.frames_in, 1),
                    _ => add(&mut self.damaged, 1),
                }
            }
            Reception::Garbled => add(&mut self.damaged, 1),
            Reception::Silence => add(&mut self.silences, 1),
        }
        self.cycles = self.cycles.saturating_add(u64::from(air));
    }

    /// The pauses around one answer.
    fn pause(&mut self, kind: Kind) {
        let (before, after) = turnaround(kind);
        self.pauses = self.pauses.saturating_add(u64::from(before) + u64::from(after));
    }

    /// The time that the air is taken: frames, and the least pauses around answers; rounded up. What
    /// the card works in the middle of it is not in it.
    #[must_use]
    pub const fn air(&self) -> Duration {
        let cycles = self.cycles.saturating_add(self.pauses);
        timing::span(if cycles > u32::MAX as u64 { u32::MAX } else { cycles as u32 })
    }
}

/// A front end that counts what goes through it.
#[derive(Clone, Debug)]
pub struct Metered<F> {
    /// The front end.
    pub front_end: F,
    /// What the standard leaves open.
    pub framing: Framing,
    /// What was counted. To be set back by its owner.
    pub count: Count,
}

impl<F> Metered<F> {
    /// A meter around a front end.
    pub fn new(front_end: F) -> Self {
        Self { front_end, framing: Framing::default(), count: Count::default() }
    }
}

impl<F: FrontEnd> FrontEnd for Metered<F> {
    type Error = F::Error;

    fn capabilities(&self) -> Capabilities {
        self.front_end.capabilities()
    }
    fn now(&mut self) -> Instant {
        self.front_end.now()
    }
    fn wait(&mut self, until: Instant) {
        self.front_end.wait(until);
    }
    fn switch(&mut self, on: bool) -> Result<(), Self::Error> {
        self.front_end.switch(on)
    }
    fn exchange(
        &mut self,
        exchange: &Exchange,
        frame: &mut [u8],
    ) -> Result<Reception, Self::Error> {
        let reception = self.front_end.exchange(exchange, frame)?;
        self.count.add(&self.framing, exchange, reception);
        Ok(reception)
    }
}

/// How long a card works on a command, by its INS: parameters of a model, not facts about a card.
///
/// The defaults are the middle of what one public log says of one card over a USB reader
/// (`docs/card-facts.md` §1.4, a single source): those times hold the air and the USB too, so that
/// the card itself is faster. What the log does not name has the time of a short read.
///
/// How long a read lasts for each byte is not known. The same log has about 1 ms a byte for whole
/// certificates in commands of 256 bytes, the air at 106 kbit/s (0.1 ms), the reader and the USB
/// included; [`CardTimes::read_byte`] is none by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct CardTimes {
    /// SELECT (INS A4): 32 to 46 ms.
    pub select: Duration,
    /// VERIFY (INS 20) with data: 57 to 65 ms.
    pub verify: Duration,
    /// READ BINARY and READ RECORD (INS B0, B2), whatever their length: 12 ms for a short one.
    pub read: Duration,
    /// For each byte that is read, besides.
    pub read_byte: Duration,
    /// COMPUTE DIGITAL SIGNATURE and INTERNAL AUTHENTICATE (INS 2A, 88): 707 to 717 ms.
    pub signature: Duration,
    /// Everything else.
    pub other: Duration,
}

impl Default for CardTimes {
    fn default() -> Self {
        Self {
            select: Duration::from_millis(39),
            verify: Duration::from_millis(61),
            read: Duration::from_millis(12),
            read_byte: Duration::ZERO,
            signature: Duration::from_millis(712),
            other: Duration::from_millis(12),
        }
    }
}

impl CardTimes {
    /// The time for a command of this INS, with or without a data field, and so many bytes of data in
    /// its answer.
    #[must_use]
    pub fn of(&self, ins: u8, with_data: bool, answered: usize) -> Duration {
        match ins {
            0xA4 => self.select,
            // Without data it only asks for the counter.
            0x20 if with_data => self.verify,
            0xB0 | 0xB2 => {
                let bytes = u32::try_from(answered).unwrap_or(u32::MAX);
                self.read.plus(self.read_byte.times(bytes))
            }
            0x2A | 0x88 => self.signature,
            _ => self.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BitRate::{Kbps106, Kbps212, Kbps424, Kbps848};

    const B: Kind = Kind::B;
    const A: Kind = Kind::A;

    /// 256 bytes of Type B are 12 + 2560 + 10 = 2582 etu.
    #[test]
    fn the_largest_frame_of_type_b() {
        let framing = Framing::default();
        let time = |rate| {
            let cycles = framing.cycles(B, Sender::Reader, 2_048, rate);
            (cycles, timing::span(cycles).micros())
        };
        assert_eq!(time(Kbps106), (330_496, 24_373)); // 24,372.9 µs
        assert_eq!(time(Kbps212), (165_248, 12_187)); // 12,186.4
        assert_eq!(time(Kbps424), (82_624, 6_094)); // 6,093.2
        assert_eq!(time(Kbps848), (41_312, 3_047)); // 3,046.6
        // From the card, its subcarrier comes first: 80 · 16 = 1280 cycles.
        assert_eq!(framing.cycles(B, Sender::Card, 2_048, Kbps848), 41_312 + 1_280);
    }

    /// The longest frame at the slowest rate with all that is allowed:
    /// (14 + 4096 · 16 + 11) · 128.
    #[test]
    fn the_slowest_frame() {
        let framing = Framing { sof: 14, eof: 11, egt_reader: 6, ..Framing::default() };
        assert_eq!(framing.cycles(B, Sender::Reader, 32_768, Kbps106), 8_391_808);
    }

    /// 256 bytes of Type A are 2304 bits with parity.
    #[test]
    fn the_largest_frame_of_type_a() {
        let framing = Framing::default();
        assert_eq!(framing.cycles(A, Sender::Reader, 2_048, Kbps106), 2_307 * 128);
        assert_eq!(framing.cycles(A, Sender::Card, 2_048, Kbps106), 2_306 * 128);
        assert_eq!(framing.cycles(A, Sender::Card, 2_048, Kbps848), 512 + 2_306 * 16);
        // REQA: a start bit, seven bits, an end of two: 10 · 128 / fc, 94.4 µs.
        assert_eq!(framing.cycles(A, Sender::Reader, 7, Kbps106), 1_280);
        // An anticollision frame of 26 bits has three parity bits.
        assert_eq!(framing.cycles(A, Sender::Reader, 26, Kbps106), 32 * 128);
    }

    #[test]
    fn a_meter_counts() {
        let mut count = Count::default();
        let exchange = Exchange {
            kind: B,
            bits: 40,
            align: 0,
            to_card: Kbps106,
            from_card: Kbps212,
            not_before: Instant::ORIGIN,
            wait: Duration::ZERO,
        };
        let framing = Framing::default();
        count.add(&framing, &exchange, Reception::Frame { bits: 112 });
        count.add(&framing, &exchange, Reception::Silence);
        count.add(&framing, &exchange, Reception::Garbled);
        assert_eq!((count.frames_out, count.frames_in), (3, 1));
        assert_eq!((count.damaged, count.silences), (1, 1));
        assert_eq!((count.bytes_out, count.bytes_in), (15, 14));
        // Three of 72 etu at 106 kbit/s, and one of 162 etu at 212 behind its subcarrier.
        assert_eq!(count.cycles, 3 * 9_216 + 10_368 + 1_280);
        // One answer: TR0 of 64 periods of 16 cycles, and TR2 of 10 etu and 32 periods.
        assert_eq!(count.pauses, 1_024 + 1_280 + 512);
        assert_eq!(count.air().micros(), 3_106); // 3,105.6
    }

    /// 300 bytes in frames of 256 are 253 and 47; the answer of 258 is 253 and 5.
    #[test]
    fn the_floor_of_an_exchange() {
        let floor = Floor {
            kind: B,
            to_card: Kbps106,
            from_card: Kbps424,
            fsc: 256,
            fsd: 256,
            cid: false,
            framing: Framing::default(),
        };
        let count = floor.exchange(300, 258);
        assert_eq!((count.frames_out, count.frames_in), (3, 3));
        assert_eq!((count.bytes_out, count.bytes_in), (256 + 50 + 3, 256 + 8 + 3));
        // Three frames and 309 bytes at 128 cycles an etu; three and 267 at 32.
        let out = (3 * 22 + 3_090) * 128;
        let back = (3 * 22 + 2_670) * 32 + 3 * 1_280;
        assert_eq!(count.cycles, out + back);
        assert_eq!(count.pauses, 3 * 2_816);
        assert_eq!(floor.exchange(5, 0).frames_in, 1);
        assert_eq!(Floor { fsc: 16, cid: true, ..floor }.exchange(13, 2).frames_out, 2);
    }

    #[test]
    fn times_of_commands() {
        let mut times = CardTimes::default();
        assert_eq!(times.of(0xA4, true, 0), times.select);
        assert_eq!(times.of(0x20, false, 0), times.other);
        assert_eq!(times.of(0x20, true, 0), times.verify);
        assert_eq!(times.of(0xB0, false, 256), times.read);
        times.read_byte = Duration::from_micros(900);
        assert_eq!(times.of(0xB2, false, 256).micros(), 12_000 + 230_400);
        assert_eq!(times.of(0x2A, true, 256), times.signature);
        assert_eq!(times.of(0xCA, false, 256), times.other);
    }
}
