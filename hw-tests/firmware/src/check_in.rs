//! A check-in that is verified here, over any link: certificate, chain, PIN guard, challenge.

use board_qemu::{Console, Room};
use kazasu::{
    Cleared, Job, Nonce, Outcome, PinHolder,
    apdu::{Channel, Session},
    authenticate,
    mynacard::Pin,
    pki::{Anchor, Anchors, Time, Validator},
};

use crate::{HandedIn, Reader, figures, give_up, log};

/// The root under which the card must lie, named at build time.
static ROOT: &[u8] = include_bytes!(env!("KAZASU_FIRMWARE_ROOT"));

/// Commands, answers and the certificate: 262, 2,050 and 3,072 bytes.
static COMMANDS: Room<262> = Room::new();
static ANSWERS: Room<2050> = Room::new();
static CERTIFICATE: Room<3072> = Room::new();

/// The whole image, from the power-on of the reader on.
pub fn run<R: Reader>(reader: &mut R) -> ! {
    let mut console = Console::open();
    let Some(handed) = HandedIn::take() else { give_up(&mut console, "nothing was handed in") };
    log!("given: a nonce, the time and a PIN");
    if let Err(error) = reader.reconnect() {
        let why = R::describe(&error);
        log!("no card: {=str}", why);
        give_up(&mut console, why)
    }
    log!("the card answered");

    let channel = Channel::new(COMMANDS.take(), ANSWERS.take());
    let mut session = Session::new(reader, channel.with_extended_length(handed.lengths()));
    let verified = match check_in(&mut session, &handed) {
        Some((outcome, verified)) => {
            console.figure("outcome", outcome.code().into());
            verified
        }
        None => false,
    };
    figures(&mut console, &mut session);
    console.print(if verified { "verified\n" } else { "NOT VERIFIED\n" });
    board_qemu::exit(verified)
}

/// How it ended, and whether the holder is proven and the card has no power any more.
#[inline(never)]
fn check_in<R: Reader>(
    session: &mut Session<'_, &mut R>,
    handed: &HandedIn,
) -> Option<(Outcome, bool)> {
    let Ok(anchors) = Anchor::virtual_card(ROOT).and_then(|root| Anchors::production().with(root))
    else {
        log!("the root is none");
        return None;
    };
    let (Ok(nonce), Ok(pin)) = (Nonce::given(&handed.nonce), Pin::new(&handed.pin)) else {
        log!("what was handed in has no form");
        return None;
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
    let verified = report.outcome == Outcome::Verified
        && report.proof.is_some()
        && report.cleared == Cleared::PowerOff;
    Some((report.outcome, verified))
}
