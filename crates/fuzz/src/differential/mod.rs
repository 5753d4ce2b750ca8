//! One certificate, alone or with an authority above it, three judges: `kazasu-pki` without a heap and with one, which must say the very
//! same, and `rustls-webpki`, which shares no code with them. Where it says otherwise, the reason is
//! one of [`Class`] and is looked for in the certificate; a disagreement without one is an error.

mod class;
mod mutant;
mod node;
mod seed;
#[cfg(test)]
mod tests;

use std::time::Duration;

use kazasu_pki::{
    Anchor, Anchors, Backend, Error, Judged, PathError, Phase, Time, Validator,
    rsa::{Alloc, Fixed, Fixed4096},
};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

pub use self::class::Class;
pub use self::mutant::Mutant;
pub use self::seed::Seeds;

/// How the judges ended on one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All of them accept it.
    Accepted,
    /// All of them refuse it.
    Refused,
    /// They differ, for this reason.
    Explained(Class),
}

/// Lets all judges judge.
///
/// # Errors
/// What nobody explained: the two tiers differ at all, or the third judge differs without a class.
pub fn compare(seeds: &Seeds, mutant: &Mutant) -> Result<Ending, String> {
    let Mutant { intermediates, now, .. } = mutant;
    let intermediates: Vec<&[u8]> = intermediates.iter().map(Vec::as_slice).collect();
    let anchor = Anchor::custom(seeds.root()).map_err(|error| format!("the root: {error}"))?;
    let anchors = Anchors::production().with_test().with(anchor);
    let anchors = anchors.map_err(|error| format!("the root: {error}"))?;
    let at = Time::from_unix(i64::from(*now));
    let ours = judge(&anchors, Fixed::new(), mutant, &intermediates, at);
    let other = judge(&anchors, Alloc, mutant, &intermediates, at);
    // A key that one tier has no room for is compared with the tier that has more.
    let same = match &ours {
        Err(PathError { reason: Error::KeyTooLong { bits }, .. }) if *bits > 4096 => other.is_err(),
        Err(PathError { reason: Error::KeyTooLong { .. }, .. }) => {
            judge(&anchors, Fixed4096::new(), mutant, &intermediates, at) == other
        }
        _ => ours == other,
    };
    if !same {
        return Err(format!("the tiers differ: {ours:?}, {other:?}; {mutant:?}"));
    }
    let (ours, theirs) = (usable(ours), webpki_says(seeds, mutant));
    let class = match (&ours, &theirs) {
        (Ok(_), Ok(())) => return Ok(Ending::Accepted),
        (Err(_), Err(_)) => return Ok(Ending::Refused),
        (Ok(_), Err(error)) => Class::of_acceptance(mutant, error),
        (Err(reason), Ok(())) => Class::of_refusal(mutant, *reason, seeds),
    };
    class.map(Ending::Explained).ok_or_else(|| {
        format!("{:?} by ours, {theirs:?} by webpki; {mutant:?}", ours.as_ref().err())
    })
}

fn judge<'a, B: Backend>(
    anchors: &'a Anchors<'a>,
    backend: B,
    mutant: &'a Mutant,
    intermediates: &'a [&'a [u8]],
    at: Time,
) -> Result<Judged<'a>, PathError> {
    let validator = Validator::new(anchors).with_backend(backend);
    validator.validate_with(&mutant.der, intermediates, mutant.kind, at)
}

/// Why ours do not rely on a certificate.
#[derive(Clone, Copy, Debug)]
enum Reason {
    Refused(PathError),
    Phase(#[expect(dead_code, reason = "printed")] Phase),
}

/// RFC 5280 refuses a certificate outside of its dates; here it is accepted, and its phase says so.
fn usable(judged: Result<Judged<'_>, PathError>) -> Result<Judged<'_>, Reason> {
    let judged = judged.map_err(Reason::Refused)?;
    match judged.phase() {
        phase @ (Phase::NotYet | Phase::Grace | Phase::Over) => Err(Reason::Phase(phase)),
        _ => Ok(judged),
    }
}

fn webpki_says(seeds: &Seeds, mutant: &Mutant) -> Result<(), webpki::Error> {
    let der = CertificateDer::from_slice(&mutant.der);
    let certificate = EndEntityCert::try_from(&der)?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(mutant.now.into()));
    // Not `required`: a 署名用 certificate has no extended key usage.
    let usage = webpki::KeyUsage::client_auth();
    let algorithm = webpki::ring::RSA_PKCS1_2048_8192_SHA256;
    let roots = seeds.anchors(mutant.kind);
    let authorities = mutant.intermediates.iter().map(|der| CertificateDer::from_slice(der));
    let authorities: Vec<_> = authorities.collect();
    certificate
        .verify_for_usage(&[algorithm], roots, &authorities, now, usage, None, None)
        .map(|_| ())
}
