//! `card serve`: a card in a file, for every program that speaks PC/SC.

use crate::bench::{Bench, CHECK_IN, PATIENCE, Program, SOON};
use std::net::TcpListener;
use std::thread::sleep;
use std::time::Duration;

fn serve(bench: &Bench, options: &str) -> Program {
    if !bench.folder.has("card.json") {
        bench.folder.issue("card.json", "");
        bench.folder.call("card root --card card.json --out card.der").run();
    }
    bench.start(&format!("card serve --vpcd {} --card card.json {options}", bench.address(0)))
}

fn card_is(there: bool) -> bool {
    crate::raw::list()[0].has_card() == there
}

#[test]
fn is_there_until_it_is_interrupted() {
    let Some(bench) = Bench::take() else { return };
    for signal in ["INT", "TERM"] {
        let mut card = serve(&bench, "");
        bench.wait_for("card in", || card_is(true));
        let answer = bench.check_in("--reader pcsc --anchor card.der --wait 0", "1234");
        assert_eq!(answer.end(), (0, "verified"));
        let answer = bench.check_in("--reader pcsc --anchor card.der --wait 0", "9876");
        assert_eq!(answer.end(), (10, "pin_wrong"));
        card.signal(signal);
        let run = card.wait(SOON);
        assert_eq!(run.code, 27, "{run:?}");
        bench.wait_for("card out", || card_is(false));
        // What it lost is kept in its file, and nobody holds that any more.
        assert_eq!(bench.folder.pin_tries("card.json"), 2);
        let answer = bench.folder.call("card show card.json").json("card");
        assert_eq!(answer.code, 0);
    }
}

#[test]
fn comes_and_goes_as_told() {
    let Some(bench) = Bench::take() else { return };
    let mut card = serve(&bench, "--insert-after 0.8 --remove-after 1.2 --json");
    let begun = std::time::Instant::now();
    bench.wait_for("card in", || card_is(true));
    assert!(begun.elapsed() >= Duration::from_millis(700), "{:?}", begun.elapsed());
    let answer = card.json("card", PATIENCE);
    assert_eq!(answer.end(), (0, "done"));
    assert!(begun.elapsed() >= Duration::from_millis(1900), "{:?}", begun.elapsed());
    bench.wait_for("card out", || card_is(false));
}

#[test]
fn has_the_faults_that_were_asked_for() {
    let Some(bench) = Bench::take() else { return };
    for (fault, end) in [
        ("drop-after@verify", (22, "outcome_unknown")),
        ("status:6982@ins:2A", (28, "bad_answer")),
        ("wrong-signature", (19, "signature_wrong")),
        ("certificate-corrupt", (16, "not_trusted")),
        ("block:auth", (11, "pin_blocked")),
    ] {
        let mut card = serve(&bench, &format!("--fault {fault}!"));
        bench.wait_for("card in", || card_is(true));
        let answer = bench.check_in("--reader pcsc --anchor card.der --wait 0", "1234");
        assert_eq!(answer.end().0, end.0, "{fault}: {answer:?}");
        card.signal("INT");
        assert_eq!(card.wait(SOON).code, 27);
        bench.wait_for("card out", || card_is(false));
    }
}

/// Out for longer than pcscd needs to see it, it is always a removed card; as long as it is told to
/// be out.
#[test]
fn stays_out_after_a_fault_so_that_pcscd_sees_it() {
    let Some(bench) = Bench::take() else { return };
    for round in 0..4 {
        let mut card = serve(&bench, "--fault cut:300");
        bench.wait_for("card in", || card_is(true));
        // Wherever in the 400 ms between two looks it falls.
        sleep(Duration::from_millis(110 * round));
        let answer = bench.check_in("--reader pcsc --anchor card.der --wait 0", "1234");
        assert_eq!(answer.end(), (14, "card_removed"), "round {round}: {answer:?}");
        // And it comes back.
        let answer = bench.check_in("--reader pcsc --anchor card.der --wait 5", "1234");
        assert_eq!(answer.end(), (0, "verified"), "round {round}: {answer:?}");
        card.signal("INT");
        assert_eq!(card.wait(SOON).code, 27);
        bench.wait_for("card out", || card_is(false));
    }
    let mut card = serve(&bench, "--fault drop-after@command:2 --return-after 60");
    bench.wait_for("card in", || card_is(true));
    let answer = bench.check_in("--reader pcsc --anchor card.der --wait 0", "1234");
    assert_eq!(answer.end(), (14, "card_removed"));
    let answer = bench.check_in("--reader pcsc --anchor card.der --wait 2", "1234");
    assert_eq!(answer.end(), (15, "no_card"));
    card.signal("INT");
    assert_eq!(card.wait(SOON).code, 27);
}

/// Killed in the middle of an answer, it leaves a card behind that pcscd still tells of.
#[test]
fn killed_behind_a_cut_answer_it_is_no_card_for_the_next() {
    let Some(bench) = Bench::take() else { return };
    for _ in 0..3 {
        let mut card = serve(&bench, "--fault cut:300 --return-after 0.02");
        bench.wait_for("card in", || card_is(true));
        let first = bench.check_in("--reader pcsc --anchor card.der --wait 0", "1234");
        assert!(matches!(first.code, 14 | 20 | 28), "{first:?}");
        card.kill();
        let answer = bench.check_in("--reader pcsc --anchor card.der --wait 0", "1234");
        assert_eq!(answer.end(), (15, "no_card"), "{answer:?}");
        drop(card);
    }
}

/// vpcd lets a second card connect, and looks at the first one alone.
#[test]
fn a_slot_that_is_taken_is_told() {
    // A service of its own: the connection that vpcd did not look at stays in its queue.
    let Some(bench) = Bench::own() else { return };
    let mut card = serve(&bench, "");
    bench.wait_for("card in", || card.out().contains("Card in."));
    bench.folder.issue("second.json", "");
    let line = format!("card serve --vpcd {} --card second.json --wait 0", bench.address(0));
    let answer = bench.start(&format!("{line} --json")).json("card", PATIENCE);
    assert_eq!(answer.end(), (23, "in_use"));
    // The first one has noticed nothing.
    bench.pcscd.as_ref().unwrap().wait_for_card(0, PATIENCE).unwrap();
    card.signal("INT");
    assert_eq!(card.wait(SOON).code, 27);
}

#[test]
fn a_wrong_port_is_named() {
    let Some(bench) = Bench::take() else { return };
    drop(serve(&bench, "--insert-after 60"));
    sleep(Duration::from_millis(100));
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let line = format!("card serve --vpcd {port} --card card.json --wait 0");
    let run = bench.start(&line).wait(SOON);
    assert_eq!(run.code, 15, "{run:?}");
    let text = format!("{}{}", run.out, run.err);
    assert!(text.contains(&port.to_string()) && text.contains("vpcd"), "{text}");
    assert_eq!(text.matches("pcscd").count(), 1, "the advice is there once: {text}");
    let answer = bench.start(&format!("{line} --json")).json("card", SOON);
    assert_eq!(answer.end(), (15, "no_reader"));
    let run = bench.start("card serve --vpcd nonsense --card card.json").wait(SOON);
    assert_eq!(run.code, 2, "{run:?}");
    let run = bench.start("card serve --card card.json --fault nonsense").wait(SOON);
    assert_eq!(run.code, 2, "{run:?}");
    let run = bench.start("card serve --card nonsuch.json").wait(SOON);
    assert_eq!(run.code, 3, "{run:?}");
}

#[test]
fn waits_for_the_service_and_comes_back_with_it() {
    let Some(mut bench) = Bench::own() else { return };
    let mut card = serve(&bench, "");
    bench.wait_for("card in", || card.out().contains("Card in."));
    bench.pcscd.as_mut().unwrap().kill().unwrap();
    bench.pcscd.as_mut().unwrap().restart().unwrap();
    bench.pcscd.as_ref().unwrap().wait_for_card(0, PATIENCE).unwrap();
    let line = CHECK_IN.replace("root.der", "card.der");
    let mut program = bench.start(&format!("{line} --json --pin-stdin"));
    program.enter("1234");
    assert_eq!(program.json("check-in", SOON).end(), (0, "verified"));
    card.signal("INT");
    assert_eq!(card.wait(SOON).code, 27);
}

#[test]
fn a_file_that_is_served_is_nobody_elses() {
    let Some(bench) = Bench::take() else { return };
    let mut card = serve(&bench, "");
    bench.wait_for("card in", || card_is(true));
    let answer = bench.folder.call("card show card.json").json("card");
    assert_eq!(answer.end(), (23, "in_use"));
    card.signal("INT");
    assert_eq!(card.wait(SOON).code, 27);
}
