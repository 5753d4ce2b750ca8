//! One flow on one card with one fault, and what must hold whatever the fault was.

use super::lies::Lies;
use super::{
    Ended, NONCE, PASSWORD, PIN, Person, Setup, TEXT_PIN, changes, issue, verifies, watch,
};
use kazasu::pki::rsa::Fixed;
use kazasu::pki::{Certificate, Digest, Scheme, sha256, verify_signature_only};
use kazasu::{CertificateFile, Cleared, Outcome};
use kazasu_virtual_card::{
    Blocked, Card, CertificateKind, Effect, Fault, Kind, Link, LogEntry, OnReconnect,
    QueryWhenVerified, Reference, When,
};
use std::collections::HashSet;

/// The new codes of a change.
pub(crate) const NEW_PIN: &str = "5555";
pub(crate) const NEW_PASSWORD: &str = "CHANGED7";

/// Application identifiers of 公的個人認証AP and 券面事項入力補助AP.
const JPKI: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
const TEXT: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    CheckIn,
    Sign,
    Read(CertificateFile),
    Tries,
    Change(Reference),
}

impl Flow {
    /// The code that it asks for.
    const fn reference(self) -> Reference {
        match self {
            Self::Sign | Self::Read(CertificateFile::Sign | CertificateFile::SignCa) => {
                Reference::Sign
            }
            Self::Change(reference) => reference,
            _ => Reference::Auth,
        }
    }
}

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) flow: Flow,
    pub(crate) kind: Kind,
    /// Does the holder know the codes?
    pub(crate) knows: bool,
    pub(crate) short: bool,
    /// Can the link take the card's power?
    pub(crate) power_off: bool,
    pub(crate) on_reconnect: OnReconnect,
    /// Is another card there after a reconnect?
    pub(crate) swapped: bool,
    /// Refuses short identifiers, so that files are selected.
    pub(crate) selects: bool,
    pub(crate) query: QueryWhenVerified,
    pub(crate) faults: Vec<Fault>,
}

impl Case {
    pub(crate) const fn new(flow: Flow) -> Self {
        Self {
            flow,
            kind: Kind::Card,
            knows: true,
            short: false,
            power_off: true,
            on_reconnect: OnReconnect::PowerCycle,
            swapped: false,
            selects: false,
            query: QueryWhenVerified::TriesLeft,
            faults: Vec::new(),
        }
    }

    pub(crate) fn fault(&self, fault: Fault) -> Self {
        let mut case = self.clone();
        case.faults.push(fault);
        case
    }
}

/// What came of it.
pub(crate) struct Seen {
    pub(crate) ended: Ended,
    /// For [`Flow::Tries`]: the counter as reported and as it is.
    pub(crate) counters: Vec<(Option<u8>, u8)>,
    /// The card's own counter.
    pub(crate) before: u8,
    pub(crate) after: u8,
    pub(crate) asked: usize,
    pub(crate) log: Vec<LogEntry>,
    /// Is a code still verified on the card that was used?
    pub(crate) still_verified: bool,
    /// Does the card hold the new code?
    pub(crate) changed: bool,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |entry: &LogEntry| match entry.status {
            Some(status) => format!("{:02X}/{}>{status}", entry.ins, entry.lc),
            None => format!("{:02X}/{}>", entry.ins, entry.lc),
        };
        let log: Vec<_> = self.log.iter().map(word).collect();
        let Self { ended, counters, before, after, asked, still_verified, changed, .. } = self;
        write!(f, "{ended:?} counters {counters:?} tries {before} {after} asked {asked} ")?;
        write!(f, "still verified {still_verified} changed {changed} {}", log.join(" "))
    }
}

/// A card for many runs: what one of them changed is put right before the next.
pub(crate) struct Deck {
    cards: Vec<Card>,
    /// Signatures that the second back end has accepted, to accept them once.
    accepted: HashSet<Vec<u8>>,
    pub(crate) runs: usize,
    wrong: Vec<String>,
}

impl Deck {
    pub(crate) fn new() -> Self {
        Self { cards: Vec::new(), accepted: HashSet::new(), runs: 0, wrong: Vec::new() }
    }

    fn card(&mut self, case: &Case) -> Card {
        let at = self.cards.iter().position(|card| card.kind() == case.kind);
        let mut card = at.map_or_else(
            || {
                let mut issue = issue();
                issue.kind = case.kind;
                Card::issue(issue).unwrap()
            },
            |at| self.cards.swap_remove(at),
        );
        card.settings_mut().query_when_verified = case.query;
        card.settings_mut().blocked = Blocked::ReferenceDataLocked;
        card
    }

    /// Puts right what a run changed and keeps the card for another one.
    fn put_back(&mut self, mut card: Card) {
        card.power_on();
        for (reference, application, ef, old, new) in [
            (Reference::Auth, JPKI, 0x18, PIN, NEW_PIN),
            (Reference::Sign, JPKI, 0x1B, PASSWORD, NEW_PASSWORD),
            (Reference::Text, TEXT, 0x11, TEXT_PIN, NEW_PIN),
        ] {
            let Some(secret) = card.secret(reference).map(|secret| secret.reveal().to_owned())
            else {
                continue;
            };
            if card.tries(reference) == Some(full(reference)) && secret == old {
                continue;
            }
            let mut send = |header: [u8; 4], data: &[u8]| {
                let length = u8::try_from(data.len()).unwrap();
                card.respond(&[&header, &[length][..], data].concat())
            };
            send([0x00, 0xA4, 0x04, 0x0C], &application);
            send([0x00, 0xA4, 0x02, 0x0C], &[0x00, ef]);
            send([0x00, 0x20, 0x00, 0x80], secret.as_bytes());
            if secret == new {
                send([0x00, 0x24, 0x01, 0x80], old.as_bytes());
            }
        }
        card.power_off();
        // What cannot be put right, as a blocked code, is thrown away.
        let as_issued =
            [(Reference::Auth, PIN), (Reference::Sign, PASSWORD), (Reference::Text, TEXT_PIN)]
                .iter()
                .all(|(reference, code)| {
                    card.secret(*reference).is_none_or(|secret| {
                        secret.reveal() == *code && card.tries(*reference) == Some(full(*reference))
                    })
                });
        if as_issued {
            self.cards.push(card);
        }
    }

    /// Runs one case.
    pub(crate) fn run(&mut self, case: &Case) -> Seen {
        self.runs += 1;
        let card = self.card(case);
        let reference = case.flow.reference();
        let before = card.tries(reference).unwrap();
        let mut link = Link::new(card).on_reconnect(case.on_reconnect);
        if !case.power_off {
            link = link.without_power_off();
        }
        if case.swapped {
            let mut other = issue().seed(2).tries_left(Reference::Auth, 2);
            other.kind = case.kind;
            link.swap_at_reconnect(Card::issue(other).unwrap());
        }
        for fault in &case.faults {
            link.faults_mut().push(fault.clone());
        }
        if case.selects {
            refuse_short_identifiers(&mut link);
        }
        let mut person = if case.knows { Person::right() } else { Person::wrong() };
        let setup = if case.short { Setup::short() } else { Setup::new() };
        // A reference, so that the end of the session is seen before its drop tidies up.
        let mut seen = watch::run(&mut link, case.flow, &setup, &mut person);
        seen.log = link.log().to_vec();
        seen.asked = person.asked.len();
        seen.before = before;
        let swapped = link.removed_card().is_some();
        let used = link.removed_card().or(link.card()).unwrap();
        seen.after = used.tries(reference).unwrap();
        seen.changed = matches!(case.flow, Flow::Change(_))
            && [NEW_PIN, NEW_PASSWORD].contains(&used.secret(reference).unwrap().reveal());
        if case.flow == Flow::Tries {
            for (counter, reference) in seen.counters.iter_mut().zip([
                Reference::Auth,
                Reference::Sign,
                Reference::Text,
                Reference::Juki,
                Reference::Common,
            ]) {
                counter.1 = used.tries(reference).unwrap_or(0);
            }
        }
        if !swapped {
            self.put_back(link.into_card().unwrap());
        }
        seen
    }

    /// Runs one case and checks what must hold for every one.
    pub(crate) fn check(&mut self, case: &Case) -> Seen {
        let seen = self.run(case);
        for broken in self.broken_rules(case, &seen) {
            self.wrong.push(format!("{broken}\n    {case:?}\n    {seen:?}"));
        }
        seen
    }

    /// Runs a case with each fault at every command that it sends without one. Returns how many
    /// commands those are.
    pub(crate) fn at_every_command(&mut self, case: &Case, effects: &[Effect]) -> usize {
        let commands = self.check(case).log.len();
        for number in 1..=commands {
            for effect in effects {
                let when = When::Command(number as u64);
                self.check(&case.fault(Fault::once(when, effect.clone())));
            }
        }
        commands
    }

    /// Notes what a test expects beyond the rules.
    pub(crate) fn expect(&mut self, holds: bool, what: &str, case: &Case, seen: &Seen) {
        if !holds {
            self.wrong.push(format!("{what}\n    {case:?}\n    {seen:?}"));
        }
    }

    fn broken_rules(&mut self, case: &Case, seen: &Seen) -> Vec<&'static str> {
        let mut broken = Vec::new();
        let mut rule = |holds: bool, text| {
            if !holds {
                broken.push(text);
            }
        };
        let ended = &seen.ended;
        let verified = ended.outcome.is_verified();
        let lies = Lies::of(case, &seen.log);
        rule(verifies(&seen.log) <= 1, "a PIN went out twice");
        rule(changes(&seen.log) <= 1, "a change went out twice");
        rule(seen.asked <= 1, "the holder was asked twice");
        rule(seen.before - seen.after <= 1 || lies.blocks, "more than one try is gone");
        rule(
            lies.counter || ended.tries_left.is_none_or(|left| left == seen.after),
            "a wrong number of tries is reported",
        );
        rule(
            lies.blocks || seen.after >= seen.before || ended.tries_left.is_some() || !verified,
            "a lost try is not reported",
        );
        rule(!verified || ended.failure.is_none(), "verified, with a failure");
        rule(verified || ended.failure.is_some(), "not verified, without a failure");
        match case.flow {
            Flow::CheckIn | Flow::Sign => {
                let proven = ended.proof.is_some();
                rule(proven == verified, "proof and outcome disagree");
                rule(!verified || case.knows, "verified with a wrong code");
                rule(!verified || self.proof_holds(case.flow, ended), "the proof does not hold");
            }
            Flow::Read(which) => {
                let given = ended.certificate.as_deref();
                rule(
                    !verified || lies.certificate || given == Some(own(which).as_slice()),
                    "a wrong certificate is handed out as good",
                );
            }
            Flow::Tries => {
                for (reported, own) in &seen.counters {
                    rule(
                        lies.counter || reported.is_none_or(|left| left == *own),
                        "a wrong counter is reported",
                    );
                    let exists = *own > 0;
                    rule(
                        lies.absence || !verified || !exists || reported.is_some(),
                        "a counter is missing, and all is said to be well",
                    );
                }
            }
            Flow::Change(_) => {
                rule(!verified || seen.changed || lies.change, "a change that was not made");
                rule(
                    !seen.changed
                        || verified
                        || ended.outcome == Outcome::OutcomeUnknown
                        || lies.change,
                    "a change that was made is denied",
                );
            }
        }
        match ended.cleared {
            Cleared::Failed => rule(false, "not cleared"),
            _ => rule(!seen.still_verified || lies.clearing, "a code stays verified"),
        }
        broken
    }

    /// Does the signature hold for the card's own certificate, by the other back end?
    fn proof_holds(&mut self, flow: Flow, ended: &Ended) -> bool {
        let Some(proof) = &ended.proof else { return false };
        let (which, digest) = match flow {
            Flow::Sign => (CertificateFile::Sign, Digest::sha256([0xA5; 32])),
            _ => (CertificateFile::Auth, Digest::sha256(sha256(&NONCE))),
        };
        let own = own(which);
        let fits = ended.certificate.as_ref() == Some(&own)
            && *proof.certificate_sha256() == sha256(&own)
            && *proof.digest() == digest
            && proof.scheme() == Scheme::Pkcs1v15Sha256;
        if fits && !self.accepted.contains(proof.signature()) {
            let certificate = Certificate::parse(&own).unwrap();
            let backend = Fixed::new();
            let signature = proof.signature();
            if verify_signature_only(&backend, &certificate, proof.scheme(), &digest, signature)
                .is_err()
            {
                return false;
            }
            self.accepted.insert(signature.to_vec());
        }
        fits
    }

    /// Every rule held in every run.
    #[track_caller]
    pub(crate) fn done(self, at_least: usize) {
        let first: Vec<_> = self.wrong.iter().take(8).map(String::as_str).collect();
        assert!(
            self.wrong.is_empty(),
            "{} of {} runs break a rule:\n{}",
            self.wrong.len(),
            self.runs,
            first.join("\n")
        );
        assert!(self.runs >= at_least, "{} runs only", self.runs);
    }
}

const fn full(reference: Reference) -> u8 {
    match reference {
        Reference::Sign => 5,
        _ => 3,
    }
}

/// The file that the card of these tests holds; the kinds of card share their certificates.
pub(crate) fn own(which: CertificateFile) -> Vec<u8> {
    use std::sync::OnceLock;
    static FILES: OnceLock<[Vec<u8>; 4]> = OnceLock::new();
    let [auth, auth_ca, sign, sign_ca] = FILES.get_or_init(|| {
        let card = super::card();
        let holder = |kind| card.certificate(kind).unwrap().to_vec();
        let authority = |kind| card.ca_certificate(kind).unwrap().to_vec();
        [
            holder(CertificateKind::Auth),
            authority(CertificateKind::Auth),
            holder(CertificateKind::Sign),
            authority(CertificateKind::Sign),
        ]
    });
    match which {
        CertificateFile::Auth => auth,
        CertificateFile::AuthCa => auth_ca,
        CertificateFile::Sign => sign,
        CertificateFile::SignCa => sign_ca,
    }
    .clone()
}

fn refuse_short_identifiers(link: &mut Link) {
    let refusal = super::status(false, 0x6A86);
    // The first READ BINARY names its file; later ones go on in the current file.
    link.faults_mut().push(Fault::once(When::InsP2(0xB0, 0x00), refusal.clone()));
    for (ins, p2) in [(0x20, 0x98), (0x20, 0x9B), (0x20, 0x91), (0x2A, 0x97), (0x2A, 0x9A)] {
        link.faults_mut().push(Fault::always(When::InsP2(ins, p2), refusal.clone()));
    }
}
