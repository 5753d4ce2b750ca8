//! The interface bytes (ISO/IEC 7816-3 clause 8.3).

use crate::slot::Class;

/// One group of interface bytes: those that T0 or a TD announces together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Group {
    /// Its number i: 1 for TA1 to TD1.
    pub index: u8,
    /// The T of the TD that announced it; `None` for the first, which T0 announced.
    pub protocol: Option<u8>,
    /// TAi.
    pub ta: Option<u8>,
    /// TBi.
    pub tb: Option<u8>,
    /// TCi.
    pub tc: Option<u8>,
    /// TDi.
    pub td: Option<u8>,
}

/// The groups of interface bytes, in order.
#[derive(Clone, Debug)]
pub struct Groups<'a> {
    bytes: core::slice::Iter<'a, u8>,
    /// T0 or TD: whether a group follows, and which bytes it has.
    announcement: Option<u8>,
    index: u8,
}

impl<'a> Groups<'a> {
    /// Over T0 and the interface bytes.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut bytes = bytes.iter();
        let announcement = bytes.next().copied();
        Self { bytes, announcement, index: 0 }
    }

    fn take(&mut self, announcement: u8, bit: u8) -> Option<u8> {
        if announcement & bit == 0 { None } else { self.bytes.next().copied() }
    }
}

impl Iterator for Groups<'_> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let announcement = self.announcement.take()?;
        if announcement & 0xF0 == 0 {
            return None;
        }
        self.index = self.index.saturating_add(1);
        let group = Group {
            index: self.index,
            protocol: (self.index > 1).then_some(announcement & 0x0F),
            ta: self.take(announcement, 0x10),
            tb: self.take(announcement, 0x20),
            tc: self.take(announcement, 0x40),
            td: self.take(announcement, 0x80),
        };
        self.announcement = group.td;
        Some(group)
    }
}

/// What the interface bytes say, with what holds where they are absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Interface {
    /// One bit for each T that a TD names.
    pub(super) protocols: u16,
    pub(super) first: u8,
    pub(super) ta1: u8,
    pub(super) tc1: u8,
    pub(super) ta2: Option<u8>,
    pub(super) tc2: u8,
    /// First TA, TB and TC for T=1.
    pub(super) block: (u8, u8, u8),
    /// First TA and TB for T=15.
    pub(super) global: (Option<u8>, Option<u8>),
}

impl Interface {
    pub(super) fn of(groups: Groups<'_>) -> Self {
        let mut all = Self {
            protocols: 0,
            first: 0,
            ta1: 0x11,
            tc1: 0,
            ta2: None,
            tc2: 10,
            block: (32, 0x4D, 0),
            global: (None, None),
        };
        let mut block = (None, None, None);
        for group in groups {
            if let Some(td) = group.td {
                if group.index == 1 {
                    all.first = td & 0x0F;
                }
                all.protocols |= 1 << (td & 0x0F);
            }
            match (group.index, group.protocol) {
                (1, _) => {
                    all.ta1 = group.ta.unwrap_or(all.ta1);
                    all.tc1 = group.tc.unwrap_or(all.tc1);
                }
                (2, _) => {
                    all.ta2 = group.ta;
                    all.tc2 = group.tc.unwrap_or(all.tc2);
                }
                (_, Some(1)) => {
                    block = (block.0.or(group.ta), block.1.or(group.tb), block.2.or(group.tc));
                }
                (_, Some(15)) => {
                    all.global = (all.global.0.or(group.ta), all.global.1.or(group.tb));
                }
                _ => {}
            }
        }
        let (ta, tb, tc) = all.block;
        all.block = (block.0.unwrap_or(ta), block.1.unwrap_or(tb), block.2.unwrap_or(tc));
        if all.protocols == 0 {
            all.protocols = 1;
        }
        all
    }
}

/// TA1: the clock rate conversion and baud rate adjustment integers that the card offers
/// (ISO/IEC 7816-3 clause 8.3, tables 7 and 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TransmissionFactors(u8);

impl TransmissionFactors {
    /// The factors of a TA1 or a PPS1.
    #[must_use]
    pub const fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// Fi, and the highest clock that goes with it in Hz. `None`: reserved.
    #[must_use]
    pub const fn fi(self) -> Option<(u16, u32)> {
        Some(match self.0 >> 4 {
            0 => (372, 4_000_000),
            1 => (372, 5_000_000),
            2 => (558, 6_000_000),
            3 => (744, 8_000_000),
            4 => (1116, 12_000_000),
            5 => (1488, 16_000_000),
            6 => (1860, 20_000_000),
            9 => (512, 5_000_000),
            10 => (768, 7_500_000),
            11 => (1024, 10_000_000),
            12 => (1536, 15_000_000),
            13 => (2048, 20_000_000),
            _ => return None,
        })
    }

    /// Di. `None`: reserved.
    #[must_use]
    pub const fn di(self) -> Option<u8> {
        Some(match self.0 & 0x0F {
            1 => 1,
            2 => 2,
            3 => 4,
            4 => 8,
            5 => 16,
            6 => 32,
            7 => 64,
            8 => 12,
            9 => 20,
            _ => return None,
        })
    }
}

/// TA2: the mode that the card is in after this reset (ISO/IEC 7816-3 clause 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SpecificMode(u8);

impl SpecificMode {
    pub(super) const fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// The number T of the protocol that is in force.
    #[must_use]
    pub const fn protocol(self) -> u8 {
        self.0 & 0x0F
    }

    /// Are F and D those of TA1? Else they are implicit: known to the card and to whoever issued
    /// it.
    #[must_use]
    pub const fn by_interface_bytes(self) -> bool {
        self.0 & 0x10 == 0
    }

    /// Can a warm reset bring the card into negotiable mode?
    #[must_use]
    pub const fn changeable(self) -> bool {
        self.0 & 0x80 == 0
    }
}

/// How CLK may be stopped (clock stop indicator, ISO/IEC 7816-3 clause 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ClockStop {
    /// At either level.
    Any,
    /// At the high level only.
    High,
    /// At the low level only.
    Low,
}

impl ClockStop {
    pub(super) const fn new(byte: u8) -> Option<Self> {
        match byte >> 6 {
            1 => Some(Self::Low),
            2 => Some(Self::High),
            3 => Some(Self::Any),
            _ => None,
        }
    }
}

/// The classes of operating conditions that the card accepts (class indicator, ISO/IEC 7816-3
/// clause 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IndicatedClasses(u8);

impl IndicatedClasses {
    /// A only, B only, C only, A and B, B and C, all: the six that are defined.
    pub(super) const fn new(byte: u8) -> Option<Self> {
        match byte & 0x3F {
            classes @ (1 | 2 | 3 | 4 | 6 | 7) => Some(Self(classes)),
            _ => None,
        }
    }

    /// Is this one among them?
    #[must_use]
    pub const fn include(self, class: Class) -> bool {
        let bit = match class {
            Class::A => 1,
            Class::B => 2,
            Class::C => 4,
        };
        self.0 & bit != 0
    }
}
