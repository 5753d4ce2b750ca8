//! The chip behind its bus: what is known of it, what it is told next, and how each order is carried
//! out without waiting.

use crate::board::{NoReset, Reset, Time};
use crate::bus::Bus;
use crate::command::{self, Order};
use crate::error::Error;
use crate::frame::BUFFER;
use crate::host::{Action, Event, Host, Manner};
use crate::settings::Settings;
use core::task::Poll;
use kazasu_nfc::{BitRate, Instant, Kind};

/// What the chip says of itself (UM0701-02, 7.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Firmware {
    /// The version: 1.
    pub version: u8,
    /// The revision: 6 is what the manual is about.
    pub revision: u8,
    /// Bit 0 Type A, bit 1 Type B, bit 2 ISO/IEC 18092.
    pub support: u8,
}

/// How the radio is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Radio {
    pub(crate) kind: Kind,
    pub(crate) to_card: BitRate,
    pub(crate) from_card: BitRate,
}

/// What is known of the chip; nothing after it had to be woken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) firmware: Option<Firmware>,
    pub(crate) normal_mode: bool,
    pub(crate) retries: bool,
    pub(crate) no_repetition: bool,
    pub(crate) field: Option<bool>,
    pub(crate) timeout: Option<u8>,
    pub(crate) transmitter: Option<u8>,
    pub(crate) radio: Option<Radio>,
    pub(crate) bits: Option<u8>,
}

const UNKNOWN: Known = Known {
    firmware: None,
    normal_mode: false,
    retries: false,
    no_repetition: false,
    field: None,
    timeout: None,
    transmitter: None,
    radio: None,
    bits: None,
};

/// A PN532 on a bus.
///
/// It is a [`kazasu_nfc::FrontEnd`] for raw frames and a [`kazasu_nfc::CardFrontEnd`] for the
/// chip's own ISO/IEC 14443-4: put it into a [`kazasu_nfc::Link`] or a [`kazasu_nfc::CardLink`].
///
/// ```
/// use kazasu_nfc::Link;
/// use kazasu_pn532::{Bus, Pn532, Settings, Time};
///
/// fn link<B: Bus, T: Time>(bus: B, time: T, frame: &mut [u8; 256]) -> Link<'_, Pn532<B, T>> {
///     Link::new(Pn532::new(bus, time, Settings::default()), Default::default(), frame)
/// }
/// ```
///
/// The field is off until it is switched on. It goes off with `Transport::power_off`, after every
/// error, and when the link is dropped that the chip is in. Nothing happens when this value alone is
/// dropped: a board that forgets it calls [`Pn532::sleep`] first.
#[derive(Debug)]
pub struct Pn532<B, T, R = NoReset> {
    bus: B,
    pub(crate) time: T,
    reset: R,
    pub(crate) settings: Settings,
    host: Host,
    pub(crate) buffer: [u8; BUFFER],
    pub(crate) known: Known,
    /// An error, while the field is switched off for it.
    pub(crate) ending: Option<Error>,
    /// The host ended an exchange: does the chip still answer?
    pub(crate) confirming: bool,
    /// The frame of an exchange is on its way.
    pub(crate) in_thru: bool,
    /// The active card, when the chip does ISO/IEC 14443-4.
    pub(crate) active: bool,
    /// How often the chip was lost since it was well.
    pub(crate) restarts: u8,
    idle_until: Instant,
    event: Event,
    /// The order that is under way, by its [name](Order::name).
    order: [u8; 3],
}

impl<B: Bus, T: Time> Pn532<B, T> {
    /// Of a chip without a reset pin. Nothing is sent yet.
    pub fn new(bus: B, time: T, settings: Settings) -> Self {
        Self::with_reset(bus, time, NoReset, settings)
    }
}

impl<B: Bus, T: Time, R: Reset> Pn532<B, T, R> {
    /// Of a chip with a reset pin. Nothing is sent yet.
    pub fn with_reset(bus: B, time: T, reset: R, settings: Settings) -> Self {
        let manner = Manner {
            wake: B::WAKE,
            wake_source: B::WAKE_SOURCE,
            window: bus.window(),
            before: B::BEFORE,
            reset: R::WIRED,
        };
        Self {
            bus,
            time,
            reset,
            settings,
            host: Host::new(manner),
            buffer: [0; BUFFER],
            known: UNKNOWN,
            ending: None,
            confirming: false,
            in_thru: false,
            active: false,
            restarts: 0,
            idle_until: Instant::ORIGIN,
            order: [0; 3],
            event: Event::Ready,
        }
    }

    /// The settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to change them. Registers that are set already stay so until the field is
    /// switched on again.
    pub const fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The bus. What is sent on it past the driver is not seen by it.
    pub const fn bus_mut(&mut self) -> &mut B {
        &mut self.bus
    }

    /// What the chip said of itself when it was woken last.
    pub const fn firmware(&self) -> Option<Firmware> {
        self.known.firmware
    }

    /// Wakes the chip and sets it up, with the field off: is it there, and is it a PN532?
    ///
    /// # Errors
    /// [`Error::NoAnswer`], [`Error::Bus`] or [`Error::WrongChip`].
    pub fn wake(&mut self) -> Result<Firmware, Error> {
        self.block(|chip| chip.poll_field(false))?;
        self.known.firmware.ok_or(Error::NoAnswer)
    }

    /// Switches the field off and lets the chip sleep: it draws microamperes then, and wakes by the
    /// next use.
    ///
    /// # Errors
    /// When the chip does not answer. Its field may be on then.
    pub fn sleep(&mut self) -> Result<(), Error> {
        self.active = false;
        self.block(|chip| chip.poll_field(false))?;
        let order = Order::once(
            command::POWER_DOWN,
            &[self.host.manner().wake_source],
            &[],
            self.settings.answer_limit,
        );
        let slept = self.block(|chip| chip.poll_order(&order));
        // It falls asleep a millisecond after its answer.
        let until = self.time.now().after(self.settings.wake_time);
        self.pause(until);
        self.host.sleeps();
        self.known = UNKNOWN;
        slept.map(drop)
    }

    /// Waits. What follows a frame that was read whole, its last byte above all, is thrown away: left
    /// where it is, it would wake a board that sleeps, again and again.
    pub(crate) fn pause(&mut self, until: Instant) {
        while self.time.now() < until {
            if self.host.manner().window.is_none() {
                let _ = self.bus.receive(&mut [0]);
            }
            self.time.idle(until);
        }
    }

    /// Runs what polls, to its end.
    pub(crate) fn block<V>(&mut self, mut poll: impl FnMut(&mut Self) -> Poll<V>) -> V {
        loop {
            match poll(self) {
                Poll::Ready(value) => return value,
                Poll::Pending => {
                    let until = self.idle_until;
                    self.time.idle(until);
                }
            }
        }
    }

    /// Carries out one order; the same until it is done. The answer behind the code, as a range of
    /// the buffer: from 2 on. `None`: it was bounded, and its time is over.
    pub(crate) fn poll_order(&mut self, order: &Order<'_>) -> Poll<Result<Option<usize>, Error>> {
        let name = order.name();
        if !self.host.is_idle() && self.order != name {
            // The caller has given up another.
            self.abandon();
        }
        if self.host.is_idle() {
            self.order = name;
            self.host.begin();
            self.event = Event::Ready;
        }
        loop {
            let now = self.time.now();
            let event = core::mem::replace(&mut self.event, Event::Ready);
            let moved = match self.host.step(now, event, &self.settings, order, &mut self.buffer) {
                Action::Send { from, to } => {
                    self.bus.send(self.buffer.get_mut(from..to).unwrap_or_default())
                }
                Action::Receive { from, to } => {
                    self.bus.receive(self.buffer.get_mut(from..to).unwrap_or_default())
                }
                Action::Reset(held) => {
                    self.reset.hold(held);
                    continue;
                }
                Action::Wait(until) => {
                    self.idle_until = until;
                    return Poll::Pending;
                }
                Action::Answered(length) => return Poll::Ready(Ok(length)),
                Action::Failed(error) => return Poll::Ready(Err(error)),
            };
            self.event = match moved {
                Ok(0) => Event::Ready,
                Ok(count) => Event::Moved(count),
                Err(fault) => Event::Broken(fault),
            };
            if !matches!(moved, Ok(1..)) && !self.host.is_draining() {
                // The limit is looked at the next time. Only for what comes can a board sleep.
                self.idle_until = match (self.host.is_listening(), moved) {
                    (true, Ok(_)) => self.host.until(),
                    _ => now,
                };
                return Poll::Pending;
            }
        }
    }

    /// The answer to an order, behind its code: so many bytes of the buffer.
    pub(crate) fn answer(&self, length: usize) -> &[u8] {
        self.buffer.get(2..length).unwrap_or_default()
    }

    /// Was the chip lost on the way? Then nothing is known of it.
    pub(crate) const fn is_lost(&mut self) -> bool {
        let lost = self.host.take_lost();
        if lost {
            self.known = UNKNOWN;
        }
        lost
    }

    /// Carries out an order that asks for nothing, and learns what is so then.
    pub(crate) fn poll_set(
        &mut self,
        order: &Order<'_>,
        learn: impl FnOnce(&mut Known),
    ) -> Poll<Result<(), Error>> {
        let result = core::task::ready!(self.poll_order(order));
        if self.is_lost() && result.is_ok() {
            // It is told everything once more, but not for ever.
            self.restarts = self.restarts.saturating_add(1);
            let again = self.restarts <= self.settings.attempts;
            return Poll::Ready(if again { Ok(()) } else { Err(Error::NoAnswer) });
        }
        if result.is_ok() {
            learn(&mut self.known);
        }
        Poll::Ready(result.map(drop))
    }

    /// Gives up what is under way.
    pub(crate) fn abandon(&mut self) {
        self.host.sleeps();
        self.known = UNKNOWN;
        self.confirming = false;
        self.in_thru = false;
        self.ending = None;
        self.active = false;
    }
}
