//! `kazasu check-in --method face` and `--method visual`: who stands there, without a PIN.
//!
//! There is no camera and no real matcher here: a picture is compared by the matcher for
//! demonstrations, which says so in every answer and counts with virtual cards only.

use crate::arguments::{CheckIn, KeyUseName, LivenessName, MethodName};
use crate::authority::Authorities;
use crate::desk::{Desk, Display, Probe, QUESTIONS, decode, read_picture};
use crate::draw::Canvas;
use crate::exit::{Error, Failed};
use crate::file::Shown;
use crate::json::{
    CertificateObject, ChallengeObject, ConfirmationObject, DecisionObject, ExchangeObject, Object,
    RecordObject, TrustObject, cleared,
};
use crate::language::{Told, say};
use crate::link::Link;
use crate::on_card::{Read, again, own, record};
use crate::reader::{CERTIFICATE, Exchanger, Reader, ReaderName, shared, storage_error};
use crate::screen::Screen;
use crate::secret::Secrets;
use crate::terminal;
use crate::trust::{Trust, validator};
use kazasu::apdu::Session;
use kazasu::face::decode::Picture;
use kazasu::face::{
    DemonstrationMatcher, Evidence, Matcher, Operator, Policy, PolicyError, Reason, VisualPolicy,
};
use kazasu::mynacard::Reference;
use kazasu::pki::Kind;
use kazasu::pki::records::{CardFace, Verified};
use kazasu::pki::rsa::Alloc;
use kazasu::tlv::Rules;
use kazasu::virtual_card::Photo;
use kazasu::{
    Failure, Identification, IdentificationReport, Job, Memory, Nonce, Outcome, Proof,
    StandInInstitutionAuthentication, WithoutPin, check_in_by_face, check_in_by_face_without_pin,
    check_in_by_visual_check, check_in_by_visual_check_without_pin,
};
use zeroize::Zeroizing;

/// Room for every file of the card.
const FILE: usize = 0x1_0000;

/// How the person is looked at.
enum Looking {
    Face { probe: Probe, matcher: Box<DemonstrationMatcher> },
    Visual { desk: Desk, operator: String, reason: String },
}

/// What is left of an identification, with nothing of the card in it.
struct Known {
    record: RecordObject,
    proof: Option<Proof>,
    confirmation: Option<ConfirmationObject>,
}

pub(crate) fn run(options: &CheckIn, screen: Screen, nonce: &Nonce) -> Result<u8, Failed> {
    let fail = |error| screen.fail(error, empty(options, nonce));
    screen.interruptible(empty(options, nonce));
    let key_use = key_use(options);
    if options.evidence.is_some() {
        return Err(fail(Error::Usage(say::evidence_is_of_pin())));
    }
    let prepared = Prepared::new(options, screen).map_err(fail)?;
    let named = |reader: Option<&Reader>| {
        let trust = Trust::new(&options.trust, reader)?;
        let test = options.trust.test_hierarchy;
        Ok((trust, Authorities::new(test, &options.person.authorities, reader)?))
    };
    let opened = options.reader.open_with(screen, named, || empty(options, nonce));
    let (reader, (trust, authorities)) = match opened {
        Ok(opened) => opened,
        Err(ended) => return ended,
    };
    let anchors = trust.anchors().map_err(fail)?;
    let authorities = authorities.anchors().map_err(fail)?;
    if options.person.method == MethodName::Face && !matches!(reader.link, Link::Virtual(_)) {
        // Found out before anybody is asked for a code.
        return Ok(refused(options, screen, nonce, Failure::DemonstrationMatcher));
    }
    let demonstration = reader.demonstration_secret(own(Reference::CardFaceNumberB));
    let mut secrets = Secrets::new(&options.secrets, screen.language)
        .with_demonstration(demonstration)
        .on_stage(screen.steps_by_code());
    let look = reader.look.map(shared);
    secrets = secrets.while_there(look.as_ref().map(|look| look()));
    let answers = Secrets::new(&options.secrets, screen.language)
        .while_there(look.as_ref().map(|look| look()));
    let look = look.as_ref().map(|look| look());
    let mut looking = match prepared {
        Prepared::Face { picture, matcher } => {
            screen.line(screen.language.demonstration_matcher());
            Looking::Face { probe: Probe::new(picture, screen, look), matcher }
        }
        Prepared::Visual { operator, reason, display } => {
            let desk = Desk::new(screen, display, answers, visual_policy(options));
            Looking::Visual { desk, operator, reason }
        }
    };
    let fresh = || Nonce::fresh().map_err(|error| fail(Error::Internal(error.text())));
    // The nonce that was given is for the key that is told of in the end.
    let (of_card, of_key) = match key_use {
        KeyUseName::CardAuthenticity => (nonce.clone(), None),
        KeyUseName::StandIn => (fresh()?, Some(Job::check_in(nonce))),
    };

    let mut exchanger = Exchanger::new(&options.reader);
    let mut session = exchanger.session(reader.link);
    let mut bytes = Zeroizing::new(vec![0; FILE]);
    let mut certificate = vec![0; CERTIFICATE];
    let validator = validator(&anchors);
    let mut evidence = None;
    let read = again(screen, &mut session, &mut secrets, |session, secrets| {
        let mut memory = Memory::new(&mut bytes);
        let mut provider = StandInInstitutionAuthentication::new();
        let mut without_pin = of_key.as_ref().map(|job| WithoutPin {
            validator: &validator,
            now: trust.now,
            job,
            provider: &mut provider,
            certificate: &mut certificate,
        });
        // After a wrong code the card was not challenged yet: the nonce is as new as before.
        let report = identify(
            session,
            Identification::new(&authorities, of_card.clone()),
            &mut looking,
            secrets,
            &mut memory,
            without_pin.as_mut(),
        );
        match report {
            Ok(report) => {
                evidence = report.evidence;
                known(report)
            }
            Err(failure) => Read {
                outcome: failure.outcome(),
                failure: Some(failure),
                tries_left: None,
                cleared: kazasu::Cleared::NotNeeded,
                value: None,
            },
        }
    });
    let counts = session.channel().counts();
    if read.value.is_none()
        && let Some(error) = storage_error(&session)
    {
        return Err(fail(error));
    }
    let desk_end = match &mut looking {
        Looking::Visual { desk, .. } => desk.take_end(),
        Looking::Face { .. } => None,
    };
    if let Some(end) = secrets.take_end().or(desk_end)
        && read.value.is_none()
    {
        return screen.gone(end, read.cleared, counts, empty(options, nonce));
    }

    let der = certificate_of(&certificate);
    let judged = der.and_then(|der| validator.validate(der, Kind::Auth, trust.now).ok());
    let proof = read.value.as_ref().and_then(|it| it.proof.as_ref());
    if screen.json {
        let object = Object {
            message: read.failure.map(|failure| failure.to_string()),
            tries_left: Some(read.tries_left),
            decision: empty(options, nonce)
                .decision
                .map(|_| evidence.as_ref().map(DecisionObject::new)),
            authenticity: Some(read.value.as_ref().map(|_| "proven")),
            challenge: Some(Some(match key_use {
                KeyUseName::CardAuthenticity => {
                    ChallengeObject::of_card(nonce, read.value.is_some())
                }
                KeyUseName::StandIn => ChallengeObject::new(nonce, proof),
            })),
            status_cleared: Some(cleared(read.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            ..empty(options, nonce).named(read.outcome)
        };
        let object = match key_use {
            KeyUseName::CardAuthenticity => object,
            KeyUseName::StandIn => Object {
                certificate: Some(der.and_then(|der| {
                    let personal = options.show_personal;
                    CertificateObject::new(der, "auth", Some(Kind::Auth), trust.now, personal)
                })),
                // Trusted by itself and not with this card is not trusted.
                trust: Some(
                    judged
                        .as_ref()
                        .filter(|_| read.outcome != Outcome::NotTrusted)
                        .map(TrustObject::new),
                ),
                ..object
            },
        };
        let (record, confirmation) =
            read.value.map_or((None, None), |it| (Some(it.record), it.confirmation));
        Object {
            record: Some(record),
            confirmation: object.confirmation.as_ref().map(|_| confirmation),
            ..object
        }
        .print();
        return Ok(read.outcome.code());
    }
    screen.outcome(read.outcome, read.failure.as_ref(), read.tries_left, Some(counts));
    if read.value.is_some() {
        screen.line(screen.language.key_use(key_use));
    }
    if let Some(evidence) = &evidence {
        decision(screen, evidence);
    }
    if let Some(known) = &read.value {
        if let Some(confirmation) = &known.confirmation {
            let title = screen.language.of("confirmed by staff", "職員による確認");
            screen.line(format_args!("  {title}: {}", confirmation.line()));
        }
        known.record.line(screen);
    }
    if let Some(judged) = &judged {
        screen.certificate(judged);
    }
    Ok(read.outcome.code())
}

/// What is found out before the card is touched.
enum Prepared {
    Face { picture: Picture, matcher: Box<DemonstrationMatcher> },
    Visual { operator: String, reason: String, display: Display },
}

impl Prepared {
    fn new(options: &CheckIn, screen: Screen) -> Result<Self, Error> {
        let person = &options.person;
        if person.method == MethodName::Face {
            let picture = match &person.probe {
                Some(path) => read_picture(path)?,
                // Nobody else has a picture that everybody has.
                None if options.reader.reader == ReaderName::Virtual => Photo::Sample
                    .bytes()
                    .map_err(|error| error.text())
                    .and_then(|bytes| decode(&bytes))
                    .map_err(|error| Error::Internal(say::picture_refused(&error)))?,
                None => {
                    return Err(Error::Usage(say::no_camera()));
                }
            };
            let liveness = person.stand_in_liveness.unwrap_or(LivenessName::Passed).liveness();
            let matcher = Box::new(DemonstrationMatcher::new(liveness));
            return Ok(Self::Face { picture, matcher });
        }
        if !options.secrets.pin_stdin && !terminal::is_there() {
            return Err(Error::Usage(say::no_terminal_for_staff()));
        }
        let (operator, reason) = (person.operator.clone(), person.reason.clone());
        let (operator, reason) = (operator.unwrap_or_default(), reason.unwrap_or_default());
        Operator::new(&operator).map_err(|error| Error::Usage(error.text().about("--operator")))?;
        Reason::new(&reason).map_err(|error| Error::Usage(error.text().about("--reason")))?;
        let canvas = if screen.json { Canvas::of_stderr() } else { Canvas::of_stdout() };
        let display = match (&person.photo_out, canvas.filter(|it| it.has_greys())) {
            (Some(path), _) => Display::File(Shown::prepare(path)?),
            (None, Some(canvas)) if canvas.has_room_above(QUESTIONS) => Display::Terminal(canvas),
            (None, Some(_)) => return Err(Error::Usage(say::photo_too_small())),
            (None, None) => return Err(Error::Usage(say::no_screen_for_staff())),
        };
        Ok(Self::Visual { operator, reason, display })
    }
}

/// One identification; `Err` before the card was touched.
fn identify<'b>(
    session: &mut Session<'_, Link>,
    identification: Identification<'_>,
    looking: &mut Looking,
    secrets: &mut Secrets,
    memory: &'b mut Memory<'_>,
    without_pin: Option<&mut WithoutPin<'_, '_, Alloc>>,
) -> Result<IdentificationReport<Verified<CardFace<'b>>>, Failure> {
    match looking {
        Looking::Face { probe, matcher } => {
            // A picture does not change: it is looked at once, and again after a word of advice.
            let policy = policy().map_err(Failure::FacePolicy)?;
            let (to, of) = (identification, secrets);
            Ok(match without_pin {
                None => check_in_by_face(session, to, policy, of, &mut **matcher, probe, memory),
                Some(it) => check_in_by_face_without_pin(
                    session,
                    to,
                    policy,
                    of,
                    &mut **matcher,
                    probe,
                    memory,
                    it,
                ),
            })
        }
        Looking::Visual { desk, operator, reason } => {
            let cancelled = Failure::Visual(kazasu::face::VisualEnd::Cancelled);
            // They were looked at before; each check takes them anew.
            let operator = Operator::new(operator).map_err(|_| cancelled)?;
            let reason = Reason::new(reason).map_err(|_| cancelled)?;
            let (to, rules) = (identification, desk.policy());
            Ok(match without_pin {
                None => check_in_by_visual_check(
                    session, to, rules, operator, reason, secrets, desk, memory,
                ),
                Some(it) => check_in_by_visual_check_without_pin(
                    session, to, rules, operator, reason, secrets, desk, memory, it,
                ),
            })
        }
    }
}

const fn policy() -> Result<Policy, PolicyError> {
    match Policy::new(DemonstrationMatcher::threshold()).with_attempts(1) {
        Ok(policy) => policy.with_prompts(1, 0),
        error => error,
    }
}

fn visual_policy(options: &CheckIn) -> VisualPolicy {
    let default = VisualPolicy::default();
    let decision_millis = options.person.answer_within.map(|seconds| seconds.saturating_mul(1_000));
    VisualPolicy { decision_millis: decision_millis.unwrap_or(default.decision_millis), ..default }
}

/// Lets go of the card face, which nothing here shows.
fn known(report: IdentificationReport<Verified<CardFace<'_>>>) -> Read<Known> {
    let value =
        report.identified.as_ref().zip(report.face.as_ref()).map(|(identified, face)| Known {
            record: record(face),
            proof: identified.proof().cloned(),
            confirmation: identified.visual().map(ConfirmationObject::new),
        });
    Read {
        outcome: report.outcome,
        failure: report.failure,
        tries_left: report.tries_left,
        cleared: report.cleared,
        value,
    }
}

/// The certificate at the start of what was read, if one was.
fn certificate_of(bytes: &[u8]) -> Option<&[u8]> {
    let (_, rest) = kazasu::tlv::object(bytes, Rules::Der).ok()?;
    bytes.get(..bytes.len().checked_sub(rest.len())?)
}

fn decision(screen: Screen, evidence: &Evidence) {
    let language = screen.language;
    let threshold = evidence.threshold;
    let score = evidence.score.map_or_else(|| "-".to_owned(), |score| score.to_string());
    screen.line(format_args!(
        "  {}: {score} ({} {}, {} {}..{}); {}: {} ({})",
        language.of("score", "スコア"),
        language.of("threshold", "しきい値"),
        threshold.value(),
        language.of("scale", "範囲"),
        threshold.scale().lowest(),
        threshold.scale().highest(),
        language.of("liveness", "生体検知"),
        evidence.liveness.as_str(),
        language.of("a stand-in", "代用"),
    ));
}

/// Ends a run in which nothing was asked of the card.
fn refused(options: &CheckIn, screen: Screen, nonce: &Nonce, failure: Failure) -> u8 {
    let outcome = failure.outcome();
    if screen.json {
        let message = Some(failure.to_string());
        Object { message, ..empty(options, nonce).named(outcome) }.print();
    } else {
        screen.outcome(outcome, Some(&failure), None, None);
    }
    outcome.code()
}

fn key_use(options: &CheckIn) -> KeyUseName {
    options.person.key_use.unwrap_or(KeyUseName::CardAuthenticity)
}

/// The object of a check-in without a PIN that met no card.
fn empty(options: &CheckIn, nonce: &Nonce) -> Object {
    let key_use = key_use(options);
    let (certificate, certificate_standing) = match key_use {
        KeyUseName::CardAuthenticity => (None, Some("not_proven")),
        KeyUseName::StandIn => (Some(None), None),
    };
    let face = options.person.method == MethodName::Face;
    let matcher = DemonstrationMatcher::new(kazasu::face::Liveness::NotChecked);
    Object {
        method: Some(options.person.method.as_str()),
        key_use: Some(key_use.as_str()),
        tries_left: Some(None),
        certificate,
        certificate_standing,
        trust: Some(None),
        challenge: Some(Some(ChallengeObject::new(nonce, None))),
        record: Some(None),
        authenticity: Some(None),
        matcher: face.then(|| matcher.identity().into()),
        decision: face.then_some(None),
        confirmation: (!face).then_some(None),
        revocation: Some("not_checked"),
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}
