//! The system's own PC/SC: libpcsclite on Linux, WinSCard on Windows. Adds nothing to the calls.

use crate::service::{
    Attribute, CardStatus, Code, Context, Disposition, Handle, Protocols, ReaderName, ReaderState,
    Service, ShareMode, State, Transaction,
};
use pcsc::ffi::DWORD;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The system's smart card service.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Service for System {
    fn establish(&self) -> Result<Arc<dyn Context>, Code> {
        Ok(Arc::new(SystemContext(pcsc::Context::establish(pcsc::Scope::User)?)))
    }
}

struct SystemContext(pcsc::Context);

impl Context for SystemContext {
    fn list_readers(&self) -> Result<Vec<ReaderName>, Code> {
        match self.0.list_readers_owned() {
            Ok(names) => Ok(names.into_iter().map(ReaderName::from).collect()),
            Err(Code::NoReadersAvailable) => Ok(Vec::new()),
            Err(code) => Err(code),
        }
    }

    fn status_change(
        &self,
        limit: Option<Duration>,
        readers: &mut [ReaderState],
    ) -> Result<(), Code> {
        let mut states: Vec<pcsc::ReaderState> = readers
            .iter()
            .map(|reader| {
                // The upper half counts; with it a card that came and went in between is seen.
                let known = reader.known.bits() | (DWORD::from(reader.known_events) << 16);
                let name = reader.reader.as_c_str().to_owned();
                pcsc::ReaderState::new(name, State::from_bits_retain(known))
            })
            .collect();
        let result = self.0.get_status_change(limit, &mut states);
        if result.is_ok() {
            for (reader, state) in readers.iter_mut().zip(&states) {
                reader.state = state.event_state();
                reader.events = u16::try_from(state.event_count()).unwrap_or_default();
                reader.atr = state.atr().to_vec();
            }
        }
        result
    }

    fn connect(
        &self,
        reader: &ReaderName,
        share: ShareMode,
        protocols: Protocols,
    ) -> Result<Box<dyn Handle>, Code> {
        let card = self.0.connect(reader.as_c_str(), share, protocols)?;
        Ok(Box::new(SystemHandle(card)))
    }

    fn cancel(&self) -> Result<(), Code> {
        self.0.cancel()
    }
}

struct SystemHandle(pcsc::Card);

impl Handle for SystemHandle {
    fn status(&self) -> Result<CardStatus, Code> {
        let status = self.0.status2_owned()?;
        Ok(CardStatus { atr: status.atr().to_vec(), protocol: status.protocol2() })
    }

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Code> {
        Ok(self.0.transmit(command, response)?.len())
    }

    fn control(&mut self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code> {
        Ok(self.0.control(DWORD::from(code), input, output)?.len())
    }

    fn attribute(&self, attribute: Attribute) -> Result<Vec<u8>, Code> {
        self.0.get_attribute_owned(attribute)
    }

    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, Code> {
        match self.0.transaction2() {
            Ok(transaction) => Ok(Box::new(SystemTransaction(transaction))),
            Err((_, code)) => Err(code),
        }
    }

    fn reconnect(
        &mut self,
        share: ShareMode,
        protocols: Protocols,
        initialization: Disposition,
    ) -> Result<(), Code> {
        self.0.reconnect(share, protocols, initialization)
    }

    fn disconnect(self: Box<Self>, disposition: Disposition) -> Result<(), Code> {
        // A card that comes back with the error is dropped here, and that resets it.
        self.0.disconnect(disposition).map_err(|(_, code)| code)
    }
}

struct SystemTransaction<'h>(pcsc::Transaction<'h>);

impl Transaction for SystemTransaction<'_> {
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Code> {
        Ok(self.0.transmit(command, response)?.len())
    }

    fn control(&mut self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, Code> {
        Ok(self.0.control(DWORD::from(code), input, output)?.len())
    }

    fn end(self: Box<Self>, disposition: Disposition) -> Result<(), Code> {
        self.0.end(disposition).map_err(|(_, code)| code)
    }
}

impl fmt::Debug for SystemContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemContext")
    }
}
