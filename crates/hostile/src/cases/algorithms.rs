//! The two AlgorithmIdentifiers of the signature (RFC 5280 sections 4.1.1.2 and 4.1.2.3, RFC 4055
//! section 5).

use kazasu_pki::Error;
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, certificate, malformed, malformed_at},
    der, oid,
    world::Worlds,
};

const AGREEMENT: &str = "RFC 5280 4.1.1.2";
const PARAMETERS: &str = "RFC 4055 5";
const APPROVED: &str = "RFC 8017 8.2, docs/card-facts.md 5.2";

/// Where the AlgorithmIdentifier inside the signed part stands in the template.
const INNER_AT: usize = 18;

pub(crate) fn add(cases: &mut Cases, worlds: &Worlds) {
    let mismatch = certificate(Error::AlgorithmMismatch);
    let others = [
        ("sha-512", der::algorithm(oid::SHA512_WITH_RSA, &der::null())),
        ("md5", der::algorithm(oid::MD5_WITH_RSA, &der::null())),
        ("parameters-absent", der::algorithm(oid::SHA256_WITH_RSA, &[])),
    ];
    for (what, algorithm) in others {
        let hope = "the one outside is not signed, so it can be chosen";
        let other = algorithm.clone();
        cases.add(
            format!("outer-algorithm-{what}"),
            hope,
            AGREEMENT,
            &worlds.auth,
            mismatch.clone(),
            |w| w.leaf.outer_algorithm = other,
        );
        let hope = "the one inside is never looked at";
        cases.add(
            format!("inner-algorithm-{what}"),
            hope,
            AGREEMENT,
            &worlds.auth,
            mismatch.clone(),
            |w| w.leaf.inner_algorithm = algorithm,
        );
    }

    for (name, hope, clause, algorithm) in [
        (
            "algorithm-md2",
            "a second preimage",
            APPROVED,
            der::algorithm(oid::MD2_WITH_RSA, &der::null()),
        ),
        (
            "algorithm-md5",
            "a chosen-prefix collision",
            APPROVED,
            der::algorithm(oid::MD5_WITH_RSA, &der::null()),
        ),
        (
            "algorithm-sha-1",
            "a chosen-prefix collision",
            APPROVED,
            der::algorithm(oid::SHA1_WITH_RSA, &der::null()),
        ),
        (
            "algorithm-sha-224",
            "a shorter digest",
            APPROVED,
            der::algorithm(oid::SHA224_WITH_RSA, &der::null()),
        ),
        (
            "algorithm-pss-without-parameters",
            "the defaults are SHA-1",
            APPROVED,
            der::algorithm(oid::RSA_PSS, &[]),
        ),
        (
            "algorithm-pss-null",
            "parameters that mean nothing",
            APPROVED,
            der::algorithm(oid::RSA_PSS, &der::null()),
        ),
        (
            "algorithm-of-a-key",
            "no hash is named, so none is checked",
            APPROVED,
            der::algorithm(oid::RSA_ENCRYPTION, &der::null()),
        ),
        (
            "algorithm-dsa",
            "another kind of key",
            APPROVED,
            der::algorithm(oid::DSA_WITH_SHA256, &[]),
        ),
        ("algorithm-ed25519", "another kind of key", APPROVED, der::algorithm(oid::ED25519, &[])),
        (
            "algorithm-ecdsa-sha-256",
            "another kind of key",
            APPROVED,
            der::algorithm(oid::ECDSA_WITH_SHA256, &[]),
        ),
        (
            "algorithm-unknown",
            "what is unknown is passed over",
            APPROVED,
            der::algorithm("1.2.3.4.5.6.7", &[]),
        ),
        (
            "algorithm-with-another-arc",
            "a prefix is enough",
            APPROVED,
            der::algorithm(&format!("{}.1", oid::SHA256_WITH_RSA), &der::null()),
        ),
        (
            "algorithm-parameters-absent",
            "two encodings of one algorithm",
            PARAMETERS,
            der::algorithm(oid::SHA256_WITH_RSA, &[]),
        ),
        (
            "algorithm-parameters-octets",
            "parameters are never looked at",
            PARAMETERS,
            der::algorithm(oid::SHA256_WITH_RSA, &der::octets(&[0; 8])),
        ),
        (
            "algorithm-parameters-empty-sequence",
            "parameters are never looked at",
            PARAMETERS,
            der::algorithm(oid::SHA256_WITH_RSA, &der::sequence(&[])),
        ),
        (
            "algorithm-parameters-null-with-content",
            "a NULL with room inside",
            PARAMETERS,
            der::algorithm(oid::SHA256_WITH_RSA, &der::element(5, &[0])),
        ),
        (
            "algorithm-parameters-twice",
            "what follows the parameters is not read",
            PARAMETERS,
            der::algorithm(oid::SHA256_WITH_RSA, &[der::null(), der::null()].concat()),
        ),
        ("algorithm-empty", "no algorithm, no check", AGREEMENT, der::sequence(&[])),
    ] {
        let expected = certificate(Error::UnsupportedAlgorithm);
        cases.add(name, hope, clause, &worlds.auth, expected, |w| w.leaf.algorithms(algorithm));
    }

    let found =
        ErrorKind::UnexpectedTag { expected: tags::SEQUENCE, found: tags::OBJECT_IDENTIFIER };
    let bare = der::oid("1.2.3.4.5.6.7.8.9");
    cases.add(
        "inner-algorithm-without-its-sequence",
        "an identifier alone will do",
        "RFC 5280 4.1.1.2",
        &worlds.auth,
        malformed_at(found, INNER_AT),
        |w| w.leaf.inner_algorithm = bare.clone(),
    );
    cases.add(
        "outer-algorithm-without-its-sequence",
        "an identifier alone will do",
        "RFC 5280 4.1.1.2",
        &worlds.auth,
        malformed(found, &bare),
        |w| w.leaf.outer_algorithm = bare.clone(),
    );
}
