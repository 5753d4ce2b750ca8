//! A card behind two byte pipes, for a reader in another process or in an emulator.
//!
//! * **Data**: what a UART sees that is set to eight data bits, the least significant first. Each
//!   byte is the levels of one character ([`Character::levels`]): a card with the inverse convention
//!   sends TS as 03. Parity does not pass, so neither does the error signal of T=0.
//! * **Lines**: the reader sends one byte for each change of a line, and waits for the answer.
//!
//! | Byte | Line | Answer |
//! |---|---|---|
//! | 00 | VCC off | 00 |
//! | 01 | VCC on | 01 |
//! | 02 | RST low | 02 |
//! | 03 | RST high | 03 |
//! | 04 | CLK stopped | 04 |
//! | 05 | CLK running | 05 |
//! | 06 | asks whether there is a card | 06: yes. 07: no |
//! | others | none | FF |
//!
//! The answer says that the change took effect: what the card sends on the data pipe before it was
//! sent before the change, and what it sends after it, after. The two pipes are not one, so a byte
//! of before may be read later. Before RST goes high, read the data pipe until it is empty. All
//! bytes may come late and in any pieces.
//!
//! Activation of the contacts is 01, 05, 03 with RST low at the beginning; a warm reset is 02, 03;
//! deactivation is 02, 04, 00. At the beginning VCC is off, CLK stopped and RST low.
//!
//! Time is real time, and what the card says of the reader's timing
//! ([`Violation`](super::Violation)) means nothing over pipes. It never listens and never connects: it is given its pipes.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::character::Character;
use super::line::{Direction, LineFaults};
use super::machine::{ContactCard, Output};
use super::responder::Responder;

/// One of the two pipes: what is read from the reader, and what is written to it.
pub struct Pipe {
    read: Box<dyn Read + Send>,
    write: Box<dyn Write + Send>,
}

impl Pipe {
    /// A pipe of two halves. Reading may wait, and ends the service at the end of the file.
    #[must_use]
    pub fn new(read: impl Read + Send + 'static, write: impl Write + Send + 'static) -> Self {
        Self { read: Box::new(read), write: Box::new(write) }
    }
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}

impl TryFrom<TcpStream> for Pipe {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(None)?;
        Ok(Self::new(stream.try_clone()?, stream))
    }
}

#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixStream> for Pipe {
    type Error = io::Error;

    fn try_from(stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(None)?;
        Ok(Self::new(stream.try_clone()?, stream))
    }
}

/// How fast the card sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// At once. What the card works at takes its time all the same.
    #[default]
    AtOnce,
    /// As on a real line with this clock: a character in about 1 ms at the default rate.
    RealLine,
}

/// How the card is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeSettings {
    /// The clock in hertz, for waiting times and [`Pace::RealLine`].
    pub frequency: u32,
    /// How fast the card sends.
    pub pace: Pace,
    /// Does the reader get back what it sends? On the one I/O line of a real slot its UART does,
    /// unless the circuit prevents it.
    pub echo: bool,
    /// The least that the card waits for the next byte of a block
    /// ([`ContactSettings::patience`](super::ContactSettings::patience)).
    pub patience: Duration,
    /// Faults of the line. Flipped moments pass as other bytes, since parity does not pass.
    pub faults: LineFaults,
}

impl Default for ServeSettings {
    /// 4 MHz, at once, no echo, half a second of patience, no faults.
    fn default() -> Self {
        Self {
            frequency: 4_000_000,
            pace: Pace::AtOnce,
            echo: false,
            patience: Duration::from_millis(500),
            faults: LineFaults::default(),
        }
    }
}

/// What was served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Characters that the reader sent.
    pub received: u64,
    /// Characters that the card sent.
    pub sent: u64,
    /// Activations: RST high for the first time since VCC on.
    pub cold_resets: u64,
    /// RST high again.
    pub warm_resets: u64,
    /// VCC off after it was on.
    pub deactivations: u64,
}

enum Event {
    Data(Vec<u8>),
    Lines(Vec<u8>),
    Closed,
}

/// Serves the card until either pipe is closed. The card comes back without power.
///
/// Each pipe is read in a thread of its own, which ends when its pipe is closed, perhaps later than
/// this function.
pub fn serve<R: Responder>(
    mut card: ContactCard<R>,
    data: Pipe,
    lines: Pipe,
    settings: ServeSettings,
) -> (ContactCard<R>, Served) {
    let (sender, events) = mpsc::channel();
    read(data.read, sender.clone(), Event::Data);
    read(lines.read, sender, Event::Lines);
    let patience = card.settings_mut().patience;
    card.settings_mut().patience = patience.max(settings.patience);
    let mut server = Server {
        card,
        data: data.write,
        lines: lines.write,
        settings,
        begin: Instant::now(),
        skipped: Duration::ZERO,
        supply: false,
        reset_high: false,
        was_reset: false,
        served: Served::default(),
    };
    loop {
        let event = match server.wait() {
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(time) => events.recv_timeout(time),
        };
        let goes_on = match event {
            Ok(Event::Data(bytes)) => server.receive(&bytes),
            Ok(Event::Lines(commands)) => server.change(&commands),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(Event::Closed) | Err(RecvTimeoutError::Disconnected) => break,
        };
        // A pipe that cannot be written to is closed.
        if goes_on.and_then(|()| server.send()).is_err() {
            break;
        }
    }
    let now = server.now();
    server.card.set_reset(false, now);
    server.card.set_clock(None, now);
    server.card.set_supply(false, now);
    server.card.settings_mut().patience = patience;
    (server.card, server.served)
}

fn read(
    mut from: Box<dyn Read + Send>,
    to: Sender<Event>,
    event: impl Fn(Vec<u8>) -> Event + Send + 'static,
) {
    thread::spawn(move || {
        let mut room = [0; 4096];
        loop {
            match from.read(&mut room) {
                Ok(count @ 1..) => {
                    let bytes = room.get(..count).unwrap_or_default().to_vec();
                    if to.send(event(bytes)).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                Ok(_) | Err(_) => break,
            }
        }
        // Nobody listens any more: the service ended before.
        let _ = to.send(Event::Closed);
    });
}

/// A character at the pace of a babbling line.
const BABBLE: Duration = Duration::from_millis(1);

struct Server<R> {
    card: ContactCard<R>,
    data: Box<dyn Write + Send>,
    lines: Box<dyn Write + Send>,
    settings: ServeSettings,
    begin: Instant,
    /// How far the card's time is ahead of real time: what it did not wait before it sent.
    skipped: Duration,
    supply: bool,
    reset_high: bool,
    was_reset: bool,
    served: Served,
}

impl<R: Responder> Server<R> {
    fn now(&self) -> Duration {
        self.begin.elapsed() + self.skipped
    }

    /// How long nothing happens unless the reader does something; `None`: for ever.
    fn wait(&self) -> Option<Duration> {
        let next = self.card.next().map(|at| at.saturating_sub(self.now()));
        let babble = self.settings.faults.babbles(Direction::ToReader).map(|_| BABBLE);
        [next, babble].into_iter().flatten().min()
    }

    fn receive(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.settings.echo {
            self.data.write_all(bytes)?;
            self.data.flush()?;
        }
        for byte in bytes {
            self.served.received += 1;
            let sent = Character::from_levels(*byte, self.card.convention());
            for character in self.settings.faults.pass(Direction::ToCard, sent) {
                // What is flipped is another byte with the right parity.
                let levels = character.levels();
                let character = Character::from_levels(levels, self.card.convention());
                let now = self.now();
                self.card.receive(character, now);
            }
            self.send()?;
        }
        Ok(())
    }

    fn change(&mut self, commands: &[u8]) -> io::Result<()> {
        for command in commands {
            let now = self.now();
            match command {
                0x00 | 0x01 => self.supply(*command == 0x01, now),
                0x02 | 0x03 => self.reset(*command == 0x03, now),
                0x04 => self.card.set_clock(None, now),
                0x05 => self.card.set_clock(Some(self.settings.frequency), now),
                _ => {}
            }
            let answer = if *command <= 0x06 { *command } else { 0xFF };
            self.lines.write_all(&[answer])?;
            self.lines.flush()?;
        }
        Ok(())
    }

    fn supply(&mut self, on: bool, now: Duration) {
        if self.supply && !on {
            self.served.deactivations += 1;
            self.was_reset = false;
        }
        self.supply = on;
        self.card.set_supply(on, now);
    }

    fn reset(&mut self, high: bool, now: Duration) {
        if high && !self.reset_high {
            self.settings.faults.reset();
            match std::mem::replace(&mut self.was_reset, true) {
                false => self.served.cold_resets += 1,
                true => self.served.warm_resets += 1,
            }
        }
        self.reset_high = high;
        self.card.set_reset(high, now);
    }

    /// Sends what the card has to say by now.
    fn send(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            if self.settings.pace == Pace::AtOnce
                && let Some(at) = self.card.next_character()
            {
                self.skipped += at.saturating_sub(self.now());
            }
            let now = self.now();
            match self.card.poll(now) {
                Some(Output::Character { character, .. }) => {
                    self.served.sent += 1;
                    let arriving = self.settings.faults.pass(Direction::ToReader, character);
                    bytes.extend(arriving.into_iter().map(Character::levels));
                }
                // It does not pass.
                Some(Output::ErrorSignal) => {}
                None => break,
            }
        }
        bytes.extend(self.settings.faults.babbles(Direction::ToReader));
        if bytes.is_empty() {
            return Ok(());
        }
        self.data.write_all(&bytes)?;
        self.data.flush()
    }
}
