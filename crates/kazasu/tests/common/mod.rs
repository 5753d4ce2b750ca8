//! What the tests of the flows share: a card, a person who counts what was asked of them, and the
//! flows with owned results.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

pub(crate) mod codes;
pub(crate) mod desk;
pub(crate) mod effects;
pub(crate) mod flip;
mod lies;
pub(crate) mod matrix;
mod watch;

use kazasu::apdu::{Channel, Counts, ExtendedLength, Session, Status, Transport};
use kazasu::mynacard::{Key, Password, Pin, Reference, Token};
use kazasu::pki::rsa::Alloc;
use kazasu::pki::{Anchor, Anchors, Kind, Phase, Time, Validator};
use kazasu::{
    CertificateFile, Cleared, Declined, Failure, Holder, Job, Nonce, Outcome, OwnedSecret, Proof,
    Request, Stage,
};
use kazasu_virtual_card::{Card, CertificateKind, Effect, Issue, Link, LogEntry, root_certificate};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// PIN and password of the card.
pub(crate) const PIN: &str = "1234";
pub(crate) const WRONG_PIN: &str = "9876";
pub(crate) const PASSWORD: &str = "TEST1234";
pub(crate) const WRONG_PASSWORD: &str = "WRONG999";
pub(crate) const TEXT_PIN: &str = "2345";
/// What the check-ins sign.
pub(crate) const NONCE: [u8; 32] = [0x5A; 32];

/// The demonstration card, the same bytes all day.
pub(crate) fn issue() -> Issue {
    Issue::demonstration().seed(1)
}

pub(crate) fn card() -> Card {
    Card::issue(issue()).unwrap()
}

pub(crate) fn link() -> Link {
    Link::new(card())
}

/// Now; the cards are issued today.
pub(crate) fn now() -> Time {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_unix(i64::try_from(elapsed.as_secs()).unwrap())
}

pub(crate) fn time(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

/// The roots of virtual cards and nothing else.
pub(crate) fn anchors() -> Anchors<'static> {
    static ROOTS: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let [auth, sign] = ROOTS.get_or_init(|| {
        [CertificateKind::Auth, CertificateKind::Sign].map(|kind| root_certificate(kind).unwrap())
    });
    let anchor = |der, kind| Anchor::virtual_card(der).unwrap().for_kind(kind);
    Anchors::none().with(anchor(auth, Kind::Auth)).unwrap().with(anchor(sign, Kind::Sign)).unwrap()
}

/// Who stands at the reader.
pub(crate) struct Person {
    pub(crate) pin: String,
    pub(crate) password: String,
    pub(crate) confirms: bool,
    /// Tries left, each time a secret was asked for.
    pub(crate) asked: Vec<u8>,
    /// Tries left, each time the last try was to be confirmed.
    pub(crate) warned: Vec<u8>,
    pub(crate) stages: Vec<Stage>,
}

impl Person {
    /// Knows everything.
    pub(crate) fn right() -> Self {
        Self {
            pin: PIN.to_owned(),
            password: PASSWORD.to_owned(),
            confirms: false,
            asked: Vec::new(),
            warned: Vec::new(),
            stages: Vec::new(),
        }
    }

    /// Knows nothing.
    pub(crate) fn wrong() -> Self {
        let (pin, password) = (WRONG_PIN.to_owned(), WRONG_PASSWORD.to_owned());
        Self { pin, password, ..Self::right() }
    }

    /// Risks the last try.
    pub(crate) fn confirming(self) -> Self {
        Self { confirms: true, ..self }
    }
}

impl Holder for Person {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        self.asked.push(request.tries_left);
        Ok(match request.reference {
            Reference::Sign => Password::new(self.password.as_bytes()).unwrap().into(),
            // The person who knows the right one knows both.
            Reference::Text if self.pin == PIN => Pin::new(TEXT_PIN.as_bytes()).unwrap().into(),
            _ => Pin::new(self.pin.as_bytes()).unwrap().into(),
        })
    }

    fn confirm_last_try(&mut self, request: Request) -> bool {
        self.warned.push(request.tries_left);
        self.confirms
    }

    fn stage(&mut self, stage: Stage) {
        self.stages.push(stage);
    }
}

/// How a flow is run.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) mode: ExtendedLength,
    /// Has an earlier channel learned that the card refuses extended length?
    pub(crate) learned: bool,
    /// Bytes of the command buffer.
    pub(crate) command_room: usize,
    /// Bytes of the answer buffer.
    pub(crate) room: usize,
    pub(crate) now: Time,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self {
            mode: ExtendedLength::Auto,
            learned: false,
            command_room: 300,
            room: 4096,
            now: now(),
        }
    }

    /// Never extended length.
    pub(crate) fn short() -> Self {
        Self { mode: ExtendedLength::Off, room: 258, ..Self::new() }
    }

    pub(crate) fn at(now: Time) -> Self {
        Self { now, ..Self::new() }
    }
}

/// A report with nothing borrowed.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) failure: Option<Failure>,
    pub(crate) tries_left: Option<u8>,
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) phase: Option<Phase>,
    pub(crate) token: Option<Token>,
    pub(crate) proof: Option<Proof>,
    pub(crate) cleared: Cleared,
    pub(crate) counts: Counts,
    /// Has the channel learned that the card refuses extended length?
    pub(crate) learned: bool,
}

impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ended")
            .field("outcome", &self.outcome)
            .field("failure", &self.failure)
            .field("tries_left", &self.tries_left)
            .field("cleared", &self.cleared)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl Ended {
    pub(crate) fn small(
        outcome: Outcome,
        failure: Option<Failure>,
        tries_left: Option<u8>,
        cleared: Cleared,
    ) -> Self {
        Self {
            outcome,
            failure,
            tries_left,
            certificate: None,
            phase: None,
            token: None,
            proof: None,
            cleared,
            counts: Counts::default(),
            learned: false,
        }
    }
}

/// A link that may look at its card when the flow has ended and before the session drops.
pub(crate) trait Look: Transport {
    fn look(&mut self) {}
}

impl Look for &mut Link {}

/// Gives `body` a session over the link. What it leaves behind is seen before the session drops.
pub(crate) fn session<T: Transport, R>(
    link: T,
    setup: &Setup,
    body: impl FnOnce(&mut Session<'_, T>) -> R,
) -> R {
    let (mut outgoing, mut incoming) = (vec![0; setup.command_room], vec![0; setup.room]);
    let mut channel = Channel::new(&mut outgoing, &mut incoming).with_extended_length(setup.mode);
    if setup.learned {
        channel.learn_extended_length_refused();
    }
    body(&mut Session::new(link, channel))
}

pub(crate) fn authenticate<T: Look>(
    link: T,
    setup: &Setup,
    job: &Job,
    person: &mut Person,
) -> Ended {
    authenticate_with(link, setup, &anchors(), job, person)
}

pub(crate) fn authenticate_with<T: Look>(
    link: T,
    setup: &Setup,
    anchors: &Anchors<'_>,
    job: &Job,
    person: &mut Person,
) -> Ended {
    session(link, setup, |session| {
        let validator = Validator::new(anchors).with_backend(Alloc);
        let mut certificate = [0; 3072];
        let report =
            kazasu::authenticate(session, &validator, setup.now, job, person, &mut certificate);
        session.transport_mut().look();
        Ended {
            outcome: report.outcome,
            failure: report.failure,
            tries_left: report.tries_left,
            certificate: report.certificate.map(<[u8]>::to_vec),
            phase: report.judged.map(|judged| judged.phase()),
            token: report.token,
            proof: report.proof,
            cleared: report.cleared,
            counts: session.channel().counts(),
            learned: session.channel().extended_length_refused(),
        }
    })
}

pub(crate) fn nonce() -> Nonce {
    Nonce::given(&NONCE).unwrap()
}

pub(crate) fn check_in(link: &mut Link, setup: &Setup, person: &mut Person) -> Ended {
    authenticate(link, setup, &Job::check_in(&nonce()), person)
}

pub(crate) fn sign(link: &mut Link, setup: &Setup, person: &mut Person) -> Ended {
    authenticate(
        link,
        setup,
        &Job::sign(Key::Sign, kazasu::pki::Digest::sha256([0xA5; 32])),
        person,
    )
}

pub(crate) fn read<T: Look>(
    link: T,
    setup: &Setup,
    which: CertificateFile,
    person: &mut Person,
) -> Ended {
    session(link, setup, |session| {
        let anchors = anchors();
        let validator = Validator::new(&anchors).with_backend(Alloc);
        let mut certificate = [0; 3072];
        let report = kazasu::read_certificate(
            session,
            &validator,
            setup.now,
            which,
            person,
            &mut certificate,
        );
        session.transport_mut().look();
        Ended {
            outcome: report.outcome,
            failure: report.failure,
            tries_left: report.tries_left,
            certificate: report.certificate.map(<[u8]>::to_vec),
            phase: report.judged.map(|judged| judged.phase()),
            token: None,
            proof: None,
            cleared: report.cleared,
            counts: session.channel().counts(),
            learned: session.channel().extended_length_refused(),
        }
    })
}

/// VERIFY commands with data that were given to the link.
pub(crate) fn verifies(log: &[LogEntry]) -> usize {
    log.iter().filter(|entry| entry.is_verify()).count()
}

/// CHANGE REFERENCE DATA commands that were given to the link.
pub(crate) fn changes(log: &[LogEntry]) -> usize {
    log.iter().filter(|entry| entry.ins == 0x24).count()
}

/// INS of every command.
pub(crate) fn instructions(link: &Link) -> Vec<u8> {
    link.log().iter().map(|entry| entry.ins).collect()
}

/// A fault: this status word instead of the card's, before or after it acted.
pub(crate) fn status(acted: bool, status: u16) -> Effect {
    Effect::Status { acted, status: Status(status) }
}
