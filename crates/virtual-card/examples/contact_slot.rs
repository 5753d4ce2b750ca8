//! Plays the card and the counter for a reader with a contact slot that runs in an emulator: the
//! images of `hw-tests/firmware`.
//!
//! ```text
//! contact_slot root FILE
//! contact_slot FOLDER t1-extended|t1-short|t0-short|wrong-pin|past check_in|sign
//! ```
//!
//! The first writes the root certificate of the card. For the second:
//!
//! It listens on three sockets in the folder, `data`, `lines` and `counter`, says `listening`,
//! serves until the reader is gone, and prints what it saw: what the reader says of itself is one
//! thing, what the card saw another. It never decides whether that was right.

#[cfg(not(unix))]
fn main() {
    eprintln!("the sockets of this program are those of Unix");
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    match unix::main() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::error::Error;
    use std::io::{self, Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::Path;
    use std::sync::{Arc, Mutex};
    use std::thread;
    use std::time::{Duration, SystemTime};

    use kazasu_pki::{Anchor, Anchors, Digest, Kind, Scheme, Time, Validator};
    use kazasu_virtual_card::contact::{
        ContactCard, ContactSettings, Pipe, SYNTHETIC_T0, ServeSettings, serve,
    };
    use kazasu_virtual_card::{Card, CertificateKind, Issue, root_certificate};

    /// QEMU passes on a character when it finds the time.
    const PATIENCE: Duration = Duration::from_secs(20);

    pub(crate) fn main() -> Result<(), Box<dyn Error>> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let (folder, variant, image) = match arguments.as_slice() {
            [root, file] if root == "root" => {
                return Ok(std::fs::write(file, root_certificate(CertificateKind::Auth)?)?);
            }
            [folder, variant, image] => (folder, variant, image),
            _ => return Err("contact_slot FOLDER VARIANT IMAGE".into()),
        };
        let extended = variant == "t1-extended";
        let mut card = Card::issue(Issue::demonstration().seed(1))?;
        card.settings_mut().extended_length = extended;
        let contacts = match variant.as_str() {
            "t1-extended" | "t1-short" | "wrong-pin" | "past" => ContactSettings::of(&card),
            "t0-short" => ContactSettings::with(SYNTHETIC_T0),
            other => return Err(format!("no variant: {other}").into()),
        };

        let listen = |name| UnixListener::bind(Path::new(folder).join(name));
        let (data, lines, counter) = (listen("data")?, listen("lines")?, listen("counter")?);
        println!("listening");
        let accept = |listener: UnixListener| listener.accept().map(|(stream, _)| stream);
        let (data, lines, counter) = (accept(data)?, accept(lines)?, accept(counter)?);

        let mut handed = HandedIn::new(extended)?;
        match variant.as_str() {
            "wrong-pin" => handed.pin = *b"9999",
            // No certificate of the card is valid yet.
            "past" => handed.seconds = 0,
            _ => {}
        }
        (&counter).write_all(&handed.bytes())?;
        // Read as it comes: a socket holds few single bytes.
        let counter = thread::spawn(move || {
            let mut all = Vec::new();
            (&counter).read_to_end(&mut all).map(|_| all)
        });
        let (log, lines) = record(lines)?;
        let mut settings = ServeSettings::default();
        settings.patience = PATIENCE;
        let card = ContactCard::new(card, contacts);
        let (card, served) = serve(card, Pipe::try_from(data)?, lines, settings);

        println!("card-commands {}", card.commands());
        println!("card-verify-commands {}", card.responder().verify_commands_seen());
        println!("card-characters-received {}", served.received);
        println!("card-characters-sent {}", served.sent);
        println!("cold-resets {}", served.cold_resets);
        println!("warm-resets {}", served.warm_resets);
        println!("deactivations {}", served.deactivations);
        let log = log.lock().map_err(|_| "the log of the lines is lost")?;
        let changes: Vec<String> = log
            .iter()
            .filter(|change| **change != 6)
            .map(|change| format!("{change:02}"))
            .collect();
        println!("lines {}", changes.join(" "));
        if image == "sign" {
            let all = counter.join().map_err(|_| "the counter was not read")??;
            println!("host-verified {}", u8::from(verified(&all, &handed)?));
        }
        Ok(())
    }

    /// What a reader gets at the counter.
    struct HandedIn {
        nonce: [u8; 32],
        seconds: i64,
        pin: [u8; 4],
        extended: bool,
    }

    impl HandedIn {
        fn new(extended: bool) -> Result<Self, Box<dyn Error>> {
            let mut nonce = [0; 32];
            getrandom::fill(&mut nonce)?;
            let seconds = SystemTime::UNIX_EPOCH.elapsed()?.as_secs().try_into()?;
            // The PIN of every demonstration card.
            Ok(Self { nonce, seconds, pin: *b"1234", extended })
        }

        fn bytes(&self) -> Vec<u8> {
            let mut bytes = self.nonce.to_vec();
            bytes.extend(self.seconds.to_be_bytes());
            bytes.extend(self.pin);
            bytes.push(u8::from(self.extended));
            bytes
        }
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

    /// Does the signature that the reader handed out fit the certificate that it handed out, and
    /// what was to be signed?
    fn verified(all: &[u8], handed: &HandedIn) -> Result<bool, Box<dyn Error>> {
        let (length, rest) = all.split_first_chunk().ok_or("nothing was handed out")?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (certificate, signature) =
            rest.split_at_checked(length).ok_or("less than a certificate was handed out")?;
        let root = root_certificate(CertificateKind::Auth)?;
        let anchors = Anchors::none().with(Anchor::virtual_card(&root)?)?;
        let validator = Validator::new(&anchors);
        let now = Time::from_unix(handed.seconds);
        let judged = validator.validate(certificate, Kind::Auth, now)?;
        let digest = Digest::sha256(handed.nonce);
        Ok(validator.verify_message(&judged, Scheme::Pkcs1v15Sha256, &digest, signature).is_ok())
    }
}
