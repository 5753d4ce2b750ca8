//! The chip's own reader: how it activates cards and speaks the block protocol with them.
//!
//! It knows as much of ISO/IEC 14443 as the chip's firmware needs. Where the manual does not say how
//! the firmware does something, it is done as the standard has it.

use std::time::Duration;

use super::settings::Pn532Settings;
use crate::Responder;
use crate::radio::{BitRate, Field, Frame, ReceiveError, Received, Signal, carrier, checked};

/// The status byte (UM0701-02, 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(pub(super) u8);

impl Status {
    pub(super) const OK: Self = Self(0x00);
    pub(super) const TIMEOUT: Self = Self(0x01);
    pub(super) const CRC: Self = Self(0x02);
    pub(super) const PARITY: Self = Self(0x03);
    pub(super) const FRAMING: Self = Self(0x05);
    pub(super) const COLLISION: Self = Self(0x06);
    pub(super) const BUFFER: Self = Self(0x07);
    pub(super) const FIELD_OFF: Self = Self(0x0A);
    pub(super) const PROTOCOL: Self = Self(0x0B);
    pub(super) const PARAMETER: Self = Self(0x10);
    pub(super) const NOT_ACCEPTABLE: Self = Self(0x27);
}

/// A card that was activated.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) signal: Signal,
    pub(super) to_card: BitRate,
    pub(super) to_reader: BitRate,
    /// Does it do the block protocol?
    pub(super) blocks: bool,
    /// UID or PUPI.
    pub(super) identifier: Vec<u8>,
    /// What InListPassiveTarget says of it, target number left out.
    pub(super) description: Vec<u8>,
    cid: Option<u8>,
    fsc: usize,
    fwt: Duration,
    number: u8,
    /// The card has promised more, and it was not fetched yet.
    pub(super) more: bool,
}

const SIZES: [usize; 9] = [16, 24, 32, 40, 48, 64, 96, 128, 256];

fn size(code: u8) -> usize {
    SIZES.get(usize::from(code & 0x0F)).copied().unwrap_or(256)
}

/// The chip's antenna for the length of one command.
pub(super) struct Antenna<'a, R> {
    pub(super) field: &'a mut Field<R>,
    pub(super) settings: &'a Pn532Settings,
    pub(super) now: &'a mut Duration,
}

/// What is added to a waiting time before the chip calls it over.
const GRACE: Duration = Duration::from_micros(500);
/// Between what was heard and what is sent next.
const TURN: Duration = Duration::from_micros(300);

impl<R: Responder> Antenna<'_, R> {
    /// Sends a frame and gives what came within this time.
    pub(super) fn exchange(&mut self, frame: &Frame, within: Duration) -> Result<Received, Status> {
        if !self.field.is_on() {
            return Err(Status::FIELD_OFF);
        }
        let ends = self.field.transmit(frame, *self.now);
        let heard = self.field.listen(ends, ends + within);
        *self.now = heard.as_ref().map_or(ends + within, |heard| heard.ends) + TURN;
        heard.map(|heard| heard.received).ok_or(Status::TIMEOUT)
    }

    /// Sends bytes with their CRC; what came without it.
    pub(super) fn send(
        &mut self,
        signal: Signal,
        rates: (BitRate, BitRate),
        bytes: &[u8],
        within: Duration,
    ) -> Result<Vec<u8>, Status> {
        let frame = Frame::with_crc(signal, rates.0, bytes.to_vec());
        let received = self.exchange(&frame, within)?;
        fine(&received)?;
        if received.frame.signal != signal || received.frame.rate != rates.1 {
            return Err(Status::FRAMING);
        }
        checked(signal, &received.frame.bytes).map(<[u8]>::to_vec).ok_or(Status::CRC)
    }

    /// The field is on, and cards have had time to start.
    pub(super) fn switch_on(&mut self) {
        if !self.field.is_on() {
            self.field.switch(true, *self.now);
            *self.now += Duration::from_millis(6);
        }
    }

    /// One attempt to find up to `most` cards of Type B.
    pub(super) fn find_type_b(&mut self, afi: u8, most: usize) -> Vec<Target> {
        let wake = if self.settings.wakes_cards { 0x08 } else { 0x00 };
        let rates = Default::default();
        // TR0 and TR1 of ATQB at most.
        let within = Duration::from_micros(700);
        let mut found = Vec::new();
        match self.send(Signal::TypeB, rates, &[0x05, afi, wake], within) {
            Ok(atqb) => found.push(atqb),
            Err(Status::TIMEOUT | Status::FIELD_OFF) => {}
            Err(_) => {
                let slots = self.settings.slots.min(4);
                let first = self.send(Signal::TypeB, rates, &[0x05, afi, wake | slots], within);
                found.extend(first);
                for slot in 1..1_u8 << slots {
                    found.extend(self.send(Signal::TypeB, rates, &[slot << 4 | 0x05], within));
                }
            }
        }
        let alone = most == 1;
        found
            .into_iter()
            .take(most)
            .enumerate()
            .filter_map(|(index, atqb)| self.attrib(&atqb, if alone { 0 } else { index as u8 }))
            .collect()
    }

    fn attrib(&mut self, atqb: &[u8], cid: u8) -> Option<Target> {
        let [0x50, pupi @ .., _, _, _, _, _, frame, options] = atqb else { return None };
        let fwt = carrier(4096 << (options >> 4).min(14));
        let cid = (options & 0x01 != 0 && cid > 0).then_some(cid);
        let mut attrib = vec![0x1D];
        attrib.extend_from_slice(pupi);
        attrib.extend([0x00, self.settings.frame_size_code, frame & 0x0F, cid.unwrap_or(0)]);
        let within = fwt + GRACE;
        let answer = self.send(Signal::TypeB, Default::default(), &attrib, within).ok()?;
        let mut description = atqb.to_vec();
        description.push(answer.len() as u8);
        description.extend_from_slice(&answer);
        Some(Target {
            signal: Signal::TypeB,
            to_card: BitRate::Kbps106,
            to_reader: BitRate::Kbps106,
            blocks: frame & 0x01 != 0,
            identifier: pupi.to_vec(),
            description,
            cid,
            fsc: size(frame >> 4),
            fwt,
            number: 0,
            more: false,
        })
    }

    /// One attempt to find a card of Type A. Of several the one whose bits are 1 where they differ.
    pub(super) fn find_type_a(&mut self, automatic_ats: bool, cid: u8) -> Option<Target> {
        let command = if self.settings.wakes_cards { 0x52 } else { 0x26 };
        let within = Duration::from_micros(200);
        let atqa = self.exchange(&Frame::short(command), within).ok()?.frame.bytes;
        let mut uid = Vec::new();
        let mut sak = 0;
        for code in [0x93, 0x95, 0x97] {
            let level = self.anticollision(code)?;
            let select = [&[code, 0x70], level.as_slice()].concat();
            let answer = self.send(Signal::TypeA, Default::default(), &select, within).ok()?;
            sak = *answer.first()?;
            if sak & 0x04 == 0 {
                uid.extend_from_slice(level.get(..4)?);
                break;
            }
            uid.extend_from_slice(level.get(1..4)?);
        }
        let [low, high] = *atqa.first_chunk::<2>()?;
        let mut description = vec![high, low, sak, uid.len() as u8];
        description.extend_from_slice(&uid);
        let mut target = Target {
            signal: Signal::TypeA,
            to_card: BitRate::Kbps106,
            to_reader: BitRate::Kbps106,
            blocks: false,
            identifier: uid,
            description,
            cid: None,
            fsc: 32,
            fwt: carrier(4096 << 4),
            number: 0,
            more: false,
        };
        if sak & 0x20 != 0 && automatic_ats {
            self.rats(&mut target, cid)?;
        }
        Some(target)
    }

    fn rats(&mut self, target: &mut Target, cid: u8) -> Option<()> {
        let rats = [0xE0, self.settings.frame_size_code << 4 | cid];
        let within = carrier(65_536) + GRACE;
        let ats = self.send(Signal::TypeA, Default::default(), &rats, within).ok()?;
        let format = ats.get(1).copied().unwrap_or(0x02);
        let mut rest = ats.iter().skip(2).copied();
        if format & 0x10 != 0 {
            rest.next()?;
        }
        let times = if format & 0x20 != 0 { rest.next()? } else { 0x40 };
        let options = if format & 0x40 != 0 { rest.next()? } else { 0x02 };
        target.fsc = size(format);
        target.fwt = carrier(4096 << (times >> 4).min(14));
        if matches!(times & 0x0F, 1..=14) {
            *self.now += carrier(4096 << (times & 0x0F));
        }
        target.cid = (options & 0x02 != 0 && cid > 0).then_some(cid);
        target.blocks = true;
        target.description.extend_from_slice(&ats);
        Some(())
    }

    /// The five bytes of a cascade level.
    fn anticollision(&mut self, code: u8) -> Option<[u8; 5]> {
        let mut known = [0_u8; 5];
        let mut bits = 0_usize;
        loop {
            let (bytes, rest) = (bits / 8, bits % 8);
            let valid = ((bytes as u8 + 2) << 4) | rest as u8;
            let mut sent = vec![code, valid];
            sent.extend_from_slice(known.get(..bits.div_ceil(8))?);
            let mut frame = Frame::raw(Signal::TypeA, BitRate::Kbps106, sent);
            frame.last_bits = rest as u8;
            let received = self.exchange(&frame, Duration::from_micros(200)).ok()?;
            if received.error.is_some() {
                return None;
            }
            let came = known.get_mut(bytes..)?;
            let kept = (1_u16 << rest) as u8;
            let mask = kept.wrapping_sub(1);
            for (at, (to, from)) in came.iter_mut().zip(&received.frame.bytes).enumerate() {
                *to = if at == 0 { *to & mask | from & !mask } else { *from };
            }
            let Some(collision) = received.collision else { break };
            let at = bits + collision;
            *known.get_mut(at / 8)? |= 1 << (at % 8);
            // What was seen behind it belongs to nobody.
            bits = at + 1;
            if bits >= 40 {
                return None;
            }
        }
        let [a, b, c, d, check] = known;
        (a ^ b ^ c ^ d == check).then_some(known)
    }

    /// PPS (ISO/IEC 14443-4, 5.3).
    pub(super) fn pps(
        &mut self,
        target: &mut Target,
        to_card: BitRate,
        to_reader: BitRate,
    ) -> Result<(), Status> {
        let start = 0xD0 | target.cid.unwrap_or(0);
        let pps = [start, 0x11, to_reader.code() << 2 | to_card.code()];
        let rates = (target.to_card, target.to_reader);
        let answer = self.send(Signal::TypeA, rates, &pps, target.fwt + GRACE)?;
        if answer != [start] {
            return Err(Status::PROTOCOL);
        }
        (target.to_card, target.to_reader) = (to_card, to_reader);
        Ok(())
    }

    /// A second activation of a card of Type B, at these rates.
    pub(super) fn attrib_again(
        &mut self,
        target: &mut Target,
        to_card: BitRate,
        to_reader: BitRate,
    ) -> Result<(), Status> {
        self.deselect(target)?;
        let within = Duration::from_micros(700);
        let atqb = self.send(Signal::TypeB, Default::default(), &[0x05, 0x00, 0x08], within)?;
        let [0x50, pupi @ .., _, _, _, _, _, frame, _] = atqb.as_slice() else {
            return Err(Status::PROTOCOL);
        };
        let rates = to_reader.code() << 6 | to_card.code() << 4;
        let mut attrib = vec![0x1D];
        attrib.extend_from_slice(pupi);
        let cid = target.cid.unwrap_or(0);
        attrib.extend([0x00, rates | self.settings.frame_size_code, frame & 0x0F, cid]);
        self.send(Signal::TypeB, Default::default(), &attrib, target.fwt + GRACE)?;
        target.identifier = pupi.to_vec();
        target.number = 0;
        target.more = false;
        (target.to_card, target.to_reader) = (to_card, to_reader);
        Ok(())
    }

    /// Sends data of an APDU, whole or `unfinished`, and gives what the card answers, as far as it
    /// fits `room`.
    pub(super) fn apdu(
        &mut self,
        target: &mut Target,
        data: &[u8],
        unfinished: bool,
        room: usize,
    ) -> Result<Vec<u8>, Status> {
        if target.more && data.is_empty() {
            return self.fetch(target, Vec::new(), room);
        }
        target.more = false;
        let head = 3 + usize::from(target.cid.is_some());
        let most = target.fsc.saturating_sub(head).max(1);
        let mut rest = data;
        loop {
            let (part, next) = rest.split_at(rest.len().min(most));
            rest = next;
            let chained = unfinished || !rest.is_empty();
            let pcb = 0x02 | target.number | if chained { 0x10 } else { 0x00 };
            let answer = self.block(target, pcb, part)?;
            let kind = answer.first().copied().unwrap_or(0);
            target.number ^= 1;
            match (chained, kind & 0xE0 == 0xA0) {
                (true, true) if rest.is_empty() => return Ok(Vec::new()),
                (true, true) => {}
                (false, false) => return self.collect(target, &answer, Vec::new(), room),
                _ => return Err(Status::PROTOCOL),
            }
        }
    }

    /// The rest of an answer that the card chains.
    fn fetch(
        &mut self,
        target: &mut Target,
        came: Vec<u8>,
        room: usize,
    ) -> Result<Vec<u8>, Status> {
        let answer = self.block(target, 0xA2 | target.number, &[])?;
        target.number ^= 1;
        self.collect(target, &answer, came, room)
    }

    fn collect(
        &mut self,
        target: &mut Target,
        answer: &[u8],
        mut came: Vec<u8>,
        room: usize,
    ) -> Result<Vec<u8>, Status> {
        let (pcb, rest) = answer.split_first().ok_or(Status::PROTOCOL)?;
        if pcb & 0xE0 != 0x00 {
            return Err(Status::PROTOCOL);
        }
        came.extend_from_slice(rest);
        target.more = pcb & 0x10 != 0;
        let next = size(self.settings.frame_size_code).saturating_sub(3);
        if target.more && came.len() + next <= room {
            return self.fetch(target, came, room);
        }
        if came.len() > room {
            return Err(Status::BUFFER);
        }
        Ok(came)
    }

    /// Sends one block until something comes that answers it: PCB and information, CID removed.
    fn block(&mut self, target: &Target, pcb: u8, part: &[u8]) -> Result<Vec<u8>, Status> {
        let with_cid = |pcb: u8, part: &[u8]| match target.cid {
            Some(cid) => [&[pcb | 0x08, cid], part].concat(),
            None => [&[pcb], part].concat(),
        };
        let rates = (target.to_card, target.to_reader);
        let first = with_cid(pcb, part);
        let mut next = first.clone();
        let mut within = target.fwt;
        let mut repetitions = 0;
        let mut extensions = 0;
        loop {
            let answer = self.send(target.signal, rates, &next, within + GRACE);
            within = target.fwt;
            let error = match answer {
                Ok(block) => {
                    let block = without_cid(&block, target.cid).ok_or(Status::PROTOCOL)?;
                    match block.split_first() {
                        Some((0xF2, [multiplier])) if extensions < 100 => {
                            extensions += 1;
                            repetitions = 0;
                            next = with_cid(0xF2, &[multiplier & 0x3F]);
                            within = target.fwt * u32::from(multiplier & 0x3F);
                            continue;
                        }
                        // It has not got the block.
                        Some((kind, [])) if kind & 0xF6 == 0xA2 && kind & 0x01 != target.number => {
                            next.clone_from(&first);
                            Status::PROTOCOL
                        }
                        Some((kind, _)) if kind & 0x01 == target.number => return Ok(block),
                        _ => Status::PROTOCOL,
                    }
                }
                Err(error @ (Status::FIELD_OFF | Status::NOT_ACCEPTABLE)) => return Err(error),
                Err(error) => {
                    // In a chain of the card R(ACK) is repeated, else R(NAK) asks.
                    next = if pcb & 0xE0 == 0xA0 {
                        first.clone()
                    } else {
                        with_cid(0xB2 | target.number, &[])
                    };
                    error
                }
            };
            repetitions += 1;
            if repetitions > self.settings.block_repetitions {
                return Err(error);
            }
        }
    }

    /// Is the card there? R(NAK), to which it answers R(ACK) or its last block.
    pub(super) fn is_present(&mut self, target: &Target) -> Result<(), Status> {
        let nak = match target.cid {
            Some(cid) => vec![0xBA | target.number, cid],
            None => vec![0xB2 | target.number],
        };
        let rates = (target.to_card, target.to_reader);
        self.send(target.signal, rates, &nak, target.fwt + GRACE).map(drop)
    }

    /// S(DESELECT), or HLTA and HLTB for a card without blocks.
    pub(super) fn deselect(&mut self, target: &Target) -> Result<(), Status> {
        let rates = (target.to_card, target.to_reader);
        if !target.blocks {
            let halt = match target.signal {
                Signal::TypeB => [&[0x50], target.identifier.as_slice()].concat(),
                _ => vec![0x50, 0x00],
            };
            // HLTA is not answered.
            let _ = self.send(target.signal, rates, &halt, Duration::from_millis(1));
            return Ok(());
        }
        let deselect = match target.cid {
            Some(cid) => vec![0xCA, cid],
            None => vec![0xC2],
        };
        let within = carrier(65_536) + GRACE;
        let first = self.send(target.signal, rates, &deselect, within);
        first.or_else(|_| self.send(target.signal, rates, &deselect, within)).map(drop)
    }

    /// One frame as it is, and what came.
    pub(super) fn raw(&mut self, frame: &Frame, within: Duration) -> Result<Received, Status> {
        let received = self.exchange(frame, within)?;
        fine(&received)?;
        Ok(received)
    }
}

fn fine(received: &Received) -> Result<(), Status> {
    match (received.error, received.collision) {
        (_, Some(_)) => Err(Status::COLLISION),
        (Some(ReceiveError::Parity), _) => Err(Status::PARITY),
        (Some(ReceiveError::Framing), _) => Err(Status::FRAMING),
        (None, None) => Ok(()),
    }
}

/// PCB and information of a block for this CID.
fn without_cid(block: &[u8], cid: Option<u8>) -> Option<Vec<u8>> {
    let (pcb, rest) = block.split_first()?;
    let rest = match (pcb & 0x08 != 0, cid) {
        (false, None) => rest,
        (true, Some(cid)) => match rest.split_first() {
            Some((one, rest)) if one & 0x0F == cid => rest,
            _ => return None,
        },
        _ => return None,
    };
    let mut without = vec![pcb & !0x08];
    without.extend_from_slice(rest);
    Some(without)
}
