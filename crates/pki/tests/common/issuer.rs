//! A small issuer of card-verifiable certificates and records, with the public test keys of the
//! virtual card: for what no test card's octets are known, and for what no authority would sign.

use crypto_bigint::{
    Odd, U2048,
    modular::{FixedMontyForm, FixedMontyParams},
};
use kazasu_pki::{
    cvc::{Cvc, CvcAnchor, CvcAnchors, CvcKey, CvcRole, KeyIdentifier},
    digest_info,
    rsa::RsaPublicKey,
    sha256,
};
use kazasu_tlv::{Rules, der, object};

pub(crate) const AUTHORITY: [u8; 16] = *b"9000023\x08\x05001\x00\x00\x00\x00";
pub(crate) const SIGNER: [u8; 16] = *b"9999999\x08\x05000\x00\x00\x00\x00";

/// A private key that everybody knows.
pub(crate) struct TestKey {
    pub(crate) modulus: Vec<u8>,
    exponent: U2048,
}

impl TestKey {
    /// One of the virtual card's: `root-auth`, `root-sign`, `card-0` to `card-7`.
    pub(crate) fn load(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../virtual-card/data/public-test-keys");
        let pkcs8 = std::fs::read(format!("{folder}/PUBLIC-TEST-KEY-{name}.pkcs8.der")).unwrap();
        // RFC 5958: version, algorithm, key; RFC 8017 A.1.2: version, n, e, d.
        let (info, _) = object(&pkcs8, Rules::Der).unwrap();
        let key = info.children().unwrap().into_iter().nth(2).unwrap().unwrap();
        let key = key.encapsulated().read().unwrap();
        let numbers: Vec<_> = key.children().unwrap().into_iter().map(Result::unwrap).collect();
        let number = |place: usize| der::integer_unsigned(&numbers[place]).unwrap();
        let mut exponent = [0; 256];
        exponent[256 - number(3).len()..].copy_from_slice(number(3));
        Self { modulus: number(1).to_vec(), exponent: U2048::from_be_slice(&exponent) }
    }

    pub(crate) fn public(&self) -> RsaPublicKey<'_> {
        RsaPublicKey::new(&self.modulus, 65_537).unwrap()
    }

    /// The form that public keys have on the card.
    pub(crate) fn on_card(&self) -> Vec<u8> {
        [&[0x90, 3, 1, 0, 1, 0x91, 0x82, 1, 0][..], &self.modulus].concat()
    }

    /// Pads `content` as PKCS #1 v1.5 signatures are and signs it, as a card does with P1 00.
    pub(crate) fn sign(&self, content: &[u8]) -> Vec<u8> {
        let padding = vec![0xFF; 256 - 3 - content.len()];
        let block = [&[0x00, 0x01][..], &padding, &[0x00], content].concat();
        let modulus = Odd::new(U2048::from_be_slice(&self.modulus)).unwrap();
        let parameters = FixedMontyParams::new_vartime(modulus);
        let power = FixedMontyForm::new(&U2048::from_be_slice(&block), &parameters);
        power.pow(&self.exponent).retrieve().to_be_bytes().as_ref().to_vec()
    }

    pub(crate) fn sign_digest_of(&self, signed: &[u8]) -> Vec<u8> {
        self.sign(&digest_info(&sha256(signed)))
    }
}

/// An object with its length in the shortest form.
pub(crate) fn tlv(tag: u16, value: &[u8]) -> Vec<u8> {
    let tag = tag.to_be_bytes();
    let tag = if tag[0] == 0 { &tag[1..] } else { &tag[..] };
    let length = value.len();
    let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
    let length = match length {
        0..=0x7F => vec![low],
        0x80..=0xFF => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [tag, &length, value].concat()
}

/// The body of a card-verifiable certificate, 297 octets.
pub(crate) fn body(issuer: [u8; 16], subject: [u8; 16], key: &TestKey) -> Vec<u8> {
    [&issuer[..], &subject, &key.on_card()].concat()
}

pub(crate) fn certificate(body: &[u8], authority: &TestKey) -> Vec<u8> {
    let signature = authority.sign_digest_of(body);
    tlv(0x7F21, &[tlv(0x5F4E, body), tlv(0x5F37, &signature)].concat())
}

/// The issuer of everything for one part of the card: an authority, and the key below it.
pub(crate) struct Issuer {
    pub(crate) authority: TestKey,
    pub(crate) signer: TestKey,
    pub(crate) role: CvcRole,
}

impl Issuer {
    pub(crate) fn new(role: CvcRole) -> Self {
        Self { authority: TestKey::load("root-auth"), signer: TestKey::load("card-0"), role }
    }

    pub(crate) fn anchors(&self) -> CvcAnchors<'_> {
        let identifier = KeyIdentifier::new(AUTHORITY);
        let anchor = CvcAnchor::custom(identifier, self.authority.public(), self.role);
        CvcAnchors::none().with(anchor).unwrap()
    }

    pub(crate) fn certificate(&self) -> Vec<u8> {
        certificate(&body(AUTHORITY, SIGNER, &self.signer), &self.authority)
    }

    pub(crate) fn key(&self) -> CvcKey {
        Cvc::parse(&self.certificate()).unwrap().verify(&self.anchors(), self.role).unwrap()
    }

    /// A record of fields, some of them signed together.
    pub(crate) fn record(&self, tag: u16, signed: &[Vec<u8>], signature_tag: u16) -> Vec<u8> {
        let signed = signed.concat();
        let signature = tlv(signature_tag, &self.signer.sign_digest_of(&signed));
        tlv(tag, &[signed, signature].concat())
    }
}
