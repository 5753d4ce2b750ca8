//! Objects of what stands on the card.

use crate::hex;
use crate::screen::Screen;
use kazasu::pki::Hierarchy;
use kazasu::pki::cvc::KeyIdentifier;
use kazasu::pki::records::RecordKind;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct AttributesObject {
    pub(crate) name: FieldObject,
    pub(crate) address: FieldObject,
    pub(crate) birth: FieldObject,
    pub(crate) sex: FieldObject,
}

#[derive(Serialize)]
pub(crate) struct CardFaceObject {
    pub(crate) birth: FieldObject,
    pub(crate) sex: Option<FieldObject>,
    pub(crate) name_image: Option<ImageObject>,
    pub(crate) address_image: Option<ImageObject>,
    pub(crate) photo: Option<ImageObject>,
    pub(crate) expiry: Option<FieldObject>,
    pub(crate) security_code: Option<FieldObject>,
}

/// A text and how sure it is.
#[derive(Serialize)]
pub(crate) struct FieldObject {
    pub(crate) value: String,
    pub(crate) standing: &'static str,
}

/// An image without its pixels.
#[derive(Serialize)]
pub(crate) struct ImageObject {
    pub(crate) kind: Option<&'static str>,
    pub(crate) bytes: usize,
    pub(crate) width: Option<u16>,
    pub(crate) height: Option<u16>,
    pub(crate) standing: &'static str,
}

/// Who vouches for a record. Not who signed it: that tells where its holder lives.
#[derive(Serialize)]
pub(crate) struct RecordObject {
    kind: &'static str,
    hierarchy: &'static str,
    /// The identifier of its key in hexadecimal.
    authority: String,
}

impl RecordObject {
    pub(crate) fn new(kind: RecordKind, hierarchy: Hierarchy, authority: KeyIdentifier) -> Self {
        let (kind, hierarchy) = (kind.as_str(), hierarchy.as_str());
        Self { kind, hierarchy, authority: hex::encode(authority.octets()) }
    }

    /// In one line, for people.
    pub(crate) fn line(&self, screen: Screen) {
        let name = screen.language.of("record", "券面情報");
        let hierarchy = screen.language.of("hierarchy", "階層");
        screen.line(format_args!(
            "  {name}: {}, {hierarchy} {}, {} {}",
            self.kind,
            self.hierarchy,
            screen.language.of("authority", "認証局"),
            self.authority_number()
        ));
    }

    /// The digits by which an authority is called, where its identifier has them.
    fn authority_number(&self) -> String {
        let octets = hex::decode(&self.authority).and_then(|octets| octets.try_into().ok());
        let number = octets.and_then(|it| KeyIdentifier::new(it).number().map(str::to_owned));
        number.unwrap_or_else(|| self.authority.clone())
    }
}
