//! The card face of the real test card, whole and in pieces, and every way to damage it.

#![allow(clippy::unwrap_used, reason = "helpers of tests use it too")]

mod common;

use common::{
    backends, card_file,
    issuer::{Issuer, tlv},
};
use kazasu_pki::{
    Backend, Hierarchy,
    cvc::{Cvc, CvcAnchors, CvcKey, CvcRole},
    records::{
        CardFace, CardFacePart, CardFaceStream, RecordError, RecordKind, Sex, StreamedCardFace,
        Verified,
    },
    sha256,
};
use kazasu_tlv::Tag;

/// Where the signed fields, the signature, the expiry and the security code of the test card are.
const SIGNED: core::ops::Range<usize> = 26..2950;
const EXPIRY: core::ops::Range<usize> = 2953..2961;
const SECURITY_CODE: core::ops::Range<usize> = 2964..3070;

fn key() -> CvcKey {
    let file = card_file("surface-0004");
    let anchors = CvcAnchors::production().with_test();
    Cvc::parse(&file).unwrap().verify(&anchors, CvcRole::CardFace).unwrap()
}

/// Everything that a stream gives: the result, and what passed.
type Streamed = (Result<Verified<StreamedCardFace>, RecordError>, [Vec<u8>; 4]);

fn stream(file: &[u8], size: usize, key: &CvcKey, backend: &dyn Backend) -> Streamed {
    let mut parts: [Vec<u8>; 4] = Default::default();
    let mut stream = CardFaceStream::new();
    for piece in file.chunks(size) {
        let fed = stream.feed(piece, |passing| {
            let (octets, part) = (passing.octets(), &mut parts[passing.part() as usize]);
            assert!(!octets.is_empty() && octets.len() <= piece.len());
            assert_eq!(passing.start(), part.len());
            part.extend_from_slice(octets);
            assert!(part.len() <= passing.length());
        });
        if let Err(error) = fed {
            assert_eq!(stream.feed(&[0xFF], |_| ()), Err(RecordError::AlreadyRefused));
            assert_eq!(stream.finish(key), Err(RecordError::AlreadyRefused));
            return (Err(error), parts);
        }
    }
    let finished = stream.finish_with(key, &backend);
    assert_eq!(stream.feed(&[0xFF], |_| ()), Err(RecordError::AlreadyRefused));
    assert_eq!(stream.finish(key), Err(RecordError::AlreadyRefused));
    (finished, parts)
}

/// The card face read whole, after it was seen that pieces of any size are judged alike.
fn verify<'a>(
    file: &'a [u8],
    sizes: &[usize],
    key: &CvcKey,
    backend: &dyn Backend,
) -> Result<Verified<CardFace<'a>>, RecordError> {
    let whole = CardFace::parse(file).and_then(|face| face.verify_with(key, &backend));
    for &size in sizes {
        let (streamed, [name, address, photo, code]) = stream(file, size, key, backend);
        match (&whole, streamed) {
            (Ok(face), Ok(streamed)) => {
                assert!(face.birth() == streamed.birth() && face.sex() == streamed.sex());
                assert!(face.card_key() == streamed.card_key());
                assert!(face.expiry() == streamed.expiry());
                assert_eq!(face.signed_digest(), streamed.signed_digest());
                assert_eq!((face.kind(), face.issuer()), (streamed.kind(), streamed.issuer()));
                assert!(face.name_image() == name && face.address_image() == address);
                assert!(face.photo() == photo);
                assert_eq!(*streamed.photo_sha256(), sha256(&photo));
                assert_eq!(streamed.lengths(), [name.len(), address.len(), photo.len()]);
                assert!(face.security_code_image().unsigned() == code);
            }
            // A signature that is wrong is found at the end, after all that is wrong with the form.
            (Err(RecordError::BadSignature), streamed) => {
                assert_eq!(streamed, Err(RecordError::BadSignature));
            }
            (Err(_), streamed) => assert!(streamed.is_err()),
            (Ok(_), Err(error)) => panic!("pieces of {size}: {error}"),
        }
    }
    whole
}

#[test]
fn the_face_of_the_test_card() {
    let (file, key) = (card_file("surface-0002"), key());
    for (_, backend) in backends() {
        let face = verify(&file, &[1, 7, 256, 4096], &key, backend).unwrap();
        assert_eq!((face.kind(), face.hierarchy()), (RecordKind::CardFace, Hierarchy::Test));
        assert_eq!(face.issuer().number(), Some("6000023"));
        assert_eq!(face.signer().number(), Some("1322121"));
        assert_eq!(face.birth().digits(), "19800217");
        assert_eq!(face.birth().date().unwrap().to_string(), "1980-02-17");
        assert!(face.sex() == Sex::Male);
        for image in
            [face.name_image(), face.address_image(), face.security_code_image().unsigned()]
        {
            assert!(image.starts_with(b"\x89PNG") && image.ends_with(b"IEND\xAE\x42\x60\x82"));
        }
        assert!(face.photo().starts_with(b"\0\0\0\x0CjP  ") && face.photo().len() == 1854);
        assert_eq!(face.expiry().unsigned().digits(), "20350217");
        assert_eq!(face.expiry().as_unsigned().date().unwrap().to_string(), "2035-02-17");
    }
    // What the digests of the stream are over.
    let (streamed, _) = stream(&file, 200, &key, backends()[0].1);
    let streamed = streamed.unwrap();
    assert_eq!(*streamed.images_digest(), sha256(&file[311..830]));
    assert_eq!(*streamed.photo_digest(), sha256(&file[830..2689]));
    let three = [sha256(&file[26..311]), sha256(&file[311..830]), sha256(&file[830..2689])];
    assert_eq!(*streamed.signed_digest(), sha256(three.as_flattened()));
}

#[test]
fn the_key_of_another_part_of_the_card_is_refused() {
    let (file, anchors) = (card_file("surface-0002"), CvcAnchors::none().with_test());
    let other = card_file("text-0004");
    let other = Cvc::parse(&other).unwrap().verify(&anchors, CvcRole::InputSupport).unwrap();
    let refusal = RecordError::WrongRole { expected: CvcRole::CardFace };
    assert_eq!(CardFace::parse(&file).unwrap().verify(&other), Err(refusal));
    let mut stream = CardFaceStream::new();
    stream.feed(&file, |_| ()).unwrap();
    assert_eq!(stream.finish(&other), Err(refusal));
    // The same part under another authority.
    let another = Issuer::new(CvcRole::CardFace).key();
    let result = verify(&file, &[64], &another, backends()[0].1);
    assert_eq!(result.unwrap_err(), RecordError::BadSignature);
}

/// All of them: 24 560. What is accepted differs in what no signature covers, and there only.
#[test]
fn every_flipped_bit_is_refused_or_unsigned() {
    let (file, key) = (card_file("surface-0002"), key());
    for (name, backend) in backends() {
        let real = verify(&file, &[], &key, backend).unwrap();
        let mut accepted = 0;
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let parsed = CardFace::parse(&damaged);
            let Ok(face) = parsed.and_then(|face| face.verify_with(&key, &backend)) else {
                continue;
            };
            accepted += 1;
            let place = bit / 8;
            assert!(!SIGNED.contains(&place), "{name}: bit {bit}");
            assert!(face.birth() == real.birth() && face.sex() == real.sex());
            assert!(face.card_key() == real.card_key());
            assert!(face.name_image() == real.name_image() && face.photo() == real.photo());
            assert!(face.address_image() == real.address_image());
            assert_eq!(face.signed_digest(), real.signed_digest());
            let (expiry, code) = (face.expiry(), face.security_code_image());
            assert_eq!(expiry != real.expiry(), EXPIRY.contains(&place), "{name}: bit {bit}");
            assert_eq!(code != real.security_code_image(), SECURITY_CODE.contains(&place));
            assert!(expiry != real.expiry() || code != real.security_code_image());
        }
        // Every bit of the security code, and those of the expiry that leave it digits.
        assert_eq!(accepted, 106 * 8 + 27, "{name}");
    }
}

/// One bit of each octet, in pieces: the whole and the pieces are compared with each other.
#[test]
fn flipped_bits_are_judged_alike_in_pieces() {
    let (file, key) = (card_file("surface-0002"), key());
    for place in 0..file.len() {
        let mut damaged = file.clone();
        damaged[place] ^= 1 << (place % 8);
        let size = [1, 7, 256, 4096][place % 4];
        let _ = verify(&damaged, &[size], &key, backends()[0].1);
    }
}

#[test]
fn every_truncation_is_refused() {
    let (file, key) = (card_file("surface-0002"), key());
    for length in 0..file.len() {
        let result = verify(&file[..length], &[256], &key, backends()[0].1);
        assert!(result.is_err_and(|error| error.is_malformed()), "{length}");
    }
}

/// A card face of one's own, field by field.
struct Face {
    issuer: Issuer,
    fields: Vec<(u16, Vec<u8>)>,
    /// Octets before the record, and whether the offsets count them.
    stray: Vec<u8>,
    counted: bool,
}

impl Face {
    fn new() -> Self {
        let issuer = Issuer::new(CvcRole::CardFace);
        let key = common::issuer::TestKey::load("card-1").on_card();
        let photo: Vec<u8> = (0..20_000_u32).map(|it| (it * it % 251) as u8).collect();
        let fields = vec![
            (0xDF21, vec![0; 18]),
            (0xDF22, b"20010203".to_vec()),
            (0xDF23, b"2".to_vec()),
            (0xDF24, key),
            (0xDF25, b"name".to_vec()),
            (0xDF26, vec![0xFF; 300]),
            (0xDF27, photo),
            (0xDF28, vec![0; 256]),
            (0xDF29, b"20310203".to_vec()),
            (0xDF2A, b"1234".to_vec()),
        ];
        Self { issuer, fields, stray: Vec::new(), counted: true }
    }

    fn value(&self, tag: u16) -> &Vec<u8> {
        &self.fields.iter().find(|(it, _)| *it == tag).unwrap().1
    }

    fn set(mut self, tag: u16, value: &[u8]) -> Self {
        self.fields.iter_mut().find(|(it, _)| *it == tag).unwrap().1 = value.to_vec();
        self
    }

    fn swap(mut self, one: u16, other: u16) -> Self {
        let place = |tag| self.fields.iter().position(|(it, _)| *it == tag).unwrap();
        let (one, other) = (place(one), place(other));
        self.fields.swap(one, other);
        self
    }

    /// Signs it, and says where the fields are.
    fn file(&self) -> Vec<u8> {
        let digest = |tags: &[u16]| {
            let objects: Vec<_> = tags.iter().map(|tag| tlv(*tag, self.value(*tag))).collect();
            sha256(&objects.concat())
        };
        let three =
            [digest(&[0xDF22, 0xDF23, 0xDF24]), digest(&[0xDF25, 0xDF26]), digest(&[0xDF27])];
        let info = hex("3071300D06096086480165030402010500 0460");
        let signature = self.issuer.signer.sign(&[&info, three.as_flattened()].concat());
        let length: usize = self.fields.iter().map(|(tag, value)| tlv(*tag, value).len()).sum();
        let header = tlv(0xFF20, &vec![0; length]).len() - length;
        let base = if self.counted { self.stray.len() } else { 0 };
        let mut offset = base + header;
        let mut offsets = vec![0; 18];
        for (tag, value) in &self.fields {
            let place = usize::from(tag.saturating_sub(0xDF22)) * 2;
            if *tag > 0xDF21 && place < 18 {
                offsets[place..place + 2].copy_from_slice(&(offset as u16).to_be_bytes());
            }
            offset += tlv(*tag, value).len();
        }
        let content = self.fields.iter().map(|(tag, value)| match tag {
            0xDF21 if *value == [0; 18] => tlv(*tag, &offsets),
            0xDF28 if *value == [0; 256] => tlv(*tag, &signature),
            _ => tlv(*tag, value),
        });
        let content: Vec<u8> = content.flatten().collect();
        [&self.stray[..], &tlv(0xFF20, &content)].concat()
    }

    fn verify(&self) -> Result<(), RecordError> {
        let sizes = [1, 7, 256, 30_000];
        verify(&self.file(), &sizes, &self.issuer.key(), backends()[0].1).map(|_| ())
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|it| it.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

#[test]
fn a_face_with_a_photo_of_20_kb_needs_little_memory() {
    assert_eq!(Face::new().verify(), Ok(()));
    assert!(size_of::<CardFaceStream>() <= 1440, "{}", size_of::<CardFaceStream>());
    let file = Face::new().file();
    let mut stream = CardFaceStream::new();
    assert_eq!(stream.total_length(), None);
    stream.feed(&file[..7], |_| ()).unwrap();
    assert_eq!(stream.total_length(), Some(file.len()));
    let mut photo = 0;
    for piece in file[7..].chunks(256) {
        stream
            .feed(piece, |passing| {
                if passing.part() == CardFacePart::Photo {
                    assert_eq!((passing.length(), passing.start()), (20_000, photo));
                    photo += passing.octets().len();
                }
            })
            .unwrap();
    }
    assert_eq!(photo, 20_000);
}

#[test]
fn stray_octets_and_filler_are_tolerated() {
    for stray in [&[][..], &[0xFF], &[0x00], &[0x12, 0x34], &[0xFF, 0xFF], &[0xFF, 0x20]] {
        for counted in [true, false] {
            let mut face = Face::new();
            (face.stray, face.counted) = (stray.to_vec(), counted);
            assert_eq!(face.verify(), Ok(()), "{stray:02x?}");
            let filled = [&face.file()[..], &[0xFF; 40], &[0x00; 3]].concat();
            let key = face.issuer.key();
            assert!(verify(&filled, &[1, 64], &key, backends()[0].1).is_ok());
            let followed = [&filled[..], &[0x01]].concat();
            assert!(verify(&followed, &[1, 64], &key, backends()[0].1).is_err());
        }
    }
    let mut face = Face::new();
    face.stray = vec![0; 3];
    assert!(matches!(face.verify(), Err(RecordError::Malformed(_))));
}

#[test]
fn fields_are_found_by_their_tags() {
    // Fields that are not signed together may stand anywhere, and others among them.
    assert_eq!(Face::new().swap(0xDF21, 0xDF29).verify(), Ok(()));
    assert_eq!(Face::new().swap(0xDF24, 0xDF25).verify(), Ok(()));
    assert_eq!(Face::new().swap(0xDF27, 0xDF22).swap(0xDF22, 0xDF23).verify(), {
        Err(RecordError::Order { tag: Tag::new(0xDF23) })
    });
    let mut face = Face::new();
    face.fields.insert(3, (0xDF33, vec![7; 500]));
    face.fields.push((0x04, Vec::new()));
    face.fields.push((0xDF34, Vec::new()));
    assert_eq!(face.verify(), Ok(()));

    for (one, other, late) in [
        (0xDF22, 0xDF23, 0xDF22),
        (0xDF23, 0xDF24, 0xDF23),
        (0xDF22, 0xDF24, 0xDF22),
        (0xDF25, 0xDF26, 0xDF25),
    ] {
        let refusal = RecordError::Order { tag: Tag::new(late) };
        assert_eq!(Face::new().swap(one, other).verify(), Err(refusal));
    }
    for tag in 0xDF21..=0xDF2A_u16 {
        let mut face = Face::new();
        let twice = face.value(tag).clone();
        face.fields.push((tag, twice));
        let refusal = RecordError::Duplicate { tag: Tag::new(tag.into()) };
        assert_eq!(face.verify(), Err(refusal));
        let mut face = Face::new();
        let file = face.file();
        face.fields.retain(|(it, _)| *it != tag);
        // Missing, and under a tag that nobody knows.
        let mut renamed = file.clone();
        let place = file.windows(2).position(|it| it == tag.to_be_bytes()).unwrap();
        renamed[place + 1] = 0x60;
        for file in [renamed, tlv(0xFF20, &[])] {
            let result = verify(&file, &[1, 512], &face.issuer.key(), backends()[0].1);
            assert!(matches!(result, Err(RecordError::Malformed(_))), "{tag:04X}");
        }
    }
}

#[test]
fn offsets_must_agree_with_the_fields() {
    let file = Face::new().file();
    let key = Face::new().issuer.key();
    let table = 5 + 3;
    for place in table..table + 18 {
        for octet in [0x01, 0x80] {
            let mut other = file.clone();
            other[place] ^= octet;
            let result = verify(&other, &[3, 512], &key, backends()[0].1);
            assert_eq!(result.unwrap_err(), RecordError::Offsets);
        }
    }
    // Counted from elsewhere for one field only.
    let mut face = Face::new();
    face.stray = vec![0, 0];
    let mut file = face.file();
    file[2 + table + 1] -= 2;
    assert_eq!(verify(&file, &[9], &key, backends()[0].1).unwrap_err(), RecordError::Offsets);
}

#[test]
fn values_that_are_signed_and_make_no_sense_are_refused() {
    for (tag, value) in [
        (0xDF21, &[0; 17][..]),
        (0xDF21, &[1; 20]),
        (0xDF22, b"2001020"),
        (0xDF22, b"2001-2-3"),
        (0xDF23, b"M"),
        (0xDF23, b"01"),
        (0xDF24, &[0; 264]),
        (0xDF28, &[0; 255]),
        (0xDF29, b"203102031"),
        (0xDF29, b"never..."),
    ] {
        let refusal = RecordError::Field { tag: Tag::new(tag.into()) };
        assert_eq!(Face::new().set(tag, value).verify(), Err(refusal), "{tag:04X}");
    }
    let mut face = Face::new();
    face = face.set(0xDF24, &[0x90; 265]);
    assert!(matches!(face.verify(), Err(RecordError::Key(_))));
    // Images may be anything: nobody here looks into them.
    for tag in [0xDF25, 0xDF26, 0xDF27, 0xDF2A] {
        assert_eq!(Face::new().set(tag, b"").verify(), Ok(()));
    }
}

#[test]
fn debug_texts_and_errors_show_no_value() {
    let (file, key) = (card_file("surface-0002"), key());
    let face = CardFace::parse(&file).unwrap();
    let verified = face.verify(&key).unwrap();
    let (streamed, _) = stream(&file, 99, &key, backends()[0].1);
    let text = format!(
        "{face:?} {verified:?} {verified:#?} {streamed:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        verified.birth(),
        verified.sex(),
        verified.expiry(),
        verified.security_code_image(),
        verified.card_key(),
        CardFaceStream::new(),
    );
    for secret in ["1980", "2035", "Male", "137", "PNG", "0x", "49, 57", "201, 237"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
