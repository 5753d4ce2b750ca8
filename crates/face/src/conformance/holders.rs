//! What a reader's matcher meets and a fresh one does not: many holders, many attacks, and `forget`
//! between them.

use super::checks::{Kit, Outcome, PIECE, TIMES, not_shown, passed};
use super::session::{After, Session};
use super::{Presentation, Sample, Vendor};
use crate::decision::{AttackKind, Decision, Liveness};
use crate::matcher::Preparation;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

/// A holder at the reader: the photo of the card, and who is there.
struct Holder {
    name: &'static str,
    photo: Vec<u8>,
    samples: Vec<Sample>,
}

const fn is_refused(decision: Decision) -> bool {
    matches!(
        decision,
        Decision::SuspectedAttack { .. } | Decision::Compared { liveness: Liveness::Failed, .. }
    )
}

/// An attempt of one holder from the beginning, after the one before was forgotten.
fn visit(session: &mut Session<'_>, holder: &Holder) -> Result<Decision, String> {
    session.forget();
    match session.photo(&holder.photo, PIECE) {
        Preparation::Ready => Ok(session.attempt(&holder.samples)),
        other => Err(format!("{}: the photo was not prepared: {other:?}", holder.name)),
    }
}

impl Kit {
    pub(super) fn attack_refused(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let mut shown = Vec::new();
        for kind in AttackKind::ALL {
            let samples = vendor.show(Presentation::Attack(*kind));
            if samples.is_empty() {
                continue;
            }
            let name = kind.as_str();
            for time in 1..=TIMES {
                let decision = self.ready(vendor, After::Kept)?.attempt(&samples);
                if !is_refused(decision) {
                    return Err(format!("{name} shown the {time}. time: {decision:?}"));
                }
            }
            // To one matcher: within a check, and after it was told to forget.
            let holder = Holder { name, photo: vendor.photo(), samples };
            let mut session = self.session(vendor, After::Kept);
            for check in 1..=TIMES {
                let mut decision = visit(&mut session, &holder)?;
                for attempt in 1..=TIMES {
                    if !is_refused(decision) {
                        return Err(format!(
                            "{name} shown to one matcher, check {check}, attempt {attempt}: {decision:?}"
                        ));
                    }
                    decision = session.attempt(&holder.samples);
                }
            }
            shown.push(name);
        }
        if shown.is_empty() {
            return not_shown("no attack presentation; the liveness was not looked at");
        }
        passed(format!("{TIMES} times each, and again by one matcher: {}", shown.join(", ")))
    }

    pub(super) fn next_holder(&mut self, vendor: &mut dyn Vendor) -> Outcome {
        let (photo, another) = (vendor.photo(), vendor.photo_of_another());
        let mut holder = |name, photo: &Vec<u8>, presentation| Holder {
            name,
            photo: photo.clone(),
            samples: vendor.show(presentation),
        };
        let holders = [
            holder("the person", &photo, Presentation::BonaFide),
            holder("the person with the card of another", &another, Presentation::BonaFide),
            holder("another with the person's card", &photo, Presentation::Another),
            holder("another with the card of another", &another, Presentation::Another),
        ];
        let attacks: Vec<Holder> = AttackKind::ALL
            .iter()
            .map(|kind| holder("an attack", &photo, Presentation::Attack(*kind)))
            .filter(|attack| !attack.samples.is_empty())
            .collect();
        let mut fresh = vec![];
        for holder in &holders {
            fresh.push(visit(&mut self.session(vendor, After::Kept), holder)?);
        }
        // There, back, and there again, with attacks in between, whose refusal is another check.
        let there = || holders.iter().zip(&fresh);
        let mut session = self.session(vendor, After::Kept);
        let mut visits: u32 = 0;
        for (holder, fresh) in there().chain(there().rev()).chain(there()) {
            let decision = visit(&mut session, holder)?;
            if decision != *fresh {
                let name = holder.name;
                return Err(format!("{name}: {decision:?}, of a fresh matcher {fresh:?}"));
            }
            visits = visits.saturating_add(1);
            let attack = usize::try_from(visits).ok().and_then(|at| at.checked_rem(attacks.len()));
            if let Some(attack) = attack.and_then(|at| attacks.get(at)) {
                visit(&mut session, attack)?;
            }
        }
        passed(format!("{visits} holders in turn, as by a fresh matcher each"))
    }
}
