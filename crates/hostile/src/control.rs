//! What must be accepted: good certificates of every kind, at every boundary. Without them,
//! refusing everything would pass for refusing what is hostile.

use kazasu_pki::{Kind, Scheme};

use crate::{
    curve::{ORDER, minus, sha384, signature},
    der,
    draft::Extension,
    key::{self, Keys, Signer as _, block, pss_block, sha256},
    oid,
    world::{
        MESSAGE, Root, Scene, World, Worlds, auth_leaf, authority_name, intermediate, name,
        policies, purposes, root, root_name, time,
    },
};

/// One good thing.
pub(crate) struct Control {
    pub(crate) name: String,
    pub(crate) scene: Scene,
}

/// All of them.
pub(crate) fn all(keys: &Keys, worlds: &Worlds) -> Vec<Control> {
    let mut list = List(Vec::new());
    for (name, world) in [
        ("auth", &worlds.auth),
        ("sign", &worlds.sign),
        ("curve", &worlds.curve),
        ("chain", &worlds.chain),
        ("deep-chain", &worlds.deep),
        ("test-card-auth", &worlds.real_auth),
        ("test-card-sign", &worlds.real_sign),
    ] {
        list.add(name, world, |_| ());
    }
    profiles(&mut list, keys, worlds);
    dates(&mut list, worlds);
    tolerated(&mut list, worlds);
    chains(&mut list, keys, worlds);
    challenges(&mut list, keys, worlds);
    list.0
}

struct List(Vec<Control>);

impl List {
    fn add(&mut self, name: &str, world: &World, change: impl FnOnce(&mut World)) {
        let mut world = world.clone();
        change(&mut world);
        self.0.push(Control { name: format!("control-{name}"), scene: world.scene() });
    }
}

fn profiles(list: &mut List, keys: &Keys, worlds: &Worlds) {
    list.add("auth-policy-for-tests", &worlds.auth, |w| {
        w.leaf.value(oid::CERTIFICATE_POLICIES, policies(&[oid::AUTH_TEST_POLICY]));
    });
    list.add("sign-policy-for-tests", &worlds.sign, |w| {
        w.leaf.value(oid::CERTIFICATE_POLICIES, policies(&[oid::SIGN_TEST_POLICY]));
    });
    list.add("policy-among-others", &worlds.auth, |w| {
        w.leaf.value(oid::CERTIFICATE_POLICIES, policies(&["1.2.3.4", oid::AUTH_POLICY]));
    });
    list.add("purpose-among-others", &worlds.auth, |w| {
        w.leaf.value(oid::EXTENDED_KEY_USAGE, purposes(&[oid::EMAIL_PROTECTION, oid::CLIENT_AUTH]));
    });
    list.add("one-root-for-both-kinds", &worlds.auth, |w| {
        w.roots.iter_mut().for_each(|root| root.only = None);
    });
    list.add("root-of-exponent-3", &worlds.auth, |w| {
        w.root(|draft| *draft = root(&root_name(), &keys.root_of_3));
        w.leaf = auth_leaf(keys, &root_name(), &keys.root_of_3);
    });
    list.add("second-generation", &worlds.auth, |w| {
        let draft = root(&root_name(), &keys.root_next);
        w.roots.push(Root { draft, only: Some(Kind::Auth) });
        w.leaf = auth_leaf(keys, &root_name(), &keys.root_next);
    });
    list.add("two-roots-with-one-identifier", &worlds.auth, |w| {
        let mut draft = root(&root_name(), &keys.root_next);
        draft.put(crate::world::subject_key_identifier(&keys.root_auth));
        w.roots.insert(0, Root { draft, only: Some(Kind::Auth) });
    });
    list.add("sign-without-attributes", &worlds.sign, |w| w.leaf.remove(oid::SUBJECT_ALT_NAME));
    list.add("key-of-3072-bits", &worlds.real_auth, |w| {
        let auth = &worlds.auth;
        (w.roots, w.leaf) = (auth.roots.clone(), auth.leaf.clone());
        w.leaf.key_info = key::info(&[0xA5; 384], 65_537);
    });
    list.add("key-of-2048-bits", &worlds.real_auth, |w| {
        let auth = &worlds.auth;
        (w.roots, w.leaf) = (auth.roots.clone(), auth.leaf.clone());
        let modulus = [&[0x80], &[0; 254][..], &[1]].concat();
        w.leaf.key_info = key::info(&modulus, u32::MAX);
    });
}

fn dates(list: &mut List, worlds: &Worlds) {
    for (name, now) in [
        ("first-second", "2025-10-27T01:35:42Z"),
        ("last-second", "2030-02-17T14:59:59Z"),
        ("first-second-of-grace", "2030-02-17T15:00:00Z"),
        ("last-second-of-grace", "2030-05-17T14:59:59Z"),
    ] {
        list.add(name, &worlds.auth, |w| w.now = time(now));
    }
    for (name, not_before, not_after, now) in [
        (
            "utc-until-2049",
            der::utc_time("251027013542Z"),
            der::utc_time("491231235959Z"),
            "2049-12-31T23:59:59Z",
        ),
        (
            "generalized-from-2050",
            der::utc_time("251027013542Z"),
            der::generalized_time("20500101000000Z"),
            "2050-01-01T00:00:00Z",
        ),
        (
            "no-end",
            der::utc_time("251027013542Z"),
            der::generalized_time("99991231235959Z"),
            "2030-01-01T00:00:00Z",
        ),
        (
            "leap-day",
            der::utc_time("280229000000Z"),
            der::utc_time("320229145959Z"),
            "2028-02-29T00:00:00Z",
        ),
        (
            "leap-day-of-2400",
            der::utc_time("251027013542Z"),
            der::generalized_time("24000229145959Z"),
            "2030-01-01T00:00:00Z",
        ),
        (
            "as-early-as-the-root",
            der::utc_time("200101000000Z"),
            der::utc_time("300217145959Z"),
            "2020-01-01T00:00:00Z",
        ),
        (
            "as-late-as-the-root",
            der::utc_time("391231145959Z"),
            der::utc_time("440217145959Z"),
            "2040-01-01T00:00:00Z",
        ),
    ] {
        list.add(name, &worlds.auth, |w| {
            (w.leaf.not_before, w.leaf.not_after) = (not_before, not_after);
            w.now = time(now);
        });
    }
    // The dates of the root bound when it may issue, not how long that lasts.
    list.add("root-over-since", &worlds.auth, |w| {
        w.root(|draft| draft.not_after = der::utc_time("251231145959Z"));
    });
    list.add("root-of-1950", &worlds.auth, |w| {
        w.root(|draft| draft.not_before = der::utc_time("500101000000Z"));
        w.leaf.not_before = der::utc_time("500101000000Z");
    });
}

/// What an authority should not write and a verifier need not refuse.
fn tolerated(list: &mut List, worlds: &Worlds) {
    // RFC 5280 section 4.1.2.2: users of certificates should be prepared to handle these.
    list.add("serial-zero", &worlds.auth, |w| w.leaf.serial = der::integer(&[0]));
    list.add("serial-of-20-octets", &worlds.auth, |w| w.leaf.serial = der::integer(&[0x7F; 20]));
    list.add("serial-of-21-octets", &worlds.auth, |w| w.leaf.serial = der::integer(&[0x7F; 21]));
    list.add("unknown-extension", &worlds.auth, |w| {
        w.leaf.extensions.push(Extension::new("1.2.3.4.5.6.7", false, vec![0xFF; 9]));
    });
    list.add("constraints-of-no-authority", &worlds.auth, |w| {
        w.leaf.extensions.push(Extension::new(oid::BASIC_CONSTRAINTS, true, der::sequence(&[])));
    });
    list.add("other-order-of-extensions", &worlds.auth, |w| w.leaf.extensions.reverse());
    list.add("authority-key-alone", &worlds.auth, |w| {
        w.leaf.change(oid::AUTHORITY_KEY_IDENTIFIER, |it| {
            let start = it.value.iter().position(|octet| *octet == 0x80).unwrap_or(0);
            it.value = der::sequence(&[it.value.get(start..start + 22).unwrap_or_default()]);
        });
    });
    // Nothing is decided by a subject; texts are shown whole.
    list.add("subject-with-null-octet", &worlds.auth, |w| {
        w.leaf.subject = name(&[(oid::COMMON_NAME, "A NAME\0.EVIL")]);
    });
}

/// Paths that are as they may be.
fn chains(list: &mut List, keys: &Keys, worlds: &Worlds) {
    let constraints = |length| der::sequence(&[&der::boolean(0xFF), &der::integer(&[length])]);
    list.add("chain-in-the-other-order", &worlds.deep, |w| w.intermediates.reverse());
    list.add("chain-of-the-length-allowed", &worlds.deep, |w| {
        w.root(|it| it.value(oid::BASIC_CONSTRAINTS, constraints(2)));
        w.authority(1, |it| it.value(oid::BASIC_CONSTRAINTS, constraints(1)));
        w.authority(0, |it| it.value(oid::BASIC_CONSTRAINTS, constraints(0)));
    });
    list.add("chain-with-any-policy", &worlds.chain, |w| {
        w.authority(0, |it| it.value(oid::CERTIFICATE_POLICIES, policies(&[oid::ANY_POLICY])));
    });
    list.add("chain-with-a-policy-demanded", &worlds.chain, |w| {
        let explicit = der::sequence(&[&der::element(0x80, &[0])]);
        w.authority(0, |it| it.put(Extension::new(oid::POLICY_CONSTRAINTS, true, explicit)));
    });
    list.add("chain-with-a-stranger", &worlds.chain, |w| {
        let (name, key) = (authority_name("STRANGER"), &keys.attacker);
        w.intermediates.insert(0, intermediate(&name, key, &name, key));
    });
    list.add("chain-with-its-root", &worlds.chain, |w| {
        let root = w.roots.first().map(|root| root.draft.clone());
        w.intermediates.extend(root);
    });
    list.add("authority-that-was-brought-in-vain", &worlds.auth, |w| {
        w.intermediates.clone_from(&worlds.chain.intermediates);
    });
}

fn challenges(list: &mut List, keys: &Keys, worlds: &Worlds) {
    for (name, scheme, encoded) in [
        ("challenge-pss", Scheme::PssSha256, pss_block(MESSAGE)),
        ("challenge-bare", Scheme::Pkcs1v15Sha256Bare, block(&sha256(MESSAGE))),
    ] {
        list.add(name, &worlds.auth, |w| {
            w.challenge.scheme = scheme;
            w.challenge.signature = Some(keys.holder.power(&encoded));
        });
    }
    let (r, s) = keys.curve_holder.numbers(&sha384(MESSAGE));
    // Of both numbers s that verify, neither X.509 nor FIPS 186-5 prefers one.
    let high = signature(&r, &minus(&ORDER, &s));
    list.add("curve-other-s", &worlds.curve, |w| w.challenge.signature = Some(high));
    list.add("curve-plain", &worlds.curve, |w| {
        w.challenge.scheme = Scheme::EcdsaP384Sha384Plain;
        w.challenge.signature = Some([r, s].concat());
    });
    list.add("curve-key-under-an-rsa-root", &worlds.curve, |w| {
        w.roots.clone_from(&worlds.auth.roots);
        w.leaf.clone_from(&worlds.auth.leaf);
        w.leaf.key_info = keys.curve_holder.info();
    });
    list.add("rsa-key-under-a-curve-root", &worlds.curve, |w| {
        w.leaf.key_info = keys.holder.info();
        w.challenge.clone_from(&worlds.auth.challenge);
    });
}
