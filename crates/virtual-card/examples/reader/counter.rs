//! Whoever stands at the counter: what is handed in, and what is handed out.

use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use kazasu_pki::{Anchor, Anchors, Digest, Kind, Scheme, Time, Validator};
use kazasu_virtual_card::{CertificateKind, root_certificate};

/// Listens on sockets of these names, says so, and takes one reader on each.
pub(crate) fn listen<const N: usize>(
    folder: &Path,
    names: [&str; N],
) -> Result<[UnixStream; N], Box<dyn Error>> {
    let listeners = names
        .iter()
        .map(|name| UnixListener::bind(folder.join(name)))
        .collect::<Result<Vec<_>, _>>()?;
    println!("listening");
    let accepted = listeners.iter().map(|listener| listener.accept().map(|(stream, _)| stream));
    let streams = accepted.collect::<Result<Vec<_>, _>>()?;
    streams.try_into().map_err(|_| "as many sockets as names".into())
}

/// What a reader gets at the counter.
pub(crate) struct HandedIn {
    nonce: [u8; 32],
    seconds: i64,
    pin: [u8; 4],
    extended: bool,
}

impl HandedIn {
    pub(crate) fn new(extended: bool, variant: &str) -> Result<Self, Box<dyn Error>> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        let now = SystemTime::UNIX_EPOCH.elapsed()?.as_secs().try_into()?;
        // "1234" is the PIN of every demonstration card, and no certificate was valid in 1970.
        let pin = if variant == "wrong-pin" { *b"9999" } else { *b"1234" };
        let seconds = if variant == "past" { 0 } else { now };
        Ok(Self { nonce, seconds, pin, extended })
    }

    /// Hands it in. What is handed out comes when the reader is gone.
    pub(crate) fn hand_in(&self, mut counter: UnixStream) -> Result<HandedOut, Box<dyn Error>> {
        let mut bytes = self.nonce.to_vec();
        bytes.extend(self.seconds.to_be_bytes());
        bytes.extend(self.pin);
        bytes.push(u8::from(self.extended));
        counter.write_all(&bytes)?;
        // Read as it comes: a socket holds few single bytes.
        Ok(HandedOut(thread::spawn(move || {
            let mut all = Vec::new();
            counter.read_to_end(&mut all).map(|_| all)
        })))
    }
}

/// A certificate behind its length, and a signature.
pub(crate) struct HandedOut(JoinHandle<std::io::Result<Vec<u8>>>);

impl HandedOut {
    /// Does the signature fit the certificate, and what was to be signed?
    pub(crate) fn verified(self, handed: &HandedIn) -> Result<bool, Box<dyn Error>> {
        let all = self.0.join().map_err(|_| "the counter was not read")??;
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
