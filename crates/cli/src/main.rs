//! The program `kazasu`: check-in, certificates, signatures, PINs and virtual cards.
//!
//! It formats what the libraries decide and decides nothing itself. Secrets come from a terminal
//! or from standard input, never from an argument, and go to the card only.
#![forbid(unsafe_code)]
// They panic when nobody reads; `stream` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod air_time;
mod arguments;
mod attributes;
mod authority;
mod card;
mod card_face;
mod cert;
mod check_in;
mod code;
mod desk;
mod doctor;
mod draw;
mod evidence;
mod exit;
mod file;
mod hex;
mod identify;
mod interrupt;
mod json;
mod language;
mod link;
mod on_card;
#[cfg(any(feature = "pcsc", windows))]
mod pcsc;
mod pin;
mod reader;
#[cfg(any(feature = "pcsc", windows))]
mod readers;
mod screen;
mod secret;
mod serve;
mod sign;
mod stream;
mod terminal;
mod trust;
mod verify;

use arguments::{Arguments, Command, Language};
use exit::{Error, Failed};
use language::say;
use screen::Screen;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::from_command_line() {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    interrupt::install();
    let output = arguments.command.output();
    let language = Language::choose(output.lang);
    let code = ended(output.json, language, || run(&arguments.command));
    air_time::print(Screen::new(output));
    if !stream::finish() {
        stream::err(format_args!("kazasu: {}", say::output_lost().of(language)));
        return ExitCode::from(exit::FILE_ERROR);
    }
    ExitCode::from(code)
}

fn run(command: &Command) -> Result<u8, Failed> {
    match command {
        Command::CheckIn(options) => check_in::run(options),
        Command::Attributes(options) => attributes::run(options),
        Command::CardFace(options) => card_face::run(options),
        Command::Face(options) => card_face::run_face(options),
        Command::Cert(options) => cert::run(options),
        Command::Sign(options) => sign::run(options),
        Command::Verify(options) => verify::run(options),
        Command::Pin(options) => pin::run(options),
        Command::Card(options) => card::run(options),
        #[cfg(any(feature = "pcsc", windows))]
        Command::Readers(options) => readers::run(options),
        #[cfg(not(any(feature = "pcsc", windows)))]
        Command::Readers(_) => Err(Failed::new(reader::without_pcsc(), None)),
        Command::Doctor(options) => doctor::run(options),
    }
}

/// The exit number of a job. A panic is a fault of the program and has its number too.
fn ended(json: bool, language: Language, job: impl FnOnce() -> Result<u8, Failed>) -> u8 {
    let result = catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| {
        let error = Error::Internal(say::fault_of_the_program());
        Err(Failed::new(error, json.then(json::Object::done)))
    });
    result.unwrap_or_else(|failed| failed.report(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        assert_eq!(ended(false, Language::En, || panic!("on purpose")), 1);
        assert_eq!(ended(false, Language::En, || Ok(17)), 17);
    }
}
