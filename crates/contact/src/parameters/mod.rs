//! The choice of protocol and rate, and the PPS exchange (ISO/IEC 7816-3 clauses 6.3 and 9).
//!
//! [`choose`] decides from the answer to reset and the settings alone; [`pps::Exchange`] tells the
//! card. What a card in specific mode wants is taken or refused by name, never guessed.

pub mod pps;

use crate::atr::{Atr, TransmissionFactors};
use crate::time::{Duration, Rate};
use crate::timing::patience;
use crate::{Error, Preference, Settings};

/// A transmission protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Protocol {
    /// T=0: half-duplex, character by character.
    T0,
    /// T=1: half-duplex, block by block.
    T1,
}

impl Protocol {
    /// T.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::T0 => 0,
            Self::T1 => 1,
        }
    }

    /// The protocol of this T; `None` for those that this crate does not speak.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::T0),
            1 => Some(Self::T1),
            _ => None,
        }
    }
}

/// What is in force between reader and card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Parameters {
    /// The protocol.
    pub protocol: Protocol,
    /// Clock, F and D.
    pub rate: Rate,
}

/// What is wanted, and what to ask the card for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Choice {
    /// What is in force when the card has agreed.
    pub parameters: Parameters,
    /// The PPS request. `None`: the card is in this state already.
    pub request: Option<pps::Request>,
}

/// Codes of D in TA1 and PPS1, from the highest D to the lowest.
const D_CODES: [u8; 9] = [7, 6, 9, 5, 8, 4, 3, 2, 1];

/// Chooses protocol and rate.
///
/// In negotiable mode the rate is the highest that card, clock, [`Settings::highest_baud`] and, with
/// T=1, [`Settings::latency`] allow; a reserved or too fast TA1 leaves the initial rate. In specific
/// mode there is nothing to choose.
///
/// # Errors
/// [`Error::NoProtocol`], [`Error::UnsupportedRate`], [`Error::Latency`]; in specific mode also
/// [`Error::ImplicitParameters`] and [`Error::ReservedParameter`].
///
/// Without `pps` a PPS exchange is out of the question, as it is with [`Settings::pps`] off or after
/// one that failed.
pub fn choose(atr: &Atr, settings: &Settings, pps: bool) -> Result<Choice, Error> {
    let clock = settings.clock;
    if let Some(mode) = atr.specific_mode() {
        let protocol = Protocol::from_number(mode.protocol())
            .filter(|protocol| allowed(settings.preference, *protocol))
            .ok_or(Error::NoProtocol)?;
        if !mode.by_interface_bytes() {
            return Err(Error::ImplicitParameters);
        }
        let factors = atr.transmission_factors();
        let ((f, most), d) = factors.fi().zip(factors.di()).ok_or(Error::ReservedParameter)?;
        let rate = Rate::new(clock, f, d);
        if clock > most {
            return Err(Error::UnsupportedRate);
        }
        Limits::new(atr, protocol, settings).allow(rate)?;
        return Ok(Choice { parameters: Parameters { protocol, rate }, request: None });
    }

    let initial = Rate::initial(clock);
    let protocol = protocol(atr, settings.preference, pps)?;
    let limits = Limits::new(atr, protocol, settings);
    limits.allow(initial)?;
    if !pps {
        return Ok(Choice { parameters: Parameters { protocol, rate: initial }, request: None });
    }
    let (rate, factors) = match fastest(atr.transmission_factors(), clock, &limits) {
        Some((rate, factors)) if rate.baud() > initial.baud() => (rate, Some(factors)),
        _ => (initial, None),
    };
    let silent = factors.is_none() && atr.first_protocol() == Some(protocol);
    let request = (!silent).then(|| pps::Request::new(protocol, factors));
    Ok(Choice { parameters: Parameters { protocol, rate }, request })
}

/// What a rate must keep to.
struct Limits {
    highest_baud: u32,
    latency: Duration,
    /// How long the card waits for the next character of a block, in etu.
    patience: u32,
}

impl Limits {
    fn new(atr: &Atr, protocol: Protocol, settings: &Settings) -> Self {
        let patience = match protocol {
            Protocol::T0 => u32::MAX,
            Protocol::T1 => patience(atr, settings.transmit_queue),
        };
        Self { highest_baud: settings.highest_baud, latency: settings.latency, patience }
    }

    #[inline(never)]
    fn allow(&self, rate: Rate) -> Result<(), Error> {
        if rate.baud() > self.highest_baud {
            return Err(Error::UnsupportedRate);
        }
        match self.patience {
            // Its characters must be as far apart as it waits for one, or farther (TC1 and CWT): no
            // reader is quick enough.
            0 => Err(Error::ReservedParameter),
            patience if self.latency >= rate.etu(patience) => Err(Error::Latency),
            _ => Ok(()),
        }
    }
}

/// The fastest rate up to that of TA1, and the PPS1 for it. The standard lets the reader propose
/// any D up to Di (clause 9.2).
fn fastest(
    offered: TransmissionFactors,
    clock: u32,
    limits: &Limits,
) -> Option<(Rate, TransmissionFactors)> {
    let (f, most) = offered.fi()?;
    let highest = offered.di()?;
    if clock > most {
        return None;
    }
    D_CODES.iter().find_map(|code| {
        let factors = TransmissionFactors::new(offered.byte() & 0xF0 | code);
        let d = factors.di().filter(|d| *d <= highest)?;
        let rate = Rate::new(clock, f, d);
        limits.allow(rate).is_ok().then_some((rate, factors))
    })
}

fn protocol(atr: &Atr, preference: Preference, pps: bool) -> Result<Protocol, Error> {
    use Protocol::{T0, T1};
    let first = atr.first_protocol();
    // Without a PPS exchange the first is the only one.
    let order = match (first, preference) {
        (Some(first), _) if !pps => [first, first],
        (None, _) if !pps => return Err(Error::NoProtocol),
        (Some(T0), Preference::First) | (_, Preference::PreferT0) => [T0, T1],
        _ => [T1, T0],
    };
    order
        .into_iter()
        .find(|protocol| atr.offers(*protocol) && allowed(preference, *protocol))
        .ok_or(Error::NoProtocol)
}

fn allowed(preference: Preference, protocol: Protocol) -> bool {
    match preference {
        Preference::Only(one) => one == protocol,
        Preference::PreferT1 | Preference::PreferT0 | Preference::First => true,
    }
}
