//! The chip's own ISO/IEC 14443-4: it activates cards, and whole APDUs go through it, in parts of at
//! most 262 bytes with "more follows" in both directions (UM0701-02, 7.3.5 and 7.3.8).

use crate::board::{Reset, Time};
use crate::bus::Bus;
use crate::chip::Pn532;
use crate::command::{self, Order};
use crate::error::{Error, Status};
use crate::frame::copy;
use kazasu_nfc::{BitRate, CardFrontEnd, Duration, Kind, Rates};

/// Bytes of an APDU in one InDataExchange, either way (UM0701-02, 7.3.8).
pub const PART: usize = 262;

/// The number of the only card that is listed.
const TARGET: u8 = 0x01;
/// With it in a command: more of the APDU follows.
const MORE: u8 = 0x40;
/// Diagnose: is the card still there? (UM0701-02, 7.2.1)
const ATTENTION: u8 = 0x06;
/// In SAK: the card does ISO/IEC 14443-4.
const HAS_BLOCKS: u8 = 0x20;

/// What a look for cards of one type came to.
enum Listed {
    Nothing,
    Unsupported,
    Two,
    /// With the rates that it declares.
    Card(Rates),
}

impl<B: Bus, T: Time, R: Reset> Pn532<B, T, R> {
    /// One order that may reach a card, and its answer's length.
    fn order(&mut self, order: &Order<'_>) -> Result<usize, Error> {
        let length = self.block(|chip| chip.poll_order(order))?;
        if self.is_lost() { Err(Error::NoAnswer) } else { Ok(length.unwrap_or_default()) }
    }

    /// Switches the field off for an error.
    fn end(&mut self, error: Error) -> Error {
        self.ending = Some(error);
        self.block(Self::poll_end)
    }

    fn field(&mut self, on: bool) -> Result<(), Error> {
        self.block(|chip| chip.poll_field(on))
    }

    /// InListPassiveTarget.
    fn list(&mut self, kind: Kind) -> Result<Listed, Error> {
        let most = if self.settings.report_two { 2 } else { 1 };
        // It sets the registers and the timing as it likes.
        self.known.radio = None;
        self.known.bits = None;
        let (parameters, length) = match kind {
            Kind::A => ([most, 0x00, 0x00], 2),
            Kind::B => ([most, 0x03, self.settings.afi], 3),
        };
        let parameters = parameters.get(..length).unwrap_or_default();
        // A card may take its whole waiting time, 4.9 s, over the last step of its activation.
        let limit = Duration::from_secs(5).plus(self.settings.answer_limit);
        let order = Order::once(command::LIST_PASSIVE_TARGET, parameters, &[], limit);
        let length = self.order(&order)?;
        let listed = self.answer(length);
        let (count, first) = match listed {
            [] => return Err(Error::Answer),
            [0, ..] => return Ok(Listed::Nothing),
            [count, _, first @ ..] => (*count, first),
            [_] => return Err(Error::Answer),
        };
        if count > 1 {
            return Ok(Listed::Two);
        }
        let declared = match (kind, first) {
            (Kind::B, [0x50, _, _, _, _, _, _, _, _, rates, _, _, ..]) => Some(*rates),
            // SENS_RES, SEL_RES, the identifier with its length, and the ATS with its own.
            (Kind::A, [_, _, sak, length, rest @ ..]) if sak & HAS_BLOCKS != 0 => {
                match rest.get(usize::from(*length)..) {
                    Some([_, format, rates, ..]) if format & 0x10 != 0 => Some(*rates),
                    _ => Some(0),
                }
            }
            (Kind::A, [_, _, _, _, ..]) => return Ok(Listed::Unsupported),
            _ => return Err(Error::Answer),
        };
        Ok(Listed::Card(declared.map_or(Rates::ONLY_106, Rates::from_byte)))
    }

    /// InPSL. A card that does not take it stays at 106 kbit/s, or is lost and found again.
    fn select_rates(&mut self, declared: Rates) -> Result<(), Error> {
        let own = self.settings.rates_a.limited(self.settings.highest);
        let (to_card, from_card) = own.choose(declared);
        if (to_card, from_card) == (BitRate::Kbps106, BitRate::Kbps106) {
            return Ok(());
        }
        let rates = [TARGET, to_card.code(), from_card.code()];
        let order = Order::once(command::PSL, &rates, &[], self.settings.exchange_limit);
        let length = self.order(&order)?;
        match self.answer(length) {
            [0x00] => Ok(()),
            [status] => Err(Error::Card(Status(*status))),
            _ => Err(Error::Answer),
        }
    }

    /// One round over the types. `None`: nothing that is wanted.
    fn look(&mut self, unsupported: &mut bool) -> Result<bool, Error> {
        let kinds = [(Kind::B, self.settings.type_b), (Kind::A, self.settings.type_a)];
        for (kind, _) in kinds.into_iter().filter(|(_, wanted)| *wanted) {
            match self.list(kind)? {
                Listed::Nothing => {}
                Listed::Unsupported => {
                    *unsupported = true;
                    self.release()?;
                }
                Listed::Two => return Err(Error::TwoCards),
                Listed::Card(rates) => {
                    if kind == Kind::A {
                        self.select_rates(rates)?;
                    }
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn begin_presence(&mut self) -> Result<(), Error> {
        self.active = false;
        self.field(false)?;
        let off = self.time.now().after(self.settings.reset);
        self.pause(off);
        self.field(true)?;
        let on = self.time.now().after(self.settings.guard);
        self.pause(on);
        Ok(())
    }

    /// InRelease of all: S(DESELECT) to the card, which has nothing to work at. Where the chip waits
    /// longer for a card that is gone, it is stopped: the field goes off next.
    fn release(&mut self) -> Result<(), Error> {
        let order = Order::once(command::RELEASE, &[0x00], &[], self.settings.answer_limit);
        self.order(&order).map(drop)
    }

    /// One part of an APDU; what came of the answer is at the beginning of the buffer, so long, and
    /// whether more follows.
    fn part(&mut self, part: &[u8], more: bool) -> Result<(usize, bool), Error> {
        let target = if more { TARGET | MORE } else { TARGET };
        let limit = self.settings.exchange_limit;
        let order = Order::once(command::DATA_EXCHANGE, &[target], part, limit);
        let length = self.order(&order)?;
        let (first, _) = self.answer(length).split_first().ok_or(Error::Answer)?;
        match command::status(*first) {
            (Status::OK, more) => Ok((length, more)),
            (status, _) => Err(Error::Card(status)),
        }
    }

    fn apdu(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        let mut rest = command;
        let (mut length, mut more) = loop {
            match rest.split_at_checked(PART) {
                Some((part, next)) if !next.is_empty() => {
                    rest = next;
                    self.part(part, true)?;
                }
                _ => break self.part(rest, false)?,
            }
        };
        let mut came = 0_usize;
        let mut fits = true;
        loop {
            let data = self.buffer.get(3..length).unwrap_or_default();
            let next = came.saturating_add(data.len());
            match response.get_mut(came..next) {
                Some(room) => copy(room, data),
                // All the same it is fetched to its end, or the card stays in the middle of it.
                None => fits = false,
            }
            came = next;
            if !more {
                return if fits { Ok(came) } else { Err(Error::BufferTooSmall) };
            }
            if data.is_empty() || came > ANSWER {
                return Err(Error::Answer);
            }
            (length, more) = self.part(&[], false)?;
        }
    }

    /// Does the card answer the presence check of the chip?
    fn attention(&mut self) -> Result<bool, Error> {
        let limit = self.settings.exchange_limit;
        let order = Order::once(command::DIAGNOSE, &[ATTENTION], &[], limit);
        let length = self.order(&order)?;
        match self.answer(length) {
            [status] => Ok(*status == Status::OK.0),
            _ => Err(Error::Answer),
        }
    }
}

/// The longest answer of a card: 65,536 bytes and the status word.
const ANSWER: usize = 65_538;

impl<B: Bus, T: Time, R: Reset> CardFrontEnd for Pn532<B, T, R> {
    type Error = Error;

    fn activate(&mut self, limit: Duration) -> Result<(), Error> {
        let end = self.time.now().after(limit);
        let mut unsupported = false;
        let mut begun = false;
        loop {
            let found = match begun {
                true => self.look(&mut unsupported),
                false => self.begin_presence().and_then(|()| {
                    begun = true;
                    self.look(&mut unsupported)
                }),
            };
            let over = self.time.now() >= end;
            match found {
                Ok(true) => {
                    self.active = true;
                    return Ok(());
                }
                Ok(false) if over && unsupported => return Err(self.end(Error::UnsupportedCard)),
                Ok(false) if over => return Err(self.end(Error::NoCard)),
                Ok(false) => {}
                // A card that comes near is hard to read at first; a chip that fell silent is
                // woken. Both begin anew.
                Err(Error::Card(_) | Error::NoAnswer) if !over => begun = false,
                Err(error) => return Err(self.end(error)),
            }
            let next = self.time.now().after(self.settings.poll_pause);
            self.pause(next);
        }
    }

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Error> {
        if command.is_empty() {
            return Err(Error::CommandLength);
        }
        if !self.active {
            return Err(Error::NotReady);
        }
        match self.apdu(command, response) {
            Ok(length) => Ok(length),
            Err(Error::BufferTooSmall) => Err(Error::BufferTooSmall),
            // A card that was silent is gone if it does not answer the presence check either.
            Err(Error::Card(Status::TIMEOUT)) => {
                let error = match self.attention() {
                    Ok(false) => Error::CardRemoved,
                    Ok(true) => Error::Card(Status::TIMEOUT),
                    Err(error) => error,
                };
                Err(self.end(error))
            }
            Err(error) => Err(self.end(error)),
        }
    }

    fn is_present(&mut self) -> Result<bool, Error> {
        if !self.active {
            return Err(Error::NotReady);
        }
        // One that was not heard is asked once more.
        for _ in 0..2 {
            match self.attention() {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => return Err(self.end(error)),
            }
        }
        Ok(false)
    }

    fn deactivate(&mut self) -> Result<(), Error> {
        if core::mem::replace(&mut self.active, false) {
            // The field goes off in any case.
            let _ = self.release();
        }
        self.field(false)
    }
}
