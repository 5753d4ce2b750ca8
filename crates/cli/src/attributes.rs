//! `kazasu attributes`.

use crate::arguments::{Attributes, AttributesCheck};
use crate::exit::Failed;
use crate::json::{AttributesObject, ExchangeObject, Object, RecordObject, cleared};
use crate::on_card::{Field, Read, Standing, Task, record, run as read};
use crate::screen::Screen;
use kazasu::{Memory, Outcome, attributes};

/// The four attributes.
struct Four {
    name: Field,
    address: Field,
    birth: Field,
    sex: Field,
    record: Option<RecordObject>,
}

pub(crate) fn run(options: &Attributes) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    screen.interruptible(empty());
    let code = options.by.code();
    let task = Task {
        reader: &options.reader,
        trust: &options.trust,
        codes: &options.codes,
        reference: code.reference(),
        check: options.check.into(),
        empty,
    };
    let ended = read(screen, &task, |session, wanted, secrets, bytes| {
        let mut memory = Memory::new(bytes);
        let anchors = wanted.map(|(anchors, _)| anchors);
        let report = attributes(session, code, anchors, secrets, &mut memory);
        let value = match (&report.verified, &report.unverified) {
            (Some(it), _) => Some(Four {
                name: Field::new(it.name(), Standing::Verified),
                address: Field::new(it.address(), Standing::Verified),
                birth: Field::date(it.birth(), Standing::Verified),
                sex: Field::sex(it.sex(), Standing::Verified),
                record: Some(record(it)),
            }),
            (None, Some(it)) => Some(Four {
                name: Field::new(it.unverified_name(), Standing::NotVerified),
                address: Field::new(it.unverified_address(), Standing::NotVerified),
                birth: Field::date(it.unverified_birth(), Standing::NotVerified),
                sex: Field::sex(it.unverified_sex(), Standing::NotVerified),
                record: None,
            }),
            (None, None) => None,
        };
        Read {
            outcome: report.outcome,
            failure: report.failure,
            tries_left: report.tries_left,
            cleared: report.cleared,
            value,
        }
    });
    let (read, counts) = match ended {
        Ok(ended) => ended,
        Err(ended) => return ended,
    };
    let personal = options.show_personal;
    if screen.json {
        let object = match (read.outcome, options.check) {
            (Outcome::Verified, AttributesCheck::None) => Object::done(),
            (outcome, _) => Object::new(outcome),
        };
        Object {
            message: read.failure.map(|failure| failure.to_string()),
            tries_left: Some(read.tries_left),
            attributes: Some(read.value.as_ref().map(|it| AttributesObject {
                name: it.name.object(personal),
                address: it.address.object(personal),
                birth: it.birth.object(personal),
                sex: it.sex.object(personal),
            })),
            record: Some(read.value.and_then(|it| it.record)),
            status_cleared: Some(cleared(read.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            ..object
        }
        .print();
        return Ok(read.outcome.code());
    }
    let language = screen.language;
    match &read.value {
        None => {
            screen.outcome(read.outcome, read.failure.as_ref(), read.tries_left, Some(counts));
        }
        Some(four) => {
            screen.line(match &four.record {
                Some(_) => language.of(
                    "Attributes read; an authority vouches for them. That they are this card's is not \
                     proven: for that, `card-face show`.",
                    "基本4情報を読み取り、署名を検証しました。このカードのものであることの証明は `card-face show` で行います。",
                ),
                None => language.of(
                    "Attributes read; nothing was verified.",
                    "基本4情報を読み取りました（署名は検証していません）。",
                ),
            });
            for (name, field) in [
                (language.of("name", "氏名"), &four.name),
                (language.of("address", "住所"), &four.address),
                (language.of("date of birth", "生年月日"), &four.birth),
                (language.of("sex", "性別"), &four.sex),
            ] {
                field.line(screen, name, personal);
            }
            if let Some(record) = &four.record {
                record.line(screen);
            }
        }
    }
    Ok(read.outcome.code())
}

/// The object of a run that met no card.
fn empty() -> Object {
    Object {
        tries_left: Some(None),
        attributes: Some(None),
        record: Some(None),
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}
