//! Why the other judge may say otherwise. Each reason is looked for in the certificate; those that
//! excuse an acceptance by ours say exactly which rule of ours is there.

use kazasu_pki::{Certificate, Error, Kind};

use super::{
    Reason,
    node::{Body, Node},
    seed::{POLICIES, Seeds, extensions},
};

/// Below id-ce (content octets): which extensions who acts upon, where they are critical.
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
const OTHER_NAMES: &[u8] = &[0x55, 0x1D, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
const PURPOSES: &[u8] = &[0x55, 0x1D, 0x25];
const SUBJECT_KEY: &[u8] = &[0x55, 0x1D, 0x0E];
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1D, 0x23];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x1E];
const DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1D, 0x1F];
const ACTED_UPON_BY_BOTH: [&[u8]; 4] = [KEY_USAGE, OTHER_NAMES, BASIC_CONSTRAINTS, PURPOSES];
const ACTED_UPON_BY_OURS: [&[u8]; 3] = [POLICIES, SUBJECT_KEY, AUTHORITY_KEY];
const UNREAD_BY_OURS: [&[u8]; 3] = [OTHER_NAMES, NAME_CONSTRAINTS, DISTRIBUTION_POINTS];

/// Reasons to differ. The first group is of acceptances by ours, the second of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Class {
    /// webpki refuses critical policies and key identifiers as unknown; ours act upon policies and
    /// the authority's identifier, and the subject's asks for nothing.
    AcceptedCriticalExtension,
    /// webpki reads the outermost SEQUENCE of other names, name constraints and distribution points
    /// at once; ours read none of them where they are not critical and nobody asks for them.
    AcceptedUnreadExtension,

    /// Ours read every field as DER; webpki skips names and the extensions that it does not use,
    /// and reads some of what it uses less strictly.
    RefusedStructure,
    /// webpki chooses the root by its name and does not know key identifiers; ours look by the
    /// identifier, and find no root, or one that did not sign.
    RefusedKeyIdentifier,
    /// webpki does not look at the holder's key.
    RefusedHolderKey,
    /// webpki does not look at key usage.
    RefusedKeyUsage,
    /// webpki looks at extended key usage only where there is one; the kinds of the JPKI demand it,
    /// or demand that there is none.
    RefusedExtendedKeyUsage,
    /// webpki does not know policies.
    RefusedPolicy,
    /// webpki does not know the dates of a root.
    RefusedIssuedOutsideAnchorValidity,
    /// webpki knows, and does not use here, name constraints and distribution points that are
    /// critical.
    RefusedCriticalExtension,
}

impl Class {
    /// Why ours may accept what webpki refuses with this error.
    pub(super) fn of_acceptance(der: &[u8], error: &webpki::Error) -> Option<Self> {
        let tree = Node::parse(der)?;
        match error {
            webpki::Error::UnsupportedCriticalExtension => {
                let critical: Vec<_> = critical(&tree).collect();
                let only_known = critical.iter().all(|it| {
                    ACTED_UPON_BY_OURS.contains(&&it[..]) || ACTED_UPON_BY_BOTH.contains(&&it[..])
                });
                let by_ours = critical.iter().any(|it| ACTED_UPON_BY_OURS.contains(&&it[..]));
                (only_known && by_ours).then_some(Self::AcceptedCriticalExtension)
            }
            webpki::Error::BadDer => {
                let unread = extensions(&tree).iter().filter(|it| {
                    UNREAD_BY_OURS.iter().any(|identifier| names(it, identifier))
                        && !is_critical(it)
                        && !holds_one_sequence(it)
                });
                (unread.count() > 0).then_some(Self::AcceptedUnreadExtension)
            }
            _ => None,
        }
    }

    /// Why ours may refuse what webpki accepts.
    pub(super) fn of_refusal(
        der: &[u8],
        kind: Kind,
        reason: Reason,
        seeds: &Seeds,
    ) -> Option<Self> {
        // Dates must be judged alike.
        let Reason::Refused(error) = reason else { return None };
        if error.is_malformed() {
            return Some(Self::RefusedStructure);
        }
        // Structure apart, the certificate is one that an independent reading finds the reason in.
        let tree = Node::parse(der)?;
        let has = |identifier: &[u8]| extensions(&tree).iter().any(|it| names(it, identifier));
        let class = match error {
            Error::UnknownIssuer | Error::BadSignature => {
                let root = Certificate::parse(seeds.root()).ok()?;
                let expected = root.subject_key_identifier().ok()??;
                let certificate = Certificate::parse(der).ok()?;
                let named = certificate.authority_key_identifier().ok()?;
                (named != Some(expected)).then_some(Self::RefusedKeyIdentifier)?
            }
            // The identifier fits, and beside it stand an issuer and a number that do not.
            Error::AuthorityKeyIdentifier => {
                let fields = extensions(&tree).iter().find(|it| names(it, AUTHORITY_KEY))?;
                let value = fields.nodes().iter().find(|node| node.tag == 0x04)?;
                let others = |node: &Node| node.nodes().iter().any(|field| field.tag != 0x80);
                value.nodes().iter().any(others).then_some(Self::RefusedKeyIdentifier)?
            }
            Error::UnsupportedKey
            | Error::UnsupportedCurve
            | Error::ExplicitCurve
            | Error::Point
            | Error::P384Disabled
            | Error::WeakKey { .. }
            | Error::KeyTooLong { .. } => Self::RefusedHolderKey,
            Error::KeyUsage => Self::RefusedKeyUsage,
            // An extended key usage that is there is one that webpki was content with.
            Error::ExtendedKeyUsage if has(PURPOSES) == (kind == Kind::Sign) => {
                Self::RefusedExtendedKeyUsage
            }
            Error::Policy => Self::RefusedPolicy,
            Error::IssuedOutsideAnchorValidity => {
                let root = Certificate::parse(seeds.root()).ok()?;
                let issued = Certificate::parse(der).ok()?.not_before();
                let outside = issued < root.not_before() || issued > root.not_after();
                outside.then_some(Self::RefusedIssuedOutsideAnchorValidity)?
            }
            Error::UnknownCriticalExtension { .. } => {
                let mut critical = critical(&tree);
                let known = |it: Vec<u8>| it == NAME_CONSTRAINTS || it == DISTRIBUTION_POINTS;
                critical.any(known).then_some(Self::RefusedCriticalExtension)?
            }
            _ => return None,
        };
        Some(class)
    }
}

/// The identifiers of critical extensions.
fn critical(certificate: &Node) -> impl Iterator<Item = Vec<u8>> {
    let critical = extensions(certificate).iter().filter(|it| is_critical(it));
    critical.filter_map(|it| Some(it.nodes().first()?.content()))
}

fn is_critical(extension: &Node) -> bool {
    extension.nodes().iter().any(|node| node.tag == 0x01 && node.content() == [0xFF])
}

/// Whether the OCTET STRING holds one SEQUENCE and nothing else.
fn holds_one_sequence(extension: &Node) -> bool {
    let value = extension.nodes().iter().find(|node| node.tag == 0x04);
    value.is_some_and(|it| matches!(it.nodes(), [only] if only.tag == 0x30))
}

fn names(extension: &Node, identifier: &[u8]) -> bool {
    let first = extension.nodes().first();
    first.is_some_and(|it| matches!(&it.body, Body::Octets(octets) if octets == identifier))
}
