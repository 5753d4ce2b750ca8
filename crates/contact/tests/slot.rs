//! The life of a slot: activation with all that a card may do, exchanges, errors, deactivation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{Driver, Line, Scripted, bytes};
use kazasu_contact::atr::{ErrorKind, decode_inverse};
use kazasu_contact::{
    Action, Class, Contact, Duration, Error, Event, Instant, Level, Parity, Preference, Protocol,
    Rate, Settings, Slot, State,
};

/// docs/card-facts.md §1.1, "JPKI (01)", "(02)" and "(04)".
const FIRST: &str = "3BE000FF8131FE4514";
const SECOND: &str = "3BDA13FF8131FB468012392F31C173C601C03B";
const FOURTH: &str = "3BF59100FF918171FE400042000100D1D6";
const IFS: (&str, &str) = ("00C101FE3E", "00E101FE1E");

const CLOCK: u32 = 3_571_200;

fn settings() -> Settings {
    Settings::new(CLOCK, &[Class::B])
}

fn activated(settings: Settings, card: Scripted) -> (Slot, Driver<Scripted>) {
    let (slot, driver) = begun(settings, card);
    assert!(driver.card.pieces.is_empty(), "left: {:02X?}", driver.card.pieces);
    (slot, driver)
}

/// As `activated`, with more to come.
fn begun(settings: Settings, card: Scripted) -> (Slot, Driver<Scripted>) {
    let mut slot = Slot::new(settings);
    let mut driver = Driver::new(card);
    slot.activate();
    assert_eq!(slot.state(), State::Busy);
    assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Activated);
    assert_eq!(slot.state(), State::Ready);
    (slot, driver)
}

fn refused(settings: Settings, card: Scripted) -> (Error, Driver<Scripted>) {
    let mut slot = Slot::new(settings);
    let mut driver = Driver::new(card);
    slot.activate();
    let Action::Failed(error) = driver.run(&mut slot, &[], &mut []) else { panic!("activated") };
    assert_eq!(slot.state(), State::Inactive);
    assert!(!driver.powered() && slot.atr().is_none() && slot.parameters().is_none());
    (error, driver)
}

const OFF: [Contact; 4] =
    [Contact::Rst(Level::Low), Contact::Clk(false), Contact::Io(Level::Low), Contact::Vcc(None)];

#[test]
fn a_check_of_a_card_from_power_to_power_off() {
    let card = Scripted::new(&[FIRST])
        .piece(IFS.0, IFS.1)
        .piece("000005 00B0000002 B7", "000004 AABB9000 85")
        .piece("004004 00200080 E4", "004002 63C3 E2");
    let mut card = card;
    // The LRCs by hand would be noise: compute them.
    for (request, answer) in card.pieces.iter_mut().skip(1) {
        *request.last_mut().unwrap() = request[..request.len() - 1].iter().fold(0, |a, b| a ^ b);
        let end = answer.len() - 1;
        let sum =
            answer[..end].iter().fold(0, |a, b| a ^ if let Line::Byte(b) = b { *b } else { 0 });
        answer[end] = Line::Byte(sum);
    }
    let mut slot = Slot::new(settings());
    let mut driver = Driver::new(card);
    assert_eq!(slot.transmit(&bytes("00200080")), Err(Error::NotReady));
    slot.activate();
    assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Activated);
    assert_eq!(
        driver.lines,
        [
            Contact::Rst(Level::Low),
            Contact::Vcc(Some(Class::B)),
            Contact::Io(Level::High),
            Contact::Clk(true),
            Contact::Rst(Level::High),
        ]
    );
    assert_eq!(slot.atr().unwrap().bytes(), bytes(FIRST));
    let parameters = *slot.parameters().unwrap();
    assert_eq!((parameters.protocol, parameters.rate), (Protocol::T1, Rate::initial(CLOCK)));
    // N = 255: eleven etu from now on. No error signal in T=1.
    let serial = *driver.card.serials.last().unwrap();
    assert_eq!((serial.character, serial.error_signal, serial.parity), (11, false, Parity::Even));

    let mut response = [0; 258];
    slot.transmit(&bytes("00B0000002")).unwrap();
    assert_eq!(slot.transmit(&bytes("00B0000002")), Err(Error::NotReady));
    let end = driver.run(&mut slot, &bytes("00B0000002"), &mut response);
    assert_eq!((end, &response[..4]), (Action::Answered(4), &bytes("AABB9000")[..]));
    assert_eq!(slot.transmit(&bytes("0020")), Err(Error::InvalidCommand));
    slot.transmit(&bytes("00200080")).unwrap();
    let end = driver.run(&mut slot, &bytes("00200080"), &mut response);
    assert_eq!((end, &response[..2]), (Action::Answered(2), &bytes("63C3")[..]));

    driver.lines.clear();
    slot.deactivate();
    assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Deactivated);
    assert_eq!(driver.lines, OFF);
    assert_eq!(slot.state(), State::Inactive);
    assert!(slot.atr().is_none());
    assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Idle);
}

#[test]
fn a_resynchronisation_ends_the_presence() {
    let damaged = "000002 9000 00";
    let card = Scripted::new(&[FIRST])
        .piece(IFS.0, IFS.1)
        .piece("000005 00B0000002 B7", damaged)
        .piece("00810081", damaged)
        .piece("00810081", damaged)
        .piece("00C000C0", "00E000E0");
    let (mut slot, mut driver) = begun(settings(), card);
    let command = bytes("00B0000002");
    slot.transmit(&command).unwrap();
    driver.lines.clear();
    let end = driver.run(&mut slot, &command, &mut [0; 258]);
    assert_eq!(end, Action::Failed(Error::Resynchronised));
    assert!(driver.card.pieces.is_empty());
    // What the card made of the command is unknown, and so is what it would make of the next one.
    assert_eq!(driver.lines, OFF);
    assert_eq!(slot.state(), State::Inactive);
}

#[test]
fn the_fastest_rate_by_pps() {
    // TA1 = 13: F = 372, D = 4.
    let card = Scripted::new(&[SECOND]).piece("FF1113FD", "FF1113FD").piece(IFS.0, IFS.1);
    let (slot, driver) = activated(settings(), card);
    assert_eq!(slot.parameters().unwrap().rate, Rate::new(CLOCK, 372, 4));
    assert_eq!(driver.serial.unwrap().rate.baud(), 38_400);

    // No faster than the reader is: D = 2.
    let mut slow = settings();
    slow.highest_baud = 20_000;
    let card = Scripted::new(&[SECOND]).piece("FF1112FC", "FF1112FC").piece(IFS.0, IFS.1);
    assert_eq!(activated(slow, card).0.parameters().unwrap().rate.baud(), 19_200);

    // The card leaves PPS1 out: the initial rate.
    let card = Scripted::new(&[SECOND]).piece("FF1113FD", "FF01FE").piece(IFS.0, IFS.1);
    assert_eq!(activated(settings(), card).0.parameters().unwrap().rate, Rate::initial(CLOCK));

    // Not allowed: no exchange.
    let mut none = settings();
    none.pps = false;
    let card = Scripted::new(&[SECOND]).piece(IFS.0, IFS.1);
    assert_eq!(activated(none, card).0.parameters().unwrap().rate, Rate::initial(CLOCK));
}

#[test]
fn no_rate_that_the_driver_is_too_late_for() {
    // CWI 6: 75 etu, of which one character of eleven is the UART's own time.
    for (latency, queue, factor, d) in
        [(1, 1, "13", 4), (2, 1, "12", 2), (3, 1, "12", 2), (3, 8, "13", 4), (99, 259, "13", 4)]
    {
        let mut late = settings();
        late.latency = Duration::from_millis(latency);
        late.transmit_queue = queue;
        let check = if factor == "13" { "FD" } else { "FC" };
        let request = format!("FF11{factor}{check}");
        let card = Scripted::new(&[SECOND]).piece(&request, &request).piece(IFS.0, IFS.1);
        let (slot, _) = activated(late, card);
        assert_eq!(slot.parameters().unwrap().rate.d(), d, "{latency} ms, {queue}");
    }
    // Not at any rate; in specific mode there is one only: F = 512, 12 etu of 143 µs.
    for (atr, millis) in [(SECOND, 8), (FOURTH, 2)] {
        let mut late = settings();
        late.latency = Duration::from_millis(millis);
        assert_eq!(refused(late, Scripted::new(&[atr, atr])).0, Error::Latency, "{atr}");
        late.transmit_queue = 259;
        let pps = (atr == SECOND).then_some(("FF1113FD", "FF1113FD"));
        let card = pps.into_iter().fold(Scripted::new(&[atr]), |card, (a, b)| card.piece(a, b));
        activated(late, card.piece(IFS.0, IFS.1));
    }
    // In T=0 the card waits for ever.
    let mut late = settings();
    late.latency = Duration::from_secs(9);
    let (slot, _) = activated(late, Scripted::new(&["3B1013"]).piece("FF1013FC", "FF1013FC"));
    assert_eq!(slot.parameters().unwrap().rate.d(), 4);
}

#[test]
fn a_pps_exchange_that_fails_is_done_without() {
    for answer in ["", "FF1112FC", "FF1113FC", "FF1013FC", "FF71131313E8", "FF", "0011"] {
        let card = Scripted::new(&[SECOND, SECOND]).piece("FF1113FD", answer).piece(IFS.0, IFS.1);
        let (slot, driver) = activated(settings(), card);
        assert_eq!(slot.parameters().unwrap().rate, Rate::initial(CLOCK), "{answer}");
        assert_eq!((driver.card.colds, driver.card.warms), (2, 0), "{answer}");
    }
    // A character that cannot be read.
    let mut card = Scripted::new(&[SECOND, SECOND]).piece("FF1113FD", "FF11").piece(IFS.0, IFS.1);
    card.pieces[0].1.push(Line::Garbled);
    assert_eq!(activated(settings(), card).1.card.colds, 2);
    // T=1 is not the first protocol, so there is nothing to do without.
    let both = "3B808001010";
    let card =
        Scripted::new(&[&format!("{both}0")[..10], &format!("{both}0")[..10]]).piece("FF01FE", "");
    let mut only = settings();
    only.preference = Preference::Only(Protocol::T1);
    let (error, driver) = refused(only, card);
    assert_eq!((error, driver.card.colds), (Error::Pps, 2));
}

#[test]
fn the_protocol_of_the_caller() {
    // docs/card-facts.md §1.2: T=0 first, T=1 too.
    let both = "3B888001000005E0B381A1007F";
    let card = Scripted::new(&[both]).piece("FF01FE", "FF01FE").piece(IFS.0, IFS.1);
    assert_eq!(activated(settings(), card).0.parameters().unwrap().protocol, Protocol::T1);
    let mut wish = settings();
    for preference in [Preference::PreferT0, Preference::First, Preference::Only(Protocol::T0)] {
        wish.preference = preference;
        let (slot, driver) = activated(wish, Scripted::new(&[both]));
        assert_eq!(slot.parameters().unwrap().protocol, Protocol::T0);
        let serial = driver.serial.unwrap();
        assert!(serial.error_signal && serial.character == 12);
    }
    wish.preference = Preference::Only(Protocol::T0);
    assert_eq!(refused(wish, Scripted::new(&[FIRST])).0, Error::NoProtocol);
}

#[test]
fn specific_mode() {
    // TA1 = 91, TA2 = 81: F = 512, D = 1, T=1, for good.
    let card = Scripted::new(&[FOURTH]).piece(IFS.0, IFS.1);
    let (slot, driver) = activated(settings(), card);
    assert_eq!(slot.parameters().unwrap().rate, Rate::new(CLOCK, 512, 1));
    assert_eq!((driver.card.colds, driver.card.warms), (1, 0));
    let with = |ta1: &str, ta2: &str| {
        let mut atr = bytes(&format!("3B90{ta1}918131FE45"));
        // TD1 announces TA2 and TD2.
        atr = [&atr[..1], &[0x90], &atr[2..3], &[0x91], &bytes(ta2), &[0x31], &atr[6..]].concat();
        atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
        atr.iter().map(|byte| format!("{byte:02X}")).collect::<String>()
    };
    let error = |ta1: &str, ta2: &str, settings: Settings| {
        refused(settings, Scripted::new(&[&with(ta1, ta2), &with(ta1, ta2)])).0
    };
    assert_eq!(error("11", "91", settings()), Error::ImplicitParameters);
    assert_eq!(error("7F", "81", settings()), Error::ReservedParameter);
    assert_eq!(error("11", "82", settings()), Error::NoProtocol);
    let mut slow = settings();
    slow.highest_baud = 9_600;
    assert_eq!(error("12", "81", slow), Error::UnsupportedRate);
    let mut fast = settings();
    fast.clock = 4_500_000;
    assert_eq!(error("01", "81", fast), Error::UnsupportedRate);
    // One that can change does so at a warm reset.
    let card = Scripted::new(&[&with("11", "11"), FIRST]).piece(IFS.0, IFS.1);
    let (_, driver) = activated(settings(), card);
    assert_eq!((driver.card.colds, driver.card.warms), (1, 1));
}

#[test]
fn reserved_and_too_fast_factors_leave_the_initial_rate() {
    for ta1 in ["7F", "F1", "1A", "10", "01"] {
        let mut atr = bytes(&format!("3B90{ta1}0131"));
        atr = [&atr[..3], &[0x81, 0x31, 0xFE, 0x45]].concat();
        atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
        let hex: String = atr.iter().map(|byte| format!("{byte:02X}")).collect();
        let mut fast = settings();
        // Above the 4 MHz of TA1 = 01.
        fast.clock = 4_500_000;
        let (slot, _) = activated(fast, Scripted::new(&[&hex]).piece(IFS.0, IFS.1));
        assert_eq!(slot.parameters().unwrap().rate, Rate::initial(4_500_000), "{ta1}");
    }
}

#[test]
fn a_mute_card() {
    let (error, driver) = refused(settings(), Scripted::default());
    assert_eq!(error, Error::Mute);
    assert_eq!((driver.card.colds, driver.card.warms), (1, 1));
    // Twice 40,000 cycles (11.2 ms), a character and 2 ms for the driver; 10 ms for VCC.
    assert!((30_000..45_000).contains(&driver.now), "{}", driver.now);
    // Each class in turn, with a rest between them; the one that the board lacks is passed over.
    let classes: &[Class] = &[Class::C, Class::B, Class::A];
    let mut card = Scripted::new(&["", "", FIRST]).piece(IFS.0, IFS.1);
    card.classes = vec![Class::C, Class::A];
    let (_, driver) = activated(Settings::new(CLOCK, classes), card);
    let supplied: Vec<_> = driver
        .lines
        .iter()
        .filter_map(|contact| match contact {
            Contact::Vcc(class) => Some(*class),
            _ => None,
        })
        .collect();
    let (a, b, c) = (Some(Class::A), Some(Class::B), Some(Class::C));
    assert_eq!(supplied, [c, None, b, None, a]);
    // The second answers warm.
    let card = Scripted::new(&["", FIRST]).piece(IFS.0, IFS.1);
    assert_eq!(activated(settings(), card).1.card.warms, 1);
}

#[test]
fn the_class_that_the_card_indicates() {
    // T=15 with class A and B only.
    let atr = "3B80 81 1F 03".to_owned();
    let mut atr = bytes(&atr);
    atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
    let hex: String = atr.iter().map(|byte| format!("{byte:02X}")).collect();
    let classes: &[Class] = &[Class::C, Class::B];
    let card = Scripted::new(&[&hex, &hex]).piece(IFS.0, IFS.1);
    let (_, driver) = activated(Settings::new(CLOCK, classes), card);
    assert_eq!(driver.lines.last(), Some(&Contact::Rst(Level::High)));
    assert!(driver.lines.contains(&Contact::Vcc(Some(Class::B))));
    let only: &[Class] = &[Class::C];
    let (error, _) = refused(Settings::new(CLOCK, only), Scripted::new(&[&hex]));
    assert_eq!(error, Error::UnsupportedClass);
}

#[test]
fn a_card_that_wants_more_time_than_it_gives_is_the_card_s_fault() {
    // TC1 is N, TB3 has CWI: the guard time is 12 + N etu, CWT is 11 + 2^CWI.
    let error = |n: u8, cwi: u8| {
        let mut atr = vec![0x3B, 0xC0, n, 0x81, 0x21, 0x40 | cwi];
        atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
        let hex: String = atr.iter().map(|byte| format!("{byte:02X}")).collect();
        let mut settings = settings();
        settings.latency = Duration::from_millis(5);
        settings.transmit_queue = 1;
        refused(settings, Scripted::new(&[&hex])).0
    };
    assert_eq!(error(31, 5), Error::ReservedParameter);
    assert_eq!(error(254, 0), Error::ReservedParameter);
    // It gives some, and the reader is slower.
    assert_eq!(error(30, 5), Error::Latency);
    assert_eq!(error(0, 0), Error::Latency);
    assert_eq!(error(255, 0), Error::Latency);
}

#[test]
fn a_class_that_the_board_lacks_is_not_the_card_s_fault() {
    let refused_by = |classes: &'static [Class], reset: &str| {
        let mut card = Scripted::new(&[reset]);
        card.classes = vec![Class::A];
        refused(Settings::new(CLOCK, classes), card)
    };
    // The board has none of them: no card was asked.
    let (error, driver) = refused_by(&[Class::C, Class::B], FIRST);
    assert_eq!((error, driver.card.colds), (Error::Settings, 0));
    // What the card said or did not say counts, and not what the board lacks after that.
    assert_eq!(refused_by(&[Class::A, Class::B], "").0, Error::Mute);
    assert_eq!(refused_by(&[Class::A, Class::C], "3B80811F041A").0, Error::UnsupportedClass);
}

#[test]
fn a_damaged_answer_to_reset() {
    let wrong = "3BE000FF8131FE4515";
    let card = Scripted::new(&[wrong, wrong, FIRST]).piece(IFS.0, IFS.1);
    assert_eq!(activated(settings(), card).1.card.warms, 2);
    let (error, driver) = refused(settings(), Scripted::new(&[wrong, wrong, wrong, FIRST]));
    let Error::AnswerToReset(error) = error else { panic!("{error}") };
    assert_eq!((error.kind, error.position), (ErrorKind::CheckByte, 8));
    assert_eq!((driver.card.colds, driver.card.warms), (1, 2));
    // Silence in the middle: 9,600 etu each time.
    let (error, driver) = refused(settings(), Scripted::new(&["3BE0", "3BE0", "3BE0"]));
    let Error::AnswerToReset(error) = error else { panic!("{error}") };
    assert_eq!((error.kind, error.position), (ErrorKind::Truncated, 2));
    assert!((3_000_000..3_200_000).contains(&driver.now), "{}", driver.now);
    // One that dawdles: the whole of it within 20,160 etu, 2.1 s each time.
    let mut card = Scripted::default();
    for _ in 0..3 {
        let slow = bytes(FIRST)
            .into_iter()
            .flat_map(|byte| [Line::Byte(byte), Line::Pause(900_000)])
            .collect();
        card.resets.push_back(slow);
    }
    let (error, driver) = refused(settings(), card);
    assert!(matches!(error, Error::AnswerToReset(_)));
    assert!((6_000_000..7_000_000).contains(&driver.now), "{}", driver.now);
    // A character that cannot be read.
    let mut card = Scripted::new(&["", FIRST]).piece(IFS.0, IFS.1);
    card.resets[0] = vec![Line::Byte(0x3B), Line::Garbled];
    assert_eq!(activated(settings(), card).1.card.warms, 1);
}

#[test]
fn the_inverse_convention() {
    let atr = [0x3F, 0x00];
    let raw: Vec<Line> = atr.iter().map(|byte| Line::Byte(decode_inverse(*byte))).collect();
    let raws = |hex: &str| -> Vec<u8> { bytes(hex).into_iter().map(decode_inverse).collect() };
    let exchange = |mut card: Scripted| {
        let answer = raws("B0AA9000").into_iter().map(Line::Byte).collect();
        card.pieces.push_back((raws("00B0000001"), answer));
        let mut slot = Slot::new(settings());
        let mut driver = Driver::new(card);
        slot.activate();
        assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Activated);
        let command = bytes("00B0000001");
        slot.transmit(&command).unwrap();
        let mut response = [0; 9];
        assert_eq!(driver.run(&mut slot, &command, &mut response), Action::Answered(3));
        assert_eq!(response[..3], bytes("AA9000"));
        driver
    };
    // A UART that hands over a character with wrong parity: the rest with odd parity.
    let mut card = Scripted::default();
    card.resets.push_back(raw.clone());
    let driver = exchange(card);
    assert_eq!(driver.serial.unwrap().parity, Parity::Odd);
    assert_eq!(driver.card.warms, 0);
    // One that does not: a warm reset with odd parity.
    let mut card = Scripted::default();
    card.resets.push_back(vec![Line::Garbled, Line::Garbled]);
    card.resets.push_back(raw);
    let driver = exchange(card);
    assert_eq!((driver.serial.unwrap().parity, driver.card.warms), (Parity::Odd, 1));
    // A card of the direct convention whose first character was damaged comes back to even parity.
    let mut card = Scripted::new(&["", "", FIRST]).piece(IFS.0, IFS.1);
    card.resets[0] = vec![Line::Garbled];
    card.resets[1] = vec![Line::Garbled];
    assert_eq!(activated(settings(), card).1.serial.unwrap().parity, Parity::Even);
    // A UART that decodes by itself.
    let (slot, driver) = activated(settings(), Scripted::new(&["3F00"]));
    assert_eq!(driver.serial.unwrap().parity, Parity::Even);
    assert_eq!(slot.atr().unwrap().bytes(), [0x3F, 0x00]);
}

#[test]
fn settings_without_sense() {
    for settings in [
        Settings::new(999_999, &[Class::B]),
        Settings::new(5_000_001, &[Class::B]),
        Settings::new(CLOCK, &[]),
        {
            let mut settings = settings();
            settings.ifsd = 0;
            settings
        },
        {
            let mut settings = settings();
            settings.ifsd = 255;
            settings
        },
    ] {
        let (error, driver) = refused(settings, Scripted::default());
        assert_eq!(error, Error::Settings);
        assert!(driver.lines.is_empty());
    }
}

#[test]
fn errors_take_the_power() {
    // T=0: no procedure byte.
    let card = Scripted::new(&["3B00"]).piece("00B0000001", "0000");
    let (mut slot, mut driver) = begun(settings(), card);
    driver.lines.clear();
    let command = bytes("00B0000001");
    slot.transmit(&command).unwrap();
    let end = driver.run(&mut slot, &command, &mut [0; 9]);
    assert_eq!(end, Action::Failed(Error::ProcedureByte(0)));
    assert_eq!(driver.lines, OFF);
    assert_eq!(slot.state(), State::Inactive);
    assert_eq!(slot.transmit(&command), Err(Error::NotReady));
    // All but a buffer that is too small.
    let card =
        Scripted::new(&["3B00"]).piece("00B0000001", "B0AA9000").piece("00B0000001", "B0AA9000");
    let (mut slot, mut driver) = begun(settings(), card);
    slot.transmit(&command).unwrap();
    let end = driver.run(&mut slot, &command, &mut [0; 2]);
    assert_eq!(end, Action::Failed(Error::BufferTooSmall));
    assert!(driver.powered() && slot.state() == State::Ready);
    slot.transmit(&command).unwrap();
    assert_eq!(driver.run(&mut slot, &command, &mut [0; 3]), Action::Answered(3));
}

#[test]
fn a_command_has_an_end() {
    let mut impatient = settings();
    impatient.exchange_limit = Duration::from_secs(5);
    impatient.null_limit = u16::MAX;
    let mut card = Scripted::new(&["3B00"]).piece("00B0000001", "");
    card.pieces[0].1 = (0..100).flat_map(|_| [Line::Pause(500_000), Line::Byte(0x60)]).collect();
    let (mut slot, mut driver) = begun(impatient, card);
    let from = driver.now;
    let command = bytes("00B0000001");
    slot.transmit(&command).unwrap();
    let end = driver.run(&mut slot, &command, &mut [0; 9]);
    assert_eq!(end, Action::Failed(Error::ExchangeLimit));
    assert!((5_000_000..5_600_000).contains(&(driver.now - from)), "{}", driver.now - from);
    assert!(!driver.powered());
}

#[test]
fn the_card_leaves_at_any_moment() {
    let card = || {
        Scripted::new(&[SECOND, SECOND])
            .piece("FF1113FD", "FF1112FC")
            .piece(IFS.0, IFS.1)
            .piece("0000040020008 0A4", "0000029000 92")
    };
    // So many actions has the whole.
    let whole = {
        let (slot, mut driver) = (Slot::new(settings()), Driver::new(card()));
        let mut slot = slot;
        slot.activate();
        assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Activated);
        slot.transmit(&bytes("00200080")).unwrap();
        let end = driver.run(&mut slot, &bytes("00200080"), &mut [0; 9]);
        assert_eq!(end, Action::Answered(2));
        driver.actions
    };
    for at in 0..whole {
        let mut slot = Slot::new(settings());
        let mut driver = Driver::new(card());
        driver.removal = Some(at);
        slot.activate();
        let mut end = driver.run(&mut slot, &[], &mut []);
        if end == Action::Activated {
            slot.transmit(&bytes("00200080")).unwrap();
            end = driver.run(&mut slot, &bytes("00200080"), &mut [0; 9]);
        }
        let expected = if at == 0 { Error::NoCard } else { Error::CardRemoved };
        assert_eq!(end, Action::Failed(expected), "{at}");
        assert_eq!(slot.state(), State::Inactive);
        assert!(!driver.powered());
        if at > 0 {
            assert!(driver.lines.ends_with(&OFF), "{at}: {:?}", driver.lines);
        }
        // Said once; a card-detect line that stays tells the same again.
        assert_eq!(driver.run(&mut slot, &[], &mut []), Action::Idle);
    }
}

#[test]
fn orders_at_any_moment() {
    let card = || Scripted::new(&[FIRST, FIRST]).piece(IFS.0, IFS.1).piece(IFS.0, IFS.1);
    for at in 0..60 {
        for order in 0..3 {
            let mut slot = Slot::new(settings());
            let mut driver = Driver::new(card());
            slot.activate();
            let mut event = Event::Ready;
            // By hand, so that the order comes between two actions. The card stays mute.
            for _ in 0..at {
                let action = slot.step(Instant::from_micros(driver.now), event, &[], &mut []);
                if let Action::Listen { until } = action {
                    driver.now = until.micros();
                }
                event = Event::Ready;
            }
            match order {
                0 => slot.deactivate(),
                1 => slot.cancel(),
                _ => slot.activate(),
            }
            let mut fresh = Driver::new(card());
            fresh.now = driver.now;
            let end = fresh.run(&mut slot, &[], &mut []);
            match order {
                0 => assert_eq!(end, Action::Deactivated),
                1 => assert!(
                    matches!(end, Action::Failed(Error::Cancelled | Error::Mute) | Action::Idle),
                    "{at}: {end:?}"
                ),
                _ => assert_eq!(end, Action::Activated),
            }
            assert_eq!(fresh.powered(), order == 2);
        }
    }
}

#[test]
fn a_slot_is_small() {
    assert!(size_of::<Slot>() <= 560, "{}", size_of::<Slot>());
    assert!(size_of::<Action>() <= 24, "{}", size_of::<Action>());
}
