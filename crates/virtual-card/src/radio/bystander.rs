//! The other cards of a wallet, which lie in the field with the one that is meant.

use std::time::Duration;

use super::coding::Received;
use super::picc::{Answer, Picc};
use super::settings::{PiccSettings, TypeASettings, TypeBSettings};
use crate::{Reply, Responder};

/// Another card. It answers as its kind does, and knows no application of ours.
#[derive(Debug)]
pub struct Bystander(Option<Box<Picc<Foreign>>>);

impl Bystander {
    /// A card of Type B with other applications: every SELECT is 6A82.
    #[must_use]
    pub fn type_b(settings: TypeBSettings) -> Self {
        Self::with(PiccSettings::type_b(settings))
    }

    /// A card of Type A, with or without ISO/IEC 14443-4: [`TypeASettings::MEMORY`] is without.
    #[must_use]
    pub fn type_a(settings: TypeASettings) -> Self {
        Self::with(PiccSettings::type_a(settings))
    }

    fn with(mut settings: PiccSettings) -> Self {
        // Another stream than the card beside it.
        settings.seed = 0xB1;
        Self(Some(Box::new(Picc::new(Foreign, settings))))
    }

    /// A FeliCa card: it answers neither Type A nor Type B.
    #[must_use]
    pub const fn felica() -> Self {
        Self(None)
    }

    pub(super) fn power_on(&mut self, now: Duration) {
        if let Some(picc) = &mut self.0 {
            picc.power_on(now);
        }
    }

    pub(super) fn power_off(&mut self, now: Duration) {
        if let Some(picc) = &mut self.0 {
            picc.power_off(now, false);
        }
    }

    pub(super) fn receive(
        &mut self,
        received: &Received,
        begins: Duration,
        ends: Duration,
    ) -> Option<Answer> {
        self.0.as_mut()?.receive(received, begins, ends)
    }
}

#[derive(Debug)]
struct Foreign;

impl Responder for Foreign {
    fn respond(&mut self, _command: &[u8]) -> Reply {
        vec![0x6A, 0x82].into()
    }

    fn power_on(&mut self) {}

    fn power_off(&mut self) {}

    fn warm_reset(&mut self) {}
}
