//! Objects of a check-in by face and by visual check.

use kazasu::face::{Evidence, Instant, MatcherIdentity, Purpose, Verdict, VisualConfirmation};
use kazasu::pki::Time;
use serde::Serialize;

/// Who made the matcher, as its vendor names it.
#[derive(Serialize)]
pub(crate) struct MatcherObject {
    purpose: &'static str,
    vendor: String,
    product: String,
    version: String,
    pad: String,
    certification: String,
}

impl From<MatcherIdentity> for MatcherObject {
    fn from(identity: MatcherIdentity) -> Self {
        Self {
            purpose: match identity.purpose() {
                Purpose::Demonstration => "demonstration",
                Purpose::Production => "production",
            },
            vendor: identity.vendor().to_owned(),
            product: identity.product().to_owned(),
            version: identity.version().to_owned(),
            pad: identity.pad().to_owned(),
            certification: identity.certification().to_owned(),
        }
    }
}

/// The matcher's last decision, and what the policy made of it.
#[derive(Serialize)]
pub(crate) struct DecisionObject {
    verdict: &'static str,
    /// Which problem of the picture, attack or fault.
    detail: Option<&'static str>,
    score: Option<i32>,
    threshold: i32,
    lowest: i32,
    highest: i32,
    liveness: &'static str,
    attempt: u8,
    time: String,
}

impl DecisionObject {
    pub(crate) fn new(evidence: &Evidence) -> Self {
        let (verdict, detail) = match evidence.verdict {
            Verdict::Match => ("match", None),
            Verdict::NoMatch => ("no_match", None),
            Verdict::Quality(quality) => ("quality", Some(quality.as_str())),
            Verdict::SuspectedAttack(kind) => ("suspected_attack", Some(kind.as_str())),
            Verdict::DeviceFault(fault) => ("device_fault", Some(fault.as_str())),
            _ => ("other", None),
        };
        let scale = evidence.threshold.scale();
        Self {
            verdict,
            detail,
            score: evidence.score,
            threshold: evidence.threshold.value(),
            lowest: scale.lowest(),
            highest: scale.highest(),
            liveness: evidence.liveness.as_str(),
            attempt: evidence.attempt,
            time: time(evidence.at),
        }
    }
}

/// Who of the staff confirmed, why, and when.
#[derive(Serialize)]
pub(crate) struct ConfirmationObject {
    operator: String,
    reason: String,
    time: String,
}

impl ConfirmationObject {
    pub(crate) fn new(confirmation: &VisualConfirmation) -> Self {
        Self {
            operator: confirmation.operator().reveal().to_owned(),
            reason: confirmation.reason().reveal().to_owned(),
            time: time(confirmation.at()),
        }
    }

    /// In one line, for people.
    pub(crate) fn line(&self) -> String {
        let Self { operator, reason, time } = self;
        format!("{operator}, {reason}, {time}")
    }
}

/// A moment in milliseconds of Unix time.
fn time(at: Instant) -> String {
    Time::from_unix(i64::try_from(at.as_millis() / 1_000).unwrap_or(i64::MAX)).to_string()
}
