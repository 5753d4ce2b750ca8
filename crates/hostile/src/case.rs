//! A case: what an attacker hopes, which rule is in the way, and the exact reason to expect. Every
//! case is one change to a good world, which must itself be accepted.

use kazasu_pki::{Error, SignatureError};
use kazasu_tlv::ErrorKind;

use crate::world::{Scene, World};

/// Where and why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A root that the caller brings.
    Anchor(Error),
    /// The certificate.
    Certificate(Error),
    /// An authority of the path; 1 is the one that issued the holder's certificate.
    Authority(usize, Error),
    /// The holder's attributes in an accepted certificate.
    Attributes(Error),
    /// What the card answered to the challenge.
    Challenge(SignatureError),
}

/// The reason that a case must be refused for.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    Exactly(Refusal),
    /// The error points at these octets, which stand in the judged certificate exactly once.
    At(Where, Vec<u8>),
}

/// Errors that point at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Where {
    Malformed(ErrorKind),
    /// The place is this many octets after the start.
    MalformedAfter(ErrorKind, usize),
    ValidityDate,
    UnknownCriticalExtension,
    /// In the authority that issued the holder's certificate.
    AuthorityCriticalExtension,
    /// The same, this many octets after the start.
    AuthorityMalformedAfter(ErrorKind, usize),
    /// In the first root.
    RootCriticalExtension,
    Attributes,
    /// The place is this many octets after the start.
    AttributesAfter(usize),
    /// Damage in the attributes, which shows when they are read.
    MalformedAttributes(ErrorKind, usize),
}

impl Where {
    fn refusal(self, offset: usize) -> Refusal {
        let malformed = |kind, offset| {
            Refusal::Certificate(Error::Malformed(kazasu_tlv::Error { kind, offset }))
        };
        match self {
            Self::Malformed(kind) => malformed(kind, offset),
            Self::MalformedAfter(kind, further) => malformed(kind, offset + further),
            Self::ValidityDate => Refusal::Certificate(Error::ValidityDate { offset }),
            Self::UnknownCriticalExtension => {
                Refusal::Certificate(Error::UnknownCriticalExtension { offset })
            }
            Self::AuthorityCriticalExtension => {
                Refusal::Authority(1, Error::UnknownCriticalExtension { offset })
            }
            Self::AuthorityMalformedAfter(kind, further) => {
                let offset = offset + further;
                Refusal::Authority(1, Error::Malformed(kazasu_tlv::Error { kind, offset }))
            }
            Self::RootCriticalExtension => {
                Refusal::Anchor(Error::UnknownCriticalExtension { offset })
            }
            Self::Attributes => Refusal::Attributes(Error::Attributes { offset }),
            Self::AttributesAfter(further) => {
                Refusal::Attributes(Error::Attributes { offset: offset + further })
            }
            Self::MalformedAttributes(kind, further) => {
                let offset = offset + further;
                Refusal::Attributes(Error::Malformed(kazasu_tlv::Error { kind, offset }))
            }
        }
    }
}

impl Expected {
    /// The refusal to expect of this scene. `None` when the octets do not stand there exactly once,
    /// which is a fault of the case.
    pub(crate) fn refusal(&self, scene: &Scene) -> Option<Refusal> {
        match self {
            Self::Exactly(refusal) => Some(*refusal),
            Self::At(place, octets) => {
                let first = scene.roots.first().map(|(der, _)| der);
                let der = match place {
                    Where::RootCriticalExtension => first?,
                    Where::AuthorityCriticalExtension | Where::AuthorityMalformedAfter(..) => {
                        scene.intermediates.first()?
                    }
                    _ => &scene.leaf,
                };
                let mut places = (0..der.len())
                    .filter(|at| der.get(*at..).is_some_and(|it| it.starts_with(octets)));
                let offset = places.next()?;
                places.next().is_none().then(|| place.refusal(offset))
            }
        }
    }
}

/// The certificate is refused with this error.
pub(crate) const fn certificate(error: Error) -> Expected {
    Expected::Exactly(Refusal::Certificate(error))
}

/// An authority of the path is refused with this error.
pub(crate) const fn authority(position: usize, error: Error) -> Expected {
    Expected::Exactly(Refusal::Authority(position, error))
}

/// A root is refused with this error.
pub(crate) const fn anchor(error: Error) -> Expected {
    Expected::Exactly(Refusal::Anchor(error))
}

/// The certificate is no DER or has not the structure, and the error points at these octets.
pub(crate) fn malformed(kind: ErrorKind, octets: &[u8]) -> Expected {
    Expected::At(Where::Malformed(kind), octets.to_vec())
}

/// The same with the place in octets from the start of the certificate.
pub(crate) const fn malformed_at(kind: ErrorKind, offset: usize) -> Expected {
    certificate(Error::Malformed(kazasu_tlv::Error { kind, offset }))
}

/// One hostile thing.
#[derive(Clone)]
pub(crate) struct Case {
    /// Lower-case words with hyphens.
    pub(crate) name: String,
    /// What whoever made it hopes.
    pub(crate) hope: String,
    /// The rule in its way.
    pub(crate) clause: &'static str,
    /// The good world that it was made of.
    pub(crate) template: Scene,
    pub(crate) hostile: Scene,
    pub(crate) expected: Expected,
}

/// The list, in the making.
#[derive(Default)]
pub(crate) struct Cases {
    pub(crate) all: Vec<Case>,
}

impl Cases {
    /// Adds a case: one change to a good world.
    pub(crate) fn add(
        &mut self,
        name: impl Into<String>,
        hope: impl Into<String>,
        clause: &'static str,
        template: &World,
        expected: Expected,
        change: impl FnOnce(&mut World),
    ) {
        let mut hostile = template.clone();
        change(&mut hostile);
        self.all.push(Case {
            name: name.into(),
            hope: hope.into(),
            clause,
            template: template.scene(),
            hostile: hostile.scene(),
            expected,
        });
    }
}
