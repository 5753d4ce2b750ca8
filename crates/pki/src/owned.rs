//! The same certificate in the types of the `x509-cert` crate, for hosts whose other code speaks
//! them. Trust never comes from here: it is judged over the original bytes, and re-encoding an
//! owned certificate may change them.

use der::Decode;

use crate::certificate::Certificate;

impl TryFrom<&Certificate<'_>> for x509_cert::Certificate {
    type Error = der::Error;

    /// Decodes the original bytes once more, owned.
    ///
    /// # Errors
    /// What `x509-cert` does not accept although it is a certificate.
    fn try_from(certificate: &Certificate<'_>) -> Result<Self, der::Error> {
        Self::from_der(certificate.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;

    #[test]
    fn the_owned_certificate_is_the_same() {
        let bytes = include_bytes!("../tests/data/test-card/jpki-sign-cert.der");
        let certificate = Certificate::parse(bytes).unwrap();
        let owned = x509_cert::Certificate::try_from(&certificate).unwrap();
        assert_eq!(owned.tbs_certificate().serial_number().as_bytes(), certificate.serial());
        assert_eq!(owned.to_der().unwrap(), bytes);
    }
}
