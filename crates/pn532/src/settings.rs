//! What a board or its owner decides about the chip.

use kazasu_nfc::{BitRate, Duration, Rates};

/// What a board or its owner decides. [`Settings::default`] suits a My Number card behind a serial
/// line of 115,200 baud or a faster bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Settings {
    /// From the wake-up sequence, or the end of a reset, to a chip that listens. The data sheet
    /// counts the start of the oscillator in it; modules differ.
    pub wake_time: Duration,
    /// How long RSTPDN is held low, and then left alone.
    pub reset_time: Duration,
    /// From a command that was handed to the bus to its ACK. A serial line of 115,200 baud is at
    /// work for 24 ms at the longest frame.
    pub acknowledge_limit: Duration,
    /// From ACK to the answer of a command that reaches no card.
    pub answer_limit: Duration,
    /// How long the longest frame may be under way on the bus, one way.
    pub transfer_limit: Duration,
    /// How much longer than the card's waiting time and the frames on the air an exchange of raw
    /// frames may take, from ACK to the first byte of the answer. The chip's own timer has steps of
    /// a factor of two; where it is later than this, the host ends the exchange. A super loop with
    /// turns of more than a few milliseconds wants more.
    pub grace: Duration,
    /// How often a command that reaches no card is sent. Before the last time the chip is reset, if
    /// it has a pin for that.
    pub attempts: u8,
    /// How often an answer that did not come, or came damaged, is asked for again.
    pub renewals: u8,
    /// The bit rates of Type A. The codes of InPSL in the manual end at 424 kbit/s.
    pub rates_a: Rates,
    /// The bit rates of Type B by raw frames. The registers have codes for all, and the manual's own
    /// way for Type B, InListPassiveTarget, knows 106 kbit/s only; whether an antenna reads Type B
    /// faster is to be tried on the board. The engine goes back to 106 kbit/s by itself.
    pub rates_b: Rates,
    /// What the registers of the transmitter are set to for raw frames.
    pub analog: Analog,
    /// The chip's own way only: poll for Type B, the My Number card.
    pub type_b: bool,
    /// The chip's own way only: poll for Type A, phones.
    pub type_a: bool,
    /// The chip's own way only: application family identifier, 0 for all.
    pub afi: u8,
    /// The chip's own way only: let it look for two cards, and report them. It uses CID then. Which
    /// card it takes of several otherwise, the manual does not say.
    pub report_two: bool,
    /// The chip's own way only: the fastest rate of Type A by InPSL. It cannot change that of
    /// Type B.
    pub highest: BitRate,
    /// The chip's own way only: how long the field is off before a new presence, 5.1 ms at least.
    pub reset: Duration,
    /// The chip's own way only: how long the field is on before the first command, 5 ms at least.
    pub guard: Duration,
    /// The chip's own way only: between two rounds of polling.
    pub poll_pause: Duration,
    /// The chip's own way only: most time for one part of an APDU, with all that the card asks for.
    pub exchange_limit: Duration,
}

/// Registers of the transmitter and the receiver (data sheet, 8.6.23). The default is what the
/// firmware uses itself, from the items 0A, 0C and 0D of RFConfiguration (UM0701-02, 7.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Analog {
    /// CIU_GsNOn of Type A and Type B.
    pub gs_n_on: [u8; 2],
    /// CIU_CWGsP, the same for both.
    pub cw_gs_p: u8,
    /// CIU_ModGsP of Type A and Type B. That of Type B sets how deep the modulation is.
    pub mod_gs_p: [u8; 2],
    /// CIU_RxThreshold, CIU_ModWidth and CIU_MifNFC at 106, 212, 424 and 848 kbit/s.
    pub by_rate: [[u8; 3]; 4],
}

impl Default for Analog {
    fn default() -> Self {
        Self {
            gs_n_on: [0xF4, 0xFF],
            cw_gs_p: 0x3F,
            mod_gs_p: [0x11, 0x17],
            by_rate: [
                [0x85, 0x26, 0x62],
                [0x85, 0x15, 0x8A],
                [0x85, 0x08, 0xB2],
                [0x85, 0x01, 0xDA],
            ],
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wake_time: Duration::from_millis(3),
            reset_time: Duration::from_millis(10),
            acknowledge_limit: Duration::from_millis(60),
            answer_limit: Duration::from_millis(200),
            transfer_limit: Duration::from_millis(200),
            grace: Duration::from_millis(8),
            attempts: 3,
            renewals: 3,
            rates_a: Rates::up_to(BitRate::Kbps424, BitRate::Kbps424),
            rates_b: Rates::ONLY_106,
            analog: Analog::default(),
            type_b: true,
            type_a: true,
            afi: 0,
            report_two: false,
            highest: BitRate::Kbps106,
            reset: Duration::from_millis(6),
            guard: Duration::from_millis(5),
            poll_pause: Duration::from_millis(20),
            exchange_limit: Duration::from_secs(10),
        }
    }
}
