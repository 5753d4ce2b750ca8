//! What a card shows from inside: for tests that want the truth, and for programs that show their
//! user a card that they have just invented. None of it goes through a command.

use crate::application::{ApplicationName, Code, File, FileId, Reference};
use crate::card::{Card, Deeds};
use crate::certificate::CertificateKind;
use crate::issue::Origin;
use crate::{Error, Holder, Kind, Secret, Settings};

/// Contact ATR of a card whose historical bytes declare extended length (CONFIRMED, §1.1).
const ATR_EXTENDED: &[u8] = &[
    0x3B, 0xDA, 0x13, 0xFF, 0x81, 0x31, 0xFB, 0x46, 0x80, 0x12, 0x39, 0x2F, 0x31, 0xC1, 0x73, 0xC6,
    0x01, 0xC0, 0x3B,
];
/// Contact ATR of a card that declares no extended length (CONFIRMED, §1.1).
const ATR_SHORT: &[u8] =
    &[0x3B, 0xC5, 0xFF, 0x81, 0x31, 0xFB, 0x45, 0x80, 0x73, 0xC6, 0x01, 0x00, 0x00];

impl Card {
    /// Answer to reset over contacts: one that declares extended length if the card takes it.
    #[must_use]
    pub const fn atr(&self) -> &'static [u8] {
        if self.image.settings.extended_length { ATR_EXTENDED } else { ATR_SHORT }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.image.kind
    }

    /// Its invented holder; `None` for a card with the files of the test card.
    #[must_use]
    pub const fn holder(&self) -> Option<&Holder> {
        self.image.holder.as_ref()
    }

    /// How it behaves.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.image.settings
    }

    /// How it behaves, to be changed. In a card file the change is written with the next try.
    pub const fn settings_mut(&mut self) -> &mut Settings {
        &mut self.image.settings
    }

    /// What it has done.
    #[must_use]
    pub const fn deeds(&self) -> Deeds {
        self.deeds
    }

    /// VERIFY commands with data that reached it.
    #[must_use]
    pub const fn verify_commands_seen(&self) -> u64 {
        self.deeds.verify_commands
    }

    /// Tries left of a code, from inside; `None` if the card has no such code.
    #[must_use]
    pub fn tries(&self, reference: Reference) -> Option<u8> {
        self.code_of(reference).map(|code| code.tries_left)
    }

    /// The code itself: a demonstration tells its user the PIN that it invented.
    #[must_use]
    pub fn secret(&self, reference: Reference) -> Option<&Secret> {
        self.code_of(reference).and_then(|code| code.value.as_ref())
    }

    /// Is this code verified now?
    #[must_use]
    pub fn is_verified(&self, reference: Reference) -> bool {
        let (name, ef) = reference.place();
        let verified = self.verified.as_ref().filter(|verified| {
            let application = self.image.applications.get(verified.application);
            application.is_some_and(|application| application.name == name)
        });
        verified.is_some_and(|verified| verified.codes.contains(&FileId(ef)))
    }

    /// Leaves a code without tries.
    ///
    /// # Errors
    /// Those of the card file; then it has its tries still. A code that the card has not is no error.
    pub fn block(&mut self, reference: Reference) -> Result<(), Error> {
        let Some(code) = self.code_of_mut(reference) else { return Ok(()) };
        let before = std::mem::take(&mut code.tries_left);
        let saved = self.save();
        if saved.is_err()
            && let Some(code) = self.code_of_mut(reference)
        {
            code.tries_left = before;
        }
        saved
    }

    /// The holder's certificate, DER, without asking for a PIN.
    #[must_use]
    pub fn certificate(&self, kind: CertificateKind) -> Option<&[u8]> {
        let ef = match kind {
            CertificateKind::Auth => 0x000A,
            CertificateKind::Sign => 0x0001,
        };
        self.content(ApplicationName::Jpki, FileId(ef))
    }

    /// The CA certificate that the card carries, DER.
    #[must_use]
    pub fn ca_certificate(&self, kind: CertificateKind) -> Option<&[u8]> {
        let ef = match kind {
            CertificateKind::Auth => 0x000B,
            CertificateKind::Sign => 0x0002,
        };
        self.content(ApplicationName::Jpki, FileId(ef))
    }

    /// The virtual root that its certificate was issued under; `None` for a card with the files of
    /// the test card, whose CA is nobody's to vouch for here. Never what a card *file* claims: the
    /// root is made from the committed key.
    #[must_use]
    pub fn root_certificate(&self, kind: CertificateKind) -> Option<Vec<u8>> {
        match self.image.origin {
            Origin::Virtual => crate::root_certificate(kind).ok(),
            Origin::TestCard => None,
        }
    }

    fn content(&self, name: ApplicationName, id: FileId) -> Option<&[u8]> {
        let application = self.image.applications.iter().find(|one| one.name == name)?;
        match application.files.get(&id)? {
            File::Transparent { content, .. } => Some(content),
            _ => None,
        }
    }

    fn code_of_mut(&mut self, reference: Reference) -> Option<&mut Code> {
        let (name, ef) = reference.place();
        let application = self.image.applications.iter_mut().find(|one| one.name == name)?;
        match application.files.get_mut(&FileId(ef))? {
            File::Code(code) => Some(code),
            _ => None,
        }
    }

    fn code_of(&self, reference: Reference) -> Option<&Code> {
        let (name, ef) = reference.place();
        let application = self.image.applications.iter().find(|one| one.name == name)?;
        match application.files.get(&FileId(ef))? {
            File::Code(code) => Some(code),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card")
            .field("kind", &self.image.kind)
            .field("deeds", &self.deeds)
            .finish_non_exhaustive()
    }
}
