//! DER, written into vectors. It encodes whatever it is told to, right or wrong: nothing here
//! checks that a value fits its type.

/// A tag of one octet, the length in its shortest form, and the content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&header(tag, content.len())[..], content].concat()
}

fn header(tag: u8, length: usize) -> Vec<u8> {
    let octets = length.to_be_bytes();
    let octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    match length {
        0..0x80 => vec![tag, u8::try_from(length).unwrap_or(0)],
        _ => [&[tag, 0x80 | u8::try_from(octets.len()).unwrap_or(0)][..], &octets].concat(),
    }
}

/// The same with the length in one octet more than it needs.
pub(crate) fn long_length(tag: u8, content: &[u8]) -> Vec<u8> {
    let octets = content.len().to_be_bytes();
    let shortest = header(tag, content.len()).len() - 2;
    let count = shortest.max(1) + usize::from(shortest > 0);
    let octets = octets.split_at(octets.len() - count).1;
    [&[tag, 0x80 | u8::try_from(count).unwrap_or(0)][..], octets, content].concat()
}

/// The same with an indefinite length and the two octets that end it.
pub(crate) fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80][..], content, &[0, 0]].concat()
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

pub(crate) fn set(parts: &[&[u8]]) -> Vec<u8> {
    element(0x31, &parts.concat())
}

/// `[number]` around whole objects.
pub(crate) fn explicit(number: u8, content: &[u8]) -> Vec<u8> {
    element(0xA0 | number, content)
}

/// An INTEGER with these content octets.
pub(crate) fn integer(content: &[u8]) -> Vec<u8> {
    element(0x02, content)
}

/// The INTEGER of a number that is not negative, big-endian.
pub(crate) fn unsigned(number: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = number.iter().copied().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|first| *first >= 0x80) {
        content.insert(0, 0);
    }
    integer(&content)
}

pub(crate) fn boolean(content: u8) -> Vec<u8> {
    element(0x01, &[content])
}

pub(crate) fn null() -> Vec<u8> {
    element(0x05, &[])
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    element(0x04, content)
}

/// A BIT STRING of whole octets.
pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], content].concat())
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(0x0C, text.as_bytes())
}

pub(crate) fn printable(text: &str) -> Vec<u8> {
    element(0x13, text.as_bytes())
}

pub(crate) fn utc_time(text: &str) -> Vec<u8> {
    element(0x17, text.as_bytes())
}

pub(crate) fn generalized_time(text: &str) -> Vec<u8> {
    element(0x18, text.as_bytes())
}

/// The OBJECT IDENTIFIER with these numbers, written with dots.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u64>().unwrap_or(0));
    let first = arcs.next().unwrap_or(0) * 40 + arcs.next().unwrap_or(0);
    let mut content = Vec::new();
    for arc in std::iter::once(first).chain(arcs) {
        let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let low = u8::try_from(arc >> (7 * group) & 0x7F).unwrap_or(0);
            content.push(if group == 0 { low } else { 0x80 | low });
        }
    }
    element(0x06, &content)
}

/// An AlgorithmIdentifier with these parameters, whole, or with none.
pub(crate) fn algorithm(dotted: &str, parameters: &[u8]) -> Vec<u8> {
    sequence(&[&oid(dotted), parameters])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_identifiers_are_as_in_the_standard() {
        assert_eq!(element(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[7; 256])[..4], [4, 0x82, 1, 0]);
        assert_eq!(long_length(4, &[7; 3])[..3], [4, 0x81, 3]);
        assert_eq!(long_length(4, &[7; 200])[..4], [4, 0x82, 0, 200]);
        assert_eq!(indefinite(4, &[7]), [4, 0x80, 7, 0, 0]);
        assert_eq!(oid("1.2.840.113549"), [6, 6, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D]);
        assert_eq!((unsigned(&[0, 0x80]), unsigned(&[0])), (vec![2, 2, 0, 0x80], vec![2, 1, 0]));
    }
}
