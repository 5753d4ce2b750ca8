//! A check-in over any link, with a virtual card at its other end.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use kazasu::apdu::{Channel, ExtendedLength, Session, Transport};
use kazasu::mynacard::Pin;
use kazasu::pki::rsa::Alloc;
use kazasu::pki::{Anchor, Anchors, Kind, Time, Validator};
use kazasu::{Cleared, Failure, Job, Nonce, Outcome, PinHolder, authenticate};
use kazasu_virtual_card::{CertificateKind, root_certificate};

/// What the facade says of a check-in.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// `None`: there was no card to begin with.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) failure: Option<Failure>,
    pub(crate) cleared: Option<Cleared>,
    pub(crate) tries_told: Option<u8>,
}

impl Said {
    pub(crate) fn verified(&self) -> bool {
        self.outcome.is_some_and(|outcome| outcome.is_verified())
    }
}

/// SELECT, certificate, PIN, signature, power off; over a link with an active card.
pub(crate) fn check_in<T: Transport>(link: T, mode: ExtendedLength) -> Said {
    let (mut outgoing, mut incoming) = ([0; 300], vec![0; 4096]);
    let channel = Channel::new(&mut outgoing, &mut incoming).with_extended_length(mode);
    let mut session = Session::new(link, channel);
    let mut holder = PinHolder::new(Pin::new(b"1234").unwrap());
    let mut certificate = [0; 3072];
    let anchors = anchors();
    let nonce = Nonce::given(&[0x5A; 32]).unwrap();
    let report = authenticate(
        &mut session,
        &Validator::new(&anchors).with_backend(Alloc),
        now(),
        &Job::check_in(&nonce),
        &mut holder,
        &mut certificate,
    );
    Said {
        outcome: Some(report.outcome),
        failure: report.failure,
        cleared: Some(report.cleared),
        tries_told: report.tries_left,
    }
}

/// The root of virtual cards and nothing else.
pub(crate) fn anchors() -> Anchors<'static> {
    static ROOT: OnceLock<Vec<u8>> = OnceLock::new();
    let root = ROOT.get_or_init(|| root_certificate(CertificateKind::Auth).unwrap());
    Anchors::none().with(Anchor::virtual_card(root).unwrap().for_kind(Kind::Auth)).unwrap()
}

/// Now; the cards are issued today.
pub(crate) fn now() -> Time {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_unix(i64::try_from(elapsed.as_secs()).unwrap())
}
