//! A holder who knows what stands on the card, and the authorities of virtual cards.

use kazasu::mynacard::{BirthDateKey, Pin, Reference, VerificationNumberB};
use kazasu::pki::cvc::{CvcAnchor, CvcAnchors, CvcRole, KeyIdentifier};
use kazasu::pki::rsa::RsaPublicKey;
use kazasu::{Declined, Holder, OwnedSecret, Request, Stage};
use kazasu_virtual_card::{
    Card, CardVerifiableAuthority, CardVerifiableRoot, Reference as OfCard, card_verifiable_root,
};
use std::sync::OnceLock;

/// Knows the codes, or wrong ones, and notes what was asked for.
pub(crate) struct Codes {
    pub(crate) birth: String,
    pub(crate) number_b: String,
    pub(crate) pin: String,
    pub(crate) confirms: bool,
    pub(crate) asked: Vec<(Reference, u8)>,
    pub(crate) stages: Vec<Stage>,
}

impl Codes {
    /// Those of a card.
    pub(crate) fn of(card: &Card) -> Self {
        let of = |reference| card.secret(reference).unwrap().reveal().to_owned();
        Self {
            birth: of(OfCard::SurfaceBirth),
            number_b: of(OfCard::SurfaceNumberB),
            pin: of(OfCard::Text),
            confirms: false,
            asked: Vec::new(),
            stages: Vec::new(),
        }
    }

    /// None is right.
    pub(crate) fn wrong() -> Self {
        Self {
            birth: "010101".to_owned(),
            number_b: "01010120999999".to_owned(),
            pin: "0000".to_owned(),
            confirms: false,
            asked: Vec::new(),
            stages: Vec::new(),
        }
    }
}

impl Holder for Codes {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        self.asked.push((request.reference, request.tries_left));
        Ok(match request.reference {
            Reference::BirthDate => BirthDateKey::new(self.birth.as_bytes()).unwrap().into(),
            Reference::CardFaceNumberB | Reference::InputSupportNumberB => {
                VerificationNumberB::new(self.number_b.as_bytes()).unwrap().into()
            }
            _ => Pin::new(self.pin.as_bytes()).unwrap().into(),
        })
    }

    fn confirm_last_try(&mut self, _: Request) -> bool {
        self.confirms
    }

    fn stage(&mut self, stage: Stage) {
        self.stages.push(stage);
    }
}

/// The virtual authorities and no others.
pub(crate) fn authorities() -> CvcAnchors<'static> {
    anchors_by(CvcAnchor::virtual_card)
}

/// The same as a caller brings them: what they vouch for is no virtual card.
pub(crate) fn custom_authorities() -> CvcAnchors<'static> {
    anchors_by(CvcAnchor::custom)
}

type MakeAnchor = fn(KeyIdentifier, RsaPublicKey<'static>, CvcRole) -> CvcAnchor<'static>;

fn anchors_by(anchor: MakeAnchor) -> CvcAnchors<'static> {
    static ROOTS: OnceLock<[CardVerifiableRoot; 2]> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        [CardVerifiableAuthority::Surface, CardVerifiableAuthority::Text]
            .map(|of| card_verifiable_root(of).unwrap())
    });
    let roles = [CvcRole::CardFace, CvcRole::InputSupport];
    roles.into_iter().zip(roots).fold(CvcAnchors::none(), |anchors, (role, root)| {
        let key = RsaPublicKey::new(&root.modulus, 65_537).unwrap();
        let identifier = KeyIdentifier::new(root.key_identifier);
        anchors.with(anchor(identifier, key, role)).unwrap()
    })
}
