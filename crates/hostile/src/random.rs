//! Numbers that are the same for the same seed everywhere: SplitMix64 (Steele, Lea, Flood 2014).
//! Nothing secret is made of them.

pub(crate) struct Random(u64);

impl Random {
    /// The numbers of one mutant: independent of how many others are made, and in which order.
    pub(crate) const fn new(seed: u64, index: u64) -> Self {
        Self(seed ^ index.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one; 0 when there is none below.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap_or(0).checked_rem(end).unwrap_or(0)
    }

    /// One of them. `None` of none.
    pub(crate) fn of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(self.below(all.len()))
    }

    pub(crate) fn octet(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}
