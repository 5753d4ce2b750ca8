//! The signed records of an issued card, judged by `docs/card-facts.md` §2.3, §2.4, §2.7 and §4.2 to
//! §4.5 with the `rsa` crate alone: neither the card's writer nor the project's verifier is asked.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use common::{command, demonstration, read, select, send, sign_command, status, verify};
use kazasu_virtual_card::{
    ApplicationName, Card, CardVerifiableAuthority, Issue, Kind, Reference, card_verifiable_root,
};
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256};

/// An object: tag, all its bytes, its value.
#[derive(Clone, Copy)]
struct Object<'a> {
    tag: u16,
    whole: &'a [u8],
    value: &'a [u8],
}

/// The objects of card files: tags of one byte (9x, Ax) or two, lengths in one to three.
fn objects(mut bytes: &[u8]) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    while let Some(first) = bytes.first() {
        let (tag, rest) = match first {
            0x90..=0x9E | 0xA1 => (u16::from(*first), &bytes[1..]),
            _ => (u16::from_be_bytes(bytes[..2].try_into().unwrap()), &bytes[2..]),
        };
        let (length, rest) = match rest[0] {
            0x81 => (usize::from(rest[1]), &rest[2..]),
            0x82 => (usize::from(rest[1]) << 8 | usize::from(rest[2]), &rest[3..]),
            short => (usize::from(short), &rest[1..]),
        };
        let (value, after) = rest.split_at(length);
        found.push(Object { tag, whole: &bytes[..bytes.len() - after.len()], value });
        bytes = after;
    }
    found
}

/// What is inside a file that is one object of this tag.
fn inside(file: &[u8], tag: u16) -> Vec<Object<'_>> {
    let [file] = objects(file)[..] else { panic!("one object") };
    assert_eq!(file.tag, tag);
    objects(file.value)
}

fn tags(objects: &[Object<'_>]) -> Vec<u16> {
    objects.iter().map(|object| object.tag).collect()
}

fn key(modulus: &[u8], exponent: &[u8]) -> RsaPublicKey {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, 2048).unwrap();
    let exponent = BoxedUint::from_be_slice_vartime(exponent);
    RsaPublicKey::new(number(modulus), exponent).unwrap()
}

/// `90 exponent, 91 modulus`, 265 bytes.
fn card_key(value: &[u8]) -> RsaPublicKey {
    assert_eq!(value.len(), 265);
    let parts = objects(value);
    assert_eq!(tags(&parts), [0x90, 0x91]);
    key(parts[1].value, parts[0].value)
}

fn is_signed(key: &RsaPublicKey, data: &[u8], signature: &[u8]) -> bool {
    key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(data), signature).is_ok()
}

/// Signed content of a certificate and the signature: the key, if `issuer` made it.
fn certified(parts: &[Object<'_>], issuer: &RsaPublicKey, identifier: &[u8]) -> RsaPublicKey {
    assert_eq!(tags(parts), [0x5F4E, 0x5F37]);
    let (body, signature) = (parts[0].value, parts[1].value);
    assert_eq!((body.len(), signature.len()), (297, 256));
    assert_eq!(&body[..16], identifier);
    assert!(is_signed(issuer, body, signature));
    card_key(&body[32..])
}

fn root(of: CardVerifiableAuthority) -> (RsaPublicKey, [u8; 16]) {
    let root = card_verifiable_root(of).unwrap();
    (key(&root.modulus, &root.exponent), root.key_identifier)
}

/// The signer of an application's records, from its EF 0004.
fn signer(card: &mut Card, of: CardVerifiableAuthority) -> RsaPublicKey {
    let (file, status) = read(card, 0x04);
    assert_eq!((file.len(), status), (568, 0x9000));
    let (key, identifier) = root(of);
    certified(&inside(&file, 0x7F21), &key, &identifier)
}

/// Opens everything that one code of the application opens.
fn open(card: &mut Card, name: ApplicationName, reference: Reference) {
    let code = card.secret(reference).unwrap().reveal().to_owned();
    let (_, ef) = reference.place();
    select(card, name);
    assert_eq!(verify(card, 0x80 | u8::try_from(ef).unwrap(), code.as_bytes()), 0x9000);
}

/// The key that the age record, the card face and the number picture of a card speak of, after all
/// three were verified.
fn surface_key(card: &mut Card) -> RsaPublicKey {
    open(card, ApplicationName::Surface, Reference::SurfaceBirth);
    let signer = signer(card, CardVerifiableAuthority::Surface);
    let (age, status) = read(card, 0x01);
    assert_eq!((age.len(), status), (547, 0x9000));
    let age = inside(&age, 0xFF10);
    assert_eq!(tags(&age), [0xDF11, 0xDF12, 0xDF13]);
    assert_eq!(age[0].value, b"19850615");
    assert!(is_signed(&signer, &[age[0].whole, age[1].whole].concat(), age[2].value));

    open(card, ApplicationName::Surface, Reference::SurfaceNumberA);
    let face = read(card, 0x02).0;
    let face = inside(&face, 0xFF20);
    assert_eq!(tags(&face), (0xDF21..=0xDF2A).collect::<Vec<_>>());
    let digest = |range: std::ops::RangeInclusive<usize>| {
        let parts = face[range].iter().map(|object| object.whole).collect::<Vec<_>>();
        Sha256::digest(parts.concat()).to_vec()
    };
    // DigestInfo { sha256, NULL } with an OCTET STRING of three digests.
    let mut block = vec![0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65];
    block.extend([0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x60]);
    block.extend([digest(1..=3), digest(4..=5), digest(6..=6)].concat());
    signer.verify(Pkcs1v15Sign::new_unprefixed(), &block, face[7].value).unwrap();
    assert_eq!(face[3].value, age[1].value, "one key of the card");

    let number = read(card, 0x05).0;
    let number = inside(&number, 0xFF40);
    assert_eq!(tags(&number), [0xDF41, 0xDF42, 0xDF43]);
    assert!(is_signed(&signer, &[number[0].whole, number[1].whole].concat(), number[2].value));
    assert_eq!(number[1].value, age[1].value);
    card_key(age[1].value)
}

/// The same for 券面事項入力補助AP, by what its EF 0003 and 0007 hold.
fn text_key(card: &mut Card) -> RsaPublicKey {
    open(card, ApplicationName::Text, Reference::Text);
    let signer = signer(card, CardVerifiableAuthority::Text);
    let (number, attributes) = (read(card, 0x01).0, read(card, 0x02).0);
    let (integrity, status) = read(card, 0x03);
    assert_eq!((integrity.len(), status), (336, 0x9000));
    let integrity = inside(&integrity, 0xFF30);
    assert_eq!(tags(&integrity), [0xDF31, 0xDF32, 0xDF33]);
    assert_eq!((number.len(), &number[15..]), (17, &[0xFF, 0xFF][..]));
    assert_eq!(integrity[0].value, &Sha256::digest(&number)[..]);
    let fields = inside(&attributes, 0xFF20);
    let offsets = fields[0].whole.len();
    let after = &objects(&attributes)[0].value[offsets..];
    assert_eq!(integrity[1].value, &Sha256::digest(after)[..]);
    let signed = [integrity[0].whole, integrity[1].whole].concat();
    assert!(is_signed(&signer, &signed, integrity[2].value));

    let (record, status) = read(card, 0x07);
    assert_eq!((record.len(), status), (536, 0x9000));
    let record = inside(&record, 0xFF50);
    assert_eq!(tags(&record), [0xDF51, 0xDF52]);
    assert!(is_signed(&signer, record[0].whole, record[1].value));
    card_key(record[0].value)
}

/// Does the selected application sign a hash, and a DigestInfo, with this key?
fn answers_with(card: &mut Card, key: &RsaPublicKey) -> bool {
    let hash = Sha256::digest(b"a challenge that nobody has seen before");
    let (bare, status) = send(card, &sign_command(0x00, 0x00, &hash));
    assert_eq!((bare.len(), status), (256, 0x9000));
    let mut info = vec![0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65];
    info.extend([0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20]);
    info.extend(hash);
    let (wrapped, status) = send(card, &sign_command(0x00, 0x00, &info));
    assert_eq!((wrapped.len(), status), (256, 0x9000));
    let bare = key.verify(Pkcs1v15Sign::new_unprefixed(), &hash, &bare).is_ok();
    let wrapped = key.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &wrapped).is_ok();
    assert_eq!(bare, wrapped);
    bare
}

#[test]
fn every_card_has_signed_records_and_proves_that_it_is_there() {
    let fresh = |seed| {
        let mut issue = Issue::demonstration().seed(seed);
        issue.fresh_keys = seed == 9;
        issue
    };
    for seed in [0, 1, 5, 9] {
        let mut card = Card::issue(fresh(seed)).unwrap();
        let key = surface_key(&mut card);
        // No credential: the status of the codes above is gone.
        card.power_off();
        select(&mut card, ApplicationName::Surface);
        assert!(answers_with(&mut card, &key));
        let text = text_key(&mut card);
        card.power_off();
        select(&mut card, ApplicationName::Text);
        assert!(answers_with(&mut card, &text));
        assert!(!answers_with(&mut card, &key), "each application has its own");
    }
}

#[test]
fn a_copy_has_the_records_and_not_the_keys() {
    let original = Issue::demonstration().seed(3);
    let mut copy = original.clone();
    copy.copied = true;
    let (mut original, mut copy) = (Card::issue(original).unwrap(), Card::issue(copy).unwrap());
    for card in [&mut original, &mut copy] {
        select(card, ApplicationName::Surface);
    }
    let same = read(&mut original, 0x04) == read(&mut copy, 0x04);
    assert!(same && surface_key(&mut original) == surface_key(&mut copy));
    let key = surface_key(&mut copy);
    assert!(!answers_with(&mut copy, &key));
    let key = text_key(&mut copy);
    assert!(!answers_with(&mut copy, &key));
    // Nor those of JPKI, whose certificates are right.
    open(&mut copy, ApplicationName::Jpki, Reference::Auth);
    open(&mut original, ApplicationName::Jpki, Reference::Auth);
    let sign = sign_command(0x02, 0x97, &[7; 32]);
    assert_ne!(send(&mut copy, &sign), send(&mut original, &sign));
    // Whoever puts the test card's published files on a card has its key as little.
    let mut test_card = Card::issue(Issue::test_card().seed(1)).unwrap();
    open(&mut test_card, ApplicationName::Surface, Reference::SurfaceNumberB);
    let face = read(&mut test_card, 0x02).0;
    let key = card_key(inside(&face, 0xFF20)[3].value);
    assert!(!answers_with(&mut test_card, &key));
}

#[test]
fn each_file_opens_to_its_own_codes_and_no_other() {
    use Reference::{SurfaceBirth, SurfaceNumberA, SurfaceNumberB, Text, TextNumberA, TextNumberB};
    let mut card = demonstration();
    let surface: [(u8, &[Reference]); 4] = [
        (0x01, &[SurfaceBirth]),
        (0x02, &[SurfaceNumberA, SurfaceNumberB]),
        (0x05, &[SurfaceNumberA]),
        (0x06, &[SurfaceNumberA, SurfaceNumberB]),
    ];
    let text: [(u8, &[Reference]); 5] = [
        (0x01, &[Text, TextNumberA]),
        (0x02, &[Text, TextNumberB]),
        (0x03, &[Text, TextNumberA, TextNumberB]),
        (0x06, &[Text, TextNumberA, TextNumberB]),
        (0x07, &[Text, TextNumberA, TextNumberB]),
    ];
    for (name, codes, files) in [
        (ApplicationName::Surface, [SurfaceBirth, SurfaceNumberA, SurfaceNumberB], &surface[..]),
        (ApplicationName::Text, [Text, TextNumberA, TextNumberB], &text[..]),
    ] {
        for code in codes {
            card.power_off();
            select(&mut card, name);
            for (file, _) in files {
                assert_eq!(read(&mut card, *file).1, 0x6982, "{name:?} {file:02X}");
            }
            open(&mut card, name, code);
            for (file, opens) in files {
                let expected = if opens.contains(&code) { 0x9000 } else { 0x6982 };
                assert_eq!(read(&mut card, *file).1, expected, "{name:?} {file:02X} {code:?}");
            }
        }
    }
}

#[test]
fn the_face_has_pictures_and_offsets_like_those_of_the_test_card() {
    let mut card = demonstration();
    open(&mut card, ApplicationName::Surface, Reference::SurfaceNumberB);
    let (face, status) = read(&mut card, 0x02);
    assert_eq!(status, 0x9000);
    let fields = inside(&face, 0xFF20);
    for (pair, field) in fields[0].value.chunks(2).zip(&fields[1..]) {
        let at = usize::from(u16::from_be_bytes(pair.try_into().unwrap()));
        assert!(face[at..].starts_with(field.whole), "{:04X}", field.tag);
    }
    assert_eq!(fields[0].value.len(), 18);
    let picture = |value: &[u8], width: u32| {
        assert!(value.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR"));
        let height_depth_and_colour = [0, 0, 0, 12, 1, 0, 0, 0, 0];
        let header = [&width.to_be_bytes()[..], &height_depth_and_colour].concat();
        assert_eq!(value[16..29], header);
    };
    picture(fields[4].value, 216);
    picture(fields[5].value, 288);
    picture(fields[9].value, 24);
    // JP2, 378 by 472, one greyscale component of eight bits: all boxes before the picture itself as
    // on the test card.
    let real = include_bytes!("../data/test-card/surface-0002.bin");
    assert_eq!(fields[6].value[..0x4D], real[0x343..0x343 + 0x4D]);
    assert_eq!((fields[1].value, fields[2].value), (&b"19850615"[..], &b"2"[..]));
    // The picture says who it is of, and never the number.
    open(&mut card, ApplicationName::Surface, Reference::SurfaceNumberA);
    picture(inside(&read(&mut card, 0x05).0, 0xFF40)[0].value, 72);
    let mut other = Issue::demonstration().seed(1);
    other.holder.name.push('二');
    let mut other = Card::issue(other).unwrap();
    open(&mut other, ApplicationName::Surface, Reference::SurfaceNumberB);
    let other = read(&mut other, 0x02).0;
    assert_ne!(inside(&other, 0xFF20)[4].value, fields[4].value);
    assert_eq!(inside(&other, 0xFF20)[5].value, fields[5].value);
}

#[test]
fn the_objects_of_the_master_file_chain_to_their_own_authority() {
    let mut card = demonstration();
    let get = |card: &mut Card, tag: u16| {
        let [high, low] = tag.to_be_bytes();
        send(card, &[0x00, 0xCA, high, low, 0x00, 0x00, 0x00])
    };
    let (upper, status_) = get(&mut card, 0x00F8);
    assert_eq!(status_, 0x9000);
    let (key, identifier) = root(CardVerifiableAuthority::MasterFile);
    let upper = inside(&upper, 0x7F21);
    let upper_key = certified(&upper, &key, &identifier);
    let upper_identifier = &upper[0].value[16..32];
    let (lower, status_) = get(&mut card, 0x7F21);
    assert_eq!((lower.len(), status_), (575, 0x9000));
    let (list, certificate) = lower.split_at(12);
    assert_eq!(list, [0x4D, 0x0A, 0x42, 0x10, 0x5F, 0x20, 0x10, 0x5F, 0x49, 0x82, 0x01, 0x09]);
    certified(&objects(certificate), &upper_key, upper_identifier);
    assert_eq!(get(&mut card, 0x00F7), (upper_identifier.to_vec(), 0x9000));
    assert_eq!(get(&mut card, 0x00F0), (b"99999".to_vec(), 0x9000));
    let expiry = get(&mut card, 0x00F2).0;
    assert_eq!((expiry.len(), &expiry[4..]), (8, &b"0615"[..]));
    // Short Le has no room for the large ones, and enough for the others.
    let short =
        |tag: u16| command([0x00, 0xCA, tag.to_be_bytes()[0], tag.to_be_bytes()[1]], &[], Some(0));
    for (tag, expected) in [(0x00F8, 0x6700), (0x7F21, 0x6700), (0x00F7, 0x9000), (0x0066, 0x6A88)]
    {
        assert_eq!(status(&mut card, &short(tag)), expected, "{tag:04X}");
    }
    select(&mut card, ApplicationName::Surface);
    for tag in [0x00F0, 0x00F8, 0x7F21] {
        assert_eq!(get(&mut card, tag).1, 0x6A88, "an application is selected");
    }
    assert_eq!(status(&mut card, &short(0x5F51)), 0x9000);
    for issue in [Issue::test_card(), {
        let mut phone = Issue::demonstration();
        phone.kind = Kind::Android;
        phone
    }] {
        let mut card = Card::issue(issue).unwrap();
        assert_eq!(get(&mut card, 0x00F8).1, 0x6A88);
    }
}

#[test]
fn the_authorities_are_three_and_nobody_elses() {
    use CardVerifiableAuthority::{MasterFile, Surface, Text};
    let roots = [MasterFile, Surface, Text].map(|of| card_verifiable_root(of).unwrap());
    for (at, root) in roots.iter().enumerate() {
        assert!(root.key_identifier.starts_with(b"90000"));
        assert_eq!(
            (root.key_identifier[7..9].to_vec(), root.key_identifier[15]),
            (vec![8, 5], b'V')
        );
        assert_eq!(root.exponent, [1, 0, 1]);
        assert!(roots.iter().skip(at + 1).all(|other| other.modulus != root.modulus));
    }
    // Each certificate is under its own authority only.
    let mut card = demonstration();
    select(&mut card, ApplicationName::Surface);
    let file = read(&mut card, 0x04).0;
    let parts = inside(&file, 0x7F21);
    for (of, expected) in [(Surface, true), (Text, false), (MasterFile, false)] {
        assert_eq!(is_signed(&root(of).0, parts[0].value, parts[1].value), expected);
    }
}
