//! A check-in that is verified here: certificate, chain, PIN guard, challenge.

#![no_std]
#![no_main]

use board_qemu::{Console, Room};
use firmware::{HandedIn, figures, give_up, log};
use kazasu::{
    Cleared, Job, Nonce, Outcome, PinHolder,
    apdu::{Channel, Session, Transport as _},
    authenticate,
    mynacard::Pin,
    pki::{Anchor, Anchors, Time, Validator},
};

/// The root under which the card must lie, named at build time.
static ROOT: &[u8] = include_bytes!(env!("KAZASU_FIRMWARE_ROOT"));

/// Commands, answers and the certificate: 262, 2,050 and 3,072 bytes.
static COMMANDS: Room<262> = Room::new();
static ANSWERS: Room<2050> = Room::new();
static CERTIFICATE: Room<3072> = Room::new();

board_qemu::start!(main);

fn main() -> ! {
    let mut console = Console::open();
    let mut reader = firmware::connect();
    let Some(handed) = HandedIn::take() else { give_up(&mut console, "nothing was handed in") };
    log!("given: a nonce, the time and a PIN");
    if let Err(error) = reader.reconnect() {
        log!("no card: {}", error);
        let _ = error;
        give_up(&mut console, "the card did not answer the reset")
    }
    log!("the card answered the reset");

    let channel = Channel::new(COMMANDS.take(), ANSWERS.take());
    let mut session = Session::new(&mut reader, channel.with_extended_length(handed.lengths()));
    let verified = check_in(&mut session, &handed);
    figures(&mut console, &mut session);
    console.print(if verified { "verified\n" } else { "NOT VERIFIED\n" });
    board_qemu::exit(verified)
}

#[inline(never)]
fn check_in(session: &mut Session<'_, &mut firmware::Reader>, handed: &HandedIn) -> bool {
    let Ok(anchors) = Anchor::virtual_card(ROOT).and_then(|root| Anchors::production().with(root))
    else {
        log!("the root is none");
        return false;
    };
    let (Ok(nonce), Ok(pin)) = (Nonce::given(&handed.nonce), Pin::new(&handed.pin)) else {
        log!("what was handed in has no form");
        return false;
    };
    let report = authenticate(
        session,
        &Validator::new(&anchors),
        Time::from_unix(i64::from_be_bytes(handed.time)),
        &Job::check_in(&nonce),
        &mut PinHolder::new(pin),
        CERTIFICATE.take(),
    );
    log!("{}; tries left {}; cleared by {}", report.outcome, report.tries_left, report.cleared);
    report.outcome == Outcome::Verified
        && report.proof.is_some()
        && report.cleared == Cleared::PowerOff
}
