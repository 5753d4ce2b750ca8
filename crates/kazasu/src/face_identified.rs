//! The join of a person to a card: what is true of both in one card presence. [`Identified`] is made
//! here, out of the four things that it takes, and nowhere else.

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::proof::Proof;
use core::fmt;
use kazasu_apdu::Presence;
use kazasu_face::{Evidence, FaceMatch, Purpose, VisualConfirmation, photo_sha256};
use kazasu_mynacard as mynacard;
use kazasu_pki::records::{Authentic, CardFace, CardKey, Verified};
use kazasu_pki::{Hierarchy, SignatureError};

/// How the person was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method {
    /// A matcher compared the face (顔認証).
    Face,
    /// A member of staff compared the face (目視確認).
    Visual,
}

impl Method {
    /// The word for machines: `face`, `visual`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Visual => "visual",
        }
    }
}

/// What of the card's keys stands behind an identification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum IdentifiedBy {
    /// The card's own key answered a challenge: the card is genuine, and so is its photo. The
    /// certificate for user authentication is **not proven**.
    CardAuthenticity,
    /// Besides that the key for user authentication signed, opened in this way.
    Certificate(mynacard::KeyUse),
}

impl IdentifiedBy {
    /// The word for machines, `key_use`: `card-authenticity`, `institution`, `stand-in`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CardAuthenticity => "card-authenticity",
            Self::Certificate(key_use) => key_use.as_str(),
        }
    }
}

/// The person who was looked at.
#[derive(Debug)]
pub(crate) enum Person {
    Face(FaceMatch),
    Visual(VisualConfirmation),
}

impl Person {
    fn holds_in(&self, presence: Presence) -> bool {
        match self {
            Self::Face(it) => it.holds_in(presence),
            Self::Visual(it) => it.holds_in(presence),
        }
    }

    fn is_of_photo(&self, sha256: &[u8; 32]) -> bool {
        match self {
            Self::Face(it) => it.is_of_photo(sha256),
            Self::Visual(it) => it.is_of_photo(sha256),
        }
    }
}

/// A verified card face, as the join needs it.
pub(crate) trait Face {
    /// The key of the card.
    fn card_key(&self) -> CardKey;

    /// Whose authority vouches for it.
    fn hierarchy(&self) -> Hierarchy;

    /// Is the chip that answered the one it was issued for?
    fn is_of(&self, authentic: &Authentic) -> bool;

    /// SHA-256 over the octets of its photo.
    fn photo_sha256(&self) -> [u8; 32];
}

impl Face for Verified<CardFace<'_>> {
    fn card_key(&self) -> CardKey {
        Self::card_key(self)
    }

    fn hierarchy(&self) -> Hierarchy {
        Self::hierarchy(self)
    }

    fn is_of(&self, authentic: &Authentic) -> bool {
        authentic.is_of(self)
    }

    fn photo_sha256(&self) -> [u8; 32] {
        photo_sha256(self.photo())
    }
}

/// Proof that the person before the reader is the one on a genuine card, all in one card presence: the
/// signature over the card face, the chip's answer to a fresh challenge with the key of that record,
/// and a match with liveness or two confirmations by staff, of the photo of that record.
///
/// It says nothing about the certificate unless [`Identified::proof`] is there, and nothing about
/// revocation. It cannot be copied.
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu::Identified>();
/// ```
pub struct Identified {
    person: Person,
    authentic: Authentic,
    hierarchy: Hierarchy,
    proof: Option<Proof>,
}

impl Identified {
    /// Joins them, or says what does not belong together.
    ///
    /// `read_in` is the presence in which the record was read, `now` the one after the last command.
    pub(crate) fn join(
        person: Person,
        face: &impl Face,
        authentic: Authentic,
        proof: Option<Proof>,
        read_in: Presence,
        now: Presence,
    ) -> Result<Self, Failure> {
        if read_in != now || !person.holds_in(now) {
            return Err(mynacard::Error::EvidenceExpired.into());
        }
        if !person.is_of_photo(&face.photo_sha256()) {
            return Err(mynacard::Error::EvidenceExpired.into());
        }
        if !face.is_of(&authentic) {
            return Err(Failure::Authenticity(SignatureError::Mismatch));
        }
        let hierarchy = face.hierarchy();
        let demonstrates = match &person {
            Person::Face(it) => it.evidence().matcher.purpose() == Purpose::Demonstration,
            Person::Visual(_) => false,
        };
        let stands_in = proof.as_ref().map(Proof::key_use) == Some(mynacard::KeyUse::StandIn);
        if demonstrates && hierarchy != Hierarchy::Virtual {
            return Err(Failure::DemonstrationMatcher);
        }
        if stands_in && hierarchy != Hierarchy::Virtual {
            return Err(Failure::StandIn);
        }
        // A virtual certificate vouches for no other card, nor the other way round.
        if proof.as_ref().is_some_and(|proof| proof.hierarchy() != hierarchy) {
            return Err(Failure::OtherHierarchy);
        }
        Ok(Self { person, authentic, hierarchy, proof })
    }

    /// How the person was looked at.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self.person {
            Person::Face(_) => Method::Face,
            Person::Visual(_) => Method::Visual,
        }
    }

    /// What of the card's keys stands behind it.
    #[must_use]
    pub fn key_use(&self) -> IdentifiedBy {
        match &self.proof {
            None => IdentifiedBy::CardAuthenticity,
            Some(proof) => IdentifiedBy::Certificate(proof.key_use()),
        }
    }

    /// Whose authority vouches for the card.
    #[must_use]
    pub const fn hierarchy(&self) -> Hierarchy {
        self.hierarchy
    }

    /// That the chip is the one the photo was issued for.
    #[must_use]
    pub const fn authentic(&self) -> &Authentic {
        &self.authentic
    }

    /// The evidence of the match; `None` after a visual check.
    #[must_use]
    pub const fn face(&self) -> Option<&Evidence> {
        match &self.person {
            Person::Face(it) => Some(it.evidence()),
            Person::Visual(_) => None,
        }
    }

    /// Who of the staff confirmed, and why they did it; `None` after a face check.
    #[must_use]
    pub const fn visual(&self) -> Option<&VisualConfirmation> {
        match &self.person {
            Person::Face(_) => None,
            Person::Visual(it) => Some(it),
        }
    }

    /// The signature of the key for user authentication, when it was opened without a PIN; `None`
    /// means that the certificate is not proven.
    #[must_use]
    pub const fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let phase = self.proof.as_ref().map(Proof::phase);
        phase.map_or(Outcome::Verified, crate::authenticate::outcome)
    }
}

impl fmt::Debug for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identified")
            .field("person", &self.person)
            .field("key_use", &self.key_use())
            .field("hierarchy", &self.hierarchy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::{Holder, Memory, Nonce, OwnedSecret, RecordChecks, Request, card_face};
    use kazasu_apdu::{Capabilities, Channel, Session};
    use kazasu_face::{
        Answer, Capture, Decision, DemonstrationMatcher, Direction, FaceCheck, Instant, Liveness,
        Matcher, MatcherIdentity, Operator, Photo, PhotoKind, PhotoProblem, PhotoSink, Policy,
        Preparation, Question, Reason, Scale, VisualCheck, VisualPolicy,
    };
    use kazasu_mynacard::VerificationNumberB;
    use kazasu_pki::cvc::{CvcAnchor, CvcAnchors, CvcRole, KeyIdentifier};
    use kazasu_pki::rsa::RsaPublicKey;
    use kazasu_virtual_card::{Card, CardVerifiableAuthority, Issue, Link, Reference};
    use std::string::String;

    struct Knows(String);

    impl Holder for Knows {
        fn secret(&mut self, _: Request) -> Result<OwnedSecret, crate::Declined> {
            Ok(VerificationNumberB::new(self.0.as_bytes()).unwrap().into())
        }
    }

    fn issue() -> Issue {
        Issue::demonstration().seed(1)
    }

    /// A face and its proof, read off a card with this photo under a root of this hierarchy.
    fn read<'b>(
        photo: kazasu_virtual_card::Photo,
        hierarchy: Hierarchy,
        memory: &'b mut Memory<'_>,
    ) -> (Verified<CardFace<'b>>, Authentic) {
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
        let report = card_face(&mut session, Some(checks), &mut holder, memory);
        (report.verified.unwrap(), report.authentic.unwrap())
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

    /// A product that matches everybody.
    struct Product;

    impl PhotoSink for Product {
        fn begin(&mut self, _: PhotoKind, _: usize) -> Result<(), PhotoProblem> {
            Ok(())
        }
        fn write(&mut self, _: &[u8]) -> Result<(), PhotoProblem> {
            Ok(())
        }
    }

    impl Matcher for Product {
        fn identity(&self) -> MatcherIdentity {
            MatcherIdentity::new(Purpose::Production, "kazasu", "matches everybody", "1").unwrap()
        }
        fn scale(&self) -> Scale {
            Scale::new(0, 10, Direction::Similarity).unwrap()
        }
        fn prepare(&mut self) -> Preparation {
            Preparation::Ready
        }
        fn start(&mut self) {}
        fn compare(&mut self, _: Capture<'_>) -> Decision {
            Decision::Compared { score: 10, liveness: Liveness::Passed }
        }
        fn forget(&mut self) {}
    }

    /// A match by that product.
    fn matched_by_a_product(photo: &[u8], presence: Presence) -> Person {
        let policy = Policy::new(Product.scale().threshold(5).unwrap());
        by(&mut Product, policy, photo, presence, Capture::Native(1))
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
        let (mut memory, mut memory_of_another) =
            (Memory::new(&mut bytes), Memory::new(&mut others));
        let of = Hierarchy::Virtual;
        let (face, authentic) = read(kazasu_virtual_card::Photo::Sample, of, &mut memory);
        let (another, authentic_of_another) =
            read(kazasu_virtual_card::Photo::Another, of, &mut memory_of_another);
        let [here, before] = presences();
        let join = |person, authentic, read_in| {
            Identified::join(person, &face, authentic, None, read_in, here).err()
        };
        let expired = Some(Failure::Card(mynacard::Error::EvidenceExpired));
        let mismatch = Some(Failure::Authenticity(SignatureError::Mismatch));
        for look in [matched, matched_by_a_product, confirmed] {
            let own = || look(face.photo(), here);
            assert_eq!(join(own(), authentic, here), None);
            // Read, or looked at, in another presence; another photo; another chip.
            assert_eq!(join(own(), authentic, before), expired);
            assert_eq!(join(look(face.photo(), before), authentic, here), expired);
            assert_eq!(join(look(another.photo(), here), authentic, here), expired);
            assert_eq!(join(own(), authentic_of_another, here), mismatch);
        }
    }

    #[test]
    fn demonstrations_recognise_holders_of_virtual_cards_only() {
        let mut bytes = [0; 8192];
        let mut memory = Memory::new(&mut bytes);
        let sample = kazasu_virtual_card::Photo::Sample;
        let (face, authentic) = read(sample, Hierarchy::Custom, &mut memory);
        let [here, _] = presences();
        let join =
            |person| Identified::join(person, &face, authentic, None, here, here).map(|_| ());
        assert_eq!(join(matched(face.photo(), here)), Err(Failure::DemonstrationMatcher));
        assert_eq!(join(matched_by_a_product(face.photo(), here)), Ok(()));
        assert_eq!(join(confirmed(face.photo(), here)), Ok(()));
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
                authenticate_without_pin(
                    &mut session,
                    &validator,
                    now,
                    &job,
                    provider,
                    stage,
                    &mut der,
                )
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
}
