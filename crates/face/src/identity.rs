//! Who made the matcher: what stands in every evidence. It is the vendor's word, repeated and not
//! judged; nothing here certifies anybody.

use crate::text::{Text, TextError};

/// What a matcher is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Purpose {
    /// It shows how things go and recognises nobody: good for demonstration cards only.
    Demonstration,
    /// Its vendor stands in for it.
    Production,
}

/// A matcher with its presentation attack detection (PAD), as its vendor names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MatcherIdentity {
    purpose: Purpose,
    vendor: Text<32>,
    product: Text<32>,
    version: Text<32>,
    pad: Text<48>,
    certification: Text<64>,
}

impl MatcherIdentity {
    /// Vendor, product and version, none of them empty, at most 32 bytes each.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn new(
        purpose: Purpose,
        vendor: &str,
        product: &str,
        version: &str,
    ) -> Result<Self, TextError> {
        if [vendor, product, version].iter().any(|text| text.is_empty()) {
            return Err(TextError::Empty);
        }
        Ok(Self {
            purpose,
            vendor: Text::new(vendor)?,
            product: Text::new(product)?,
            version: Text::new(version)?,
            pad: Text::new("")?,
            certification: Text::new("")?,
        })
    }

    /// Of the matcher of the feature `demonstration`.
    #[cfg(feature = "demonstration")]
    pub(crate) fn demonstration() -> Self {
        Self {
            purpose: Purpose::Demonstration,
            vendor: Text::cut("kazasu"),
            product: Text::cut("demonstration matcher"),
            version: Text::cut(env!("CARGO_PKG_VERSION")),
            pad: Text::cut("stand-in, says what it is told"),
            certification: Text::cut("none; recognises nobody, for demonstration cards only"),
        }
    }

    /// With the name and version of the presentation attack detection (ISO/IEC 30107-3), at most
    /// 48 bytes.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn with_pad(mut self, pad: &str) -> Result<Self, TextError> {
        self.pad = Text::new(pad)?;
        Ok(self)
    }

    /// With what the vendor says of tests and certificates, at most 64 bytes.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn with_certification(mut self, certification: &str) -> Result<Self, TextError> {
        self.certification = Text::new(certification)?;
        Ok(self)
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Who made it.
    #[must_use]
    pub fn vendor(&self) -> &str {
        self.vendor.as_str()
    }

    /// What it is called.
    #[must_use]
    pub fn product(&self) -> &str {
        self.product.as_str()
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version.as_str()
    }

    /// Its presentation attack detection; empty when the vendor names none.
    #[must_use]
    pub fn pad(&self) -> &str {
        self.pad.as_str()
    }

    /// What the vendor says of tests and certificates; empty when nothing.
    #[must_use]
    pub fn certification(&self) -> &str {
        self.certification.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_whole_and_printable() {
        let new =
            |vendor, version| MatcherIdentity::new(Purpose::Production, vendor, "Matcher", version);
        let identity = new("Vendor", "1.0").unwrap().with_pad("PAD 2").unwrap();
        assert_eq!((identity.vendor(), identity.pad()), ("Vendor", "PAD 2"));
        assert_eq!(identity.certification(), "");
        assert_eq!(new("", "1.0").err(), Some(TextError::Empty));
        assert_eq!(new("a\u{1B}[2J", "1.0").err(), Some(TextError::ControlCharacter));
        assert_eq!(new("Vendor", &"1".repeat(33)).err(), Some(TextError::TooLong { most: 32 }));
    }
}
