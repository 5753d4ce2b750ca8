//! The commands (UM0701-02, 7.2 and 7.3).

use std::time::Duration;

use super::chip::{Execution, Pn532, Polling};
use super::registers::{BIT_FRAMING, RX_MODE, TX_MODE};
use super::target::{Status, Target};
use crate::Responder;
use crate::radio::{BitRate, Frame, Signal, checked};

/// Data of an APDU in one answer at most (UM0701-02, 7.3.8).
const ROOM: usize = 262;

/// The time of a code of RFConfiguration: 100 µs, doubled at each step; 0: none.
fn coded_time(code: u8) -> Duration {
    match code {
        // No timeout: as long as the manual's longest.
        0 => Duration::from_micros(100 << 15),
        1..=16 => Duration::from_micros(100 << (code - 1)),
        _ => Duration::from_micros(100 << 15),
    }
}

impl<R: Responder> Pn532<R> {
    pub(super) fn execute(&mut self, data: &[u8]) -> Execution {
        use Execution::{Answer, SyntaxError};
        let Some((code, parameters)) = data.split_first() else { return SyntaxError };
        let answer = match (*code, parameters) {
            (0x00, [test, rest @ ..]) => return self.diagnose(*test, rest),
            (0x02, []) => self.settings.firmware.to_vec(),
            (0x04, []) => self.general_status(),
            (0x06, addresses) if !addresses.is_empty() && addresses.len() % 2 == 0 => {
                self.read_registers(addresses)
            }
            (0x08, writes) if !writes.is_empty() && writes.len() % 3 == 0 => {
                for write in writes.as_chunks::<3>().0 {
                    let [high, low, value] = *write;
                    self.registers.write(u16::from_be_bytes([high, low]), value);
                }
                Vec::new()
            }
            // The ports are not joined to anything.
            (0x0C, []) => vec![0x3F, 0x06, 0x01],
            (0x0E, [_, _]) => Vec::new(),
            (0x10, [code @ 0..=8]) => {
                self.set_serial_baud_rate(*code);
                Vec::new()
            }
            (0x12, [flags]) => {
                self.parameters = *flags;
                Vec::new()
            }
            (0x14, [1..=4, rest @ ..]) if rest.len() <= 2 => {
                self.normal_mode = parameters.first() == Some(&1);
                Vec::new()
            }
            (0x16, [wake_up] | [wake_up, _]) => {
                self.sleep_after = Some(*wake_up);
                vec![Status::OK.0]
            }
            (0x32, [item, values @ ..]) => {
                if !self.configure(*item, values) {
                    return SyntaxError;
                }
                Vec::new()
            }
            // RFRegulationTest sends until the next command, and is never answered.
            (0x58, [_]) => {
                self.antenna().switch_on();
                return Execution::Later;
            }
            (0x40, [target, data @ ..]) if data.len() <= ROOM => self.data_exchange(*target, data),
            (0x42, data) if !data.is_empty() => self.communicate_thru(data),
            (0x44, [target]) => vec![self.deselect(*target, false).0],
            (0x4A, [most @ 1..=2, kind, rest @ ..]) => {
                return self.list_passive_target(*most, *kind, rest);
            }
            (0x4E, [target, to_card, to_reader]) => {
                vec![self.parameter_selection(*target, *to_card, *to_reader).0]
            }
            (0x52, [target]) => vec![self.deselect(*target, true).0],
            (0x54, [target]) => {
                let known = self.chosen(*target).is_some();
                vec![if known { Status::OK.0 } else { Status::NOT_ACCEPTABLE.0 }]
            }
            _ => return SyntaxError,
        };
        let mut bytes = vec![code.wrapping_add(1)];
        bytes.extend(answer);
        Answer(bytes)
    }

    /// 7.2.1: the line, the memories, the antenna, and whether the card is there.
    fn diagnose(&mut self, test: u8, rest: &[u8]) -> Execution {
        let answer = match test {
            0x00 => [&[0x00], rest].concat(),
            0x01 | 0x02 | 0x07 => vec![0x00],
            0x06 => {
                let Some((index, target)) = self.first_target() else {
                    return Execution::Answer(vec![0x01, Status::NOT_ACCEPTABLE.0]);
                };
                let present = self.antenna().is_present(&target);
                self.put_target(index, Some(target));
                vec![present.err().unwrap_or(Status::OK).0]
            }
            _ => return Execution::SyntaxError,
        };
        Execution::Answer([&[0x01], answer.as_slice()].concat())
    }

    fn general_status(&self) -> Vec<u8> {
        let active: Vec<_> = self
            .targets
            .iter()
            .zip(1_u8..)
            .filter_map(|(target, number)| target.as_ref().map(|target| (number, target)))
            .collect();
        let mut bytes = vec![self.last_status.0, u8::from(self.field.is_on()), active.len() as u8];
        for (number, target) in active {
            bytes.extend([number, target.to_reader.code(), target.to_card.code(), 0x00]);
        }
        bytes.push(0x00);
        bytes
    }

    fn read_registers(&self, addresses: &[u8]) -> Vec<u8> {
        let pairs = addresses.as_chunks::<2>().0.iter();
        pairs.map(|pair| self.registers.read(u16::from_be_bytes(*pair))).collect()
    }

    fn set_serial_baud_rate(&mut self, code: u8) {
        const RATES: [u64; 9] =
            [9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_288_000];
        if let Some(rate) = RATES.get(usize::from(code)) {
            self.set_byte_time(Duration::from_nanos(10_000_000_000 / rate));
        }
    }

    /// RFConfiguration, 7.3.1.
    fn configure(&mut self, item: u8, values: &[u8]) -> bool {
        match (item, values) {
            (0x01, [field]) => {
                let on = field & 0x01 != 0;
                if on && (self.normal_mode || !self.settings.needs_sam_configuration) {
                    self.antenna().switch_on();
                } else if !on {
                    self.field.switch(false, self.busy);
                }
            }
            (0x02, [_, _, retry]) => self.configuration.retry_timeout = *retry,
            (0x04, [retries]) => self.configuration.communication_retries = *retries,
            (0x05, [_, _, passive]) => self.configuration.passive_activation_retries = *passive,
            // Analog settings: the antenna here needs none.
            (0x0A, [_, _, _, _, _, _, _, _, _, _, _])
            | (0x0B, [_, _, _, _, _, _, _, _])
            | (0x0C, [_, _, _])
            | (0x0D, [_, _, _, _, _, _, _, _, _]) => {}
            _ => return false,
        }
        true
    }

    /// InListPassiveTarget, 7.3.5.
    fn list_passive_target(&mut self, most: u8, kind: u8, rest: &[u8]) -> Execution {
        let afi = match (kind, rest) {
            (0x00, _) => 0,
            (0x01 | 0x02, [_, ..]) => 0,
            (0x03, [afi] | [afi, 0x00 | 0x01]) => *afi,
            (0x04, []) if most == 1 => 0,
            _ => return Execution::SyntaxError,
        };
        let retries = self.configuration.passive_activation_retries;
        self.targets = vec![None, None];
        self.polling = Some(Polling {
            next: self.busy,
            most: usize::from(most),
            kind,
            afi,
            left: (retries != 0xFF).then_some(retries),
        });
        Execution::Later
    }

    /// One attempt of it; the answer when it is over.
    pub(super) fn attempt(&mut self) -> Option<Vec<u8>> {
        let mut polling = self.polling.take()?;
        self.busy = self.busy.max(polling.next);
        let found = if self.normal_mode || !self.settings.needs_sam_configuration {
            self.find(&polling)
        } else {
            Vec::new()
        };
        if !found.is_empty() || polling.left == Some(0) {
            let mut answer = vec![0x4B, found.len() as u8];
            for (target, number) in found.iter().zip(1_u8..) {
                answer.push(number);
                answer.extend_from_slice(&target.description);
            }
            if let Some(first) = found.first() {
                self.registers.set_modes(first.signal, first.to_card, first.to_reader);
            }
            self.targets = found.into_iter().map(Some).collect();
            self.targets.resize_with(2, || None);
            return Some(answer);
        }
        polling.left = polling.left.map(|left| left.saturating_sub(1));
        polling.next = self.busy + self.settings.poll_pause;
        self.polling = Some(polling);
        None
    }

    fn find(&mut self, polling: &Polling) -> Vec<Target> {
        let automatic_ats = self.parameters & 0x10 != 0;
        let mut antenna = self.antenna();
        antenna.switch_on();
        match polling.kind {
            0x03 => antenna.find_type_b(polling.afi, polling.most),
            0x00 => {
                let mut found: Vec<Target> = Vec::new();
                for index in 0..polling.most {
                    // The first of two is put to sleep, so that the second is heard alone.
                    if let Some(first) = found.first().filter(|first| !first.blocks) {
                        let _ = antenna.deselect(first);
                    }
                    let cid = if polling.most == 1 { 0 } else { index as u8 };
                    let Some(target) = antenna.find_type_a(automatic_ats, cid) else { break };
                    if found.iter().any(|one| one.identifier == target.identifier) {
                        break;
                    }
                    found.push(target);
                }
                found
            }
            // FeliCa and Jewel: nothing here answers.
            _ => {
                *antenna.now += Duration::from_millis(5);
                Vec::new()
            }
        }
    }

    fn chosen(&self, number: u8) -> Option<&Target> {
        let index = usize::from(number & 0x3F).checked_sub(1)?;
        self.targets.get(index)?.as_ref()
    }

    fn take_target(&mut self, number: u8) -> Option<(usize, Target)> {
        let index = usize::from(number & 0x3F).checked_sub(1)?;
        Some((index, self.targets.get_mut(index)?.take()?))
    }

    fn first_target(&mut self) -> Option<(usize, Target)> {
        (1..=2).find_map(|number| self.take_target(number))
    }

    fn put_target(&mut self, index: usize, target: Option<Target>) {
        if let Some(place) = self.targets.get_mut(index) {
            *place = target;
        }
    }

    /// InDataExchange, 7.3.8. Bit 6 of the target number: more of this APDU follows.
    fn data_exchange(&mut self, number: u8, data: &[u8]) -> Vec<u8> {
        let Some((index, mut target)) = self.take_target(number) else {
            self.last_status = Status::NOT_ACCEPTABLE;
            return vec![Status::NOT_ACCEPTABLE.0];
        };
        let result = if target.blocks {
            let unfinished = number & 0x40 != 0;
            self.antenna().apdu(&mut target, data, unfinished, ROOM)
        } else {
            // A card without blocks: the data are the frame.
            let rates = (target.to_card, target.to_reader);
            let within = Duration::from_millis(5);
            self.antenna().send(target.signal, rates, data, within)
        };
        let more = target.more;
        self.put_target(index, Some(target));
        match result {
            Ok(came) => {
                self.last_status = Status::OK;
                [&[if more { 0x40 } else { 0x00 }], came.as_slice()].concat()
            }
            Err(status) => {
                self.last_status = status;
                vec![status.0]
            }
        }
    }

    /// InCommunicateThru, 7.3.9: the frame as it is, by the registers.
    fn communicate_thru(&mut self, data: &[u8]) -> Vec<u8> {
        let mut status = Status::TIMEOUT;
        for _ in 0..=self.configuration.communication_retries {
            match self.thru(data) {
                Ok(came) => {
                    self.last_status = Status::OK;
                    return [&[Status::OK.0], came.as_slice()].concat();
                }
                Err(error) => status = error,
            }
        }
        self.last_status = status;
        vec![status.0]
    }

    fn thru(&mut self, data: &[u8]) -> Result<Vec<u8>, Status> {
        let (tx, rx) = (self.registers.mode(TX_MODE), self.registers.mode(RX_MODE));
        let signal = tx.signal.ok_or(Status::PARAMETER)?;
        let highest = self.settings.highest_rate;
        let mut frame = if tx.crc {
            Frame::with_crc(signal, tx.rate, data.to_vec())
        } else {
            Frame::raw(signal, tx.rate, data.to_vec())
        };
        if signal == Signal::TypeA {
            frame.last_bits = self.registers.read(BIT_FRAMING) & 0x07;
        }
        let within = coded_time(self.configuration.retry_timeout);
        if tx.rate > highest || rx.rate > highest {
            // The chip cannot do it: nothing is understood.
            self.busy += within;
            return Err(Status::TIMEOUT);
        }
        let received = self.antenna().raw(&frame, within)?;
        if Some(received.frame.signal) != rx.signal || received.frame.rate != rx.rate {
            return Err(Status::FRAMING);
        }
        let bytes = received.frame.bytes;
        match rx.crc {
            true => checked(signal, &bytes).map(<[u8]>::to_vec).ok_or(Status::CRC),
            false => Ok(bytes),
        }
    }

    /// InPSL, 7.3.7.
    fn parameter_selection(&mut self, number: u8, to_card: u8, to_reader: u8) -> Status {
        let highest = self.settings.highest_rate;
        let (to_card, to_reader) = match (to_card, to_reader) {
            (0..=3, 0..=3) => (BitRate::from_code(to_card), BitRate::from_code(to_reader)),
            _ => return Status::PARAMETER,
        };
        if to_card > highest || to_reader > highest {
            return Status::PARAMETER;
        }
        let Some((index, mut target)) = self.take_target(number) else {
            return Status::NOT_ACCEPTABLE;
        };
        let result = match target.signal {
            Signal::TypeA if target.blocks => self.antenna().pps(&mut target, to_card, to_reader),
            Signal::TypeB if self.settings.changes_rate_of_type_b => {
                self.antenna().attrib_again(&mut target, to_card, to_reader)
            }
            _ => Err(Status::NOT_ACCEPTABLE),
        };
        if result.is_ok() {
            self.registers.set_modes(target.signal, target.to_card, target.to_reader);
        }
        self.put_target(index, Some(target));
        result.err().unwrap_or(Status::OK)
    }

    /// InDeselect and InRelease, 7.3.10 and 7.3.11; target 0 is all of them.
    fn deselect(&mut self, number: u8, release: bool) -> Status {
        let numbers = if number == 0 { vec![1, 2] } else { vec![number] };
        let mut status = Status::OK;
        for one in numbers {
            let Some((index, target)) = self.take_target(one) else {
                if number != 0 {
                    status = Status::NOT_ACCEPTABLE;
                }
                continue;
            };
            if let Err(error) = self.antenna().deselect(&target) {
                status = error;
            }
            self.put_target(index, (!release).then_some(target));
        }
        self.last_status = status;
        status
    }
}
