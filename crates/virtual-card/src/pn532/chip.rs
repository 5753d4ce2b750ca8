//! The chip: what it hears from its host, what it does, and what it says, with time passed in.
//!
//! It never sleeps and never reads a clock.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::host::{self, Finder, Incoming};
use super::registers::Registers;
use super::settings::{ChipEffect, ChipFault, Pn532Settings, Until};
use super::target::{Antenna, Status, Target};
use crate::radio::Field;
use crate::{Card, Responder};

/// Is the chip awake?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Power {
    /// After a reset, or after PowerDown: the first byte wakes it.
    Asleep,
    /// Its oscillator starts; what comes before is lost.
    Waking(Duration),
    Awake,
    /// It sleeps from then on, and hears nothing until then.
    FallingAsleep(Duration),
}

/// Bytes for the host, and when the first of them may leave.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) at: Duration,
    pub(super) bytes: Vec<u8>,
}

/// InListPassiveTarget under way.
#[derive(Clone, Debug)]
pub(super) struct Polling {
    pub(super) next: Duration,
    pub(super) most: usize,
    pub(super) kind: u8,
    pub(super) afi: u8,
    /// Attempts that are left; `None`: for ever.
    pub(super) left: Option<u8>,
}

/// The timings and retries of RFConfiguration (UM0701-02, 7.3.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Configuration {
    pub(super) retry_timeout: u8,
    pub(super) communication_retries: u8,
    pub(super) passive_activation_retries: u8,
}

impl Default for Configuration {
    fn default() -> Self {
        Self { retry_timeout: 0x0A, communication_retries: 0, passive_activation_retries: 0xFF }
    }
}

/// How the chip is joined to its host; a wake-up source of PowerDown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostInterface {
    /// High speed UART.
    #[default]
    Uart,
    /// SPI.
    Spi,
    /// I2C.
    I2c,
}

impl HostInterface {
    const fn wake_up_bit(self) -> u8 {
        match self {
            Self::Uart => 0x10,
            Self::Spi => 0x20,
            Self::I2c => 0x80,
        }
    }
}

/// A PN532 with a field before it: its firmware, command by command (UM0701-02).
///
/// On a serial line it is driven by [`Pn532::receive`], [`Pn532::next`] and [`Pn532::poll`]; the
/// other interfaces are [`Pn532::spi`], [`Pn532::i2c_write`] and [`Pn532::i2c_read`]. Instants are
/// durations since any origin and never go back.
pub struct Pn532<R = Card> {
    pub(super) field: Field<R>,
    pub(super) settings: Pn532Settings,
    pub(super) registers: Registers,
    pub(super) configuration: Configuration,
    pub(super) parameters: u8,
    pub(super) targets: Vec<Option<Target>>,
    pub(super) polling: Option<Polling>,
    /// What the host sent of an APDU with the flag for more.
    pub(super) last_status: Status,
    pub(super) normal_mode: bool,
    /// How far the chip's own time is: the end of what it did last.
    pub(super) busy: Duration,
    pub(super) sleep_after: Option<u8>,
    interface: HostInterface,
    power: Power,
    wake_up: u8,
    stopped: Option<Until>,
    finder: Finder,
    line: Duration,
    outgoing: VecDeque<Outgoing>,
    /// The answer that NACK brings again.
    last: Option<Vec<u8>>,
    faults: Vec<ChipFault>,
    commands: u64,
}

impl<R: Responder> Pn532<R> {
    /// A chip that just got power, on a serial line.
    #[must_use]
    pub fn new(field: Field<R>, settings: Pn532Settings) -> Self {
        Self {
            field,
            settings,
            registers: Registers::default(),
            configuration: Configuration::default(),
            parameters: 0x14,
            targets: vec![None, None],
            polling: None,
            last_status: Status::OK,
            normal_mode: false,
            busy: Duration::ZERO,
            sleep_after: None,
            interface: HostInterface::Uart,
            power: Power::Asleep,
            wake_up: 0xFF,
            stopped: None,
            finder: Finder::default(),
            line: Duration::ZERO,
            outgoing: VecDeque::new(),
            last: None,
            faults: Vec::new(),
            commands: 0,
        }
    }

    /// On another interface.
    #[must_use]
    pub const fn on(mut self, interface: HostInterface) -> Self {
        self.interface = interface;
        self
    }

    /// With this fault.
    #[must_use]
    pub fn with_fault(mut self, fault: ChipFault) -> Self {
        self.faults.push(fault);
        self
    }

    /// What lies before its antenna.
    #[must_use]
    pub const fn field(&self) -> &Field<R> {
        &self.field
    }

    /// What lies before its antenna.
    pub const fn field_mut(&mut self) -> &mut Field<R> {
        &mut self.field
    }

    /// How it behaves from now on.
    pub const fn settings_mut(&mut self) -> &mut Pn532Settings {
        &mut self.settings
    }

    /// Adds a fault.
    pub fn push_fault(&mut self, fault: ChipFault) {
        self.faults.push(fault);
    }

    /// Commands that it heard since it was made.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// Does it sleep, or has it fallen silent?
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.stopped.is_some() || matches!(self.power, Power::Asleep | Power::FallingAsleep(_))
    }

    /// RSTPDN low and high again: all is as after power-on.
    pub fn reset(&mut self, now: Duration) {
        self.busy = self.busy.max(now);
        self.field.switch(false, self.busy);
        self.registers = Registers::default();
        self.configuration = Configuration::default();
        self.parameters = 0x14;
        self.targets = vec![None, None];
        self.polling = None;
        self.normal_mode = false;
        self.power = Power::Asleep;
        self.wake_up = 0xFF;
        self.stopped = None;
        self.finder.clear();
        self.outgoing.clear();
        self.last = None;
        self.sleep_after = None;
    }

    /// Takes bytes of the host, the first of which begins on the line now at the earliest.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        for byte in bytes {
            self.line = self.line.max(now) + self.settings.byte_time;
            let at = self.line;
            self.advance(at);
            if self.hears(at)
                && let Some(incoming) = self.finder.take(*byte)
            {
                self.handle(incoming, at);
            }
        }
    }

    fn hears(&mut self, at: Duration) -> bool {
        match self.stopped {
            Some(Until::Reset) => return false,
            // A pause and a byte: no more is known of what wakes it.
            Some(Until::WakeUp) => {
                self.stopped = None;
                self.power = Power::Waking(at + self.settings.wake_time);
                return false;
            }
            None => {}
        }
        match self.power {
            Power::Awake => true,
            Power::FallingAsleep(from) if at < from => false,
            Power::Waking(until) if at >= until => {
                self.power = Power::Awake;
                true
            }
            Power::Waking(_) => false,
            Power::Asleep | Power::FallingAsleep(_) => {
                self.power = Power::Asleep;
                if self.wake_up & self.interface.wake_up_bit() != 0 {
                    self.power = Power::Waking(at + self.settings.wake_time);
                    self.finder.clear();
                }
                false
            }
        }
    }

    /// When the chip does or says something next of its own accord.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let said = self.outgoing.front().map(|one| one.at);
        let done = self.polling.as_ref().map(|polling| polling.next);
        [said, done].into_iter().flatten().min()
    }

    /// What the chip puts on the line by now. Call it until it says `None`.
    pub fn poll(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.advance(now);
        self.outgoing.pop_front_if(|one| one.at <= now).map(|one| one.bytes)
    }

    /// Does something wait to be sent?
    pub(super) fn has_spoken(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// The frame that waits for the host, if one is there by now.
    pub(super) fn waiting(&mut self, now: Duration) -> Option<&Outgoing> {
        self.advance(now);
        self.outgoing.front().filter(|one| one.at <= now)
    }

    pub(super) fn take_waiting(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front().map(|one| one.bytes)
    }

    /// Goes on with what is under way.
    pub(super) fn advance(&mut self, now: Duration) {
        while self.stopped.is_none()
            && self.polling.as_ref().is_some_and(|polling| polling.next <= now)
        {
            if let Some(answer) = self.attempt() {
                self.answer(&answer);
            }
        }
        if self.polling.is_none() {
            self.field.advance(now);
        }
    }

    fn handle(&mut self, incoming: Incoming, at: Duration) {
        self.busy = self.busy.max(at);
        match incoming {
            Incoming::Ack => {
                // What is under way is given up, and what was not read is dropped.
                self.polling = None;
                self.outgoing.retain(|one| one.at <= at && self.interface == HostInterface::Uart);
            }
            Incoming::Nack => {
                if let Some(bytes) = self.last.clone() {
                    self.busy = at;
                    self.say(bytes, at + self.settings.acknowledge_delay);
                }
            }
            Incoming::Command(data) => self.command(&data, at),
        }
    }

    fn command(&mut self, data: &[u8], at: Duration) {
        self.commands += 1;
        // A new command gives up what is under way.
        self.polling = None;
        self.outgoing.clear();
        self.last = None;
        if self.meets(|effect| *effect == ChipEffect::LoseCommand) {
            return;
        }
        if let Some(until) = self.fault(|effect| match effect {
            ChipEffect::Stop(until) => Some(*until),
            _ => None,
        }) {
            self.stopped = Some(until);
            return;
        }
        if !self.meets(|effect| *effect == ChipEffect::LoseAck) {
            self.say(host::ACK.to_vec(), at + self.settings.acknowledge_delay);
        }
        self.busy = at + self.settings.acknowledge_delay;
        match self.execute(data) {
            Execution::Answer(answer) => self.answer(&answer),
            Execution::SyntaxError => {
                let at = self.busy + self.settings.answer_delay;
                self.last = Some(host::ERROR.to_vec());
                self.say(host::ERROR.to_vec(), at);
            }
            Execution::Later => {}
        }
    }

    fn answer(&mut self, answer: &[u8]) {
        let mut at = self.busy + self.settings.answer_delay;
        let bytes = host::frame(answer, self.parameters & 0x20 != 0);
        self.last = Some(bytes.clone());
        let mut sent = bytes;
        if self.meets(|effect| *effect == ChipEffect::WrongChecksum) {
            let checksum = sent.len().saturating_sub(2);
            if let Some(byte) = sent.get_mut(checksum) {
                *byte ^= 0x01;
            }
        }
        if let Some(garbage) = self.fault(|effect| match effect {
            ChipEffect::Garbage(bytes) => Some(bytes.clone()),
            _ => None,
        }) {
            sent.splice(0..0, garbage);
        }
        if let Some(delay) = self.fault(|effect| match effect {
            ChipEffect::Delay(delay) => Some(*delay),
            _ => None,
        }) {
            at += delay;
        }
        if !self.meets(|effect| *effect == ChipEffect::LoseAnswer) {
            self.say(sent, at);
        }
        if let Some(wake_up) = self.sleep_after.take() {
            self.wake_up = wake_up;
            // About a millisecond after its answer (UM0701-02, 7.2.11).
            self.power = Power::FallingAsleep(at + Duration::from_millis(1));
            self.field.switch(false, self.busy);
        }
    }

    /// Queues bytes, in pieces if it is to be so.
    fn say(&mut self, bytes: Vec<u8>, at: Duration) {
        let serial = self.interface == HostInterface::Uart;
        let (size, pause) = match self.settings.pieces {
            Some(pieces) if serial => (pieces.size.max(1), pieces.pause),
            _ => (bytes.len().max(1), Duration::ZERO),
        };
        let byte_time = if serial { self.settings.byte_time } else { Duration::ZERO };
        let mut at = at;
        for piece in bytes.chunks(size) {
            // A piece is there when its last byte is.
            at += byte_time * u32::try_from(piece.len()).unwrap_or(u32::MAX);
            self.outgoing.push_back(Outgoing { at, bytes: piece.to_vec() });
            at += pause;
        }
    }

    fn meets(&self, what: impl Fn(&ChipEffect) -> bool) -> bool {
        self.fault(|effect| what(effect).then_some(())).is_some()
    }

    fn fault<T>(&self, what: impl Fn(&ChipEffect) -> Option<T>) -> Option<T> {
        self.faults
            .iter()
            .filter(|fault| fault.meets(self.commands))
            .find_map(|fault| what(&fault.effect))
    }

    pub(super) const fn antenna(&mut self) -> Antenna<'_, R> {
        Antenna { field: &mut self.field, settings: &self.settings, now: &mut self.busy }
    }

    pub(super) fn set_byte_time(&mut self, byte_time: Duration) {
        self.settings.byte_time = byte_time;
    }
}

/// What became of a command.
pub(super) enum Execution {
    Answer(Vec<u8>),
    SyntaxError,
    /// Not yet: it is under way.
    Later,
}

impl<R> fmt::Debug for Pn532<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pn532")
            .field("power", &self.power)
            .field("commands", &self.commands)
            .finish_non_exhaustive()
    }
}
