//! A card that is taken away and put back: how soon the engine says so, in which words, and that
//! what comes after is a new session.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod meeting;

use std::time::Duration;

use kazasu::apdu::{ExtendedLength, Transport};
use kazasu_air::instant;
use kazasu_nfc::{Error, FrontEnd, Link};
use kazasu_virtual_card::radio::{
    BitRate, Direction, Noise, PiccSettings, TypeASettings, TypeBSettings, WorkTimes,
};
use meeting::patient::Patient;
use meeting::{Meeting, Setup, check_in};

const MILLISECOND: Duration = Duration::from_millis(1);
const SELECT: [u8; 15] = [0x00, 0xA4, 0x04, 0x0C, 10, 0xD3, 0x92, 0xF0, 0, 0x26, 1, 0, 0, 0, 1];

/// FWT of FWI 8, 10 and 13.
fn frame_waiting_time(fwi: u32) -> Duration {
    Duration::from_nanos((4096_u64 << fwi) * 25_000 / 339)
}

fn cards() -> [(&'static str, PiccSettings, u32); 3] {
    [
        ("JPKI (06)", PiccSettings::type_b(TypeBSettings::JPKI_06), 10),
        ("JPKI (08)", PiccSettings::type_b(TypeBSettings::JPKI_08), 13),
        ("phone", PiccSettings::type_a(TypeASettings::PHONE), 8),
    ]
}

/// What `docs/nfc-reader.md` says is the latest, of the row with this beginning.
fn documented(row: &str, at: usize) -> Duration {
    let page = include_str!("../../../docs/nfc-reader.md");
    let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {row} | "))).unwrap();
    let times = row.trim_end_matches(" ms |").split(" / ").nth(at).unwrap();
    Duration::from_millis(times.replace(',', "").parse().unwrap())
}

const fn column(fwi: u32) -> usize {
    match fwi {
        8 => 0,
        10 => 1,
        _ => 2,
    }
}

/// It is as the page says, to a twentieth.
fn as_documented(longest: Duration, row: &str, at: usize) {
    let said = documented(row, at);
    assert!(longest <= said && longest * 20 >= said * 19, "{row}: {longest:?}, page {said:?}");
}

/// The reader looks every 100 ms, as its documentation asks for, until it is told something.
fn watch(meeting: &mut Meeting<'_, '_>, until: Duration) -> Result<(), Error> {
    while meeting.now() < until {
        let next = meeting.now() + 100 * MILLISECOND;
        meeting.link.front_end_mut().wait(instant(next));
        meeting.order(Link::check).map_err(|error| error.field())?;
    }
    Ok(())
}

#[test]
fn between_commands_a_removal_is_told_within_300_ms() {
    let mut longest = Duration::ZERO;
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    for (name, card, _) in cards() {
        for late in (0..230).step_by(3) {
            patient.begin();
            let setup = Setup::new(card.clone());
            let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
            meeting.reconnect().unwrap();
            meeting.transmit(&SELECT, &mut [0; 2]).unwrap();
            let leaves = meeting.now() + late * MILLISECOND;
            meeting.link.front_end_mut().field.leave_at(0, leaves);
            assert_eq!(watch(&mut meeting, leaves + 5000 * MILLISECOND), Err(Error::CardRemoved));
            let told = meeting.now() - leaves;
            assert!(told <= 300 * MILLISECOND, "{name}, {late} ms: {told:?}");
            longest = longest.max(told);
        }
    }
    println!("told {longest:?} after the removal at the latest");
    as_documented(longest, "between two commands", 0);
}

#[test]
fn noise_is_not_taken_for_a_removal() {
    let noise = Noise { flipped: 0.05, lost: 0.02, phantom: 0.1, ..Noise::default() };
    // A look in eleven is not heard or not answered.
    let mut lost = 0;
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    for seed in 0..20 {
        for (_, card, _) in cards() {
            patient.begin();
            let mut setup = Setup::new(card);
            setup.noise = Some((noise, seed));
            let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
            if meeting.reconnect().is_err() {
                continue;
            }
            // Ten seconds: a hundred looks.
            let until = meeting.now() + 10_000 * MILLISECOND;
            lost += u32::from(watch(&mut meeting, until).is_err());
        }
    }
    assert!(lost <= 1, "{lost} of 60 cards were called removed");
}

/// Something that looks like frames, in so many of the waits in which nobody speaks.
const PHANTOMS: [f64; 4] = [0.1, 0.3, 0.6, 0.9];

fn phantoms(phantom: f64) -> Noise {
    Noise { phantom, disturbance: phantom / 3.0, ..Noise::default() }
}

#[test]
fn noise_between_commands_does_not_put_a_removal_off() {
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    let (mut longest, mut told_so, mut sessions) = (Duration::ZERO, 0, 0);
    for (name, card, _) in cards() {
        for (seed, phantom) in (0..).zip(PHANTOMS.into_iter().cycle().take(200)) {
            patient.begin();
            let mut setup = Setup::new(card.clone());
            setup.noise = Some((phantoms(phantom), seed));
            let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
            if meeting.reconnect().is_err() {
                continue;
            }
            let leaves = meeting.now() + Duration::from_micros(seed * 1_130);
            meeting.link.front_end_mut().field.leave_at(0, leaves);
            let error = watch(&mut meeting, leaves + 5000 * MILLISECOND).unwrap_err();
            assert!(matches!(error, Error::CardRemoved | Error::Unreadable), "{name}: {error:?}");
            let told = meeting.now() - leaves;
            assert!(told <= 300 * MILLISECOND, "{name}, {phantom}, {seed}: {told:?}");
            longest = longest.max(told);
            told_so += u32::from(error == Error::CardRemoved);
            sessions += 1;
        }
    }
    println!("told {longest:?} after the removal at the latest; {told_so} of {sessions} as one");
    as_documented(longest, "between two commands, with that noise", 0);
    assert!(sessions > 300 && told_so * 10 >= sessions * 8, "{told_so} of {sessions}");
}

#[test]
fn noise_during_a_command_does_not_put_a_removal_off() {
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    for (name, mut card, fwi) in cards() {
        // As long as the card may work without asking for more time.
        card.work.select = frame_waiting_time(fwi) * 8 / 10;
        let bound = frame_waiting_time(fwi) + 100 * MILLISECOND;
        let (mut longest, mut told_so, mut sessions) = (Duration::ZERO, 0, 0);
        for (seed, phantom) in (0..).zip(PHANTOMS.into_iter().cycle().take(400)) {
            patient.begin();
            let mut setup = Setup::new(card.clone());
            setup.noise = Some((phantoms(phantom), seed));
            let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
            if meeting.reconnect().is_err() {
                continue;
            }
            // At the latest a moment before the answer.
            let leaves = meeting.now() + card.work.select.mul_f64(seed as f64 / 400.0);
            meeting.link.front_end_mut().field.leave_at(0, leaves);
            let error = meeting.transmit(&SELECT, &mut [0; 2]).unwrap_err().field();
            assert!(matches!(error, Error::CardRemoved | Error::Unreadable), "{name}: {error:?}");
            let told = meeting.now() - leaves;
            assert!(told <= bound, "{name}, {phantom}, {seed}: {told:?}, {bound:?} allowed");
            longest = longest.max(told);
            told_so += u32::from(error == Error::CardRemoved);
            sessions += 1;
        }
        println!("{name}: told {longest:?} after it, {bound:?} allowed; {told_so} of {sessions}");
        as_documented(longest, "during a command, with that noise, FWI 8 / 10 / 13", column(fwi));
        assert!(sessions > 200 && told_so * 10 >= sessions * 8, "{told_so} of {sessions}");
    }
}

/// The moments of a check-in: before each frame, in it, behind it.
fn moments(setup: &Setup) -> Vec<(Duration, bool)> {
    let met = check_in(&mut Patient::new(true), setup);
    assert!(met.verified(), "{met:?}");
    let activated =
        met.log.iter().position(|one| one.first & 0xC0 == 0 && one.first & 0xE2 == 0x02);
    let first = activated.unwrap();
    let mut moments = Vec::new();
    for (at, frame) in met.log.iter().enumerate() {
        let inside = at >= first;
        let middle = frame.begins + (frame.ends - frame.begins) / 2;
        moments.push((frame.begins - Duration::from_micros(20), inside));
        moments.push((middle, inside));
        moments.push((frame.ends + Duration::from_micros(20), inside));
        if frame.direction == Direction::ToReader
            && let Some(before) = at.checked_sub(1).and_then(|at| met.log.get(at))
        {
            // While the card works.
            moments.push((before.ends + (frame.begins - before.ends) / 2, inside));
        }
    }
    moments
}

#[test]
fn during_a_command_it_is_told_within_the_frame_waiting_time_and_100_ms() {
    let mut patient = Patient::new(true);
    for (name, mut card, fwi) in cards() {
        card.work = WorkTimes {
            signature: Duration::from_millis(20),
            select: Duration::from_millis(5),
            ..WorkTimes::OBSERVED
        };
        let bound = frame_waiting_time(fwi) + 100 * MILLISECOND;
        let mut longest = Duration::ZERO;
        let (setup, mut ended) = (Setup::new(card), 0);
        for (leaves, active) in moments(&setup) {
            let setup = Setup { away: Some((leaves, None)), ..setup.clone() };
            let met = check_in(&mut patient, &setup);
            assert!(met.verify_commands <= 1);
            // What is read of the counter afterwards needs a card: there is none.
            let Some((error, told)) = met.errors.first() else {
                // Behind the last frame that matters.
                assert!(met.verified(), "{name}, {leaves:?}: {met:?}");
                continue;
            };
            ended += 1;
            if active {
                assert_eq!(*error, Error::CardRemoved, "{name}, {leaves:?}");
                assert!(*told <= leaves + bound, "{name}, {leaves:?}: {told:?}");
                longest = longest.max(*told - leaves);
            } else {
                let named =
                    [Error::NoCard, Error::Activation, Error::Unreadable, Error::CardRemoved];
                assert!(named.contains(error), "{name}, {leaves:?}: {error:?}");
            }
        }
        assert!(ended > 60, "{ended}");
        println!("{name}: told {longest:?} after the removal at the latest, {bound:?} allowed");
        as_documented(longest, "during a command, FWI 8 / 10 / 13", column(fwi));
    }
}

#[test]
fn pulled_and_put_back_in_each_state_it_is_a_new_session() {
    let mut patient = Patient::new(true);
    let (mut sessions, mut anew) = (0, 0);
    for (name, mut card, _) in cards() {
        card.work.other = 3 * MILLISECOND;
        let setup = Setup::new(card);
        for (leaves, active) in moments(&setup) {
            for away in
                [Duration::from_micros(100), 6 * MILLISECOND, 90 * MILLISECOND, 700 * MILLISECOND]
            {
                let setup = Setup { away: Some((leaves, Some(leaves + away))), ..setup.clone() };
                patient.begin();
                let mut frame = [0; 256];
                let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
                let mut first = meeting.reconnect().is_ok();
                let mut verified = false;
                if first {
                    let met = meeting.check_in(ExtendedLength::Auto);
                    verified = met.verified();
                    first = verified;
                }
                let errors = meeting.errors.clone();
                sessions += 1;
                if verified {
                    // It left behind the last frame of the session, or before the first.
                    let last = errors.is_empty() || !active;
                    assert!(last, "{name}, {leaves:?}: {errors:?}");
                } else {
                    assert!(!errors.is_empty(), "{name}, {leaves:?}: no word of it");
                }
                // The field is off or new; the card knows nothing of a PIN.
                let told = meeting.now();
                meeting.link.front_end_mut().field.advance(told.max(leaves + away));
                meeting.link.front_end_mut().wait(instant(leaves + away));
                meeting.errors.clear();
                let again = meeting.reconnect();
                assert!(again.is_ok(), "{name}, {leaves:?}, {away:?}: {again:?} after {errors:?}");
                assert!(!meeting.card().responder().is_verified(), "{name}, {leaves:?}");
                let met = meeting.check_in(ExtendedLength::Auto);
                assert!(met.verified(), "{name}, {leaves:?}, {away:?}: {:?}", meeting.errors);
                anew += u32::from(!first);
                let met = meeting.finish(met);
                // Once in each session at most, and never by itself.
                assert!(met.verify_commands <= 2 && met.tries_left == 3, "{name}: {met:?}");
                assert!(met.powered >= 2);
            }
        }
    }
    println!("{sessions} sessions were interrupted, {anew} of them begun anew");
    assert!(anew > 500, "{anew}");
}

#[test]
fn no_command_passes_after_a_removal_before_the_next_activation() {
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    let setup = Setup::new(PiccSettings::type_b(TypeBSettings::JPKI_06));
    let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
    assert_eq!(
        meeting.transmit(&SELECT, &mut [0; 2]).map_err(|error| error.field()),
        Err(Error::NotReady)
    );
    meeting.reconnect().unwrap();
    assert_eq!(meeting.card().rates(), (BitRate::Kbps424, BitRate::Kbps424));
    let now = meeting.now();
    meeting.link.front_end_mut().field.leave_at(0, now);
    meeting.link.front_end_mut().field.enter_at(0, now + MILLISECOND);
    for expected in [Error::CardRemoved, Error::NotReady, Error::NotReady] {
        let answer = meeting.transmit(&SELECT, &mut [0; 2]);
        assert_eq!(answer.map_err(|error| error.field()), Err(expected));
    }
    meeting.reconnect().unwrap();
    assert_eq!(meeting.transmit(&SELECT, &mut [0; 2]).map_err(|error| error.field()), Ok(2));
    assert_eq!(meeting.card().commands(), 1);
}
