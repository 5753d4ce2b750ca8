//! Plays the card and the counter for a reader that runs in an emulator: the images of
//! `hw-tests/firmware`.
//!
//! ```text
//! reader root FILE
//! reader FOLDER sign|check_in t1-extended|t1-short|t0-short|wrong-pin|past
//! reader FOLDER nfc_pn532|nfc_pn532_blocks|nfc_radio
//!     type-b|type-a|wrong-pin|two-cards|pulled-at-verify|pulled-at-signature|no-card
//! ```
//!
//! The first writes the root certificate of the card. For the others:
//!
//! It listens on sockets in the folder, `counter`, `data` and with a contact slot `lines`, says
//! `listening`, serves until the reader is gone, and prints what it saw: what the reader says of
//! itself is one thing, what the card saw another. It never decides whether that was right.

#[cfg(unix)]
mod contact;
#[cfg(unix)]
mod counter;
#[cfg(unix)]
mod nfc;
#[cfg(unix)]
mod stand_in_radio;

#[cfg(not(unix))]
fn main() {
    eprintln!("the sockets of this program are those of Unix");
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn run() -> Result<(), Box<dyn std::error::Error>> {
    use kazasu_virtual_card::{CertificateKind, root_certificate};

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, image, variant] = match arguments.as_slice() {
        [root, file] if root == "root" => {
            return Ok(std::fs::write(file, root_certificate(CertificateKind::Auth)?)?);
        }
        [folder, image, variant] => [folder, image, variant],
        _ => return Err("reader FOLDER IMAGE VARIANT".into()),
    };
    let folder = std::path::Path::new(folder);
    if image.starts_with("nfc_") {
        nfc::serve(folder, image, variant)
    } else {
        contact::serve(folder, image, variant)
    }
}
