//! `kazasu pin status` and `kazasu pin change`.

use crate::arguments::{Pin, PinChange, PinCommand, PinStatus};
use crate::exit::Failed;
use crate::json::{ExchangeObject, Object, PinObject, cleared};
use crate::reader::Exchanger;
use crate::screen::Screen;
use crate::secret::Secrets;
use kazasu::mynacard::{Counter, Reference};
use kazasu::{Failure, Outcome, change, tries_left, virtual_card};

pub(crate) fn run(options: &Pin) -> Result<u8, Failed> {
    match &options.command {
        PinCommand::Status(options) => status(options),
        PinCommand::Change(options) => set(options),
    }
}

const fn name(reference: Reference) -> &'static str {
    match reference {
        Reference::Auth => "auth",
        Reference::Sign => "sign",
        Reference::Text => "text",
        Reference::BasicResident => "basic_resident",
        Reference::Common => "common",
        _ => "other",
    }
}

fn status(options: &PinStatus) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    screen.interruptible(empty_status());
    let reader = match options.reader.open(screen) {
        Ok(reader) => reader,
        Err(error) => return screen.no_reader(error, empty_status()),
    };
    if reader.demonstration {
        screen.demonstration();
    }
    let mut exchanger = Exchanger::new(&options.reader);
    let mut session = exchanger.session(reader.link);
    let report = tries_left(&mut session);
    let counts = session.channel().counts();
    let well = report.failure.is_none();
    if screen.json {
        let pins = report.counters.iter().map(|(reference, counter)| PinObject {
            reference: name(*reference),
            tries_left: counter.map(Counter::left),
            state: match counter {
                Some(Counter::Left(_)) => "open",
                Some(Counter::Blocked) => "blocked",
                None => "absent",
            },
        });
        let object = if well { Object::done() } else { Object::new(report.outcome) };
        Object {
            message: report.failure.map(|failure| failure.to_string()),
            pins: Some(well.then(|| pins.collect())),
            status_cleared: Some(cleared(report.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            ..object
        }
        .print();
    } else if well {
        for (reference, counter) in report.counters {
            let state = match counter {
                Some(Counter::Left(left)) => {
                    format!("{left} {} {}", screen.language.of("of", "/"), reference.tries(),)
                }
                Some(Counter::Blocked) => screen.language.of("blocked", "ロック中").to_owned(),
                None => {
                    screen.language.of("not on this card", "このカードにはありません").to_owned()
                }
            };
            screen.line(format_args!("  {}: {state}", screen.language.reference(reference)));
        }
    } else {
        screen.outcome(report.outcome, report.failure.as_ref(), None, Some(counts));
    }
    Ok(if well { 0 } else { report.outcome.code() })
}

/// The object of `pin status` that met no card.
fn empty_status() -> Object {
    Object { pins: Some(None), ..empty() }
}

/// The object of `pin change` that met no card.
fn empty_change() -> Object {
    Object { tries_left: Some(None), ..empty() }
}

fn empty() -> Object {
    Object {
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}

fn set(options: &PinChange) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let reference = options.kind.reference();
    let mut secrets = Secrets::new(&options.secrets, screen.language);
    screen.interruptible(empty_change());
    let mut reader = match options.reader.open(screen) {
        Ok(reader) => reader,
        Err(error) => return screen.no_reader(error, empty_change()),
    };
    if reader.demonstration {
        screen.demonstration();
    }
    let demonstration = match reference {
        Reference::Sign => virtual_card::Reference::Sign,
        Reference::Text => virtual_card::Reference::Text,
        _ => virtual_card::Reference::Auth,
    };
    secrets = secrets.while_there(reader.look.take());
    // Both are there before the card is touched, so that nothing waits in the middle.
    let current = match reader.demonstration_secret(demonstration) {
        Some(text) if !options.secrets.pin_stdin => crate::secret::parse(reference, text).ok(),
        _ => secrets.next(reference, &format!("{}: ", screen.language.reference(reference))).ok(),
    };
    let new = current.is_some().then(|| secrets.new_secret(reference).ok()).flatten();
    // Told to end after they came: then they are not used.
    let new = new.filter(|_| !crate::interrupt::happened());
    if let Some(end) = secrets.take_end() {
        return screen.no_reader(end, empty_change());
    }
    let (Some(current), Some(new)) = (current, new) else {
        let failure = Failure::Declined(kazasu::Declined::Cancelled);
        return Ok(finish(screen, Outcome::Cancelled, Some(&failure), None, empty_change()));
    };
    let mut holder = kazasu::PinHolder::new(current);
    if options.secrets.confirm_last_try {
        holder = holder.confirming_last_try();
    }
    let mut exchanger = Exchanger::new(&options.reader);
    let mut session = exchanger.session(reader.link);
    let report = change(&mut session, reference, &mut holder, &new);
    if let (Some(_), Some(error)) = (&report.failure, crate::reader::storage_error(&session)) {
        return Err(screen.fail(error, empty_change()));
    }
    let object = Object {
        status_cleared: Some(cleared(report.cleared)),
        exchange: Some(ExchangeObject::from(session.channel().counts())),
        ..Object::done()
    };
    Ok(finish(screen, report.outcome, report.failure.as_ref(), report.tries_left, object))
}

fn finish(
    screen: Screen,
    outcome: Outcome,
    failure: Option<&Failure>,
    tries_left: Option<u8>,
    object: Object,
) -> u8 {
    if screen.json {
        let named = match failure {
            None => Object::done(),
            Some(_) => Object::new(outcome),
        };
        Object {
            outcome: named.outcome,
            code: named.code,
            message: failure.map(ToString::to_string),
            tries_left: Some(tries_left),
            ..object
        }
        .print();
    } else if failure.is_none() {
        screen.line(screen.language.of("Changed.", "変更しました。"));
    } else {
        screen.outcome(outcome, failure, tries_left, None);
    }
    outcome.code()
}
