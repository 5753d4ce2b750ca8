//! Paths through authorities: every rule of the path validation broken once, above a synthetic
//! holder, with RSA and (feature `p384`) P-384 keys, by every back end.
#![allow(clippy::unwrap_used, reason = "helpers of tests are outside #[test]")]

mod common;

use common::{backends, now};
use kazasu_pki::{
    Anchor, Anchors, Certificate, Error, Hierarchy, Kind, MAX_INTERMEDIATES, PathError, Phase,
    Profile, SignatureAlgorithm, Time, Validator,
};
use kazasu_virtual_card::{
    CertificateKind,
    synthetic::{Draft, SyntheticKey, synthetic_name},
};

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x1E];
const POLICIES: &[u8] = &[0x55, 0x1D, 0x20];
const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1D, 0x21];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1D, 0x23];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x24];
const PURPOSES: &[u8] = &[0x55, 0x1D, 0x25];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1D, 0x36];
const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1D, 0x0E];

/// The policies of the test hierarchy for 利用者証明用 and 署名用, and anyPolicy.
const AUTH: &[u8] = &[0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x01, 0x00, 30];
const SIGN: &[u8] = &[0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x01, 0x00, 20];
const ANY: &[u8] = &[0x55, 0x1D, 0x20, 0x00];

/// Root 0, authorities 1 to 4, holder 5: the keys of one family.
struct Keys(Vec<SyntheticKey>);

impl Keys {
    fn families() -> Vec<(&'static str, Self)> {
        vec![
            ("rsa", Self((0..6).map(|number| SyntheticKey::rsa(number).unwrap()).collect())),
            #[cfg(feature = "p384")]
            ("p384", Self((0..6).map(|n| SyntheticKey::p384(&n.to_string()).unwrap()).collect())),
        ]
    }

    fn holder(&self) -> &SyntheticKey {
        &self.0[5]
    }
}

/// A hierarchy that is right: root, so many authorities from the root downwards, and a holder.
struct Tree {
    keys: Keys,
    root: Draft,
    authorities: Vec<Draft>,
    holder: Draft,
}

impl Tree {
    fn all(depth: usize) -> Vec<(&'static str, Self)> {
        Keys::families().into_iter().map(|(name, keys)| (name, Self::new(keys, depth))).collect()
    }

    fn new(keys: Keys, depth: usize) -> Self {
        let name = |number: usize| format!("AUTHORITY {number}");
        let root = Draft::authority(&name(0), &keys.0[0], &name(0), &keys.0[0]).unwrap();
        let authorities = (1..=depth)
            .map(|number| {
                let (key, issuer) = (&keys.0[number], &keys.0[number - 1]);
                let mut draft =
                    Draft::authority(&name(number), key, &name(number - 1), issuer).unwrap();
                draft.put_policies(&[ANY]).unwrap();
                draft
            })
            .collect();
        let kind = CertificateKind::Auth;
        let holder = Draft::holder(kind, keys.holder(), &name(depth), &keys.0[depth]).unwrap();
        Self { keys, root, authorities, holder }
    }

    /// The authority of that position in a path: 1 is the one that issued the holder's.
    fn above(&mut self, position: usize) -> &mut Draft {
        let place = self.authorities.len() - position;
        &mut self.authorities[place]
    }

    fn root(&self) -> Vec<u8> {
        self.root.sign(&self.keys.0[0]).unwrap()
    }

    /// From the holder's issuer upwards.
    fn intermediates(&self) -> Vec<Vec<u8>> {
        let signed =
            self.authorities.iter().zip(&self.keys.0).map(|(it, key)| it.sign(key).unwrap());
        signed.rev().collect()
    }

    fn holder(&self) -> Vec<u8> {
        self.holder.sign(&self.keys.0[self.authorities.len()]).unwrap()
    }

    fn judge(&self) -> Result<(), (usize, Error)> {
        judge(&self.root(), &self.holder(), &self.intermediates(), now())
    }
}

/// By every back end, with the intermediates in the order given and reversed.
fn judge(
    root: &[u8],
    holder: &[u8],
    intermediates: &[Vec<u8>],
    now: Time,
) -> Result<(), (usize, Error)> {
    let anchor = Anchor::custom(root).unwrap();
    let anchors = Anchors::production().with_test().with(anchor).unwrap();
    let mut given: Vec<&[u8]> = intermediates.iter().map(Vec::as_slice).collect();
    let mut results = Vec::new();
    for (_, backend) in backends() {
        let validator = Validator::new(&anchors).with_backend(backend);
        for _ in 0..2 {
            let result = validator.validate_with(holder, &given, Kind::Auth, now);
            results.push(result.map(drop).map_err(|error| (error.position, error.reason)));
            if let Ok(judged) = result {
                assert_eq!(judged.hierarchy(), Hierarchy::Custom);
                assert_eq!(judged.anchor_sha256(), kazasu_pki::sha256(root));
            }
            given.reverse();
        }
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{results:?}");
    results[0]
}

#[test]
fn a_path_of_every_length_is_accepted() {
    for depth in 0..=MAX_INTERMEDIATES {
        for (name, tree) in Tree::all(depth) {
            assert_eq!(tree.judge(), Ok(()), "{name} {depth}");
            let (root, holder, given) = (tree.root(), tree.holder(), tree.intermediates());
            let anchors = Anchors::none().with(Anchor::custom(&root).unwrap()).unwrap();
            let refs: Vec<&[u8]> = given.iter().map(Vec::as_slice).collect();
            let validator = Validator::new(&anchors);
            let judged = validator.validate_with(&holder, &refs, Kind::Auth, now()).unwrap();
            assert!(judged.intermediates().eq(refs.iter().copied()), "{name} {depth}");
            // Each issuer is the one whose name stands in what is below it.
            let mut below = Certificate::parse(&holder).unwrap();
            assert_eq!(judged.issuers().next().as_ref(), Some(judged.issuer()));
            for issuer in judged.issuers() {
                assert_eq!(issuer.name(), below.issuer());
                assert_eq!(Ok(Some(issuer.key_identifier())), below.authority_key_identifier());
                below = Certificate::parse(issuer.der()).unwrap();
                assert_eq!(below.public_key().as_ref(), Ok(issuer.public_key()));
            }
            assert_eq!(below.raw(), root);
            // Without its authorities it is nobody's.
            let alone = validator.validate(&holder, Kind::Auth, now());
            assert_eq!(alone.is_ok(), depth == 0);
            assert_eq!(alone.err(), (depth > 0).then_some(Error::UnknownIssuer));
        }
    }
}

#[test]
fn every_rule_about_an_authority() {
    type Change = fn(&mut Draft);
    let rules: [(&str, Change, Error); 17] = [
        (
            "not an authority",
            |it| it.put(BASIC_CONSTRAINTS, true, &[0x30, 0x00]),
            Error::BasicConstraints,
        ),
        ("no constraints", |it| it.remove(BASIC_CONSTRAINTS), Error::BasicConstraints),
        (
            "constraints not critical",
            |it| it.put(BASIC_CONSTRAINTS, false, &[0x30, 0x03, 0x01, 0x01, 0xFF]),
            Error::BasicConstraints,
        ),
        ("no key usage", |it| it.remove(KEY_USAGE), Error::KeyUsage),
        ("cRLSign only", |it| it.put(KEY_USAGE, true, &[3, 2, 1, 0x02]), Error::KeyUsage),
        ("signs messages", |it| it.put(KEY_USAGE, true, &[3, 2, 7, 0x80]), Error::KeyUsage),
        ("no policy", |it| it.remove(POLICIES), Error::Policy),
        ("the other kind's policy", |it| it.put_policies(&[SIGN]).unwrap(), Error::Policy),
        ("over", |it| it.not_after = "20261120145959Z".into(), Error::AuthorityValidity),
        ("not yet", |it| it.not_before = "20261122000000Z".into(), Error::AuthorityValidity),
        (
            "for servers only",
            |it| it.put(PURPOSES, false, &[48, 10, 6, 8, 43, 6, 1, 5, 5, 7, 3, 1]),
            Error::ExtendedKeyUsage,
        ),
        (
            "names limited, and not critical",
            |it| it.put(NAME_CONSTRAINTS, false, &[0x30, 0x00]),
            Error::UnknownCriticalExtension { offset: 0 },
        ),
        (
            "names limited",
            |it| it.put(NAME_CONSTRAINTS, true, &[0x30, 0x00]),
            Error::UnknownCriticalExtension { offset: 0 },
        ),
        (
            "policies mapped",
            |it| it.put(POLICY_MAPPINGS, true, &[0x30, 0x00]),
            Error::UnknownCriticalExtension { offset: 0 },
        ),
        (
            "something critical",
            |it| it.put(&[0x2A, 0x03, 0x04], true, &[0x05, 0x00]),
            Error::UnknownCriticalExtension { offset: 0 },
        ),
        (
            "no authority key identifier",
            |it| it.remove(AUTHORITY_KEY_IDENTIFIER),
            Error::UnknownIssuer,
        ),
        ("another issuer's name", |it| it.issuer = "SOMEBODY ELSE".into(), Error::IssuerName),
    ];
    for (rule, change, expected) in rules {
        for position in 1..=3 {
            for (name, mut tree) in Tree::all(3) {
                change(tree.above(position));
                let expected = match expected {
                    // What came nearest is told: the holder's issuer was found, and not its own.
                    Error::UnknownIssuer => (0, expected),
                    expected => (position, expected),
                };
                let result = tree.judge().map_err(|(position, error)| match error {
                    Error::UnknownCriticalExtension { .. } => {
                        (position, Error::UnknownCriticalExtension { offset: 0 })
                    }
                    error => (position, error),
                });
                assert_eq!(result, Err(expected), "{rule}, {position}, {name}");
            }
        }
    }
}

#[test]
fn what_an_authority_may_have() {
    type Change = fn(&mut Draft);
    let allowed: [(&str, Change); 8] = [
        ("the policy by its name", |it| it.put_policies(&[SIGN, AUTH]).unwrap()),
        ("room for all", |it| it.put(BASIC_CONSTRAINTS, true, &[48, 6, 1, 1, 255, 2, 1, 2])),
        ("for clients", |it| it.put(PURPOSES, true, &[48, 10, 6, 8, 43, 6, 1, 5, 5, 7, 3, 2])),
        ("for everything", |it| it.put(PURPOSES, false, &[48, 6, 6, 4, 0x55, 0x1D, 0x25, 0])),
        ("a policy is demanded", |it| it.put(POLICY_CONSTRAINTS, true, &[48, 3, 0x80, 1, 0])),
        ("mappings are inhibited", |it| it.put(POLICY_CONSTRAINTS, true, &[48, 3, 0x81, 1, 0])),
        ("anyPolicy is inhibited, far below", |it| it.put(INHIBIT_ANY_POLICY, true, &[2, 1, 2])),
        ("something not critical", |it| it.put(&[0x2A, 0x03, 0x04], false, &[0x05, 0x00])),
    ];
    for (what, change) in allowed {
        for position in 1..=3 {
            for (name, mut tree) in Tree::all(3) {
                change(tree.above(position));
                assert_eq!(tree.judge(), Ok(()), "{what}, {position}, {name}");
            }
        }
    }
}

/// pathLenConstraint counts the authorities between, and not those issued by themselves.
#[test]
fn lengths_of_the_path() {
    for position in 1..=4 {
        for most in 0..4_u8 {
            for (name, mut tree) in Tree::all(3) {
                let value = [48, 6, 1, 1, 255, 2, 1, most];
                let draft = if position == 4 { &mut tree.root } else { tree.above(position) };
                draft.put(BASIC_CONSTRAINTS, true, &value);
                let below = position - 1;
                let fits = below <= usize::from(most);
                let expected = if fits { Ok(()) } else { Err((position, Error::PathLength)) };
                assert_eq!(tree.judge(), expected, "{position} {most} {name}");
            }
        }
    }
    // The last but one authority changed its key: one name, issued by itself, not counted.
    for (name, mut tree) in Tree::all(2) {
        let old = tree.authorities[0].subject.clone();
        tree.authorities[1].subject = old;
        tree.holder.issuer = tree.authorities[1].subject.clone();
        tree.root.put(BASIC_CONSTRAINTS, true, &[48, 6, 1, 1, 255, 2, 1, 1]);
        assert_eq!(tree.judge(), Ok(()), "{name}");
        tree.root.put(BASIC_CONSTRAINTS, true, &[48, 6, 1, 1, 255, 2, 1, 0]);
        assert_eq!(tree.judge(), Err((3, Error::PathLength)), "{name}");
    }
}

#[test]
fn any_policy_counts_until_it_is_inhibited() {
    for (name, mut tree) in Tree::all(3) {
        // From the next certificate on: the two authorities below have nothing else.
        tree.above(3).put(INHIBIT_ANY_POLICY, true, &[2, 1, 0]);
        assert_eq!(tree.judge(), Err((2, Error::Policy)), "{name}");
        tree.above(2).put_policies(&[AUTH]).unwrap();
        assert_eq!(tree.judge(), Err((1, Error::Policy)), "{name}");
        tree.above(1).put_policies(&[AUTH]).unwrap();
        assert_eq!(tree.judge(), Ok(()), "{name}");
        // One more is let through. A longer number below cannot give more.
        tree.above(3).put(INHIBIT_ANY_POLICY, true, &[2, 1, 1]);
        tree.above(2).put_policies(&[ANY]).unwrap();
        tree.above(2).put(INHIBIT_ANY_POLICY, true, &[2, 1, 9]);
        assert_eq!(tree.judge(), Ok(()), "{name}");
        tree.above(1).put_policies(&[ANY]).unwrap();
        assert_eq!(tree.judge(), Err((1, Error::Policy)), "{name}");
        // The holder's own anyPolicy is no policy of the profile.
        tree.above(3).remove(INHIBIT_ANY_POLICY);
        tree.above(2).remove(INHIBIT_ANY_POLICY);
        assert_eq!(tree.judge(), Ok(()), "{name}");
        tree.holder.put_policies(&[ANY]).unwrap();
        assert_eq!(tree.judge(), Err((0, Error::Policy)), "{name}");
    }
}

/// Issuer and serial in the authority key identifier must be of the issuer's certificate.
#[test]
fn issuer_and_serial_are_held_to_the_issuer() {
    let identifier = |tree: &Tree, name: Option<&[u8]>, serial: Option<&[u8]>| {
        let mut content = [&[0x80, 20][..], &tree.keys.0[1].identifier().unwrap()].concat();
        if let Some(name) = name {
            let length = u8::try_from(name.len()).unwrap();
            assert!(length < 0x7E);
            content.extend([0xA1, length + 2, 0xA4, length]);
            content.extend(name);
        }
        if let Some(serial) = serial {
            content.extend([0x82, u8::try_from(serial.len()).unwrap()]);
            content.extend(serial);
        }
        let length = u8::try_from(content.len()).unwrap();
        let head = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
        [head, content].concat()
    };
    let right = synthetic_name("AUTHORITY 0").unwrap();
    let subject = synthetic_name("AUTHORITY 1").unwrap();
    let serial: &[u8] = &[0x4B, 0x5A, 0x0F];
    let other: &[u8] = &[0x4B, 0x5A, 0x0E];
    let wrong = Err((0, Error::AuthorityKeyIdentifier));
    for (name, issuer, number, expected) in [
        ("both", Some(&right), Some(serial), Ok(())),
        ("neither", None, None, Ok(())),
        ("another serial", Some(&right), Some(other), wrong),
        ("the issuer's subject", Some(&subject), Some(serial), wrong),
        ("no serial", Some(&right), None, wrong),
        ("no issuer", None, Some(serial), wrong),
    ] {
        for (family, mut tree) in Tree::all(1) {
            let value = identifier(&tree, issuer.map(Vec::as_slice), number);
            tree.holder.put(AUTHORITY_KEY_IDENTIFIER, false, &value);
            assert_eq!(tree.judge(), expected, "{name} {family}");
        }
    }
}

#[test]
fn no_loop_no_detour_no_exponential_search() {
    for (name, tree) in Tree::all(2) {
        let (root, holder, given) = (tree.root(), tree.holder(), tree.intermediates());
        // Given twice, and with the root itself and the holder among them.
        let [below, above] = &given[..] else { panic!("two authorities") };
        let many = [below, above, &root, &holder].map(Clone::clone);
        assert_eq!(judge(&root, &holder, &many, now()), Ok(()), "{name}");
        let twice = [below, below, above, above].map(Clone::clone);
        assert_eq!(judge(&root, &holder, &twice, now()), Ok(()), "{name}");
        // Two authorities that issue each other, and no root.
        let [one, two] = [&tree.keys.0[2], &tree.keys.0[1]];
        let mut back = Draft::authority("AUTHORITY 1", two, "AUTHORITY 2", one).unwrap();
        back.put_policies(&[ANY]).unwrap();
        let circle = [below.clone(), back.sign(one).unwrap()];
        let result = judge(&root, &holder, &circle, now());
        assert_eq!(result, Err((0, Error::UnknownIssuer)), "{name}");
        let all = [below, &circle[1], above].map(Clone::clone);
        assert_eq!(judge(&root, &holder, &all, now()), Ok(()), "{name}");
    }
    // One name, one key identifier, other keys: every one of them could be the issuer.
    for (name, tree) in Tree::all(1) {
        let mut decoys = Vec::new();
        for key in &tree.keys.0[2..5] {
            let mut decoy =
                Draft::authority("AUTHORITY 1", key, "AUTHORITY 0", &tree.keys.0[0]).unwrap();
            decoy.put_policies(&[ANY]).unwrap();
            let own = [&[0x04, 20][..], &tree.keys.0[1].identifier().unwrap()].concat();
            decoy.put(SUBJECT_KEY_IDENTIFIER, false, &own);
            decoys.push(decoy.sign(&tree.keys.0[0]).unwrap());
        }
        let (root, holder) = (tree.root(), tree.holder());
        let result = judge(&root, &holder, &decoys, now());
        assert_eq!(result, Err((0, Error::BadSignature)), "{name}");
        decoys.extend(tree.intermediates());
        assert_eq!(judge(&root, &holder, &decoys, now()), Ok(()), "{name}");
    }
    // More than a path can have.
    for (_, tree) in Tree::all(1) {
        let five = vec![tree.intermediates()[0].clone(); 5];
        let result = judge(&tree.root(), &tree.holder(), &five, now());
        assert_eq!(result, Err((0, Error::TooManyIntermediates)));
    }
}

/// Four cross-signed authorities with one key identifier, and roots that share it: the search ends.
#[test]
fn the_search_is_bounded() {
    let key = SyntheticKey::rsa(0).unwrap();
    let identifier = [&[0x04, 2, 7, 7][..]].concat();
    let points_at_it = [0x30, 0x04, 0x80, 2, 7, 7];
    let draft = |subject: &str, own: &SyntheticKey, issuer: &str| {
        let mut draft = Draft::authority(subject, own, issuer, &key).unwrap();
        draft.put(SUBJECT_KEY_IDENTIFIER, false, &identifier);
        draft.put(AUTHORITY_KEY_IDENTIFIER, false, &points_at_it);
        draft.put_policies(&[ANY]).unwrap();
        draft
    };
    // All by one key and one name, so that every one fits above every other; none is a root.
    let given: Vec<_> = (1..=4)
        .map(|number| {
            let mut one = draft("SAME", &key, "SAME");
            one.subject = "SAME".into();
            one.serial = vec![number];
            one.sign(&key).unwrap()
        })
        .collect();
    let other = SyntheticKey::rsa(1).unwrap();
    let roots: Vec<_> = (1..=8)
        .map(|number| {
            let mut root = draft("ROOT", &other, "ROOT");
            root.remove(POLICIES);
            root.serial = vec![number];
            root.sign(&other).unwrap()
        })
        .collect();
    let mut anchors = Anchors::none();
    for root in &roots {
        anchors = anchors.with(Anchor::custom(root).unwrap()).unwrap();
    }
    let holder_key = SyntheticKey::rsa(5).unwrap();
    let mut holder = Draft::holder(CertificateKind::Auth, &holder_key, "SAME", &key).unwrap();
    holder.put(AUTHORITY_KEY_IDENTIFIER, false, &points_at_it);
    let holder = holder.sign(&key).unwrap();
    let refs: Vec<&[u8]> = given.iter().map(Vec::as_slice).collect();
    let validator = Validator::new(&anchors);
    let result = validator.validate_with(&holder, &refs, Kind::Auth, now());
    assert_eq!(result.err(), Some(PathError { position: 0, reason: Error::TooManyPaths }));
}

/// A root of one hierarchy is where a path ends; another root above it is not asked.
#[test]
fn a_path_does_not_pass_through_a_root() {
    for (name, tree) in Tree::all(1) {
        let (top, cross, holder) = (tree.root(), &tree.intermediates()[0], tree.holder());
        let (key, name_1) = (&tree.keys.0[1], "AUTHORITY 1");
        let own = Draft::authority(name_1, key, name_1, key).unwrap().sign(key).unwrap();
        let given = [cross.as_slice()];
        let judge = |anchors: &Anchors<'_>| {
            let validator = Validator::new(anchors);
            let result = validator.validate_with(&holder, &given, Kind::Auth, now());
            result.map(|judged| (judged.hierarchy(), judged.anchor_sha256()))
        };
        let fingerprint = kazasu_pki::sha256;
        let upper = Anchors::none().with(Anchor::virtual_card(&top).unwrap()).unwrap();
        assert_eq!(judge(&upper), Ok((Hierarchy::Virtual, fingerprint(&top))), "{name}");
        let lower = Anchor::custom(&own).unwrap();
        let both = upper.with(lower).unwrap();
        assert_eq!(judge(&both), Ok((Hierarchy::Custom, fingerprint(&own))), "{name}");
        // Not even when the nearer root refuses it.
        let only_sign = upper.with(lower.for_kind(Kind::Sign)).unwrap();
        let refused = PathError { position: 0, reason: Error::WrongKind };
        assert_eq!(judge(&only_sign), Err(refused), "{name}");
        // A root is no holder.
        let result = Validator::new(&both).validate(&own, Kind::Auth, now());
        assert_eq!(result.err(), Some(Error::BasicConstraints), "{name}");
    }
}

/// The grace is the holder's: the authority may end with the holder's certificate.
#[test]
fn the_end_of_an_authority_does_not_end_the_grace() {
    let at = |text| Time::parse_rfc3339(text).unwrap();
    let (during, grace) = (at("2030-02-17T14:59:59Z"), at("2030-04-01T00:00:00Z"));
    for (name, mut tree) in Tree::all(1) {
        tree.above(1).not_after = "20300217145959Z".into();
        let (root, holder) = (tree.root(), tree.holder());
        for moment in [during, grace] {
            assert_eq!(judge(&root, &holder, &tree.intermediates(), moment), Ok(()), "{name}");
        }
        tree.above(1).not_after = "20300217145958Z".into();
        let ended = Err((1, Error::AuthorityValidity));
        for moment in [during, grace] {
            assert_eq!(judge(&root, &holder, &tree.intermediates(), moment), ended, "{name}");
        }
        let before = at("2030-02-17T14:59:58Z");
        assert_eq!(judge(&root, &holder, &tree.intermediates(), before), Ok(()), "{name}");
    }
}

#[test]
fn a_bit_anywhere_in_a_path() {
    for (name, tree) in Tree::all(1) {
        let (root, holder, given) = (tree.root(), tree.holder(), tree.intermediates());
        for at in (0..given[0].len()).step_by(7) {
            let mut damaged = given[0].clone();
            damaged[at] ^= 0x04;
            assert!(judge(&root, &holder, &[damaged], now()).is_err(), "{name} {at}");
        }
        for at in (0..holder.len()).step_by(7) {
            let mut damaged = holder.clone();
            damaged[at] ^= 0x04;
            assert!(judge(&root, &damaged, &given, now()).is_err(), "{name} {at}");
        }
    }
}

/// A caller's profile: policies, algorithms and key sizes are data of the anchor.
#[test]
fn a_root_may_have_a_profile_of_its_own() {
    let next: &[u8] = &[0x2A, 0x03, 0x63];
    for (name, mut tree) in Tree::all(1) {
        tree.holder.put_policies(&[next]).unwrap();
        assert_eq!(tree.judge(), Err((0, Error::Policy)), "{name}");
        let (root, holder, given) = (tree.root(), tree.holder(), tree.intermediates());
        let judge = |profile: &Profile<'_>| {
            let anchor = Anchor::custom(&root).unwrap().with_profile(Kind::Auth, profile);
            let anchors = Anchors::none().with(anchor).unwrap();
            let validator = Validator::new(&anchors);
            let result = validator.validate_with(&holder, &[&given[0]], Kind::Auth, now());
            result.map(|judged| judged.phase()).map_err(|error| (error.position, error.reason))
        };
        let policies = [next];
        let profile = Profile::new(Kind::Auth).with_policies(&policies);
        assert_eq!(judge(&profile), Ok(Phase::Valid), "{name}");
        let result = judge(&profile.with_minimum_modulus_bits(3072));
        let weak = Err((1, Error::WeakKey { bits: 2048 }));
        assert_eq!(result, if name == "rsa" { weak } else { Ok(Phase::Valid) });
        let rsa = [SignatureAlgorithm::SHA256_WITH_RSA];
        let result = judge(&profile.with_algorithms(&rsa));
        let refused = Err((1, Error::UnsupportedAlgorithm));
        assert_eq!(result, if name == "rsa" { Ok(Phase::Valid) } else { refused });
        assert_eq!(judge(&profile.with_purpose(None)), Err((0, Error::ExtendedKeyUsage)));
    }
}
