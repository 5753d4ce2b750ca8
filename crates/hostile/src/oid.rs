//! The object identifiers that the cases are written with, with dots (RFC 5280, RFC 3279, RFC 4055,
//! RFC 5758, `docs/card-facts.md` §5.2). Written apart from those of `kazasu-pki` on purpose.

pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
pub(crate) const SUBJECT_ALT_NAME: &str = "2.5.29.17";
pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(crate) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(crate) const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
pub(crate) const CERTIFICATE_POLICIES: &str = "2.5.29.32";
pub(crate) const ANY_POLICY: &str = "2.5.29.32.0";
pub(crate) const POLICY_MAPPINGS: &str = "2.5.29.33";
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
pub(crate) const POLICY_CONSTRAINTS: &str = "2.5.29.36";
pub(crate) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(crate) const ANY_PURPOSE: &str = "2.5.29.37.0";
pub(crate) const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
pub(crate) const AUTHORITY_INFORMATION: &str = "1.3.6.1.5.5.7.1.1";

pub(crate) const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
pub(crate) const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub(crate) const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
pub(crate) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

pub(crate) const AUTH_POLICY: &str = "1.2.392.200149.8.5.1.3.30";
pub(crate) const AUTH_TEST_POLICY: &str = "1.2.392.200149.8.5.1.0.30";
pub(crate) const SIGN_POLICY: &str = "1.2.392.200149.8.5.1.1.20";
pub(crate) const SIGN_TEST_POLICY: &str = "1.2.392.200149.8.5.1.0.20";
/// The otherNames 1 to 6 of a 署名用 certificate stand below it.
pub(crate) const ATTRIBUTES: &str = "1.2.392.200149.8.5.5";

pub(crate) const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
pub(crate) const MD2_WITH_RSA: &str = "1.2.840.113549.1.1.2";
pub(crate) const MD5_WITH_RSA: &str = "1.2.840.113549.1.1.4";
pub(crate) const SHA1_WITH_RSA: &str = "1.2.840.113549.1.1.5";
pub(crate) const RSA_PSS: &str = "1.2.840.113549.1.1.10";
pub(crate) const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
pub(crate) const SHA512_WITH_RSA: &str = "1.2.840.113549.1.1.13";
pub(crate) const SHA224_WITH_RSA: &str = "1.2.840.113549.1.1.14";
pub(crate) const DSA_WITH_SHA256: &str = "2.16.840.1.101.3.4.3.2";
pub(crate) const ED25519: &str = "1.3.101.112";
pub(crate) const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
pub(crate) const P256: &str = "1.2.840.10045.3.1.7";
pub(crate) const P384: &str = "1.3.132.0.34";
pub(crate) const P521: &str = "1.3.132.0.35";
pub(crate) const EC_DH: &str = "1.3.132.1.12";
pub(crate) const ECDSA_WITH_SHA384: &str = "1.2.840.10045.4.3.3";
pub(crate) const ECDSA_WITH_SHA512: &str = "1.2.840.10045.4.3.4";
pub(crate) const ECDSA_WITH_SHA1: &str = "1.2.840.10045.4.1";
pub(crate) const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";

pub(crate) const SHA256: &str = "2.16.840.1.101.3.4.2.1";

pub(crate) const COUNTRY: &str = "2.5.4.6";
pub(crate) const ORGANIZATION: &str = "2.5.4.10";
pub(crate) const UNIT: &str = "2.5.4.11";
pub(crate) const COMMON_NAME: &str = "2.5.4.3";
