//! What stands around a certificate when it is judged: roots, path, kind, moment and challenge; and
//! the good worlds that every case starts from.

use std::rc::Rc;

use kazasu_pki::{Kind, Scheme, Time};

use crate::{
    der,
    draft::{Draft, Extension},
    key::{Keys, Signer},
    oid,
};

/// All of it, in parts.
#[derive(Clone)]
pub(crate) struct World {
    /// The six roots of real cards are accepted.
    pub(crate) production: bool,
    /// The roots of the test hierarchy are accepted.
    pub(crate) test: bool,
    pub(crate) roots: Vec<Root>,
    pub(crate) leaf: Draft,
    /// Authorities that come with it.
    pub(crate) intermediates: Vec<Draft>,
    pub(crate) kind: Kind,
    pub(crate) now: Time,
    pub(crate) challenge: Challenge,
}

/// A root that the caller brings.
#[derive(Clone)]
pub(crate) struct Root {
    pub(crate) draft: Draft,
    pub(crate) only: Option<Kind>,
}

/// What the card is asked to sign, and what it answers.
#[derive(Clone)]
pub(crate) struct Challenge {
    pub(crate) scheme: Scheme,
    pub(crate) message: Vec<u8>,
    /// Without one nothing is asked of the card: no private key of a real test card is known.
    pub(crate) signature: Option<Vec<u8>>,
}

/// The same as octets: what a judge gets.
#[derive(Clone, PartialEq)]
pub(crate) struct Scene {
    pub(crate) production: bool,
    pub(crate) test: bool,
    pub(crate) roots: Vec<(Vec<u8>, Option<Kind>)>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) intermediates: Vec<Vec<u8>>,
    pub(crate) kind: Kind,
    pub(crate) now: Time,
    pub(crate) scheme: Scheme,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Option<Vec<u8>>,
}

impl World {
    pub(crate) fn scene(&self) -> Scene {
        let roots = self.roots.iter().map(|root| (root.draft.encode(), root.only));
        Scene {
            production: self.production,
            test: self.test,
            roots: roots.collect(),
            leaf: self.leaf.encode(),
            intermediates: self.intermediates.iter().map(Draft::encode).collect(),
            kind: self.kind,
            now: self.now,
            scheme: self.challenge.scheme,
            message: self.challenge.message.clone(),
            signature: self.challenge.signature.clone(),
        }
    }

    /// The authority with this number; 0 is the one that issued the holder's certificate.
    pub(crate) fn authority(&mut self, number: usize, change: impl FnOnce(&mut Draft)) {
        if let Some(draft) = self.intermediates.get_mut(number) {
            change(draft);
        }
    }

    /// The first root.
    pub(crate) fn root(&mut self, change: impl FnOnce(&mut Draft)) {
        if let Some(root) = self.roots.first_mut() {
            change(&mut root.draft);
        }
    }
}

/// The message of every challenge.
pub(crate) const MESSAGE: &[u8] = b"a challenge that was never sent before";

/// A moment, of RFC 3339; the first of all moments for a text that is none.
pub(crate) fn time(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap_or(Time::from_unix(i64::MIN))
}

/// A name of `C=JP` and these attributes.
pub(crate) fn name(attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: Vec<u8> =
        attributes.iter().flat_map(|(kind, value)| relative(kind, &der::utf8(value))).collect();
    der::sequence(&[&relative(oid::COUNTRY, &der::printable("JP")), &attributes])
}

/// A RelativeDistinguishedName of one attribute.
pub(crate) fn relative(kind: &str, value: &[u8]) -> Vec<u8> {
    der::set(&[&der::sequence(&[&der::oid(kind), value])])
}

/// The name of the root for authentication.
pub(crate) fn root_name() -> Vec<u8> {
    name(&[(oid::ORGANIZATION, "KAZASU HOSTILE TESTS"), (oid::UNIT, "NOT A REAL ROOT AUTH")])
}

/// The name of the root for signing.
pub(crate) fn sign_root_name() -> Vec<u8> {
    name(&[(oid::ORGANIZATION, "KAZASU HOSTILE TESTS"), (oid::UNIT, "NOT A REAL ROOT SIGN")])
}

const ROOT_SERIAL: [u8; 2] = [0x4B, 0x5A];

/// A root, self-signed.
pub(crate) fn root(name: &[u8], key: &Rc<impl Signer + 'static>) -> Draft {
    let mut draft = Draft::new(&ROOT_SERIAL, name, name, key.info(), key);
    draft.not_before = der::utc_time("200101000000Z");
    draft.not_after = der::utc_time("391231145959Z");
    draft.extensions = vec![
        Extension::new(oid::KEY_USAGE, true, der::element(3, &[1, 0x06])),
        Extension::new(oid::BASIC_CONSTRAINTS, true, der::sequence(&[&der::boolean(0xFF)])),
        Extension::new(oid::SUBJECT_KEY_IDENTIFIER, false, der::octets(&key.identifier())),
    ];
    draft
}

/// A 利用者証明用 certificate under a root.
pub(crate) fn auth_leaf(keys: &Keys, issuer: &[u8], signer: &Rc<impl Signer + 'static>) -> Draft {
    let subject = name(&[(oid::COMMON_NAME, "997794E9AGCIEG13221003A")]);
    let mut draft = Draft::new(&[0x22, 0x7B, 0x13], issuer, &subject, keys.holder.info(), signer);
    draft.extensions = vec![
        Extension::new(oid::KEY_USAGE, true, der::element(3, &[7, 0x80])),
        Extension::new(oid::EXTENDED_KEY_USAGE, false, purposes(&[oid::CLIENT_AUTH])),
        Extension::new(oid::CERTIFICATE_POLICIES, true, policies(&[oid::AUTH_POLICY])),
        Extension::new(oid::CRL_DISTRIBUTION_POINTS, false, distribution_points(issuer)),
        Extension::new(oid::AUTHORITY_KEY_IDENTIFIER, false, authority(issuer, signer)),
        subject_key_identifier(&keys.holder),
    ];
    draft
}

/// A 署名用 certificate under a root.
pub(crate) fn sign_leaf(keys: &Keys, issuer: &[u8], signer: &Rc<impl Signer + 'static>) -> Draft {
    let subject = name(&[(oid::COMMON_NAME, "202510161726000013413221003A")]);
    let mut draft = Draft::new(&[0x1E, 0xE6, 0x07], issuer, &subject, keys.holder.info(), signer);
    draft.extensions = vec![
        Extension::new(oid::KEY_USAGE, true, der::element(3, &[6, 0xC0])),
        Extension::new(oid::SUBJECT_ALT_NAME, false, der::sequence(&[&attributes().concat()])),
        Extension::new(oid::CERTIFICATE_POLICIES, true, policies(&[oid::SIGN_POLICY])),
        Extension::new(oid::CRL_DISTRIBUTION_POINTS, false, distribution_points(issuer)),
        Extension::new(oid::AUTHORITY_KEY_IDENTIFIER, false, authority(issuer, signer)),
        subject_key_identifier(&keys.holder),
    ];
    draft
}

/// The name of an authority below a root.
pub(crate) fn authority_name(text: &str) -> Vec<u8> {
    name(&[(oid::ORGANIZATION, "KAZASU HOSTILE TESTS"), (oid::UNIT, text)])
}

/// An authority below another.
pub(crate) fn intermediate(
    subject: &[u8],
    key: &Rc<impl Signer>,
    issuer: &[u8],
    signer: &Rc<impl Signer + 'static>,
) -> Draft {
    let mut draft = Draft::new(&[0x21, 0x43], issuer, subject, key.info(), signer);
    draft.not_before = der::utc_time("230101000000Z");
    draft.not_after = der::utc_time("351231145959Z");
    draft.extensions = vec![
        Extension::new(oid::KEY_USAGE, true, der::element(3, &[1, 0x06])),
        Extension::new(oid::BASIC_CONSTRAINTS, true, der::sequence(&[&der::boolean(0xFF)])),
        Extension::new(oid::CERTIFICATE_POLICIES, true, policies(&[oid::AUTH_POLICY])),
        Extension::new(oid::AUTHORITY_KEY_IDENTIFIER, false, authority_key(signer)),
        subject_key_identifier(key),
    ];
    draft
}

/// AuthorityKeyIdentifier with the key alone.
pub(crate) fn authority_key(signer: &Rc<impl Signer>) -> Vec<u8> {
    der::sequence(&[&der::element(0x80, &signer.identifier())])
}

/// Worlds with authorities between root and holder.
fn chains(keys: &Keys, auth: &World) -> (World, World) {
    let (lower, upper) = (authority_name("LOWER"), authority_name("UPPER"));
    let mut chain = auth.clone();
    chain.leaf = auth_leaf(keys, &lower, &keys.lower);
    chain.leaf.value(oid::AUTHORITY_KEY_IDENTIFIER, authority_key(&keys.lower));
    chain.intermediates = vec![intermediate(&lower, &keys.lower, &root_name(), &keys.root_auth)];
    let mut deep = chain.clone();
    deep.intermediates = vec![
        intermediate(&lower, &keys.lower, &upper, &keys.upper),
        intermediate(&upper, &keys.upper, &root_name(), &keys.root_auth),
    ];
    (chain, deep)
}

/// ExtKeyUsageSyntax.
pub(crate) fn purposes(identifiers: &[&str]) -> Vec<u8> {
    let identifiers: Vec<u8> = identifiers.iter().flat_map(|it| der::oid(it)).collect();
    der::sequence(&[&identifiers])
}

/// CertificatePolicies without qualifiers.
pub(crate) fn policies(identifiers: &[&str]) -> Vec<u8> {
    let policies = identifiers.iter().flat_map(|it| der::sequence(&[&der::oid(it)]));
    der::sequence(&[&policies.collect::<Vec<u8>>()])
}

/// One distribution point with a directory name, as the JPKI has them.
fn distribution_points(issuer: &[u8]) -> Vec<u8> {
    let full_name = der::explicit(0, &der::explicit(4, issuer));
    der::sequence(&[&der::sequence(&[&der::explicit(0, &full_name)])])
}

/// AuthorityKeyIdentifier with its three fields.
fn authority(issuer: &[u8], signer: &Rc<impl Signer>) -> Vec<u8> {
    der::sequence(&[
        &der::element(0x80, &signer.identifier()),
        &der::explicit(1, &der::explicit(4, issuer)),
        &der::element(0x82, &ROOT_SERIAL),
    ])
}

pub(crate) fn subject_key_identifier(key: &Rc<impl Signer>) -> Extension {
    Extension::new(oid::SUBJECT_KEY_IDENTIFIER, false, der::octets(&key.identifier()))
}

/// The otherNames of the four attributes (基本4情報) and their flags.
pub(crate) fn attributes() -> [Vec<u8>; 6] {
    [
        attribute(1, &der::utf8("試験　花子")),
        attribute(4, &der::utf8("319800217")),
        attribute(3, &der::utf8("2")),
        attribute(5, &der::utf8("どこにもない市１－１")),
        attribute(2, &der::utf8("00000")),
        attribute(6, &der::utf8("0000000000")),
    ]
}

/// `otherName [0]` with this number below the attributes' identifier.
pub(crate) fn attribute(number: u8, value: &[u8]) -> Vec<u8> {
    let identifier = der::oid(&format!("{}.{number}", oid::ATTRIBUTES));
    der::element(0xA0, &[identifier, der::explicit(0, value)].concat())
}

/// The good worlds.
pub(crate) struct Worlds {
    pub(crate) auth: World,
    pub(crate) sign: World,
    /// A 利用者証明用 certificate on P-384 under a root on P-384: synthetic, after what is announced
    /// for the card of 2028.
    pub(crate) curve: World,
    /// The first of them, issued by an authority below the root.
    pub(crate) chain: World,
    /// The same with two authorities between.
    pub(crate) deep: World,
    /// The 利用者証明用 certificate of a real test card, under the roots of its hierarchy.
    pub(crate) real_auth: World,
    /// The 署名用 certificate of that card.
    pub(crate) real_sign: World,
}

/// The certificates that a real test card gave.
pub(crate) const REAL_AUTH: &[u8] =
    include_bytes!("../../pki/tests/data/test-card/jpki-auth-cert.der");
pub(crate) const REAL_SIGN: &[u8] =
    include_bytes!("../../pki/tests/data/test-card/jpki-sign-cert.der");

impl Worlds {
    pub(crate) fn new(keys: &Keys) -> Self {
        let signature = Some(keys.holder.sign(MESSAGE));
        let message = MESSAGE.to_vec();
        let challenge = Challenge { scheme: Scheme::Pkcs1v15Sha256, message, signature };
        let auth = World {
            production: true,
            test: true,
            roots: vec![
                Root { draft: root(&root_name(), &keys.root_auth), only: Some(Kind::Auth) },
                Root { draft: root(&sign_root_name(), &keys.root_sign), only: Some(Kind::Sign) },
            ],
            leaf: auth_leaf(keys, &root_name(), &keys.root_auth),
            intermediates: Vec::new(),
            kind: Kind::Auth,
            now: time("2026-11-21T09:30:00+09:00"),
            challenge,
        };
        let leaf = sign_leaf(keys, &sign_root_name(), &keys.root_sign);
        let sign = World { leaf, kind: Kind::Sign, ..auth.clone() };
        let real = |world: &World, octets| {
            let mut world = world.clone();
            world.roots.clear();
            world.challenge.signature = None;
            world.leaf.replace(octets);
            world
        };
        let (real_auth, real_sign) = (real(&auth, REAL_AUTH), real(&sign, REAL_SIGN));
        let mut curve = auth.clone();
        let name = root_name();
        curve.roots = vec![Root { draft: root(&name, &keys.curve_root), only: Some(Kind::Auth) }];
        curve.leaf = auth_leaf(keys, &name, &keys.curve_root);
        curve.leaf.key_info = keys.curve_holder.info();
        curve.challenge.scheme = Scheme::EcdsaP384Sha384;
        curve.challenge.signature = Some(keys.curve_holder.sign(MESSAGE));
        let (chain, deep) = chains(keys, &auth);
        Self { auth, sign, curve, chain, deep, real_auth, real_sign }
    }
}
