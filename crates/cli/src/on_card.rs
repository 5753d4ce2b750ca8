//! What the commands over the card's records share: whom to believe, the code, another try at a
//! terminal, and the values, which are overwritten when the run is done with them.

use crate::arguments::{Check, CodeOptions, ReaderOptions, RecordTrustOptions};
use crate::authority::Authorities;
use crate::exit::{Error, Failed};
use crate::json::{FieldObject, MASKED, Object, RecordObject};
use crate::language::Told;
use crate::link::Link;
use crate::reader::{Exchanger, Reader, storage_error};
use crate::screen::Screen;
use crate::secret::Secrets;
use kazasu::apdu::{Counts, Session};
use kazasu::mynacard::Reference;
use kazasu::pki::cvc::CvcAnchors;
use kazasu::pki::records::{RecordDate, Sex, Verified};
use kazasu::{Cleared, Failure, Nonce, Outcome, RecordChecks, virtual_card};
use zeroize::Zeroizing;

/// Room for every file of the card.
const FILE: usize = 0x1_0000;

/// How a flow ended, with what it gave.
pub(crate) struct Read<V> {
    pub(crate) outcome: Outcome,
    pub(crate) failure: Option<Failure>,
    pub(crate) tries_left: Option<u8>,
    pub(crate) cleared: Cleared,
    /// `None` when it did not end well.
    pub(crate) value: Option<V>,
}

/// What a command asks of [`run`].
pub(crate) struct Task<'o> {
    pub(crate) reader: &'o ReaderOptions,
    pub(crate) trust: &'o RecordTrustOptions,
    pub(crate) codes: &'o CodeOptions,
    pub(crate) reference: Reference,
    pub(crate) check: Check,
    /// The command's object with nothing known.
    pub(crate) empty: fn() -> Object,
}

/// Opens the reader and runs a flow over records. `Err` has the exit number of a run that ended before
/// its flow did.
pub(crate) fn run<V>(
    screen: Screen,
    task: &Task<'_>,
    mut flow: impl FnMut(
        &mut Session<'_, Link>,
        Option<(&CvcAnchors<'_>, RecordChecks<'_>)>,
        &mut Secrets,
        &mut [u8],
    ) -> Read<V>,
) -> Result<(Read<V>, Counts), Result<u8, Failed>> {
    let fail = |error| Err(screen.fail(error, (task.empty)()));
    let authorities = |reader: Option<&Reader>| {
        Authorities::new(task.trust.test_hierarchy, &task.trust.authorities, reader)
    };
    let (reader, authorities) = task.reader.open_with(screen, authorities, task.empty)?;
    let anchors = authorities.anchors().map_err(fail)?;
    let nonce = Nonce::fresh().map_err(|error| fail(Error::Internal(error.text())))?;
    // After a wrong code the card was not challenged yet: the nonce is as new as before.
    let wanted = || match task.check {
        Check::Card => Some((&anchors, RecordChecks::card(&anchors, nonce.clone()))),
        Check::Signature => Some((&anchors, RecordChecks::signature(&anchors))),
        Check::None => None,
    };
    let mut secrets = Secrets::of_codes(task.codes, screen.language)
        .with_demonstration(reader.demonstration_secret(own(task.reference)))
        .on_stage(screen.steps_by_code())
        .while_there(reader.look);
    let mut exchanger = Exchanger::new(task.reader);
    let mut session = exchanger.session(reader.link);
    let mut memory = Zeroizing::new(vec![0; FILE]);
    let read = again(screen, &mut session, &mut secrets, |session, secrets| {
        flow(session, wanted(), secrets, &mut memory)
    });
    let counts = session.channel().counts();
    if read.value.is_none()
        && let Some(error) = storage_error(&session)
    {
        return Err(fail(error));
    }
    if let Some(end) = secrets.take_end() {
        return Err(screen.gone(end, read.cleared, counts, (task.empty)()));
    }
    Ok((read, counts))
}

/// The secret of a demonstration card that a reference stands for.
pub(crate) const fn own(reference: Reference) -> virtual_card::Reference {
    match reference {
        Reference::BirthDate => virtual_card::Reference::SurfaceBirth,
        Reference::CardFaceNumberB => virtual_card::Reference::SurfaceNumberB,
        Reference::InputSupportNumberB => virtual_card::Reference::TextNumberB,
        _ => virtual_card::Reference::Text,
    }
}

/// Runs a flow; at a terminal again after a wrong code, in the same session, which stops by itself
/// after two wrong ones.
pub(crate) fn again<V>(
    screen: Screen,
    session: &mut Session<'_, Link>,
    secrets: &mut Secrets,
    mut flow: impl FnMut(&mut Session<'_, Link>, &mut Secrets) -> Read<V>,
) -> Read<V> {
    let mut read = flow(session, secrets);
    while read.outcome == Outcome::CodeWrong && secrets.asks() && session.reconnect().is_ok() {
        screen.ask(&screen.language.outcome(read.outcome, read.tries_left));
        let next = flow(session, secrets);
        if next.outcome == Outcome::Cancelled && secrets.was_declined() {
            // Nobody gave another one: what happened is that the first was wrong.
            break;
        }
        read = next;
    }
    read
}

/// What a verified record says of itself.
pub(crate) fn record<R>(record: &Verified<R>) -> RecordObject {
    RecordObject::new(record.kind(), record.hierarchy(), record.issuer())
}

/// How sure a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// An authority vouches for it.
    Verified,
    /// No signature covers it.
    Unsigned,
    /// A signature covers it and nobody looked.
    NotVerified,
}

impl Standing {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unsigned => "unsigned",
            Self::NotVerified => "not_verified",
        }
    }
}

/// A text off the card and how sure it is.
pub(crate) struct Field {
    value: Zeroizing<String>,
    pub(crate) standing: Standing,
}

impl Field {
    pub(crate) fn new(value: &str, standing: Standing) -> Self {
        Self { value: Zeroizing::new(value.to_owned()), standing }
    }

    pub(crate) fn date(date: RecordDate, standing: Standing) -> Self {
        match date.date() {
            Some(day) => Self::new(&Zeroizing::new(day.to_string()), standing),
            // A part of it is not known.
            None => Self::new(date.digits(), standing),
        }
    }

    pub(crate) fn sex(sex: Sex, standing: Standing) -> Self {
        let word = match sex {
            Sex::Male => "male",
            Sex::Female => "female",
            Sex::NotKnown => "not_known",
            Sex::NotApplicable => "not_applicable",
            _ => "other",
        };
        Self::new(word, standing)
    }

    /// As it is shown.
    pub(crate) fn shown(&self, personal: bool) -> &str {
        if personal { &self.value } else { MASKED }
    }

    pub(crate) fn object(&self, personal: bool) -> FieldObject {
        FieldObject { value: self.shown(personal).to_owned(), standing: self.standing.as_str() }
    }

    /// A line for people.
    pub(crate) fn line(&self, screen: Screen, name: &str, personal: bool) {
        let shown = self.shown(personal);
        screen
            .line(format_args!("  {name}: {shown} ({})", screen.language.standing(self.standing)));
    }
}
