//! `kazasu card serve`: a virtual card in a slot of vpcd, for whoever speaks PC/SC.

use crate::arguments::CardServe;
use crate::exit::{Error, Failed};
use crate::interrupt;
use crate::json::Object;
use crate::language::{Text, Told, say};
use crate::reader::{NoReader, card_error};
use crate::screen::Screen;
use kazasu::Outcome;
use kazasu::apdu::Status;
use kazasu::apdu::transport::ErrorKind;
use kazasu::virtual_card::{
    CardFile, CertificateDefect, CertificateKind, Effect, Fault, Reference, SignatureDefect, When,
    vpcd,
};
use std::time::{Duration, Instant};

/// How often a card that vpcd does not take yet knocks again.
const AGAIN: Duration = Duration::from_millis(300);
/// How soon a card that is in the slot gets its power: pcscd looks every 0.4 s.
const POWER: Duration = Duration::from_secs(2);

pub(crate) fn run(options: &CardServe) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let fail = |error| screen.fail(error, Object::done());
    interrupt::job_ends_itself();
    let card = CardFile::open(&options.card).map_err(NoReader::from);
    let card = match card {
        Ok(card) => card,
        Err(error) => return screen.no_reader(error, Object::done()),
    };
    let slot = vpcd::Slot::prepare(options.vpcd.as_str(), card)
        .map_err(|error| fail(Error::Usage(error.text())))?;
    for fault in &options.fault {
        slot.push_fault(fault.clone());
    }
    screen.line(format_args!(
        "{} {} -> vpcd {}",
        screen.language.of("Virtual card", "仮想カード"),
        options.card.display(),
        options.vpcd
    ));
    if interrupt::sleep(options.insert_after.map(Duration::from_secs_f64).or(Some(Duration::ZERO)))
    {
        return Ok(cancelled(screen));
    }
    // vpcd may still be starting.
    let patience = Instant::now() + Duration::from_secs(options.wait);
    while let Err(error) = slot.insert() {
        if Instant::now() >= patience {
            let text = match error {
                // Its text says what to do.
                vpcd::Error::Refused { .. } => error.text(),
                _ => say::is_vpcd_there(&error.text()),
            };
            return screen.no_reader(NoReader::Outcome(Outcome::NoReader, text), Object::done());
        }
        if interrupt::sleep(Some(AGAIN)) {
            return Ok(cancelled(screen));
        }
    }
    slot.reinsert_after(Some(Duration::from_secs_f64(options.return_after)));
    // vpcd lets a second card connect, and looks at the first one alone.
    let (soon, mut asked) = (Instant::now() + POWER, false);
    while !slot.wait_for_power(AGAIN) {
        if interrupt::happened() {
            return Ok(cancelled(screen));
        }
        if Instant::now() < soon {
            continue;
        }
        if Instant::now() >= patience {
            let text = say::slot_is_taken();
            return screen.no_reader(NoReader::Outcome(Outcome::InUse, text), Object::done());
        }
        if !asked {
            screen.ask(say::slot_is_taken().of(screen.language));
            asked = true;
        }
    }
    screen.line(screen.language.of("Card in.", "カードを挿入しました。"));
    let ended = interrupt::sleep(options.remove_after.map(Duration::from_secs_f64));
    slot.remove();
    screen.line(screen.language.of("Card out.", "カードを取り出しました。"));
    let counts = slot.counts();
    if let Some(error) = slot.take_card_error() {
        return Err(fail(card_error(error)));
    }
    screen.line(format_args!(
        "  {} {}",
        counts.commands,
        screen.language.of("commands", "コマンド")
    ));
    if ended {
        return Ok(cancelled(screen));
    }
    if screen.json {
        Object::done().print();
    }
    Ok(0)
}

fn cancelled(screen: Screen) -> u8 {
    if screen.json {
        let message = Some("interrupted; the card is out".to_owned());
        Object { message, ..Object::new(Outcome::Cancelled) }.print();
    }
    Outcome::Cancelled.code()
}

/// What `--fault` takes, for its help and its errors.
pub(crate) const FAULTS: &str = "EFFECT[:ARGUMENT][@WHEN][!]. Effects: drop-before, drop-after, \
no-answer, slow:MILLISECONDS, cut:BYTES, lengthen:BYTES, status:SW, short-read:BYTES, wrong-le, \
get-response:BYTES, wrong-signature, foreign-signature, certificate-truncated, \
certificate-corrupt, certificate-foreign, block:auth|sign. When: any, first, command:N, \
ins:HEX, verify; without it the first command that the effect can change: ins:2A for signatures, \
ins:B0 for what shortens or spoils an answer, else any. With ! always, otherwise once";

/// Reads a fault as `--fault` gives it.
pub(crate) fn fault(text: &str) -> Result<Fault, Text> {
    let wrong = || say::no_fault(FAULTS);
    let (text, always) = match text.strip_suffix('!') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (effect, when) = match text.split_once('@') {
        Some((effect, when)) => (effect, Some(when)),
        None => (text, None),
    };
    let (name, argument) = match effect.split_once(':') {
        Some((name, argument)) => (name, Some(argument)),
        None => (effect, None),
    };
    let number = || argument.and_then(|text| text.parse::<usize>().ok()).ok_or_else(wrong);
    let certificate = |defect| Effect::Certificate(CertificateKind::Auth, defect);
    let effect = match name {
        "drop-before" => Effect::Break { acted: false, kind: ErrorKind::CardRemoved },
        "drop-after" => Effect::Break { acted: true, kind: ErrorKind::CardRemoved },
        "no-answer" => Effect::no_answer(),
        "slow" => Effect::Slow(Duration::from_millis(number()? as u64)),
        "cut" => Effect::Cut(number()?),
        "lengthen" => Effect::Lengthen(vec![0; number()?.min(1024)]),
        "status" => {
            let status = argument.and_then(|text| u16::from_str_radix(text, 16).ok());
            Effect::Status { acted: true, status: Status(status.ok_or_else(wrong)?) }
        }
        "short-read" => Effect::ShortRead { length: number()?, status: Status::OK },
        "wrong-le" => Effect::WrongLe,
        "get-response" => Effect::GetResponse(number()?),
        "wrong-signature" => Effect::Signature(SignatureDefect::Random),
        "foreign-signature" => Effect::Signature(SignatureDefect::Foreign),
        "certificate-truncated" => certificate(CertificateDefect::Truncated(100)),
        "certificate-corrupt" => certificate(CertificateDefect::Corrupt(200)),
        "certificate-foreign" => certificate(CertificateDefect::Foreign),
        "block" => Effect::Block(match argument {
            Some("auth") | None => Reference::Auth,
            Some("sign") => Reference::Sign,
            Some(_) => return Err(wrong()),
        }),
        _ => return Err(wrong()),
    };
    let when = match when.map(|when| when.split_once(':').unwrap_or((when, ""))) {
        // Once, on a command that it cannot change, it would be spent for nothing.
        None => match effect {
            Effect::Signature(_) => When::Ins(0x2A),
            Effect::Certificate(..)
            | Effect::Cut(_)
            | Effect::GetResponse(_)
            | Effect::ShortRead { .. }
            | Effect::WrongLe => When::Ins(0xB0),
            _ => When::Any,
        },
        Some(("any", "")) => When::Any,
        Some(("first", "")) => When::FirstOfPresence,
        Some(("command", number)) => When::Command(number.parse().map_err(|_| wrong())?),
        Some(("ins", ins)) => When::Ins(u8::from_str_radix(ins, 16).map_err(|_| wrong())?),
        Some(("verify", "")) => When::InsWithData(0x20),
        _ => return Err(wrong()),
    };
    Ok(if always { Fault::always(when, effect) } else { Fault::once(when, effect) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_documented() {
        assert_eq!(
            fault("drop-after@verify"),
            Ok(Fault::once(
                When::InsWithData(0x20),
                Effect::Break { acted: true, kind: ErrorKind::CardRemoved }
            ))
        );
        assert_eq!(
            fault("status:6F00@command:3!"),
            Ok(Fault::always(
                When::Command(3),
                Effect::Status { acted: true, status: Status::INTERNAL }
            ))
        );
        assert_eq!(fault("wrong-signature"), fault("wrong-signature@ins:2A"));
        assert_eq!(fault("certificate-corrupt"), fault("certificate-corrupt@ins:B0"));
        assert_eq!(fault("cut:5@ins:B0"), Ok(Fault::once(When::Ins(0xB0), Effect::Cut(5))));
        for bad in ["", "cut", "cut:x", "status:zz", "slow:1@then", "block:text", "nothing"] {
            assert!(fault(bad).is_err(), "{bad}");
        }
    }
}
