//! The chip's pins as ports of `embedded-hal`, `embedded-hal-nb` and `embedded-io`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use embedded_hal::digital::{self, InputPin};
use embedded_hal::i2c::{self, NoAcknowledgeSource};
use embedded_hal::spi::{self, SpiDevice};
use embedded_hal_nb::{nb, serial};
use kazasu_nfc::Instant;
use kazasu_pn532::bus::{self, IrqPin};
use kazasu_pn532::{Reset, Time};
use kazasu_virtual_card::Responder;
use kazasu_virtual_card::pn532::Pn532 as Chip;

/// The chip, and the moment that is now.
pub(crate) struct World<R> {
    pub(crate) chip: Chip<R>,
    pub(crate) now: Duration,
    /// What the chip has put on its serial line.
    line: VecDeque<u8>,
}

pub(crate) type Shared<R> = Rc<RefCell<World<R>>>;

impl<R: Responder> World<R> {
    pub(crate) fn new(chip: Chip<R>) -> Shared<R> {
        Rc::new(RefCell::new(Self { chip, now: Duration::ZERO, line: VecDeque::new() }))
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn listen(&mut self) {
        while let Some(said) = self.chip.poll(self.now) {
            self.line.extend(said);
        }
    }
}

/// Time passes when it is looked at, and when there is nothing to do.
pub(crate) struct Clock<R>(pub(crate) Shared<R>);

impl<R: Responder> Time for Clock<R> {
    fn now(&mut self) -> Instant {
        let mut world = self.0.borrow_mut();
        world.pass(Duration::from_micros(5));
        Instant::from_micros(world.now.as_micros() as u64)
    }

    fn idle(&mut self, until: Instant) {
        let mut world = self.0.borrow_mut();
        let until = Duration::from_micros(until.micros());
        let next = world.chip.next().map_or(until, |next| next.min(until));
        world.now = world.now.max(next) + Duration::from_micros(1);
    }
}

pub(crate) struct ResetWire<R>(pub(crate) Shared<R>);

impl<R: Responder> Reset for ResetWire<R> {
    const WIRED: bool = true;

    fn hold(&mut self, held: bool) {
        let mut world = self.0.borrow_mut();
        let now = world.now;
        if held {
            world.chip.reset(now);
        }
    }
}

pub(crate) struct Uart<R>(Shared<R>);

impl<R: Responder> Uart<R> {
    pub(crate) fn new(world: &Shared<R>) -> Self {
        Self(world.clone())
    }
}

impl<R> embedded_io::ErrorType for Uart<R> {
    type Error = Infallible;
}

impl<R: Responder> embedded_io::Read for Uart<R> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Infallible> {
        let mut world = self.0.borrow_mut();
        let count = room.len().min(world.line.len());
        for place in &mut room[..count] {
            *place = world.line.pop_front().unwrap();
        }
        Ok(count)
    }
}

impl<R: Responder> embedded_io::ReadReady for Uart<R> {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        let mut world = self.0.borrow_mut();
        world.listen();
        Ok(!world.line.is_empty())
    }
}

impl<R: Responder> embedded_io::Write for Uart<R> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let mut world = self.0.borrow_mut();
        // Sixteen at a time, as a small UART has room.
        let count = bytes.len().min(16);
        let now = world.now;
        world.chip.receive(&bytes[..count], now);
        world.pass(Duration::from_micros(87 * count as u64));
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl<R: Responder> embedded_io::WriteReady for Uart<R> {
    fn write_ready(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }
}

impl<R> serial::ErrorType for Uart<R> {
    type Error = serial::ErrorKind;
}

impl<R: Responder> serial::Read<u8> for Uart<R> {
    fn read(&mut self) -> nb::Result<u8, serial::ErrorKind> {
        let mut world = self.0.borrow_mut();
        world.listen();
        world.line.pop_front().ok_or(nb::Error::WouldBlock)
    }
}

impl<R: Responder> serial::Write<u8> for Uart<R> {
    fn write(&mut self, byte: u8) -> nb::Result<(), serial::ErrorKind> {
        let mut world = self.0.borrow_mut();
        let now = world.now;
        world.chip.receive(&[byte], now);
        world.pass(Duration::from_micros(87));
        Ok(())
    }

    fn flush(&mut self) -> nb::Result<(), serial::ErrorKind> {
        Ok(())
    }
}

pub(crate) struct Irq<R>(Shared<R>);

impl<R> digital::ErrorType for Irq<R> {
    type Error = Infallible;
}

impl<R: Responder> InputPin for Irq<R> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        self.is_low().map(|low| !low)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        let mut world = self.0.borrow_mut();
        let now = world.now;
        Ok(world.chip.is_ready(now))
    }
}

pub(crate) struct TwoWires<R>(Shared<R>);

pub(crate) fn i2c<R: Responder>(world: &Shared<R>) -> bus::I2c<TwoWires<R>> {
    bus::I2c::new(TwoWires(world.clone()))
}

pub(crate) fn i2c_with_irq<R: Responder>(
    world: &Shared<R>,
) -> bus::I2c<TwoWires<R>, IrqPin<Irq<R>>> {
    bus::I2c::with_irq(TwoWires(world.clone()), IrqPin(Irq(world.clone())))
}

impl<R> i2c::ErrorType for TwoWires<R> {
    type Error = i2c::ErrorKind;
}

impl<R: Responder> i2c::I2c for TwoWires<R> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [i2c::Operation<'_>],
    ) -> Result<(), i2c::ErrorKind> {
        assert_eq!(address, 0x24);
        let mut world = self.0.borrow_mut();
        for operation in operations {
            let now = world.now;
            let count = match operation {
                i2c::Operation::Write(bytes) => {
                    if !world.chip.i2c_write(bytes, now) {
                        return Err(i2c::ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
                    }
                    bytes.len()
                }
                i2c::Operation::Read(room) => {
                    room.copy_from_slice(&world.chip.i2c_read(room.len(), now));
                    room.len()
                }
            };
            // 400 kHz.
            world.pass(Duration::from_nanos(22_500 * (count as u64 + 1)));
        }
        Ok(())
    }
}

pub(crate) struct FourWires<R>(Shared<R>);

pub(crate) fn spi<R: Responder>(world: &Shared<R>) -> bus::Spi<FourWires<R>> {
    bus::Spi::new(FourWires(world.clone()), bus::BitOrder::MostSignificantFirst)
}

pub(crate) fn spi_with_irq<R: Responder>(
    world: &Shared<R>,
) -> bus::Spi<FourWires<R>, IrqPin<Irq<R>>> {
    let irq = IrqPin(Irq(world.clone()));
    bus::Spi::with_irq(FourWires(world.clone()), bus::BitOrder::MostSignificantFirst, irq)
}

impl<R> spi::ErrorType for FourWires<R> {
    type Error = spi::ErrorKind;
}

impl<R: Responder> SpiDevice for FourWires<R> {
    fn transaction(
        &mut self,
        operations: &mut [spi::Operation<'_, u8>],
    ) -> Result<(), spi::ErrorKind> {
        let mut sent = Vec::new();
        for operation in operations.iter() {
            match operation {
                spi::Operation::Write(bytes) => {
                    sent.extend(bytes.iter().map(|byte| byte.reverse_bits()));
                }
                spi::Operation::Read(room) => sent.resize(sent.len() + room.len(), 0),
                _ => return Err(spi::ErrorKind::Other),
            }
        }
        let mut world = self.0.borrow_mut();
        let now = world.now;
        let came = world.chip.spi(&sent, now);
        // 4 MHz of the 5 that the chip takes.
        world.pass(Duration::from_micros(2 * sent.len() as u64));
        let mut at = 0;
        for operation in operations {
            match operation {
                spi::Operation::Write(bytes) => at += bytes.len(),
                spi::Operation::Read(room) => {
                    for place in room.iter_mut() {
                        *place = came[at].reverse_bits();
                        at += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
