//! Certificate revocation lists (RFC 5280 section 5), read as they arrive: a list of megabytes is
//! checked in about 3 KiB. Nothing is said about the certificate before the signature was checked.

use core::fmt;

use der::DecodeValue;

use super::{
    answer::*,
    asn1::{
        Extension, Extensions, GeneralizedTime, Moment, Octets, Unsigned, WholeBits,
        check_extensions, decode,
    },
    error::Error,
    part::Part,
    rules::RevocationRules,
    scope::IssuingDistributionPoint,
    signed::SignedHash,
    target::Target,
};
use crate::{backend::Backend, oid, time::Time, validator::Judged};

/// The largest part that is kept whole: an entry, the issuer's name, the extensions, the signature.
const MAX_PART: usize = 2048;
/// The largest AlgorithmIdentifier of a signature, with room.
const MAX_ALGORITHM: usize = 96;

/// A list that is read in pieces of any size.
///
/// Feed it, then [`finish`](Self::finish) it: only that gives an answer. An error is final.
///
/// ```
/// # fn wait_for<'a>(
/// #     judged: &kazasu_pki::Judged<'a>,
/// #     mut more: impl FnMut(&mut [u8]) -> usize,
/// #     now: kazasu_pki::Time,
/// # ) -> Result<kazasu_pki::revocation::Checked, kazasu_pki::revocation::Error> {
/// use kazasu_pki::revocation::{CrlStream, RevocationRules};
/// use kazasu_pki::rsa::Fixed;
///
/// let mut stream = CrlStream::new(Fixed::new(), judged, RevocationRules::new(), now)?;
/// let mut piece = [0; 256];
/// loop {
///     match more(&mut piece) {
///         0 => break stream.finish(),
///         length => stream.feed(&piece[..length])?,
///     }
/// }
/// # }
/// ```
pub struct CrlStream<'a, B> {
    backend: B,
    target: Target<'a>,
    rules: RevocationRules,
    now: Time,
    step: Step,
    failed: Option<Error>,
    /// Octets that were taken, and where the containers end.
    position: usize,
    list_end: usize,
    tbs_end: usize,
    entries_end: usize,
    /// The object that is being gathered, and how long it is when its header is known.
    part: Part<MAX_PART>,
    total: Option<usize>,
    /// Everything of the signed part before its algorithm was known.
    head: Part<16>,
    algorithm: Part<MAX_ALGORITHM>,
    hash: Option<SignedHash>,
    this_update: Time,
    next_update: Time,
    extensions: ListExtensions,
    found: Option<Revoked>,
}

/// What is due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    List,
    Tbs,
    Version,
    InnerAlgorithm,
    Issuer,
    ThisUpdate,
    NextUpdate,
    /// The entries, or the extensions at once.
    Entries,
    Entry,
    Extensions,
    OuterAlgorithm,
    Signature,
    End,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXTENSIONS: u8 = 0xA0;

/// What the list's own extensions say.
#[derive(Clone, Copy, Default)]
struct ListExtensions {
    number: Option<CrlNumber>,
    kept_since: Option<Time>,
}

/// `SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }`.
#[derive(DecodeValue)]
struct Entry<'a> {
    serial: Unsigned<'a>,
    date: Moment,
    extensions: Option<Extensions<'a>>,
}

impl<'a> der::Sequence<'a> for Entry<'a> {}

impl<'a, B: Backend> CrlStream<'a, B> {
    /// For a judged certificate, with a back end for the signature.
    ///
    /// # Errors
    /// [`Error::Certificate`] when its distribution points cannot be read;
    /// [`Error::IssuerKeyUsage`] when its authority signs no lists.
    pub fn new(
        backend: B,
        judged: &Judged<'a>,
        rules: RevocationRules,
        now: Time,
    ) -> Result<Self, Error> {
        let target = Target::new(judged)?;
        target.authority.check_signs_lists()?;
        Ok(Self {
            backend,
            target,
            rules,
            now,
            step: Step::List,
            failed: None,
            position: 0,
            list_end: usize::MAX,
            tbs_end: usize::MAX,
            entries_end: usize::MAX,
            part: Part::new(),
            total: None,
            head: Part::new(),
            algorithm: Part::new(),
            hash: None,
            this_update: now,
            next_update: now,
            extensions: ListExtensions::default(),
            found: None,
        })
    }

    /// Takes the next octets of the list, any number of them.
    ///
    /// # Errors
    /// The first rule that is broken; the same again from then on.
    pub fn feed(&mut self, octets: &[u8]) -> Result<(), Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.take(octets).inspect_err(|error| self.failed = Some(*error))
    }

    /// The list ends here: checks its signature, and says what it says of the certificate.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is not complete; [`Error::BadSignature`]; what
    /// [`feed`](Self::feed) failed with.
    pub fn finish(self) -> Result<Checked, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let (Step::End, Some(hash)) = (self.step, self.hash) else {
            return Err(Error::Malformed { offset: self.position });
        };
        let start = self.position.saturating_sub(self.part.len());
        let signature: WholeBits<'_> = decode(self.part.octets(), start)?;
        hash.verify(&self.backend, &self.target.authority, signature.0)?;
        Ok(match self.found {
            Some(revoked) => self.target.checked(Revocation::Revoked(revoked)),
            None => {
                let (this_update, number) = (self.this_update, self.extensions.number);
                let good = Good { this_update, next_update: Some(self.next_update), number };
                self.target.unlisted(good, self.extensions.kept_since)
            }
        })
    }

    fn take(&mut self, mut octets: &[u8]) -> Result<(), Error> {
        loop {
            self.leave_containers()?;
            let Some(first) = octets.first() else { return Ok(()) };
            if self.step == Step::End {
                return Err(Error::Malformed { offset: self.position });
            }
            let wanted = match self.total {
                Some(total) => total.saturating_sub(self.part.len()),
                None => self.header_wants(*first),
            };
            let taken = octets.get(..wanted).unwrap_or(octets);
            octets = octets.get(wanted..).unwrap_or_default();
            self.part.push(taken).ok_or(Error::TooLarge { offset: self.start() })?;
            self.position = self.position.saturating_add(taken.len());
            if self.total.is_none() && taken.len() == wanted {
                self.header()?;
            }
            if self.total.is_some_and(|total| total == self.part.len()) {
                self.total = None;
                self.object()?;
            }
        }
    }

    /// Where the object that is being gathered starts.
    const fn start(&self) -> usize {
        self.position.saturating_sub(self.part.len())
    }

    const fn malformed(&self) -> Error {
        Error::Malformed { offset: self.start() }
    }

    /// At the end of a container something else is due.
    fn leave_containers(&mut self) -> Result<(), Error> {
        if self.part.len() > 0 {
            return Ok(());
        }
        if self.step == Step::Entry && self.position == self.entries_end {
            self.step = Step::Extensions;
        }
        match self.step {
            Step::NextUpdate if self.position == self.tbs_end => Err(Error::NextUpdateMissing),
            Step::Entries | Step::Extensions if self.position == self.tbs_end => {
                Err(Error::AuthorityKeyIdentifier)
            }
            _ => Ok(()),
        }
    }

    /// How many octets the header still needs: tag and first octet of the length, then the rest.
    fn header_wants(&self, next: u8) -> usize {
        match self.part.octets() {
            [] => 1,
            [_] => match next {
                0x81..=0x84 => usize::from(next & 0x0F).saturating_add(1),
                _ => 1,
            },
            [_, length @ 0x81..=0x84, rest @ ..] => {
                usize::from(length & 0x0F).saturating_sub(rest.len())
            }
            _ => 0,
        }
    }

    /// The header of an object is there, or its first part: is it due, and does it fit?
    fn header(&mut self) -> Result<(), Error> {
        let (tag, length) = match self.part.octets() {
            [tag, length @ 0..=0x7F] => (*tag, usize::from(*length)),
            [tag, count @ 0x81..=0x84, rest @ ..] if rest.len() == usize::from(count & 0x0F) => {
                let length = rest.iter().fold(0_u32, |sum, octet| sum << 8 | u32::from(*octet));
                let shortest = match count {
                    0x81 => 0x80,
                    0x82 => 0x100,
                    0x83 => 0x1_0000,
                    _ => 0x100_0000,
                };
                if length < shortest {
                    return Err(self.malformed());
                }
                (*tag, usize::try_from(length).unwrap_or(usize::MAX))
            }
            [_] | [_, 0x81..=0x84, ..] => return Ok(()),
            _ => return Err(self.malformed()),
        };
        let end = self.position.saturating_add(length);
        let limit = match self.step {
            Step::List => usize::MAX,
            Step::Tbs | Step::OuterAlgorithm | Step::Signature | Step::End => self.list_end,
            Step::Entry => self.entries_end,
            _ => self.tbs_end,
        };
        if end > limit {
            return Err(self.malformed());
        }
        match (self.step, tag) {
            (Step::List, SEQUENCE) => {
                self.list_end = end;
                self.part.clear();
                self.step = Step::Tbs;
            }
            (Step::Tbs, SEQUENCE) => {
                self.tbs_end = end;
                self.sign()?;
                self.step = Step::Version;
            }
            (Step::Entries, SEQUENCE) => {
                self.entries_end = end;
                self.sign()?;
                self.step = Step::Entry;
            }
            (Step::Version, SEQUENCE) => return Err(Error::Version),
            (Step::NextUpdate, SEQUENCE | EXTENSIONS) => return Err(Error::NextUpdateMissing),
            (Step::Version, INTEGER)
            | (
                Step::InnerAlgorithm | Step::Issuer | Step::Entry | Step::OuterAlgorithm,
                SEQUENCE,
            )
            | (Step::ThisUpdate | Step::NextUpdate, UTC_TIME | GENERALIZED_TIME)
            | (Step::Entries | Step::Extensions, EXTENSIONS)
            | (Step::Signature, BIT_STRING) => {
                let total = self.part.len().saturating_add(length);
                if total > MAX_PART {
                    return Err(Error::TooLarge { offset: self.start() });
                }
                self.total = Some(total);
            }
            _ => return Err(self.malformed()),
        }
        Ok(())
    }

    /// The gathered octets belong to the signed part.
    fn sign(&mut self) -> Result<(), Error> {
        match &mut self.hash {
            Some(hash) => hash.update(self.part.octets()),
            None => {
                let offset = self.start();
                self.head.push(self.part.octets()).ok_or(Error::TooLarge { offset })?;
            }
        }
        self.part.clear();
        Ok(())
    }

    /// A whole object is there.
    fn object(&mut self) -> Result<(), Error> {
        let start = self.start();
        let octets = self.part.octets();
        let next = match self.step {
            Step::Version => {
                if octets != [INTEGER, 1, 1] {
                    return Err(Error::Version);
                }
                Step::InnerAlgorithm
            }
            Step::InnerAlgorithm => {
                let mut hash = SignedHash::new(octets)?;
                hash.update(self.head.octets());
                self.algorithm.push(octets).ok_or(Error::UnsupportedAlgorithm)?;
                self.hash = Some(hash);
                Step::Issuer
            }
            Step::Issuer => {
                if octets != self.target.authority.name() {
                    return Err(Error::IssuerName);
                }
                Step::ThisUpdate
            }
            Step::ThisUpdate => {
                self.this_update = decode::<Moment>(octets, start)?.0;
                self.rules.begun(self.this_update, self.now)?;
                Step::NextUpdate
            }
            Step::NextUpdate => {
                self.next_update = decode::<Moment>(octets, start)?.0;
                if self.next_update < self.this_update {
                    return Err(Error::DatesOutOfOrder);
                }
                self.rules.lasting(self.next_update, self.now)?;
                Step::Entries
            }
            Step::Entry => {
                let revoked = entry(octets, start, self.target.serial)?;
                self.found = self.found.or(revoked);
                Step::Entry
            }
            Step::Entries | Step::Extensions => {
                self.extensions = ListExtensions::read(octets, start, &self.target)?;
                if self.position != self.tbs_end {
                    return Err(Error::Malformed { offset: self.position });
                }
                self.sign()?;
                self.step = Step::OuterAlgorithm;
                return Ok(());
            }
            Step::OuterAlgorithm => {
                if octets != self.algorithm.octets() {
                    return Err(Error::AlgorithmMismatch);
                }
                self.part.clear();
                self.step = Step::Signature;
                return Ok(());
            }
            Step::Signature => {
                if self.position != self.list_end {
                    return Err(Error::Malformed { offset: self.position });
                }
                self.step = Step::End;
                return Ok(());
            }
            Step::List | Step::Tbs | Step::End => return Err(self.malformed()),
        };
        self.sign()?;
        self.step = next;
        Ok(())
    }
}

/// No part of the list, and of the certificate nothing.
impl<B> fmt::Debug for CrlStream<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrlStream")
            .field("step", &self.step)
            .field("position", &self.position)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// One entry. Every one is read, because a critical extension that is not understood anywhere
/// makes the whole list useless (RFC 5280 section 5.3).
fn entry(octets: &[u8], start: usize, serial: &[u8]) -> Result<Option<Revoked>, Error> {
    let entry: Entry<'_> = decode(octets, start)?;
    let mut revoked = Revoked { date: entry.date.0, reason: None, invalidity_date: None };
    if let Some(extensions) = &entry.extensions {
        check_extensions(extensions, start)?;
        for extension in extensions.iter() {
            let inside = Octets { offset: start, ..extension.value };
            match extension.identifier.0 {
                oid::CRL_REASON => {
                    let reason: Reason = inside.inside()?;
                    if reason == Reason::RemoveFromCrl {
                        return Err(Error::RemoveFromCrl);
                    }
                    revoked.reason = Some(reason);
                }
                oid::INVALIDITY_DATE => {
                    revoked.invalidity_date = Some(inside.inside::<GeneralizedTime>()?.0);
                }
                oid::CERTIFICATE_ISSUER => return Err(Error::IndirectCrl),
                _ if extension.critical() => {
                    return Err(Error::UnknownCriticalExtension { offset: start });
                }
                _ => {}
            }
        }
    }
    Ok((entry.serial.0 == serial).then_some(revoked))
}

/// `AuthorityKeyIdentifier`, of which the key identifier counts.
#[derive(DecodeValue)]
struct AuthorityKey<'a> {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    identifier: Option<Octets<'a>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    _issuer: Option<super::asn1::SequenceOf<'a, super::asn1::Whole<'a>>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    _serial: Option<Unsigned<'a>>,
}

impl<'a> der::Sequence<'a> for AuthorityKey<'a> {}

impl ListExtensions {
    /// Reads `[0] EXPLICIT Extensions` of a list and holds it to the certificate.
    fn read(octets: &[u8], start: usize, target: &Target<'_>) -> Result<Self, Error> {
        let explicit = kazasu_tlv::Reader::new(octets, kazasu_tlv::Rules::Der)
            .read()
            .map_err(|_| Error::Malformed { offset: start })?;
        let offset = start.saturating_add(explicit.header_length());
        let extensions: Extensions<'_> = decode(explicit.value(), offset)?;
        check_extensions(&extensions, start)?;
        let (mut read, mut key_is_theirs) = (Self::default(), false);
        for extension in extensions.iter() {
            key_is_theirs |= read.extension(&extension, start, target)?;
        }
        if !key_is_theirs {
            return Err(Error::AuthorityKeyIdentifier);
        }
        if read.number.is_none() {
            return Err(Error::NumberMissing);
        }
        Ok(read)
    }

    /// One of them; whether it is the identifier of the authority's key.
    fn extension(
        &mut self,
        extension: &Extension<'_>,
        start: usize,
        target: &Target<'_>,
    ) -> Result<bool, Error> {
        let inside = Octets { offset: start, ..extension.value };
        match extension.identifier.0 {
            oid::AUTHORITY_KEY_IDENTIFIER => {
                let key: AuthorityKey<'_> = inside.inside()?;
                let identifier = key.identifier.map(|identifier| identifier.octets);
                return if identifier.is_some_and(|it| target.authority.has_key_identifier(it)) {
                    Ok(true)
                } else {
                    Err(Error::AuthorityKeyIdentifier)
                };
            }
            oid::CRL_NUMBER => {
                let number: Unsigned<'_> = inside.inside()?;
                let number = CrlNumber::new(number.0);
                self.number = Some(number.ok_or(Error::TooLarge { offset: start })?);
            }
            oid::ISSUING_DISTRIBUTION_POINT => {
                let point: IssuingDistributionPoint<'_> = inside.inside()?;
                point.check(target.points.as_ref(), target.authority.name())?;
            }
            oid::DELTA_CRL_INDICATOR => return Err(Error::DeltaCrl),
            oid::EXPIRED_CERTS_ON_CRL => {
                self.kept_since = Some(inside.inside::<GeneralizedTime>()?.0);
            }
            _ if extension.critical() => {
                return Err(Error::UnknownCriticalExtension { offset: start });
            }
            _ => {}
        }
        Ok(false)
    }
}

/// Checks a whole list: [`CrlStream`] fed at once.
///
/// # Errors
/// Those of [`CrlStream`].
pub fn check_crl<B: Backend>(
    backend: B,
    judged: &Judged<'_>,
    list: &[u8],
    rules: RevocationRules,
    now: Time,
) -> Result<Checked, Error> {
    let mut stream = CrlStream::new(backend, judged, rules, now)?;
    stream.feed(list)?;
    stream.finish()
}
