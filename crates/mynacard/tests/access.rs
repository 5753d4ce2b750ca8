//! The card-face and input-support applications of a virtual card: files behind access codes, the
//! reserve of their counters, and the keys that ask for no PIN.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Script, run};
use kazasu_apdu::{Channel, Session, Status};
use kazasu_mynacard::{
    Application, AuthenticateCard, BirthDateKey, Buffer, CardKey, Change, ChangeError, Counter,
    Error, File, LastTry, Operation, Password, Pin, ReadFile, ReadTries, Reference, Secret,
    SelectApplication, VerificationNumberB, Verified, Verify, VerifyError, WRONG_CODES_MAX,
};
use kazasu_virtual_card::{Card, Issue, Link, Reference as OfCard};

fn link() -> Link {
    Link::new(Card::issue(Issue::demonstration().seed(1)).unwrap())
}

/// One session: where a PIN was presented, the card loses its power when it ends.
type Open<'l> = Session<'l, &'l mut Link>;

/// Runs with room for 256 bytes at once, as most links have it.
fn in_session<T>(link: &mut Link, run: impl FnOnce(&mut Open<'_>) -> T) -> T {
    let (mut outgoing, mut incoming) = ([0; 300], [0; 258]);
    run(&mut Session::new(link, Channel::new(&mut outgoing, &mut incoming)))
}

/// Reads a file of the selected application.
fn read(session: &mut Open<'_>, file: File) -> Result<Vec<u8>, Error> {
    let mut bytes = [0; 8192];
    let mut read = ReadFile::new(file, Buffer::new(&mut bytes));
    let length = session.run(&mut read)?;
    let taken = read.into_sink().written().to_vec();
    assert_eq!(taken.len(), length);
    Ok(taken)
}

fn select(session: &mut Open<'_>, application: Application) {
    session.run(&mut SelectApplication::new(application)).unwrap();
}

fn present<'s>(
    session: &mut Open<'_>,
    reference: Reference,
    secret: impl Into<Secret<'s>>,
    last_try: LastTry,
) -> Result<Verified, VerifyError> {
    select(session, reference.application());
    let tries = session.run(&mut ReadTries::new(reference)).unwrap();
    session.run(&mut Verify::new(tries, secret, last_try))
}

/// Of the sample holder, 1985-06-15.
fn birth() -> BirthDateKey {
    BirthDateKey::from_date(1985, 6, 15).unwrap()
}

fn number_b(link: &Link) -> VerificationNumberB {
    let secret = link.card().unwrap().secret(OfCard::TextNumberB).unwrap();
    let year = secret.reveal().get(6..10).unwrap().parse().unwrap();
    VerificationNumberB::from_parts(&birth(), year, b"0000").unwrap()
}

#[test]
fn each_access_code_opens_its_files() {
    let mut link = link();
    let number = number_b(&link);
    let (operation, status) = (Operation::ReadBinary, Status::SECURITY_STATUS_NOT_SATISFIED);
    let refused = Err(Error::Status { operation, status });
    in_session(&mut link, |session| {
        for file in [File::AGE_RECORD, File::CARD_FACE, File::ATTRIBUTES, File::SIGNING_KEY_RECORD]
        {
            select(session, file.application);
            assert_eq!(read(session, file), refused);
        }
        present(session, Reference::BirthDate, &birth(), LastTry::Keep).unwrap();
        assert_eq!(read(session, File::AGE_RECORD).unwrap().len(), 547);
        assert_eq!(read(session, File::CARD_FACE), refused);
        present(session, Reference::CardFaceNumberB, &number, LastTry::Keep).unwrap();
        assert!(read(session, File::CARD_FACE).unwrap().len() > 3000);
        present(session, Reference::InputSupportNumberB, &number, LastTry::Keep).unwrap();
        for (file, length) in [(File::INTEGRITY_RECORD, 336), (File::SIGNING_KEY_RECORD, 536)] {
            assert_eq!(read(session, file).unwrap().len(), length);
        }
        assert!(read(session, File::ATTRIBUTES).is_ok());
    });
    assert_eq!(link.card().unwrap().verify_commands_seen(), 3);
}

#[test]
fn certificates_and_information_are_free() {
    let mut link = link();
    for (file, length) in [
        (File::CARD_FACE_INFORMATION, 320),
        (File::CARD_FACE_CERTIFICATE, 568),
        (File::INPUT_SUPPORT_CERTIFICATE, 568),
        (File::INPUT_SUPPORT_INFORMATION, 164),
    ] {
        in_session(&mut link, |session| {
            select(session, file.application);
            assert_eq!(read(session, file).unwrap().len(), length, "{file:?}");
        });
    }
    assert_eq!(link.card().unwrap().verify_commands_seen(), 0);
}

#[cfg(feature = "my-number")]
#[test]
fn the_number_is_read_where_the_feature_is_on() {
    let mut link = link();
    let pin = Pin::new(b"2345").unwrap();
    let file = in_session(&mut link, |session| {
        present(session, Reference::Text, &pin, LastTry::Keep).unwrap();
        let file = read(session, File::MY_NUMBER).unwrap();
        select(session, Application::CardFace);
        assert!(read(session, File::MY_NUMBER_PICTURE).is_err(), "the PIN does not open it");
        file
    });
    let number = link.card().unwrap().secret(OfCard::TextNumberA).unwrap().reveal();
    assert_eq!((file.len(), file.get(3..15)), (17, Some(number.as_bytes())));
}

#[cfg(feature = "my-number")]
#[test]
fn number_a_opens_what_the_facts_say() {
    use kazasu_mynacard::VerificationNumberA;

    let mut link = link();
    let number = link.card().unwrap().secret(OfCard::SurfaceNumberA).unwrap().reveal().to_owned();
    let number = VerificationNumberA::new(number.as_bytes()).unwrap();
    for reference in Reference::NUMBERS_A {
        assert_eq!((reference.tries(), reference.reserve()), (10, 2));
        assert!(reference.is_access_code());
    }
    in_session(&mut link, |session| {
        present(session, Reference::CardFaceNumberA, &number, LastTry::Keep).unwrap();
        for file in [File::MY_NUMBER_PICTURE, File::CARD_FACE, File::CARD_FACE_UNKNOWN_0006] {
            assert!(read(session, file).is_ok(), "{file:?}");
        }
        present(session, Reference::InputSupportNumberA, &number, LastTry::Keep).unwrap();
        for file in [File::MY_NUMBER, File::INTEGRITY_RECORD, File::SESSION_KEY] {
            assert!(read(session, file).is_ok(), "{file:?}");
        }
        assert!(read(session, File::ATTRIBUTES).is_err(), "the number does not open them");
        // It is no PIN, and no number B.
        let wrong = present(session, Reference::Text, &number, LastTry::Keep);
        assert_eq!(wrong, Err(VerifyError::WrongKind));
    });
    assert_eq!(link.card().unwrap().verify_commands_seen(), 2);
}

#[test]
fn every_known_file_is_there() {
    let mut link = link();
    let number = number_b(&link);
    in_session(&mut link, |session| {
        present(session, Reference::CardFaceNumberB, &number, LastTry::Keep).unwrap();
        assert_eq!(read(session, File::CARD_FACE_UNKNOWN_0006), Ok(vec![0xFF; 16]));
        present(session, Reference::InputSupportNumberB, &number, LastTry::Keep).unwrap();
        assert_eq!(read(session, File::SESSION_KEY).unwrap().len(), 269);
        assert_eq!(read(session, File::INPUT_SUPPORT_UNKNOWN_0008), Ok(vec![0xFF; 16]));
    });
}

#[test]
fn two_wrong_codes_stop_the_session() {
    assert_eq!(WRONG_CODES_MAX, 2);
    let mut link = link();
    let number = number_b(&link);
    let wrong = VerificationNumberB::new(b"00000000000000").unwrap();
    let pin = Pin::new(b"9999").unwrap();
    in_session(&mut link, |session| {
        let stopped = |left| Err(VerifyError::SessionStopped { left });
        let face = Reference::CardFaceNumberB;
        assert_eq!(
            present(session, face, &wrong, LastTry::Keep),
            Err(VerifyError::Wrong { left: 9 })
        );
        // A wrong PIN is not an access code, and a right code forgives nothing.
        let of_pin = present(session, Reference::Text, &pin, LastTry::Keep);
        assert_eq!(of_pin, Err(VerifyError::Wrong { left: 2 }));
        assert!(present(session, face, &number, LastTry::Keep).is_ok());
        assert_eq!(
            present(session, face, &wrong, LastTry::Keep),
            Err(VerifyError::Wrong { left: 9 })
        );
        // Neither the right code nor another one nor the holder's word nor the card's power helps.
        assert_eq!(present(session, face, &number, LastTry::HolderConfirmed), stopped(9));
        assert_eq!(present(session, Reference::BirthDate, &birth(), LastTry::Keep), stopped(10));
        session.power_off().unwrap();
        session.reconnect().unwrap();
        assert_eq!(present(session, face, &number, LastTry::Keep), stopped(9));
        assert!(VerifyError::SessionStopped { left: 9 }.to_string().contains("no try was used"));
        // A PIN goes on.
        let of_pin = present(session, Reference::Text, &pin, LastTry::Keep);
        assert_eq!(of_pin, Err(VerifyError::Wrong { left: 1 }));
        session.channel_mut().begin_session();
        assert!(present(session, face, &number, LastTry::Keep).is_ok());
    });
    assert_eq!(link.card().unwrap().verify_commands_seen(), 6);
}

#[test]
fn an_attempt_whose_outcome_is_not_known_counts_as_wrong() {
    use kazasu_virtual_card::{Effect, Fault, When};

    let number = number_b(&link());
    for (effect, counts) in [
        (Effect::no_answer(), 1),
        (Effect::Status { acted: true, status: Status(0x6F00) }, 1),
        (Effect::drop_before(), 1),
        (Effect::Status { acted: false, status: Status(0x9000) }, 0),
    ] {
        let mut link = link().with_fault(Fault::once(When::InsWithData(0x20), effect.clone()));
        in_session(&mut link, |session| {
            let _ = present(session, Reference::CardFaceNumberB, &number, LastTry::Keep);
            assert_eq!(session.channel().wrong_codes(), counts, "{effect:?}");
        });
    }
    // What was never sent does not.
    let mut link = link();
    in_session(&mut link, |session| {
        let refused = present(session, Reference::BirthDate, &number, LastTry::Keep);
        assert_eq!((refused, session.channel().wrong_codes()), (Err(VerifyError::WrongKind), 0));
    });
}

#[test]
fn two_tries_of_an_access_code_are_the_holders() {
    for reference in Reference::ACCESS_CODES {
        assert_eq!((reference.tries(), reference.reserve()), (10, 2));
    }
    let card = |left| {
        let issue = Issue::demonstration().seed(1).tries_left(OfCard::SurfaceBirth, left);
        Link::new(Card::issue(issue).unwrap())
    };
    let try_once = |link: &mut Link, key: &BirthDateKey, last_try| {
        in_session(link, |session| present(session, Reference::BirthDate, key, last_try).map(drop))
    };
    for left in [1, 2] {
        let mut link = card(left);
        let expected = VerifyError::LastTryRefused { left };
        assert_eq!(try_once(&mut link, &birth(), LastTry::Keep), Err(expected));
        assert!(expected.to_string().contains("not confirmed"));
        assert_eq!(link.card().unwrap().verify_commands_seen(), 0);
        assert_eq!(try_once(&mut link, &birth(), LastTry::HolderConfirmed), Ok(()));
    }
    let mut link = card(3);
    let wrong = BirthDateKey::from_date(1985, 6, 16).unwrap();
    assert_eq!(try_once(&mut link, &wrong, LastTry::Keep), Err(VerifyError::Wrong { left: 2 }));
    assert_eq!(link.card().unwrap().tries(OfCard::SurfaceBirth), Some(2));
    let blocked = try_once(&mut card(0), &birth(), LastTry::HolderConfirmed);
    assert_eq!(blocked, Err(VerifyError::Blocked));
}

#[test]
fn a_secret_of_another_kind_is_never_sent() {
    let mut link = link();
    let (birth, number) = (birth(), number_b(&link));
    let (pin, password) = (Pin::new(b"1234").unwrap(), Password::new(b"TEST1234").unwrap());
    let secrets =
        [(&birth).into(), (&number).into(), (&pin).into(), (&password).into(), Secret::OnPinPad];
    let kind = |reference| match reference {
        Reference::BirthDate => 0,
        Reference::CardFaceNumberB | Reference::InputSupportNumberB => 1,
        Reference::Sign => 3,
        _ => 2,
    };
    let mut refused = 0;
    for reference in Reference::ALL.into_iter().chain(Reference::ACCESS_CODES) {
        for (at, secret) in secrets.iter().enumerate() {
            let takes = kind(reference) == at || (at == 4 && kind(reference) == 2);
            if !takes {
                let outcome = in_session(&mut link, |session| {
                    present(session, reference, *secret, LastTry::HolderConfirmed)
                });
                assert_eq!(outcome, Err(VerifyError::WrongKind), "{reference:?} {at}");
                refused += 1;
            }
        }
    }
    assert_eq!((refused, link.card().unwrap().verify_commands_seen()), (28, 0));
    // Nor is an access code changed.
    run(&mut link, &mut SelectApplication::new(Application::CardFace)).unwrap();
    let mut change = Change::new(Reference::BirthDate, &birth, &birth, LastTry::Keep);
    assert_eq!(run(&mut link, &mut change), Err(ChangeError::WrongKind));
}

#[test]
fn a_counter_of_ten_is_possible_for_access_codes_only() {
    for (reference, possible) in [
        (Reference::BirthDate, true),
        (Reference::CardFaceNumberB, true),
        (Reference::InputSupportNumberB, true),
        (Reference::Auth, false),
        (Reference::Sign, false),
    ] {
        let tries = run(&mut Script::of(&[0x63CA]), &mut ReadTries::new(reference));
        match tries {
            Ok(tries) => assert!(possible && tries.counter() == Counter::Left(10)),
            Err(error) => assert_eq!(
                (possible, error),
                (false, Error::ImpossibleTries { reference, left: 10 })
            ),
        }
    }
    let eleven = run(&mut Script::of(&[0x63CB]), &mut ReadTries::new(Reference::BirthDate));
    assert!(matches!(eleven, Err(Error::ImpossibleTries { left: 11, .. })));
}

#[test]
fn the_keys_of_the_applications_answer_without_a_pin() {
    let mut link = link();
    let digest = [7; 32];
    let mut seen = Vec::new();
    for key in [CardKey::CardFace, CardKey::InputSupport, CardKey::Common] {
        run(&mut link, &mut SelectApplication::new(key.application())).unwrap();
        link.clear_log();
        let answer = run(&mut link, &mut AuthenticateCard::new(key, &digest)).unwrap();
        assert_eq!((answer.key(), link.commands()), (key, 1));
        assert!(!seen.contains(answer.unverified_bytes()));
        seen.push(*answer.unverified_bytes());
        // The same challenge, the same answer: it proves nothing the second time.
        let again = run(&mut link, &mut AuthenticateCard::new(key, &digest)).unwrap();
        assert_eq!(again, answer);
        assert!(!format!("{answer:?}").contains("bytes"));
    }
    let commands = link.card().unwrap().deeds();
    assert_eq!((commands.verify_commands, commands.signatures), (0, 6));
    // Asked of another application, the card refuses and says so.
    let refused = run(&mut link, &mut AuthenticateCard::new(CardKey::CardFace, &digest));
    assert!(matches!(refused, Err(Error::Status { operation: Operation::Sign, .. })));
    run(&mut link, &mut SelectApplication::new(Application::CardFace)).unwrap();
    let refused = run(&mut link, &mut AuthenticateCard::new(CardKey::Common, &digest));
    let operation = Operation::InternalAuthenticate;
    let status = Status::CONDITIONS_NOT_SATISFIED;
    assert_eq!(refused, Err(Error::Status { operation, status }));
}

#[test]
fn an_answer_of_another_length_is_no_signature() {
    let digest = [7; 32];
    let procedure = || AuthenticateCard::new(CardKey::CardFace, &digest);
    let empty = run(&mut Script::of(&[0x9000]), &mut procedure());
    assert_eq!(empty, Err(Error::WrongSignatureLength { length: 0 }));
    let mut script =
        Script::new(vec![common::Answer::Broken(kazasu_apdu::transport::ErrorKind::LinkBroken)]);
    let broken = run(&mut script, &mut procedure());
    assert!(matches!(broken, Err(Error::Exchange { operation: Operation::Sign, .. })));
    assert_eq!(script.sent, [(0x2A, 51)]);
}
