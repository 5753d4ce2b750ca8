//! The PC/SC calls over the stand-in's world. Nothing here waits but what should: a status change
//! and a call that was told to hang.

use super::{HandleState, IDLE, MODIFY_PIN_DIRECT, StandIn, TLV_PROPERTIES, Trouble, Typed};
use super::{Slot, VERIFY_PIN_DIRECT, World};
use crate::error::Operation;
use crate::features::GET_FEATURE_REQUEST;
use crate::service::{
    Attribute, CardStatus, Code, Context, Disposition, Handle, Protocols, ReaderName, ReaderState,
    Service, ShareMode, State, Transaction,
};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of a VERIFY structure before the template.
const VERIFY_HEADER: usize = 19;
/// Bytes of a MODIFY structure before the template.
const MODIFY_HEADER: usize = 24;

/// What is left of a trouble when the call goes on.
#[derive(Default)]
struct Plan {
    afterwards: Option<Code>,
    answer: Option<Vec<u8>>,
    cut: Option<usize>,
}

impl Plan {
    fn end<T>(self, result: Result<T, Code>) -> Result<T, Code> {
        match self.afterwards {
            Some(code) => result.and(Err(code)),
            None => result,
        }
    }
}

impl StandIn {
    /// Notes a call and meets the trouble that waits for it.
    fn begin(&self, operation: Operation) -> Result<Plan, Code> {
        let mut world = self.world();
        world.calls.push(operation);
        let mut met = None;
        world.troubles.retain_mut(|(wanted, nth, trouble)| {
            if *wanted == operation && *nth > 0 {
                *nth -= 1;
                if *nth == 0 && met.is_none() {
                    met = Some(trouble.clone());
                    return false;
                }
            }
            true
        });
        match met {
            None => Ok(Plan::default()),
            Some(Trouble::Code(code)) => Err(code),
            Some(Trouble::CodeAfterwards(code)) => {
                Ok(Plan { afterwards: Some(code), ..Plan::default() })
            }
            Some(Trouble::Answer(answer)) => Ok(Plan { answer: Some(answer), ..Plan::default() }),
            Some(Trouble::Cut(length)) => Ok(Plan { cut: Some(length), ..Plan::default() }),
            Some(Trouble::Stop) => {
                world.stop();
                self.0.changed.notify_all();
                Err(Code::NoService)
            }
            Some(Trouble::Hang) => {
                let changed = &self.0.changed;
                drop(
                    changed
                        .wait_while(world, |world| !world.released)
                        .unwrap_or_else(PoisonError::into_inner),
                );
                Ok(Plan::default())
            }
        }
    }
}

impl Service for StandIn {
    fn establish(&self) -> Result<Arc<dyn Context>, Code> {
        let plan = self.begin(Operation::Establish)?;
        let mut world = self.world();
        if world.down {
            return Err(Code::NoService);
        }
        world.counter += 1;
        let id = world.counter;
        world.contexts.push(id);
        drop(world);
        plan.end(Ok(Arc::new(StandInContext { service: self.clone(), id })))
    }
}

struct StandInContext {
    service: StandIn,
    id: u64,
}

impl StandInContext {
    fn world(&self) -> Result<MutexGuard<'_, World>, Code> {
        let world = self.service.world();
        match (world.down, world.contexts.contains(&self.id)) {
            (true, _) => Err(Code::NoService),
            (false, false) => Err(Code::InvalidHandle),
            (false, true) => Ok(world),
        }
    }
}

impl Context for StandInContext {
    fn list_readers(&self) -> Result<Vec<ReaderName>, Code> {
        let plan = self.service.begin(Operation::ListReaders)?;
        let names = self.world()?.readers.iter().map(|slot| slot.name.clone()).collect();
        plan.end(Ok(names))
    }

    fn status_change(
        &self,
        limit: Option<Duration>,
        readers: &mut [ReaderState],
    ) -> Result<(), Code> {
        let plan = self.service.begin(Operation::StatusChange)?;
        let deadline = limit.map(|limit| Instant::now() + limit);
        // As pcsc-lite: only readers that come or go during the call are noticed.
        let count = self.world()?.readers.len();
        loop {
            let mut world = self.world()?;
            if let Some(at) = world.cancelled.iter().position(|id| *id == self.id) {
                world.cancelled.remove(at);
                return Err(Code::Cancelled);
            }
            let mut changed = false;
            for reader in readers.iter_mut().filter(|_| !world.quiet) {
                if reader.is_notification() {
                    changed |= world.readers.len() != count;
                    continue;
                }
                let slot = world.readers.iter().find(|slot| slot.name == reader.reader);
                let slot = slot.ok_or(Code::UnknownReader)?;
                reader.state = world.state(slot);
                reader.events = slot.events;
                reader.atr = slot.card.as_ref().map(|card| card.atr()).unwrap_or_default();
                if reader.state != reader.known || reader.events != reader.known_events {
                    reader.state |= State::CHANGED;
                    changed = true;
                }
            }
            if changed {
                return plan.end(Ok(()));
            }
            let wait = match deadline {
                None => Duration::MAX,
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            };
            if wait.is_zero() {
                return Err(Code::Timeout);
            }
            drop(
                self.service
                    .0
                    .changed
                    .wait_timeout(world, wait)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }

    fn connect(
        &self,
        reader: &ReaderName,
        share: ShareMode,
        _: Protocols,
    ) -> Result<Box<dyn Handle>, Code> {
        let plan = self.service.begin(Operation::Connect)?;
        let mut world = self.world()?;
        let exclusive = share == ShareMode::Exclusive;
        let conflict = world.handles.iter().any(|handle| {
            handle.reader == *reader && (exclusive || handle.share == ShareMode::Exclusive)
        });
        let slot = world.slot(reader).ok_or(Code::UnknownReader)?;
        let card = slot.card.as_mut().ok_or(Code::NoSmartcard)?;
        if conflict {
            return Err(Code::SharingViolation);
        }
        if !slot.powered {
            card.power_on();
            slot.powered = true;
        }
        world.counter += 1;
        let id = world.counter;
        let reader = reader.clone();
        world.handles.push(HandleState { id, reader, share, ended: None, transaction: None });
        drop(world);
        self.service.0.changed.notify_all();
        plan.end(Ok(Box::new(StandInHandle { service: self.service.clone(), id })))
    }

    fn cancel(&self) -> Result<(), Code> {
        let plan = self.service.begin(Operation::Cancel)?;
        self.world()?.cancelled.push(self.id);
        self.service.0.changed.notify_all();
        plan.end(Ok(()))
    }
}

impl Drop for StandInContext {
    fn drop(&mut self) {
        let id = self.id;
        self.service.change(|world| world.contexts.retain(|other| *other != id));
    }
}

struct StandInHandle {
    service: StandIn,
    id: u64,
}

impl StandInHandle {
    /// Runs `act` on the card, if the handle is still good.
    fn run<R>(
        &self,
        act: impl FnOnce(&mut Slot, &mut dyn super::Card) -> Result<R, Code>,
    ) -> Result<R, Code> {
        let mut world = self.service.world();
        let now = world.now();
        let handle = world.handle(self.id).ok_or(Code::InvalidHandle)?;
        let reader = handle.reader.clone();
        let idled = handle.transaction.is_some_and(|since| now.duration_since(since) >= IDLE);
        if handle.transaction.is_some() {
            handle.transaction = Some(now);
        }
        if idled {
            handle.ended.get_or_insert(Code::ResetCard);
            if let Some(card) = world.slot(&reader).and_then(|slot| slot.card.as_mut()) {
                card.warm_reset();
            }
        }
        if world.down {
            return Err(Code::NoService);
        }
        if let Some(code) = world.handle(self.id).and_then(|handle| handle.ended) {
            return Err(code);
        }
        let slot = world.slot(&reader).ok_or(Code::ReaderUnavailable)?;
        let mut card = slot.card.take().ok_or(Code::RemovedCard)?;
        let result = act(slot, &mut *card);
        slot.card = Some(card);
        result
    }

    fn transmit(&self, command: &[u8], response: &mut [u8]) -> Result<usize, Code> {
        let mut plan = self.service.begin(Operation::Transmit)?;
        let result = match plan.answer.take() {
            Some(answer) => self.run(|_, _| Ok(answer)),
            None => self.run(|_, card| Ok(card.respond(command))),
        };
        let cut = plan.cut;
        let mut answer = plan.end(result)?;
        answer.truncate(cut.unwrap_or(usize::MAX));
        deliver(&answer, response)
    }

    fn control(&self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code> {
        let plan = self.service.begin(Operation::Control)?;
        let result = self.run(|slot, card| match code {
            GET_FEATURE_REQUEST => Ok(slot.features()),
            TLV_PROPERTIES if !slot.properties.is_empty() => Ok(slot.properties.clone()),
            VERIFY_PIN_DIRECT | MODIFY_PIN_DIRECT => {
                slot.blocks.push((code, input.to_vec()));
                let header = if code == VERIFY_PIN_DIRECT { VERIFY_HEADER } else { MODIFY_HEADER };
                match slot.typed.clone().ok_or(Code::UnsupportedFeature)? {
                    Typed::Ends(status) => Ok(status.to_be_bytes().to_vec()),
                    Typed::Digits(digits) => {
                        let template = input.get(header..).ok_or(Code::InvalidParameter)?;
                        let mut command = template.to_vec();
                        // After CLA, INS, P1, P2 and Lc.
                        let room = command.get_mut(5..).ok_or(Code::InvalidParameter)?;
                        room.iter_mut().zip(&digits).for_each(|(to, digit)| *to = *digit);
                        Ok(card.respond(&command))
                    }
                }
            }
            _ => Err(Code::UnsupportedFeature),
        });
        let answer = plan.end(result)?;
        deliver(&answer, output)
    }
}

fn deliver(answer: &[u8], room: &mut [u8]) -> Result<usize, Code> {
    room.get_mut(..answer.len()).ok_or(Code::InsufficientBuffer)?.copy_from_slice(answer);
    Ok(answer.len())
}

impl Slot {
    fn features(&self) -> Vec<u8> {
        let mut list = Vec::new();
        let mut add = |tag: u8, code: u32| {
            list.extend([tag, 4]);
            list.extend(code.to_be_bytes());
        };
        if self.typed.is_some() {
            add(0x06, VERIFY_PIN_DIRECT);
            add(0x07, MODIFY_PIN_DIRECT);
        }
        if !self.properties.is_empty() {
            add(0x12, TLV_PROPERTIES);
        }
        list
    }
}

impl Handle for StandInHandle {
    fn status(&self) -> Result<CardStatus, Code> {
        let plan = self.service.begin(Operation::Status)?;
        plan.end(
            self.run(|slot, card| {
                Ok(CardStatus { atr: card.atr(), protocol: Some(slot.protocol) })
            }),
        )
    }

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Code> {
        Self::transmit(self, command, response)
    }

    fn control(&mut self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code> {
        Self::control(self, code, input, output)
    }

    fn attribute(&self, _: Attribute) -> Result<Vec<u8>, Code> {
        let plan = self.service.begin(Operation::Attribute)?;
        plan.end(self.run(|_, _| Err(Code::UnsupportedFeature)))
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Code> {
        let plan = self.service.begin(Operation::Begin)?;
        self.run(|_, _| Ok(()))?;
        let now = self.service.world().now();
        if let Some(handle) = self.service.world().handle(self.id) {
            handle.transaction = Some(now);
        }
        plan.end(Ok(Box::new(StandInTransaction(self))))
    }

    fn reconnect(
        &mut self,
        share: ShareMode,
        _: Protocols,
        initialization: Disposition,
    ) -> Result<(), Code> {
        let plan = self.service.begin(Operation::Reconnect)?;
        if let Some(handle) = self.service.world().handle(self.id) {
            handle.ended = None;
            handle.share = share;
        }
        plan.end(self.run(|slot, card| {
            dispose(slot, card, initialization);
            slot.powered = true;
            Ok(())
        }))
    }

    fn disconnect(self: Box<Self>, disposition: Disposition) -> Result<(), Code> {
        let plan = self.service.begin(Operation::Disconnect)?;
        let result = self.close(disposition);
        plan.end(result)
    }
}

impl StandInHandle {
    /// The handle is no more. Others that share the card find it reset.
    fn close(&self, disposition: Disposition) -> Result<(), Code> {
        self.service.change(|world| {
            let at = world.handles.iter().position(|handle| handle.id == self.id);
            let handle = world.handles.remove(at.ok_or(Code::InvalidHandle)?);
            if world.down {
                return Err(Code::NoService);
            }
            let slot = world.slot(&handle.reader).ok_or(Code::ReaderUnavailable)?;
            let mut card = slot.card.take().ok_or(Code::RemovedCard)?;
            dispose(slot, &mut *card, disposition);
            slot.card = Some(card);
            if disposition != Disposition::LeaveCard {
                world.end_handles(&handle.reader, Code::ResetCard, None);
            }
            Ok(())
        })
    }
}

fn dispose(slot: &mut Slot, card: &mut dyn super::Card, disposition: Disposition) {
    match disposition {
        Disposition::LeaveCard => {}
        Disposition::ResetCard => card.warm_reset(),
        Disposition::UnpowerCard | Disposition::EjectCard => {
            card.power_off();
            slot.powered = false;
        }
    }
}

impl Drop for StandInHandle {
    fn drop(&mut self) {
        // As the `pcsc` package does; a handle that was disconnected is not there any more.
        let _ = self.close(Disposition::ResetCard);
    }
}

struct StandInTransaction<'h>(&'h mut StandInHandle);

impl StandInTransaction<'_> {
    fn close(&self) -> Result<(), Code> {
        // Idling shows at the end at the latest.
        let result = self.0.run(|_, _| Ok(()));
        if let Some(handle) = self.0.service.world().handle(self.0.id) {
            handle.transaction = None;
        }
        result
    }
}

impl Transaction for StandInTransaction<'_> {
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Code> {
        StandInHandle::transmit(self.0, command, response)
    }

    fn control(&mut self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code> {
        StandInHandle::control(self.0, code, input, output)
    }

    fn end(self: Box<Self>, _: Disposition) -> Result<(), Code> {
        let plan = self.0.service.begin(Operation::End)?;
        let result = self.close();
        plan.end(result)
    }
}

impl Drop for StandInTransaction<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.0.service.world().handle(self.0.id) {
            handle.transaction = None;
        }
    }
}
