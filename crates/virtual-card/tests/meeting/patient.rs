//! The inside of the card: a virtual card that keeps the signatures it made, because signing takes
//! longer than all the rest of a check-in.

use kazasu_virtual_card::{Card, Issue, Reference, Reply, Responder, Settings};

const REFERENCES: [Reference; 3] = [Reference::Auth, Reference::Sign, Reference::Text];

#[derive(Debug)]
pub(crate) struct Patient {
    card: Card,
    settings: Settings,
    /// Commands that were signed, and what came out.
    signed: Vec<(Vec<u8>, Vec<u8>)>,
    fresh: Vec<Option<u8>>,
    /// What had come before this session.
    verify_commands: u64,
    change_commands: u64,
    powered: u32,
}

impl Patient {
    pub(crate) fn new(extended_length: bool) -> Self {
        let settings = Settings { extended_length, ..Settings::default() };
        let card = issue(&settings);
        let fresh = tries(&card);
        let (signed, powered) = (Vec::new(), 0);
        let (verify_commands, change_commands) = (0, 0);
        Self { card, settings, signed, fresh, verify_commands, change_commands, powered }
    }

    /// A card with all its tries.
    pub(crate) fn begin(&mut self) {
        if tries(&self.card) != self.fresh
            || self.card.deeds().change_commands != self.change_commands
        {
            self.card = issue(&self.settings);
        }
        self.verify_commands = self.card.verify_commands_seen();
        self.change_commands = self.card.deeds().change_commands;
        self.powered = 0;
        self.card.power_off();
    }

    /// Tries that are left, and VERIFY commands with data that came since the beginning.
    pub(crate) fn end(&self) -> (u8, u64) {
        let tries = self.card.tries(Reference::Auth).unwrap_or(0);
        (tries, self.card.verify_commands_seen() - self.verify_commands)
    }

    /// How often it got power since the beginning.
    pub(crate) const fn powered(&self) -> u32 {
        self.powered
    }

    /// Does it hold a code for presented?
    pub(crate) fn is_verified(&self) -> bool {
        REFERENCES.iter().any(|of| self.card.is_verified(*of))
    }
}

fn tries(card: &Card) -> Vec<Option<u8>> {
    REFERENCES.iter().map(|of| card.tries(*of)).collect()
}

fn issue(settings: &Settings) -> Card {
    let mut issue = Issue::demonstration().seed(1);
    issue.settings = settings.clone();
    Card::issue(issue).unwrap()
}

impl Responder for &mut Patient {
    fn respond(&mut self, command: &[u8]) -> Reply {
        let signs = command.get(1) == Some(&0x2A) && self.card.is_verified(Reference::Auth);
        if !signs {
            return self.card.respond(command).into();
        }
        if let Some((_, signature)) = self.signed.iter().find(|(of, _)| of == command) {
            return signature.clone().into();
        }
        let signature = self.card.respond(command);
        if signature.ends_with(&[0x90, 0x00]) {
            self.signed.push((command.to_vec(), signature.clone()));
        }
        signature.into()
    }

    fn power_on(&mut self) {
        self.powered += 1;
        self.card.power_on();
    }

    fn power_off(&mut self) {
        self.card.power_off();
    }

    fn warm_reset(&mut self) {
        self.card.warm_reset();
    }
}
