//! Why the other judge may say otherwise. Each reason is looked for in the certificate; those that
//! excuse an acceptance by ours say exactly which rule of ours is there.

use kazasu_pki::{Certificate, Error, Kind, PathError};

use super::{
    Mutant, Reason,
    node::{Body, Node},
    seed::{POLICIES, Seeds, VALIDITY, extensions},
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
    /// webpki cannot read a moment before 1970, which UTCTime can say from 1950 on. Below an
    /// authority a certificate may begin there: RFC 5280 does not nest dates.
    AcceptedBefore1970,

    /// Ours read every field as DER; webpki skips names and the extensions that it does not use,
    /// and reads some of what it uses less strictly.
    RefusedStructure,
    /// webpki chooses the root by its name and does not know key identifiers; ours look by the
    /// identifier, and find no root, or one that did not sign.
    RefusedKeyIdentifier,
    /// webpki does not look at the holder's key, nor at an authority's but to verify with it.
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
    /// webpki lets the basic constraints of an authority be not critical.
    RefusedConstraints,
}

impl Class {
    /// Why ours may accept what webpki refuses with this error.
    pub(super) fn of_acceptance(mutant: &Mutant, error: &webpki::Error) -> Option<Self> {
        let trees: Option<Vec<Node>> = mutant.path().map(Node::parse).collect();
        trees?.iter().find_map(|tree| Self::of_acceptance_of(tree, error))
    }

    fn of_acceptance_of(tree: &Node, error: &webpki::Error) -> Option<Self> {
        match error {
            webpki::Error::UnsupportedCriticalExtension => {
                let critical: Vec<_> = critical(tree).collect();
                let only_known = critical.iter().all(|it| {
                    ACTED_UPON_BY_OURS.contains(&&it[..]) || ACTED_UPON_BY_BOTH.contains(&&it[..])
                });
                let by_ours = critical.iter().any(|it| ACTED_UPON_BY_OURS.contains(&&it[..]));
                (only_known && by_ours).then_some(Self::AcceptedCriticalExtension)
            }
            webpki::Error::BadDer => {
                let unread = extensions(tree).iter().filter(|it| {
                    UNREAD_BY_OURS.iter().any(|identifier| names(it, identifier))
                        && !is_critical(it)
                        && !holds_one_sequence(it)
                });
                (unread.count() > 0).then_some(Self::AcceptedUnreadExtension)
            }
            webpki::Error::BadDerTime => {
                let begin = tree.at(&[0, VALIDITY, 0])?;
                let text = begin.content();
                let before = begin.tag == 0x17 && matches!(text.first(), Some(b'5' | b'6'));
                before.then_some(Self::AcceptedBefore1970)
            }
            _ => None,
        }
    }

    /// Why ours may refuse what webpki accepts.
    pub(super) fn of_refusal(mutant: &Mutant, reason: Reason, seeds: &Seeds) -> Option<Self> {
        // Dates must be judged alike.
        let Reason::Refused(PathError { position, reason: error }) = reason else { return None };
        let der = mutant.path().nth(position)?;
        if error.is_malformed() {
            return Some(Self::RefusedStructure);
        }
        // Structure apart, the certificate is one that an independent reading finds the reason in.
        let tree = Node::parse(der)?;
        let has = |identifier: &[u8]| extensions(&tree).iter().any(|it| names(it, identifier));
        let class = match error {
            Error::UnknownIssuer | Error::BadSignature => {
                let lower = mutant.path().map(Certificate::parse);
                let upper = mutant.path().skip(1).chain([seeds.root()]).map(Certificate::parse);
                let mut links = lower.zip(upper);
                let points = |(lower, upper): (Result<Certificate<'_>, _>, Result<_, _>)| {
                    let upper: Certificate<'_> = upper.ok()?;
                    let wanted = lower.ok()?.authority_key_identifier().ok()??;
                    Some(wanted == upper.subject_key_identifier().ok()??)
                };
                let broken = links.any(|link| points(link) != Some(true));
                broken.then_some(Self::RefusedKeyIdentifier)?
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
            Error::ExtendedKeyUsage
                if position > 0 || has(PURPOSES) == (mutant.kind == Kind::Sign) =>
            {
                Self::RefusedExtendedKeyUsage
            }
            Error::Policy => Self::RefusedPolicy,
            Error::IssuedOutsideAnchorValidity => {
                let root = Certificate::parse(seeds.root()).ok()?;
                let top = mutant.path().last()?;
                let issued = Certificate::parse(top).ok()?.not_before();
                let outside = issued < root.not_before() || issued > root.not_after();
                outside.then_some(Self::RefusedIssuedOutsideAnchorValidity)?
            }
            // Of an authority ours demand what RFC 5280 section 4.2.1.9 says.
            Error::BasicConstraints if position > 0 => {
                let constraints =
                    extensions(&tree).iter().find(|it| names(it, BASIC_CONSTRAINTS))?;
                (!is_critical(constraints)).then_some(Self::RefusedConstraints)?
            }
            Error::UnknownCriticalExtension { .. } if position > 0 && has(NAME_CONSTRAINTS) => {
                Self::RefusedCriticalExtension
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
