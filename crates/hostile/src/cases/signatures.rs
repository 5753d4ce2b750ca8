//! The signature on the certificate (RFC 8017 sections 5.2.2, 8.2.2 and 9.2): forgeries of
//! PKCS#1 v1.5, numbers out of range, strings of another length.

use std::rc::Rc;

use anyhow::{Context as _, Result};
use kazasu_pki::Error;
use kazasu_tlv::{ErrorKind, tags};

use crate::{
    case::{Cases, Expected, Where, certificate},
    der,
    draft::Draft,
    key::{self, Keys, LENGTH, block, digest_info, sha256},
    oid,
    world::{Worlds, auth_leaf, root, root_name},
};

const RANGE: &str = "RFC 8017 5.2.2";
const SIZE: &str = "RFC 8017 8.2.2 step 1";
const BLOCK: &str = "RFC 8017 8.2.2, 9.2";

pub(crate) fn add(cases: &mut Cases, keys: &Keys, worlds: &Worlds) -> Result<()> {
    numbers(cases, keys, worlds)?;
    blocks(cases, keys, worlds);
    cubes(cases, keys, worlds);
    strings(cases, worlds);
    Ok(())
}

/// A case whose signature is refused.
fn bad(
    cases: &mut Cases,
    worlds: &Worlds,
    name: &str,
    hope: &str,
    clause: &'static str,
    change: impl FnOnce(&mut Draft),
) {
    let expected = certificate(Error::BadSignature);
    cases.add(name, hope, clause, &worlds.auth, expected, |w| change(&mut w.leaf));
}

fn numbers(cases: &mut Cases, keys: &Keys, worlds: &Worlds) -> Result<()> {
    let modulus = keys.root_auth.modulus();
    let mut below = modulus.clone();
    // The modulus is odd.
    below.iter_mut().rev().take(1).for_each(|octet| *octet -= 1);
    let one = [&[0; LENGTH - 1][..], &[1]].concat();
    for (name, hope, signature) in [
        ("signature-zero", "zero to any power", vec![0; LENGTH]),
        ("signature-one", "one to any power", one),
        ("signature-modulus", "zero in another form", modulus),
        ("signature-modulus-less-1", "one to an even power", below),
        ("signature-all-ones", "a number beyond the modulus", vec![0xFF; LENGTH]),
    ] {
        bad(cases, worlds, name, hope, RANGE, |leaf| {
            leaf.change_signature(move |_| signature.clone())
        });
    }
    for (name, hope, signature) in [
        ("signature-empty", "nothing to check", vec![]),
        ("signature-one-octet", "a short number", vec![1]),
    ] {
        bad(cases, worlds, name, hope, SIZE, |leaf| {
            leaf.change_signature(move |_| signature.clone())
        });
    }
    bad(cases, worlds, "signature-leading-zero", "two encodings of one signature", SIZE, |leaf| {
        leaf.change_signature(|signature| [&[0], &signature[..]].concat());
    });
    bad(cases, worlds, "signature-trailing-octet", "what follows is not read", SIZE, |leaf| {
        leaf.change_signature(|signature| [&signature[..], &[0]].concat());
    });
    bad(cases, worlds, "signature-cut", "the last octet does not count", SIZE, |leaf| {
        leaf.change_signature(|signature| {
            signature.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()
        });
    });
    bad(cases, worlds, "signature-twice", "the first half counts", SIZE, |leaf| {
        leaf.change_signature(|signature| [&signature[..], &signature].concat());
    });
    bad(cases, worlds, "signature-reversed", "octets in the other order", SIZE, |leaf| {
        leaf.change_signature(|signature| signature.into_iter().rev().collect());
    });

    // Numbers of the certificate are tried until its signature begins with the wanted octet.
    let mut zero = worlds.auth.clone();
    let mut beyond = None;
    let mut found_zero = false;
    for serial in 0x0140..0x0800_u16 {
        if found_zero && beyond.is_some() {
            break;
        }
        let mut leaf = worlds.auth.leaf.clone();
        leaf.serial = der::integer(&serial.to_be_bytes());
        let whole = leaf.encode();
        let signature = whole.split_at(whole.len() - LENGTH).1;
        if !found_zero && signature.first() == Some(&0) {
            zero.leaf = leaf.clone();
            found_zero = true;
        }
        if beyond.is_none() {
            beyond = keys.root_auth.beyond_modulus(signature).map(|sum| (leaf, sum));
        }
    }
    anyhow::ensure!(found_zero, "no signature begins with a zero");
    let (leaf, sum) = beyond.context("no signature can be raised by the modulus")?;
    let mut template = worlds.auth.clone();
    template.leaf = leaf;
    cases.add(
        "signature-and-modulus",
        "the same number modulo the modulus",
        RANGE,
        &template,
        certificate(Error::BadSignature),
        |w| {
            w.leaf.change_signature(move |_| sum.clone());
        },
    );
    cases.add(
        "signature-without-leading-zero",
        "two encodings of one signature",
        SIZE,
        &zero,
        certificate(Error::BadSignature),
        |w| {
            w.leaf.change_signature(|signature| signature.into_iter().skip(1).collect());
        },
    );
    Ok(())
}

/// DigestInfo of SHA-256 around a digest.
fn info(tbs: &[u8]) -> Vec<u8> {
    digest_info(oid::SHA256, &der::null(), &sha256(tbs))
}

/// A block of any padding: its beginning, so many octets FF, a separator, the content, and garbage to
/// the end.
fn padded(start: &[u8], ones: usize, separator: &[u8], content: &[u8]) -> Vec<u8> {
    let mut block = [start, &vec![0xFF; ones], separator, content].concat();
    block.resize(LENGTH, 0xFC);
    block
}

/// Makes a block for a message.
type Block = fn(&[u8]) -> Vec<u8>;

/// Blocks that a lazy verifier would take for the right one, by name and hope.
pub(crate) const BLOCKS: &[(&str, &str, Block)] = &[
    ("garbage-after", "garbage after the DigestInfo is not looked at", |m| {
        padded(&[0, 1], 8, &[0], &info(m))
    }),
    ("garbage-after-one-octet", "one octet of padding is given away", |m| {
        padded(&[0, 1], 201, &[0], &info(m))
    }),
    ("no-padding", "the padding is searched, not counted", |m| padded(&[0, 1], 0, &[0], &info(m))),
    ("short-padding", "seven octets of padding are enough", |m| {
        [&[0, 1][..], &[0xFF; 7], &[0], &[0xFC; 195], &info(m)].concat()
    }),
    ("type-2", "the block of an encryption", |m| padded(&[0, 2], 202, &[0], &info(m))),
    ("type-0", "the oldest block", |m| padded(&[0, 0], 202, &[0], &info(m))),
    ("first-octet", "the first octet does not count", |m| padded(&[1, 1], 202, &[0], &info(m))),
    ("padding-octet", "one octet of padding is another", |m| {
        [&[0, 1][..], &[0xFF; 100], &[0xFE], &[0xFF; 101], &[0], &info(m)].concat()
    }),
    ("padding-zeros", "any padding will do", |m| [&[0, 1][..], &vec![0; 203], &info(m)].concat()),
    ("separator", "the separator does not count", |m| padded(&[0, 1], 202, &[1], &info(m))),
    ("no-separator", "the separator is optional", |m| padded(&[0, 1], 203, &[], &info(m))),
    ("no-null", "the NULL of the hash is optional", |m| {
        block(&digest_info(oid::SHA256, &[], &sha256(m)))
    }),
    ("garbage-in-parameters", "parameters of the hash are not looked at", |m| {
        block(&digest_info(oid::SHA256, &der::octets(&[0x5A; 64]), &sha256(m)))
    }),
    ("other-hash", "only the digest is compared", |m| {
        block(&digest_info("2.16.840.1.101.3.4.2.3", &der::null(), &sha256(m)))
    }),
    ("sha-1-name", "only the digest is compared", |m| {
        block(&digest_info("1.3.14.3.2.26", &der::null(), &sha256(m)))
    }),
    ("sha-1-length", "the length of the digest is taken from the block", |m| {
        block(&digest_info("1.3.14.3.2.26", &der::null(), sha256(m).split_at(20).0))
    }),
    ("short-digest", "the digest is compared as far as it goes", |m| {
        block(&digest_info(oid::SHA256, &der::null(), sha256(m).split_at(16).0))
    }),
    ("no-digest", "an empty digest is equal to all", |_| {
        block(&digest_info(oid::SHA256, &der::null(), &[]))
    }),
    ("long-digest", "what follows the digest is not read", |m| {
        block(&digest_info(oid::SHA256, &der::null(), &[sha256(m), vec![0; 8]].concat()))
    }),
    ("bare-digest", "no DigestInfo is a DigestInfo", |m| block(&sha256(m))),
    ("bare-message-start", "the message itself is taken for its digest", |m| {
        block(m.split_at(m.len().min(32)).0)
    }),
    ("digest-of-nothing", "a digest that was never finished", |_| {
        block(&digest_info(oid::SHA256, &der::null(), &sha256(&[])))
    }),
    ("twice-hashed", "one digest too many", |m| {
        block(&digest_info(oid::SHA256, &der::null(), &sha256(&sha256(m))))
    }),
    ("long-lengths", "BER is close enough to DER", |m| {
        let algorithm = der::algorithm(oid::SHA256, &der::null());
        block(&der::long_length(0x30, &[algorithm, der::octets(&sha256(m))].concat()))
    }),
    ("indefinite-length", "BER is close enough to DER", |m| {
        let algorithm = der::algorithm(oid::SHA256, &der::null());
        block(&der::indefinite(0x30, &[algorithm, der::octets(&sha256(m))].concat()))
    }),
    ("trailing-in-digest-info", "what follows inside is not read", |m| {
        let algorithm = der::algorithm(oid::SHA256, &der::null());
        block(&der::sequence(&[&algorithm, &der::octets(&sha256(m)), &der::null()]))
    }),
    ("pss", "one scheme is as good as another", key::pss_block),
];

fn blocks(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    for (name, hope, block) in BLOCKS {
        bad(cases, worlds, &format!("block-{name}"), hope, BLOCK, |leaf| {
            leaf.sign_block(&keys.root_auth, block);
        });
    }
    for (name, hope, signer) in [
        ("signed-by-an-attacker", "a valid signature, of nobody", &keys.attacker),
        ("signed-by-the-holder", "whoever is certified certifies", &keys.holder),
        ("signed-by-the-other-root", "any root will do", &keys.root_sign),
    ] {
        bad(cases, worlds, name, hope, "RFC 5280 6.1.3 (a)(1)", |leaf| leaf.sign_with(signer));
    }
    bad(
        cases,
        worlds,
        "signed-another-certificate",
        "a signature is moved over",
        "RFC 5280 6.1.3 (a)(1)",
        |leaf| {
            let other = leaf.sign.clone();
            leaf.sign = Rc::new(move |tbs| other(&[tbs, &[0]].concat()));
        },
    );
    bad(
        cases,
        worlds,
        "signed-the-content-only",
        "header or not, it is the same",
        "RFC 5280 4.1.1.3",
        |leaf| {
            let other = leaf.sign.clone();
            leaf.sign = Rc::new(move |tbs| other(tbs.get(4..).unwrap_or_default()));
        },
    );
    bad(
        cases,
        worlds,
        "changed-after-signing",
        "a number that nobody signed",
        "RFC 5280 6.1.3 (a)(1)",
        |leaf| {
            leaf.edit_whole = Some(Rc::new(|whole| {
                let mut whole = whole.to_vec();
                whole.iter_mut().skip(15).take(1).for_each(|octet| *octet ^= 1);
                whole
            }));
        },
    );
}

/// A root with the exponent 3, under which a cube root is a signature to a lazy verifier.
fn cubes(cases: &mut Cases, keys: &Keys, worlds: &Worlds) {
    let mut template = worlds.auth.clone();
    template.root(|draft| *draft = root(&root_name(), &keys.root_of_3));
    template.leaf = auth_leaf(keys, &root_name(), &keys.root_of_3);
    for (name, hope, block) in
        BLOCKS.iter().filter(|(name, _, _)| ["garbage-after", "no-padding"].contains(name))
    {
        let hope = format!("{hope}, and a cube root needs no key");
        cases.add(
            format!("cube-root-{name}"),
            hope,
            BLOCK,
            &template,
            certificate(Error::BadSignature),
            |w| {
                let block = *block;
                w.leaf.sign = Rc::new(move |tbs| {
                    // The garbage as large as it gets, so that the root's cube keeps what is in front.
                    let mut wanted = block(tbs);
                    wanted.iter_mut().skip(80).for_each(|octet| *octet = 0xFF);
                    key::cube_root(&wanted)
                });
            },
        );
    }
}

fn strings(cases: &mut Cases, worlds: &Worlds) {
    let last = |cases: &mut Cases, name: &str, hope: &str, kind, bits: fn(&[u8]) -> Vec<u8>| {
        let mut hostile = worlds.auth.clone();
        hostile.leaf.signature_bits = Rc::new(bits);
        let whole = hostile.leaf.encode();
        let (_, string) = split_last_element(&whole);
        let expected = Expected::At(Where::Malformed(kind), string);
        cases.add(name, hope, "RFC 5280 4.1.1.3, X.690 8.6", &worlds.auth, expected, |w| {
            w.leaf.signature_bits = Rc::new(bits);
        });
    };
    last(
        cases,
        "signature-unused-bits",
        "the last bits do not count",
        ErrorKind::InvalidContent,
        |signature| {
            let mut bits = [&[4], signature].concat();
            bits.iter_mut().rev().take(1).for_each(|octet| *octet &= 0xF0);
            bits
        },
    );
    last(
        cases,
        "signature-unused-bits-set",
        "bits that some read and some do not",
        ErrorKind::InvalidContent,
        |signature| {
            let mut bits = [&[1], signature].concat();
            bits.iter_mut().rev().take(1).for_each(|octet| *octet |= 1);
            bits
        },
    );
    last(
        cases,
        "signature-eight-unused-bits",
        "a number out of range",
        ErrorKind::InvalidContent,
        |signature| [&[8], signature].concat(),
    );
    last(
        cases,
        "signature-without-unused-bits",
        "an empty string",
        ErrorKind::InvalidContent,
        |_| vec![],
    );

    for (name, hope, tag, found) in [
        ("signature-in-octets", "a string is a string", 0x04, tags::OCTET_STRING),
        ("signature-as-number", "a number is a number", 0x02, tags::INTEGER),
    ] {
        let kind = ErrorKind::UnexpectedTag { expected: tags::BIT_STRING, found };
        let change = move |whole: &[u8]| {
            let (start, mut string) = split_last_element(whole);
            string.iter_mut().take(1).for_each(|octet| *octet = tag);
            [start, string].concat()
        };
        let (_, string) = split_last_element(&change(&worlds.auth.leaf.encode()));
        let expected = Expected::At(Where::Malformed(kind), string);
        cases.add(name, hope, "RFC 5280 4.1.1.3", &worlds.auth, expected, |w| {
            w.leaf.edit_whole = Some(Rc::new(change));
        });
    }
}

/// The BIT STRING at the end of a certificate, and all that is before it.
fn split_last_element(whole: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use kazasu_tlv::{Reader, Rules};
    let mut reader = Reader::new(whole, Rules::Der);
    let last =
        reader.read().and_then(|it| it.children()).ok().and_then(|it| it.into_iter().last()?.ok());
    let length = last.map_or(0, |it| it.raw().len());
    let (start, string) = whole.split_at(whole.len() - length);
    (start.to_vec(), string.to_vec())
}
