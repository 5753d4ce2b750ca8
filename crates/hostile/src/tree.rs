//! DER as a tree that can be cut and grafted: what the mutations and the attacks on the encoding
//! work on. Never judges anything.

use kazasu_tlv::{Element, Reader, Rules, tags};

use crate::der;

/// One object, and the objects inside of it.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) tag: u8,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    Octets(Vec<u8>),
    /// Objects, after octets that are none (the unused bits of a BIT STRING).
    Nodes(Vec<u8>, Vec<Node>),
}

/// How a header is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    LongLength,
    Indefinite,
}

impl Node {
    /// Reads one object that fills the octets. `None` when it is not DER, or has a long tag.
    pub(crate) fn parse(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(octets, Rules::Der);
        let node = Self::of(&reader.read().ok()?)?;
        reader.is_empty().then_some(node)
    }

    fn of(element: &Element<'_>) -> Option<Self> {
        let tag = u8::try_from(element.tag().octets()).ok()?;
        let value = element.value();
        let body = match element.tag() {
            constructed if constructed.is_constructed() => Body::Nodes(vec![], Self::all(value)?),
            // Keys and values of extensions are DER inside of strings.
            tags::OCTET_STRING => Self::inside(&[], value),
            tags::BIT_STRING => value.split_first().map_or_else(
                || Self::inside(&[], value),
                |(unused, rest)| Self::inside(&[*unused], rest),
            ),
            _ => Body::Octets(value.to_vec()),
        };
        Some(Self { tag, body })
    }

    fn inside(prefix: &[u8], octets: &[u8]) -> Body {
        match Self::all(octets) {
            Some(nodes) if !nodes.is_empty() => Body::Nodes(prefix.to_vec(), nodes),
            _ => Body::Octets([prefix, octets].concat()),
        }
    }

    fn all(octets: &[u8]) -> Option<Vec<Self>> {
        Reader::new(octets, Rules::Der).into_iter().map(|it| Self::of(&it.ok()?)).collect()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        der::element(self.tag, &self.content())
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        match &self.body {
            Body::Octets(octets) => octets.clone(),
            Body::Nodes(prefix, nodes) => {
                let nodes: Vec<u8> = nodes.iter().flat_map(Self::encode).collect();
                [&prefix[..], &nodes].concat()
            }
        }
    }

    pub(crate) fn at(&self, path: &[usize]) -> Option<&Self> {
        match path.split_first() {
            None => Some(self),
            Some((first, rest)) => self.nodes()?.get(*first)?.at(rest),
        }
    }

    pub(crate) fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        match path.split_first() {
            None => Some(self),
            Some((first, rest)) => self.nodes_mut()?.get_mut(*first)?.at_mut(rest),
        }
    }

    pub(crate) fn nodes(&self) -> Option<&Vec<Self>> {
        match &self.body {
            Body::Octets(_) => None,
            Body::Nodes(_, nodes) => Some(nodes),
        }
    }

    pub(crate) fn nodes_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.body {
            Body::Octets(_) => None,
            Body::Nodes(_, nodes) => Some(nodes),
        }
    }

    /// The paths of all nodes below this one.
    pub(crate) fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, here: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
        for (index, node) in self.nodes().into_iter().flatten().enumerate() {
            here.push(index);
            paths.push(here.clone());
            node.collect(here, paths);
            here.pop();
        }
    }

    /// Replaces the node at a path by octets of any kind, and encodes the whole; the octets stand
    /// behind this many others. `None` when there is no such node.
    pub(crate) fn encode_with(&self, path: &[usize], octets: &[u8]) -> Option<(Vec<u8>, usize)> {
        let Some((first, rest)) = path.split_first() else { return Some((octets.to_vec(), 0)) };
        let Body::Nodes(prefix, nodes) = &self.body else { return None };
        let (inner, behind) = nodes.get(*first)?.encode_with(rest, octets)?;
        let mut content = prefix.clone();
        let mut place = 0;
        for (index, node) in nodes.iter().enumerate() {
            if index == *first {
                place = content.len() + behind;
                content.extend_from_slice(&inner);
            } else {
                content.extend_from_slice(&node.encode());
            }
        }
        let whole = der::element(self.tag, &content);
        let header = whole.len() - content.len();
        Some((whole, header + place))
    }

    /// The node itself with its header written in another form.
    pub(crate) fn in_form(&self, form: Form) -> Vec<u8> {
        match form {
            Form::LongLength => der::long_length(self.tag, &self.content()),
            Form::Indefinite => der::indefinite(self.tag, &self.content()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{REAL_AUTH, REAL_SIGN};

    #[test]
    fn a_tree_becomes_the_octets_that_it_was() {
        for octets in [REAL_AUTH, REAL_SIGN] {
            let tree = Node::parse(octets).unwrap();
            assert_eq!(tree.encode(), octets);
            let paths = tree.paths();
            assert!(paths.len() > 100, "{}", paths.len());
            for path in paths {
                let node = tree.at(&path).unwrap().encode();
                let (whole, place) = tree.encode_with(&path, &node).unwrap();
                assert_eq!(whole, octets);
                assert_eq!(octets[place..place + node.len()], node);
            }
        }
    }
}
