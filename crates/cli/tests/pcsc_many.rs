//! A thousand check-ins in a row in one process, through pcscd: no handle, no memory, no thread and
//! no try stays behind. A test program of its own, so that nothing else runs in the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::Pin;
use kazasu::pki::{Anchor, Anchors, Time, Validator};
use kazasu::{Job, Nonce, Outcome, PinHolder, authenticate};
use kazasu_pcsc::{Readers, Settings};
use kazasu_test_pcscd::{ADDRESSES, ENABLED};
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{Card, CertificateKind, Issue, Reference, root_certificate};
use std::fs;
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CHECK_INS: u64 = 1_000;
/// After so many everything that is made once has been made.
const WARM: u64 = 100;
/// What the allocator may keep, in KiB.
const GROWTH: u64 = 1024;

/// Open files, threads, KiB of memory.
fn used() -> (usize, usize, u64) {
    let count = |folder: &str| fs::read_dir(folder).unwrap().count();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let memory = memory.split_whitespace().next().unwrap().parse().unwrap();
    (count("/proc/self/fd"), count("/proc/self/task"), memory)
}

fn check_in(readers: &Readers, root: &[u8]) -> Outcome {
    let reader = readers.list().unwrap().into_iter().find(|reader| reader.has_card()).unwrap();
    let link = readers.open(&reader.name, Settings::default()).unwrap();
    let (mut commands, mut answers) = ([0; 262], [0; 4096]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    let anchors = Anchors::none().with(Anchor::custom(root).unwrap()).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut certificate = [0; 4096];
    let nonce = Nonce::fresh().unwrap();
    let mut holder = PinHolder::new(Pin::new(b"1234").unwrap());
    authenticate(
        &mut session,
        &Validator::new(&anchors),
        Time::from_unix(now as i64),
        &Job::check_in(&nonce),
        &mut holder,
        &mut certificate,
    )
    .outcome
}

#[test]
fn a_thousand_check_ins_leave_nothing_behind() {
    if std::env::var_os(ENABLED).is_none() {
        println!("skipped: {ENABLED} is not set; cargo xtask pcsc runs this");
        return;
    }
    let addresses = std::env::var(ADDRESSES).unwrap();
    let card = Card::issue(Issue::demonstration().seed(1)).unwrap();
    let slot = Slot::connect(addresses.split(',').next().unwrap(), card).unwrap();
    assert!(slot.wait_for_power(Duration::from_secs(20)));
    let root = root_certificate(CertificateKind::Auth).unwrap();
    let readers = Readers::system();
    let mut warm = (0, 0, 0);
    let begin = Instant::now();
    for number in 0..CHECK_INS {
        if number == WARM {
            // A thread that has just let its card go may still be ending; so below.
            std::thread::sleep(Duration::from_millis(200));
            warm = used();
        }
        assert_eq!(check_in(&readers, &root), Outcome::Verified, "check-in {number}");
    }
    let time = begin.elapsed();
    std::thread::sleep(Duration::from_millis(200));
    let after = used();
    // To be seen also where the output of tests that pass is kept back.
    let _ = writeln!(
        std::io::stderr(),
        "  {CHECK_INS} check-ins in {time:.1?}; open files, threads, KiB: {warm:?} after {WARM}, \
         {after:?} at the end"
    );
    assert_eq!((after.0, after.1), (warm.0, warm.1), "files and threads");
    assert!(after.2 < warm.2 + GROWTH, "KiB: {warm:?}, {after:?}");
    assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3));
    assert_eq!(slot.counts().commands, 5 * CHECK_INS);
    assert_eq!(slot.log().iter().filter(|entry| entry.is_verify()).count() as u64, CHECK_INS);
    // The slot's log is bounded and pcscd is another process: neither is in these numbers for long.
}
