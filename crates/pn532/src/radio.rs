//! Raw frames: the chip sends and receives, and the engine of `kazasu-nfc` does the rest.
//!
//! Each frame is one InCommunicateThru (UM0701-02, 7.3.9), with checksum and repetitions of the chip
//! switched off. How it is modulated is set by registers (data sheet, 8.6.23), how long to wait by
//! RFConfiguration.

use crate::board::{Reset, Time};
use crate::bus::Bus;
use crate::chip::{Pn532, Radio};
use crate::command::{self, Order};
use crate::error::{Error, Status};
use crate::frame::copy;
use core::task::{Poll, ready};
use kazasu_nfc::{BitRate, Capabilities, Duration, Exchange, FrontEnd, Instant, Kind, Reception};

/// Bytes of a frame, checksum included, that go through the chip in both directions
/// (UM0701-02, 7.3.8: 262 bytes of data).
pub const FRAME: u16 = 262;

/// Item of RFConfiguration: timings.
const TIMINGS: u8 = 0x02;
/// That of ATR_RES, as it is by default; not used here.
const ATR_RES_TIMEOUT: u8 = 0x0B;

// Registers (data sheet, 8.6.23).
const CIU_TX_MODE: u8 = 0x02;
const CIU_RX_MODE: u8 = 0x03;
const CIU_TX_AUTO: u8 = 0x05;
const CIU_RX_THRESHOLD: u8 = 0x08;
const CIU_MIF_NFC: u8 = 0x0C;
const CIU_MOD_WIDTH: u8 = 0x14;
const CIU_GS_N_ON: u8 = 0x17;
const CIU_CW_GS_P: u8 = 0x18;
const CIU_MOD_GS_P: u8 = 0x19;
const CIU_BIT_FRAMING: u8 = 0x3D;
/// All of them are at 63xx.
const PAGE: u8 = 0x63;

/// In CIU_TxAuto: full modulation, which is Type A's.
const FORCE_100_ASK: u8 = 0x40;

impl<B: Bus, T: Time, R: Reset> Pn532<B, T, R> {
    /// The next order that sets the chip up for this exchange; `None`: it is.
    fn poll_set_up(&mut self, exchange: &Exchange) -> Poll<Result<(), Error>> {
        let radio =
            Radio { kind: exchange.kind, to_card: exchange.to_card, from_card: exchange.from_card };
        let (timeout, _) = command::timeout(exchange.wait);
        let bits = exchange.align << 4 | exchange.last_bits() & 0x07;
        let limit = self.settings.answer_limit;
        loop {
            if self.known.field != Some(true) {
                return Poll::Ready(Err(Error::NoAnswer));
            }
            let Some(transmitter) = self.known.transmitter else {
                let order = Order::once(command::READ_REGISTER, &[PAGE, CIU_TX_AUTO], &[], limit);
                let length = ready!(self.poll_order(&order))?.unwrap_or_default();
                let [value] = *self.answer(length) else {
                    return Poll::Ready(Err(Error::Answer));
                };
                self.known.transmitter = Some(value);
                continue;
            };
            if self.known.radio != Some(radio) {
                let values = self.registers(radio, transmitter);
                let order = write_registers(&values, limit);
                ready!(self.poll_set(&order, |known| known.radio = Some(radio)))?;
            } else if self.known.bits != Some(bits) {
                let order = write_registers(&[(CIU_BIT_FRAMING, bits)], limit);
                ready!(self.poll_set(&order, |known| known.bits = Some(bits)))?;
            } else if self.known.timeout != Some(timeout) {
                let timings = [TIMINGS, 0x00, ATR_RES_TIMEOUT, timeout];
                let order = Order::once(command::RF_CONFIGURATION, &timings, &[], limit);
                ready!(self.poll_set(&order, |known| known.timeout = Some(timeout)))?;
            } else {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn registers(&self, radio: Radio, transmitter: u8) -> [(u8, u8); 9] {
        // No checksum by the chip; the rate; the framing.
        let (framing, ask, index) = match radio.kind {
            Kind::A => (0x00, transmitter | FORCE_100_ASK, 0),
            Kind::B => (0x03, transmitter & !FORCE_100_ASK, 1),
        };
        let analog = &self.settings.analog;
        let [a, b] = analog.gs_n_on;
        let [mod_a, mod_b] = analog.mod_gs_p;
        let by_rate = analog.by_rate.get(usize::from(radio.to_card.code()));
        let [threshold, width, mif] = by_rate.copied().unwrap_or_default();
        [
            (CIU_TX_MODE, radio.to_card.code() << 4 | framing),
            (CIU_RX_MODE, radio.from_card.code() << 4 | framing),
            (CIU_TX_AUTO, ask),
            (CIU_RX_THRESHOLD, threshold),
            (CIU_MIF_NFC, mif),
            (CIU_MOD_WIDTH, width),
            (CIU_GS_N_ON, if index == 0 { a } else { b }),
            (CIU_CW_GS_P, analog.cw_gs_p),
            (CIU_MOD_GS_P, if index == 0 { mod_a } else { mod_b }),
        ]
    }

    /// One exchange of frames; the same until it is done.
    fn poll_exchange(
        &mut self,
        exchange: &Exchange,
        frame: &mut [u8],
    ) -> Poll<Result<Reception, Error>> {
        if self.ending.is_none() {
            match ready!(self.poll_thru(exchange, frame)) {
                Ok(reception) => return Poll::Ready(Ok(reception)),
                Err(error) => {
                    // Whatever was learnt on the way is not to be relied on.
                    self.abandon();
                    self.ending = Some(error);
                }
            }
        }
        self.poll_end().map(Err)
    }

    fn poll_thru(
        &mut self,
        exchange: &Exchange,
        frame: &mut [u8],
    ) -> Poll<Result<Reception, Error>> {
        let limit = self.settings.answer_limit;
        if self.confirming {
            // That the time is over says something of the card only if the chip is well.
            let order = Order::once(command::FIRMWARE_VERSION, &[], &[], limit);
            let answer = ready!(self.poll_order(&order));
            self.confirming = false;
            return Poll::Ready(answer.map(|_| Reception::Silence));
        }
        if !self.in_thru {
            ready!(self.poll_set_up(exchange))?;
            self.in_thru = true;
        }
        let (_, time) = command::timeout(exchange.wait);
        // The chip says nothing before it has the whole answer.
        let answer = air(frame.len().min(usize::from(FRAME)), exchange.from_card);
        let most = exchange.wait.plus(answer).plus(self.settings.grace);
        let bounded = time > most;
        let most = match bounded {
            true => most.plus(air(exchange.bytes(), exchange.to_card)),
            false => time.plus(limit),
        };
        let Some(data) = frame.get(..exchange.bytes()) else {
            return Poll::Ready(Err(Error::FrameLength));
        };
        let mut order = Order::once(command::COMMUNICATE_THRU, &[], data, most);
        order.bounded = bounded;
        let result = ready!(self.poll_order(&order));
        self.in_thru = false;
        let Some(length) = result? else {
            self.confirming = true;
            return self.poll_thru(exchange, frame);
        };
        Poll::Ready(self.received(exchange.kind, length, frame))
    }

    fn received(&self, kind: Kind, length: usize, frame: &mut [u8]) -> Result<Reception, Error> {
        let (status, data) = self.answer(length).split_first().ok_or(Error::Answer)?;
        match command::status(*status).0 {
            Status::OK => Ok(match frame.get_mut(..data.len()) {
                Some(room) => {
                    copy(room, data);
                    // At most 262 bytes.
                    Reception::Frame { bits: (data.len() as u16).saturating_mul(8) }
                }
                None => Reception::Garbled,
            }),
            Status::TIMEOUT => Ok(Reception::Silence),
            // The chip does not say at which bit.
            Status::COLLISION if kind == Kind::A => Ok(Reception::Collision { bits: 0 }),
            status if status.is_damage() => Ok(Reception::Garbled),
            status => Err(Error::Card(status)),
        }
    }
}

/// How long so many bytes are on the air at most: a character of Type B with its guard time is 12
/// etu, 113.3 µs at 106 kbit/s.
#[inline(never)]
fn air(bytes: usize, rate: BitRate) -> Duration {
    let micros = (bytes as u32).saturating_add(3).saturating_mul(114) >> rate.code();
    Duration::from_micros(micros.into())
}

fn write_registers(values: &[(u8, u8)], limit: Duration) -> Order<'static> {
    let mut bytes = [0; 27];
    let mut length = 0_usize;
    for (places, (register, value)) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(values) {
        *places = [PAGE, *register, *value];
        length = length.saturating_add(3);
    }
    Order::once(command::WRITE_REGISTER, bytes.get(..length).unwrap_or_default(), &[], limit)
}

impl<B: Bus, T: Time, R: Reset> FrontEnd for Pn532<B, T, R> {
    type Error = Error;

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::new(FRAME);
        capabilities.rates_a = self.settings.rates_a;
        capabilities.rates_b = self.settings.rates_b;
        capabilities
    }

    fn now(&mut self) -> Instant {
        self.time.now()
    }

    fn wait(&mut self, until: Instant) {
        self.pause(until);
    }

    fn switch(&mut self, on: bool) -> Result<(), Error> {
        self.block(|chip| chip.poll_field(on))
    }

    fn exchange(&mut self, exchange: &Exchange, frame: &mut [u8]) -> Result<Reception, Error> {
        self.pause(exchange.not_before);
        self.block(|chip| chip.poll_exchange(exchange, frame))
    }
}

#[cfg(feature = "nb")]
impl<B: Bus, T: Time, R: Reset> kazasu_nfc::PolledFrontEnd for Pn532<B, T, R> {
    type Error = Error;

    fn capabilities(&self) -> Capabilities {
        FrontEnd::capabilities(self)
    }

    fn now(&mut self) -> Instant {
        self.time.now()
    }

    fn switch(&mut self, on: bool) -> nb::Result<(), Error> {
        // What an exchange that was given up still had to tell.
        self.ending = None;
        polled(self.poll_field(on))
    }

    fn begin(&mut self, _: &Exchange, _: &[u8]) -> Result<(), Error> {
        // All is done in `poll`, which has the frame too.
        Ok(())
    }

    fn poll(&mut self, exchange: &Exchange, frame: &mut [u8]) -> nb::Result<Reception, Error> {
        polled(self.poll_exchange(exchange, frame))
    }
}

#[cfg(feature = "nb")]
fn polled<V>(poll: Poll<Result<V, Error>>) -> nb::Result<V, Error> {
    match poll {
        Poll::Ready(Ok(value)) => Ok(value),
        Poll::Ready(Err(error)) => Err(nb::Error::Other(error)),
        Poll::Pending => Err(nb::Error::WouldBlock),
    }
}
