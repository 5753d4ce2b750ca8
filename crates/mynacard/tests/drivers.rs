//! The three drivers run the same procedures on the virtual card, with the same commands.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{
    AsyncSession, AsyncTransport, Channel, Counts, PolledSession, PolledTransport, Procedure,
    Session, Transport,
};
use kazasu_mynacard::{
    Application, Buffer, File, Input, Key, LastTry, Pin, ReadFile, ReadTries, Reference,
    SelectApplication, Sign, UnverifiedSignature, Verify, VerifyError, digest_info_sha256,
};
use kazasu_virtual_card::{Card, Effect, Fault, Issue, Link, LinkError, LogEntry, When};

trait Driver {
    fn run<P: Procedure>(&mut self, procedure: &mut P) -> P::Output;
}

struct Blocking<'b, 'l>(Session<'b, &'l mut Link>);

impl Driver for Blocking<'_, '_> {
    fn run<P: Procedure>(&mut self, procedure: &mut P) -> P::Output {
        self.0.run(procedure)
    }
}

/// A link whose answer is not there at the first look.
struct Later<'l> {
    link: &'l mut Link,
    looked: bool,
}

impl AsyncTransport for Later<'_> {
    type Error = LinkError;

    fn transmit(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> impl Future<Output = Result<usize, LinkError>> {
        let mut looked = false;
        poll_fn(move |context| {
            if !core::mem::replace(&mut looked, true) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(self.link.transmit(command, response))
        })
    }
}

struct Asynchronous<'b, 'l>(AsyncSession<'b, Later<'l>>);

impl Driver for Asynchronous<'_, '_> {
    fn run<P: Procedure>(&mut self, procedure: &mut P) -> P::Output {
        let mut future = pin!(self.0.run(procedure));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
        }
    }
}

impl PolledTransport for Later<'_> {
    type Error = LinkError;

    fn begin(&mut self, _: &[u8]) -> Result<(), LinkError> {
        self.looked = false;
        Ok(())
    }

    fn poll(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<usize, LinkError> {
        if !core::mem::replace(&mut self.looked, true) {
            return Err(nb::Error::WouldBlock);
        }
        self.link.transmit(command, response).map_err(nb::Error::Other)
    }
}

struct Polled<'b, 'l>(PolledSession<'b, Later<'l>>);

impl Driver for Polled<'_, '_> {
    fn run<P: Procedure>(&mut self, procedure: &mut P) -> P::Output {
        let result: Result<_, Infallible> = nb::block!(self.0.poll(procedure));
        let Ok(output) = result;
        output
    }
}

type Signed = Result<UnverifiedSignature, VerifyError>;

/// SELECT, READ, tries, VERIFY, SIGN.
fn check_in(driver: &mut impl Driver) -> (Vec<u8>, Signed) {
    driver.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
    let mut certificate = [0; 3072];
    let mut read = ReadFile::new(File::AUTH_CERTIFICATE, Buffer::new(&mut certificate));
    driver.run(&mut read).unwrap();
    let certificate = read.into_sink().written().to_vec();
    let tries = driver.run(&mut ReadTries::new(Reference::Auth)).unwrap();
    let pin = Pin::new(b"1234").unwrap();
    let verified = match driver.run(&mut Verify::new(tries, &pin, LastTry::Keep)) {
        Ok(verified) => verified,
        Err(error) => return (certificate, Err(error)),
    };
    let digest_info = digest_info_sha256(&[0x5A; 32]);
    let mut sign = Sign::new(Key::Auth, Input::Verbatim(&digest_info), &verified).unwrap();
    (certificate, Ok(driver.run(&mut sign).unwrap()))
}

#[derive(Clone, Copy)]
enum Which {
    Blocking,
    Asynchronous,
    Polled,
}

fn drive(which: Which, link: &mut Link) -> ((Vec<u8>, Signed), Counts, Vec<LogEntry>) {
    let (mut outgoing, mut incoming) = ([0; 300], [0; 4096]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let looked = false;
    let (result, counts) = match which {
        Which::Blocking => {
            let mut driver = Blocking(Session::new(&mut *link, channel));
            (check_in(&mut driver), driver.0.channel().counts())
        }
        Which::Asynchronous => {
            let mut driver = Asynchronous(AsyncSession::new(Later { link, looked }, channel));
            (check_in(&mut driver), driver.0.channel().counts())
        }
        Which::Polled => {
            let mut driver = Polled(PolledSession::new(Later { link, looked }, channel));
            (check_in(&mut driver), driver.0.channel().counts())
        }
    };
    (result, counts, link.log().to_vec())
}

fn link(extended_length: bool, fault: Option<&Fault>) -> Link {
    let mut issue = Issue::demonstration().seed(1);
    issue.settings.extended_length = extended_length;
    let mut link = Link::new(Card::issue(issue).unwrap());
    if let Some(fault) = fault {
        link.faults_mut().push(fault.clone());
    }
    link
}

#[test]
fn three_drivers_one_exchange() {
    let faults = [
        None,
        Some(Fault::always(When::Any, Effect::GetResponse(100))),
        Some(Fault::always(When::Any, Effect::WrongLe)),
        Some(Fault::first_command_fails()),
        Some(Fault::once(When::InsWithData(0x20), Effect::drop_after())),
        Some(Fault::once(When::InsWithData(0x20), Effect::drop_before())),
        Some(Fault::once(When::InsWithData(0x20), Effect::Cut(1))),
    ];
    for extended_length in [true, false] {
        for (number, fault) in faults.iter().enumerate() {
            let run = |which| drive(which, &mut link(extended_length, fault.as_ref()));
            let blocking = run(Which::Blocking);
            assert_eq!(run(Which::Asynchronous), blocking, "{number}");
            assert_eq!(run(Which::Polled), blocking, "{number}");
            let ((_, signed), counts, log) = blocking;
            // The faults of VERIFY end it with one command more at most; the others do not hurt.
            assert_eq!(signed.is_ok(), number < 4, "{number} {signed:?}");
            if fault.is_none() {
                assert_eq!(counts.commands, if extended_length { 5 } else { 12 });
            }
            assert_eq!(log.iter().filter(|entry| entry.is_verify()).count(), 1);
        }
    }
}

#[test]
fn a_dropped_future_leaves_the_outcome_of_its_command_unknown() {
    let mut link = link(true, None);
    let (mut outgoing, mut incoming) = ([0; 300], [0; 4096]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let later = Later { link: &mut link, looked: false };
    let mut driver = Asynchronous(AsyncSession::new(later, channel));
    driver.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
    let tries = driver.run(&mut ReadTries::new(Reference::Auth)).unwrap();
    let pin = Pin::new(b"1234").unwrap();
    {
        let mut verify = Verify::new(tries, &pin, LastTry::Keep);
        let mut future = pin!(driver.0.run(&mut verify));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    // The next procedure finds the presence ended, and the PIN is gone from the buffer.
    let error = driver.run(&mut ReadTries::new(Reference::Auth)).unwrap_err();
    assert_eq!(error.fault().map(kazasu_apdu::Fault::not_sent), Some(true));
    assert_eq!(driver.0.channel().ended(), Some(ErrorKind::Cancelled));
    let (command, _) = driver.0.channel_mut().exchange();
    assert!(!command.windows(4).any(|window| window == b"1234"));
}
