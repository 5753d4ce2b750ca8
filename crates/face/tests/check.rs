//! The face check, step by step: what counts as an attempt, what ends it, and what is left.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the failure")]

mod common;

use common::{PHOTO, Script, THRESHOLD, at, compared, frame, policy, presences, ready};
use kazasu_face::{
    AttackKind, CaptureLimit, Decision, DeviceFault, Direction, End, FaceCheck, Liveness, Photo,
    PhotoKind, PhotoProblem, Policy, PolicyError, Preparation, Quality, Scale, Step, Verdict,
};
use sha2::{Digest, Sha256};

#[test]
fn a_match_with_liveness_is_a_proof_of_this_photo_and_presence() {
    let [here, other] = presences();
    let mut script = Script::new([Decision::More, compared(THRESHOLD)]);
    let mut check = ready(&mut script, policy());
    assert_eq!(check.capture(at(1_033), here, frame()), Step::Capture);
    assert_eq!(check.capture(at(1_066), here, frame()), Step::Ended(End::Match));
    let proof = check.into_match(at(1_100), here).unwrap();
    assert!(proof.holds_in(here) && !proof.holds_in(other));
    assert!(proof.is_of_photo(&Sha256::digest(PHOTO).into()));
    assert!(!proof.is_of_photo(&[0; 32]));
    let evidence = proof.evidence();
    assert_eq!((evidence.score, evidence.liveness), (Some(THRESHOLD), Liveness::Passed));
    assert_eq!((evidence.attempt, evidence.at, evidence.presence), (1, at(1_066), here));
    assert_eq!(evidence.verdict, Verdict::Match);
    assert_eq!((evidence.matcher.vendor(), evidence.matcher.version()), ("Vendor", "1.2"));
    assert_eq!(evidence.threshold.value(), THRESHOLD);
    assert!(!format!("{proof:?}").contains("sha256"));
    // Before, at the end, and when it was dropped.
    assert_eq!((script.forgotten, script.started), (3, 1));
    assert!(script.photo.is_empty());
}

#[test]
fn attempts_are_bounded_and_wait_for_the_holder() {
    let [here, _] = presences();
    let mut script = Script::new([compared(849), compared(0), compared(848), compared(1000)]);
    let mut check = ready(&mut script, policy());
    for left in [2, 1] {
        let step = Step::NoMatch { attempts_left: left };
        assert_eq!(check.capture(at(1_100), here, frame()), step);
        // Frames that come before the holder was told are not looked at.
        assert_eq!(check.capture(at(1_100), here, frame()), step);
        assert_eq!(check.tick(at(1_100), here), step);
        assert_eq!(check.retry(at(1_100), here), Step::Capture);
    }
    assert_eq!(check.capture(at(1_300), here, frame()), Step::Ended(End::NoMatch));
    assert_eq!(check.evidence().unwrap().attempt, 3);
    assert_eq!(check.retry(at(1_300), here), Step::Ended(End::NoMatch));
    assert_eq!(check.capture(at(1_300), here, frame()), Step::Ended(End::NoMatch));
    assert!(check.into_match(at(1_300), here).is_none());
    assert_eq!((script.compared, script.started), (3, 3));
}

#[test]
fn a_bad_picture_is_no_attempt_and_there_are_not_many() {
    let [here, _] = presences();
    let quality = [Quality::TooDark, Quality::Blurred].map(Decision::Quality);
    let mut script = Script::new(quality.into_iter().cycle().take(200));
    let mut check = ready(&mut script, policy().with_prompts(5, 0).unwrap());
    for kind in [Quality::TooDark, Quality::Blurred, Quality::TooDark, Quality::Blurred] {
        assert_eq!(check.capture(at(1_100), here, frame()), Step::Prompt(kind));
        assert_eq!(check.evidence().unwrap().verdict, Verdict::Quality(kind));
        assert_eq!(check.evidence().unwrap().attempt, 1);
    }
    assert_eq!(check.capture(at(1_100), here, frame()), Step::Prompt(Quality::TooDark));
    let end = End::CouldNotCapture(CaptureLimit::Prompts(Quality::Blurred));
    assert_eq!(check.capture(at(1_100), here, frame()), Step::Ended(end));

    // Problems that come thirty times a second are one prompt a second.
    let mut script = Script::new(quality.into_iter().cycle().take(1_000));
    let mut check = ready(&mut script, policy().with_prompts(5, 1_000).unwrap());
    let mut now = 1_000;
    while check.ended().is_none() {
        now += 33;
        check.capture(at(now), here, frame());
    }
    assert!((6_000..6_300).contains(&now), "{now}");
}

#[test]
fn the_time_ends_it_too() {
    let [here, _] = presences();
    let mut script = Script::new([Decision::Quality(Quality::NoFace), compared(1000)]);
    let mut check = ready(&mut script, policy().with_limit_millis(8_000).unwrap());
    assert_eq!(check.capture(at(8_999), here, frame()), Step::Prompt(Quality::NoFace));
    let end = End::CouldNotCapture(CaptureLimit::Time(Some(Quality::NoFace)));
    assert_eq!(check.capture(at(9_000), here, frame()), Step::Ended(end));
    assert!(check.into_match(at(9_000), here).is_none());
    assert_eq!(script.compared, 1);
}

#[test]
fn a_suspected_attack_is_for_staff_and_never_tried_again() {
    let [here, _] = presences();
    let screen = Decision::SuspectedAttack { kind: AttackKind::Screen, pad_score: Some(-7) };
    let failed = Decision::Compared { score: 1000, liveness: Liveness::Failed };
    let below = Decision::Compared { score: 0, liveness: Liveness::Failed };
    let off_scale = Decision::Compared { score: -1, liveness: Liveness::Failed };
    for (decision, kind, pad_score) in [
        (screen, AttackKind::Screen, Some(-7)),
        (failed, AttackKind::Unspecified, None),
        (below, AttackKind::Unspecified, None),
        (off_scale, AttackKind::Unspecified, None),
    ] {
        let mut script = Script::new([decision, compared(1000)]);
        let mut check = ready(&mut script, policy());
        let end = Step::Ended(End::SuspectedAttack(kind));
        assert_eq!(check.capture(at(1_100), here, frame()), end);
        assert_eq!(check.retry(at(1_200), here), end);
        assert_eq!(check.capture(at(1_300), here, frame()), end);
        assert_eq!(check.evidence().unwrap().pad_score, pad_score);
        assert!(check.into_match(at(1_300), here).is_none());
        assert_eq!((script.compared, script.started), (1, 1));
    }
}

#[test]
fn what_the_matcher_does_wrong_is_a_fault_of_the_device() {
    let [here, _] = presences();
    let unchecked = Decision::Compared { score: 1000, liveness: Liveness::NotChecked };
    for (decision, fault) in [
        (unchecked, DeviceFault::LivenessNotChecked),
        (compared(1001), DeviceFault::ScoreOutOfScale),
        (compared(-1), DeviceFault::ScoreOutOfScale),
        (compared(i32::MAX), DeviceFault::ScoreOutOfScale),
        (Decision::DeviceFault(DeviceFault::Camera), DeviceFault::Camera),
    ] {
        let mut script = Script::new([decision]);
        let mut check = ready(&mut script, policy());
        let end = Step::Ended(End::DeviceFault(fault));
        assert_eq!(check.capture(at(1_100), here, frame()), end);
        assert_eq!(check.evidence().unwrap().verdict, Verdict::DeviceFault(fault));
        assert!(check.into_match(at(1_100), here).is_none());
    }
    // Below the threshold it does not matter whether liveness was checked.
    let mut script = Script::new([Decision::Compared { score: 1, liveness: Liveness::NotChecked }]);
    let mut check = ready(&mut script, policy());
    assert_eq!(check.capture(at(1_100), here, frame()), Step::NoMatch { attempts_left: 2 });
}

#[test]
fn a_card_that_leaves_takes_the_match_with_it() {
    let [here, other] = presences();
    let mut script = Script::new([compared(1000)]);
    let mut check = ready(&mut script, policy());
    assert_eq!(check.capture(at(1_100), other, frame()), Step::Ended(End::CardGone));
    assert_eq!(check.capture(at(1_100), here, frame()), Step::Ended(End::CardGone));
    drop(check);
    assert_eq!(script.compared, 0);
    // After the match, by any call.
    for call in 0..4 {
        let mut script = Script::new([compared(1000)]);
        let mut check = ready(&mut script, policy());
        assert_eq!(check.capture(at(1_100), here, frame()), Step::Ended(End::Match));
        let gone = Step::Ended(End::CardGone);
        match call {
            0 => assert_eq!(check.tick(at(1_200), other), gone),
            1 => assert_eq!(check.capture(at(1_200), other, frame()), gone),
            2 => check.cancel(),
            _ => {
                assert!(check.into_match(at(1_200), other).is_none());
                continue;
            }
        }
        assert!(check.into_match(at(1_200), here).is_none());
    }
}

#[test]
fn a_clock_that_goes_back_or_stands_still_ends_it() {
    let [here, _] = presences();
    let mut script = Script::new([Decision::More, compared(1000)]);
    let mut check = ready(&mut script, policy());
    assert_eq!(check.capture(at(1_100), here, frame()), Step::Capture);
    let end = Step::Ended(End::DeviceFault(DeviceFault::Clock));
    assert_eq!(check.capture(at(1_099), here, frame()), end);
    let mut script = Script::new(std::iter::repeat_n(Decision::More, 1_100_000));
    let mut check = ready(&mut script, policy());
    while check.ended().is_none() {
        check.capture(at(1_000), here, frame());
    }
    assert_eq!(check.ended(), Some(End::DeviceFault(DeviceFault::Stuck)));
    drop(check);
    assert!((900_000..1_000_001).contains(&script.compared), "{}", script.compared);
}

#[test]
fn as_many_calls_as_the_time_allows_are_not_stuck() {
    let [here, _] = presences();
    // Sixty captures a second for ten minutes.
    let mut script = Script::new(std::iter::repeat_n(Decision::More, 100_000));
    let mut check = ready(&mut script, policy().with_limit_millis(600_000).unwrap());
    for capture in 0..36_000 {
        let step = check.capture(at(1_000 + capture * 1_000 / 60), here, frame());
        assert_eq!(step, Step::Capture, "{capture}");
    }
    let end = End::CouldNotCapture(CaptureLimit::Time(None));
    assert_eq!(check.capture(at(601_000), here, frame()), Step::Ended(end));
    // A host that asks a thousand times in a millisecond.
    let mut script = Script::new([]);
    script.preparations = std::iter::repeat_n(Preparation::Working, 50_000).collect();
    let mut check = FaceCheck::begin(&mut script, policy(), here, at(0)).unwrap();
    check.photo(&Photo::new(PHOTO).unwrap()).unwrap();
    for call in 0..50_000 {
        assert_eq!(check.prepare(at(call / 1_000), here), Step::Working);
    }
    assert_eq!(check.prepare(at(50), here), Step::Capture);
}

#[test]
fn a_photo_in_pieces_is_the_photo() {
    let [here, _] = presences();
    let mut large = PHOTO.to_vec();
    large.resize(20_000, 0x5A);
    for size in [1, 5, 11, 12, 13, 1_024, 20_000] {
        let mut script = Script::new([compared(1000)]);
        let mut check = FaceCheck::begin(&mut script, policy(), here, at(0)).unwrap();
        check.begin_photo(large.len()).unwrap();
        for piece in large.chunks(size) {
            check.write_photo(piece).unwrap();
        }
        assert_eq!(check.prepare(at(0), here), Step::Capture);
        assert_eq!(check.capture(at(0), here, frame()), Step::Ended(End::Match));
        let proof = check.into_match(at(0), here).unwrap();
        assert!(proof.is_of_photo(&Sha256::digest(&large).into()));
        assert_eq!((script.kind, script.length), (Some(PhotoKind::Jp2), 20_000));
        assert!(script.most_at_once <= size.max(PhotoKind::MAGIC_LENGTH));
    }
    // A photo shorter than a JP2 signature.
    let mut script = Script::new([]);
    let mut check = FaceCheck::begin(&mut script, policy(), here, at(0)).unwrap();
    check.begin_photo(4).unwrap();
    check.write_photo(&[0xFF, 0xD8]).unwrap();
    check.write_photo(&[0xFF, 0xE0]).unwrap();
    drop(check);
    assert_eq!((script.kind, script.length), (Some(PhotoKind::Jpeg), 4));
}

#[test]
fn a_photo_that_is_none_ends_it() {
    let [here, _] = presences();
    let photo = |length, pieces: &[&[u8]]| {
        let mut script = Script::new([compared(1000)]);
        let mut check = FaceCheck::begin(&mut script, policy(), here, at(0)).unwrap();
        let mut result = check.begin_photo(length);
        for piece in pieces {
            result = result.and_then(|()| check.write_photo(piece));
        }
        assert!(!matches!(check.prepare(at(0), here), Step::Capture));
        assert!(!matches!(check.capture(at(0), here, frame()), Step::Ended(End::Match)));
        result.err()
    };
    assert_eq!(photo(0, &[]), Some(PhotoProblem::Empty));
    assert_eq!(photo(3, &[b"GIF"]), Some(PhotoProblem::UnknownKind));
    assert_eq!(photo(12, &[b"GIF89a", b"......"]), Some(PhotoProblem::UnknownKind));
    // More than was announced, and less.
    assert_eq!(photo(PHOTO.len() - 1, &[PHOTO]), Some(PhotoProblem::Malformed));
    assert_eq!(photo(PHOTO.len() + 1, &[PHOTO]), None);
    let mut script = Script { refuses: Some(PhotoProblem::TooLarge), ..Script::default() };
    let mut check = FaceCheck::begin(&mut script, policy(), here, at(0)).unwrap();
    assert_eq!(check.photo(&Photo::new(PHOTO).unwrap()), Err(PhotoProblem::TooLarge));
    assert_eq!(check.ended(), Some(End::Photo(PhotoProblem::TooLarge)));
    // A second photo is none.
    let mut script = Script::new([compared(1000)]);
    let mut check = ready(&mut script, policy());
    assert_eq!(check.photo(&Photo::new(PHOTO).unwrap()), Err(PhotoProblem::Malformed));
}

#[test]
fn preparation_may_take_its_time_and_may_fail() {
    let [here, _] = presences();
    let prepare = |preparations: Vec<Preparation>| {
        let mut script = Script::new([]);
        script.preparations = preparations.into();
        let mut check = FaceCheck::begin(&mut script, policy(), here, at(0)).unwrap();
        check.photo(&Photo::new(PHOTO).unwrap()).unwrap();
        let mut now = 0;
        loop {
            now += 100;
            match check.prepare(at(now), here) {
                Step::Working => {}
                step => return step,
            }
        }
    };
    let working = || vec![Preparation::Working; 3];
    assert_eq!(prepare([working(), vec![Preparation::Ready]].concat()), Step::Capture);
    let refused = Preparation::Refused(PhotoProblem::NoFace);
    let end = Step::Ended(End::Photo(PhotoProblem::NoFace));
    assert_eq!(prepare([working(), vec![refused]].concat()), end);
    let fault = Preparation::Fault(DeviceFault::Licence);
    assert_eq!(prepare(vec![fault]), Step::Ended(End::DeviceFault(DeviceFault::Licence)));
    let stuck = Step::Ended(End::DeviceFault(DeviceFault::Stuck));
    assert_eq!(prepare(vec![Preparation::Working; 1_000]), stuck);
}

#[test]
fn a_threshold_counts_on_its_own_scale_only() {
    let [here, _] = presences();
    let other = Scale::new(0, 1001, Direction::Similarity).unwrap();
    let mut script = Script::new([]);
    let policy = Policy::new(other.threshold(850).unwrap());
    let refused = FaceCheck::begin(&mut script, policy, here, at(0)).err();
    assert_eq!(refused, Some(PolicyError::Scale));
}
