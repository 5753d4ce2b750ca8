//! The bytes on each bus, against buses that expect them, written by hand from UM0701-02.

use std::collections::VecDeque;

use embedded_hal_mock::eh1::digital::{Mock as Pin, State, Transaction as Level};
use embedded_hal_mock::eh1::i2c::{Mock as I2cMock, Transaction as I2cStep};
use embedded_hal_mock::eh1::serial::{Mock as UartMock, Transaction as Byte};
use embedded_hal_mock::eh1::spi::{Mock as SpiMock, Transaction as SpiStep};
use embedded_hal_nb::nb;
use kazasu_nfc::Duration;
use kazasu_pn532::bus::{ADDRESS, BitOrder, I2c, IrqPin, SerialIo, SerialNb, Spi};
use kazasu_pn532::{Bus as _, BusFault, Firmware, Pn532, ResetPin, Settings};

const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
const FIRMWARE: Firmware = Firmware { version: 1, revision: 6, support: 7 };

/// What the driver says to set the chip up, and what the chip answers.
const SET_UP: [(&[u8], &[u8]); 5] = [
    // GetFirmwareVersion
    (
        &[0, 0, 0xFF, 0x02, 0xFE, 0xD4, 0x02, 0x2A, 0],
        &[0, 0, 0xFF, 0x06, 0xFA, 0xD5, 0x03, 0x32, 0x01, 0x06, 0x07, 0xE8, 0],
    ),
    // SAMConfiguration: normal mode, IRQ driven
    (
        &[0, 0, 0xFF, 0x05, 0xFB, 0xD4, 0x14, 0x01, 0x00, 0x01, 0x16, 0],
        &[0, 0, 0xFF, 0x02, 0xFE, 0xD5, 0x15, 0x16, 0],
    ),
    // RFConfiguration: no repetition of a frame, activation tried twice, field off
    (
        &[0, 0, 0xFF, 0x04, 0xFC, 0xD4, 0x32, 0x04, 0x00, 0xF6, 0],
        &[0, 0, 0xFF, 0x02, 0xFE, 0xD5, 0x33, 0xF8, 0],
    ),
    (
        &[0, 0, 0xFF, 0x06, 0xFA, 0xD4, 0x32, 0x05, 0xFF, 0x01, 0x01, 0xF4, 0],
        &[0, 0, 0xFF, 0x02, 0xFE, 0xD5, 0x33, 0xF8, 0],
    ),
    (
        &[0, 0, 0xFF, 0x04, 0xFC, 0xD4, 0x32, 0x01, 0x00, 0xF9, 0],
        &[0, 0, 0xFF, 0x02, 0xFE, 0xD5, 0x33, 0xF8, 0],
    ),
];

fn clock() -> impl FnMut() -> u64 {
    let mut now = 0;
    move || {
        now += 50;
        now
    }
}

/// As a bus reads it: as many bytes as the driver wants.
fn padded(before: &[u8], frame: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = [before, frame].concat();
    bytes.resize(length, 0x00);
    bytes
}

fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte.reverse_bits()).collect()
}

#[test]
fn on_i2c_with_the_ready_byte() {
    let mut steps = vec![I2cStep::write(ADDRESS, vec![0x00])];
    for (command, answer) in SET_UP {
        steps.extend([
            I2cStep::write(ADDRESS, command.to_vec()),
            I2cStep::read(ADDRESS, vec![0x00]),
            I2cStep::read(ADDRESS, vec![0x01]),
            I2cStep::read(ADDRESS, padded(&[0x01], &ACK, 7)),
            I2cStep::read(ADDRESS, vec![0x00]),
            I2cStep::read(ADDRESS, vec![0x01]),
            I2cStep::read(ADDRESS, padded(&[0x01], answer, 41)),
        ]);
    }
    let mut bus = I2cMock::new(&steps);
    let mut chip = Pn532::new(I2c::new(bus.clone()), clock(), Settings::default());
    assert_eq!(chip.wake(), Ok(FIRMWARE));
    bus.done();
}

#[test]
fn on_i2c_a_frame_longer_than_the_window_is_asked_for_again() {
    // With the pin the chip is not asked whether it is ready.
    let mut steps = vec![I2cStep::write(ADDRESS, vec![0x00])];
    let mut levels = vec![Level::get(State::High)];
    for (command, answer) in SET_UP {
        steps.extend([
            I2cStep::write(ADDRESS, command.to_vec()),
            I2cStep::read(ADDRESS, padded(&[0x01], &ACK, 7)),
            // Seven bytes and the ready byte: the head, and no more.
            I2cStep::read(ADDRESS, padded(&[0x01], &answer[..7], 8)),
            I2cStep::write(ADDRESS, vec![0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00]),
            I2cStep::read(ADDRESS, padded(&[0x01], answer, usize::from(answer[3]) + 11)),
        ]);
        levels.extend(vec![Level::get(State::Low); 3]);
    }
    let (mut bus, mut irq) = (I2cMock::new(&steps), Pin::new(&levels));
    let wired = I2c::with_irq(bus.clone(), IrqPin(irq.clone())).with_window(7);
    let mut chip = Pn532::new(wired, clock(), Settings::default());
    assert_eq!(chip.wake(), Ok(FIRMWARE));
    bus.done();
    irq.done();
}

#[test]
fn on_spi_with_the_least_significant_bit_first() {
    for order in [BitOrder::MostSignificantFirst, BitOrder::LeastSignificantFirst] {
        let on_bus = |bytes: &[u8]| match order {
            BitOrder::MostSignificantFirst => turned(bytes),
            BitOrder::LeastSignificantFirst => bytes.to_vec(),
        };
        let mut steps = Vec::new();
        let write = |steps: &mut Vec<SpiStep<u8>>, bytes: &[u8]| {
            steps.extend([
                SpiStep::transaction_start(),
                SpiStep::write_vec(on_bus(&[0x01])),
                SpiStep::write_vec(on_bus(bytes)),
                SpiStep::transaction_end(),
            ]);
        };
        let read = |steps: &mut Vec<SpiStep<u8>>, what: u8, bytes: &[u8]| {
            steps.extend([
                SpiStep::transaction_start(),
                SpiStep::write_vec(on_bus(&[what])),
                SpiStep::read_vec(on_bus(bytes)),
                SpiStep::transaction_end(),
            ]);
        };
        write(&mut steps, &[0x00]);
        for (command, answer) in SET_UP {
            write(&mut steps, command);
            read(&mut steps, 0x02, &[0x00]);
            read(&mut steps, 0x02, &[0x01]);
            read(&mut steps, 0x03, &ACK);
            read(&mut steps, 0x02, &[0x01]);
            read(&mut steps, 0x03, &padded(&[], answer, 280));
        }
        let mut device = SpiMock::new(&steps);
        let mut chip = Pn532::new(Spi::new(device.clone(), order), clock(), Settings::default());
        assert_eq!(chip.wake(), Ok(FIRMWARE));
        device.done();
    }
}

#[test]
fn on_a_serial_line_after_the_long_preamble() {
    // Nothing is there before the first command.
    let mut steps = vec![Byte::read_error(nb::Error::WouldBlock)];
    let wake: Vec<u8> = [&[0x55, 0x55][..], &[0x00; 14]].concat();
    for (at, (command, answer)) in SET_UP.iter().enumerate() {
        if at > 0 {
            // The postamble of the answer before is thrown away.
            steps.extend([Byte::read(0x00), Byte::read_error(nb::Error::WouldBlock)]);
            steps.push(Byte::read_error(nb::Error::WouldBlock));
        } else {
            steps.extend(wake.iter().map(|byte| Byte::write(*byte)));
        }
        steps.extend(command.iter().map(|byte| Byte::write(*byte)));
        steps.extend(ACK.iter().chain(&answer[..answer.len() - 1]).map(|byte| Byte::read(*byte)));
        steps.push(Byte::read_error(nb::Error::WouldBlock));
    }
    let mut uart = UartMock::new(&steps);
    let mut chip = Pn532::new(SerialNb::new(uart.clone()), clock(), Settings::default());
    assert_eq!(chip.wake(), Ok(FIRMWARE));
    uart.done();
}

/// A serial port of `embedded-io`: what is read, and what was written.
#[derive(Debug, Default)]
struct Port {
    came: VecDeque<Vec<u8>>,
    sent: Vec<u8>,
}

impl embedded_io::ErrorType for Port {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for Port {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, embedded_io::ErrorKind> {
        let came = self.came.pop_front().unwrap_or_default();
        if came.is_empty() {
            return Err(embedded_io::ErrorKind::Other);
        }
        room[..came.len()].copy_from_slice(&came);
        Ok(came.len())
    }
}

impl embedded_io::ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, embedded_io::ErrorKind> {
        Ok(!self.came.is_empty())
    }
}

impl embedded_io::Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, embedded_io::ErrorKind> {
        let count = bytes.len().min(7);
        self.sent.extend(&bytes[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> Result<(), embedded_io::ErrorKind> {
        Ok(())
    }
}

impl embedded_io::WriteReady for Port {
    fn write_ready(&mut self) -> Result<bool, embedded_io::ErrorKind> {
        Ok(true)
    }
}

#[test]
fn a_port_of_embedded_io_takes_what_it_can() {
    let mut bus = SerialIo::new(Port::default());
    let mut bytes: Vec<u8> = (0..20).collect();
    assert_eq!(bus.send(&mut bytes), Ok(7));
    let mut room = [0; 30];
    assert_eq!(bus.receive(&mut room), Ok(0));
    bus.uart_mut().came = VecDeque::from([vec![1, 2], vec![]]);
    assert_eq!((bus.receive(&mut room), &room[..2]), (Ok(2), &[1, 2][..]));
    // A damaged byte is passed over.
    assert_eq!(bus.receive(&mut room), Ok(0));
    assert_eq!(bus.uart_mut().sent, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_bus_without_a_chip_is_named_and_the_reset_pin_is_used() {
    /// Nobody acknowledges.
    #[derive(Debug)]
    struct Nobody;
    impl embedded_hal::i2c::ErrorType for Nobody {
        type Error = embedded_hal::i2c::ErrorKind;
    }
    impl embedded_hal::i2c::I2c for Nobody {
        fn transaction(
            &mut self,
            _: u8,
            _: &mut [embedded_hal::i2c::Operation<'_>],
        ) -> Result<(), embedded_hal::i2c::ErrorKind> {
            let source = embedded_hal::i2c::NoAcknowledgeSource::Address;
            Err(embedded_hal::i2c::ErrorKind::NoAcknowledge(source))
        }
    }
    let mut pin = Pin::new(&[Level::set(State::Low), Level::set(State::High)]);
    let mut settings = Settings::default();
    settings.reset_time = Duration::from_millis(1);
    let reset = ResetPin(pin.clone());
    let mut chip = Pn532::with_reset(I2c::new(Nobody), clock(), reset, settings);
    let error = chip.wake().unwrap_err();
    assert_eq!(error, kazasu_pn532::Error::Bus(BusFault::NoAcknowledge));
    assert!(error.to_string().contains("no PN532 acknowledges on I2C"));
    pin.done();
}
