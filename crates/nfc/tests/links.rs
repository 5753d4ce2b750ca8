//! The links over front ends: what they hand on, and what they make of a chip that fails.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu_apdu::transport::{Error as _, ErrorKind};
use kazasu_apdu::{PowerOff, Transport};
use kazasu_nfc::{
    Advice, Capabilities, CardFrontEnd, CardLink, Duration, Error, Exchange, FrontEnd, Instant,
    Link, LinkError, Reception, Settings, State, frame,
};

/// A radio with one well-behaved card of Type B, which answers every command by 9000, and with a
/// chip that fails at one call.
#[derive(Default)]
struct Radio {
    now: u64,
    on: bool,
    calls: u32,
    fails_at: Option<u32>,
    number: u8,
}

impl Radio {
    fn call(&mut self) -> Result<(), ErrorKind> {
        self.calls += 1;
        if self.fails_at == Some(self.calls) { Err(ErrorKind::ReaderLost) } else { Ok(()) }
    }

    fn answer(&mut self, exchange: &Exchange, buffer: &mut [u8]) -> Reception {
        let body = frame::open(exchange.kind, &buffer[..exchange.bytes()]).unwrap_or(&[]);
        let answer: &[u8] = match body {
            [0x05, ..] => &[0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0x00, 0x81, 0xA1],
            [0x1D, ..] => {
                self.number = 1;
                &[0x00]
            }
            [0x02 | 0x03, ..] => {
                self.number ^= 1;
                &[0x02 | self.number, 0x90, 0x00]
            }
            [0xB2 | 0xB3] => &[0xA2 | self.number],
            [0xC2] => &[0xC2],
            _ => return Reception::Silence,
        };
        let length = frame::write(exchange.kind, buffer, answer).unwrap();
        Reception::Frame { bits: length as u16 * 8 }
    }
}

impl FrontEnd for Radio {
    type Error = ErrorKind;

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(256)
    }
    fn now(&mut self) -> Instant {
        self.now += 10;
        Instant::from_micros(self.now)
    }
    fn wait(&mut self, until: Instant) {
        self.now = self.now.max(until.micros());
    }
    fn switch(&mut self, on: bool) -> Result<(), ErrorKind> {
        self.call()?;
        self.on = on;
        Ok(())
    }
    fn exchange(&mut self, exchange: &Exchange, buffer: &mut [u8]) -> Result<Reception, ErrorKind> {
        self.call()?;
        Ok(self.answer(exchange, buffer))
    }
}

#[test]
fn a_blocking_link() {
    let mut buffer = [0; 256];
    let mut link = Link::new(Radio::default(), Settings::default(), &mut buffer);
    let mut response = [0; 16];
    assert_eq!(link.transmit(&[0xAA], &mut response), Err(LinkError::Field(Error::NotReady)));
    assert_eq!(link.capabilities().extended_length, None);
    link.reconnect().unwrap();
    for _ in 0..3 {
        assert_eq!(link.transmit(&[0xAA], &mut response), Ok(2));
        assert_eq!(response[..2], [0x90, 0x00]);
        link.check().unwrap();
    }
    assert_eq!(
        link.transmit(&[0xAA], &mut response[..1]),
        Err(LinkError::Field(Error::BufferTooSmall))
    );
    assert_eq!(link.transmit(&[0xAA], &mut response), Ok(2));
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
    assert!(!link.front_end().on);
    assert_eq!(link.check(), Err(LinkError::Field(Error::NotReady)));
    assert!(link.card().is_none());
}

/// Whatever call of the chip fails: its own error comes up, no card is left, and a new presence can
/// be begun.
#[test]
fn a_chip_that_fails() {
    let mut calls = 0;
    for fails_at in 1.. {
        let radio = Radio { fails_at: Some(fails_at), ..Radio::default() };
        let mut buffer = [0; 256];
        let mut link = Link::new(radio, Settings::default(), &mut buffer);
        let mut session = || -> Result<(), LinkError<ErrorKind>> {
            link.reconnect()?;
            link.transmit(&[0xAA], &mut [0; 16])?;
            link.check()?;
            link.power_off().map(drop)
        };
        let result = session();
        if link.front_end().calls < fails_at {
            assert_eq!(result, Ok(()));
            break;
        }
        calls += 1;
        let error = result.unwrap_err();
        assert_eq!(error, LinkError::FrontEnd(ErrorKind::ReaderLost));
        assert_eq!(error.kind(), ErrorKind::ReaderLost);
        assert_eq!(error.field(), Error::FrontEnd);
        assert_eq!((link.field().state(), link.card()), (State::Off, None));
        assert!(link.transmit(&[0xAA], &mut [0; 16]).is_err());
        link.reconnect().unwrap();
        assert_eq!(link.transmit(&[0xAA], &mut [0; 16]), Ok(2));
    }
    // Off, on, WUPB, ATTRIB, a command, a check, DESELECT, off.
    assert_eq!(calls, 8);
}

/// A chip that does the block protocol itself.
#[derive(Default)]
struct Chip {
    card: bool,
    fails: Option<ErrorKind>,
    on: bool,
}

impl CardFrontEnd for Chip {
    type Error = ErrorKind;

    fn activate(&mut self, _limit: Duration) -> Result<(), ErrorKind> {
        self.on = true;
        if self.card { Ok(()) } else { Err(ErrorKind::NoCard) }
    }
    fn transmit(&mut self, _command: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        response[..2].copy_from_slice(&[0x90, 0x00]);
        self.fails.map_or(Ok(2), Err)
    }
    fn is_present(&mut self) -> Result<bool, ErrorKind> {
        Ok(self.card)
    }
    fn deactivate(&mut self) -> Result<(), ErrorKind> {
        self.on = false;
        Ok(())
    }
}

#[test]
fn a_chip_with_the_protocol() {
    let mut link = CardLink::new(Chip::default(), Duration::from_secs(1));
    let mut response = [0; 16];
    assert_eq!(link.reconnect(), Err(LinkError::FrontEnd(ErrorKind::NoCard)));
    assert_eq!(link.transmit(&[0xAA], &mut response), Err(LinkError::Field(Error::NotReady)));
    link.front_end_mut().card = true;
    link.reconnect().unwrap();
    assert_eq!(link.transmit(&[0xAA], &mut response), Ok(2));
    // What does not end the presence leaves it; what does, ends it until a new one was begun.
    link.front_end_mut().fails = Some(ErrorKind::BufferTooSmall);
    assert!(link.transmit(&[0xAA], &mut response).is_err());
    link.check().unwrap();
    link.front_end_mut().fails = Some(ErrorKind::LinkBroken);
    assert!(link.transmit(&[0xAA], &mut response).is_err());
    link.front_end_mut().fails = None;
    assert_eq!(link.transmit(&[0xAA], &mut response), Err(LinkError::Field(Error::NotReady)));
    link.reconnect().unwrap();
    link.front_end_mut().card = false;
    assert_eq!(link.check(), Err(LinkError::Field(Error::CardRemoved)));
    assert!(!link.front_end().on);
    assert_eq!(link.power_off(), Ok(PowerOff::Done));
}

/// However a link ends, the field is off.
#[test]
fn a_dropped_link_takes_the_field() {
    let (mut radio, mut buffer) = (Radio::default(), [0; 256]);
    // Never switched on, nothing is sent to a chip that sleeps.
    drop(Link::new(&mut radio, Settings::default(), &mut buffer));
    assert_eq!(radio.calls, 0);
    let mut link = Link::new(&mut radio, Settings::default(), &mut buffer);
    link.reconnect().unwrap();
    assert!(link.front_end().on);
    drop(link);
    assert!(!radio.on);
    // After an end of its own the chip is left alone.
    let mut link = Link::new(&mut radio, Settings::default(), &mut buffer);
    link.reconnect().unwrap();
    link.power_off().unwrap();
    let calls = link.front_end().calls;
    drop(link);
    assert_eq!(radio.calls, calls);
    // After a fault of the chip it is tried once more.
    let mut link = Link::new(&mut radio, Settings::default(), &mut buffer);
    link.reconnect().unwrap();
    let next = link.front_end().calls + 1;
    link.front_end_mut().fails_at = Some(next);
    assert!(link.transmit(&[0xAA], &mut [0; 16]).is_err());
    assert!(link.front_end().on);
    drop(link);
    assert!(!radio.on);
    // A chip that does the protocol.
    let mut chip = Chip { card: true, ..Chip::default() };
    let mut link = CardLink::new(&mut chip, Duration::from_secs(1));
    link.reconnect().unwrap();
    drop(link);
    assert!(!chip.on);
}

#[test]
fn what_to_tell_the_patient() {
    assert_eq!(Error::CardRemoved.advice(), Some(Advice::PutBack));
    assert_eq!(Error::Unreadable.advice(), Some(Advice::HoldStill));
    assert_eq!(Error::TwoCards.advice(), Some(Advice::OneCard));
    assert_eq!(Error::FrontEnd.advice(), None);
    assert_eq!(Error::CardRemoved.kind(), ErrorKind::CardRemoved);
    assert!(!Error::BufferTooSmall.kind().ends_presence());
    assert_eq!(LinkError::<ErrorKind>::Field(Error::TwoCards).kind(), ErrorKind::NoCard);
}

#[cfg(feature = "nb")]
mod polled {
    use super::{
        Capabilities, Error, ErrorKind, Exchange, Instant, LinkError, PowerOff, Radio, Reception,
        Settings,
    };
    use kazasu_apdu::PolledTransport;
    use kazasu_nfc::{Action, FrontEnd, PolledFrontEnd, PolledLink};

    /// The same radio; everything takes three polls of a millisecond.
    #[derive(Default)]
    pub(super) struct Slow {
        pub(super) radio: Radio,
        polls: u8,
        begun: u32,
        pub(super) gone: bool,
    }

    impl Slow {
        fn due(&mut self) -> bool {
            self.polls = (self.polls + 1) % 3;
            self.polls == 0
        }
    }

    impl PolledFrontEnd for Slow {
        type Error = ErrorKind;

        fn capabilities(&self) -> Capabilities {
            FrontEnd::capabilities(&self.radio)
        }
        fn now(&mut self) -> Instant {
            self.radio.now += 500;
            Instant::from_micros(self.radio.now)
        }
        fn switch(&mut self, on: bool) -> nb::Result<(), ErrorKind> {
            if self.due() { Ok(self.radio.switch(on)?) } else { Err(nb::Error::WouldBlock) }
        }
        fn begin(&mut self, _: &Exchange, _: &[u8]) -> Result<(), ErrorKind> {
            self.begun += 1;
            self.radio.call()
        }
        fn poll(
            &mut self,
            exchange: &Exchange,
            frame: &mut [u8],
        ) -> nb::Result<Reception, ErrorKind> {
            match self.due() {
                false => Err(nb::Error::WouldBlock),
                true if self.gone => Ok(Reception::Silence),
                true => Ok(self.radio.answer(exchange, frame)),
            }
        }
    }

    #[test]
    fn a_polled_link() {
        let mut buffer = [0; 256];
        let mut link = PolledLink::new(Slow::default(), Settings::default(), &mut buffer);
        nb::block!(link.activate()).unwrap();
        assert_eq!(link.front_end_mut().begun, 2);
        let mut response = [0; 16];
        for _ in 0..3 {
            link.begin(&[0xAA]).unwrap();
            assert_eq!(nb::block!(link.poll(&[0xAA], &mut response)), Ok(2));
        }
        assert_eq!(link.front_end_mut().begun, 5);
        // Idle, it watches the card by itself.
        for _ in 0..1_000 {
            assert_eq!(link.poll_field(&[], &mut []), Err(nb::Error::WouldBlock));
        }
        let checks = link.front_end_mut().begun - 5;
        assert!((3..=10).contains(&checks), "{checks}");
        // A command that comes in between is not held up for long, and not lost.
        link.begin(&[0xAA]).unwrap();
        assert_eq!(nb::block!(link.poll(&[0xAA], &mut response)), Ok(2));
        link.field_mut().deactivate();
        assert_eq!(nb::block!(link.poll_field(&[], &mut [])), Ok(Action::Deactivated));
        // Again, and gone.
        nb::block!(link.activate()).unwrap();
        link.front_end_mut().gone = true;
        let error = nb::block!(link.poll_field(&[], &mut [])).unwrap_err();
        assert_eq!(error, LinkError::Field(Error::CardRemoved));
        assert!(link.begin(&[0xAA]).is_err());
        // The chip fails.
        link.front_end_mut().gone = false;
        let next = link.front_end_mut().radio.calls + 3;
        link.front_end_mut().radio.fails_at = Some(next);
        let error = nb::block!(link.activate()).unwrap_err();
        assert_eq!(error, LinkError::FrontEnd(ErrorKind::ReaderLost));
        nb::block!(link.activate()).unwrap();
    }

    #[test]
    fn a_dropped_link_takes_the_field() {
        let (mut slow, mut buffer) = (Slow::default(), [0; 256]);
        let mut link = PolledLink::new(&mut slow, Settings::default(), &mut buffer);
        nb::block!(link.activate()).unwrap();
        // In the middle of a command.
        link.begin(&[0xAA]).unwrap();
        assert_eq!(link.poll(&[0xAA], &mut [0; 16]), Err(nb::Error::WouldBlock));
        drop(link);
        assert!(!slow.radio.on);
    }

    #[test]
    fn the_field_goes_off_by_order() {
        let mut buffer = [0; 256];
        let mut link = PolledLink::new(Slow::default(), Settings::default(), &mut buffer);
        // Twice, and then with a command under way, whose frame is waited for.
        for command in [&[][..], &[], &[0xAA]] {
            nb::block!(link.activate()).unwrap();
            if !command.is_empty() {
                link.begin(command).unwrap();
                assert_eq!(link.poll(command, &mut [0; 16]), Err(nb::Error::WouldBlock));
            }
            assert_eq!(nb::block!(link.power_off()), Ok(PowerOff::Done));
            assert!(!link.front_end_mut().radio.on && link.card().is_none());
        }
    }
}

#[cfg(all(feature = "async", feature = "nb"))]
mod waiting {
    use super::polled::Slow;
    use super::{Error, ErrorKind, LinkError, PowerOff, Settings, State};
    use embedded_hal_async::delay::DelayNs;
    use kazasu_apdu::AsyncTransport;
    use kazasu_nfc::{AsyncLink, Paced};
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    /// Once to the executor and back. The time of the radio passes by itself.
    struct Delay;

    impl DelayNs for Delay {
        async fn delay_ns(&mut self, _: u32) {
            let mut returned = false;
            std::future::poll_fn(|_| {
                if std::mem::replace(&mut returned, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// Runs a future for so many polls.
    fn polled<F: Future>(future: F, polls: u32) -> Option<F::Output> {
        let mut future = pin!(future);
        for _ in 0..polls {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
        }
        None
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        polled(future, 1_000_000).unwrap()
    }

    #[test]
    fn a_link_of_futures() {
        let (mut slow, mut buffer) = (Slow::default(), [0; 256]);
        let paced = Paced::new(&mut slow, Delay, 100);
        let mut link = AsyncLink::new(paced, Settings::default(), &mut buffer);
        let mut response = [0; 16];
        let refused = block_on(link.transmit(&[0xAA], &mut response));
        assert_eq!(refused, Err(LinkError::Field(Error::NotReady)));
        block_on(link.activate()).unwrap();
        let first = link.card().unwrap().presence;
        for _ in 0..3 {
            assert_eq!(block_on(link.transmit(&[0xAA], &mut response)), Ok(2));
            assert_eq!(response[..2], [0x90, 0x00]);
            block_on(link.check()).unwrap();
        }
        assert_eq!(block_on(link.power_off()), Ok(PowerOff::Done));
        assert!(!link.front_end_mut().front_end_mut().radio.on);
        // Gone.
        block_on(link.activate()).unwrap();
        assert_ne!(link.card().unwrap().presence, first);
        link.front_end_mut().front_end_mut().gone = true;
        assert_eq!(block_on(link.check()), Err(LinkError::Field(Error::CardRemoved)));
        assert_eq!(link.field().state(), State::Off);
        // The chip fails.
        link.front_end_mut().front_end_mut().gone = false;
        let radio = &mut link.front_end_mut().front_end_mut().radio;
        radio.fails_at = Some(radio.calls + 3);
        let error = block_on(link.activate());
        assert_eq!(error, Err(LinkError::FrontEnd(ErrorKind::ReaderLost)));
        block_on(link.activate()).unwrap();
        drop(link);
        assert!(!slow.radio.on);
    }

    /// Wherever a future is dropped: the link takes no command until a new presence, and that one is
    /// whole.
    #[test]
    fn a_future_that_is_dropped() {
        let (mut slow, mut buffer) = (Slow::default(), [0; 256]);
        let paced = Paced::new(&mut slow, Delay, 100);
        let mut link = AsyncLink::new(paced, Settings::default(), &mut buffer);
        let (mut response, mut dropped) = ([0; 16], 0);
        for polls in 1.. {
            block_on(link.activate()).unwrap();
            let presence = link.card().unwrap().presence;
            if polled(link.transmit(&[0xAA], &mut response), polls).is_some() {
                break;
            }
            dropped += 1;
            let refused = block_on(link.transmit(&[0xAA], &mut response));
            assert_eq!(refused, Err(LinkError::Field(Error::NotReady)));
            if polls % 2 == 0 {
                block_on(link.deactivate()).unwrap();
                assert!(!link.front_end_mut().front_end_mut().radio.on);
            }
            block_on(link.activate()).unwrap();
            assert_ne!(link.card().unwrap().presence, presence);
            assert_eq!(block_on(link.transmit(&[0xAA], &mut response)), Ok(2));
        }
        assert!(dropped > 0);
        // And of an activation.
        for polls in 1..20 {
            assert!(polled(link.activate(), polls).is_none());
            block_on(link.activate()).unwrap();
            assert_eq!(block_on(link.transmit(&[0xAA], &mut response)), Ok(2));
        }
    }
}
