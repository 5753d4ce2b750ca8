//! The adapters of the driver over ports and pins that expect what is done with them.

use embedded_hal_mock::eh1::digital::{Mock as Pin, State, Transaction as Level};
use embedded_hal_mock::eh1::serial::{Mock as Uart, Transaction as Byte};
use embedded_hal_nb::{nb, serial::ErrorKind};
use kazasu_contact::driver::{
    Absent, Contacts as _, Line as _, Pins, Received, SerialFault, SerialNb, Unsupported,
};
use kazasu_contact::slot::{Class, Contact, Level as To, Serial};

fn keep(_: &mut Uart<u8>, _: &Serial) -> Result<(), SerialFault> {
    Ok(())
}

#[test]
fn characters_pass_as_they_are() {
    let mut uart = Uart::new(&[
        Byte::read(0x3B),
        Byte::read_error(nb::Error::WouldBlock),
        Byte::write(0xA5),
        Byte::write_error(0x5A, nb::Error::WouldBlock),
        Byte::flush(),
        Byte::flush_error(nb::Error::WouldBlock),
    ]);
    let mut line = SerialNb::new(uart.clone(), keep);
    assert_eq!(line.receive(), Ok(Some(Received::Character(0x3B))));
    assert_eq!(line.receive(), Ok(None));
    assert_eq!(line.send(0xA5), Ok(true));
    assert_eq!(line.send(0x5A), Ok(false));
    assert_eq!(line.is_sent(), Ok(true));
    assert_eq!(line.is_sent(), Ok(false));
    uart.done();
}

#[test]
fn a_damaged_character_is_told_from_a_broken_port() {
    // Only a frame without its stop bit is the error signal of T=0.
    let damaged = [
        (ErrorKind::Parity, Received::Garbled),
        (ErrorKind::FrameFormat, Received::Framing),
        (ErrorKind::Noise, Received::Garbled),
        (ErrorKind::Overrun, Received::Garbled),
    ];
    for (kind, told) in damaged {
        let mut uart = Uart::new(&[Byte::read_error(nb::Error::Other(kind))]);
        let mut line = SerialNb::new(uart.clone(), keep);
        assert_eq!(line.receive(), Ok(Some(told)), "{kind:?}");
        uart.done();
    }
    let broken = nb::Error::Other(ErrorKind::Other);
    let mut uart = Uart::new(&[
        Byte::read_error(broken),
        Byte::write_error(1, broken),
        Byte::flush_error(broken),
    ]);
    let mut line = SerialNb::new(uart.clone(), keep);
    assert_eq!(line.receive(), Err(SerialFault));
    assert_eq!(line.send(1), Err(SerialFault));
    assert_eq!(line.is_sent(), Err(SerialFault));
    uart.done();
}

#[test]
fn the_contacts_are_pins() {
    let mut power = Pin::new(&[Level::set(State::High), Level::set(State::Low)]);
    let mut reset = Pin::new(&[Level::set(State::Low), Level::set(State::High)]);
    let mut clock = Pin::new(&[Level::set(State::High), Level::set(State::Low)]);
    let mut detect = Pin::new(&[Level::get(State::High), Level::get(State::Low)]);
    let mut pins = Pins::new(power.clone(), reset.clone(), clock.clone(), detect.clone(), Class::B);
    // Another voltage is not put on the card, and the pin is not touched.
    assert_eq!(pins.set(Contact::Vcc(Some(Class::A))), Err(Unsupported));
    let activation = [
        Contact::Rst(To::Low),
        Contact::Vcc(Some(Class::B)),
        Contact::Io(To::High),
        Contact::Clk(true),
        Contact::Rst(To::High),
    ];
    for contact in activation.into_iter().chain([Contact::Clk(false), Contact::Vcc(None)]) {
        assert_eq!(pins.set(contact), Ok(()), "{contact:?}");
    }
    assert!(pins.is_present());
    assert!(!pins.is_present());
    for pin in [&mut power, &mut reset, &mut clock, &mut detect] {
        pin.done();
    }
    let mut without = Pins::new(Absent, Absent, Absent, Absent, Class::A);
    assert!(without.is_present());
    assert_eq!(without.set(Contact::Clk(false)), Ok(()));
}
