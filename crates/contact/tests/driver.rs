//! A check-in over the driver in each of its three styles, with the virtual card in the slot and
//! time that is only counted.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod bench;

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bench::{Shared, bench, slot};
use embedded_hal_async::delay::DelayNs;
use embedded_hal_nb::nb;
use kazasu_apdu::transport::{Error as _, ErrorKind};
use kazasu_apdu::{AsyncSession, Channel, PolledSession, PowerOff, Session, Transport};
use kazasu_contact::atr::Atr;
use kazasu_contact::driver::{Echo, Error, Line, Link, Paced, Waiting};
use kazasu_contact::timing::longest_turn;
use kazasu_contact::{Rate, Slot};
use kazasu_mynacard::{
    Application, File, Input, Key, LastTry, Pin, ReadFile, ReadTries, Reference, SelectApplication,
    Sign, Verify, digest_info_sha256,
};
use kazasu_virtual_card::CertificateKind;
use kazasu_virtual_card::contact::{
    AnswerToReset, ContactSettings, Hang, JPKI_01, JPKI_02, JPKI_04, Procedure, SYNTHETIC_T0,
    SYNTHETIC_T0_INVERSE, SYNTHETIC_T1_CRC, SYNTHETIC_T1_INVERSE, Until,
};

/// Runs the procedures of a check-in by `$run`; the certificate and the signature.
macro_rules! check_in {
    (|$procedure:ident| $run:expr) => {{
        macro_rules! run {
            ($value:expr) => {{
                let mut $procedure = $value;
                $run
            }};
        }
        run!(SelectApplication::new(Application::Jpki)).unwrap();
        let mut certificate = Vec::new();
        run!(ReadFile::new(File::AUTH_CERTIFICATE, &mut certificate)).unwrap();
        let tries = run!(ReadTries::new(Reference::Auth)).unwrap();
        let pin = Pin::new(b"1234").unwrap();
        let verified = run!(Verify::new(tries, &pin, LastTry::Keep)).unwrap();
        let block = digest_info_sha256(&[7; 32]);
        let signature =
            run!(Sign::new(Key::Auth, Input::Verbatim(&block), &verified).unwrap()).unwrap();
        (certificate, signature.unverified_bytes().to_vec())
    }};
}

fn link(shared: &Shared) -> Link<impl Line + use<>, Shared, Shared> {
    Link::new(slot(), shared.nb(), shared.clone(), shared.clone())
}

/// What came is what the card has, and it got one VERIFY.
fn holds(shared: &Shared, (certificate, signature): &(Vec<u8>, Vec<u8>)) {
    let bench = shared.0.borrow();
    let card = bench.card.responder();
    assert_eq!(card.certificate(CertificateKind::Auth), Some(certificate.as_slice()));
    assert_eq!(signature.len(), 256);
    // The query of the counter is a VERIFY without data.
    assert_eq!(card.tries(kazasu_virtual_card::Reference::Auth), Some(3));
    assert!(card.is_verified(kazasu_virtual_card::Reference::Auth));
}

/// The contacts are deactivated in the order of the standard, and nothing was done against it.
fn ended(shared: &Shared) {
    let bench = shared.0.borrow();
    assert!(!bench.card.responder().is_verified(kazasu_virtual_card::Reference::Auth));
    assert_eq!(bench.card.violations(), []);
}

fn blocking<L: Line>(shared: &Shared, mut link: Link<L, Shared, Shared>) {
    link.reconnect().unwrap();
    let (mut commands, mut answers) = ([0; 262], [0; 2050]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    let came = check_in!(|procedure| session.run(&mut procedure));
    holds(shared, &came);
    assert_eq!(session.power_off(), Ok(PowerOff::Done));
    ended(shared);
    // Nothing is sent to a card without power.
    assert!(session.run(&mut SelectApplication::new(Application::Jpki)).is_err());
}

#[test]
fn every_answer_to_reset_is_driven_blocking() {
    let cards = [
        (JPKI_01, true),
        (JPKI_02, true),
        (JPKI_02, false),
        (JPKI_04, true),
        (SYNTHETIC_T1_CRC, true),
        (SYNTHETIC_T1_INVERSE, true),
        (SYNTHETIC_T0, false),
        (SYNTHETIC_T0_INVERSE, false),
    ];
    for (atr, extended) in cards {
        println!("{}", atr.name);
        let shared = bench(ContactSettings::with(atr), extended);
        blocking(&shared, link(&shared));
    }
}

#[test]
fn extra_guard_time_counts_in_the_units_of_ta1_where_there_is_t_15() {
    // TA1, TC1 = N; T=1 with IFSC 32 and BWI 4, CWI 7; T=15 with class A.
    for (ta1, n, t15) in [(0x19, 1, true), (0x27, 94, true), (0x13, 94, true), (0x13, 94, false)] {
        let mut atr = vec![0x3B, 0xD0, ta1, n, 0x81, 0x31, 0x20, 0x47];
        if t15 {
            atr[5] |= 0x80;
            atr.extend([0x1F, 0x01]);
        }
        atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
        let mut settings = ContactSettings::with(JPKI_02);
        settings.atr = atr;
        let shared = bench(settings, true);
        blocking(&shared, link(&shared));
    }
}

#[test]
fn a_port_of_embedded_io_does_the_same() {
    for atr in [JPKI_02, SYNTHETIC_T0] {
        let shared = bench(ContactSettings::with(atr), atr == JPKI_02);
        let link = Link::new(slot(), shared.io(), shared.clone(), shared.clone());
        blocking(&shared, link);
    }
}

#[test]
fn the_echo_of_one_wire_is_compared_and_dropped() {
    for atr in [JPKI_02, SYNTHETIC_T0] {
        let shared = bench(ContactSettings::with(atr), atr == JPKI_02);
        shared.0.borrow_mut().echo = true;
        blocking(&shared, link(&shared).with_echo(Echo::On));
    }
}

#[test]
fn an_echo_that_does_not_come_is_the_boards_fault() {
    let shared = bench(ContactSettings::with(JPKI_02), true);
    let mut link = link(&shared).with_echo(Echo::On);
    let error = link.reconnect().unwrap_err();
    assert_eq!((error, error.kind()), (Error::Echo, ErrorKind::Other));
    ended(&shared);
}

#[test]
fn a_late_loop_does_not_blame_the_card_for_an_echo_that_does_not_come() {
    for (atr, millis) in [(JPKI_01, 20), (JPKI_02, 5), (JPKI_02, 20), (JPKI_02, 200)] {
        let case = format!("{}, {millis} ms", atr.name);
        let turn = Duration::from_millis(millis);
        let begun = || slow(atr, turn, (259, usize::MAX), Echo::On);
        // By the time that it looks, the answer of the card is there, as long as the echo would be.
        let (shared, mut link) = begun();
        shared.0.borrow_mut().echo = false;
        assert_eq!(link.reconnect(), Err(Error::Echo), "{case}");
        ended(&shared);
        // With an echo, a card that hangs is the card's fault.
        let (shared, mut link) = begun();
        let hang = Hang { command: 1, acted: false, until: Until::Never };
        shared.0.borrow_mut().card.settings_mut().hang = Some(hang);
        link.reconnect().unwrap();
        let error = link.transmit(&[0, 0xA4, 4, 0x0C], &mut [0; 258]).unwrap_err();
        assert_eq!(error, Error::Slot(kazasu_contact::Error::Unresponsive), "{case}");
        ended(&shared);
    }
}

#[test]
fn a_character_that_the_card_refuses_is_sent_again() {
    let mut settings = ContactSettings::with(SYNTHETIC_T0);
    settings.procedure = Procedure::OneByOne;
    let shared = bench(settings, false);
    {
        let mut bench = shared.0.borrow_mut();
        (bench.echo, bench.damaged_echo) = (true, Some(30));
    }
    let mut link = link(&shared).with_echo(Echo::On);
    link.reconnect().unwrap();
    let (mut commands, mut answers) = ([0; 262], [0; 2050]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    let came = check_in!(|procedure| session.run(&mut procedure));
    holds(&shared, &came);
    let counts = session.transport().counts();
    assert_eq!((counts.repeated, counts.wrong_echoes), (1, 1));
}

/// A check-in in a loop that has other work to do for so long in each turn; no call of the driver
/// takes any time at all. How many turns it took, and D.
fn super_loop<L: Line>(
    shared: &Shared,
    mut link: Link<L, Shared, Shared>,
    turn: Duration,
) -> Result<(u32, u8), Error> {
    let mut turns = 0;
    let mut other_work = || {
        turns += 1;
        let mut bench = shared.0.borrow_mut();
        let to = bench.now + turn;
        bench.advance(to);
    };
    let driver_takes_no_time = |shared: &Shared, before: Duration| {
        assert_eq!(shared.0.borrow().now, before);
    };
    link.begin_activation()?;
    loop {
        let before = shared.0.borrow().now;
        let activated = link.poll_activation();
        driver_takes_no_time(shared, before);
        match activated {
            Ok(()) => break,
            Err(nb::Error::WouldBlock) => other_work(),
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
    let d = link.slot().parameters().unwrap().rate.d();
    let (mut commands, mut answers) = ([0; 262], [0; 258]);
    let mut session = PolledSession::new(link, Channel::new(&mut commands, &mut answers));
    let came = check_in!(|procedure| loop {
        let before = shared.0.borrow().now;
        let polled = session.poll(&mut procedure);
        driver_takes_no_time(shared, before);
        if let Ok(output) = polled {
            break output;
        }
        other_work();
    });
    holds(shared, &came);
    assert_eq!(session.power_off(), Ok(PowerOff::Done));
    ended(shared);
    Ok((turns, d))
}

#[test]
fn a_super_loop_never_waits() {
    for atr in [JPKI_02, SYNTHETIC_T0] {
        let shared = bench(ContactSettings::with(atr), false);
        let (turns, d) = super_loop(&shared, link(&shared), Duration::from_micros(150)).unwrap();
        assert!(turns > 1_000, "{turns}");
        assert_eq!(d, 4);
    }
}

/// A reader whose loop takes so long, with a UART that takes and holds so many characters.
fn slow(
    atr: AnswerToReset,
    turn: Duration,
    queues: (u16, usize),
    echo: Echo,
) -> (Shared, Link<impl Line + use<>, Shared, Shared>) {
    let shared = bench(ContactSettings::with(atr), false);
    {
        let mut bench = shared.0.borrow_mut();
        (bench.transmit_queue, bench.receive_queue) = (queues.0.into(), queues.1);
        bench.echo = echo == Echo::On;
    }
    let mut settings = *slot().settings();
    settings.latency = kazasu_contact::Duration::from_micros(turn.as_micros() as u64);
    settings.transmit_queue = queues.0;
    let link = Link::new(Slot::new(settings), shared.nb(), shared.clone(), shared.clone());
    (shared, link.with_echo(echo))
}

#[test]
fn a_slow_super_loop_takes_the_rate_that_it_can_keep() {
    // The turn, what the UART takes and holds, and D then.
    let rows = [
        (JPKI_02, 1, (1, 6), 4),
        (JPKI_02, 2, (1, 6), 2),
        (JPKI_02, 5, (1, 7), 1),
        (JPKI_02, 5, (16, 32), 4),
        (JPKI_02, 5, (259, 24), 4),
        (JPKI_02, 20, (259, 96), 4),
        (JPKI_01, 1, (1, 3), 1),
        (JPKI_01, 2, (1, 4), 1),
        (JPKI_01, 5, (4, 7), 1),
        (JPKI_01, 5, (259, 7), 1),
        (JPKI_04, 1, (2, 3), 1),
        (JPKI_04, 2, (3, 4), 1),
        (JPKI_04, 5, (5, 6), 1),
        (SYNTHETIC_T1_CRC, 5, (259, 7), 1),
        // The reader's characters are bound to no time in T=0.
        (SYNTHETIC_T0, 5, (1, 24), 4),
    ];
    for (atr, millis, queues, expected) in rows {
        for echo in [Echo::Off, Echo::On] {
            let case = format!("{}, {millis} ms, {queues:?}, {echo:?}", atr.name);
            println!("{case}");
            let turn = Duration::from_millis(millis);
            let (shared, link) = slow(atr, turn, queues, echo);
            let (_, d) = super_loop(&shared, link, turn).unwrap();
            assert_eq!(d, expected, "{case}");
        }
    }
}

#[test]
fn the_longest_turn_is_not_too_long() {
    for (atr, f, d) in [(JPKI_01, 372, 1), (JPKI_02, 372, 4), (JPKI_04, 512, 1)] {
        let parsed = Atr::parse(atr.bytes).unwrap();
        for queue in [1, 2, 3, 5, 16] {
            let longest = longest_turn(&parsed, Rate::new(bench::CLOCK, f, d), queue);
            let turn = Duration::from_micros(longest.micros() - 1);
            let (shared, link) = slow(atr, turn, (queue, usize::MAX), Echo::Off);
            let (_, kept) = super_loop(&shared, link, turn).unwrap();
            assert_eq!(kept, d, "{}, {queue}, {turn:?}", atr.name);
        }
    }
}

#[test]
fn a_loop_that_is_too_slow_for_the_card_is_told_so() {
    let rows =
        [(JPKI_01, 5, 1), (JPKI_01, 5, 2), (JPKI_02, 7, 2), (JPKI_04, 2, 2), (JPKI_04, 1, 1)];
    for (atr, millis, queue) in rows {
        let turn = Duration::from_millis(millis);
        let (shared, mut link) = slow(atr, turn, (queue, 64), Echo::Off);
        let error = link.reconnect().unwrap_err();
        assert_eq!(error, Error::Slot(kazasu_contact::Error::Latency), "{}", atr.name);
        assert_eq!(error.kind(), ErrorKind::Other);
        // It is the board's, and says what to do to whoever built it.
        assert!(error.to_string().contains("the reader is too slow"));
        assert!(!error.to_string().contains("clean"));
        assert_eq!(shared.0.borrow().sent, 0);
        ended(&shared);
    }
}

/// A delay in the time of the bench.
struct Delay(Shared);

impl DelayNs for Delay {
    async fn delay_ns(&mut self, ns: u32) {
        let to = self.0.0.borrow().now + Duration::from_nanos(ns.into());
        self.0.0.borrow_mut().advance(to);
        // Once to the executor and back.
        let mut returned = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut returned, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

#[test]
fn an_executor_drives_it_too() {
    for atr in [JPKI_02, SYNTHETIC_T0] {
        let shared = bench(ContactSettings::with(atr), false);
        let mut waiting = Waiting::new(link(&shared), Paced::new(Delay(shared.clone()), 200));
        block_on(async {
            waiting.activate().await.unwrap();
            let (mut commands, mut answers) = ([0; 262], [0; 258]);
            let mut session = AsyncSession::new(waiting, Channel::new(&mut commands, &mut answers));
            let came = check_in!(|procedure| session.run(&mut procedure).await);
            holds(&shared, &came);
            assert_eq!(session.power_off().await, Ok(PowerOff::Done));
        });
        ended(&shared);
    }
}

#[test]
fn without_a_card_nothing_is_powered() {
    let shared = bench(ContactSettings::with(JPKI_02), true);
    shared.0.borrow_mut().present = false;
    let error = link(&shared).reconnect().unwrap_err();
    assert_eq!((error, error.kind()), (Error::NoCard, ErrorKind::NoCard));
    assert_eq!(shared.0.borrow().configured, 0);
}

#[test]
fn a_card_that_leaves_ends_the_exchange_and_the_power() {
    let shared = bench(ContactSettings::with(JPKI_02), true);
    let mut link = link(&shared);
    link.reconnect().unwrap();
    let (mut commands, mut answers) = ([0; 262], [0; 2050]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    session.run(&mut SelectApplication::new(Application::Jpki)).unwrap();
    shared.0.borrow_mut().present = false;
    assert!(session.run(&mut ReadTries::new(Reference::Auth)).is_err());
    let kind = session.last_error().map(kazasu_apdu::transport::Error::kind);
    assert_eq!(kind, Some(ErrorKind::CardRemoved));
    ended(&shared);
}
