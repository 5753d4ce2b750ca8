//! A card that is pulled and put back in each state of the field and of a session: what comes after
//! is a presence of its own, and evidence of the one before is refused before anything is sent.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod meeting;

use std::time::Duration;

use kazasu::apdu::{Channel, Presence, Session};
use kazasu::mynacard::{
    self, Application, Input, Key, LastTry, Pin, ReadTries, Reference, SelectApplication, Sign,
    Tries, Verified, Verify, VerifyError, digest_info_sha256,
};
use kazasu_air::instant;
use kazasu_nfc::FrontEnd as _;
use kazasu_virtual_card::radio::{PiccSettings, TypeASettings, TypeBSettings};
use meeting::patient::Patient;
use meeting::{Meeting, Setup};

const MILLISECOND: Duration = Duration::from_millis(1);

type Over<'s, 'm, 'f, 'p> = Session<'s, &'m mut Meeting<'f, 'p>>;

/// What a session has won so far.
#[derive(Default)]
struct Evidence {
    tries: Option<Tries>,
    verified: Option<Verified>,
}

fn verify(session: &mut Over<'_, '_, '_, '_>, tries: Tries) -> Result<Verified, VerifyError> {
    session.run(&mut Verify::new(tries, &Pin::new(b"1234").unwrap(), LastTry::Keep))
}

fn sign(session: &mut Over<'_, '_, '_, '_>, verified: &Verified) -> Result<(), mynacard::Error> {
    let digest_info = digest_info_sha256(&[0x5A; 32]);
    let mut sign = Sign::new(Key::Auth, Input::Verbatim(&digest_info), verified).unwrap();
    session.run(&mut sign).map(drop)
}

/// SELECT, tries twice, VERIFY, SIGN, as far as it goes.
fn steps(session: &mut Over<'_, '_, '_, '_>, evidence: &mut Evidence) -> Option<()> {
    session.run(&mut SelectApplication::new(Application::Jpki)).ok()?;
    // One is kept, one is used.
    evidence.tries = Some(session.run(&mut ReadTries::new(Reference::Auth)).ok()?);
    let tries = session.run(&mut ReadTries::new(Reference::Auth)).ok()?;
    evidence.verified = Some(verify(session, tries).ok()?);
    sign(session, evidence.verified.as_ref()?).ok()
}

/// The presence as the session counts it, and as the field does.
fn presence(session: &Over<'_, '_, '_, '_>) -> (Presence, Option<u32>) {
    let card = session.transport().link.card();
    (session.channel().presence(), card.map(|card| card.presence))
}

/// One session, with a card that may leave and come back. The moments of its frames.
fn session(patient: &mut Patient, setup: &Setup, tally: &mut Tally) -> Vec<Duration> {
    patient.begin();
    let (mut frame, mut outgoing, mut incoming) = ([0; 256], [0; 300], [0; 4096]);
    let mut meeting = Meeting::new(patient, setup, &mut frame);
    let mut session = Session::new(&mut meeting, Channel::new(&mut outgoing, &mut incoming));
    let mut evidence = Evidence::default();
    let begun = session.reconnect().is_ok();
    let (before, activated) = (presence(&session), session.transport().now());
    let went = begun && steps(&mut session, &mut evidence).is_some();
    let log = session.transport().link.front_end().field.log().to_vec();
    let Some((leaves, Some(returns))) = setup.away else {
        assert!(went);
        let middle = |begins: Duration, ends: Duration| begins + (ends - begins) / 2;
        let frames = log.iter().map(|one| (one.begins, one.ends));
        let gaps = log.windows(2).map(|two| (two[0].ends, two[1].begins));
        return frames.chain(gaps).map(|(begins, ends)| middle(begins, ends)).collect();
    };
    if went && leaves < activated {
        // It was activated after that.
        return Vec::new();
    }
    // A card that left behind the last frame is found out by the next one.
    if went {
        let now = session.transport().now();
        session.transport_mut().link.front_end_mut().wait(instant(now.max(leaves)));
        assert!(sign(&mut session, evidence.verified.as_ref().unwrap()).is_err(), "{leaves:?}");
    }
    assert_eq!(presence(&session).1, None, "{leaves:?}: a card is left");
    // What was won is of no use while there is no presence,
    let commands = session.transport().card().commands();
    let refuses = |session: &mut Over<'_, '_, '_, '_>, evidence: &mut Evidence, spend: bool| {
        if let Some(verified) = &evidence.verified {
            assert_eq!(sign(session, verified), Err(mynacard::Error::EvidenceExpired));
        }
        if let Some(tries) = evidence.tries.take_if(|_| spend) {
            let refused = verify(session, tries).unwrap_err();
            assert!(matches!(refused, VerifyError::EvidenceExpired), "{refused:?}");
        }
    };
    refuses(&mut session, &mut evidence, false);
    // nor in the next one.
    session.transport_mut().link.front_end_mut().wait(instant(returns));
    session.reconnect().unwrap();
    let after = presence(&session);
    assert!(
        after.0 != before.0 && after.1.is_some() && after.1 != before.1,
        "{before:?} {after:?}"
    );
    assert!(!session.transport().card().responder().is_verified(), "{leaves:?}");
    tally.sessions += 1;
    tally.with_tries += u32::from(evidence.tries.is_some());
    tally.with_verified += u32::from(evidence.verified.is_some());
    refuses(&mut session, &mut evidence, true);
    assert_eq!(session.transport().card().commands(), commands, "{leaves:?}: a command went out");
    // A clean session.
    let again = steps(&mut session, &mut Evidence::default());
    assert!(again.is_some(), "{leaves:?}: {:?}", session.last_error());
    assert_eq!(session.transport().card().responder().end().0, 3);
    Vec::new()
}

#[derive(Debug, Default)]
struct Tally {
    sessions: u32,
    with_tries: u32,
    with_verified: u32,
}

#[test]
fn evidence_of_a_card_that_was_pulled_is_gone() {
    let (mut patient, mut tally) = (Patient::new(true), Tally::default());
    for mut card in [
        PiccSettings::type_b(TypeBSettings::JPKI_06),
        PiccSettings::type_b(TypeBSettings::JPKI_08),
        PiccSettings::type_a(TypeASettings::PHONE),
    ] {
        card.work.other = 3 * MILLISECOND;
        let setup = Setup::new(card);
        for leaves in session(&mut patient, &setup, &mut tally) {
            for away in [Duration::from_micros(100), 20 * MILLISECOND, 600 * MILLISECOND] {
                let setup = Setup { away: Some((leaves, Some(leaves + away))), ..setup.clone() };
                session(&mut patient, &setup, &mut tally);
            }
        }
    }
    println!("{tally:?}");
    assert!(
        tally.sessions > 200 && tally.with_tries > 100 && tally.with_verified > 20,
        "{tally:?}"
    );
}
