//! The limits of the report on air time, held on every change; and that it can fail.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use kazasu::apdu::time::Duration;
use kazasu_benches::air_time::{AIR, Job, Report, TIME};
use kazasu_benches::peer::Counter;
use kazasu_benches::work::Situation;
use kazasu_nfc::BitRate;
use kazasu_nfc::air::CardTimes;

fn measure() -> Report {
    Report::measure(Situation::Taken, Counter::NotRead, &CardTimes::default()).unwrap()
}

#[test]
fn within_the_limits() {
    let report = measure();
    println!("{report}");
    assert_eq!(report.faults(), Vec::<String>::new());
    // Every job at every bit rate, and what the known card declares.
    assert_eq!(report.rows.len(), 12);
    assert_eq!(report.declared, BitRate::Kbps424);
    for rate in BitRate::ALL {
        let row = report.row(Job::CheckIn, rate).unwrap();
        assert_eq!((row.ours.commands, row.peer.commands), (5, 12));
        assert_eq!(row.ours.frames, row.ours.floor);
        let row = report.row(Job::Attributes, rate).unwrap();
        assert_eq!((row.ours.commands, row.peer.commands), (4, 5));
    }
}

#[test]
fn a_limit_that_is_passed_is_a_fault() {
    let good = measure();
    for at in 0..good.rows.len() {
        let mut report = good.clone();
        let row = &mut report.rows[at];
        row.ours.frames = row.ours.floor * 104 / 100 + 1;
        assert_eq!(report.faults().len(), 1, "{at}");

        let mut report = good.clone();
        let row = &mut report.rows[at];
        row.ours.card = row.peer.time() * TIME / 100 + 1 - row.ours.air.min(row.peer.time() / 2);
        assert_eq!(report.faults().len(), usize::from(row_is_both(&good, at)), "{at}");
    }
    let mut report = good.clone();
    let slow = report.row(Job::Both, BitRate::Kbps106).unwrap().ours.air;
    for row in report.rows.iter_mut().filter(|row| row.rate == BitRate::Kbps424) {
        row.ours.air = slow * AIR / 100 + 1;
        row.ours.card = 0;
    }
    assert_eq!(report.faults().len(), 1);
}

fn row_is_both(report: &Report, at: usize) -> bool {
    report.rows[at].job == Job::Both
}

#[test]
fn the_report_names_both_sides_and_every_job() {
    let text = measure().to_string();
    for part in ["kazasu", "myna-card 3.3.4", "check-in", "attributes", "both", "848", "ratio"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

/// `docs/nfc-reader.md` has what is measured.
#[test]
fn the_figures_of_the_docs_are_those_of_the_report() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/nfc-reader.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let report = measure();
    for job in Job::ALL {
        for rate in [BitRate::Kbps106, report.declared] {
            let row = report.row(job, rate).unwrap();
            let [a, b, c, d] = [row.ours.air, row.ours.card, row.peer.air, row.peer.card]
                .map(|micros| (micros as f64 / 1_000.0).round());
            let ratio = row.ours.time() as f64 / row.peer.time() as f64;
            let (job, rate) = (job.as_str(), rate.kbps());
            let line = format!("| {job} | {rate} | {a} + {b} | {c} + {d} | {ratio:.3} |");
            assert!(docs.contains(&line), "not in docs/nfc-reader.md: {line}");
        }
    }
    let both = |situation, times: &CardTimes| {
        let report = Report::measure(situation, Counter::NotRead, times).unwrap();
        let row = *report.row(Job::Both, BitRate::Kbps106).unwrap();
        row.ours.time() as f64 / row.peer.time() as f64
    };
    let refused = both(Situation::Refused, &CardTimes::default());
    assert!(docs.contains(&format!("(both: {refused:.2} at 106 kbit/s)")), "{refused}");
    let mut slow = CardTimes::default();
    slow.read_byte = Duration::from_micros(900);
    let slow = both(Situation::Taken, &slow);
    assert!(docs.contains(&format!("0.9 ms for each byte ({slow:.2})")), "{slow}");
}
