//! A matcher of numbers for the tests of the kit. Its photo holds a person's number; its frames of
//! four pixels say who is there, as what, and which frame of the two that it needs this is. It can be
//! bad in one way at a time.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

use kazasu_face::conformance::{Check, Memory, Presentation, Sample, Vendor};
use kazasu_face::{
    AttackKind, Capture, Decision, DeviceFault, Direction, Liveness, Matcher, MatcherIdentity,
    PhotoKind, PhotoProblem, PhotoSink, PixelFormat, Preparation, Purpose, Quality, Scale,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

const PERSON: u8 = 1;
const ANOTHER: u8 = 2;
const THRESHOLD: i32 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    AcceptsAttacksSometimes,
    AcceptsMasks,
    AnnouncedLengthIgnored,
    BreaksWhenForgotten,
    ComparesBlanks,
    ComparesUnprepared,
    CountsAcrossAttempts,
    IdentityChanges,
    KeepsAfterForget,
    KeepsTheFirstPhoto,
    KeepsTheLast,
    MatchesAnybody,
    NeverDecides,
    NeverReady,
    OffScale,
    Random,
    RefusesThePerson,
    RemembersHolders,
    RetainsFrames,
    ScaleChanges,
    Slow,
    StrictestForAnybody,
    TakesGarbage,
    ThresholdOffScale,
    TiresInACheck,
    TiresOfAttacks,
    WorksWithoutPhoto,
    WrongFault,
    WrongQuality,
}

impl Flaw {
    /// Those that a check is there for.
    pub(crate) fn of(check: Check) -> &'static [Self] {
        match check {
            Check::AttackRefused => &[
                Self::AcceptsAttacksSometimes,
                Self::AcceptsMasks,
                Self::TiresInACheck,
                Self::TiresOfAttacks,
            ],
            Check::BlankFrame => &[Self::ComparesBlanks],
            Check::BonaFide => &[Self::RefusesThePerson],
            Check::BoundedTime => &[Self::Slow],
            Check::BoundedWork => &[Self::NeverDecides, Self::NeverReady],
            Check::Buffers => &[Self::RetainsFrames],
            Check::Deterministic => &[Self::Random],
            Check::Faults => &[Self::WrongFault],
            Check::Forget => {
                &[Self::BreaksWhenForgotten, Self::KeepsAfterForget, Self::WorksWithoutPhoto]
            }
            Check::NextHolder => &[Self::RemembersHolders],
            Check::GarbagePhoto => &[Self::TakesGarbage, Self::AnnouncedLengthIgnored],
            Check::Identity => &[Self::IdentityChanges],
            Check::NewAttempt => &[Self::CountsAcrossAttempts],
            Check::NewPhoto => &[Self::KeepsTheFirstPhoto],
            Check::OnScale => &[Self::OffScale],
            Check::Order => &[Self::ComparesUnprepared],
            Check::OtherPerson => &[Self::MatchesAnybody, Self::StrictestForAnybody],
            Check::Pieces => &[Self::KeepsTheLast],
            Check::Quality => &[Self::WrongQuality],
            Check::Scale => &[Self::ScaleChanges, Self::ThresholdOffScale],
            _ => &[],
        }
    }
}

/// The photo of a person: 17 bytes.
pub(crate) fn photo(person: u8) -> Vec<u8> {
    [b"\0\0\0\x0CjP  \x0D\x0A\x87\x0A", &[person][..], b"TOY!"].concat()
}

fn sample(what: [u8; 3], number: u8) -> Sample {
    let [kind, detail, person] = what;
    Sample::frame(4, 1, PixelFormat::Grey8, vec![kind, detail, person, number])
}

pub(crate) struct Toy {
    flaw: Option<Flaw>,
    instance: u32,
    announced: usize,
    bytes: Vec<u8>,
    person: Option<u8>,
    captures: u8,
    /// Memory that was lent, when it keeps it, and what was in it at first.
    lent: Option<Rc<RefCell<Option<Memory>>>>,
    retained: Option<Memory>,
    compared: Cell<u32>,
    /// How long it prepares in the background.
    background: Duration,
    since: Option<Instant>,
    was_forgotten: bool,
    /// Attacks that it has seen, in the check and in its life.
    attacks: [u32; 2],
    /// Everybody whose photo it ever had.
    holders: Vec<u8>,
}

impl Toy {
    pub(crate) fn new(flaw: Option<Flaw>, instance: u32) -> Self {
        Self {
            flaw,
            instance,
            announced: 0,
            bytes: Vec::new(),
            person: None,
            captures: 0,
            lent: None,
            retained: None,
            compared: Cell::new(0),
            background: Duration::ZERO,
            since: None,
            was_forgotten: false,
            attacks: [0; 2],
            holders: Vec::new(),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

impl PhotoSink for Toy {
    fn begin(&mut self, kind: PhotoKind, length: usize) -> Result<(), PhotoProblem> {
        if kind != PhotoKind::Jp2 || self.was_forgotten && self.has(Flaw::BreaksWhenForgotten) {
            return Err(PhotoProblem::UnsupportedKind);
        }
        if self.has(Flaw::AnnouncedLengthIgnored) {
            self.announced = 17;
            self.bytes.clear();
            return Ok(());
        }
        if length > 1_000 && !self.has(Flaw::TakesGarbage) {
            return Err(PhotoProblem::TooLarge);
        }
        if !self.has(Flaw::KeepsTheFirstPhoto) {
            self.person = None;
        }
        self.announced = length;
        self.bytes.clear();
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), PhotoProblem> {
        if self.has(Flaw::KeepsTheLast) && piece.len() == 7 {
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() > self.announced && !self.has(Flaw::TakesGarbage) {
            return Err(PhotoProblem::Malformed);
        }
        Ok(())
    }
}

impl Matcher for Toy {
    fn identity(&self) -> MatcherIdentity {
        let version = match (self.flaw, self.compared.get()) {
            (Some(Flaw::IdentityChanges), 1..) => "2",
            _ => "1",
        };
        MatcherIdentity::new(Purpose::Production, "Tests", "Toy", version).unwrap()
    }

    fn scale(&self) -> Scale {
        let changes = self.has(Flaw::ScaleChanges) && self.compared.get() > 0;
        Scale::new(0, if changes { 200 } else { 100 }, Direction::Similarity).unwrap()
    }

    fn prepare(&mut self) -> Preparation {
        if self.has(Flaw::NeverReady) {
            return Preparation::Working;
        }
        if self.since.get_or_insert_with(Instant::now).elapsed() < self.background {
            return Preparation::Working;
        }
        self.since = None;
        if self.has(Flaw::KeepsTheFirstPhoto) && self.person.is_some() {
            return Preparation::Ready;
        }
        match (&self.bytes[..], self.bytes.len() == self.announced) {
            ([.., person, b'T', b'O', b'Y', b'!'], true) if self.announced == 17 => {
                self.person = Some(*person);
                self.holders.push(*person);
                Preparation::Ready
            }
            _ if self.has(Flaw::TakesGarbage) => {
                self.person = Some(PERSON);
                Preparation::Ready
            }
            ([], _) if self.has(Flaw::WorksWithoutPhoto) => Preparation::Working,
            _ => Preparation::Refused(PhotoProblem::Malformed),
        }
    }

    fn start(&mut self) {
        if !self.has(Flaw::CountsAcrossAttempts) {
            self.captures = 0;
        }
    }

    fn compare(&mut self, capture: Capture<'_>) -> Decision {
        self.compared.set(self.compared.get() + 1);
        let person = match self.person {
            Some(person) => person,
            None if self.has(Flaw::ComparesUnprepared) => PERSON,
            None => return Decision::DeviceFault(DeviceFault::NotPrepared),
        };
        let Capture::Frame(frame) = capture else {
            let fault =
                if self.has(Flaw::WrongFault) { DeviceFault::Licence } else { DeviceFault::Camera };
            return Decision::DeviceFault(fault);
        };
        let passed = |score| Decision::Compared { score, liveness: Liveness::Passed };
        let [kind, detail, mut there, number] = *frame.bytes() else {
            if self.has(Flaw::ComparesBlanks) {
                return passed(3);
            }
            return Decision::Quality(Quality::NoFace);
        };
        if self.has(Flaw::RetainsFrames) {
            // The first frame is looked at again when the second is there.
            let kept = self.lent.as_ref().and_then(|lent| lent.borrow().clone());
            if number == 0 {
                self.retained = kept;
            } else if let Some(retained) = &self.retained {
                there = retained.borrow()[2];
            }
        }
        if self.has(Flaw::Slow) && kind == b'Q' && detail == 0 {
            std::thread::sleep(Duration::from_millis(250));
        }
        match kind {
            b'A' => {
                let kind = AttackKind::ALL[usize::from(detail)];
                let [in_check, in_life] = self.attacks;
                self.attacks = [in_check + 1, in_life + 1];
                let tired = self.has(Flaw::TiresInACheck) && in_check >= 3
                    || self.has(Flaw::TiresOfAttacks) && in_life >= 10 && in_check == 0;
                let accepted = tired
                    || self.has(Flaw::AcceptsMasks) && kind == AttackKind::Mask
                    || self.has(Flaw::AcceptsAttacksSometimes) && self.instance % 4 == 3;
                if accepted {
                    return passed(100);
                }
                // Some it names, of others it says that they are not live.
                if detail % 2 == 0 {
                    return Decision::SuspectedAttack { kind, pad_score: Some(7) };
                }
                return Decision::Compared { score: 100, liveness: Liveness::Failed };
            }
            b'Q' if self.has(Flaw::WrongQuality) => return Decision::Quality(Quality::TooDark),
            b'Q' => return Decision::Quality(Quality::ALL[usize::from(detail)]),
            _ => {}
        }
        if self.has(Flaw::NeverDecides) {
            return Decision::More;
        }
        // Two frames, the first and the second, of one attempt.
        self.captures = match (number, self.captures) {
            (0, _) => 1,
            (_, 1) => 2,
            _ => return Decision::More,
        };
        if self.captures < 2 {
            return Decision::More;
        }
        let alike =
            there == person || self.has(Flaw::RemembersHolders) && self.holders.contains(&there);
        passed(match self.flaw {
            Some(Flaw::MatchesAnybody) => 90,
            Some(Flaw::StrictestForAnybody) if !alike => 100,
            Some(Flaw::RefusesThePerson) => 10,
            Some(Flaw::OffScale) if !alike => -5,
            Some(Flaw::Random) => {
                i32::try_from(self.instance % 7).unwrap() + if alike { 90 } else { 10 }
            }
            _ if alike => 90,
            _ => 20,
        })
    }

    fn forget(&mut self) {
        self.was_forgotten = true;
        self.attacks[0] = 0;
        self.bytes.clear();
        self.announced = 0;
        if !self.has(Flaw::KeepsAfterForget) {
            self.person = None;
        }
    }
}

pub(crate) struct ToyVendor {
    flaw: Option<Flaw>,
    instances: u32,
    lent: Rc<RefCell<Option<Memory>>>,
    pub(crate) shows_little: bool,
    pub(crate) background: Duration,
}

impl ToyVendor {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            instances: 0,
            lent: Rc::default(),
            shows_little: false,
            background: Duration::ZERO,
        }
    }
}

impl Vendor for ToyVendor {
    fn matcher(&mut self) -> Box<dyn Matcher> {
        self.instances += 1;
        let mut toy = Toy::new(self.flaw, self.instances);
        toy.lent = Some(Rc::clone(&self.lent));
        toy.background = self.background;
        Box::new(toy)
    }

    fn threshold(&self) -> i32 {
        if self.flaw == Some(Flaw::ThresholdOffScale) { 101 } else { THRESHOLD }
    }

    fn photo(&mut self) -> Vec<u8> {
        photo(PERSON)
    }

    fn photo_of_another(&mut self) -> Vec<u8> {
        photo(ANOTHER)
    }

    fn show(&mut self, presentation: Presentation) -> Vec<Sample> {
        let two = |what| vec![sample(what, 0), sample(what, 1)];
        let at =
            |is: &dyn Fn(usize) -> bool| u8::try_from((0..99).find(|at| is(*at)).unwrap()).unwrap();
        match presentation {
            Presentation::Another => two([b'P', 0, ANOTHER]),
            Presentation::BonaFide => two([b'P', 0, PERSON]),
            _ if self.shows_little => Vec::new(),
            Presentation::Attack(kind) => {
                two([b'A', at(&|at| AttackKind::ALL[at] == kind), PERSON])
            }
            Presentation::Quality(kind) => two([b'Q', at(&|at| Quality::ALL[at] == kind), PERSON]),
            Presentation::Fault(DeviceFault::Camera) => vec![Sample::Native(9)],
            _ => Vec::new(),
        }
    }

    fn lend(&mut self, memory: &Memory) {
        *self.lent.borrow_mut() = Some(Rc::clone(memory));
    }
}
