//! What a reader with an antenna needs of the board: a PN532 on UART 0, or a radio there.
//!
//! # The radio is a stand-in
//! QEMU has no radio, and no chip speaks as this one does. [`StandInRadio`] sends each frame to the
//! host; `crates/virtual-card` plays the air, and the cards in it, at the other end of UART 0. A
//! board with a radio of its own replaces it by a driver of that.
//!
//! | Order | What follows it | Answer |
//! |---|---|---|
//! | 00: field off, 01: field on | moment (8) | the order |
//! | 02: exchange | moment (8), kind (0 A, 1 B), code of the rate to the card and from it, first bit of the answer, bits (2), waiting time (4), shortest answer (4), then the frame | what came (0 nothing, 1 garbled, 2 collision, 3 frame), moment (8), bits (2), then the frame of 2 and 3 |
//!
//! Numbers are big-endian, times are µs. Kinds, rates and bits mean what they do in
//! [`kazasu_nfc::Exchange`] and [`kazasu_nfc::Reception`]. The frame has as many bytes as its bits
//! need; that of the answer begins at the bit that was asked for.
//!
//! Its time is that of the air: what the processor works and what frames and cards take. What the
//! UART and the emulator take does not count, and a wait is over at once.

use core::{convert::Infallible, fmt};

use embedded_hal_nb::{
    nb,
    serial::{ErrorType, Read, Write},
};
use kazasu_apdu::{
    time::Instant,
    transport::{self, ErrorKind},
};
use kazasu_nfc::{Capabilities, Exchange, FrontEnd, Kind, Rates, Reception};
use kazasu_pn532::{Pn532, Settings, bus::SerialNb};

use crate::{
    Clock,
    board::{self, FASTEST, Uart},
    clock,
};

/// The UART of the chip.
const CHIP: usize = 0;

/// A UART that waits until it has room, so that this does not count as work, and on which characters
/// come one at a time: how many QEMU would have at once depends on what else the host does, and a
/// driver is asked more often the fewer they are.
#[derive(Debug)]
pub struct Line(Uart);

impl ErrorType for Line {
    type Error = Infallible;
}

impl Read<u8> for Line {
    fn read(&mut self) -> nb::Result<u8, Infallible> {
        if clock::is_there(&self.0) {
            clock::take();
            self.0.read()
        } else {
            Err(nb::Error::WouldBlock)
        }
    }
}

impl Write<u8> for Line {
    fn write(&mut self, character: u8) -> nb::Result<(), Infallible> {
        if self.0.write(character).is_err() {
            let begin = board::ticks();
            let Ok(()) = nb::block!(self.0.write(character));
            clock::count_idle(begin);
        }
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), Infallible> {
        self.0.flush()
    }
}

impl Line {
    fn open() -> Self {
        Self(Uart::open(CHIP, FASTEST))
    }

    fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            // It waits by itself.
            let _ = self.write(*byte);
        }
    }
}

/// A PN532 on UART 0.
pub type Chip = Pn532<SerialNb<Line>, Clock>;

/// The PN532 of the board. Nothing is sent yet.
pub fn chip(settings: Settings) -> Chip {
    Pn532::new(SerialNb::new(Line::open()), Clock::start(CHIP), settings)
}

/// A raw radio on UART 0 that no board has: see the [module](self).
#[derive(Debug)]
pub struct StandInRadio {
    line: Line,
    /// What is to be added to the clock of the board.
    ahead: u64,
}

/// Bytes of the largest frame.
const FRAME: u16 = 256;

const EXCHANGE: u8 = 2;

impl StandInRadio {
    /// Over UART 0. Its field is off.
    pub fn open() -> Self {
        board::start_timer();
        Self { line: Line::open(), ahead: 0 }
    }

    fn moment(&self) -> u64 {
        board::microseconds().wrapping_add(self.ahead)
    }

    /// It is this moment now, whatever the board's clock says.
    fn set_moment(&mut self, moment: u64) {
        self.ahead = moment.wrapping_sub(board::microseconds());
    }

    fn receive<const N: usize>(&mut self) -> Result<[u8; N], RadioLost> {
        let mut bytes = [0; N];
        if clock::receive_all(&mut self.line.0, &mut bytes) { Ok(bytes) } else { Err(RadioLost) }
    }
}

impl FrontEnd for StandInRadio {
    type Error = RadioLost;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(FRAME).with_rates(Rates::ALL)
    }

    fn now(&mut self) -> Instant {
        Instant::from_micros(self.moment())
    }

    fn wait(&mut self, until: Instant) {
        self.set_moment(self.moment().max(until.micros()));
    }

    fn switch(&mut self, on: bool) -> Result<(), RadioLost> {
        let (moment, order) = (self.moment(), [u8::from(on)]);
        self.line.send(&order);
        self.line.send(&moment.to_be_bytes());
        let answer = self.receive()?;
        self.set_moment(moment);
        if answer == order { Ok(()) } else { Err(RadioLost) }
    }

    fn exchange(&mut self, exchange: &Exchange, frame: &mut [u8]) -> Result<Reception, RadioLost> {
        let moment = self.moment().max(exchange.not_before.micros());
        let kind = match exchange.kind {
            Kind::A => 0,
            Kind::B => 1,
        };
        let rates = [exchange.to_card.code(), exchange.from_card.code()];
        // No span is longer than 32 bits.
        let [wait, shortest] =
            [exchange.wait, exchange.shortest()].map(|span| span.micros() as u32);
        for part in [
            &[EXCHANGE][..],
            &moment.to_be_bytes(),
            &[kind],
            &rates,
            &[exchange.align],
            &exchange.bits.to_be_bytes(),
            &wait.to_be_bytes(),
            &shortest.to_be_bytes(),
            frame.get(..exchange.bytes()).ok_or(RadioLost)?,
        ] {
            self.line.send(part);
        }
        let [what] = self.receive()?;
        let over = u64::from_be_bytes(self.receive()?);
        let bits = u16::from_be_bytes(self.receive()?);
        let bytes = match what {
            2 | 3 => usize::from(bits).saturating_add(exchange.align.into()).div_ceil(8),
            _ => 0,
        };
        let room = frame.get_mut(..bytes).ok_or(RadioLost)?;
        if !clock::receive_all(&mut self.line.0, room) {
            return Err(RadioLost);
        }
        self.set_moment(over.max(moment));
        Ok(match what {
            0 => Reception::Silence,
            1 => Reception::Garbled,
            2 => Reception::Collision { bits },
            3 => Reception::Frame { bits },
            _ => return Err(RadioLost),
        })
    }
}

/// The other end of the UART is silent, or says what it should not.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RadioLost;

impl fmt::Display for RadioLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ErrorKind::ReaderLost.describe())
    }
}

impl core::error::Error for RadioLost {}

impl transport::Error for RadioLost {
    fn kind(&self) -> ErrorKind {
        ErrorKind::ReaderLost
    }
}
