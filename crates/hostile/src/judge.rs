//! Judging: both tiers on every case, and what counts as a success. A judge that accepts anything
//! hostile, refuses anything good, or names another reason is found out here.

use std::fmt;

use kazasu_pki::{
    Anchor, Anchors, Backend, Kind, Validator,
    rsa::{Alloc, Fixed},
};

use crate::{
    case::{Case, Refusal},
    control::Control,
    world::Scene,
};

/// Whoever says whether a scene is to be trusted.
pub(crate) trait Judge {
    fn name(&self) -> &'static str;

    /// Roots, certificate, attributes and challenge, in this order.
    fn judge(&self, scene: &Scene) -> Result<(), Refusal>;
}

/// `kazasu-pki` with one of its back ends.
pub(crate) struct Tier<B> {
    name: &'static str,
    backend: B,
}

/// The tier without a heap.
pub(crate) const HEAPLESS: Tier<Fixed> = Tier { name: "heapless", backend: Fixed::new() };
/// The tier with one.
pub(crate) const ALLOC: Tier<Alloc> = Tier { name: "alloc", backend: Alloc };

impl<B: Backend> Judge for Tier<B> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn judge(&self, scene: &Scene) -> Result<(), Refusal> {
        let mut anchors = if scene.production { Anchors::production() } else { Anchors::none() };
        if scene.test {
            anchors = anchors.with_test();
        }
        for (der, only) in &scene.roots {
            let mut anchor = Anchor::custom(der).map_err(Refusal::Anchor)?;
            if let Some(kind) = only {
                anchor = anchor.for_kind(*kind);
            }
            anchors = anchors.with(anchor).map_err(Refusal::Anchor)?;
        }
        let validator = Validator::new(&anchors).with_backend(&self.backend);
        let intermediates: Vec<&[u8]> = scene.intermediates.iter().map(Vec::as_slice).collect();
        let judged = validator
            .validate_with(&scene.leaf, &intermediates, scene.kind, scene.now)
            .map_err(|error| match error.position {
                0 => Refusal::Certificate(error.reason),
                position => Refusal::Authority(position, error.reason),
            })?;
        if scene.kind == Kind::Sign {
            judged.attributes().map_err(Refusal::Attributes)?;
        }
        let Some(signature) = &scene.signature else { return Ok(()) };
        validator
            .verify_challenge(&judged, scene.scheme, &scene.message, signature)
            .map(|_| ())
            .map_err(Refusal::Challenge)
    }
}

/// What is wrong with a judge, or with a case.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq)]
pub(crate) enum What {
    /// The template of a case, or a control, is refused.
    GoodRefused(&'static str, Refusal),
    Accepted(&'static str),
    OtherReason {
        judge: &'static str,
        expected: Refusal,
        found: Refusal,
    },
    /// The case does not differ from its template.
    NoChange,
    /// The octets that the error should point at are not there, or more than once.
    NoPlace,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.what {
            What::GoodRefused(judge, refusal) => {
                write!(f, "{name}: {judge} refuses what is good: {refusal:?}")
            }
            What::Accepted(judge) => write!(f, "{name}: ACCEPTED by {judge}"),
            What::OtherReason { judge, expected, found } => {
                write!(f, "{name}: {judge} says {found:?}, and the reason is {expected:?}")
            }
            What::NoChange => write!(f, "{name}: is the same as what it was made of"),
            What::NoPlace => write!(f, "{name}: the place of its fault is not there once"),
        }
    }
}

/// How many were judged as they should, and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) right: usize,
    pub(crate) faults: Vec<Fault>,
}

impl Report {
    fn count(&mut self, name: &str, faults: Vec<What>) {
        if faults.is_empty() {
            self.right += 1;
        }
        let named = faults.into_iter().map(|what| Fault { name: name.to_owned(), what });
        self.faults.extend(named);
    }
}

/// Every case before every judge: refused for its reason, and its template accepted.
pub(crate) fn refuse_all<'c>(
    cases: impl IntoIterator<Item = &'c Case>,
    judges: &[&(dyn Judge + Sync)],
) -> Report {
    let mut report = Report::default();
    for case in cases {
        report.count(&case.name, refuse(case, judges));
    }
    report
}

fn refuse(case: &Case, judges: &[&(dyn Judge + Sync)]) -> Vec<What> {
    if case.hostile == case.template {
        return vec![What::NoChange];
    }
    let Some(expected) = case.expected.refusal(&case.hostile) else { return vec![What::NoPlace] };
    let mut faults = Vec::new();
    for judge in judges {
        if let Err(refusal) = judge.judge(&case.template) {
            faults.push(What::GoodRefused(judge.name(), refusal));
        }
        match judge.judge(&case.hostile) {
            Ok(()) => faults.push(What::Accepted(judge.name())),
            Err(found) if found != expected => {
                faults.push(What::OtherReason { judge: judge.name(), expected, found });
            }
            Err(_) => {}
        }
    }
    faults
}

/// Every control before every judge: accepted.
pub(crate) fn accept_all<'c>(
    controls: impl IntoIterator<Item = &'c Control>,
    judges: &[&(dyn Judge + Sync)],
) -> Report {
    let mut report = Report::default();
    for control in controls {
        let faults = judges.iter().filter_map(|judge| {
            let refusal = judge.judge(&control.scene).err()?;
            Some(What::GoodRefused(judge.name(), refusal))
        });
        report.count(&control.name, faults.collect());
    }
    report
}
