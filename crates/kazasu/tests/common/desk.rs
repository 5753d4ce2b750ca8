//! A camera that sees one picture, staff who say what they were told, and pictures for both.
#![cfg(feature = "face")]

use kazasu::face::decode::Picture;
use kazasu::face::{
    Capture, DemonstrationMatcher, Instant, Photo, Policy, Quality, Question, Step,
};
use kazasu::pki::records::{CardFace, Verified};
use kazasu::{Camera, Reply, Staff};
use kazasu_virtual_card::Issue;

/// The photo of every virtual card: nobody.
const PHOTO: &[u8] = include_bytes!("../../../virtual-card/data/photo/virtual-photo.jp2");
/// The card face of a public test card (`docs/card-facts.md` §2.3).
const CARD_FACE: &[u8] = include_bytes!("../../../pki/tests/data/test-card/surface-0002.bin");

pub(crate) fn policy() -> Policy {
    Policy::new(DemonstrationMatcher::threshold())
}

/// The photo of the virtual card.
pub(crate) fn photo() -> Picture {
    Picture::decode(&Photo::new(PHOTO).unwrap()).unwrap()
}

/// Somebody else: the photo of the test card.
pub(crate) fn pictures() -> Picture {
    let start = CARD_FACE.windows(8).position(|part| part == b"\0\0\0\x0CjP  ").unwrap();
    Picture::decode(&Photo::new(&CARD_FACE[start..start + 1_854]).unwrap()).unwrap()
}

/// A surface of one grey.
pub(crate) fn nobody(grey: u8) -> Picture {
    Picture::from_grey(60, 80, vec![grey; 4_800]).unwrap()
}

/// Sees the same picture all the time, ten times a second.
pub(crate) struct Lens {
    picture: Option<Picture>,
    native: bool,
    now: u64,
    gone_after: Option<usize>,
    pub(crate) captures: usize,
    pub(crate) prompts: Vec<Quality>,
    pub(crate) attempts_left: Vec<u8>,
}

impl Lens {
    pub(crate) fn of(picture: Picture) -> Self {
        Self {
            picture: Some(picture),
            native: false,
            now: 1_700_000_000_000,
            gone_after: None,
            captures: 0,
            prompts: Vec::new(),
            attempts_left: Vec::new(),
        }
    }

    pub(crate) fn native() -> Self {
        Self { native: true, ..Self::of(nobody(9)) }
    }

    pub(crate) fn gives_up() -> Self {
        Self { picture: None, ..Self::of(nobody(9)) }
    }

    /// A sensor sees after so many captures that the card left.
    pub(crate) fn without_card_after(mut self, captures: usize) -> Self {
        self.gone_after = Some(captures);
        self
    }
}

impl Camera for Lens {
    fn now(&mut self) -> Instant {
        self.now += 50;
        Instant::from_millis(self.now)
    }

    fn capture(&mut self) -> Option<Capture<'_>> {
        self.captures += 1;
        if self.native {
            return Some(Capture::Native(3));
        }
        self.picture.as_ref().map(|picture| picture.frame().unwrap().into())
    }

    fn tell(&mut self, step: Step) {
        match step {
            Step::Prompt(quality) => self.prompts.push(quality),
            Step::NoMatch { attempts_left } => self.attempts_left.push(attempts_left),
            other => panic!("{other:?}"),
        }
    }

    fn wait(&mut self, _: Step) -> bool {
        true
    }

    fn card_is_there(&mut self) -> bool {
        self.gone_after.is_none_or(|after| self.captures < after)
    }
}

/// Says the same to every question, or one thing after the other.
pub(crate) struct Clerk {
    replies: Vec<Reply>,
    in_turn: bool,
    sees: bool,
    now: u64,
    /// Milliseconds that its clock goes each time.
    step: i64,
    gone_after: Option<usize>,
    pub(crate) issue: Option<Issue>,
    pub(crate) asked: Vec<Question>,
    pub(crate) photo: Vec<u8>,
    pub(crate) shown: usize,
    pub(crate) hidden: usize,
}

impl Clerk {
    /// Again and again.
    pub(crate) fn saying<const N: usize>(replies: [Reply; N]) -> Self {
        Self {
            replies: replies.to_vec(),
            in_turn: false,
            sees: true,
            now: 10_000,
            step: 1_000,
            gone_after: None,
            issue: None,
            asked: Vec::new(),
            photo: Vec::new(),
            shown: 0,
            hidden: 0,
        }
    }

    /// One after the other.
    pub(crate) fn in_turn<const N: usize>(replies: [Reply; N]) -> Self {
        Self { in_turn: true, ..Self::saying(replies) }
    }

    /// Has no screen.
    pub(crate) fn blind(self) -> Self {
        Self { sees: false, ..self }
    }

    pub(crate) fn whose_clock_goes(self, step: i64) -> Self {
        Self { step, ..self }
    }

    pub(crate) fn without_card_after(self, questions: usize) -> Self {
        Self { gone_after: Some(questions), ..self }
    }

    /// With another card than the usual one.
    pub(crate) fn with_card(self, issue: Issue) -> Self {
        Self { issue: Some(issue), ..self }
    }
}

impl Staff for Clerk {
    fn now(&mut self) -> Instant {
        self.now = self.now.saturating_add_signed(self.step);
        Instant::from_millis(self.now)
    }

    fn show(&mut self, face: &Verified<CardFace<'_>>) -> bool {
        self.shown += 1;
        self.photo = face.photo().to_vec();
        self.sees
    }

    fn ask(&mut self, question: Question) -> Reply {
        self.asked.push(question);
        let at = self.asked.len() - 1;
        if self.in_turn { self.replies[at] } else { self.replies[at % self.replies.len()] }
    }

    fn hide(&mut self) {
        self.hidden += 1;
    }

    fn card_is_there(&mut self) -> bool {
        self.gone_after.is_none_or(|after| self.asked.len() < after)
    }
}
