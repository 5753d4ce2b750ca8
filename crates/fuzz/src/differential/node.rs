//! DER as a tree that can be cut and grafted. Never judges anything.

use kazasu_tlv::{Element, Reader, Rules, tags};

/// One object.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) tag: u8,
    pub(super) body: Body,
    /// The length in more octets than it needs.
    pub(super) long_length: bool,
}

#[derive(Clone)]
pub(super) enum Body {
    Octets(Vec<u8>),
    /// Objects, behind octets that are none (the unused bits of a BIT STRING).
    Nodes(Vec<u8>, Vec<Node>),
}

impl Node {
    pub(super) fn new(tag: u8, content: &[u8]) -> Self {
        Self { tag, body: Body::Octets(content.to_vec()), long_length: false }
    }

    /// Reads one object that fills the octets. `None` when it is not DER, or has a long tag.
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        let mut nodes = Self::all(octets)?;
        nodes.pop().filter(|_| nodes.is_empty())
    }

    fn all(octets: &[u8]) -> Option<Vec<Self>> {
        Reader::new(octets, Rules::Der).into_iter().map(|it| Self::of(&it.ok()?)).collect()
    }

    fn of(element: &Element<'_>) -> Option<Self> {
        let tag = u8::try_from(element.tag().octets()).ok()?;
        let value = element.value();
        let body = match element.tag() {
            // What cannot be read is kept as it is: nobody may have looked there.
            constructed if constructed.is_constructed() => Self::all(value)
                .map_or_else(|| Body::Octets(value.to_vec()), |nodes| Body::Nodes(vec![], nodes)),
            tags::OCTET_STRING => Self::inside(value, 0),
            tags::BIT_STRING => Self::inside(value, 1),
            _ => Body::Octets(value.to_vec()),
        };
        Some(Self { tag, body, long_length: false })
    }

    /// Keys, and values of extensions, are DER inside of strings.
    fn inside(value: &[u8], prefix: usize) -> Body {
        let parts = value.split_at_checked(prefix);
        match parts.and_then(|(prefix, rest)| Some((prefix, Self::all(rest)?))) {
            Some((prefix, nodes)) if !nodes.is_empty() => Body::Nodes(prefix.to_vec(), nodes),
            _ => Body::Octets(value.to_vec()),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let content = self.content();
        let length = content.len().to_be_bytes();
        let zeros = length.iter().take_while(|octet| **octet == 0).count();
        let short = content.len() < 0x80;
        let skipped = if self.long_length { zeros.min(length.len() - 1) - 1 } else { zeros };
        let mut octets = vec![self.tag];
        if short && !self.long_length {
            octets.extend(length.last());
        } else {
            let length = length.get(skipped..).unwrap_or_default();
            octets.push(0x80 | u8::try_from(length.len()).unwrap_or(0));
            octets.extend(length);
        }
        octets.extend(content);
        octets
    }

    pub(super) fn content(&self) -> Vec<u8> {
        match &self.body {
            Body::Octets(octets) => octets.clone(),
            Body::Nodes(prefix, nodes) => {
                prefix.iter().copied().chain(nodes.iter().flat_map(Self::encode)).collect()
            }
        }
    }

    pub(super) fn nodes(&self) -> &[Self] {
        match &self.body {
            Body::Octets(_) => &[],
            Body::Nodes(_, nodes) => nodes,
        }
    }

    pub(super) fn nodes_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.body {
            Body::Octets(_) => None,
            Body::Nodes(_, nodes) => Some(nodes),
        }
    }

    pub(super) fn at(&self, path: &[usize]) -> Option<&Self> {
        path.iter().try_fold(self, |node, index| node.nodes().get(*index))
    }

    pub(super) fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, index| node.nodes_mut()?.get_mut(*index))
    }

    /// The paths of all objects below this one.
    pub(super) fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            paths.push(vec![index]);
            paths.extend(node.paths().into_iter().map(|below| [&[index], &below[..]].concat()));
        }
        paths
    }
}
