//! The card's records: certificate, card face in pieces and whole, attributes, and the challenge.

#![no_std]
#![no_main]

use kazasu_pki::cvc::{Cvc, CvcAnchors, CvcKey, CvcRole};
use kazasu_pki::records::{
    AgeRecord, CardChallenge, CardFace, CardFacePiece, CardFaceStream, CardKey, CardKeyRecord,
    InputAttributes, Integrity,
};

probe::entry!(main);

fn main() {
    let mut bytes = [0; 1024];
    probe::unknown_bytes(&mut bytes);
    let bytes = bytes.get(..probe::unknown_number()).unwrap_or_default();
    probe::keep(u32::from(face(bytes).is_some()) + u32::from(text(bytes).is_some()));
}

fn key(bytes: &[u8], role: CvcRole) -> Option<CvcKey> {
    let anchors = CvcAnchors::production();
    let lower = Cvc::parse_data_object(bytes).ok()?;
    let upper = Cvc::parse(bytes).ok()?;
    let key = upper.verify(&anchors, role).ok()?;
    probe::keep(u32::from(lower.verify_under(&key).is_ok()));
    Some(key)
}

fn challenge(key: &CardKey, bytes: &[u8]) {
    let mut nonce = [0; 32];
    probe::unknown_bytes(&mut nonce);
    let challenge = CardChallenge::new(&nonce);
    probe::keep(challenge.data().len() as u32);
    probe::keep(u32::from(challenge.verify(key, bytes).is_ok()));
}

fn face(bytes: &[u8]) -> Option<()> {
    let key = key(bytes, CvcRole::CardFace)?;
    let mut stream = CardFaceStream::new();
    for piece in bytes.chunks(64) {
        let passed = |piece: CardFacePiece<'_>| {
            probe::keep(piece.part() as u32 + piece.octets().len() as u32);
        };
        stream.feed(piece, passed).ok()?;
    }
    let face = stream.finish(&key).ok()?;
    challenge(&face.card_key(), bytes);
    let face = CardFace::parse(bytes).ok()?.verify(&key).ok()?;
    probe::keep(face.photo().len() as u32 + u32::from(face.birth().date().is_some()));
    probe::keep(u32::from(face.expiry().unsigned().date().is_some()));
    let age = AgeRecord::parse(bytes).ok()?.verify(&key).ok()?;
    challenge(&age.card_key(), bytes);
    Some(())
}

fn text(bytes: &[u8]) -> Option<()> {
    let key = key(bytes, CvcRole::InputSupport)?;
    let integrity = Integrity::parse(bytes).ok()?.verify(&key).ok()?;
    let attributes = InputAttributes::parse(bytes).ok()?.verify(&integrity).ok()?;
    probe::keep(attributes.name().len() as u32);
    let record = CardKeyRecord::parse(bytes).ok()?.verify(&key).ok()?;
    challenge(&record.card_key(), bytes);
    Some(())
}
