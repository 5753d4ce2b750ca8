//! Certificates made of bytes that choose: a seed, edits of its structure, and whether the root
//! signs the result, so that what stands behind the check of the signature is reached.

use kazasu_pki::Kind;

use super::{
    node::{Body, Node},
    seed::{KEY_INFO, Seeds, VALIDITY},
};

/// A certificate and what it is judged for.
#[derive(Clone)]
pub struct Mutant {
    /// The certificate, or what became of it.
    pub der: Vec<u8>,
    /// The authority that came with it, if any.
    pub intermediates: Vec<Vec<u8>>,
    /// The kind that it is judged as.
    pub kind: Kind,
    /// The moment, as seconds since 1970.
    pub now: u32,
}

/// All of it, so that a failure can be looked at: nothing here is a person's.
impl std::fmt::Debug for Mutant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "as {} at {}", self.kind.as_str(), self.now)?;
        for der in std::iter::once(&self.der).chain(&self.intermediates) {
            let der: String = der.iter().map(|octet| format!("{octet:02x}")).collect();
            write!(f, ": {der}")?;
        }
        Ok(())
    }
}

/// 21 November 2026, when every seed is valid.
const NOW: u32 = 1_795_219_200;

/// At most so many edits; more leave nothing to judge.
const MOST_EDITS: usize = 6;

/// Longer ones are of no use.
const MOST_OCTETS: usize = 16_384;

/// Identifiers that rules look for (content octets): extensions, purposes, policies, algorithms.
const IDENTIFIERS: [&[u8]; 18] = [
    &[0x55, 0x1D, 0x0E],
    &[0x55, 0x1D, 0x0F],
    &[0x55, 0x1D, 0x11],
    &[0x55, 0x1D, 0x13],
    &[0x55, 0x1D, 0x1E],
    &[0x55, 0x1D, 0x1F],
    &[0x55, 0x1D, 0x20],
    &[0x55, 0x1D, 0x20, 0x00],
    &[0x55, 0x1D, 0x23],
    &[0x55, 0x1D, 0x24],
    &[0x55, 0x1D, 0x25],
    &[0x55, 0x1D, 0x25, 0x00],
    &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
    &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
    &[0x2A, 0x83, 0x08, 0x8C, 0x9B, 0x55, 0x08, 0x05, 0x01, 0x03, 0x1E],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A],
];

/// Contents on the borders of rules: of BOOLEAN, INTEGER, BIT STRING.
const CONTENTS: [&[u8]; 14] = [
    &[],
    &[0x00],
    &[0x01],
    &[0x7F],
    &[0x80],
    &[0xFF],
    &[0x00, 0x00],
    &[0x00, 0x80],
    &[0x07, 0x80],
    &[0x06, 0xC0],
    &[0x01, 0x06],
    &[0x00, 0x80, 0x00],
    &[0x55; 20],
    &[0x55; 21],
];

/// Times around `NOW` and on borders of the two notations.
const TIMES: [(u8, &[u8]); 15] = [
    (0x17, b"261101000000Z"),
    (0x17, b"261120000000Z"),
    (0x17, b"261122000000Z"),
    (0x17, b"261121000000Z"),
    (0x17, b"261121000001Z"),
    (0x17, b"261120235959Z"),
    (0x17, b"491231235959Z"),
    (0x17, b"500101000000Z"),
    (0x17, b"2611210000Z"),
    (0x17, b"261121000000+0900"),
    (0x18, b"20261121000000Z"),
    (0x18, b"20500101000000Z"),
    (0x18, b"99991231235959Z"),
    (0x17, b"240229145959Z"),
    (0x17, b"250229145959Z"),
];

impl Mutant {
    /// What these bytes choose. `None` when it is out of all bounds.
    pub fn new(seeds: &Seeds, bytes: &[u8]) -> Option<Self> {
        let mut choice = Choice(bytes);
        let seed = choice.of(&seeds.all)?;
        let how = choice.octet();
        let kind = match how & 0x0F {
            0 => Kind::Auth,
            1 => Kind::Sign,
            _ => seed.kind,
        };
        let mut tree = seed.tree.clone();
        let through = matches!(how & 0x0F, 2..=6) && !seed.real;
        let mut authority = through.then(|| seeds.move_below(&mut tree)).flatten();
        for _ in 0..MOST_EDITS {
            if choice.0.is_empty() {
                break;
            }
            // A quarter of the edits is the authority's.
            let of_authority = choice.0.first().is_some_and(|what| what & 0x30 == 0x30);
            match &mut authority {
                Some(authority) if of_authority => edit(authority, seeds, &mut choice),
                _ => edit(&mut tree, seeds, &mut choice),
            }
        }
        // A quarter stays with the signature that it had, as everything that is real does.
        if how & 0xC0 != 0 && !seed.real {
            match &mut authority {
                Some(authority) => {
                    seeds.sign(authority);
                    seeds.sign_below(&mut tree);
                }
                None => seeds.sign(&mut tree),
            }
        }
        let now = match how & 0x30 {
            0x30 => choice.moment(),
            _ => NOW,
        };
        let der = tree.encode();
        let intermediates: Vec<_> = authority.iter().map(Node::encode).collect();
        let octets = der.len() + intermediates.iter().map(Vec::len).sum::<usize>();
        (octets <= MOST_OCTETS).then_some(Self { der, intermediates, kind, now })
    }
}

impl Mutant {
    /// The certificates from the holder's upwards, without the root.
    pub(super) fn path(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.der).chain(&self.intermediates).map(Vec::as_slice)
    }
}

/// Changes one place.
fn edit(tree: &mut Node, seeds: &Seeds, choice: &mut Choice<'_>) {
    let what = choice.octet();
    let mut paths = tree.paths();
    // Rules stand in the extensions and the dates more than elsewhere.
    match what >> 6 {
        0 => paths.retain(|path| path.starts_with(&[0]) && path.get(1) > Some(&KEY_INFO)),
        1 => paths.retain(|path| path.starts_with(&[0, VALIDITY]) && path.len() > 2),
        2 => paths.retain(|path| path.starts_with(&[0])),
        _ => {}
    }
    let Some(path) = choice.of(&paths).cloned() else { return };
    let Some((last, parent)) = path.split_last() else { return };
    // Grafts of dates are dull: those of other certificates are alike.
    let action = if what >> 6 == 1 && what & 0x08 != 0 { 3 } else { what & 0x0F };
    match action {
        0 => replace_content(tree, &path, |content| {
            let place = choice.number();
            let bits = content.len().saturating_mul(8);
            if let Some(place) = place.checked_rem(bits)
                && let Some(octet) = content.get_mut(place / 8)
            {
                *octet ^= 1 << (place % 8);
            }
        }),
        1 => {
            let with = choice.of(&CONTENTS).copied().unwrap_or_default();
            replace_content(tree, &path, |content| *content = with.to_vec());
        }
        2 => {
            let with = choice.of(&IDENTIFIERS).copied().unwrap_or_default();
            replace(tree, &path, Node::new(0x06, with));
        }
        3 => {
            let (tag, text) = choice.of(&TIMES).copied().unwrap_or((0x17, b""));
            replace(tree, &path, Node::new(tag, text));
        }
        4 => {
            let tag = choice.octet();
            // A tag of several octets is another object altogether.
            if tag & 0x1F != 0x1F
                && let Some(node) = tree.at_mut(&path)
            {
                node.tag = tag;
            }
        }
        5 => change_list(tree, parent, |nodes| {
            if *last < nodes.len() {
                nodes.remove(*last);
            }
        }),
        6 => change_list(tree, parent, |nodes| nodes.extend(nodes.get(*last).cloned())),
        7 => change_list(tree, parent, |nodes| {
            if let Some(other) = choice.number().checked_rem(nodes.len())
                && *last < nodes.len()
            {
                nodes.swap(other, *last);
            }
        }),
        // The same field of another certificate.
        8 | 9 => {
            if let Some(part) = choice.of(&seeds.donors).and_then(|donor| donor.at(&path)) {
                replace(tree, &path, part.clone());
            }
        }
        // Any part of one, in the place of this or before it.
        10 => {
            if let Some(part) = choice.part(seeds) {
                replace(tree, &path, part);
            }
        }
        11 | 12 => {
            if let Some(part) = choice.part(seeds) {
                change_list(tree, parent, |nodes| nodes.insert((*last).min(nodes.len()), part));
            }
        }
        // `critical TRUE`, or without it.
        13 => change_list(tree, &path, |nodes| {
            let before = nodes.len();
            nodes.retain(|node| node.tag != 0x01);
            if nodes.len() == before && !nodes.is_empty() {
                nodes.insert(1, Node::new(0x01, &[0xFF]));
            }
        }),
        14 => {
            if let Some(node) = tree.at_mut(&path) {
                node.long_length = !node.long_length;
            }
        }
        _ => replace_content(tree, &path, |content| {
            let length = usize::from(choice.octet() % 24);
            *content = (0..length).map(|_| choice.octet()).collect();
        }),
    }
}

fn replace(tree: &mut Node, path: &[usize], with: Node) {
    if let Some(node) = tree.at_mut(path) {
        *node = with;
    }
}

fn replace_content(tree: &mut Node, path: &[usize], change: impl FnOnce(&mut Vec<u8>)) {
    if let Some(node) = tree.at_mut(path) {
        let mut content = node.content();
        change(&mut content);
        node.body = Body::Octets(content);
    }
}

fn change_list(tree: &mut Node, path: &[usize], change: impl FnOnce(&mut Vec<Node>)) {
    if let Some(nodes) = tree.at_mut(path).and_then(Node::nodes_mut) {
        change(nodes);
    }
}

/// The bytes that choose; 0 when there are no more.
struct Choice<'b>(&'b [u8]);

impl Choice<'_> {
    fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        usize::from(u16::from_be_bytes([self.octet(), self.octet()]))
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(self.number().checked_rem(all.len())?)
    }

    fn part(&mut self, seeds: &Seeds) -> Option<Node> {
        let donor = self.of(&seeds.donors)?;
        donor.at(self.of(&donor.paths())?).cloned()
    }

    /// Any moment between 1970 and 2106.
    fn moment(&mut self) -> u32 {
        u32::from_be_bytes([self.octet(), self.octet(), self.octet(), self.octet()])
    }
}
