//! Which roots this run trusts, and at what time it judges.

use crate::arguments::TrustOptions;
use crate::exit::Error;
use crate::file;
use crate::language::{Told, say};
use crate::reader::Reader;
use kazasu::pki::rsa::Alloc;
use kazasu::pki::{Anchor, Anchors, Kind, MAX_CALLER_ANCHORS, Time, Validator};
use kazasu::virtual_card::CertificateKind;
use std::time::UNIX_EPOCH;

/// Roots as bytes; [`Trust::anchors`] makes anchors of them.
pub(crate) struct Trust {
    test: bool,
    custom: Vec<Vec<u8>>,
    virtual_roots: Vec<(Kind, Vec<u8>)>,
    pub(crate) now: Time,
}

impl Trust {
    /// Reads what the options name. On a virtual reader in this process the virtual root is trusted
    /// too, unless roots are named: then those are meant.
    pub(crate) fn new(options: &TrustOptions, reader: Option<&Reader>) -> Result<Self, Error> {
        if options.anchor.len() > MAX_CALLER_ANCHORS {
            return Err(Error::Usage(say::too_many_anchors(MAX_CALLER_ANCHORS)));
        }
        let mut custom = Vec::new();
        for path in &options.anchor {
            let der = file::read_der(path)?;
            Anchor::custom(&der).map_err(|error| Error::file(path, error.text()))?;
            custom.push(der);
        }
        let mut virtual_roots = Vec::new();
        if let (true, Some(reader)) = (custom.is_empty(), reader) {
            for (kind, der) in &reader.roots {
                let kind = match kind {
                    CertificateKind::Auth => Kind::Auth,
                    CertificateKind::Sign => Kind::Sign,
                };
                virtual_roots.push((kind, der.clone()));
            }
        }
        let now = match options.now {
            Some(now) => now,
            None => clock()?,
        };
        Ok(Self { test: options.test_hierarchy, custom, virtual_roots, now })
    }

    /// The anchors.
    pub(crate) fn anchors(&self) -> Result<Anchors<'_>, Error> {
        let wrong = |error: kazasu::pki::Error| Error::Internal(say::root_refused(&error.text()));
        let mut anchors = Anchors::production();
        if self.test {
            anchors = anchors.with_test();
        }
        for der in &self.custom {
            anchors = anchors.with(Anchor::custom(der).map_err(wrong)?).map_err(wrong)?;
        }
        for (kind, der) in &self.virtual_roots {
            let anchor = Anchor::virtual_card(der).map_err(wrong)?.for_kind(*kind);
            anchors = anchors.with(anchor).map_err(wrong)?;
        }
        Ok(anchors)
    }
}

/// A validator with the back end for hosts.
pub(crate) fn validator<'a>(anchors: &'a Anchors<'a>) -> Validator<'a, Alloc> {
    Validator::new(anchors).with_backend(Alloc)
}

/// This machine's clock.
pub(crate) fn clock() -> Result<Time, Error> {
    UNIX_EPOCH
        .elapsed()
        .ok()
        .and_then(|elapsed| i64::try_from(elapsed.as_secs()).ok())
        .map(Time::from_unix)
        .ok_or_else(|| Error::Internal(say::clock_before_1970()))
}
