//! Who verifies: OpenSSL first, because the others are given as parts of its speed.

#[cfg(feature = "ring")]
use kazasu::pki::PublicKey;
use kazasu::pki::{
    Anchor, Anchors, Backend, Certificate, Digest, Kind, Scheme, Time, Validator,
    rsa::{Alloc, Fixed},
    sha256, verify_signature_only,
};
#[cfg(feature = "aws-lc-rs")]
use kazasu::pki::{BackendError, rsa::RsaPublicKey};
use kazasu_benches::{timing::Way, work::AnyError};
use openssl::{
    hash::MessageDigest,
    sign::Verifier,
    stack::Stack,
    x509::{
        X509, X509StoreContext,
        store::{X509Store, X509StoreBuilder},
        verify::X509VerifyParam,
    },
};

const ROOT: &[u8] = include_bytes!("../../../crates/pki/tests/data/generated/root.der");
const CERTIFICATE: &[u8] = include_bytes!("../../../crates/pki/tests/data/generated/auth.der");
const CHALLENGE: &[u8] = include_bytes!("../../../crates/pki/tests/data/generated/message.txt");
const SIGNATURE: &[u8] = include_bytes!("../../../crates/pki/tests/data/generated/pkcs1.sig");

/// A clock within the certificate's validity: 21 November 2026.
const NOW: u32 = 1_795_219_200;

/// What a relying party gets from a terminal.
pub(crate) struct Input {
    certificate: Vec<u8>,
    signature: Vec<u8>,
    /// Whether only the chain is wrong, which a look at the challenge alone cannot see.
    chain_only: bool,
}

impl Input {
    pub(crate) fn right() -> Self {
        let (certificate, signature) = (CERTIFICATE.to_vec(), SIGNATURE.to_vec());
        Self { certificate, signature, chain_only: false }
    }

    /// One bit of the issuer's signature wrong, and one of the card's.
    pub(crate) fn wrong() -> [Self; 2] {
        let flip = |octets: &mut Vec<u8>| octets.last_mut().map(|last| *last ^= 1);
        let (mut chain, mut challenge) = (Self::right(), Self::right());
        chain.chain_only = true;
        flip(&mut chain.certificate);
        flip(&mut challenge.signature);
        [chain, challenge]
    }
}

type Ways = Vec<Way<'static, Input>>;

/// The challenge's signature alone. The key comes out of the certificate each time.
pub(crate) fn signature() -> Result<Ways, AnyError> {
    // The fastest that OpenSSL can be: a server rarely has the key before the certificate.
    let prepared = X509::from_der(CERTIFICATE)?.public_key()?;
    let mut ways: Ways = vec![
        Way {
            name: "OpenSSL, key prepared",
            accepts: Box::new(move |input| {
                let verifier = Verifier::new(MessageDigest::sha256(), &prepared);
                verifier
                    .and_then(|mut it| it.verify_oneshot(&input.signature, CHALLENGE))
                    .is_ok_and(|it| it)
            }),
        },
        Way { name: "OpenSSL", accepts: Box::new(|input| openssl_signature(input).is_ok()) },
        Way { name: "kazasu, rsa::Fixed (no heap)", accepts: one(Fixed::new()) },
        Way { name: "kazasu, rsa::Alloc", accepts: one(Alloc) },
    ];
    #[cfg(feature = "ring")]
    ways.push(Way {
        name: "ring",
        accepts: Box::new(|input| {
            let Ok(certificate) = Certificate::parse(&input.certificate) else { return false };
            let Ok(PublicKey::Rsa(key)) = certificate.public_key() else { return false };
            let exponent = key.exponent().to_be_bytes();
            let first = exponent.iter().take_while(|octet| **octet == 0).count();
            let key =
                ring::signature::RsaPublicKeyComponents { n: key.modulus(), e: &exponent[first..] };
            let scheme = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
            key.verify(scheme, CHALLENGE, &input.signature).is_ok()
        }),
    });
    #[cfg(feature = "aws-lc-rs")]
    ways.push(Way {
        name: "aws-lc-rs",
        accepts: Box::new(|input| {
            use aws_lc_rs::{digest, signature};
            let Ok(certificate) = Certificate::parse(&input.certificate) else { return false };
            let Ok(digest) = digest::Digest::import_less_safe(&sha256(CHALLENGE), &digest::SHA256)
            else {
                return false;
            };
            // The digest, as a back end of ours would be given it.
            signature::UnparsedPublicKey::new(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                certificate.subject_public_key_info(),
            )
            .verify_digest(&digest, &input.signature)
            .is_ok()
        }),
    });
    // A wrong chain is not seen here.
    for way in &mut ways {
        let accepts = std::mem::replace(&mut way.accepts, Box::new(|_| false));
        way.accepts = Box::new(move |input| !input.chain_only && accepts(input));
    }
    Ok(ways)
}

/// The whole work.
pub(crate) fn chain_and_challenge() -> Result<Ways, AnyError> {
    let store = store()?;
    let anchors: &'static Anchors<'static> =
        Box::leak(Box::new(Anchors::none().with(Anchor::custom(ROOT)?)?));
    let validator = Validator::new(anchors);
    let ways: Ways = vec![
        Way {
            name: "OpenSSL, X509_verify_cert",
            accepts: Box::new(move |input| openssl_whole(&store, input).is_ok_and(|it| it)),
        },
        Way { name: "kazasu, rsa::Fixed (no heap)", accepts: whole(validator) },
        Way { name: "kazasu, rsa::Alloc", accepts: whole(validator.with_backend(Alloc)) },
        #[cfg(feature = "aws-lc-rs")]
        Way {
            name: "kazasu, aws-lc-rs as a back end",
            accepts: whole(validator.with_backend(AwsLc)),
        },
    ];
    Ok(ways)
}

fn one(backend: impl Backend + 'static) -> Box<dyn Fn(&Input) -> bool> {
    Box::new(move |input| {
        let scheme = Scheme::Pkcs1v15Sha256;
        Certificate::parse(&input.certificate).is_ok_and(|certificate| {
            let digest = Digest::sha256(sha256(CHALLENGE));
            verify_signature_only(&backend, &certificate, scheme, &digest, &input.signature).is_ok()
        })
    })
}

fn whole<B: Backend + 'static>(validator: Validator<'static, B>) -> Box<dyn Fn(&Input) -> bool> {
    let (now, scheme) = (Time::from_unix(i64::from(NOW)), Scheme::Pkcs1v15Sha256);
    Box::new(move |input| {
        let judged = validator.validate(&input.certificate, Kind::Auth, now);
        judged.is_ok_and(|judged| {
            validator.verify_challenge(&judged, scheme, CHALLENGE, &input.signature).is_ok()
        })
    })
}

fn store() -> Result<X509Store, AnyError> {
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(X509::from_der(ROOT)?)?;
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_time(NOW.into());
    store.set_param(&parameters)?;
    Ok(store.build())
}

fn openssl_whole(store: &X509Store, input: &Input) -> Result<bool, AnyError> {
    let certificate = X509::from_der(&input.certificate)?;
    let mut context = X509StoreContext::new()?;
    let chain = Stack::new()?;
    if !context.init(store, &certificate, &chain, |context| context.verify_cert())? {
        return Ok(false);
    }
    openssl_challenge(&certificate, input)
}

fn openssl_signature(input: &Input) -> Result<(), AnyError> {
    let certificate = X509::from_der(&input.certificate)?;
    if openssl_challenge(&certificate, input)? { Ok(()) } else { Err("mismatch".into()) }
}

fn openssl_challenge(certificate: &X509, input: &Input) -> Result<bool, AnyError> {
    let key = certificate.public_key()?;
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key)?;
    Ok(verifier.verify_oneshot(&input.signature, CHALLENGE)?)
}

/// A back end as it would be. `ring` cannot be one: it takes messages only, and a back end is given
/// the encoded digest.
#[cfg(feature = "aws-lc-rs")]
#[derive(Clone, Copy)]
struct AwsLc;

#[cfg(feature = "aws-lc-rs")]
impl Backend for AwsLc {
    fn verify_pkcs1v15(
        &self,
        key: &RsaPublicKey<'_>,
        content: &[u8],
        octets: &[u8],
    ) -> Result<(), BackendError> {
        use aws_lc_rs::{digest, signature};
        let (prefix, digest) = content.split_last_chunk::<32>().ok_or(BackendError::Mismatch)?;
        if !kazasu::pki::digest_info(digest).starts_with(prefix) || prefix.len() != 19 {
            return Err(BackendError::Mismatch);
        }
        let digest = digest::Digest::import_less_safe(digest, &digest::SHA256)
            .map_err(|_| BackendError::Mismatch)?;
        let integer = |octets: &[u8]| {
            let length = u16::try_from(octets.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
            [&[0x02, 0x82], &length[..], &[0x00], octets].concat()
        };
        // Lengths of two octets throughout; AWS-LC wants DER, so the exponent's is its own.
        let exponent = key.exponent().to_be_bytes();
        let exponent = exponent.get(1..).unwrap_or_default();
        let mut numbers = integer(key.modulus());
        numbers.extend([0x02, 0x03]);
        numbers.extend(exponent);
        let length = u16::try_from(numbers.len()).unwrap_or(u16::MAX).to_be_bytes();
        let der = [&[0x30, 0x82], &length[..], &numbers].concat();
        signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, der)
            .verify_digest(&digest, octets)
            .map_err(|_| BackendError::Mismatch)
    }

    /// Not measured.
    fn verify_pss_sha256(
        &self,
        _: &RsaPublicKey<'_>,
        _: &[u8; 32],
        _: &[u8],
    ) -> Result<(), BackendError> {
        Err(BackendError::Mismatch)
    }
}
