//! The JSON that scripts rely on. Its schemas are in `docs/schemas`, and a test holds it to them.

mod on_card;
mod person;

pub(crate) use on_card::{
    AttributesObject, CardFaceObject, FieldObject, ImageObject, RecordObject,
};
pub(crate) use person::{ConfirmationObject, DecisionObject, MatcherObject};

use crate::air_time::{self, AirTimeObject};
use crate::arguments::Language;
use crate::interrupt::{self, Interrupted};
use crate::{hex, stream};
use kazasu::apdu::Counts;
use kazasu::pki::{Certificate, Hierarchy, Judged, Kind, PhaseRules, Time};
use kazasu::{Cleared, Nonce, Outcome, Proof};
use serde::Serialize;

/// One object for every exit.
#[derive(Default, Serialize)]
pub(crate) struct Object {
    pub(crate) outcome: String,
    pub(crate) code: u8,
    /// What happened, in English; absent when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<&'static str>,
    /// What of the card's keys stands behind an identification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_use: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tries_left: Option<Option<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<Option<CertificateObject>>,
    /// Instead of a certificate: `not_proven`.
    #[serde(rename = "certificate", skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_standing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust: Option<Option<TrustObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<Option<ChallengeObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<Option<SignatureObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pins: Option<Option<Vec<PinObject>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<Option<AttributesObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) card_face: Option<Option<CardFaceObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) photo: Option<Option<ImageObject>>,
    /// Who vouches for what was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<Option<RecordObject>>,
    /// Whether the card is the one that its record was issued for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authenticity: Option<Option<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) matcher: Option<MatcherObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<Option<DecisionObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmation: Option<Option<ConfirmationObject>>,
    /// Revocation is not looked at: `not_checked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revocation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status_cleared: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exchange: Option<ExchangeObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<CardObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) readers: Option<Vec<ReaderObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) findings: Option<Vec<FindingObject>>,
}

/// With what every job can say besides.
#[derive(Serialize)]
struct Printed<'o> {
    #[serde(flatten)]
    object: &'o Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    air_time: Option<Option<AirTimeObject>>,
}

#[derive(Serialize)]
pub(crate) struct ReaderObject {
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) atr: Option<String>,
    pub(crate) note: Option<&'static str>,
}

/// One line of `readers --watch --json`.
#[cfg_attr(not(any(feature = "pcsc", windows)), allow(dead_code, reason = "of PC/SC readers"))]
#[derive(Serialize)]
pub(crate) struct EventObject {
    pub(crate) event: &'static str,
    pub(crate) reader: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct FindingObject {
    pub(crate) check: &'static str,
    /// The reader that it is about; `None` when it is about all of them, or none.
    pub(crate) reader: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) found: String,
    pub(crate) advice: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct CertificateObject {
    kind: &'static str,
    serial: String,
    subject: String,
    not_before: String,
    not_after: String,
    phase: &'static str,
    sha256: String,
}

#[derive(Serialize)]
pub(crate) struct TrustObject {
    hierarchy: &'static str,
    anchor_sha256: String,
}

#[derive(Serialize)]
pub(crate) struct ChallengeObject {
    nonce: String,
    nonce_source: &'static str,
    scheme: &'static str,
    signature: Option<String>,
    verified: bool,
}

#[derive(Serialize)]
pub(crate) struct SignatureObject {
    pub(crate) scheme: &'static str,
    pub(crate) digest_sha256: String,
    pub(crate) verified: bool,
}

#[derive(Serialize)]
pub(crate) struct PinObject {
    pub(crate) reference: &'static str,
    pub(crate) tries_left: Option<u8>,
    pub(crate) state: &'static str,
}

#[derive(Default, Serialize)]
pub(crate) struct ExchangeObject {
    commands: u32,
    commands_by_rule: u32,
    bytes_sent: u64,
    bytes_received: u64,
}

#[derive(Serialize)]
pub(crate) struct CardObject {
    pub(crate) token: &'static str,
    pub(crate) holder: Option<HolderObject>,
    pub(crate) extended_length: bool,
    pub(crate) certificates: Vec<CertificateObject>,
}

#[derive(Serialize)]
pub(crate) struct HolderObject {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) birth: String,
}

/// What stands for a name that is not shown.
pub(crate) const MASKED: &str = "***";

/// The subject's name. The 署名用 one tells where its holder lives.
pub(crate) fn subject(certificate: &Certificate<'_>, kind: Option<Kind>, personal: bool) -> String {
    match kind {
        Some(Kind::Sign) if !personal => MASKED.to_owned(),
        _ => certificate.subject().to_string(),
    }
}

impl CertificateObject {
    /// Of a certificate as it was read, trusted or not.
    pub(crate) fn new(
        der: &[u8],
        name: &'static str,
        kind: Option<Kind>,
        now: Time,
        personal: bool,
    ) -> Option<Self> {
        let certificate = Certificate::parse(der).ok()?;
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let rules = match kind {
            Some(_) => PhaseRules::new(),
            None => PhaseRules::new().without_grace(),
        };
        Some(Self {
            kind: name,
            serial: hex::encode(certificate.serial()),
            subject: subject(&certificate, kind, personal),
            not_before: from.to_string(),
            not_after: until.to_string(),
            phase: rules.boundaries(from, until).phase(now).as_str(),
            sha256: hex::encode(&certificate.sha256()),
        })
    }
}

impl CertificateObject {
    /// In one line, for people.
    pub(crate) fn line(&self, language: Language) -> String {
        let Self { kind, serial, not_before, not_after, phase, .. } = self;
        let title = language.of("certificate", "電子証明書");
        let number = language.of("serial", "シリアル番号");
        format!("{title} {kind}: {number} {serial}, {not_before} .. {not_after}, {phase}")
    }
}

impl TrustObject {
    pub(crate) fn new(judged: &Judged<'_>) -> Self {
        Self::of(judged.hierarchy(), &judged.anchor_sha256())
    }

    pub(crate) fn of(hierarchy: Hierarchy, anchor_sha256: &[u8; 32]) -> Self {
        Self { hierarchy: hierarchy.as_str(), anchor_sha256: hex::encode(anchor_sha256) }
    }
}

impl ChallengeObject {
    /// That of the card's own key, whose answer is not kept.
    pub(crate) fn of_card(nonce: &Nonce, verified: bool) -> Self {
        Self { verified, ..Self::new(nonce, None) }
    }

    pub(crate) fn new(nonce: &Nonce, proof: Option<&Proof>) -> Self {
        let scheme = proof.map_or(kazasu::pki::Scheme::Pkcs1v15Sha256, Proof::scheme);
        Self {
            nonce: hex::encode(nonce.as_bytes()),
            nonce_source: nonce.source().as_str(),
            scheme: scheme.as_str(),
            signature: proof.map(|proof| hex::encode(proof.signature())),
            verified: proof.is_some(),
        }
    }
}

impl From<Counts> for ExchangeObject {
    fn from(counts: Counts) -> Self {
        Self {
            commands: counts.commands,
            commands_by_rule: counts.by_rule,
            bytes_sent: counts.bytes_sent,
            bytes_received: counts.bytes_received,
        }
    }
}

/// How the card's security status was cleared.
pub(crate) const fn cleared(cleared: Cleared) -> &'static str {
    match cleared {
        Cleared::NotNeeded => "not_needed",
        Cleared::PowerOff => "power_off",
        Cleared::Selection => "selection",
        _ => "failed",
    }
}

impl Object {
    /// Of an outcome; `done` where nothing was to be verified.
    pub(crate) fn new(outcome: Outcome) -> Self {
        Self { outcome: outcome.as_str().to_owned(), code: outcome.code(), ..Self::default() }
    }

    /// Of a job that proves nothing and went well.
    pub(crate) fn done() -> Self {
        Self { outcome: "done".to_owned(), ..Self::default() }
    }

    /// With this outcome instead.
    pub(crate) fn named(self, outcome: Outcome) -> Self {
        Self { outcome: outcome.as_str().to_owned(), code: outcome.code(), ..self }
    }

    /// Printed if the program must end at once on a signal.
    pub(crate) fn print_if_interrupted(self) {
        let mut object = self.named(Outcome::Cancelled);
        let mut with = |message: &str| {
            object.message = Some(message.to_owned());
            stream::json(&object).unwrap_or_default()
        };
        interrupt::prints(Some(Interrupted {
            before: with("interrupted before the card was touched"),
            again: with(
                "interrupted twice, so nothing was waited for; a PIN on its way may have cost a \
                 try, and the card may still have its power",
            ),
        }));
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        interrupt::prints(None);
        match stream::json(&Printed { object: self, air_time: air_time::object() }) {
            Ok(text) => stream::out(text),
            Err(error) => stream::err(format_args!("kazasu: {error}")),
        }
    }
}
