//! Responses (RFC 6960 section 4.2), checked over the original bytes of their signed part.

use der::{Decode, DecodeValue, Header, Reader, Tag, TagNumber};

use super::{
    request::{CertId, OcspRequest},
    responder::{self, ResponderId},
};
use crate::{
    backend::Backend,
    oid,
    revocation::{
        answer::*,
        asn1::{
            Extensions, GeneralizedTime, HashIdentifier, Nothing, Octets, Oid, SequenceOf,
            Unsigned, WholeBits, WholeSequence, check_extensions, decode,
        },
        error::Error,
        rules::RevocationRules,
        target::Target,
    },
    time::Time,
    validator::Judged,
};

/// `OCSPResponseStatus`; 4 is not used.
#[derive(Clone, Copy, PartialEq, Eq, der::Enumerated)]
#[repr(u8)]
enum ResponseStatus {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SignatureRequired = 5,
    Unauthorized = 6,
}

#[derive(DecodeValue)]
struct OcspResponse<'a> {
    status: ResponseStatus,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    bytes: Option<ResponseBytes<'a>>,
}

impl<'a> der::Sequence<'a> for OcspResponse<'a> {}

#[derive(DecodeValue)]
struct ResponseBytes<'a> {
    kind: Oid<'a>,
    response: Octets<'a>,
}

impl<'a> der::Sequence<'a> for ResponseBytes<'a> {}

#[derive(DecodeValue)]
struct BasicOcspResponse<'a> {
    tbs: WholeSequence<'a>,
    algorithm: WholeSequence<'a>,
    signature: WholeBits<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    certificates: Option<SequenceOf<'a, WholeSequence<'a>>>,
}

impl<'a> der::Sequence<'a> for BasicOcspResponse<'a> {}

#[derive(DecodeValue)]
struct ResponseData<'a> {
    /// Version 1 is the default, so that in DER any version that is there is another one.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    version: Option<Unsigned<'a>>,
    responder: ResponderId<'a>,
    produced_at: GeneralizedTime,
    responses: SequenceOf<'a, SingleResponse<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Extensions<'a>>,
}

impl<'a> der::Sequence<'a> for ResponseData<'a> {}

#[derive(Clone, Copy, DecodeValue)]
struct SingleResponse<'a> {
    id: SingleId<'a>,
    status: CertStatus,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    extensions: Option<Extensions<'a>>,
}

impl<'a> der::Sequence<'a> for SingleResponse<'a> {}

/// `CertID` as it comes.
#[derive(Clone, Copy, DecodeValue)]
struct SingleId<'a> {
    algorithm: HashIdentifier<'a>,
    name: Octets<'a>,
    key: Octets<'a>,
    serial: Unsigned<'a>,
}

impl<'a> der::Sequence<'a> for SingleId<'a> {}

/// `CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL }`, with
/// implicit tags.
#[derive(Clone, Copy)]
enum CertStatus {
    Good,
    Revoked(RevokedInfo),
    Unknown,
}

#[derive(Clone, Copy, DecodeValue)]
struct RevokedInfo {
    time: GeneralizedTime,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    reason: Option<Reason>,
}

impl<'a> Decode<'a> for CertStatus {
    type Error = der::Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self, der::Error> {
        let header = Header::decode(reader)?;
        reader.read_nested(header.length(), |reader| match header.tag() {
            Tag::ContextSpecific { constructed: false, number: TagNumber(0) } => {
                Nothing::decode_value(reader, header).map(|_| Self::Good)
            }
            Tag::ContextSpecific { constructed: true, number: TagNumber(1) } => {
                RevokedInfo::decode_value(reader, header).map(Self::Revoked)
            }
            Tag::ContextSpecific { constructed: false, number: TagNumber(2) } => {
                Nothing::decode_value(reader, header).map(|_| Self::Unknown)
            }
            other => Err(reader.error(other.unexpected_error(None))),
        })
    }
}

/// Checks a response to `request` about a judged certificate, and says what it says of it.
///
/// What is checked, in this order: the structure and that the responder answered; the type; the
/// signature over the original bytes, by the authority itself or by a responder that it certified
/// for that; critical extensions; the nonce; the times; and that exactly one answer is about this
/// certificate, named by the hash of the request.
///
/// # Errors
/// The first of these that is broken. Certificates in the response that nothing needs are not
/// looked at: no signature covers them.
pub fn check_ocsp<B: Backend>(
    backend: B,
    judged: &Judged<'_>,
    request: &OcspRequest<'_>,
    response: &[u8],
    rules: RevocationRules,
    now: Time,
) -> Result<Checked, Error> {
    let target = Target::new(judged)?;
    let basic = basic(response)?;
    let offset = basic.tbs.0.offset;
    let data: ResponseData<'_> = decode(basic.tbs.0.octets, offset)?;
    if data.version.is_some() {
        return Err(Error::Version);
    }
    let signed = responder::Signed {
        tbs: basic.tbs.0.octets,
        algorithm: basic.algorithm.0.octets,
        signature: basic.signature.0,
        certificates: basic.certificates,
    };
    signed.check(&backend, &target.authority, &data.responder, rules, now)?;
    check_nonce(data.extensions.as_ref(), request, rules, offset)?;
    rules.begun(data.produced_at.0, now)?;

    let id = CertId::new(request.hash, &target);
    let mut found = None;
    for single in data.responses.iter() {
        let kept_since = single_extensions(single.extensions.as_ref(), offset)?;
        let named = &single.id;
        let (algorithm, serial) = (named.algorithm.algorithm.0, named.serial.0);
        if id.is(algorithm, named.name.octets, named.key.octets, serial)
            && found.replace((single, kept_since)).is_some()
        {
            return Err(Error::SeveralSingleResponses);
        }
    }
    let (single, kept_since) = found.ok_or(Error::NoSingleResponse)?;
    single.answer(&target, kept_since, rules, now)
}

/// Gets at the basic response, or says which error the responder answered with.
fn basic(response: &[u8]) -> Result<BasicOcspResponse<'_>, Error> {
    let outer: OcspResponse<'_> = decode(response, 0)?;
    let error = match outer.status {
        ResponseStatus::Successful => None,
        ResponseStatus::MalformedRequest => Some(Error::MalformedRequest),
        ResponseStatus::InternalError => Some(Error::InternalError),
        ResponseStatus::TryLater => Some(Error::TryLater),
        ResponseStatus::SignatureRequired => Some(Error::SignatureRequired),
        ResponseStatus::Unauthorized => Some(Error::Unauthorized),
    };
    if let Some(error) = error {
        return Err(error);
    }
    let bytes = outer.bytes.ok_or(Error::Malformed { offset: 0 })?;
    if bytes.kind.0 != oid::OCSP_BASIC {
        return Err(Error::ResponseType);
    }
    let mut basic: BasicOcspResponse<'_> = bytes.response.inside()?;
    // From the start of the whole response, for errors.
    basic.tbs.0.offset = basic.tbs.0.offset.saturating_add(bytes.response.offset);
    Ok(basic)
}

/// `responseExtensions`: the nonce, and nothing critical that is not understood.
fn check_nonce(
    extensions: Option<&Extensions<'_>>,
    request: &OcspRequest<'_>,
    rules: RevocationRules,
    offset: usize,
) -> Result<(), Error> {
    let mut nonce = None;
    if let Some(extensions) = extensions {
        check_extensions(extensions, offset)?;
        for extension in extensions.iter() {
            match extension.identifier.0 {
                oid::OCSP_NONCE => {
                    let value = Octets { offset, ..extension.value };
                    nonce = Some(value.inside::<Octets<'_>>()?.octets);
                }
                _ if extension.critical() => {
                    return Err(Error::UnknownCriticalExtension { offset });
                }
                _ => {}
            }
        }
    }
    match (request.nonce, nonce) {
        // Nothing was asked, so that nothing can be compared.
        (None, _) => Ok(()),
        (Some(sent), Some(came)) if sent.octets() == came => Ok(()),
        (Some(_), Some(_)) => Err(Error::NonceMismatch),
        (Some(_), None) if rules.needs_nonce() => Err(Error::NonceMissing),
        (Some(_), None) => Ok(()),
    }
}

/// `singleExtensions`: since when expired certificates are kept (RFC 6960 section 4.4.4), and
/// nothing critical that is not understood.
fn single_extensions(
    extensions: Option<&Extensions<'_>>,
    offset: usize,
) -> Result<Option<Time>, Error> {
    let Some(extensions) = extensions else { return Ok(None) };
    check_extensions(extensions, offset)?;
    let mut kept_since = None;
    for extension in extensions.iter() {
        match extension.identifier.0 {
            oid::OCSP_ARCHIVE_CUTOFF => {
                let value = Octets { offset, ..extension.value };
                kept_since = Some(value.inside::<GeneralizedTime>()?.0);
            }
            _ if extension.critical() => return Err(Error::UnknownCriticalExtension { offset }),
            _ => {}
        }
    }
    Ok(kept_since)
}

impl SingleResponse<'_> {
    fn answer(
        &self,
        target: &Target<'_>,
        kept_since: Option<Time>,
        rules: RevocationRules,
        now: Time,
    ) -> Result<Checked, Error> {
        let this_update = self.this_update.0;
        let next_update = self.next_update.map(|time| time.0);
        rules.begun(this_update, now)?;
        match next_update {
            Some(next) if next < this_update => return Err(Error::DatesOutOfOrder),
            Some(next) => rules.lasting(next, now)?,
            None => rules.lasting_without_end(this_update, now)?,
        }
        Ok(match self.status {
            CertStatus::Good => {
                target.unlisted(Good { this_update, next_update, number: None }, kept_since)
            }
            CertStatus::Revoked(info) => target.checked(Revocation::Revoked(Revoked {
                date: info.time.0,
                reason: info.reason,
                invalidity_date: None,
            })),
            CertStatus::Unknown => {
                target.checked(Revocation::Unknown(Unknown::NotKnownToResponder))
            }
        })
    }
}
