//! A whole check-in program, for a host with a reader: what to copy, and where your own parts go.

use example_check_in::{Logging, PinPad, check_in};
use kazasu::pki::{Anchor, Anchors, Time};
use kazasu::virtual_card::{Card, CertificateKind, Issue, Link, root_certificate};
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

fn main() -> ExitCode {
    match run() {
        // Scripts get the number of the outcome: 0 is verified, and 21 in grace.
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("example-check-in: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8, Box<dyn Error>> {
    // YOUR READER goes here: anything that is a `Transport`, connected to a card. This one is a
    // card in software, issued for this run, whose PIN is 1234.
    let reader = Link::new(Card::issue(Issue::demonstration())?);
    let reader = Logging::new(reader, io::stderr());

    // YOUR TRUST: for real cards `Anchors::production()` and nothing else. The virtual card's root
    // is trusted here because its card was made three lines above, and for no other reason.
    let root = root_certificate(CertificateKind::Auth)?;
    let anchors = Anchors::none().with(Anchor::virtual_card(&root)?)?;

    // YOUR PIN PAD goes here: anything that is a `Holder`.
    println!("A virtual card lies on the reader. It is nobody's, and its PIN is 1234.");
    let mut pin_pad = PinPad::new(io::stdin().lock(), io::stdout());

    Ok(check_in(reader, &anchors, clock, &mut pin_pad)?.code())
}

/// YOUR CLOCK goes here. Certificates are judged by it, so it has to be right: a device without a
/// battery asks its host or a time server first. Before 1970 everything is not valid yet.
fn clock() -> Time {
    let seconds = UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    Time::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}
