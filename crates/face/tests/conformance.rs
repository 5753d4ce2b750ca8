//! The conformance kit: a good matcher passes, and for every check there is a bad one that fails it.
#![cfg(all(feature = "conformance", feature = "demonstration"))]
#![allow(clippy::unwrap_used, reason = "in tests a panic is the failure")]

mod pictures;
#[path = "common/says.rs"]
mod says;
mod toy;

use kazasu_face::conformance::{
    Bounds, Check, DemonstrationVendor, Det, Finding, Pair, PairKind, Point, Presentation, Sample,
    Vendor, det, examine, read_pairs,
};
use kazasu_face::{
    Decision, Direction, Liveness, Matcher, PhotoKind, PhotoProblem, PhotoSink, Preparation,
};
use says::Says;
use toy::{Flaw, Toy, ToyVendor};

fn bounds() -> Bounds {
    Bounds { call_millis: 200, pause_millis: 1, captures: 20, preparations: 20 }
}

#[test]
fn a_good_matcher_passes_every_check() {
    let report = examine(&mut ToyVendor::new(None), &bounds());
    for (check, finding) in &report.findings {
        assert!(matches!(finding, Finding::Passed(_)), "{check:?}: {finding:?}");
    }
    assert_eq!(report.findings.len(), Check::ALL.len());
    assert!(report.is_passed());
    assert!(format!("{report}").ends_with("20 passed, 0 failed, 0 not shown\n"), "{report}");
}

#[test]
fn every_check_fails_for_a_matcher_that_is_bad_in_its_way() {
    for check in Check::ALL {
        let flaws = Flaw::of(*check);
        assert!(!flaws.is_empty(), "{check:?} cannot fail");
        for flaw in flaws {
            let report = examine(&mut ToyVendor::new(Some(*flaw)), &bounds());
            assert!(
                matches!(report.of(*check), Some(Finding::Failed(_))),
                "{check:?} with {flaw:?}:\n{report}"
            );
            assert!(!report.is_passed());
            assert!(format!("{report}").contains("FAILED"));
        }
    }
}

#[test]
fn a_flaw_is_found_by_few_checks() {
    // Most flaws are one check's; otherwise a report would not say what is wrong.
    for (flaw, also) in [
        (Flaw::KeepsTheLast, &[][..]),
        (Flaw::KeepsAfterForget, &[]),
        (Flaw::MatchesAnybody, &[Check::NewPhoto][..]),
        (Flaw::Slow, &[]),
        (Flaw::RetainsFrames, &[]),
        (Flaw::WrongQuality, &[]),
        (Flaw::WrongFault, &[]),
        (Flaw::ComparesUnprepared, &[Check::Forget, Check::GarbagePhoto]),
    ] {
        let report = examine(&mut ToyVendor::new(Some(flaw)), &bounds());
        let failed: Vec<Check> = report.failed().collect();
        let own: Vec<Check> =
            Check::ALL.iter().copied().filter(|check| Flaw::of(*check).contains(&flaw)).collect();
        for check in failed {
            assert!(own.contains(&check) || also.contains(&check), "{flaw:?}: {check:?}\n{report}");
        }
    }
}

#[test]
fn the_demonstration_matcher_conforms() {
    let photos = [pictures::virtual_photo(), pictures::test_card_photo()];
    let [photo, another] = photos;
    let mut vendor = DemonstrationVendor::new(photo, another).unwrap();
    let report = examine(&mut vendor, &Bounds { call_millis: 10_000, ..Bounds::default() });
    assert!(report.is_passed(), "{report}");
    let not_shown: Vec<Check> = report
        .findings
        .iter()
        .filter(|(_, finding)| matches!(finding, Finding::NotShown(_)))
        .map(|(check, _)| *check)
        .collect();
    assert_eq!(not_shown, [Check::NewAttempt]);
    let text = format!("{report}");
    assert!(text.contains("recognises nobody") && text.contains("PAD: stand-in"), "{text}");
}

#[test]
fn what_the_vendor_does_not_show_is_said() {
    let mut vendor = ToyVendor::new(None);
    vendor.shows_little = true;
    let report = examine(&mut vendor, &bounds());
    for check in [Check::AttackRefused, Check::Quality, Check::Faults] {
        assert!(matches!(report.of(check), Some(Finding::NotShown(_))), "{report}");
    }
    // Nothing failed; and yet nobody saw it refuse an attack.
    assert_eq!(report.failed().next(), None);
    assert!(!report.is_passed() && !report.is_liveness_shown());
    assert!(report.to_string().contains("no attack was shown"), "{report}");
}

#[test]
fn the_kit_leaves_a_matcher_time_to_work() {
    let mut vendor = ToyVendor::new(None);
    vendor.background = std::time::Duration::from_millis(5);
    let report = examine(&mut vendor, &bounds());
    assert!(report.is_passed(), "{report}");
}

/// Pairs of drawn persons: one with everybody.
fn pairs() -> Vec<Pair> {
    let mut text = String::from("photo,probe,kind\n");
    for person in 0..4 {
        text += &format!("0.png,{person}.png,{}\n", if person == 0 { "same" } else { "different" });
    }
    text += "0.png,screen.png,attack\n0.png,0.png,attack\n0.png,dark.png,same\nno.png,0.png,same\n";
    read_pairs(&text).unwrap()
}

fn load(name: &str) -> std::io::Result<Vec<u8>> {
    let png = |picture: kazasu_face::decode::Picture| picture.to_png().unwrap();
    Ok(match name {
        "dark.png" => png(kazasu_face::decode::Picture::from_grey(60, 60, vec![1; 3_600]).unwrap()),
        "no.png" => png(kazasu_face::decode::Picture::from_grey(60, 60, vec![90; 3_600]).unwrap()),
        "screen.png" => {
            let person = pictures::person(0);
            let (mut grey, width) = (person.grey().to_vec(), person.width());
            kazasu_face::DemonstrationMatcher::mark_as_attack(&mut grey, width);
            let marked = kazasu_face::decode::Picture::from_grey(width, person.height(), grey);
            png(marked.unwrap())
        }
        _ => match name.strip_suffix(".png").and_then(|name| name.parse().ok()) {
            Some(person) => png(pictures::person(person)),
            None => return Err(std::io::Error::other("no such file")),
        },
    })
}

#[test]
fn det_points_are_counts_over_the_pairs() {
    let mut vendor =
        DemonstrationVendor::new(pictures::virtual_photo(), pictures::test_card_photo()).unwrap();
    let det = det(&mut vendor, &bounds(), &pairs(), &mut load).unwrap();
    assert_eq!((det.mated.len(), det.non_mated.len()), (1, 3));
    assert_eq!((det.failures_to_enrol, det.failures_to_acquire), (1, 1));
    // The copy of the card's own photo is an attack that nobody looks for.
    assert_eq!((det.attacks, det.attacks_accepted), (2, 1));
    assert_eq!((det.bona_fide, det.bona_fide_refused), (4, 0));
    // The dark one.
    assert_eq!((det.bona_fide_unclassified, det.attacks_unclassified, det.off_scale), (1, 0, 0));
    assert_eq!(det.mated, [1_000]);
    let points = det.points();
    assert_eq!(points.first().map(|point| point.false_matches), Some(3));
    let strictest = points.last().unwrap();
    assert_eq!((strictest.threshold, strictest.false_matches), (1_000, 0));
    let text = format!("{det}");
    assert!(text.contains("mated comparisons 1, non-mated comparisons 3"), "{text}");
    assert!(text.contains("APCER 1 of 2 = 0.5000") && text.contains("no claim"), "{text}");
    // What cannot be loaded is an error with its name.
    let missing = [Pair { photo: "x".into(), probe: "0.png".into(), kind: PairKind::Same }];
    let error = kazasu_face::conformance::det(&mut vendor, &bounds(), &missing, &mut load);
    assert_eq!(error.unwrap_err().file, "x");
}

#[test]
fn rates_rise_and_fall_with_the_threshold() {
    let counted = |direction, mated: &[i32], non_mated: &[i32]| -> Vec<Point> {
        let mut det: Det = empty();
        det.direction = direction;
        (det.mated, det.non_mated) = (mated.to_vec(), non_mated.to_vec());
        det.points()
    };
    let point = |threshold, false_matches, false_non_matches| Point {
        threshold,
        false_matches,
        false_non_matches,
    };
    assert_eq!(
        counted(Direction::Similarity, &[50, 80, 90], &[10, 50, 60]),
        [point(10, 3, 0), point(50, 2, 0), point(60, 1, 1), point(80, 0, 1), point(90, 0, 2),]
    );
    assert_eq!(
        counted(Direction::Dissimilarity, &[10, 20], &[20, 90]),
        [point(90, 2, 0), point(20, 1, 0), point(10, 0, 1)]
    );
}

#[test]
fn what_was_not_measured_flatters_no_rate() {
    let mut text = String::from("photo,probe,kind\n");
    text += "0.png,0.png,same\n0.png,1.png,different\n0.png,0.png,attack\n";
    let pairs = read_pairs(&text).unwrap();
    let count = |score, liveness| {
        let decision = Decision::Compared { score, liveness };
        det(&mut Says(decision), &bounds(), &pairs, &mut load).unwrap()
    };
    // On the scale, and nobody looked for an attack.
    let unchecked = count(100, Liveness::NotChecked);
    assert_eq!((&unchecked.mated[..], &unchecked.non_mated[..]), (&[100][..], &[100][..]));
    assert_eq!((unchecked.bona_fide, unchecked.bona_fide_unclassified), (0, 2));
    assert_eq!((unchecked.attacks, unchecked.attacks_unclassified), (0, 1));
    let text = format!("{unchecked}");
    for line in ["APCER 0 of 0\n", "APNRR 1 of 1", "BPCER 0 of 0\n", "BPNRR 2 of 2"] {
        assert!(text.contains(line), "{text}");
    }
    // Beyond the scale.
    for score in [101, -1, i32::MAX, i32::MIN] {
        let off = count(score, Liveness::Passed);
        assert_eq!((off.off_scale, off.points().len()), (2, 0));
        assert_eq!((off.attacks, off.attacks_accepted), (1, 1));
        assert!(format!("{off}").contains("scores off the declared scale 2"), "{off}");
    }
}

impl Vendor for Says {
    fn matcher(&mut self) -> Box<dyn Matcher> {
        Box::new(self.clone())
    }
    fn threshold(&self) -> i32 {
        60
    }
    fn photo(&mut self) -> Vec<u8> {
        toy::photo(1)
    }
    fn photo_of_another(&mut self) -> Vec<u8> {
        toy::photo(2)
    }
    fn show(&mut self, _: Presentation) -> Vec<Sample> {
        Vec::new()
    }
}

#[test]
fn many_pairs_are_counted_soon() {
    let mut det = empty();
    det.mated = (0..200_000).map(|at| at * 7 % 200_000).collect();
    det.non_mated = (0..200_000).collect();
    let began = std::time::Instant::now();
    let points = det.points();
    assert_eq!(points.len(), 200_000);
    let point = Point { threshold: 50_000, false_matches: 150_000, false_non_matches: 50_000 };
    assert_eq!(points[50_000], point);
    // Each with each would be 80,000 million comparisons.
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
}

/// Over no pairs.
fn empty() -> Det {
    det(&mut ToyVendor::new(None), &bounds(), &[], &mut load).unwrap()
}

#[test]
fn the_toy_takes_only_its_own_photos() {
    let mut toy = Toy::new(None, 0);
    toy.begin(PhotoKind::Jp2, 17).unwrap();
    toy.write(&toy::photo(3)).unwrap();
    assert_eq!(toy.prepare(), Preparation::Ready);
    assert_eq!(toy.begin(PhotoKind::Png, 17), Err(PhotoProblem::UnsupportedKind));
}
