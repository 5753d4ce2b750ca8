//! The join refuses each part that does not belong to the others.

extern crate std;

use super::*;
use crate::{
    CardFaceSink, Holder, Memory, Nonce, OwnedSecret, RecordChecks, Request, card_face,
    card_face_stream,
};
use kazasu_apdu::{Capabilities, Channel, Session};
use kazasu_face::{
    Answer, Capture, Decision, DemonstrationMatcher, FaceCheck, Instant, Liveness, Matcher,
    Operator, Photo, Policy, Question, Reason, VisualCheck, VisualPolicy,
};
use kazasu_mynacard::{SinkFull, VerificationNumberB};
use kazasu_pki::cvc::{CvcAnchor, CvcAnchors, CvcRole, KeyIdentifier};
use kazasu_pki::records::CardFacePiece;
use kazasu_pki::rsa::RsaPublicKey;
use kazasu_virtual_card::{Card, CardVerifiableAuthority, Issue, Link, Reference};
use says::Says;
use std::string::String;

#[path = "../../../face/tests/common/says.rs"]
mod says;

struct Knows(String);

impl Holder for Knows {
    fn secret(&mut self, _: Request) -> Result<OwnedSecret, crate::Declined> {
        Ok(VerificationNumberB::new(self.0.as_bytes()).unwrap().into())
    }
}

fn issue() -> Issue {
    Issue::demonstration().seed(1)
}

/// Keeps no image.
struct Nowhere;

impl CardFaceSink for Nowhere {
    fn piece(&mut self, _: CardFacePiece<'_>) -> Result<(), SinkFull> {
        Ok(())
    }

    fn discard(&mut self) {}
}

/// Reads a card with this photo under a root of this hierarchy.
fn read_as<R>(
    photo: kazasu_virtual_card::Photo,
    hierarchy: Hierarchy,
    read: impl FnOnce(&mut Session<'_, Link>, RecordChecks<'_>, &mut dyn Holder) -> R,
) -> R {
    let of = CardVerifiableAuthority::Surface;
    let root = kazasu_virtual_card::card_verifiable_root(of).unwrap();
    let key = RsaPublicKey::new(&root.modulus, 65_537).unwrap();
    let identifier = KeyIdentifier::new(root.key_identifier);
    let anchor = match hierarchy {
        Hierarchy::Virtual => CvcAnchor::virtual_card(identifier, key, CvcRole::CardFace),
        _ => CvcAnchor::custom(identifier, key, CvcRole::CardFace),
    };
    let anchors = CvcAnchors::none().with(anchor).unwrap();
    let mut issue = issue();
    issue.photo = photo;
    let card = Card::issue(issue).unwrap();
    let mut holder = Knows(card.secret(Reference::SurfaceNumberB).unwrap().reveal().into());
    let (mut outgoing, mut incoming) = ([0; 300], [0; 8192]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(Link::new(card), channel);
    let checks = RecordChecks::card(&anchors, Nonce::given(&[1; 32]).unwrap());
    read(&mut session, checks, &mut holder)
}

/// A face and its proof.
fn read<'b>(
    photo: kazasu_virtual_card::Photo,
    hierarchy: Hierarchy,
    memory: &'b mut Memory<'_>,
) -> (Verified<CardFace<'b>>, Authentic) {
    read_as(photo, hierarchy, |session, checks, holder| {
        let report = card_face(session, Some(checks), holder, memory);
        (report.verified.unwrap(), report.authentic.unwrap())
    })
}

/// What is left of the face when it was read in pieces.
fn read_in_pieces(
    photo: kazasu_virtual_card::Photo,
    hierarchy: Hierarchy,
) -> Verified<StreamedCardFace> {
    read_as(photo, hierarchy, |session, checks, holder| {
        card_face_stream(session, checks, holder, &mut Nowhere).verified.unwrap()
    })
}

/// Two presences that are not the same.
fn presences() -> [Presence; 2] {
    let (mut outgoing, mut incoming) = ([0; 8], [0; 8]);
    let mut channel = Channel::new(&mut outgoing, &mut incoming);
    let first = channel.presence();
    channel.begin_presence(Capabilities::default());
    [first, channel.presence()]
}

const NOW: Instant = Instant::from_millis(1);

/// A match by the matcher for demonstrations.
fn matched(photo: &[u8], presence: Presence) -> Person {
    let picture = kazasu_face::decode::Picture::decode(&Photo::new(photo).unwrap()).unwrap();
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    let policy = Policy::new(DemonstrationMatcher::threshold());
    by(&mut matcher, policy, photo, presence, picture.frame().unwrap().into())
}

fn by(
    matcher: &mut dyn Matcher,
    policy: Policy,
    photo: &[u8],
    presence: Presence,
    capture: Capture<'_>,
) -> Person {
    let mut check = FaceCheck::begin(matcher, policy, presence, NOW).unwrap();
    check.photo(&Photo::new(photo).unwrap()).unwrap();
    check.prepare(NOW, presence);
    check.capture(NOW, presence, capture);
    Person::Face(check.into_match(NOW, presence).unwrap())
}

/// A match by a product that matches everybody.
fn matched_by_a_product(photo: &[u8], presence: Presence) -> Person {
    let mut product = Says(Decision::Compared { score: 10, liveness: Liveness::Passed });
    let policy = Policy::new(product.scale().threshold(5).unwrap());
    by(&mut product, policy, photo, presence, Capture::Native(1))
}

/// Two confirmations by staff.
fn confirmed(photo: &[u8], presence: Presence) -> Person {
    let (operator, reason) = (Operator::new("C-17").unwrap(), Reason::new("mask").unwrap());
    let policy = VisualPolicy::default();
    let mut check = VisualCheck::arm(operator, reason, policy, presence, NOW);
    check.show(NOW, presence, photo);
    for question in [Question::PhotoIsPerson, Question::PhotoIsPrintedFace] {
        check.answer(NOW, presence, question, Answer::Yes);
    }
    Person::Visual(check.into_confirmation(NOW, presence).unwrap())
}

#[test]
fn only_what_belongs_together_is_joined() {
    let (mut bytes, mut others) = ([0; 8192], [0; 8192]);
    let (mut memory, mut memory_of_another) = (Memory::new(&mut bytes), Memory::new(&mut others));
    let of = Hierarchy::Virtual;
    let (face, authentic) = read(kazasu_virtual_card::Photo::Sample, of, &mut memory);
    let (another, authentic_of_another) =
        read(kazasu_virtual_card::Photo::Another, of, &mut memory_of_another);
    let in_pieces = read_in_pieces(kazasu_virtual_card::Photo::Sample, of);
    let [here, before] = presences();
    let join = |person: &dyn Fn() -> Person, authentic, read_in| {
        let of_whole = Identified::join(person(), &face, authentic, None, read_in, here).err();
        let of_pieces = Identified::join(person(), &in_pieces, authentic, None, read_in, here);
        assert_eq!(of_pieces.err(), of_whole);
        of_whole
    };
    let expired = Some(Failure::Card(mynacard::Error::EvidenceExpired));
    let mismatch = Some(Failure::Authenticity(SignatureError::Mismatch));
    for look in [matched, matched_by_a_product, confirmed] {
        let own = || look(face.photo(), here);
        assert_eq!(join(&own, authentic, here), None);
        // Read, or looked at, in another presence; another photo; another chip.
        assert_eq!(join(&own, authentic, before), expired);
        assert_eq!(join(&|| look(face.photo(), before), authentic, here), expired);
        assert_eq!(join(&|| look(another.photo(), here), authentic, here), expired);
        assert_eq!(join(&own, authentic_of_another, here), mismatch);
    }
}

#[test]
fn demonstrations_recognise_holders_of_virtual_cards_only() {
    let mut bytes = [0; 8192];
    let mut memory = Memory::new(&mut bytes);
    let sample = kazasu_virtual_card::Photo::Sample;
    let (face, authentic) = read(sample.clone(), Hierarchy::Custom, &mut memory);
    let in_pieces = read_in_pieces(sample, Hierarchy::Custom);
    let [here, _] = presences();
    let join = |look: fn(&[u8], Presence) -> Person| {
        let person = || look(face.photo(), here);
        let of_whole = Identified::join(person(), &face, authentic, None, here, here);
        let of_pieces = Identified::join(person(), &in_pieces, authentic, None, here, here);
        [of_whole.err(), of_pieces.err()]
    };
    assert_eq!(join(matched), [Some(Failure::DemonstrationMatcher); 2]);
    assert_eq!(join(matched_by_a_product), [None; 2]);
    assert_eq!(join(confirmed), [None; 2]);
}

#[cfg(feature = "virtual-card")]
mod with_a_certificate {
    use super::*;
    use crate::{Job, StandInInstitutionAuthentication, authenticate_without_pin};
    use kazasu_pki::{Anchor, Anchors, Time, Validator};
    use kazasu_virtual_card::{CertificateKind, root_certificate};

    /// What a virtual card signs, its key opened by the PIN or by the stand-in.
    fn proof(stand_in: bool) -> Proof {
        let root = root_certificate(CertificateKind::Auth).unwrap();
        let anchors = Anchors::none().with(Anchor::virtual_card(&root).unwrap()).unwrap();
        let validator = Validator::new(&anchors);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let now = Time::from_unix(i64::try_from(now).unwrap());
        let job = Job::check_in(&Nonce::given(&[2; 32]).unwrap());
        let mut card = issue();
        card.stand_in_institution = stand_in;
        let link = Link::new(Card::issue(card).unwrap());
        let (mut outgoing, mut incoming, mut der) = ([0; 320], [0; 4096], [0; 3072]);
        let channel = Channel::new(&mut outgoing, &mut incoming);
        let mut session = Session::new(link, channel);
        let report = if stand_in {
            let provider = &mut StandInInstitutionAuthentication::new();
            let stage = &mut |_| {};
            authenticate_without_pin(&mut session, &validator, now, &job, provider, stage, &mut der)
        } else {
            let mut holder = crate::PinHolder::new(mynacard::Pin::new(b"1234").unwrap());
            crate::authenticate(&mut session, &validator, now, &job, &mut holder, &mut der)
        };
        report.proof.unwrap()
    }

    /// A certificate of this kind with a face of this hierarchy.
    fn joined(stand_in: bool, hierarchy: Hierarchy) -> Option<Failure> {
        let mut bytes = [0; 8192];
        let mut memory = Memory::new(&mut bytes);
        let sample = kazasu_virtual_card::Photo::Sample;
        let (face, authentic) = read(sample, hierarchy, &mut memory);
        let [here, _] = presences();
        let person = matched_by_a_product(face.photo(), here);
        Identified::join(person, &face, authentic, Some(proof(stand_in)), here, here).err()
    }

    #[test]
    fn a_certificate_vouches_for_a_card_of_its_own_hierarchy_only() {
        assert_eq!(joined(false, Hierarchy::Virtual), None);
        assert_eq!(joined(false, Hierarchy::Custom), Some(Failure::OtherHierarchy));
    }

    #[test]
    fn what_a_stand_in_opened_counts_with_virtual_cards_only() {
        assert_eq!(joined(true, Hierarchy::Virtual), None);
        assert_eq!(joined(true, Hierarchy::Custom), Some(Failure::StandIn));
    }
}
