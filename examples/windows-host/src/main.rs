//! A counter on Windows: the smart card service stops while no reader is connected, other programs
//! look at a card that has just come, and the reader may have a PIN pad. One check-in, then it ends
//! with the outcome's number.
//!
//! It type-checks for Windows and was not run there; on Linux it runs as it is.

use kazasu::apdu::{Channel, Session, Transport};
use kazasu::mynacard::Pin;
use kazasu::pki::{Anchors, Time, Validator};
use kazasu::{Declined, Holder, Job, Nonce, Outcome, OwnedSecret, Request, authenticate};
use kazasu_pcsc::{Canceller, Event, Link, Readers, Settings};
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How long a reader and a card are waited for.
const WAIT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    match run() {
        Ok(outcome) => {
            println!("{outcome}");
            outcome.code().into()
        }
        Err(error) => {
            eprintln!("example-windows-host: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Outcome, Box<dyn Error>> {
    let readers = Readers::system();
    let mut watcher = readers.watch(&Canceller::new())?;
    let reader = loop {
        match watcher.wait(Some(WAIT))? {
            Some(Event::CardIn { reader, .. }) => break reader,
            // Without a reader the service is stopped: this is no fault, and it comes by itself.
            Some(Event::ServiceDown { .. }) => println!("Connect the card reader."),
            Some(Event::Plugged { reader }) => println!("{reader}: place the card."),
            Some(_) => {}
            None => return Ok(Outcome::NoCard),
        }
    };
    // Windows' own services read a card that has just come. They are given a moment.
    let settings = Settings::default().with_in_use_limit(Duration::from_secs(3));
    let link = match readers.open(&reader, settings) {
        Ok(link) => link,
        Err(error) => {
            eprintln!("{reader}: {error}");
            return Ok(error.kind().into());
        }
    };
    check_in(link)
}

fn check_in(link: Link) -> Result<Outcome, Box<dyn Error>> {
    let mut counter = Counter { pin_pad: link.capabilities().pin_pad };
    let (mut commands, mut answers) = ([0; 262], vec![0; 65_538]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    let anchors = Anchors::production();
    let now = Time::from_unix(i64::try_from(UNIX_EPOCH.elapsed()?.as_secs())?);
    let job = Job::check_in(&Nonce::fresh()?);
    let validator = Validator::new(&anchors);
    let mut certificate = [0; 8192];
    let report = authenticate(&mut session, &validator, now, &job, &mut counter, &mut certificate);
    if let Some(failure) = &report.failure {
        eprintln!("{failure}");
    }
    Ok(report.outcome)
}

struct Counter {
    pin_pad: bool,
}

impl Holder for Counter {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        if self.pin_pad {
            println!("Type the PIN at the reader ({} tries left).", request.tries_left);
            return Ok(OwnedSecret::OnPinPad);
        }
        let prompt = format!("PIN ({} tries left): ", request.tries_left);
        let typed = rpassword::prompt_password(prompt).map_err(|_| Declined::Cancelled)?;
        let typed = Zeroizing::new(typed);
        Ok(Pin::new(typed.as_bytes()).map_err(|_| Declined::Cancelled)?.into())
    }
}
