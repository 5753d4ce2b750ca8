//! The judging itself: a judge that forgets a rule, names another reason, or refuses everything must
//! be noticed.

use std::{collections::BTreeSet, sync::OnceLock};

use kazasu_pki::Error;

use super::*;
use crate::{
    case::{Refusal, certificate},
    judge::{ALLOC, HEAPLESS, What, accept_all, refuse_all},
};

/// All cases and controls, made once: signing takes seconds in an unoptimised build.
fn set() -> &'static (Vec<Case>, Vec<Control>) {
    static SET: OnceLock<(Vec<Case>, Vec<Control>)> = OnceLock::new();
    SET.get_or_init(|| {
        let keys = key::Keys::load().unwrap();
        let worlds = Worlds::new(&keys);
        (cases::all(&keys, &worlds).unwrap(), control::all(&keys, &worlds))
    })
}

/// One case, to be changed.
fn case(name: &str) -> Case {
    set().0.iter().find(|case| case.name == name).unwrap().clone()
}

/// Takes one reason for no reason, as a validator does that forgot a rule.
struct Forgets(Rule);

/// Whether a refusal is by this rule.
type Rule = fn(&Refusal) -> bool;

impl Judge for Forgets {
    fn name(&self) -> &'static str {
        "forgets"
    }

    fn judge(&self, scene: &Scene) -> Result<(), Refusal> {
        HEAPLESS
            .judge(scene)
            .or_else(|refusal| if (self.0)(&refusal) { Ok(()) } else { Err(refusal) })
    }
}

/// Says the same of everything.
struct Always(Result<(), Refusal>);

impl Judge for Always {
    fn name(&self) -> &'static str {
        "always"
    }

    fn judge(&self, _: &Scene) -> Result<(), Refusal> {
        self.0
    }
}

const BAD_SIGNATURE: Refusal = Refusal::Certificate(Error::BadSignature);

#[test]
fn every_case_is_refused_for_its_reason_and_every_control_accepted() {
    let (cases, controls) = set();
    let refused = refuse_all(cases, &[&HEAPLESS, &ALLOC]);
    assert_eq!(refused.faults, []);
    assert_eq!(refused.right, cases.len());
    let accepted = accept_all(controls, &[&HEAPLESS, &ALLOC]);
    assert_eq!((accepted.right, accepted.faults), (controls.len(), vec![]));
    assert!(cases.len() >= 150, "{}", cases.len());
}

#[test]
fn names_are_unique_and_every_field_is_filled_in() {
    let (cases, controls) = set();
    let names = cases.iter().map(|case| &case.name).chain(controls.iter().map(|it| &it.name));
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(seen.insert(name), "{name} is there twice");
        assert!(
            name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
        );
    }
    assert!(cases.iter().all(|case| !case.hope.is_empty() && !case.clause.is_empty()));
}

#[test]
fn whoever_accepts_everything_is_found_out_in_every_case() {
    let (cases, _) = set();
    let report = refuse_all(cases, &[&Always(Ok(()))]);
    assert_eq!((report.right, report.faults.len()), (0, cases.len()));
    assert!(report.faults.iter().all(|fault| fault.what == What::Accepted("always")));
    assert!(!conclude("refused", &report, cases.len()));
}

#[test]
fn whoever_refuses_everything_is_found_out_by_templates_and_controls() {
    let (cases, controls) = set();
    let judge = Always(Err(BAD_SIGNATURE));
    let report = refuse_all(cases, &[&judge]);
    assert_eq!(report.right, 0);
    let accepted = accept_all(controls, &[&judge]);
    assert_eq!(accepted.right, 0);
    assert!(
        accepted
            .faults
            .iter()
            .all(|fault| fault.what == What::GoodRefused("always", BAD_SIGNATURE))
    );
}

/// Each rule, forgotten alone, is missed by some case.
#[test]
fn a_forgotten_rule_is_noticed() {
    let (cases, controls) = set();
    let rules: [(&str, Rule); 24] = [
        ("length of the path", |it| matches!(it, Refusal::Authority(_, Error::PathLength))),
        ("dates of authorities", |it| {
            matches!(it, Refusal::Authority(_, Error::AuthorityValidity))
        }),
        ("policies of authorities", |it| matches!(it, Refusal::Authority(_, Error::Policy))),
        ("authorities", |it| matches!(it, Refusal::Authority(_, Error::BasicConstraints))),
        ("number of the issuer", |it| *it == Refusal::Certificate(Error::AuthorityKeyIdentifier)),
        ("curve", |it| *it == Refusal::Certificate(Error::UnsupportedCurve)),
        ("explicit curve", |it| *it == Refusal::Certificate(Error::ExplicitCurve)),
        ("point", |it| *it == Refusal::Certificate(Error::Point)),
        ("algorithm of the key", |it| *it == Refusal::Certificate(Error::KeyAlgorithm)),
        ("encoding", |it| *it == Refusal::Certificate(Error::SignatureEncoding)),
        ("version", |it| *it == Refusal::Certificate(Error::Version)),
        ("agreement", |it| *it == Refusal::Certificate(Error::AlgorithmMismatch)),
        ("algorithm", |it| *it == Refusal::Certificate(Error::UnsupportedAlgorithm)),
        ("key", |it| *it == Refusal::Certificate(Error::UnsupportedKey)),
        ("length", |it| matches!(it, Refusal::Certificate(Error::WeakKey { .. }))),
        ("issuer", |it| *it == Refusal::Certificate(Error::UnknownIssuer)),
        ("signature", |it| *it == BAD_SIGNATURE),
        ("kind", |it| *it == Refusal::Certificate(Error::WrongKind)),
        ("name", |it| *it == Refusal::Certificate(Error::IssuerName)),
        ("critical", |it| {
            matches!(it, Refusal::Certificate(Error::UnknownCriticalExtension { .. }))
        }),
        ("constraints", |it| *it == Refusal::Certificate(Error::BasicConstraints)),
        ("usage", |it| *it == Refusal::Certificate(Error::KeyUsage)),
        ("purpose", |it| *it == Refusal::Certificate(Error::ExtendedKeyUsage)),
        ("policy", |it| *it == Refusal::Certificate(Error::Policy)),
    ];
    for (rule, forgotten) in rules {
        // Those that are refused by this rule: the other ones do not change.
        let by_it = cases.iter().filter(|case| {
            case.expected.refusal(&case.hostile).is_some_and(|refusal| forgotten(&refusal))
        });
        let report = refuse_all(by_it, &[&HEAPLESS, &Forgets(forgotten)]);
        assert!(!report.faults.is_empty() && report.right == 0, "{rule}");
        assert!(report.faults.iter().all(|it| it.what == What::Accepted("forgets")), "{rule}");
        // It accepts what is good as before: only the hostile set can tell.
        assert_eq!(accept_all(controls, &[&Forgets(forgotten)]).faults, []);
    }
}

#[test]
fn another_reason_is_no_refusal() {
    let mut case = case("serial-negative");
    assert_eq!(refuse_all([&case], &[&HEAPLESS, &ALLOC]).right, 1);
    case.expected = certificate(Error::BadSignature);
    let report = refuse_all([&case], &[&HEAPLESS, &ALLOC]);
    assert_eq!((report.right, report.faults.len()), (0, 2));
    assert!(report.faults.iter().all(|it| matches!(it.what, What::OtherReason { .. })));
    // The right error at another place is another reason too.
    case.expected = case::malformed_at(kazasu_tlv::ErrorKind::Negative, 14);
    assert_eq!(refuse_all([&case], &[&HEAPLESS]).right, 0);
}

#[test]
fn a_case_without_a_defect_is_a_fault() {
    let mut case = case("serial-negative");
    case.hostile = case.template.clone();
    let report = refuse_all([&case], &[&HEAPLESS]);
    assert!(report.faults.iter().all(|it| it.what == What::NoChange) && report.right == 0);
}

#[test]
fn mutants_are_the_same_again_and_accepting_one_is_noticed() {
    let keys = key::Keys::load().unwrap();
    let worlds = Worlds::new(&keys);
    let mutants = Mutants::new(&worlds, 7).unwrap();
    let (again, other) = (Mutants::new(&worlds, 7).unwrap(), Mutants::new(&worlds, 8).unwrap());
    let leaf = |mutants: &Mutants, number| mutants.mutant(number).scene.leaf;
    for number in [0, 12_000, 60_000, 99_999] {
        assert_eq!(leaf(&mutants, number), leaf(&again, number));
    }
    assert!((60_000..60_010).any(|number| leaf(&mutants, number) != leaf(&other, number)));

    let outcome = mutants::judge_all(&mutants, 300, &[&HEAPLESS, &ALLOC]);
    assert_eq!((outcome.tried, outcome.unchanged, outcome.faults), (300, 0, vec![]));
    let outcome = mutants::judge_all(&mutants, 300, &[&Always(Ok(()))]);
    assert_eq!(outcome.faults.len(), 300);
    let outcome = mutants::judge_all(&mutants, 300, &[&HEAPLESS, &Always(Err(BAD_SIGNATURE))]);
    assert!(outcome.faults.iter().all(|(_, what)| what.contains("disagree")));
    assert!(!outcome.faults.is_empty());
}
