//! The answer to the challenge: what a copied card, or a reader in between, could send in its place
//! (RFC 8017 sections 8.1.2 and 8.2.2).

use kazasu_pki::{Scheme, SignatureError};

use super::signatures::BLOCKS;
use crate::{
    case::{Cases, Expected, Refusal},
    der,
    key::{Keys, LENGTH, Signer as _, block, digest_info, pss_block, sha256},
    oid,
    world::{MESSAGE, Worlds},
};

pub(crate) fn add(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let good = worlds.auth.challenge.signature.clone().unwrap_or_default();
    let reversed = good.iter().rev().copied().collect();
    let cut = good.iter().take(LENGTH - 1).copied().collect();
    let mut table: Vec<(String, &str, Vec<u8>)> = vec![
        ("empty".into(), "nothing to check", vec![]),
        ("zero".into(), "zero to any power", vec![0; LENGTH]),
        ("modulus".into(), "zero in another form", keys.holder.modulus()),
        ("all-ones".into(), "a number beyond the modulus", vec![0xFF; LENGTH]),
        ("leading-zero".into(), "two encodings of one answer", [&[0], &good[..]].concat()),
        ("trailing-octet".into(), "what follows is not read", [&good[..], &[0]].concat()),
        ("cut".into(), "the last octet does not count", cut),
        ("reversed".into(), "octets in the other order", reversed),
        (
            "of-another-card".into(),
            "a card of somebody else answers",
            keys.other_holder.sign(MESSAGE),
        ),
        ("of-the-root".into(), "whoever certified it answers", keys.root_auth.sign(MESSAGE)),
        ("replayed".into(), "an answer to an earlier challenge", keys.holder.sign(b"yesterday")),
        ("to-its-digest".into(), "one digest too many", keys.holder.sign(&sha256(MESSAGE))),
        (
            "to-its-start".into(),
            "a challenge that was cut",
            keys.holder.sign(MESSAGE.split_at(20).0),
        ),
    ];
    for (name, hope, encode) in BLOCKS {
        table.push((format!("block-{name}"), hope, keys.holder.power(&encode(MESSAGE))));
    }
    for (name, hope, signature) in table {
        mismatch(cases, worlds, &name, hope, Scheme::Pkcs1v15Sha256, signature);
    }

    let plain = block(&digest_info(oid::SHA256, &der::null(), &sha256(MESSAGE)));
    let with_hash = pss_block(b"yesterday");
    let mut trailer = pss_block(MESSAGE);
    trailer.iter_mut().rev().take(1).for_each(|octet| *octet = 0xCC);
    let mut salted = pss_block(MESSAGE);
    salted.iter_mut().skip(100).take(1).for_each(|octet| *octet ^= 1);
    for (name, hope, encoded) in [
        ("pss-of-pkcs1", "one scheme is as good as another", plain.clone()),
        ("pss-of-another-message", "an answer to an earlier challenge", with_hash),
        ("pss-trailer", "the last octet does not count", trailer),
        ("pss-padding", "the padding is not looked at", salted),
        ("pss-of-bare-digest", "one scheme is as good as another", block(&sha256(MESSAGE))),
    ] {
        pss(cases, worlds, name, hope, keys.holder.power(&encoded), keys);
    }
    let bare = block(&sha256(MESSAGE));
    let mut template = worlds.auth.clone();
    template.challenge.scheme = Scheme::Pkcs1v15Sha256Bare;
    template.challenge.signature = Some(keys.holder.power(&bare));
    let expected = Expected::Exactly(Refusal::Challenge(SignatureError::Mismatch));
    cases.add(
        "challenge-bare-of-digest-info",
        "one scheme is as good as another",
        "docs/card-facts.md 4.1",
        &template,
        expected,
        |w| {
            w.challenge.signature = Some(keys.holder.power(&plain));
        },
    );
}

fn mismatch(
    cases: &mut Cases,
    worlds: &Worlds,
    name: &str,
    hope: &str,
    scheme: Scheme,
    signature: Vec<u8>,
) {
    let expected = Expected::Exactly(Refusal::Challenge(SignatureError::Mismatch));
    cases.add(format!("challenge-{name}"), hope, "RFC 8017 8.2.2", &worlds.auth, expected, |w| {
        w.challenge.scheme = scheme;
        w.challenge.signature = Some(signature);
    });
}

fn pss(
    cases: &mut Cases,
    worlds: &Worlds,
    name: &str,
    hope: &str,
    signature: Vec<u8>,
    keys: &Keys,
) {
    let mut template = worlds.auth.clone();
    template.challenge.scheme = Scheme::PssSha256;
    template.challenge.signature = Some(keys.holder.power(&pss_block(MESSAGE)));
    let expected = Expected::Exactly(Refusal::Challenge(SignatureError::Mismatch));
    cases.add(format!("challenge-{name}"), hope, "RFC 8017 8.1.2", &template, expected, |w| {
        w.challenge.signature = Some(signature);
    });
}
