//! The card in a contact slot.

use std::error::Error;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kazasu_virtual_card::contact::{
    self, ContactCard, ContactSettings, Pipe, SYNTHETIC_T0, ServeSettings,
};
use kazasu_virtual_card::{Card, Issue};

use crate::counter::{self, HandedIn};

/// QEMU passes on a character when it finds the time.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn serve(folder: &Path, image: &str, variant: &str) -> Result<(), Box<dyn Error>> {
    let extended = variant == "t1-extended";
    let mut card = Card::issue(Issue::demonstration().seed(1))?;
    card.settings_mut().extended_length = extended;
    let contacts = match variant {
        "t1-extended" | "t1-short" | "wrong-pin" | "past" => ContactSettings::of(&card),
        "t0-short" => ContactSettings::with(SYNTHETIC_T0),
        other => return Err(format!("no variant: {other}").into()),
    };

    let [data, lines, counter] = counter::listen(folder, ["data", "lines", "counter"])?;
    let handed = HandedIn::new(extended, variant)?;
    let handed_out = handed.hand_in(counter)?;
    let (log, lines) = record(lines)?;
    let mut settings = ServeSettings::default();
    settings.patience = PATIENCE;
    let card = ContactCard::new(card, contacts);
    let (card, served) = contact::serve(card, Pipe::try_from(data)?, lines, settings);

    println!("card-commands {}", card.commands());
    println!("card-verify-commands {}", card.responder().verify_commands_seen());
    println!("card-characters-received {}", served.received);
    println!("card-characters-sent {}", served.sent);
    println!("cold-resets {}", served.cold_resets);
    println!("warm-resets {}", served.warm_resets);
    println!("deactivations {}", served.deactivations);
    let log = log.lock().map_err(|_| "the log of the lines is lost")?;
    let changes: Vec<String> =
        log.iter().filter(|change| **change != 6).map(|change| format!("{change:02}")).collect();
    println!("lines {}", changes.join(" "));
    if image == "sign" {
        println!("host-verified {}", u8::from(handed_out.verified(&handed)?));
    }
    Ok(())
}

type Log = Arc<Mutex<Vec<u8>>>;

/// A pipe, and what the reader tells through it.
fn record(stream: UnixStream) -> io::Result<(Log, Pipe)> {
    struct Recorder(UnixStream, Log);

    impl Read for Recorder {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(room)?;
            if let Ok(mut log) = self.1.lock() {
                log.extend(room.iter().take(count));
            }
            Ok(count)
        }
    }

    let log = Log::default();
    let read = Recorder(stream.try_clone()?, Arc::clone(&log));
    Ok((log, Pipe::new(read, stream)))
}
