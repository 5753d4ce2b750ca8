//! A counter on Linux: waits for a card on any reader of pcscd, asks for the PIN, checks in, and
//! starts again. Ctrl-C ends it, also at the PIN prompt, and the card loses its power.
//!
//! `example-linux-host [ROOT.der]`: with a root it trusts that one too, for tests.

use kazasu::apdu::{Channel, Session};
use kazasu::mynacard::Pin;
use kazasu::pki::{Anchor, Anchors, Time, Validator};
use kazasu::{Declined, Holder, Job, Nonce, OwnedSecret, Request, authenticate};
use kazasu_pcsc::{Canceller, Event, Link, Readers, Settings};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::error::Error;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, UNIX_EPOCH};
use zeroize::Zeroizing;

fn main() -> Result<(), Box<dyn Error>> {
    let canceller = Canceller::new();
    let on_signal = canceller.clone();
    // `ctrlc` calls this on a thread of its own, not inside of the signal handler.
    ctrlc::set_handler(move || on_signal.cancel())?;

    let root = std::env::args_os().nth(1).map(std::fs::read).transpose()?;
    let mut anchors = Anchors::production();
    if let Some(root) = &root {
        anchors = anchors.with(Anchor::custom(root)?)?;
    }

    let readers = Readers::system();
    println!("Place the card on a reader. Ctrl-C ends.");
    for event in readers.watch(&canceller)? {
        match event {
            Event::CardIn { reader, .. } => {
                // Exclusive: nobody else reaches the card until the link is dropped.
                match readers.open(&reader, Settings::default().cancelled_by(&canceller)) {
                    Ok(link) => check_in(link, &anchors, &canceller)?,
                    Err(error) => println!("{reader}: {error}"),
                }
            }
            Event::CardMute { reader } => println!("{reader}: turn the card"),
            Event::ServiceDown { error } => println!("{error}"),
            _ => {}
        }
    }
    Ok(())
}

fn check_in(link: Link, anchors: &Anchors<'_>, stop: &Canceller) -> Result<(), Box<dyn Error>> {
    // Short commands, answers of any length: every certificate in one piece where the card can.
    let (mut commands, mut answers) = ([0; 262], vec![0; 65_538]);
    let mut session = Session::new(link, Channel::new(&mut commands, &mut answers));
    let now = Time::from_unix(i64::try_from(UNIX_EPOCH.elapsed()?.as_secs())?);
    let mut certificate = [0; 8192];
    let report = authenticate(
        &mut session,
        &Validator::new(anchors),
        now,
        // Your verifying service gives the nonce; this one proves something to this machine only.
        &Job::check_in(&Nonce::fresh()?),
        &mut Terminal(stop.clone()),
        &mut certificate,
    );
    match &report.failure {
        None => println!("{}", report.outcome),
        Some(failure) => println!("{}: {failure}", report.outcome),
    }
    if let Some(error) = session.last_error() {
        println!("  the reader said: {error}");
    }
    println!("Take the card away.");
    Ok(())
}

/// Who types the PIN. A counter with a keypad of its own reads that instead.
struct Terminal(Canceller);

impl Holder for Terminal {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        let prompt = format!("PIN ({} tries left): ", request.tries_left);
        let stdin = rustix::stdio::stdin();
        let before = tcgetattr(stdin).map_err(|_| Declined::Cancelled)?;
        // A read from a terminal does not return on Ctrl-C: it has a thread, the echo is set back.
        let (to, typed) = channel();
        std::thread::spawn(move || to.send(rpassword::prompt_password(prompt).map(Zeroizing::new)));
        let typed = loop {
            match typed.recv_timeout(Duration::from_millis(50)) {
                Ok(typed) => break typed.map_err(|_| Declined::Cancelled)?,
                Err(RecvTimeoutError::Timeout) if !self.0.is_cancelled() => {}
                Err(_) => {
                    let _ = tcsetattr(stdin, OptionalActions::Flush, &before);
                    return Err(Declined::Cancelled);
                }
            }
        };
        Ok(Pin::new(typed.as_bytes()).map_err(|_| Declined::Cancelled)?.into())
    }

    // The last try is used only when the holder says so; this counter does not ask.
}
