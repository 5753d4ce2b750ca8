//! What a check-in left is judged again by the same rules, and in grace only for a card.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Ended, Person, Setup, anchors, check_in, issue, nonce, sign, time};
use kazasu::mynacard::{Key, Token};
use kazasu::pki::{Phase, SignatureError, Time, Validator};
use kazasu::{Evidence, Failure, Job, Nonce, Outcome, judge_again};
use kazasu_virtual_card::{Card, Date, Kind, Link};

/// A card or phone whose certificates end on 2025-06-15.
fn link(kind: Kind) -> Link {
    let mut issue = issue();
    issue.kind = kind;
    issue.issued = Date::new(2021, 3, 1).unwrap();
    issue.not_after = Date::new(2025, 6, 15);
    Link::new(Card::issue(issue).unwrap())
}

fn valid() -> Time {
    time("2024-06-15T12:00:00+09:00")
}

fn grace() -> Time {
    time("2025-06-16T00:00:00+09:00")
}

/// What a judge says of it, who was told this of the token.
fn judge(
    ended: &Ended,
    now: Time,
    job: &Job,
    token: Option<Token>,
) -> (Outcome, Option<Failure>, bool) {
    let (certificate, proof) = (ended.certificate.as_ref().unwrap(), ended.proof.as_ref().unwrap());
    let (scheme, signature) = (proof.scheme(), proof.signature());
    let evidence = Evidence { certificate, scheme, signature, token };
    let anchors = anchors();
    let judgement = judge_again(&Validator::new(&anchors), now, job, &evidence);
    assert_eq!(judgement.signature.is_some(), judgement.outcome.is_verified());
    (judgement.outcome, judgement.failure, judgement.judged.is_some())
}

#[test]
fn grace_is_for_what_is_said_to_be_a_card() {
    let job = Job::check_in(&nonce());
    let ended = check_in(&mut link(Kind::Card), &Setup::at(grace()), &mut Person::right());
    assert_eq!(ended.outcome, Outcome::VerifiedInGrace, "{ended:?}");
    let token = ended.proof.as_ref().unwrap().token();
    assert_eq!(token, Some(Token::MyNumberCard));
    assert_eq!(judge(&ended, grace(), &job, token), (Outcome::VerifiedInGrace, None, true));

    for kind in [Kind::Android, Kind::Iphone] {
        let ended = check_in(&mut link(kind), &Setup::at(valid()), &mut Person::right());
        assert_eq!(ended.proof.as_ref().unwrap().token(), None, "it did not matter");
        for token in [
            None,
            Some(Token::Android),
            Some(Token::BasicResidentCard),
            Some(Token::Iphone),
            Some(Token::Other),
        ] {
            let refused = (Outcome::Over, Some(Failure::PhoneGrace), true);
            assert_eq!(judge(&ended, grace(), &job, token), refused, "{token:?}");
            assert_eq!(judge(&ended, valid(), &job, token), (Outcome::Verified, None, true));
        }
    }
}

#[test]
fn another_challenge_certificate_or_time_is_refused() {
    let job = Job::check_in(&nonce());
    let ended = check_in(&mut link(Kind::Card), &Setup::at(valid()), &mut Person::right());
    let card = Some(Token::MyNumberCard);
    let other = Job::check_in(&Nonce::given(&[1; 32]).unwrap());
    let mismatch = Some(Failure::Signature(SignatureError::Mismatch));
    for now in [valid(), grace()] {
        let said = judge(&ended, now, &other, card);
        assert_eq!(said, (Outcome::SignatureWrong, mismatch, true));
    }
    for (now, outcome, phase) in [
        ("2021-02-28T23:59:59+09:00", Outcome::NotYetValid, Phase::NotYet),
        ("2025-09-16T00:00:00+09:00", Outcome::Over, Phase::Over),
    ] {
        let said = judge(&ended, time(now), &job, card);
        assert_eq!(said, (outcome, Some(Failure::Phase(phase)), true));
    }
    // The other kind of certificate is not asked for here.
    let (outcome, _, accepted) =
        judge(&ended, valid(), &Job::sign(Key::Sign, kazasu::pki::Digest::sha256([0; 32])), card);
    assert_eq!((outcome, accepted), (Outcome::NotTrusted, false));
}

#[test]
fn no_signature_over_a_message_in_grace() {
    let ended = sign(&mut link(Kind::Card), &Setup::at(valid()), &mut Person::right());
    let job = Job::sign(Key::Sign, *ended.proof.as_ref().unwrap().digest());
    let card = Some(Token::MyNumberCard);
    assert_eq!(judge(&ended, valid(), &job, card), (Outcome::Verified, None, true));
    let refused = (Outcome::Over, Some(Failure::Phase(Phase::Grace)), true);
    assert_eq!(judge(&ended, grace(), &job, card), refused);
}
