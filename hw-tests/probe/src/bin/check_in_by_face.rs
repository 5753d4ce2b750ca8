//! The check-ins by face and by visual check with the join to the card, each also with the key for
//! user authentication opened without a PIN, and the check-in that does only that.

#![no_std]
#![no_main]

use kazasu::apdu::{Channel, Command, Response, Session};
use kazasu::face::{Operator, Policy, Reason, VisualPolicy};
use kazasu::mynacard::{InstitutionAuthentication, InstitutionScheme, InstitutionStep};
use kazasu::pki::cvc::CvcAnchors;
use kazasu::pki::rsa::Fixed;
use kazasu::pki::{Anchors, Time, Validator};
use kazasu::{
    Identification, IdentificationReport, Job, Memory, WithoutPin, authenticate_without_pin,
    check_in_by_face, check_in_by_face_without_pin, check_in_by_visual_check,
    check_in_by_visual_check_without_pin,
};
use probe::face::{Desk, Unknown};
use probe::{Anybody, Link};

probe::entry!(main);

/// What a vendor's provider may ask for.
struct Provider([u8; 307]);

impl InstitutionAuthentication for Provider {
    fn scheme(&self) -> InstitutionScheme {
        InstitutionScheme::Certified
    }

    fn certificate_body(&self) -> &[u8] {
        &self.0
    }

    fn certificate_signature(&self) -> &[u8] {
        self.0.get(..256).unwrap_or_default()
    }

    fn next(&mut self, answer: Option<Response<'_>>) -> InstitutionStep<'_> {
        probe::keep(answer.map_or(0, |answer| answer.data.len() as u32));
        match probe::unknown_byte() {
            0 => InstitutionStep::Refused,
            1 => InstitutionStep::Accepted,
            ins => InstitutionStep::Send(Command::new(0x80, ins, 0, 0).with_data(&self.0)),
        }
    }
}

fn main() {
    let _ = check_in();
}

fn keep<F>(report: &IdentificationReport<F>) {
    probe::keep(u32::from(report.outcome.code()));
    let method = report.identified.as_ref().map(|it| it.method() as u32);
    probe::keep(method.unwrap_or(u32::MAX));
}

fn check_in() -> Option<()> {
    let (mut outgoing, mut incoming, mut bytes) = ([0; 320], [0; 1026], [0; 8192]);
    let mut session = Session::new(Link, Channel::new(&mut outgoing, &mut incoming));
    let session = &mut session;
    let (issuers, anchors) = (CvcAnchors::production(), Anchors::production());
    let validator = Validator::new(&anchors);
    let today = Time::from_unix(i64::from(probe::unknown_number() as u32));
    let (mut matcher, policy) = Unknown::with_policy()?;
    let mut certificate = [0; 3072];
    let job = Job::check_in(&probe::nonce()?);
    let mut provider = Provider([0; 307]);
    probe::unknown_bytes(&mut provider.0);

    let report = authenticate_without_pin(
        session,
        &validator,
        today,
        &job,
        &mut provider,
        &mut |stage| probe::keep(stage as u32),
        &mut certificate,
    );
    probe::keep(u32::from(report.outcome.code()));

    let mut certificate = [0; 3072];
    let mut without_pin: WithoutPin<'_, '_, Fixed> = WithoutPin {
        validator: &validator,
        now: today,
        job: &job,
        provider: &mut provider,
        certificate: &mut certificate,
    };
    let identification = || Some(Identification::new(&issuers, probe::nonce()?));
    by_face(session, identification()?, policy, &mut matcher, &mut bytes, None);
    let also = Some(&mut without_pin);
    by_face(session, identification()?, policy, &mut matcher, &mut bytes, also);
    visually(session, identification()?, &mut bytes, None)?;
    visually(session, identification()?, &mut bytes, Some(&mut without_pin))
}

fn by_face(
    session: &mut Session<'_, Link>,
    identification: Identification<'_>,
    policy: Policy,
    matcher: &mut Unknown,
    bytes: &mut [u8],
    without_pin: Option<&mut WithoutPin<'_, '_, Fixed>>,
) {
    let (holder, camera, mut memory) = (&mut Anybody, &mut Desk, Memory::new(bytes));
    let memory = &mut memory;
    keep(&match without_pin {
        None => check_in_by_face(session, identification, policy, holder, matcher, camera, memory),
        Some(without_pin) => check_in_by_face_without_pin(
            session,
            identification,
            policy,
            holder,
            matcher,
            camera,
            memory,
            without_pin,
        ),
    });
}

fn visually(
    session: &mut Session<'_, Link>,
    identification: Identification<'_>,
    bytes: &mut [u8],
    without_pin: Option<&mut WithoutPin<'_, '_, Fixed>>,
) -> Option<()> {
    let mut text = [0; 16];
    probe::unknown_bytes(&mut text);
    let text = core::str::from_utf8(&text).ok()?;
    let (operator, reason) = (Operator::new(text).ok()?, Reason::new(text).ok()?);
    let policy = VisualPolicy::default();
    let (holder, staff, mut memory) = (&mut Anybody, &mut Desk, Memory::new(bytes));
    let memory = &mut memory;
    keep(&match without_pin {
        None => check_in_by_visual_check(
            session,
            identification,
            policy,
            operator,
            reason,
            holder,
            staff,
            memory,
        ),
        Some(without_pin) => check_in_by_visual_check_without_pin(
            session,
            identification,
            policy,
            operator,
            reason,
            holder,
            staff,
            memory,
            without_pin,
        ),
    });
    Some(())
}
