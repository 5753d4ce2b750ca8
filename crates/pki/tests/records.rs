//! The records of which no test card's octets are known, made by a small issuer of the tests; those
//! that nothing signs, from the real test card; and the challenge to the card's own key.

#![allow(clippy::unwrap_used, reason = "helpers of tests use it too")]

mod common;

use common::{
    backends, card_file,
    issuer::{Issuer, TestKey, tlv},
};
use kazasu_pki::{
    Backend, Error, Hierarchy, SignatureError,
    cvc::{Cvc, CvcAnchors, CvcKey, CvcRole},
    digest_info,
    records::{
        AgeRecord, BasicInformation, CardChallenge, CardFace, CardKey, CardKeyRecord,
        InputAttributes, Integrity, RecordError, RecordKind, Sex,
    },
    sha256,
};
use kazasu_tlv::Tag;

fn attributes_file() -> Vec<u8> {
    card_file("text-0002")
}

const NUMBER_FILE: &[u8; 17] = b"\xFF\x10\x0C123456789018\xFF\xFF";

/// What the integrity record names: the digests of the physical EF 0001, and of EF 0002 after its
/// offset table, which ends before octet 14.
fn digests(number: &[u8], attributes: &[u8]) -> [Vec<u8>; 2] {
    [tlv(0xDF31, &sha256(number)), tlv(0xDF32, &sha256(&attributes[14..]))]
}

fn card_key() -> TestKey {
    TestKey::load("card-1")
}

fn age_file(issuer: &Issuer) -> Vec<u8> {
    let signed = [tlv(0xDF11, b"19800217"), tlv(0xDF12, &card_key().on_card())];
    issuer.record(0xFF10, &signed, 0xDF13)
}

fn card_key_file(issuer: &Issuer) -> Vec<u8> {
    issuer.record(0xFF50, &[tlv(0xDF51, &card_key().on_card())], 0xDF52)
}

fn integrity_file(issuer: &Issuer) -> Vec<u8> {
    issuer.record(0xFF30, &digests(NUMBER_FILE, &attributes_file()), 0xDF33)
}

/// Every bit flipped, every truncation, and the key of another signer or another part of the card.
fn refuses_damage(
    file: &[u8],
    issuer: &Issuer,
    verify: impl Fn(&[u8], &CvcKey, &dyn Backend) -> Result<RecordKind, RecordError>,
) {
    let key = issuer.key();
    for (name, backend) in backends() {
        let kind = verify(file, &key, backend).unwrap();
        assert_eq!(kind.role(), issuer.role);
        for bit in 0..file.len() * 8 {
            let mut damaged = file.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&damaged, &key, backend).is_err(), "{name}: bit {bit}");
        }
        let other = match issuer.role {
            CvcRole::CardFace => CvcRole::InputSupport,
            _ => CvcRole::CardFace,
        };
        let refusal = RecordError::WrongRole { expected: issuer.role };
        assert_eq!(verify(file, &Issuer::new(other).key(), backend), Err(refusal));
        let signer = TestKey::load("card-3");
        let stranger = Issuer { signer, ..Issuer::new(issuer.role) };
        assert_eq!(verify(file, &stranger.key(), backend), Err(RecordError::BadSignature));
        let filled = [file, &[0xFF; 5]].concat();
        assert_eq!(verify(&filled, &key, backend), Ok(kind));
        let stray = [&[0xFF, 0xFF], file].concat();
        assert!(verify(&stray, &key, backend).is_err_and(|error| error.is_malformed()));
    }
    for length in 0..file.len() {
        let result = verify(&file[..length], &key, backends()[0].1);
        assert!(result.is_err_and(|error| error.is_malformed()), "{length}");
    }
}

#[test]
fn the_age_record() {
    let issuer = Issuer::new(CvcRole::CardFace);
    let file = age_file(&issuer);
    assert_eq!(file.len(), 547);
    let record = AgeRecord::parse(&file).unwrap().verify(&issuer.key()).unwrap();
    assert_eq!(record.birth().digits(), "19800217");
    assert_eq!((record.kind(), record.hierarchy()), (RecordKind::Age, Hierarchy::Custom));
    assert_eq!(*record.signed_digest(), sha256(&file[5..file.len() - 261]));
    refuses_damage(&file, &issuer, |file, key, backend| {
        Ok(AgeRecord::parse(file)?.verify_with(key, &backend)?.kind())
    });
    let signed = [tlv(0xDF12, &card_key().on_card()), tlv(0xDF11, b"19800217")];
    let turned = issuer.record(0xFF10, &signed, 0xDF13);
    let refusal = RecordError::Order { tag: Tag::new(0xDF11) };
    assert_eq!(AgeRecord::parse(&turned), Err(refusal));
}

#[test]
fn the_record_of_the_card_key() {
    let issuer = Issuer::new(CvcRole::InputSupport);
    let file = card_key_file(&issuer);
    assert_eq!(file.len(), 536);
    refuses_damage(&file, &issuer, |file, key, backend| {
        Ok(CardKeyRecord::parse(file)?.verify_with(key, &backend)?.kind())
    });
    // A signed key that cannot be used.
    let mut weak = card_key().on_card();
    (weak[9], weak[10]) = (0, 0xFF);
    let file = issuer.record(0xFF50, &[tlv(0xDF51, &weak)], 0xDF52);
    let refusal = RecordError::Key(Error::WeakKey { bits: 2040 });
    assert_eq!(CardKeyRecord::parse(&file), Err(refusal));
}

#[test]
fn the_integrity_record_and_the_attributes() {
    let issuer = Issuer::new(CvcRole::InputSupport);
    let file = integrity_file(&issuer);
    assert_eq!(file.len(), 336);
    refuses_damage(&file, &issuer, |file, key, backend| {
        Ok(Integrity::parse(file)?.verify_with(key, &backend)?.kind())
    });

    let integrity = Integrity::parse(&file).unwrap().verify(&issuer.key()).unwrap();
    let file = attributes_file();
    let attributes = InputAttributes::parse(&file).unwrap().verify(&integrity).unwrap();
    assert_eq!(attributes.name(), "黒桐　幹也");
    assert_eq!(attributes.address(), "東京都清瀬市観布子南１２－７－２０２");
    assert_eq!(attributes.birth().digits(), "19800217");
    assert!(attributes.sex() == Sex::Male);
    assert_eq!(attributes.kind(), RecordKind::Attributes);
    assert_eq!(attributes.issuer(), integrity.issuer());
    assert_eq!(*attributes.signed_digest(), sha256(&file[14..]));

    for bit in 0..file.len() * 8 {
        let mut damaged = file.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let result = InputAttributes::parse(&damaged).and_then(|it| it.verify(&integrity));
        assert!(result.is_err(), "bit {bit}");
    }
    for stray in [&[0xFF][..], &[0x12, 0x34]] {
        // The offsets do not count the stray octets here.
        let file = [stray, &file, &[0xFF; 3]].concat();
        assert!(InputAttributes::parse(&file).unwrap().verify(&integrity).is_ok());
    }
    let far = [&[0x12, 0x34, 0x56], &file[..]].concat();
    assert!(InputAttributes::parse(&far).is_err_and(|error| error.is_malformed()));

    let debug = format!("{integrity:?} {attributes:?} {:?}", InputAttributes::parse(&file));
    assert!(!debug.contains("黒桐") && !debug.contains("1980") && !debug.contains("清瀬"));
}

#[test]
fn what_the_offset_table_does_not_lead_to_is_refused() {
    let file = attributes_file();
    let moved = |content: &[Vec<u8>]| tlv(0xFF20, &content.concat());
    // The length of the record is one octet, so that what comes first starts at octet 3.
    assert!(InputAttributes::parse(&moved(&[file[3..].to_vec()])).is_ok());
    let table = &file[3..14].to_vec();
    assert_eq!(table[..3], [0xDF, 0x21, 0x08]);
    let rest = file[14..].to_vec();
    let last = moved(&[rest.clone(), table.clone()]);
    let refusal = RecordError::Order { tag: Tag::new(0xDF21) };
    assert_eq!(InputAttributes::parse(&last), Err(refusal));
    let longer = moved(&[table.clone(), tlv(0xDF33, b""), rest.clone()]);
    assert_eq!(InputAttributes::parse(&longer), Err(RecordError::Offsets));
    let twice = moved(&[table.clone(), rest.clone(), tlv(0xDF25, b"1")]);
    let refusal = RecordError::Duplicate { tag: Tag::new(0xDF25) };
    assert_eq!(InputAttributes::parse(&twice), Err(refusal));
}

#[test]
fn basic_information_comes_unsigned_only() {
    let face = BasicInformation::parse_card_face(&card_file("surface-0003")).unwrap();
    assert_eq!(face.as_unsigned().municipality(), Some("13221"));
    let face = face.unsigned();
    assert_eq!((face.specification_version(), face.extended_length()), (0x06, 0x03));
    assert_eq!(face.vendor(), [0x0E, 0x01]);
    assert_eq!(face.key_identifier().number(), Some("6000024"));
    // The length of this one is coded in two octets more than needed.
    let text = BasicInformation::parse_input_support(&card_file("text-0005")).unwrap().unsigned();
    assert_eq!((text.specification_version(), text.municipality()), (0x01, None));
    assert_eq!(text.key_identifier().number(), Some("6000034"));
    for (name, other) in [("surface-0003", "text-0005"), ("text-0005", "surface-0003")] {
        let (file, other) = (card_file(name), card_file(other));
        let parse = |file: &[u8]| match name {
            "text-0005" => BasicInformation::parse_input_support(file),
            _ => BasicInformation::parse_card_face(file),
        };
        assert!(parse(&other).is_err_and(|error| error.is_malformed()));
        for length in 0..file.len() {
            assert!(parse(&file[..length]).is_err_and(|error| error.is_malformed()));
        }
    }
}

/// A verified key of the card out of every record that has one.
fn card_keys() -> Vec<CardKey> {
    let (face, text) = (Issuer::new(CvcRole::CardFace), Issuer::new(CvcRole::InputSupport));
    let (age, key) = (age_file(&face), card_key_file(&text));
    vec![
        AgeRecord::parse(&age).unwrap().verify(&face.key()).unwrap().card_key(),
        CardKeyRecord::parse(&key).unwrap().verify(&text.key()).unwrap().card_key(),
    ]
}

#[test]
fn the_card_that_answers_is_authentic() {
    let nonce = [0xA5; 32];
    for key in card_keys() {
        for (_, backend) in backends() {
            let challenge = CardChallenge::new(&nonce);
            assert_eq!(challenge.data(), digest_info(&sha256(&nonce)));
            let answer = card_key().sign(challenge.data());
            let authentic = challenge.verify_with(&key, &answer, &backend).unwrap();
            assert_eq!((authentic.kind(), authentic.role()), (key.kind(), key.role()));
            assert_eq!(authentic.hierarchy(), Hierarchy::Custom);
            assert_eq!(authentic.issuer().number(), Some("9000023"));
            assert_eq!(authentic.signer().number(), Some("9999999"));
            assert_eq!(*authentic.challenge_digest(), sha256(&nonce));
            // The digest alone is another challenge.
            let bare = CardChallenge::new(&nonce).bare();
            assert_eq!(bare.data(), sha256(&nonce));
            let bare_answer = card_key().sign(bare.data());
            assert_eq!(bare.verify(&key, &answer), Err(SignatureError::Mismatch));
            let bare = CardChallenge::new(&nonce).bare();
            assert!(bare.verify_with(&key, &bare_answer, &backend).is_ok());
            let text = format!("{authentic:?} {key:?} {:?}", CardChallenge::new(&nonce));
            assert!(!text.contains("165") && !text.contains("9999999"), "{text}");
        }
    }
    let file = age_file(&Issuer::new(CvcRole::CardFace));
    let record = AgeRecord::parse(&file).unwrap();
    let record = record.verify(&Issuer::new(CvcRole::CardFace).key()).unwrap();
    let challenge = CardChallenge::new(&nonce);
    let answer = card_key().sign(challenge.data());
    let authentic = challenge.verify(&record.card_key(), &answer).unwrap();
    assert_eq!(authentic.signed_digest(), record.signed_digest());
}

/// It has every record of the real one, and not the key.
#[test]
fn a_copied_card_is_detected() {
    let mut keys = card_keys();
    let (file, certificate) = (card_file("surface-0002"), card_file("surface-0004"));
    let anchors = CvcAnchors::none().with_test();
    let signer = Cvc::parse(&certificate).unwrap().verify(&anchors, CvcRole::CardFace).unwrap();
    keys.push(CardFace::parse(&file).unwrap().verify(&signer).unwrap().card_key());
    let nonce = [0x5A; 32];
    let of_another = TestKey::load("card-2").sign(CardChallenge::new(&nonce).data());
    let replayed = card_key().sign(CardChallenge::new(&[0x5B; 32]).data());
    let verbatim = card_key().sign(&nonce);
    for key in keys {
        for (_, backend) in backends() {
            for answer in [&of_another[..], &replayed, &verbatim, &[], &[0; 256], &[1; 255]] {
                let result = CardChallenge::new(&nonce).verify_with(&key, answer, &backend);
                assert_eq!(result, Err(SignatureError::Mismatch));
            }
        }
    }
    let key = card_keys()[0];
    let right = card_key().sign(CardChallenge::new(&nonce).data());
    for bit in 0..right.len() * 8 {
        let mut damaged = right.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(CardChallenge::new(&nonce).verify(&key, &damaged).is_err());
    }
}

#[cfg(feature = "my-number")]
mod my_number {
    use kazasu_pki::records::{MyNumber, MyNumberImage};

    use super::*;

    #[test]
    fn the_image_of_the_number() {
        let issuer = Issuer::new(CvcRole::CardFace);
        let signed = [tlv(0xDF41, b"\x89PNG"), tlv(0xDF42, &card_key().on_card())];
        let file = issuer.record(0xFF40, &signed, 0xDF43);
        let image = MyNumberImage::parse(&file).unwrap().verify(&issuer.key()).unwrap();
        assert_eq!((image.image(), image.kind()), (&b"\x89PNG"[..], RecordKind::MyNumberImage));
        let challenge = CardChallenge::new(&[7; 32]);
        let answer = card_key().sign(challenge.data());
        assert_eq!(challenge.verify(&image.card_key(), &answer).unwrap().kind(), image.kind());
        refuses_damage(&file, &issuer, |file, key, backend| {
            Ok(MyNumberImage::parse(file)?.verify_with(key, &backend)?.kind())
        });
    }

    /// Over all seventeen octets of the file: filler counts here.
    #[test]
    fn the_digits_of_the_number() {
        let issuer = Issuer::new(CvcRole::InputSupport);
        let file = integrity_file(&issuer);
        let integrity = Integrity::parse(&file).unwrap().verify(&issuer.key()).unwrap();
        let number = MyNumber::parse(NUMBER_FILE).unwrap().verify(&integrity).unwrap();
        assert_eq!((number.digits(), number.kind()), ("123456789018", RecordKind::MyNumber));
        assert!(!format!("{number:?}").contains("1234"));
        for bit in 0..NUMBER_FILE.len() * 8 {
            let mut damaged = *NUMBER_FILE;
            damaged[bit / 8] ^= 1 << (bit % 8);
            let result = MyNumber::parse(&damaged).and_then(|it| it.verify(&integrity));
            assert!(result.is_err(), "bit {bit}");
        }
        let mut filled = *NUMBER_FILE;
        filled[15..].copy_from_slice(&[0, 0]);
        let result = MyNumber::parse(&filled).unwrap().verify(&integrity);
        assert_eq!(result, Err(RecordError::WrongDigest));
        for length in [0, 3, 14, 15, 16] {
            assert!(MyNumber::parse(&NUMBER_FILE[..length]).is_err());
        }
        assert!(MyNumber::parse(&[&NUMBER_FILE[..], &[0xFF]].concat()).is_err());
    }
}
