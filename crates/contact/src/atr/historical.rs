//! The historical bytes (ISO/IEC 7816-4 clause 12.1.1).

/// The historical bytes: what the card says of itself beyond the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Historical<'a>(&'a [u8]);

impl<'a> Historical<'a> {
    /// Over bytes that came from elsewhere, for example the contactless link.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, at most 15.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The category indicator, the first byte: `00` and `80` announce COMPACT-TLV objects.
    #[must_use]
    pub fn category(self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The COMPACT-TLV objects; none when the category is proprietary.
    #[must_use]
    pub fn objects(self) -> Objects<'a> {
        Objects(match self.0.split_first() {
            // The last three bytes are the status indicator.
            Some((0x00, rest)) => rest.split_last_chunk::<3>().map_or(&[], |(objects, _)| objects),
            Some((0x80, rest)) => rest,
            _ => &[],
        })
    }

    /// What the card declares that it can do, object `7x`.
    #[must_use]
    pub fn capabilities(self) -> Option<Capabilities> {
        let (_, value) = self.objects().find(|(tag, _)| *tag == 0x7)?;
        let (first, rest) = value.split_first()?;
        let (second, rest) = match rest.split_first() {
            Some((second, rest)) => (Some(*second), rest),
            None => (None, rest),
        };
        Some(Capabilities { selection: *first, coding: second, functions: rest.first().copied() })
    }
}

/// COMPACT-TLV objects: a tag of four bits with its value. Ends at the first that is cut off.
#[derive(Clone, Copy, Debug)]
pub struct Objects<'a>(&'a [u8]);

impl<'a> Iterator for Objects<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first()?;
        match rest.split_at_checked(usize::from(head & 0x0F)) {
            Some((value, rest)) => {
                self.0 = rest;
                Some((head >> 4, value))
            }
            None => {
                self.0 = &[];
                None
            }
        }
    }
}

/// Card capabilities: up to three software function tables (ISO/IEC 7816-4 clause 12.1.1.9). What
/// a card declares is not always what it does; see `docs/card-facts.md` §1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capabilities {
    /// First table: how a DF is selected and what a short EF identifier may do.
    pub selection: u8,
    /// Second table: data coding.
    pub coding: Option<u8>,
    /// Third table: command chaining, extended length, logical channels.
    pub functions: Option<u8>,
}

impl Capabilities {
    /// Does the card declare extended Lc and Le? `None` when there is no third table.
    #[must_use]
    pub const fn extended_length(self) -> Option<bool> {
        match self.functions {
            Some(functions) => Some(functions & 0x40 != 0),
            None => None,
        }
    }

    /// Does the card declare command chaining? `None` when there is no third table.
    #[must_use]
    pub const fn command_chaining(self) -> Option<bool> {
        match self.functions {
            Some(functions) => Some(functions & 0x80 != 0),
            None => None,
        }
    }

    /// Most logical channels that the card declares, 1 without any but the basic one.
    #[must_use]
    pub const fn logical_channels(self) -> u8 {
        match self.functions {
            // Neither the card nor the reader assigns a number: only the basic channel.
            Some(functions) if functions & 0x18 != 0 => (functions & 0x07) + 1,
            _ => 1,
        }
    }
}
