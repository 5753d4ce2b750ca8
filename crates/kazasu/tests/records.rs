//! Records and authenticity of the card, from the reader to the verdict: the virtual card writes them
//! from `docs/card-facts.md`, `kazasu-pki` verifies them from the same text, and they share no code.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use kazasu_apdu::{Channel, Session, Transport};
use kazasu_mynacard::{
    AuthenticateCard, BirthDateKey, CardKey as Key, File, LastTry, Pin, ReadFile, ReadTries,
    Reference, Secret, SelectApplication, UnverifiedAuthentication, VerificationNumberB, Verify,
};
use kazasu_pki::cvc::{Cvc, CvcAnchor, CvcAnchors, CvcError, CvcKey, CvcRole, KeyIdentifier};
use kazasu_pki::records::{
    AgeRecord, Authentic, CardChallenge, CardFace, CardFacePart, CardFacePiece, CardFaceStream,
    CardKey, CardKeyRecord, InputAttributes, Integrity, MyNumber, MyNumberImage, RecordError,
};
use kazasu_pki::rsa::RsaPublicKey;
use kazasu_pki::{Hierarchy, SignatureError, sha256};
use kazasu_virtual_card::{
    Card, CardVerifiableAuthority, CardVerifiableRoot, Effect, Fault, Issue, Link,
    Reference as OfCard, SignatureDefect, When, card_verifiable_root,
};

const NONCE: [u8; 32] = *b"nobody has seen these 32 octets.";

const ROLES: [(CardVerifiableAuthority, CvcRole); 3] = [
    (CardVerifiableAuthority::MasterFile, CvcRole::MasterFile),
    (CardVerifiableAuthority::Surface, CvcRole::CardFace),
    (CardVerifiableAuthority::Text, CvcRole::InputSupport),
];

fn roots() -> [CardVerifiableRoot; 3] {
    ROLES.map(|(of, _)| card_verifiable_root(of).unwrap())
}

/// The virtual authorities and no others.
fn anchors(roots: &[CardVerifiableRoot; 3]) -> CvcAnchors<'_> {
    ROLES.into_iter().zip(roots).fold(CvcAnchors::none(), |anchors, ((_, role), root)| {
        let key = RsaPublicKey::new(&root.modulus, 65_537).unwrap();
        let identifier = KeyIdentifier::new(root.key_identifier);
        anchors.with(CvcAnchor::virtual_card(identifier, key, role)).unwrap()
    })
}

fn in_session<T>(link: &mut Link, run: impl FnOnce(&mut Session<'_, &mut Link>) -> T) -> T {
    let (mut outgoing, mut incoming) = ([0; 300], [0; 258]);
    run(&mut Session::new(link, Channel::new(&mut outgoing, &mut incoming)))
}

/// Reads files of the application of `reference` after its secret was presented.
fn read<const N: usize>(
    link: &mut Link,
    reference: Reference,
    secret: Secret<'_>,
    files: [File; N],
) -> [Vec<u8>; N] {
    in_session(link, |session| {
        session.run(&mut SelectApplication::new(reference.application())).unwrap();
        let tries = session.run(&mut ReadTries::new(reference)).unwrap();
        session.run(&mut Verify::new(tries, secret, LastTry::Keep)).unwrap();
        files.map(|file| {
            let mut read = ReadFile::new(file, Vec::new());
            session.run(&mut read).unwrap();
            read.into_sink()
        })
    })
}

/// What a verifier reads of a card.
struct Files {
    age: Vec<u8>,
    face: Vec<u8>,
    face_certificate: Vec<u8>,
    number_picture: Vec<u8>,
    number: Vec<u8>,
    attributes: Vec<u8>,
    integrity: Vec<u8>,
    text_certificate: Vec<u8>,
    signing_key: Vec<u8>,
}

impl Files {
    fn of(link: &mut Link) -> Self {
        let birth = BirthDateKey::from_date(1985, 6, 15).unwrap();
        let code = |link: &Link, of| link.card().unwrap().secret(of).unwrap().reveal().to_owned();
        let number_b = code(link, OfCard::SurfaceNumberB);
        let number_b = VerificationNumberB::new(number_b.as_bytes()).unwrap();
        let pin = Pin::new(b"2345").unwrap();
        let [age] = read(link, Reference::BirthDate, (&birth).into(), [File::AGE_RECORD]);
        let [face, face_certificate] = read(
            link,
            Reference::CardFaceNumberB,
            (&number_b).into(),
            [File::CARD_FACE, File::CARD_FACE_CERTIFICATE],
        );
        let [number, attributes, integrity, text_certificate, signing_key] = read(
            link,
            Reference::Text,
            (&pin).into(),
            [
                File::MY_NUMBER,
                File::ATTRIBUTES,
                File::INTEGRITY_RECORD,
                File::INPUT_SUPPORT_CERTIFICATE,
                File::SIGNING_KEY_RECORD,
            ],
        );
        let number_a = code(link, OfCard::SurfaceNumberA);
        let number_picture = number_picture(link, &number_a);
        Self {
            age,
            face,
            face_certificate,
            number_picture,
            number,
            attributes,
            integrity,
            text_certificate,
            signing_key,
        }
    }

    fn keys(&self, anchors: &CvcAnchors<'_>) -> Result<[CvcKey; 2], CvcError> {
        Ok([
            Cvc::parse(&self.face_certificate)?.verify(anchors, CvcRole::CardFace)?,
            Cvc::parse(&self.text_certificate)?.verify(anchors, CvcRole::InputSupport)?,
        ])
    }
}

/// Behind 照合番号A, which is the number itself and no secret of the library: by hand.
fn number_picture(link: &mut Link, number_a: &str) -> Vec<u8> {
    let mut response = [0; 1024];
    let aid = kazasu_mynacard::Application::CardFace.identifier();
    for command in [
        [&[0x00, 0xA4, 0x04, 0x0C, 10][..], &aid].concat(),
        [&[0x00, 0x20, 0x00, 0x93, 12][..], number_a.as_bytes()].concat(),
    ] {
        assert_eq!(link.transmit(&command, &mut response).unwrap(), 2);
        assert_eq!(response[..2], [0x90, 0x00]);
    }
    let mut read = ReadFile::new(File::MY_NUMBER_PICTURE, Vec::new());
    in_session(link, |session| session.run(&mut read)).unwrap();
    read.into_sink()
}

fn card(seed: u64) -> Link {
    Link::new(Card::issue(Issue::demonstration().seed(seed)).unwrap())
}

fn answer(link: &mut Link, key: Key, nonce: &[u8; 32]) -> UnverifiedAuthentication {
    let digest = sha256(nonce);
    in_session(link, |session| {
        session.run(&mut SelectApplication::new(key.application())).unwrap();
        session.run(&mut AuthenticateCard::new(key, &digest)).unwrap()
    })
}

/// Asks the card and judges its answer.
fn authentic(link: &mut Link, of: Key, key: &CardKey) -> Result<Authentic, SignatureError> {
    let answer = answer(link, of, &NONCE);
    CardChallenge::new(&NONCE).verify(key, answer.unverified_bytes())
}

/// The keys that the verified records of a card speak of: card face, input support.
fn card_keys(files: &Files, [face, text]: &[CvcKey; 2]) -> [CardKey; 2] {
    let record = AgeRecord::parse(&files.age).unwrap().verify(face).unwrap();
    let signing = CardKeyRecord::parse(&files.signing_key).unwrap().verify(text).unwrap();
    [record.card_key(), signing.card_key()]
}

#[test]
fn every_record_verifies_under_the_virtual_authorities() {
    let roots = roots();
    for seed in [1, 2] {
        let mut link = card(seed);
        let files = Files::of(&mut link);
        let keys = files.keys(&anchors(&roots)).unwrap();
        let [face_key, text_key] = &keys;
        let age = AgeRecord::parse(&files.age).unwrap().verify(face_key).unwrap();
        assert_eq!((age.birth().digits(), age.hierarchy()), ("19850615", Hierarchy::Virtual));
        let face = CardFace::parse(&files.face).unwrap().verify(face_key).unwrap();
        assert_eq!(face.birth(), age.birth());
        assert!(face.photo().starts_with(b"\0\0\0\x0CjP  "));
        assert!(face.name_image().starts_with(b"\x89PNG"));
        assert!(face.expiry().unsigned().digits().ends_with("0615"));
        // Not of one piece, and no more than 100 bytes at once.
        let mut stream = CardFaceStream::new();
        let mut photo = Vec::new();
        for piece in files.face.chunks(100) {
            let part = |piece: CardFacePiece<'_>| {
                if piece.part() == CardFacePart::Photo {
                    photo.extend_from_slice(piece.octets());
                }
            };
            stream.feed(piece, part).unwrap();
        }
        let streamed = stream.finish(face_key).unwrap();
        assert_eq!((streamed.birth(), &photo[..]), (face.birth(), face.photo()));

        let picture = MyNumberImage::parse(&files.number_picture).unwrap();
        let picture = picture.verify(face_key).unwrap();
        assert!(picture.image().starts_with(b"\x89PNG"));
        let integrity = Integrity::parse(&files.integrity).unwrap().verify(text_key).unwrap();
        let attributes = InputAttributes::parse(&files.attributes).unwrap();
        let attributes = attributes.verify(&integrity).unwrap();
        let holder = link.card().unwrap().holder().unwrap();
        assert_eq!((attributes.name(), attributes.address()), (&*holder.name, &*holder.address));
        let number = MyNumber::parse(&files.number).unwrap().verify(&integrity).unwrap();
        let own = link.card().unwrap().secret(OfCard::TextNumberA).unwrap();
        assert_eq!(number.digits(), own.reveal());

        // The answer of each application fits its own key, whichever record that stands in.
        for key in [age.card_key(), face.card_key(), streamed.card_key(), picture.card_key()] {
            let proof = authentic(&mut link, Key::CardFace, &key).unwrap();
            assert_eq!((proof.hierarchy(), proof.role()), (Hierarchy::Virtual, CvcRole::CardFace));
        }
        let [of_face, of_text] = card_keys(&files, &keys);
        assert!(authentic(&mut link, Key::InputSupport, &of_text).is_ok());
        let mismatch = Err(SignatureError::Mismatch);
        assert_eq!(authentic(&mut link, Key::InputSupport, &of_face), mismatch);
        assert_eq!(authentic(&mut link, Key::CardFace, &of_text), mismatch);
    }
}

#[test]
fn no_other_authority_vouches_for_a_virtual_card() {
    let roots = roots();
    let mut link = card(1);
    let files = Files::of(&mut link);
    let real = CvcAnchors::production().with_test();
    assert_eq!(files.keys(&real).err(), Some(CvcError::UnknownIssuer));
    assert_eq!(files.keys(&CvcAnchors::none()).err(), Some(CvcError::UnknownIssuer));
    // Nor one part of the card for another.
    let virtual_ones = anchors(&roots);
    let certificate = Cvc::parse(&files.face_certificate).unwrap();
    for role in [CvcRole::InputSupport, CvcRole::MasterFile] {
        let expected = CvcError::WrongRole { expected: role };
        assert_eq!(certificate.verify(&virtual_ones, role).err(), Some(expected));
    }
    let [face, text] = files.keys(&virtual_ones).unwrap();
    let expected = RecordError::WrongRole { expected: CvcRole::CardFace };
    assert_eq!(AgeRecord::parse(&files.age).unwrap().verify(&text).err(), Some(expected));
    let expected = RecordError::WrongRole { expected: CvcRole::InputSupport };
    let record = CardKeyRecord::parse(&files.signing_key).unwrap();
    assert_eq!(record.verify(&face).err(), Some(expected));
    // Another card's attributes do not fit this one's integrity record.
    let mut other = Issue::demonstration().seed(2);
    other.holder.name = "架空　別人".to_owned();
    let other = Files::of(&mut Link::new(Card::issue(other).unwrap()));
    let integrity = Integrity::parse(&files.integrity).unwrap().verify(&text).unwrap();
    let attributes = InputAttributes::parse(&other.attributes).unwrap();
    assert_eq!(attributes.verify(&integrity).err(), Some(RecordError::WrongDigest));
    let number = MyNumber::parse(&other.number).unwrap();
    assert_eq!(number.verify(&integrity).err(), Some(RecordError::WrongDigest));
}

#[test]
fn the_certificates_of_the_card_itself_chain() {
    let roots = roots();
    let mut link = card(1);
    let mut object = |tag: [u8; 2]| {
        let mut response = [0; 1024];
        let command = [0x00, 0xCA, tag[0], tag[1], 0x00, 0x00, 0x00];
        let length = link.transmit(&command, &mut response).unwrap();
        let (data, status) = response[..length].split_last_chunk::<2>().unwrap();
        assert_eq!(status, &[0x90, 0x00]);
        data.to_vec()
    };
    let (upper, lower) = (object([0x00, 0xF8]), object([0x7F, 0x21]));
    let upper = Cvc::parse_data_object(&upper).unwrap();
    let lower = Cvc::parse_data_object(&lower).unwrap();
    assert_eq!(&object([0x00, 0xF7])[..], upper.subject().octets());
    let key = upper.verify(&anchors(&roots), CvcRole::MasterFile).unwrap();
    assert!(lower.verify_under(&key).is_ok());
    assert!(upper.verify_under(&key).is_err());
    assert_eq!(
        lower.verify(&anchors(&roots), CvcRole::MasterFile).err(),
        Some(CvcError::UnknownIssuer)
    );
}

#[test]
fn a_copied_card_is_detected() {
    let roots = roots();
    let mut issue = Issue::demonstration().seed(1);
    issue.copied = true;
    let mut copy = Link::new(Card::issue(issue).unwrap());
    // Its records are right: whoever stops here is deceived.
    let files = Files::of(&mut copy);
    let keys = card_keys(&files, &files.keys(&anchors(&roots)).unwrap());
    for (of, key) in [Key::CardFace, Key::InputSupport].into_iter().zip(&keys) {
        assert_eq!(authentic(&mut copy, of, key), Err(SignatureError::Mismatch));
        // The card that it was copied from answers.
        assert!(authentic(&mut card(1), of, key).is_ok());
        // What it answered once proves nothing again.
        let old = answer(&mut card(1), of, &[7; 32]);
        let replayed = CardChallenge::new(&NONCE).verify(key, old.unverified_bytes());
        assert_eq!(replayed, Err(SignatureError::Mismatch));
        for defect in [SignatureDefect::Random, SignatureDefect::Foreign] {
            let fault = Fault::once(When::Ins(0x2A), Effect::Signature(defect));
            let mut broken = card(1).with_fault(fault);
            assert_eq!(authentic(&mut broken, of, key), Err(SignatureError::Mismatch));
        }
    }
}

#[test]
fn the_published_files_of_a_test_card_are_a_copy_of_it() {
    let mut link = Link::new(Card::issue(Issue::test_card().seed(1)).unwrap());
    let number_b = VerificationNumberB::new(b"55021720352285").unwrap();
    let [face, certificate] = read(
        &mut link,
        Reference::CardFaceNumberB,
        (&number_b).into(),
        [File::CARD_FACE, File::CARD_FACE_CERTIFICATE],
    );
    let anchors = CvcAnchors::production().with_test();
    let key = Cvc::parse(&certificate).unwrap().verify(&anchors, CvcRole::CardFace).unwrap();
    let face = CardFace::parse(&face).unwrap().verify(&key).unwrap();
    assert_eq!(face.hierarchy(), Hierarchy::Test);
    let refused = authentic(&mut link, Key::CardFace, &face.card_key());
    assert_eq!(refused, Err(SignatureError::Mismatch));
}

/// Flips every bit of a file; all are refused, and so is every shorter file.
fn every_flip_is_refused(file: &[u8], verify: impl Fn(&[u8]) -> Result<(), RecordError>) {
    assert_eq!(verify(file), Ok(()));
    let mut flipped = file.to_vec();
    for at in 0..file.len() {
        for bit in 0..8 {
            flipped[at] ^= 1 << bit;
            assert!(verify(&flipped).is_err(), "byte {at}, bit {bit}");
            flipped[at] ^= 1 << bit;
        }
        assert!(verify(&file[..at]).is_err(), "{at} bytes");
    }
}

#[test]
fn every_flipped_bit_of_a_record_is_refused() {
    let roots = roots();
    let files = Files::of(&mut card(1));
    let [face, text] = &files.keys(&anchors(&roots)).unwrap();
    every_flip_is_refused(&files.age, |file| AgeRecord::parse(file)?.verify(face).map(drop));
    every_flip_is_refused(&files.number_picture, |file| {
        MyNumberImage::parse(file)?.verify(face).map(drop)
    });
    every_flip_is_refused(&files.integrity, |file| Integrity::parse(file)?.verify(text).map(drop));
    every_flip_is_refused(&files.signing_key, |file| {
        CardKeyRecord::parse(file)?.verify(text).map(drop)
    });
    let integrity = Integrity::parse(&files.integrity).unwrap().verify(text).unwrap();
    every_flip_is_refused(&files.attributes, |file| {
        InputAttributes::parse(file)?.verify(&integrity).map(drop)
    });
    every_flip_is_refused(&files.number, |file| {
        MyNumber::parse(file)?.verify(&integrity).map(drop)
    });
}
