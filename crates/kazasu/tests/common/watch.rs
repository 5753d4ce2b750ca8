//! Runs one flow, and looks at the card when the flow has ended and before the session drops.

use super::matrix::{Flow, NEW_PASSWORD, NEW_PIN, Seen};
use super::{Ended, Look, Person, Setup};
use kazasu::apdu::{Capabilities, PowerOff, Transport};
use kazasu::mynacard::{self, Counter, Key, Password, Pin};
use kazasu::{Job, OwnedSecret};
use kazasu_virtual_card::{Link, LinkError, Reference};

pub(crate) fn run(link: &mut Link, flow: Flow, setup: &Setup, person: &mut Person) -> Seen {
    let seen = |ended: Ended| Seen {
        ended,
        counters: Vec::new(),
        before: 0,
        after: 0,
        asked: 0,
        log: Vec::new(),
        still_verified: false,
        changed: false,
    };
    let mut still_verified = false;
    let mut watch = Watch { link, still_verified: &mut still_verified };
    let mut seen = match flow {
        Flow::CheckIn => {
            let job = Job::check_in(&super::nonce());
            seen(super::authenticate(&mut watch, setup, &job, person))
        }
        Flow::Sign => {
            let job = Job::sign(Key::Sign, kazasu::pki::Digest::sha256([0xA5; 32]));
            seen(super::authenticate(&mut watch, setup, &job, person))
        }
        Flow::Read(which) => seen(super::read(&mut watch, setup, which, person)),
        Flow::Tries => super::session(&mut watch, setup, |session| {
            let report = kazasu::tries_left(session);
            let counters = report.counters.iter();
            let counters = counters.map(|(_, counter)| (counter.map(Counter::left), 0)).collect();
            let ended = Ended::small(report.outcome, report.failure, None, report.cleared);
            session.transport_mut().look();
            Seen { counters, ..seen(ended) }
        }),
        Flow::Change(reference) => super::session(&mut watch, setup, |session| {
            let (reference, new) = match reference {
                Reference::Sign => (
                    mynacard::Reference::Sign,
                    OwnedSecret::from(Password::new(NEW_PASSWORD.as_bytes()).unwrap()),
                ),
                Reference::Text => {
                    (mynacard::Reference::Text, Pin::new(NEW_PIN.as_bytes()).unwrap().into())
                }
                _ => (mynacard::Reference::Auth, Pin::new(NEW_PIN.as_bytes()).unwrap().into()),
            };
            let report = kazasu::change(session, reference, person, &new);
            let ended =
                Ended::small(report.outcome, report.failure, report.tries_left, report.cleared);
            session.transport_mut().look();
            seen(ended)
        }),
    };
    seen.still_verified = still_verified;
    seen
}

/// The link, with an eye on the card when the flow has ended and the session has not.
pub(crate) struct Watch<'l> {
    link: &'l mut Link,
    still_verified: &'l mut bool,
}

impl Watch<'_> {
    pub(crate) fn look(&mut self) {
        let card = self.link.card();
        *self.still_verified =
            card.is_some_and(|card| Reference::ALL.iter().any(|one| card.is_verified(*one)));
    }
}

impl Look for &mut Watch<'_> {
    fn look(&mut self) {
        Watch::look(self);
    }
}

impl Transport for Watch<'_> {
    type Error = LinkError;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        self.link.transmit(command, response)
    }
    fn capabilities(&self) -> Capabilities {
        self.link.capabilities()
    }
    fn power_off(&mut self) -> Result<PowerOff, Self::Error> {
        self.link.power_off()
    }
    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.link.reconnect()
    }
}
