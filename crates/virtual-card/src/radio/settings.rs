//! How a contactless card behaves where cards differ, and what it does wrong when a test wants it
//! to.

use std::time::Duration;

/// The behaviour of a [`Picc`](super::Picc).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PiccSettings {
    /// Type A or Type B, and how it answers until it is activated.
    pub interface: Interface,
    /// How long the card itself works at a command, in addition to what its
    /// [`Responder`](crate::Responder) says.
    pub work: WorkTimes,
    /// S(WTX): when the card asks for more time.
    pub waiting_time: WaitingTime,
    /// From the end of the reader's frame to the beginning of the card's, with nothing to work at.
    pub response_delay: Duration,
    /// From the field to the first frame that it takes: at most 5 ms (ISO/IEC 14443-3, 5.2).
    pub start_up: Duration,
    /// The card's blocks carry at most so many bytes of the APDU, though the frame could be longer.
    pub information_field: Option<usize>,
    /// The card never answers this command, counted from 1 since it was made. It executes it.
    pub hang: Option<u64>,
    /// Where its random identifiers come from: the same seed, the same identifiers.
    pub seed: u64,
}

impl PiccSettings {
    /// A quick card of Type B that answers so.
    #[must_use]
    pub fn type_b(type_b: TypeBSettings) -> Self {
        Self { interface: Interface::TypeB(type_b), ..Self::default() }
    }

    /// A quick card of Type A that answers so.
    #[must_use]
    pub fn type_a(type_a: TypeASettings) -> Self {
        Self { interface: Interface::TypeA(type_a), ..Self::default() }
    }
}

impl Default for PiccSettings {
    /// A quick card, [`TypeBSettings::JPKI_06`].
    fn default() -> Self {
        Self {
            interface: Interface::TypeB(TypeBSettings::JPKI_06),
            work: WorkTimes::NONE,
            waiting_time: WaitingTime::default(),
            // TR0 and TR1 of Type B are at most 302 and 236 us, and at least 76 and 94.
            response_delay: Duration::from_micros(200),
            start_up: Duration::from_millis(2),
            information_field: None,
            hang: None,
            seed: 0,
        }
    }
}

/// The signal interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interface {
    /// Type A.
    TypeA(TypeASettings),
    /// Type B.
    TypeB(TypeBSettings),
}

/// How a card of Type B answers (ISO/IEC 14443-3, 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeBSettings {
    /// Application family; a card of family 00 answers requests for all families only.
    pub afi: u8,
    /// Application data of ATQB.
    pub application_data: [u8; 4],
    /// Protocol information of ATQB: bit rates, frame size and protocol type, FWI and options.
    pub protocol_info: [u8; 3],
    /// The fourth byte of the protocol information (SFGI in its high half) for a reader that asks
    /// for the extended ATQB; `None`: the card does not know it.
    pub extended: Option<u8>,
    /// The identifier.
    pub pupi: Identifier<4>,
    /// Which slot it takes of several; `None`: by chance. 1 to 16.
    pub slot: Option<u8>,
    /// Maximum buffer length index, in the answer to ATTRIB: 0 says nothing.
    pub mbli: u8,
    /// Higher layer response, in the answer to ATTRIB.
    pub higher_layer_response: &'static [u8],
    /// Is ATTRIB never answered?
    pub refuses_attrib: bool,
}

impl TypeBSettings {
    const fn of(application_data: [u8; 4], protocol_info: [u8; 3]) -> Self {
        Self {
            // Derived: the first byte of the application data (`docs/card-facts.md` §1.2).
            afi: 0x00,
            application_data,
            protocol_info,
            extended: None,
            pupi: Identifier::RandomPerField,
            slot: None,
            mbli: 0,
            higher_layer_response: &[],
            refuses_attrib: false,
        }
    }

    /// JPKI (06) of `docs/card-facts.md` §1.2: 106 to 424 kbit/s, the same both ways; FWI 10.
    pub const JPKI_06: Self = Self::of([0x00, 0x00, 0x05, 0xE0], [0xB3, 0x81, 0xA1]);
    /// JPKI (07): 106 to 424 kbit/s, the same both ways; FWI 10.
    pub const JPKI_07: Self = Self::of([0x00, 0x00, 0x41, 0xE0], [0xB3, 0x81, 0xA1]);
    /// JPKI (08): 106 kbit/s only; FWI 13.
    pub const JPKI_08: Self = Self::of([0x00, 0x4B, 0x51, 0xFF], [0x00, 0x81, 0xD1]);
    /// JPKI (09): 106 to 424 kbit/s, the same both ways; FWI 13.
    pub const JPKI_09: Self = Self::of([0x00, 0x4B, 0x51, 0xFF], [0xB3, 0x81, 0xD1]);
    /// The four that are known.
    pub const REAL: [Self; 4] = [Self::JPKI_06, Self::JPKI_07, Self::JPKI_08, Self::JPKI_09];
    /// No known card: every rate in every combination, FWI 4, no CID, frames of 256 bytes.
    pub const SYNTHETIC_848: Self = Self::of([0x00, 0x00, 0x00, 0x00], [0x77, 0x81, 0x40]);
    /// No known card: frames of 32 bytes, FWI 8.
    pub const SYNTHETIC_SMALL: Self = Self::of([0x00, 0x00, 0x00, 0x00], [0x00, 0x21, 0x81]);
}

/// How a card of Type A answers (ISO/IEC 14443-3, 6, and 14443-4, 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeASettings {
    /// ATQA as it is sent: the low byte first.
    pub atqa: [u8; 2],
    /// The identifier: four, seven or ten bytes.
    pub uid: Uid,
    /// SAK of the last cascade level. Bit 6 says that the card does ISO/IEC 14443-4.
    pub sak: u8,
    /// Answer to select, from TL on. It is sent as it is.
    pub ats: &'static [u8],
}

impl TypeASettings {
    /// As a phone with a My Number card in it (スマホ搭載) might answer: modelled on the standard,
    /// not on a phone. Random identifier, 256-byte frames, 106 to 848 kbit/s in any combination,
    /// FWI 8 (77 ms), CID.
    pub const PHONE: Self = Self {
        atqa: [0x04, 0x00],
        uid: Uid::Random,
        sak: 0x20,
        ats: &[0x05, 0x78, 0x77, 0x80, 0x02],
    };
    /// [`TypeASettings::PHONE`] at 106 kbit/s only, with a start-up guard time of 4.8 ms.
    pub const PHONE_106: Self = Self { ats: &[0x05, 0x78, 0x80, 0x84, 0x02], ..Self::PHONE };
    /// A memory card without ISO/IEC 14443-4, as travel and access cards are.
    pub const MEMORY: Self = Self {
        atqa: [0x44, 0x00],
        uid: Uid::Seven([0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6]),
        sak: 0x00,
        ats: &[],
    };
}

/// An identifier of Type A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uid {
    /// Four bytes, 08 and three random ones, drawn when the card gets power.
    Random,
    /// Four bytes.
    Four([u8; 4]),
    /// Seven bytes.
    Seven([u8; 7]),
    /// Ten bytes.
    Ten([u8; 10]),
}

/// Whether an identifier is drawn, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifier<const N: usize> {
    /// Always this one.
    Fixed([u8; N]),
    /// Drawn when the card gets power.
    RandomPerField,
    /// Drawn at each request.
    RandomPerRequest,
}

/// How long the card itself works at a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkTimes {
    /// SELECT.
    pub select: Duration,
    /// VERIFY with data.
    pub verify: Duration,
    /// READ BINARY and READ RECORD.
    pub read: Duration,
    /// COMPUTE DIGITAL SIGNATURE and INTERNAL AUTHENTICATE.
    pub signature: Duration,
    /// Any other.
    pub other: Duration,
}

impl WorkTimes {
    /// A card that answers at once.
    pub const NONE: Self = Self {
        select: Duration::ZERO,
        verify: Duration::ZERO,
        read: Duration::ZERO,
        signature: Duration::ZERO,
        other: Duration::ZERO,
    };

    /// The middle of what public logs show (`docs/card-facts.md` §1.4, SINGLE each). Those times
    /// hold the reader's and the air's share as well, so a real card is quicker than this; a read is
    /// that of a refused READ BINARY.
    pub const OBSERVED: Self = Self {
        select: Duration::from_millis(39),
        verify: Duration::from_millis(61),
        read: Duration::from_millis(12),
        signature: Duration::from_millis(712),
        other: Duration::from_millis(12),
    };

    /// For this command APDU.
    #[must_use]
    pub fn of(&self, command: &[u8]) -> Duration {
        match (command.get(1), command.len()) {
            (Some(0xA4), _) => self.select,
            (Some(0x20), 6..) => self.verify,
            (Some(0xB0 | 0xB2), _) => self.read,
            (Some(0x2A | 0x88), _) => self.signature,
            _ => self.other,
        }
    }
}

/// When the card asks for more time, and for how much (ISO/IEC 14443-4, 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingTime {
    /// S(WTX) requests before each answer, needed or not.
    pub forced: u8,
    /// The largest multiplier that it asks for: 1 to 59.
    pub largest_multiplier: u8,
    /// It does not ask though it needs to.
    pub never_asks: bool,
}

impl Default for WaitingTime {
    fn default() -> Self {
        Self { forced: 0, largest_multiplier: 59, never_asks: false }
    }
}
