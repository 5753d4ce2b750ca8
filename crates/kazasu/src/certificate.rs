//! Reading one certificate and judging it. A certificate that is not accepted comes out marked as
//! such, never as a plain file.

use crate::end::{Cleared, end_session};
use crate::failure::Failure;
use crate::holder::{Holder, Stage};
use crate::outcome::Outcome;
use crate::present::Attempt;
use core::fmt;
use kazasu_apdu::{Session, Transport};
use kazasu_mynacard::{Application, Buffer, File, ReadFile, Reference, SelectApplication};
use kazasu_pki::{Backend, Judged, Kind, Time, Validator};

/// The four certificates of the JPKI application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CertificateFile {
    /// 利用者証明用電子証明書.
    Auth,
    /// Its authority's.
    AuthCa,
    /// 署名用電子証明書.
    Sign,
    /// Its authority's.
    SignCa,
}

impl CertificateFile {
    /// The file on the card.
    #[must_use]
    pub const fn file(self) -> File {
        match self {
            Self::Auth => File::AUTH_CERTIFICATE,
            Self::AuthCa => File::AUTH_CA_CERTIFICATE,
            Self::Sign => File::SIGN_CERTIFICATE,
            Self::SignCa => File::SIGN_CA_CERTIFICATE,
        }
    }

    /// The PIN or password that opens it, where one is needed.
    const fn reference(self) -> Reference {
        match self {
            Self::Sign | Self::SignCa => Reference::Sign,
            Self::Auth | Self::AuthCa => Reference::Auth,
        }
    }

    /// The kind of holder's certificate, or `None` for an authority's.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Auth => Some(Kind::Auth),
            Self::Sign => Some(Kind::Sign),
            Self::AuthCa | Self::SignCa => None,
        }
    }
}

/// A certificate as it was read, and what is to be thought of it. `Debug` does not print it: the
/// holder's name and address may be in it.
#[non_exhaustive]
pub struct CertificateReport<'c> {
    /// In one word: `Verified` when it was read whole and accepted.
    pub outcome: Outcome,
    /// Why it was not read or not accepted.
    pub failure: Option<Failure>,
    /// The bytes, when it was read whole.
    pub certificate: Option<&'c [u8]>,
    /// The judgement, for a holder's certificate that was accepted.
    pub judged: Option<Judged<'c>>,
    /// Tries left, when a PIN was needed.
    pub tries_left: Option<u8>,
    /// How the card's security status was cleared.
    pub cleared: Cleared,
}

impl fmt::Debug for CertificateReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateReport")
            .field("outcome", &self.outcome)
            .field("failure", &self.failure)
            .field("certificate_length", &self.certificate.map(<[u8]>::len))
            .field("judged", &self.judged)
            .field("tries_left", &self.tries_left)
            .field("cleared", &self.cleared)
            .finish()
    }
}

/// Reads a certificate, asking the holder for the PIN or password if the card wants it, judges it
/// and ends the session.
///
/// A holder's certificate is accepted when its chain is; its phase is in `judged`. An authority's
/// is accepted when its bytes are those of one of the validator's anchors.
pub fn read_certificate<'c, T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    validator: &Validator<'c, B>,
    now: Time,
    which: CertificateFile,
    holder: &mut dyn Holder,
    certificate: &'c mut [u8],
) -> CertificateReport<'c> {
    let mut attempt = Attempt::default();
    let mut result = fetch(session, which, holder, certificate, &mut attempt);
    if let Err(failure) = &mut result {
        attempt.after_failure(session, failure, which.reference(), which.file(), &[]);
    }
    let cleared = end_session(session, Application::Jpki);
    let certificate: &'c [u8] = certificate;
    let (certificate, mut failure) = match result {
        Ok(length) => (certificate.get(..length), None),
        Err(failure) => (None, Some(failure)),
    };
    let mut judged = None;
    if let Some(der) = certificate {
        match which.kind() {
            Some(kind) => match judge(validator, now, kind, der) {
                Ok(accepted) => judged = Some(accepted),
                Err(error) => failure = Some(error),
            },
            None => {
                // Byte for byte: an authority that is not an anchor is nobody's.
                if !validator.anchors().iter().any(|anchor| anchor.der() == der) {
                    failure = Some(kazasu_pki::Error::UnknownIssuer.into());
                }
            }
        }
    }
    let outcome = failure.map_or(Outcome::Verified, |failure| failure.outcome());
    CertificateReport {
        outcome,
        failure,
        certificate,
        judged,
        tries_left: attempt.tries_left,
        cleared,
    }
}

fn fetch<T: Transport>(
    session: &mut Session<'_, T>,
    which: CertificateFile,
    holder: &mut dyn Holder,
    certificate: &mut [u8],
    attempt: &mut Attempt,
) -> Result<usize, Failure> {
    session.run(&mut SelectApplication::new(Application::Jpki))?;
    holder.stage(Stage::Selected);
    match read(session, which, certificate) {
        Err(failure) if failure.is_access_denied() => {}
        other => return other,
    }
    attempt.present(session, which.reference(), holder)?;
    read(session, which, certificate)
}

/// Reads a certificate into `certificate`; its length.
pub(crate) fn read<T: Transport>(
    session: &mut Session<'_, T>,
    which: CertificateFile,
    certificate: &mut [u8],
) -> Result<usize, Failure> {
    let mut read = ReadFile::new(which.file(), Buffer::new(certificate));
    Ok(session.run(&mut read)?)
}

pub(crate) fn judge<'c, B: Backend>(
    validator: &Validator<'c, B>,
    now: Time,
    kind: Kind,
    der: &'c [u8],
) -> Result<Judged<'c>, Failure> {
    Ok(validator.validate(der, kind, now)?)
}
