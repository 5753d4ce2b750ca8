//! What a holder's certificate of each kind must say, and by which algorithms it and the
//! authorities above it may be signed: a table of data by hierarchy and kind. Nothing here reads a
//! certificate.

use crate::{
    Kind,
    algorithm::{PublicKey, SignatureAlgorithm},
    anchor::Hierarchy,
    error::Error,
    extension::KeyUsage,
    oid,
    rsa::MIN_MODULUS_BITS,
};

/// What certificates of one kind must be like under a root. The built-in roots have theirs
/// (`docs/card-facts.md` §5.2); a root that the caller brings may be given another, because the
/// policies of the next card are not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    policies: &'a [&'a [u8]],
    required_uses: KeyUsage,
    forbidden_uses: KeyUsage,
    purpose: Option<&'a [u8]>,
    algorithms: &'a [SignatureAlgorithm],
    minimum_modulus_bits: usize,
}

const NOT_A_HOLDERS: KeyUsage = KeyUsage::KEY_CERT_SIGN.union(KeyUsage::CRL_SIGN);

/// Key usage and purpose of 利用者証明用, which are the same under every root.
const AUTH: Profile<'static> = Profile {
    policies: &[oid::AUTH_POLICY, oid::AUTH_TEST_POLICY],
    required_uses: KeyUsage::DIGITAL_SIGNATURE,
    forbidden_uses: NOT_A_HOLDERS.union(KeyUsage::NON_REPUDIATION),
    purpose: Some(oid::CLIENT_AUTH),
    algorithms: SignatureAlgorithm::ALL,
    minimum_modulus_bits: MIN_MODULUS_BITS,
};

/// The same of 署名用.
const SIGN: Profile<'static> = Profile {
    policies: &[oid::SIGN_POLICY, oid::SIGN_TEST_POLICY],
    required_uses: KeyUsage::DIGITAL_SIGNATURE.union(KeyUsage::NON_REPUDIATION),
    forbidden_uses: NOT_A_HOLDERS,
    purpose: None,
    ..AUTH
};

/// What the authorities of the JPKI sign with today.
const TODAY: &[SignatureAlgorithm] = &[SignatureAlgorithm::SHA256_WITH_RSA];

/// Hierarchy, 利用者証明用, 署名用. A root that somebody brings has [`Profile::new`].
static BUILT_IN: [(Hierarchy, Profile<'static>, Profile<'static>); 2] = [
    (
        Hierarchy::Production,
        Profile { policies: &[oid::AUTH_POLICY], algorithms: TODAY, ..AUTH },
        Profile { policies: &[oid::SIGN_POLICY], algorithms: TODAY, ..SIGN },
    ),
    (
        Hierarchy::Test,
        Profile { policies: &[oid::AUTH_TEST_POLICY], algorithms: TODAY, ..AUTH },
        Profile { policies: &[oid::SIGN_TEST_POLICY], algorithms: TODAY, ..SIGN },
    ),
];

static BROUGHT_AUTH: Profile<'static> = AUTH;
static BROUGHT_SIGN: Profile<'static> = SIGN;

impl Profile<'static> {
    /// The profile of the JPKI for a kind, with the policies of its production and its test
    /// hierarchy and every algorithm that this build knows: what a root that the caller brings has
    /// unless it is given another.
    pub const fn new(kind: Kind) -> Self {
        match kind {
            Kind::Auth => AUTH,
            Kind::Sign => SIGN,
        }
    }

    pub(crate) fn of(hierarchy: Hierarchy, kind: Kind) -> &'static Self {
        let row = BUILT_IN.iter().find(|(of, ..)| *of == hierarchy);
        match (row, kind) {
            (Some((_, auth, _)), Kind::Auth) => auth,
            (Some((_, _, sign)), Kind::Sign) => sign,
            (None, Kind::Auth) => &BROUGHT_AUTH,
            (None, Kind::Sign) => &BROUGHT_SIGN,
        }
    }
}

impl<'a> Profile<'a> {
    /// The same with other policies, any one of which is needed: content octets of OBJECT
    /// IDENTIFIERs.
    #[must_use]
    pub const fn with_policies(self, policies: &'a [&'a [u8]]) -> Self {
        Self { policies, ..self }
    }

    /// The same with another key usage: all of `required`, and nothing of `forbidden`.
    #[must_use]
    pub const fn with_key_usage(self, required: KeyUsage, forbidden: KeyUsage) -> Self {
        Self { required_uses: required, forbidden_uses: forbidden, ..self }
    }

    /// The same with another extended key usage, which is needed, or with `None`, and then there
    /// must not be any: content octets of an OBJECT IDENTIFIER.
    #[must_use]
    pub const fn with_purpose(self, purpose: Option<&'a [u8]>) -> Self {
        Self { purpose, ..self }
    }

    /// The same with other algorithms. Every certificate of the path must be signed by one of
    /// them, and every key of the path be a key for one of them.
    #[must_use]
    pub const fn with_algorithms(self, algorithms: &'a [SignatureAlgorithm]) -> Self {
        Self { algorithms, ..self }
    }

    /// The same with longer RSA keys needed. Below 2048 bits none is ever accepted.
    #[must_use]
    pub const fn with_minimum_modulus_bits(self, bits: usize) -> Self {
        Self { minimum_modulus_bits: bits, ..self }
    }

    /// The policies, any one of which is needed.
    pub const fn policies(&self) -> &'a [&'a [u8]] {
        self.policies
    }

    pub(crate) const fn purpose(&self) -> Option<&'a [u8]> {
        self.purpose
    }

    pub(crate) const fn allows_uses(&self, uses: KeyUsage) -> bool {
        uses.contains(self.required_uses) && !uses.intersects(self.forbidden_uses)
    }

    /// Whether a certificate may be signed by this algorithm.
    pub(crate) fn allows_algorithm(&self, identifier: &[u8]) -> bool {
        self.algorithms.iter().any(|allowed| allowed.identifier() == identifier)
    }

    /// Whether a key of the path may be this one.
    pub(crate) fn check_key(&self, key: &PublicKey<'_>) -> Result<(), Error> {
        if !self.algorithms.iter().any(|algorithm| algorithm.is_for(key)) {
            return Err(Error::UnsupportedKey);
        }
        match key.rsa().map(|key| key.bits()) {
            Some(bits) if bits < self.minimum_modulus_bits => Err(Error::WeakKey { bits }),
            _ => Ok(()),
        }
    }
}
