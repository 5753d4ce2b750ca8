#![no_main]
//! The card's records and card-verifiable certificates: nothing is verified but what the test card
//! gave, and the card face is judged alike whole and in pieces.

use kazasu_pki::cvc::{Cvc, CvcAnchors, CvcKey, CvcRole};
use kazasu_pki::records::{
    AgeRecord, BasicInformation, CardFace, CardFaceStream, CardKeyRecord, InputAttributes,
    Integrity, MyNumber, MyNumberImage, RecordError, StreamedCardFace, Verified,
};
use kazasu_pki::rsa::Alloc;
use libfuzzer_sys::fuzz_target;

const FACE: &[u8] = include_bytes!("../../../pki/tests/data/test-card/surface-0002.bin");
const FACE_CERTIFICATE: &[u8] =
    include_bytes!("../../../pki/tests/data/test-card/surface-0004.bin");
const TEXT_CERTIFICATE: &[u8] = include_bytes!("../../../pki/tests/data/test-card/text-0004.bin");

fn key(file: &[u8], role: CvcRole) -> CvcKey {
    let anchors = CvcAnchors::none().with_test();
    Cvc::parse(file).unwrap().verify(&anchors, role).unwrap()
}

fuzz_target!(|bytes: &[u8]| {
    certificates(bytes);
    let face_key = key(FACE_CERTIFICATE, CvcRole::CardFace);
    let text_key = key(TEXT_CERTIFICATE, CvcRole::InputSupport);
    card_face(bytes, &face_key);
    // Of these the test card's octets are not known here, so that none can have a right signature.
    if let Ok(record) = AgeRecord::parse(bytes) {
        assert!(record.verify(&face_key).is_err());
    }
    if let Ok(record) = MyNumberImage::parse(bytes) {
        assert!(record.verify(&face_key).is_err());
    }
    if let Ok(record) = CardKeyRecord::parse(bytes) {
        assert!(record.verify_with(&text_key, &Alloc).is_err());
    }
    if let Ok(record) = Integrity::parse(bytes) {
        assert!(record.verify_with(&text_key, &Alloc).is_err());
    }
    let _ = InputAttributes::parse(bytes);
    let _ = MyNumber::parse(bytes);
    let _ = BasicInformation::parse_card_face(bytes).map(|it| it.unsigned().vendor());
    let _ = BasicInformation::parse_input_support(bytes);
});

fn certificates(bytes: &[u8]) {
    let _ = Cvc::parse_data_object(bytes);
    let Ok(cvc) = Cvc::parse(bytes) else { return };
    let anchors = CvcAnchors::production().with_test();
    for role in [CvcRole::CardFace, CvcRole::InputSupport, CvcRole::MasterFile] {
        let verified = cvc.verify(&anchors, role);
        assert_eq!(verified, cvc.verify_with(&anchors, role, &Alloc));
        if verified.is_ok() {
            let known = [FACE_CERTIFICATE, TEXT_CERTIFICATE].map(|file| Cvc::parse(file).unwrap());
            assert!(known.contains(&cvc), "accepted, and not issued by the hierarchy");
        }
    }
}

fn card_face(bytes: &[u8], key: &CvcKey) {
    let whole = CardFace::parse(bytes).and_then(|face| face.verify(key));
    if let Ok(face) = &whole {
        let real = CardFace::parse(FACE).and_then(|face| face.verify(key)).unwrap();
        assert_eq!(face.signed_digest(), real.signed_digest());
        assert!(face.card_key() == real.card_key() && face.photo() == real.photo());
    }
    let size = usize::from(bytes.last().copied().unwrap_or(0)).max(1);
    for size in [1, size, usize::MAX] {
        match (&whole, stream(bytes, size, key)) {
            (Ok(face), Ok(streamed)) => {
                assert_eq!(face.signed_digest(), streamed.signed_digest());
                assert!(face.expiry() == streamed.expiry());
            }
            (Err(RecordError::BadSignature), streamed) => {
                assert_eq!(streamed, Err(RecordError::BadSignature));
            }
            (Err(_), Err(_)) => {}
            (whole, streamed) => panic!("{whole:?}, and in pieces of {size}: {streamed:?}"),
        }
    }
}

fn stream(
    bytes: &[u8],
    size: usize,
    key: &CvcKey,
) -> Result<Verified<StreamedCardFace>, RecordError> {
    let mut stream = CardFaceStream::new();
    for piece in bytes.chunks(size) {
        stream.feed(piece, |_| ())?;
    }
    stream.finish(key)
}
