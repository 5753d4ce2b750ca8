//! The demonstration matcher: what it accepts, what it refuses, and that it says what it is.
#![cfg(feature = "demonstration")]
#![allow(clippy::unwrap_used, reason = "in tests a panic is the failure")]

mod common;
mod pictures;

use common::{at, presences};
use kazasu_face::decode::Picture;
use kazasu_face::{
    AttackKind, Capture, Decision, DemonstrationMatcher, DeviceFault, End, FaceCheck, Frame,
    Liveness, Matcher, Photo, PhotoKind, PhotoProblem, PhotoSink, PixelFormat, Policy, Preparation,
    Purpose, Quality, Step,
};
use pictures::{test_card_photo, virtual_photo};

fn prepared(photo: &[u8]) -> DemonstrationMatcher {
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    matcher.begin(PhotoKind::of(photo).unwrap(), photo.len()).unwrap();
    for piece in photo.chunks(100) {
        matcher.write(piece).unwrap();
    }
    assert_eq!(matcher.prepare(), Preparation::Ready);
    matcher.start();
    matcher
}

fn compare(matcher: &mut DemonstrationMatcher, picture: &Picture) -> Decision {
    matcher.compare(picture.frame().unwrap().into())
}

fn score(matcher: &mut DemonstrationMatcher, picture: &Picture) -> i32 {
    match compare(matcher, picture) {
        Decision::Compared { score, .. } => score,
        other => panic!("{other:?}"),
    }
}

fn decode(bytes: &[u8]) -> Picture {
    Picture::decode(&Photo::new(bytes).unwrap()).unwrap()
}

/// Every pixel through a function of column, row and grey.
fn changed(picture: &Picture, change: impl Fn(u16, u16, u8) -> i32) -> Picture {
    let mut grey = Vec::new();
    for y in 0..picture.height() {
        for x in 0..picture.width() {
            let value = change(x, y, picture.pixel(x, y)).clamp(0, 255);
            grey.push(u8::try_from(value).unwrap());
        }
    }
    Picture::from_grey(picture.width(), picture.height(), grey).unwrap()
}

#[test]
fn the_same_picture_matches_and_another_does_not() {
    let threshold = DemonstrationMatcher::threshold();
    for (photo, other) in
        [(test_card_photo(), virtual_photo()), (virtual_photo(), test_card_photo())]
    {
        let mut matcher = prepared(&photo);
        let own = decode(&photo);
        assert_eq!(score(&mut matcher, &own), 1_000);
        // With other light and contrast, some noise, and a little out of place, as of a camera.
        let darker = changed(&own, |_, _, grey| i32::from(grey) * 3 / 4 + 10);
        let noisy =
            changed(&own, |x, y, grey| i32::from(grey) + i32::from((x * 7 + y * 13) % 21) - 10);
        let moved = changed(&own, |x, y, _| own.pixel(x.saturating_sub(2), y).into());
        for like in [&darker, &noisy, &moved] {
            assert!(threshold.is_met_by(score(&mut matcher, like)));
        }
        // Another person, and others who were drawn.
        assert!(!threshold.is_met_by(score(&mut matcher, &decode(&other))));
        for person in 0..8 {
            let drawn = pictures::person(person);
            assert!(!threshold.is_met_by(score(&mut matcher, &drawn)), "{person}");
        }
    }
    for one in 0..8 {
        let mut matcher = prepared(&pictures::person(one).to_png().unwrap());
        for other in 0..8 {
            let score = score(&mut matcher, &pictures::person(other));
            assert_eq!(threshold.is_met_by(score), one == other, "{one} {other}: {score}");
        }
    }
}

#[test]
fn blanks_are_nobody_wherever_they_are_shifted() {
    let threshold = DemonstrationMatcher::threshold();
    for photo in [test_card_photo(), virtual_photo()] {
        let own = decode(&photo);
        let mut matcher = prepared(&photo);
        for shift in 0..=255 {
            let blank = changed(&own, |_, _, _| shift);
            assert!(matches!(compare(&mut matcher, &blank), Decision::Quality(_)), "{shift}");
        }
        // A blank with an edge that wanders, a slope, and the photo shifted out of the picture.
        for step in 1..16_u16 {
            let column = own.width() * step / 16;
            let row = own.height() * step / 16;
            for picture in [
                changed(&own, |x, _, _| if x < column { 40 } else { 200 }),
                changed(&own, |_, y, _| if y < row { 40 } else { 200 }),
                changed(&own, |x, y, _| i32::from((x * step + y) / 12)),
                changed(&own, |x, y, _| own.pixel(x + column.max(48), y).into()),
                changed(&own, |x, y, _| own.pixel(x, y + row.max(48)).into()),
            ] {
                match compare(&mut matcher, &picture) {
                    Decision::Compared { score, .. } => {
                        assert!(!threshold.is_met_by(score), "{step}: {score}");
                    }
                    other => assert!(matches!(other, Decision::Quality(_)), "{other:?}"),
                }
            }
        }
    }
}

#[test]
fn what_is_not_good_enough_is_named() {
    let photo = test_card_photo();
    let own = decode(&photo);
    let mut matcher = prepared(&photo);
    for (picture, quality) in [
        (changed(&own, |_, _, grey| i32::from(grey) / 16), Quality::TooDark),
        (changed(&own, |_, _, grey| 248 + i32::from(grey) / 64), Quality::TooBright),
        (changed(&own, |_, _, _| 120), Quality::NoFace),
    ] {
        assert_eq!(compare(&mut matcher, &picture), Decision::Quality(quality));
    }
    let tiny = Frame::new(10, 10, PixelFormat::Grey8, &[9; 100]).unwrap();
    assert_eq!(matcher.compare(tiny.into()), Decision::Quality(Quality::TooFar));
    let native = Decision::DeviceFault(DeviceFault::Capture);
    assert_eq!(matcher.compare(Capture::Native(7)), native);
    let mut grey = own.grey().to_vec();
    DemonstrationMatcher::mark_as_attack(&mut grey, own.width());
    let screen = Picture::from_grey(own.width(), own.height(), grey).unwrap();
    let attack = Decision::SuspectedAttack { kind: AttackKind::Screen, pad_score: None };
    assert_eq!(compare(&mut matcher, &screen), attack);
    // Colour frames are grey enough.
    let rgb: Vec<u8> = own.grey().iter().flat_map(|grey| [*grey; 3]).collect();
    for format in [PixelFormat::Rgb8, PixelFormat::Bgr8] {
        let frame = Frame::new(own.width(), own.height(), format, &rgb).unwrap();
        let compared = Decision::Compared { score: 1_000, liveness: Liveness::Passed };
        assert_eq!(matcher.compare(frame.into()), compared);
    }
}

#[test]
fn it_says_what_it_is_and_its_liveness_is_what_it_was_told() {
    let [here, _] = presences();
    let photo = virtual_photo();
    let own = decode(&photo);
    for (liveness, end) in [
        (Liveness::Passed, End::Match),
        (Liveness::Failed, End::SuspectedAttack(AttackKind::Unspecified)),
        (Liveness::NotChecked, End::DeviceFault(DeviceFault::LivenessNotChecked)),
    ] {
        let mut matcher = DemonstrationMatcher::new(liveness);
        let policy = Policy::new(DemonstrationMatcher::threshold());
        let mut check = FaceCheck::begin(&mut matcher, policy, here, at(0)).unwrap();
        check.photo(&Photo::new(&photo).unwrap()).unwrap();
        assert_eq!(check.prepare(at(0), here), Step::Capture);
        let step = check.capture(at(1), here, own.frame().unwrap().into());
        assert_eq!(step, Step::Ended(end));
        let evidence = check.evidence().unwrap();
        assert_eq!(evidence.matcher.purpose(), Purpose::Demonstration);
        assert!(evidence.matcher.pad().contains("stand-in"));
        assert!(evidence.matcher.certification().contains("recognises nobody"));
        assert_eq!(evidence.matcher.product(), "demonstration matcher");
    }
}

#[test]
fn nothing_is_compared_before_a_photo_and_after_forgetting() {
    let refused = Decision::DeviceFault(DeviceFault::NotPrepared);
    let photo = test_card_photo();
    let own = decode(&photo);
    assert_eq!(compare(&mut DemonstrationMatcher::new(Liveness::Passed), &own), refused);
    let mut matcher = prepared(&photo);
    matcher.forget();
    assert_eq!(compare(&mut matcher, &own), refused);
    assert!(matches!(matcher.prepare(), Preparation::Refused(_)));
    // Half a photo is none, and too much of one neither.
    matcher.begin(PhotoKind::Jp2, photo.len()).unwrap();
    matcher.write(&photo[..100]).unwrap();
    assert_eq!(matcher.prepare(), Preparation::Refused(PhotoProblem::Malformed));
    assert_eq!(compare(&mut matcher, &own), refused);
    matcher.begin(PhotoKind::Jp2, 10).unwrap();
    assert_eq!(matcher.write(&photo), Err(PhotoProblem::Malformed));
    let unsupported = Err(PhotoProblem::UnsupportedKind);
    assert_eq!(matcher.begin(PhotoKind::Jpeg, 10), unsupported);
    assert_eq!(matcher.begin(PhotoKind::Png, 10_000_000), Err(PhotoProblem::TooLarge));
}
