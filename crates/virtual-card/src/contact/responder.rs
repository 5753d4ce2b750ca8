//! What stands behind the contacts: the card's applications, or a record of them.

use std::time::Duration;

use crate::fault::Exchange;
use crate::{Card, Faults};

/// What becomes of one command APDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The response APDU; `None`: none ever comes, the card hangs until it is reset.
    pub response: Option<Vec<u8>>,
    /// How long the card works at it.
    pub work: Duration,
}

impl From<Vec<u8>> for Reply {
    fn from(response: Vec<u8>) -> Self {
        Self { response: Some(response), work: Duration::ZERO }
    }
}

/// The inside of a card, to which the protocols of its contacts carry APDUs.
pub trait Responder {
    /// Answers one command APDU. Each one that comes was really given to the card: a repeated block
    /// is not a repeated command.
    fn respond(&mut self, command: &[u8]) -> Reply;

    /// The card has power.
    fn power_on(&mut self);

    /// The card has none.
    fn power_off(&mut self);

    /// The card is reset with its power on.
    fn warm_reset(&mut self);
}

impl Responder for Card {
    fn respond(&mut self, command: &[u8]) -> Reply {
        Self::respond(self, command).into()
    }

    fn power_on(&mut self) {
        Self::power_on(self);
    }

    fn power_off(&mut self) {
        Self::power_off(self);
    }

    fn warm_reset(&mut self) {
        Self::warm_reset(self);
    }
}

/// A card with faults of its applications ([`Faults`]), besides those of the line. An
/// [`Effect::Break`](crate::Effect::Break) is a card that hangs, an
/// [`Effect::Cut`](crate::Effect::Cut) a response that is too short.
#[derive(Debug)]
pub struct FaultyCard {
    /// The card.
    pub card: Card,
    /// Its faults.
    pub faults: Faults,
}

impl Responder for FaultyCard {
    fn respond(&mut self, command: &[u8]) -> Reply {
        match self.faults.exchange(&mut self.card, command) {
            Ok(Exchange::Answer(response) | Exchange::Cut { came: response, .. }) => {
                response.into()
            }
            Ok(Exchange::Broken(_)) => Reply { response: None, work: Duration::ZERO },
            Err(_) => crate::card::MEMORY_FAILURE.0.to_be_bytes().to_vec().into(),
        }
    }

    fn power_on(&mut self) {
        self.card.power_on();
        self.faults.new_presence();
    }

    fn power_off(&mut self) {
        self.card.power_off();
    }

    fn warm_reset(&mut self) {
        self.card.warm_reset();
        self.faults.new_presence();
    }
}
