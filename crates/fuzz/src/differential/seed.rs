//! Certificates to begin with, and the key of the root, with which changed ones are signed again.
//! The key is a published test key of the virtual card.

use kazasu_pki::Kind;
use ring::{rand::SystemRandom, signature};
use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::node::{Body, Node};

macro_rules! pki {
    ($name:literal) => {
        include_bytes!(concat!("../../../pki/", $name))
    };
}

const ROOT_KEY: &[u8] = include_bytes!(
    "../../../virtual-card/data/public-test-keys/PUBLIC-TEST-KEY-root-auth.pkcs8.der"
);
/// Of the authority between root and holder.
const AUTHORITY_KEY: &[u8] = include_bytes!(
    "../../../virtual-card/data/public-test-keys/PUBLIC-TEST-KEY-root-sign.pkcs8.der"
);
const ROOT: &[u8] = pki!("tests/data/generated/root.der");
const AUTH: &[u8] = pki!("tests/data/generated/auth.der");
const SIGN: &[u8] = pki!("tests/data/generated/sign.der");
const ATTRIBUTES: &[u8] = pki!("tests/data/generated/attributes.der");
const REAL_AUTH: &[u8] = pki!("tests/data/test-card/jpki-auth-cert.der");
const REAL_SIGN: &[u8] = pki!("tests/data/test-card/jpki-sign-cert.der");
const REAL_AUTH_ROOT: &[u8] = pki!("data/roots/test/authca-test-2023.cer");
const REAL_SIGN_ROOT: &[u8] = pki!("data/roots/test/signca-test-2024.cer");

/// id-ce-certificatePolicies, id-ce-authorityKeyIdentifier (content octets).
pub(super) const POLICIES: &[u8] = &[0x55, 0x1D, 0x20];
const AUTHORITY: &[u8] = &[0x55, 0x1D, 0x23];
const SUBJECT_KEY: &[u8] = &[0x55, 0x1D, 0x0E];
/// anyPolicy as CertificatePolicies.
const ANY_POLICY: &[u8] = &[0x30, 0x08, 0x30, 0x06, 0x06, 0x04, 0x55, 0x1D, 0x20, 0x00];

/// The fields of a TBSCertificate with an explicit version.
pub(super) const VALIDITY: usize = 4;
const ISSUER: usize = 3;
const SUBJECT: usize = 5;
pub(super) const KEY_INFO: usize = 6;
const EXTENSIONS: usize = 7;

/// A certificate to begin with.
pub(super) struct Seed {
    pub(super) tree: Node,
    pub(super) kind: Kind,
    /// A real certificate: nobody here has the key that it was signed with.
    pub(super) real: bool,
}

/// All of them.
pub struct Seeds {
    pub(super) all: Vec<Seed>,
    /// Certificates to take parts from.
    pub(super) donors: Vec<Node>,
    root: Vec<u8>,
    anchors: [Vec<TrustAnchor<'static>>; 2],
    key: signature::RsaKeyPair,
    authority: Node,
    authority_key: signature::RsaKeyPair,
}

impl Seeds {
    /// Reads and signs them. `None` when a committed file is not what it should be.
    pub fn new() -> Option<Self> {
        let key = signature::RsaKeyPair::from_pkcs8(ROOT_KEY).ok()?;
        let mut root = Node::parse(ROOT)?;
        put_key(&mut root, &key)?;
        sign(&key, &mut root);
        let root_der = root.encode();

        let own = [(AUTH, Kind::Auth), (SIGN, Kind::Sign), (ATTRIBUTES, Kind::Sign)];
        let real = [(REAL_AUTH, Kind::Auth), (REAL_SIGN, Kind::Sign)];
        let identifier = extension(&Node::parse(AUTH)?, AUTHORITY)?.clone();
        let authority_key = signature::RsaKeyPair::from_pkcs8(AUTHORITY_KEY).ok()?;
        let mut authority = root.clone();
        put_key(&mut authority, &authority_key)?;
        // Some name and some identifier, as long as they are not the root's.
        *authority.at_mut(&[0, SUBJECT])? = Node::parse(SIGN)?.at(&[0, ISSUER])?.clone();
        let name = authority.at_mut(&[0, SUBJECT, 0, 0, 1])?;
        *name = Node::new(0x13, b"JQ");
        *extension_mut(&mut authority, SUBJECT_KEY)?.nodes_mut()?.last_mut()? =
            Node::new(0x04, &[&[0x04, 0x14], &AUTHORITY_IDENTIFIER[..]].concat());
        let list = authority.at_mut(&[0, EXTENSIONS, 0])?.nodes_mut()?;
        let mut policies = extension(&Node::parse(AUTH)?, POLICIES)?.clone();
        policies.nodes_mut()?.retain(|node| node.tag == 0x06);
        let any = Node {
            tag: 0x04,
            body: Body::Nodes(vec![], vec![Node::parse(ANY_POLICY)?]),
            long_length: false,
        };
        policies.nodes_mut()?.push(any);
        list.extend([identifier.clone(), policies]);
        sign(&key, &mut authority);
        let mut all = Vec::new();
        for (der, kind) in own.into_iter().chain(real) {
            let mut tree = Node::parse(der)?;
            *tree.at_mut(&[0, ISSUER])? = root.at(&[0, SUBJECT])?.clone();
            *extension_mut(&mut tree, AUTHORITY)? = identifier.clone();
            sign(&key, &mut tree);
            // The other judge refuses every certificate whose policies are critical, as those of
            // the JPKI are. So that it gets further, most are made without.
            for critical in [false, true] {
                let policies = extension_mut(&mut tree, POLICIES)?.nodes_mut()?;
                policies.retain(|node| node.tag != 0x01);
                if critical {
                    policies.insert(1, Node::new(0x01, &[0xFF]));
                }
                sign(&key, &mut tree);
                all.push(Seed { tree: tree.clone(), kind, real: false });
            }
        }
        for (der, kind) in real {
            all.push(Seed { tree: Node::parse(der)?, kind, real: true });
        }
        let mut donors: Vec<Node> = all.iter().map(|seed| seed.tree.clone()).collect();
        donors.push(authority.clone());
        for der in [&root_der[..], REAL_AUTH_ROOT, REAL_SIGN_ROOT] {
            donors.push(Node::parse(der)?);
        }
        let anchors = [REAL_AUTH_ROOT, REAL_SIGN_ROOT].map(|real| {
            let anchor = |der: &[u8]| {
                let der = CertificateDer::from_slice(der);
                Some(webpki::anchor_from_trusted_cert(&der).ok()?.to_owned())
            };
            [&root_der[..], real].into_iter().filter_map(anchor).collect()
        });
        Some(Self { all, donors, root: root_der, anchors, key, authority, authority_key })
    }

    /// The root that signs.
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    /// For the other judge: this root, and the test root that speaks for the kind.
    pub(super) fn anchors(&self, kind: Kind) -> &[TrustAnchor<'static>] {
        let [auth, sign] = &self.anchors;
        if kind == Kind::Auth { auth } else { sign }
    }

    /// Lets the root sign what stands there now.
    pub(super) fn sign(&self, certificate: &mut Node) {
        sign(&self.key, certificate);
    }

    /// Lets the authority between root and holder sign it.
    pub(super) fn sign_below(&self, certificate: &mut Node) {
        sign(&self.authority_key, certificate);
    }

    /// That authority, and the holder's certificate moved below it. `None` when it has lost what
    /// that needs.
    pub(super) fn move_below(&self, holder: &mut Node) -> Option<Node> {
        *holder.at_mut(&[0, ISSUER])? = self.authority.at(&[0, SUBJECT])?.clone();
        let value = [&[0x30, 0x16, 0x80, 0x14], &AUTHORITY_IDENTIFIER[..]].concat();
        *extension_mut(holder, AUTHORITY)?.nodes_mut()?.last_mut()? = Node {
            tag: 0x04,
            body: Body::Nodes(vec![], vec![Node::parse(&value)?]),
            long_length: false,
        };
        Some(self.authority.clone())
    }
}

impl std::fmt::Debug for Seeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seeds").field("count", &self.all.len()).finish_non_exhaustive()
    }
}

/// The identifier of the authority's key.
const AUTHORITY_IDENTIFIER: [u8; 20] = [0xA5; 20];

fn put_key(certificate: &mut Node, key: &signature::RsaKeyPair) -> Option<()> {
    let public = Node::parse(key.public().as_ref())?;
    *certificate.at_mut(&[0, KEY_INFO, 1])? =
        Node { tag: 0x03, body: Body::Nodes(vec![0], vec![public]), long_length: false };
    Some(())
}

/// RSASSA-PKCS1-v1_5 with SHA-256 over the first field, into the third.
fn sign(key: &signature::RsaKeyPair, certificate: &mut Node) {
    let Some(tbs) = certificate.at(&[0]).map(Node::encode) else { return };
    let mut octets = vec![0; key.public().modulus_len()];
    let scheme = &signature::RSA_PKCS1_SHA256;
    if key.sign(scheme, &SystemRandom::new(), &tbs, &mut octets).is_ok()
        && let Some(place) = certificate.at_mut(&[2])
    {
        octets.insert(0, 0);
        *place = Node::new(0x03, &octets);
    }
}

/// The list of extensions of a certificate.
pub(super) fn extensions(certificate: &Node) -> &[Node] {
    certificate.at(&[0, EXTENSIONS, 0]).map(Node::nodes).unwrap_or_default()
}

fn extension<'n>(certificate: &'n Node, identifier: &[u8]) -> Option<&'n Node> {
    extensions(certificate).iter().find(|it| is(it, identifier))
}

fn extension_mut<'n>(certificate: &'n mut Node, identifier: &[u8]) -> Option<&'n mut Node> {
    let list = certificate.at_mut(&[0, EXTENSIONS, 0])?.nodes_mut()?;
    list.iter_mut().find(|it| is(it, identifier))
}

fn is(extension: &Node, identifier: &[u8]) -> bool {
    extension.nodes().first().is_some_and(|first| first.content() == identifier)
}
