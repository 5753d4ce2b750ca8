//! A smart card service in the same process, for tests: readers and cards come and go on command,
//! every call can be made to fail, and time can be put forward.
//!
//! Behaves as pcsc-lite does, and where Windows is stricter as Windows: a card whose transaction
//! idles for 5 s is reset. Knows no APDU: the card answers.

mod calls;

use crate::cancel::lock;
use crate::error::Operation;
use crate::service::{Code, Protocol, ReaderName, ShareMode, State};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long a transaction may idle.
const IDLE: Duration = Duration::from_secs(5);
/// SCardControl code of a PIN pad's VERIFY.
pub const VERIFY_PIN_DIRECT: u32 = 0x4233_0006;
/// SCardControl code of a PIN pad's change.
pub const MODIFY_PIN_DIRECT: u32 = 0x4233_0007;
/// SCardControl code of the properties.
pub const TLV_PROPERTIES: u32 = 0x4233_0012;

/// A card for the stand-in's readers.
pub trait Card: Send {
    /// Its answer to reset.
    fn atr(&self) -> Vec<u8>;
    /// It gets power.
    fn power_on(&mut self);
    /// It loses power.
    fn power_off(&mut self);
    /// It is reset with its power on.
    fn warm_reset(&mut self);
    /// It answers a command.
    fn respond(&mut self, command: &[u8]) -> Vec<u8>;
}

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It answers with this code and does nothing.
    Code(Code),
    /// It does what it should and answers with this code.
    CodeAfterwards(Code),
    /// It blocks until [`StandIn::release`], then goes on.
    Hang,
    /// The service stops, as by [`StandIn::stop`].
    Stop,
    /// SCardTransmit: these bytes come as the card's answer; the card never saw the command.
    Answer(Vec<u8>),
    /// SCardTransmit: only so many bytes of the card's answer come.
    Cut(usize),
}

/// What is done at a PIN pad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// These digits are typed.
    Digits(Vec<u8>),
    /// Nothing is, and the reader answers with this status word.
    Ends(u16),
}

/// The service.
#[derive(Clone)]
pub struct StandIn(Arc<Shared>);

struct Shared {
    world: Mutex<World>,
    changed: Condvar,
}

#[derive(Default)]
struct World {
    down: bool,
    readers: Vec<Slot>,
    troubles: Vec<(Operation, usize, Trouble)>,
    calls: Vec<Operation>,
    handles: Vec<HandleState>,
    contexts: Vec<u64>,
    cancelled: Vec<u64>,
    counter: u64,
    released: bool,
    /// Nobody notices anything.
    quiet: bool,
    /// Time that was put forward.
    skew: Duration,
}

struct Slot {
    name: ReaderName,
    card: Option<Box<dyn Card>>,
    powered: bool,
    protocol: Protocol,
    events: u16,
    typed: Option<Typed>,
    properties: Vec<u8>,
    blocks: Vec<(u32, Vec<u8>)>,
}

struct HandleState {
    id: u64,
    reader: ReaderName,
    share: ShareMode,
    /// Why it is of no more use.
    ended: Option<Code>,
    /// Last moment of an open transaction.
    transaction: Option<Instant>,
}

impl Default for StandIn {
    fn default() -> Self {
        Self::new()
    }
}

impl StandIn {
    /// A service that runs and has no readers.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared { world: Mutex::default(), changed: Condvar::new() }))
    }

    /// The service, as `Readers::over` takes it.
    #[must_use]
    pub fn service(&self) -> Arc<dyn crate::service::Service> {
        Arc::new(self.clone())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }

    fn change<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let result = change(&mut self.world());
        self.0.changed.notify_all();
        result
    }

    /// A reader is plugged in.
    pub fn plug(&self, name: &str) {
        self.change(|world| {
            world.readers.push(Slot {
                name: name.into(),
                card: None,
                powered: false,
                protocol: Protocol::T1,
                events: 0,
                typed: None,
                properties: Vec::new(),
                blocks: Vec::new(),
            });
        });
    }

    /// A reader is unplugged, with the card on it.
    pub fn unplug(&self, name: &str) -> Option<Box<dyn Card>> {
        let name = ReaderName::from(name);
        self.change(|world| {
            world.end_handles(&name, Code::ReaderUnavailable, None);
            let at = world.readers.iter().position(|slot| slot.name == name)?;
            world.readers.remove(at).card
        })
    }

    /// A card is put on a reader.
    pub fn insert(&self, name: &str, card: Box<dyn Card>) {
        self.change(|world| {
            if let Some(slot) = world.slot(&name.into()) {
                slot.card = Some(card);
                slot.powered = false;
                slot.events = slot.events.wrapping_add(1);
            }
        });
    }

    /// A card is taken away.
    pub fn remove(&self, name: &str) -> Option<Box<dyn Card>> {
        let name = ReaderName::from(name);
        self.change(|world| {
            let slot = world.slot(&name)?;
            let mut card = slot.card.take()?;
            slot.events = slot.events.wrapping_add(1);
            card.power_off();
            world.end_handles(&name, Code::RemovedCard, None);
            Some(card)
        })
    }

    /// A card is taken away and put back (or another one is) so fast that the service does not see
    /// it: no handle ends, nothing is counted.
    pub fn blink(&self, name: &str, other: Option<Box<dyn Card>>) -> Option<Box<dyn Card>> {
        self.change(|world| {
            let slot = world.slot(&name.into())?;
            let mut card = slot.card.take()?;
            card.power_off();
            card.power_on();
            match other {
                Some(mut other) => {
                    other.power_on();
                    slot.card = Some(other);
                    Some(card)
                }
                None => {
                    slot.card = Some(card);
                    None
                }
            }
        })
    }

    /// Another program resets the card.
    pub fn reset(&self, name: &str) {
        let name = ReaderName::from(name);
        self.change(|world| {
            if let Some(card) = world.slot(&name).and_then(|slot| slot.card.as_mut()) {
                card.warm_reset();
            }
            world.end_handles(&name, Code::ResetCard, None);
        });
    }

    /// Another program connects to the card, until [`StandIn::leave`].
    pub fn hold(&self, name: &str, share: ShareMode) {
        self.change(|world| {
            let (reader, ended, transaction) = (name.into(), None, None);
            world.handles.push(HandleState { id: 0, reader, share, ended, transaction });
        });
    }

    /// The other programs disconnect.
    pub fn leave(&self) {
        self.change(|world| world.handles.retain(|handle| handle.id != 0));
    }

    /// Does something with the card on a reader, past the service.
    pub fn with_card<R>(&self, name: &str, run: impl FnOnce(&mut dyn Card) -> R) -> Option<R> {
        let mut world = self.world();
        let card = world.slot(&name.into())?.card.as_mut()?;
        Some(run(&mut **card))
    }

    /// Which protocol a card on this reader agrees to; T=1 at first.
    pub fn set_protocol(&self, name: &str, protocol: Protocol) {
        self.change(|world| world.slot(&name.into()).map(|slot| slot.protocol = protocol));
    }

    /// The reader has a PIN pad, and this is done there each time.
    pub fn set_pin_pad(&self, name: &str, typed: Typed) {
        self.change(|world| world.slot(&name.into()).map(|slot| slot.typed = Some(typed)));
    }

    /// The reader's properties, as it delivers them.
    pub fn set_properties(&self, name: &str, properties: &[u8]) {
        self.change(|world| {
            world.slot(&name.into()).map(|slot| slot.properties = properties.to_vec())
        });
    }

    /// The blocks that the PIN pad was given, with their SCardControl codes.
    #[must_use]
    pub fn pin_pad_blocks(&self, name: &str) -> Vec<(u32, Vec<u8>)> {
        self.world().slot(&name.into()).map(|slot| slot.blocks.clone()).unwrap_or_default()
    }

    /// The service stops: every context and handle is void.
    pub fn stop(&self) {
        self.change(World::stop);
    }

    /// The service runs again.
    pub fn start(&self) {
        self.change(|world| world.down = false);
    }

    /// The `nth` call from now on, from 1, meets this trouble, once.
    pub fn trouble(&self, operation: Operation, nth: usize, trouble: Trouble) {
        self.change(|world| world.troubles.push((operation, nth, trouble)));
    }

    /// Troubles that no call has met yet.
    #[must_use]
    pub fn pending_troubles(&self) -> usize {
        self.world().troubles.len()
    }

    /// Calls that hang go on; those that come later do not hang any more.
    pub fn release(&self) {
        self.change(|world| world.released = true);
    }

    /// Does something before anybody who waits for a change can look: they see only what came of
    /// it.
    pub fn all_at_once(&self, run: impl FnOnce(&Self)) {
        self.world().quiet = true;
        run(self);
        self.change(|world| world.quiet = false);
    }

    /// Puts time forward.
    pub fn advance(&self, time: Duration) {
        self.change(|world| world.skew = world.skew.saturating_add(time));
    }

    /// The calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Operation> {
        self.world().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.world().calls.clear();
    }

    /// Contexts and handles that are open now, those of other programs not counted.
    #[must_use]
    pub fn open(&self) -> (usize, usize) {
        let world = self.world();
        (world.contexts.len(), world.handles.iter().filter(|handle| handle.id != 0).count())
    }

    /// Has the card on this reader power?
    #[must_use]
    pub fn is_powered(&self, name: &str) -> bool {
        self.world().slot(&name.into()).is_some_and(|slot| slot.powered)
    }
}

impl World {
    fn stop(&mut self) {
        self.down = true;
        self.contexts.clear();
        for handle in &mut self.handles {
            handle.ended = Some(Code::NoService);
        }
        for slot in &mut self.readers {
            slot.power_off();
        }
    }

    fn now(&self) -> Instant {
        Instant::now() + self.skew
    }

    fn slot(&mut self, name: &ReaderName) -> Option<&mut Slot> {
        self.readers.iter_mut().find(|slot| slot.name == *name)
    }

    fn handle(&mut self, id: u64) -> Option<&mut HandleState> {
        self.handles.iter_mut().find(|handle| handle.id == id)
    }

    /// Every handle on a reader but one is of no more use.
    fn end_handles(&mut self, name: &ReaderName, code: Code, but: Option<u64>) {
        for handle in &mut self.handles {
            if handle.reader == *name && Some(handle.id) != but {
                handle.ended.get_or_insert(code);
            }
        }
    }

    fn state(&self, slot: &Slot) -> State {
        let mut state = if slot.card.is_some() { State::PRESENT } else { State::EMPTY };
        for handle in self.handles.iter().filter(|handle| handle.reader == slot.name) {
            state |= State::INUSE;
            if handle.share == ShareMode::Exclusive {
                state |= State::EXCLUSIVE;
            }
        }
        state
    }
}

impl Slot {
    fn power_off(&mut self) {
        if let Some(card) = &mut self.card {
            card.power_off();
        }
        self.powered = false;
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").finish_non_exhaustive()
    }
}
