//! Bytes as hexadecimal text in the card file, for serde's `with`.

use serde::{Deserialize, Deserializer, Serializer, de};

/// Lower-case digits, two per byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `None` when the text is not pairs of hexadecimal digits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: &u8| char::from(*letter).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

pub(crate) fn serialize<S: Serializer, B: AsRef<[u8]>>(
    bytes: &B,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(&encode(bytes.as_ref()))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, B: From<Vec<u8>>>(
    from: D,
) -> Result<B, D::Error> {
    let text = String::deserialize(from)?;
    decode(&text).map(B::from).ok_or_else(|| de::Error::custom("not pairs of hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree_and_rubbish_is_refused() {
        assert_eq!(encode(&[0x00, 0xAF]), "00af");
        assert_eq!(decode("00aF"), Some(vec![0x00, 0xAF]));
        for wrong in ["0", "0g", "００", "0 "] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
