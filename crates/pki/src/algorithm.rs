//! Algorithms as data: hashes, digests that say by which of them they were made, public keys, and
//! the table of signature algorithms that a certificate or a list may name. A new algorithm is a
//! row and an arm here; nothing else in the crate spells one.

use core::fmt;

use kazasu_tlv::{Element, Reader, Rules, der, tags};
use sha2::Digest as _;

#[cfg(feature = "p384")]
use crate::ecdsa::{self, P384PublicKey};
use crate::{
    backend::Backend,
    error::Error,
    oid,
    rsa::RsaPublicKey,
    scheme::{Scheme, digest_info},
};

/// The longest digest there is here, in octets.
const LONGEST: usize = if cfg!(feature = "p384") { 48 } else { 32 };

/// A hash function (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-256: everything that today's cards and authorities sign.
    Sha256,
    /// SHA-384, which goes with P-384.
    #[cfg(feature = "p384")]
    Sha384,
}

impl HashAlgorithm {
    /// How long its digests are, in octets.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            #[cfg(feature = "p384")]
            Self::Sha384 => 48,
        }
    }

    /// The word for machines: `sha256`, `sha384`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            #[cfg(feature = "p384")]
            Self::Sha384 => "sha384",
        }
    }
}

/// A digest, with the hash function that made it. Not a secret: comparing takes what time it takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: HashAlgorithm,
    /// Zeros after the digest, so that equal digests are equal.
    octets: [u8; LONGEST],
}

impl Digest {
    /// The digest of some octets.
    pub fn of(algorithm: HashAlgorithm, octets: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(octets);
        hasher.finish()
    }

    /// A SHA-256 digest that was computed elsewhere.
    pub const fn sha256(octets: [u8; 32]) -> Self {
        let mut all = [0; LONGEST];
        if let Some((first, _)) = all.split_first_chunk_mut() {
            *first = octets;
        }
        Self { algorithm: HashAlgorithm::Sha256, octets: all }
    }

    /// A SHA-384 digest that was computed elsewhere.
    #[cfg(feature = "p384")]
    pub const fn sha384(octets: [u8; 48]) -> Self {
        Self { algorithm: HashAlgorithm::Sha384, octets }
    }

    /// By which hash function.
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The digest itself, as long as its hash function says.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.algorithm.length()).unwrap_or_default()
    }

    /// The octets of a SHA-256 digest; `None` for any other.
    pub const fn as_sha256(&self) -> Option<&[u8; 32]> {
        match self.algorithm {
            HashAlgorithm::Sha256 => self.octets.first_chunk(),
            #[cfg(feature = "p384")]
            HashAlgorithm::Sha384 => None,
        }
    }

    /// The octets of a SHA-384 digest; `None` for any other.
    #[cfg(feature = "p384")]
    pub const fn as_sha384(&self) -> Option<&[u8; 48]> {
        match self.algorithm {
            HashAlgorithm::Sha256 => None,
            HashAlgorithm::Sha384 => Some(&self.octets),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm.as_str())?;
        f.write_str(":")?;
        self.octets().iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Digest {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}:{=[u8]:02x}", self.algorithm, self.octets());
    }
}

/// Computes a digest piece by piece, for a file that is larger than the buffer. Never allocates.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    #[cfg(feature = "p384")]
    Sha384(sha2::Sha384),
}

impl Hasher {
    /// Begins with nothing.
    pub fn new(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Sha256 => Self(State::Sha256(sha2::Sha256::new())),
            #[cfg(feature = "p384")]
            HashAlgorithm::Sha384 => Self(State::Sha384(sha2::Sha384::new())),
        }
    }

    /// Takes the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.0 {
            State::Sha256(hasher) => hasher.update(octets),
            #[cfg(feature = "p384")]
            State::Sha384(hasher) => hasher.update(octets),
        }
    }

    /// The digest of all of them.
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(hasher) => Digest::sha256(hasher.finalize().into()),
            #[cfg(feature = "p384")]
            State::Sha384(hasher) => Digest::sha384(hasher.finalize().into()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

/// A public key that is fit for use, borrowed from the certificate that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PublicKey<'a> {
    /// RSA: every card and every authority of today.
    Rsa(RsaPublicKey<'a>),
    /// ECDSA on P-384: the card of 2028.
    #[cfg(feature = "p384")]
    P384(P384PublicKey<'a>),
}

impl<'a> PublicKey<'a> {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
    ///
    /// # Errors
    /// For RSA (RFC 3279 section 2.3.1) [`Error::UnsupportedKey`] when the parameters are not NULL
    /// or the exponent is beyond 32 bits, and those of [`RsaPublicKey::new`]. For an elliptic
    /// curve (RFC 5480) [`Error::ExplicitCurve`], [`Error::UnsupportedCurve`], [`Error::Point`],
    /// and [`Error::P384Disabled`] without the feature `p384`. [`Error::UnsupportedKey`] for any
    /// other algorithm, [`Error::Malformed`].
    pub fn parse(info: &Element<'a>) -> Result<Self, Error> {
        let mut info = info.expect(tags::SEQUENCE)?.children()?;
        let mut algorithm = info.expect(tags::SEQUENCE)?.children()?;
        let bits = info.read()?;
        info.finish()?;
        match der::object_identifier(&algorithm.read()?)? {
            oid::RSA_ENCRYPTION => {
                der::null(&algorithm.read()?)?;
                algorithm.finish()?;
                rsa_key(&bits).map(Self::Rsa)
            }
            oid::EC_PUBLIC_KEY => {
                // RFC 5480 section 2.1.1: the curve is named, never described.
                let parameters = algorithm.read()?;
                algorithm.finish()?;
                if parameters.tag() != tags::OBJECT_IDENTIFIER {
                    return Err(Error::ExplicitCurve);
                }
                if der::object_identifier(&parameters)? != oid::SECP384R1 {
                    return Err(Error::UnsupportedCurve);
                }
                p384_key(whole_octets(&bits)?)
            }
            _ => Err(Error::UnsupportedKey),
        }
    }

    /// The key, if it is one of RSA.
    pub const fn rsa(&self) -> Option<&RsaPublicKey<'a>> {
        match self {
            Self::Rsa(key) => Some(key),
            #[cfg(feature = "p384")]
            Self::P384(_) => None,
        }
    }

    /// Its size in bits: of the modulus, or of the curve's field.
    pub fn bits(&self) -> usize {
        match self {
            Self::Rsa(key) => key.bits(),
            #[cfg(feature = "p384")]
            Self::P384(_) => 384,
        }
    }
}

#[cfg(feature = "p384")]
fn p384_key(point: &[u8]) -> Result<PublicKey<'_>, Error> {
    P384PublicKey::new(point).map(PublicKey::P384)
}

#[cfg(not(feature = "p384"))]
const fn p384_key(_: &[u8]) -> Result<PublicKey<'_>, Error> {
    Err(Error::P384Disabled)
}

/// `RSAPublicKey ::= SEQUENCE { modulus, publicExponent }` in its BIT STRING.
fn rsa_key<'a>(bits: &Element<'a>) -> Result<RsaPublicKey<'a>, Error> {
    whole_octets(bits)?;
    let (value_offset, octets) = (bits.value_offset().saturating_add(1), bits.value().get(1..));
    let mut key = Reader::within(octets.unwrap_or_default(), Rules::Der, value_offset);
    let sequence = key.expect(tags::SEQUENCE)?;
    key.finish()?;
    let mut numbers = sequence.children()?;
    let modulus = der::integer_unsigned(&numbers.read()?)?;
    let exponent = der::integer_unsigned(&numbers.read()?)?;
    numbers.finish()?;
    if exponent.len() > size_of::<u32>() {
        return Err(Error::UnsupportedKey);
    }
    let exponent = exponent.iter().fold(0, |number, octet| number << 8 | u32::from(*octet));
    RsaPublicKey::new(modulus, exponent)
}

/// A BIT STRING that holds octets, as keys and signatures do.
pub(crate) fn whole_octets<'a>(element: &Element<'a>) -> Result<&'a [u8], Error> {
    match der::bit_string(element)? {
        (0, octets) => Ok(octets),
        _ => Err(Error::Malformed(kazasu_tlv::Error {
            kind: kazasu_tlv::ErrorKind::InvalidContent,
            offset: element.offset(),
        })),
    }
}

/// How a certificate, a revocation list or an OCSP response is signed: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SignatureAlgorithm {
    /// The whole AlgorithmIdentifier. Parameters are part of it, so the bytes are compared.
    identifier: &'static [u8],
    scheme: Scheme,
}

/// ecdsa-with-SHA384 without parameters (RFC 5758 section 3.2), whole.
const ECDSA_WITH_SHA384: &[u8] =
    &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];

impl SignatureAlgorithm {
    /// sha256WithRSAEncryption with parameters NULL (RFC 4055 section 5).
    pub const SHA256_WITH_RSA: Self = Self {
        identifier: &[
            0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05,
            0x00,
        ],
        scheme: Scheme::Pkcs1v15Sha256,
    };

    /// ecdsa-with-SHA384 without parameters (RFC 5758 section 3.2), by a key on P-384.
    #[cfg(feature = "p384")]
    pub const ECDSA_WITH_SHA384: Self =
        Self { identifier: ECDSA_WITH_SHA384, scheme: Scheme::EcdsaP384Sha384 };

    /// Every one that is known. SHA-384 with RSA is not among them: nothing of the JPKI uses it.
    pub const ALL: &'static [Self] = &[
        Self::SHA256_WITH_RSA,
        #[cfg(feature = "p384")]
        Self::ECDSA_WITH_SHA384,
    ];

    /// The algorithm that an AlgorithmIdentifier (DER of the whole SEQUENCE) names.
    ///
    /// # Errors
    /// [`Error::UnsupportedAlgorithm`] for one that is not in the table, other parameters
    /// included; [`Error::P384Disabled`] for ecdsa-with-SHA384 without the feature `p384`.
    pub fn parse(identifier: &[u8]) -> Result<Self, Error> {
        let known = Self::ALL.iter().find(|known| known.identifier == identifier);
        match known {
            Some(known) => Ok(*known),
            None if identifier == ECDSA_WITH_SHA384 => Err(Error::P384Disabled),
            None => Err(Error::UnsupportedAlgorithm),
        }
    }

    /// The AlgorithmIdentifier: DER of the whole SEQUENCE.
    pub const fn identifier(&self) -> &'static [u8] {
        self.identifier
    }

    pub(crate) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The hash function over what is signed.
    pub const fn hash(&self) -> HashAlgorithm {
        self.scheme.hash()
    }

    /// Whether signatures by this algorithm are made with keys like this.
    pub(crate) const fn is_for(&self, key: &PublicKey<'_>) -> bool {
        match (self.scheme, key) {
            #[cfg(feature = "p384")]
            (Scheme::EcdsaP384Sha384 | Scheme::EcdsaP384Sha384Plain, key) => {
                matches!(key, PublicKey::P384(_))
            }
            (_, key) => matches!(key, PublicKey::Rsa(_)),
        }
    }
}

/// Checks the signature on anything that X.509 signs: a certificate, a list, a response.
/// `digest_of` gives the digest of the signed octets by the hash function that the algorithm names.
///
/// # Errors
/// Those of [`SignatureAlgorithm::parse`]; [`Error::BadSignature`], [`Error::SignatureEncoding`],
/// [`Error::KeyAlgorithm`], [`Error::KeyTooLong`].
pub(crate) fn verify_signed<B: Backend>(
    backend: &B,
    key: &PublicKey<'_>,
    algorithm_identifier: &[u8],
    digest_of: impl FnOnce(HashAlgorithm) -> Digest,
    signature: &[u8],
) -> Result<(), Error> {
    let algorithm = SignatureAlgorithm::parse(algorithm_identifier)?;
    let digest = digest_of(algorithm.hash());
    verify(backend, key, algorithm.scheme, &digest, signature)
}

/// The one place where keys, schemes and digests meet.
///
/// # Errors
/// As [`verify_signed`].
pub(crate) fn verify<B: Backend + ?Sized>(
    backend: &B,
    key: &PublicKey<'_>,
    scheme: Scheme,
    digest: &Digest,
    signature: &[u8],
) -> Result<(), Error> {
    let result = match (scheme, key) {
        (Scheme::Pkcs1v15Sha256, PublicKey::Rsa(key)) => {
            let digest = digest.as_sha256().ok_or(Error::KeyAlgorithm)?;
            backend.verify_pkcs1v15(key, &digest_info(digest), signature)
        }
        (Scheme::Pkcs1v15Sha256Bare, PublicKey::Rsa(key)) => {
            let digest = digest.as_sha256().ok_or(Error::KeyAlgorithm)?;
            backend.verify_pkcs1v15(key, digest, signature)
        }
        (Scheme::PssSha256, PublicKey::Rsa(key)) => {
            let digest = digest.as_sha256().ok_or(Error::KeyAlgorithm)?;
            backend.verify_pss_sha256(key, digest, signature)
        }
        #[cfg(feature = "p384")]
        (Scheme::EcdsaP384Sha384 | Scheme::EcdsaP384Sha384Plain, PublicKey::P384(key)) => {
            let digest = digest.as_sha384().ok_or(Error::KeyAlgorithm)?;
            let signature = match scheme {
                Scheme::EcdsaP384Sha384 => ecdsa::from_der(signature)?,
                _ => *<&ecdsa::Plain>::try_from(signature).map_err(|_| Error::SignatureEncoding)?,
            };
            backend.verify_ecdsa_p384(key, digest, &signature)
        }
        #[cfg(feature = "p384")]
        _ => return Err(Error::KeyAlgorithm),
    };
    result.map_err(|error| Error::from_backend(error, key.bits()))
}
