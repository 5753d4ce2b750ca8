//! The object identifiers that this crate knows, as content octets of DER, encoded at compile
//! time. Their numbers are data: nothing else in the crate spells one.

use core::fmt;

use const_oid::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) const $name: &[u8] = {
                const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap($dotted);
                OID.as_bytes()
            };
        )*
    };
}

oids! {
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    SECP384R1 = "1.3.132.0.34";

    KEY_USAGE = "2.5.29.15";
    SUBJECT_ALT_NAME = "2.5.29.17";
    BASIC_CONSTRAINTS = "2.5.29.19";
    CERTIFICATE_POLICIES = "2.5.29.32";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    NAME_CONSTRAINTS = "2.5.29.30";
    ANY_POLICY = "2.5.29.32.0";
    POLICY_CONSTRAINTS = "2.5.29.36";
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
    INHIBIT_ANY_POLICY = "2.5.29.54";
    POLICY_MAPPINGS = "2.5.29.33";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";

    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    // RFC 5280 sections 4.2.1.13, 5.2 and 5.3; X.509 (10/2019) clause 9.5.2.8 for the last.
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    CRL_NUMBER = "2.5.29.20";
    CRL_REASON = "2.5.29.21";
    INVALIDITY_DATE = "2.5.29.24";
    DELTA_CRL_INDICATOR = "2.5.29.27";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    CERTIFICATE_ISSUER = "2.5.29.29";
    EXPIRED_CERTS_ON_CRL = "2.5.29.60";

    // RFC 6960 sections 4.2.1, 4.2.2.2 and 4.4.
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    OCSP_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";

    #[cfg(feature = "ocsp-sha1")]
    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";

    // docs/card-facts.md §5.2; the test policies as the certificates of the test card have them.
    AUTH_POLICY = "1.2.392.200149.8.5.1.3.30";
    AUTH_TEST_POLICY = "1.2.392.200149.8.5.1.0.30";
    SIGN_POLICY = "1.2.392.200149.8.5.1.1.20";
    SIGN_TEST_POLICY = "1.2.392.200149.8.5.1.0.20";

    // docs/card-facts.md §5.2. One public list has the last two the other way round; the
    // certificates and the profile have them so.
    ATTRIBUTE_NAME = "1.2.392.200149.8.5.5.1";
    ATTRIBUTE_NAME_SUBSTITUTES = "1.2.392.200149.8.5.5.2";
    ATTRIBUTE_GENDER = "1.2.392.200149.8.5.5.3";
    ATTRIBUTE_BIRTH_DATE = "1.2.392.200149.8.5.5.4";
    ATTRIBUTE_ADDRESS = "1.2.392.200149.8.5.5.5";
    ATTRIBUTE_ADDRESS_SUBSTITUTES = "1.2.392.200149.8.5.5.6";

    // RFC 4514 section 3: the attribute types that have a short name.
    COMMON_NAME = "2.5.4.3";
    COUNTRY_NAME = "2.5.4.6";
    LOCALITY_NAME = "2.5.4.7";
    STATE_OR_PROVINCE_NAME = "2.5.4.8";
    STREET_ADDRESS = "2.5.4.9";
    ORGANIZATION_NAME = "2.5.4.10";
    ORGANIZATIONAL_UNIT_NAME = "2.5.4.11";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
    USER_ID = "0.9.2342.19200300.100.1.1";
}

/// Content octets of an object identifier, shown with dots: `1.2.392.200149.8.5.1.3.30`.
/// Arcs beyond 32 bits are shown as `?`: core's text for longer numbers links panic code.
pub(crate) struct Dotted<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut arc, mut first) = (Some(0_u32), true);
        for octet in self.0 {
            arc = arc.and_then(|arc| arc.checked_mul(128)).map(|arc| arc | u32::from(octet & 0x7F));
            if octet & 0x80 != 0 {
                continue;
            }
            match (arc, first) {
                (Some(arc), true) => {
                    // The first two arcs share a number (X.690 clause 8.19.4).
                    let root = (arc / 40).min(2);
                    write!(f, "{root}.{}", arc.saturating_sub(root * 40))?;
                }
                (Some(arc), false) => write!(f, ".{arc}")?,
                (None, _) => f.write_str(".?")?,
            }
            (arc, first) = (Some(0), false);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn numbers_are_shown_with_dots() {
        for (octets, dotted) in [
            (AUTH_POLICY, "1.2.392.200149.8.5.1.3.30"),
            (SIGN_TEST_POLICY, "1.2.392.200149.8.5.1.0.20"),
            (COMMON_NAME, "2.5.4.3"),
            (USER_ID, "0.9.2342.19200300.100.1.1"),
            (&[0x88, 0x37], "2.999"),
            (&[0x2A, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x01], "1.2.4294967295.1"),
            (&[0x2A, 0x90, 0x80, 0x80, 0x80, 0x00, 0x01], "1.2.?.1"),
        ] {
            assert_eq!(Dotted(octets).to_string(), dotted);
        }
    }
}
