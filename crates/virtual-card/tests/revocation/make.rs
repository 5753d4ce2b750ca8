//! Lists and responses signed with the published test keys, every part of which a test can change.

use std::sync::OnceLock;

use kazasu_pki::{Anchor, Anchors, Certificate, Judged, Kind, Time, Validator};
use kazasu_virtual_card::{Card, CertificateKind, Date, Issue, root_certificate};
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};

pub(crate) const NOW: &str = "2026-11-21T00:30:00Z";

pub(crate) fn time(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

pub(crate) fn now() -> Time {
    time(NOW)
}

/// The two roots and a card's certificate under each, judged.
struct World {
    judged: [Judged<'static>; 2],
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let card = card("2030-06-15");
        World { judged: [judge(&card, Kind::Auth, now()), judge(&card, Kind::Sign, now())] }
    })
}

fn card(not_after: &str) -> Card {
    let mut issue = Issue::demonstration().seed(7);
    issue.issued = Date::parse("2026-01-01").unwrap();
    issue.not_after = Date::parse(not_after);
    Card::issue(issue).unwrap()
}

fn judge(card: &Card, kind: Kind, now: Time) -> Judged<'static> {
    let of_card = match kind {
        Kind::Auth => CertificateKind::Auth,
        Kind::Sign => CertificateKind::Sign,
    };
    let root: &'static [u8] = root_certificate(of_card).unwrap().leak();
    let anchors = Anchors::none().with(Anchor::virtual_card(root).unwrap()).unwrap();
    let anchors: &'static Anchors<'static> = Box::leak(Box::new(anchors));
    let certificate: &'static [u8] = card.certificate(of_card).unwrap().to_vec().leak();
    Validator::new(anchors).validate(certificate, kind, now).unwrap()
}

/// The 利用者証明用 certificate of a card.
pub(crate) fn holder() -> Judged<'static> {
    world().judged[0]
}

/// The 署名用 certificate of that card, by the other root.
pub(crate) fn signer() -> Judged<'static> {
    world().judged[1]
}

/// A 利用者証明用 certificate that ended on 2026-11-10 and is in its months of grace.
pub(crate) fn in_grace() -> Judged<'static> {
    judge(&card("2026-11-10"), Kind::Auth, now())
}

pub(crate) fn root() -> Certificate<'static> {
    static ROOT: OnceLock<Vec<u8>> = OnceLock::new();
    let root = ROOT.get_or_init(|| root_certificate(CertificateKind::Auth).unwrap());
    Certificate::parse(root).unwrap()
}

/// A published test key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) &'static str);

pub(crate) const ROOT: Key = Key("root-auth");
pub(crate) const OTHER: Key = Key("root-sign");
pub(crate) const RESPONDER: Key = Key("card-5");

impl Key {
    fn load(self) -> RsaPrivateKey {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/public-test-keys");
        let path = format!("{folder}/PUBLIC-TEST-KEY-{}.pkcs8.der", self.0);
        RsaPrivateKey::from_pkcs8_der(&std::fs::read(path).unwrap()).unwrap()
    }

    pub(crate) fn sign(self, octets: &[u8]) -> Vec<u8> {
        self.load().sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(octets)).unwrap()
    }

    fn info(self) -> Vec<u8> {
        self.load().to_public_key().to_public_key_der().unwrap().into_vec()
    }

    /// What stands in the subject key identifier of this key's certificates here.
    pub(crate) fn identifier(self) -> Vec<u8> {
        Sha256::digest(self.info())[..20].to_vec()
    }
}

/// One object.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut object = vec![tag];
    match length {
        [0, 0, 0, short @ 0..=0x7F] => object.push(short),
        [0, 0, 0, one] => object.extend([0x81, one]),
        [0, 0, two, one] => object.extend([0x82, two, one]),
        [0, three, two, one] => object.extend([0x83, three, two, one]),
        _ => panic!("too long"),
    }
    object.extend(content);
    object
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u32>().unwrap());
    let first = arcs.next().unwrap() * 40 + arcs.next().unwrap();
    let mut content = Vec::new();
    for arc in std::iter::once(first).chain(arcs) {
        let sevens: Vec<_> = (0..5).rev().map(|index| (arc >> (7 * index)) as u8 & 0x7F).collect();
        let zeros = sevens.iter().take(4).take_while(|seven| **seven == 0).count();
        let last = sevens.len() - 1;
        content.extend(sevens[zeros..last].iter().map(|seven| seven | 0x80));
        content.push(sevens[last]);
    }
    tlv(0x06, &content)
}

pub(crate) fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, format!("{text}Z").as_bytes())
}

pub(crate) fn generalized(text: &str) -> Vec<u8> {
    tlv(0x18, format!("{text}Z").as_bytes())
}

pub(crate) fn integer(magnitude: &[u8]) -> Vec<u8> {
    match magnitude.first() {
        Some(0x80..) => tlv(0x02, &[&[0], magnitude].concat()),
        _ => tlv(0x02, magnitude),
    }
}

pub(crate) fn extension(identifier: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xFF] } else { &[] };
    sequence(&[&oid(identifier), critical, &tlv(0x04, value)])
}

pub(crate) fn sha256_with_rsa() -> Vec<u8> {
    sequence(&[&oid("1.2.840.113549.1.1.11"), &[0x05, 0x00]])
}

fn bits(octets: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], octets].concat())
}

/// `signed, algorithm, signature` in a SEQUENCE.
fn signed(tbs: &[u8], algorithm: &[u8], key: Key, more: &[u8]) -> Vec<u8> {
    sequence(&[tbs, algorithm, &bits(&key.sign(tbs)), more])
}

/// The distribution point name of the certificate: `[0] fullName { directoryName }`.
pub(crate) fn point_name() -> Vec<u8> {
    let judged = holder();
    let identifier = &oid("2.5.29.31")[2..];
    let points = judged.certificate().extension(identifier).unwrap();
    // SEQUENCE OF { SEQUENCE { [0] { name } } }
    let mut reader = kazasu_tlv::Reader::new(points.value(), kazasu_tlv::Rules::Der);
    let list = reader.read().unwrap();
    let point = list.children().unwrap().read().unwrap();
    let name = point.children().unwrap().read().unwrap();
    assert_eq!(name.raw()[0], 0xA0);
    name.raw().to_vec()
}

pub(crate) fn authority_key() -> Vec<u8> {
    let identifier = root().subject_key_identifier().unwrap().unwrap();
    extension("2.5.29.35", false, &sequence(&[&tlv(0x80, identifier)]))
}

pub(crate) fn number(magnitude: &[u8]) -> Vec<u8> {
    extension("2.5.29.20", false, &integer(magnitude))
}

pub(crate) fn issuing_point(fields: &[&[u8]]) -> Vec<u8> {
    extension("2.5.29.28", true, &sequence(fields))
}

pub(crate) fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions =
        if extensions.is_empty() { Vec::new() } else { tlv(0x30, &extensions.concat()) };
    sequence(&[&integer(serial), &utc("261001000000"), &extensions])
}

/// A list, right in everything until a test changes it.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) version: Vec<u8>,
    pub(crate) inner: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) this_update: Vec<u8>,
    pub(crate) next_update: Vec<u8>,
    pub(crate) entries: Option<Vec<Vec<u8>>>,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) outer: Vec<u8>,
    pub(crate) key: Key,
}

impl List {
    /// With somebody else's certificates on it.
    pub(crate) fn new() -> Self {
        Self {
            version: integer(&[1]),
            inner: sha256_with_rsa(),
            issuer: root().subject().raw().to_vec(),
            this_update: utc("261120150000"),
            next_update: utc("261121150000"),
            entries: Some(vec![entry(&[1], &[]), entry(&[0x7F, 2, 3], &[reason(4)])]),
            extensions: vec![
                authority_key(),
                number(&[0x01, 0x02]),
                issuing_point(&[&point_name(), &tlv(0x81, &[0xFF])]),
            ],
            outer: sha256_with_rsa(),
            key: ROOT,
        }
    }

    /// The same with an entry of the holder's at the end.
    pub(crate) fn revoking(extensions: &[Vec<u8>]) -> Self {
        let mut list = Self::new();
        let serial = holder().certificate().serial().to_vec();
        list.entries.as_mut().unwrap().push(entry(&serial, extensions));
        list
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let entries = self.entries.as_ref().map(|entries| tlv(0x30, &entries.concat()));
        let extensions = if self.extensions.is_empty() {
            Vec::new()
        } else {
            tlv(0xA0, &tlv(0x30, &self.extensions.concat()))
        };
        let tbs = sequence(&[
            &self.version,
            &self.inner,
            &self.issuer,
            &self.this_update,
            &self.next_update,
            &entries.unwrap_or_default(),
            &extensions,
        ]);
        signed(&tbs, &self.outer, self.key, &[])
    }
}

pub(crate) fn reason(code: u8) -> Vec<u8> {
    extension("2.5.29.21", false, &[0x0A, 1, code])
}

/// A certificate of a responder, right in everything until a test changes it.
pub(crate) struct Delegate {
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) key: Key,
    pub(crate) algorithm: Vec<u8>,
}

pub(crate) fn responder_name() -> Vec<u8> {
    let text = tlv(0x0C, b"RESPONDER - NOT A REAL ONE");
    sequence(&[&tlv(0x31, &sequence(&[&oid("2.5.4.3"), &text]))])
}

pub(crate) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

pub(crate) fn purpose(identifier: &str) -> Vec<u8> {
    extension("2.5.29.37", false, &sequence(&[&oid(identifier)]))
}

pub(crate) fn no_check() -> Vec<u8> {
    extension("1.3.6.1.5.5.7.48.1.5", false, &[0x05, 0x00])
}

impl Delegate {
    pub(crate) fn new() -> Self {
        Self {
            issuer: root().subject().raw().to_vec(),
            not_before: utc("260101000000"),
            not_after: utc("270101000000"),
            extensions: vec![
                extension("2.5.29.15", true, &[0x03, 2, 7, 0x80]),
                purpose(OCSP_SIGNING),
                no_check(),
                authority_key(),
                extension("2.5.29.14", false, &tlv(0x04, &RESPONDER.identifier())),
            ],
            key: ROOT,
            algorithm: sha256_with_rsa(),
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let tbs = sequence(&[
            &tlv(0xA0, &integer(&[2])),
            &integer(&[0x11]),
            &self.algorithm,
            &self.issuer,
            &sequence(&[&self.not_before, &self.not_after]),
            &responder_name(),
            &RESPONDER.info(),
            &tlv(0xA3, &tlv(0x30, &self.extensions.concat())),
        ]);
        signed(&tbs, &sha256_with_rsa(), self.key, &[])
    }
}

/// One answer of a response.
#[derive(Clone)]
pub(crate) struct Single {
    pub(crate) algorithm: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) status: Vec<u8>,
    pub(crate) this_update: Vec<u8>,
    pub(crate) next_update: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Single {
    pub(crate) fn new(judged: &Judged<'_>) -> Self {
        let key = rsa::RsaPublicKey::from(&ROOT.load());
        let key = rsa::pkcs1::EncodeRsaPublicKey::to_pkcs1_der(&key).unwrap();
        Self {
            algorithm: sequence(&[&oid("2.16.840.1.101.3.4.2.1")]),
            name: Sha256::digest(root().subject().raw()).to_vec(),
            key: Sha256::digest(key.as_bytes()).to_vec(),
            serial: judged.certificate().serial().to_vec(),
            status: vec![0x80, 0],
            this_update: generalized("20261120150000"),
            next_update: tlv(0xA0, &generalized("20261121150000")),
            extensions: Vec::new(),
        }
    }

    fn der(&self) -> Vec<u8> {
        let id = sequence(&[
            &self.algorithm,
            &tlv(0x04, &self.name),
            &tlv(0x04, &self.key),
            &integer(&self.serial),
        ]);
        let extensions = explicit_extensions(&self.extensions);
        sequence(&[&id, &self.status, &self.this_update, &self.next_update, &extensions])
    }
}

fn explicit_extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    if extensions.is_empty() { Vec::new() } else { tlv(0xA1, &tlv(0x30, &extensions.concat())) }
}

pub(crate) const NONCE: [u8; 32] = [0xA5; 32];

pub(crate) fn nonce(octets: &[u8]) -> Vec<u8> {
    extension("1.3.6.1.5.5.7.48.1.2", false, &tlv(0x04, octets))
}

/// A response, right in everything until a test changes it: by a delegated responder, named by
/// name, to a request with [`NONCE`].
pub(crate) struct Response {
    pub(crate) status: u8,
    pub(crate) kind: String,
    pub(crate) version: Vec<u8>,
    pub(crate) responder: Vec<u8>,
    pub(crate) produced_at: Vec<u8>,
    pub(crate) singles: Vec<Single>,
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) key: Key,
    pub(crate) certificates: Vec<Vec<u8>>,
}

impl Response {
    pub(crate) fn new() -> Self {
        Self::about(&holder())
    }

    pub(crate) fn about(judged: &Judged<'_>) -> Self {
        Self {
            status: 0,
            kind: "1.3.6.1.5.5.7.48.1.1".to_owned(),
            version: Vec::new(),
            responder: tlv(0xA1, &responder_name()),
            produced_at: generalized("20261121000000"),
            singles: vec![Single::new(judged)],
            extensions: vec![nonce(&NONCE)],
            algorithm: sha256_with_rsa(),
            key: RESPONDER,
            certificates: vec![Delegate::new().der()],
        }
    }

    /// Signed by the authority itself, without any certificate.
    pub(crate) fn by_root() -> Self {
        Self {
            responder: tlv(0xA1, root().subject().raw()),
            key: ROOT,
            certificates: Vec::new(),
            ..Self::new()
        }
    }

    pub(crate) fn with_delegate(delegate: &Delegate) -> Self {
        Self { certificates: vec![delegate.der()], ..Self::new() }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        if self.status != 0 {
            return sequence(&[&[0x0A, 1, self.status]]);
        }
        let singles: Vec<_> = self.singles.iter().flat_map(Single::der).collect();
        let extensions = explicit_extensions(&self.extensions);
        let tbs = sequence(&[
            &self.version,
            &self.responder,
            &self.produced_at,
            &tlv(0x30, &singles),
            &extensions,
        ]);
        let certificates = if self.certificates.is_empty() {
            Vec::new()
        } else {
            tlv(0xA0, &tlv(0x30, &self.certificates.concat()))
        };
        let basic = signed(&tbs, &self.algorithm, self.key, &certificates);
        let bytes = sequence(&[&oid(&self.kind), &tlv(0x04, &basic)]);
        sequence(&[&[0x0A, 1, 0], &tlv(0xA0, &bytes)])
    }
}
