//! How many tries a PIN or password has left: VERIFY without data (docs/card-facts.md §3).
//!
//! Reading never uses a try. What it gives, [`Tries`], is the only key to [`crate::Verify`], is
//! good for one attempt in one card presence, and cannot be copied.

use crate::application::{Application, send_select};
use crate::error::{Error, Operation};
use crate::file::short_identifier;
use crate::read::refuses_short_identifier;
use kazasu_apdu::{Command, Event, Outgoing, Presence, Procedure, Status, Step};

/// A PIN, password or access code on the card (docs/card-facts.md §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reference {
    /// 利用者証明用電子証明書の暗証番号: 4 digits, 3 tries.
    Auth,
    /// 住民基本台帳用の暗証番号: 4 digits, 3 tries.
    BasicResident,
    /// 生年月日 as a key of 券面事項確認AP: 6 digits, 10 tries.
    BirthDate,
    /// 照合番号A of 券面事項確認AP, which is the individual number: 12 digits, 10 tries.
    #[cfg(feature = "my-number")]
    CardFaceNumberA,
    /// 照合番号B of 券面事項確認AP: 14 digits, 10 tries.
    CardFaceNumberB,
    /// 共通カードAP's PIN of the 本人確認業務用領域: 4 digits, 3 tries (one source).
    Common,
    /// 照合番号A of 券面事項入力補助AP, which is the individual number: 12 digits, 10 tries. Not the same
    /// counter as that of the card face.
    #[cfg(feature = "my-number")]
    InputSupportNumberA,
    /// 照合番号B of 券面事項入力補助AP: 14 digits, 10 tries. Not the same counter as that of the card face.
    InputSupportNumberB,
    /// 署名用電子証明書の暗証番号 (password): 6 to 16 characters, 5 tries.
    Sign,
    /// 券面事項入力補助用の暗証番号: 4 digits, 3 tries.
    Text,
}

impl Reference {
    /// Every PIN and the password: what the holder knows by heart.
    pub const ALL: [Self; 5] =
        [Self::Auth, Self::Sign, Self::Text, Self::BasicResident, Self::Common];

    /// The access codes: what stands on the card.
    pub const ACCESS_CODES: [Self; 3] =
        [Self::BirthDate, Self::CardFaceNumberB, Self::InputSupportNumberB];

    /// The access codes that are the individual number.
    #[cfg(feature = "my-number")]
    pub const NUMBERS_A: [Self; 2] = [Self::CardFaceNumberA, Self::InputSupportNumberA];

    /// The application that it belongs to.
    #[must_use]
    pub const fn application(self) -> Application {
        match self {
            Self::Auth | Self::Sign => Application::Jpki,
            Self::BasicResident => Application::BasicResident,
            Self::Common => Application::Common,
            Self::BirthDate | Self::CardFaceNumberB => Application::CardFace,
            Self::InputSupportNumberB | Self::Text => Application::InputSupport,
            #[cfg(feature = "my-number")]
            Self::CardFaceNumberA => Application::CardFace,
            #[cfg(feature = "my-number")]
            Self::InputSupportNumberA => Application::InputSupport,
        }
    }

    /// The internal elementary file that holds it.
    #[must_use]
    pub const fn file_identifier(self) -> u16 {
        match self {
            Self::Auth => 0x0018,
            Self::Sign => 0x001B,
            Self::BirthDate | Self::Text => 0x0011,
            Self::CardFaceNumberB => 0x0012,
            #[cfg(feature = "my-number")]
            Self::CardFaceNumberA => 0x0013,
            #[cfg(feature = "my-number")]
            Self::InputSupportNumberA => 0x0014,
            Self::InputSupportNumberB => 0x0015,
            Self::BasicResident | Self::Common => 0x001C,
        }
    }

    /// Tries of a fresh or reset counter.
    #[must_use]
    pub const fn tries(self) -> u8 {
        match self {
            Self::BirthDate | Self::CardFaceNumberB | Self::InputSupportNumberB => 10,
            #[cfg(feature = "my-number")]
            Self::CardFaceNumberA | Self::InputSupportNumberA => 10,
            Self::Sign => 5,
            Self::Auth | Self::BasicResident | Self::Common | Self::Text => 3,
        }
    }

    /// Tries that are not touched unless the holder confirmed: the last one; of the access codes,
    /// which a machine may have read wrong from the card, the last two.
    #[must_use]
    pub const fn reserve(self) -> u8 {
        if self.is_access_code() { 2 } else { 1 }
    }

    /// Does it stand on the card, instead of in the holder's memory? Then a session takes no more of
    /// them after [`crate::WRONG_CODES_MAX`] wrong ones.
    #[must_use]
    pub const fn is_access_code(self) -> bool {
        match self {
            Self::BirthDate | Self::CardFaceNumberB | Self::InputSupportNumberB => true,
            #[cfg(feature = "my-number")]
            Self::CardFaceNumberA | Self::InputSupportNumberA => true,
            Self::Auth | Self::BasicResident | Self::Common | Self::Sign | Self::Text => false,
        }
    }
}

/// P2 of VERIFY: the current EF, or a short identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addressing {
    Current,
    Short(u8),
}

impl Addressing {
    pub(crate) const fn p2(self) -> u8 {
        match self {
            Self::Current => 0x80,
            Self::Short(identifier) => 0x80 | identifier,
        }
    }
}

/// What the counter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Counter {
    /// None left; only the municipality or an official reset opens it again.
    Blocked,
    /// So many, at least one.
    Left(u8),
}

impl Counter {
    /// As a number.
    #[must_use]
    pub const fn left(self) -> u8 {
        match self {
            Self::Blocked => 0,
            Self::Left(left) => left,
        }
    }

    /// Can it be this reference's? More than a fresh counter has is another counter, or none.
    pub(crate) const fn is_possible(self, reference: Reference) -> bool {
        self.left() <= reference.tries()
    }
}

/// The tries left of one reference, read in one card presence. Good for one attempt: `Verify`
/// consumes it, and it cannot be copied.
///
/// ```
/// use kazasu_mynacard::{LastTry, Pin, Tries, Verify};
///
/// fn once(tries: Tries, pin: &Pin) {
///     Verify::new(tries, pin, LastTry::Keep);
/// }
/// ```
///
/// A second attempt does not compile:
///
/// ```compile_fail,E0382
/// use kazasu_mynacard::{LastTry, Pin, Tries, Verify};
///
/// fn twice(tries: Tries, pin: &Pin) {
///     Verify::new(tries, pin, LastTry::Keep);
///     Verify::new(tries, pin, LastTry::Keep);
/// }
/// ```
///
/// Nor does a copy, nor tries that were not read:
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<kazasu_mynacard::Tries>();
/// ```
///
/// ```compile_fail,E0451
/// use kazasu_mynacard::{Counter, Reference, Tries};
///
/// fn invented(other: Tries) -> Tries {
///     Tries { reference: Reference::Auth, counter: Counter::Left(3), ..other }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Tries {
    pub(crate) reference: Reference,
    pub(crate) counter: Counter,
    pub(crate) presence: Presence,
    pub(crate) addressing: Addressing,
}

impl Tries {
    /// Whose tries.
    #[must_use]
    pub const fn reference(&self) -> Reference {
        self.reference
    }

    /// How many.
    #[must_use]
    pub const fn counter(&self) -> Counter {
        self.counter
    }
}

/// VERIFY without data.
pub(crate) fn send_query<T>(addressing: Addressing, outgoing: &mut Outgoing<'_>) -> Step<T> {
    outgoing.send(&Command::new(0x00, 0x20, 0x00, addressing.p2()))
}

/// What the answer to VERIFY without data says of the counter, if anything: whether that can be is
/// [`Counter::is_possible`].
pub(crate) const fn counter_of(status: Status) -> Option<Counter> {
    if status.is_blocked() {
        return Some(Counter::Blocked);
    }
    match status.tries_left() {
        Some(left) => Some(Counter::Left(left)),
        None => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Query,
    SelectFile,
    LeaveApplication,
    EnterApplication,
}

/// Reads the tries left of a reference in the selected application. Uses no try.
///
/// Some cards answer `9000` while the PIN is verified; then an earlier session left it so, and the
/// procedure makes the card forget it by selecting another application and this one again.
#[derive(Debug)]
pub struct ReadTries {
    reference: Reference,
    addressing: Addressing,
    state: State,
    left: bool,
}

impl ReadTries {
    /// The tries of `reference`; its application must be the selected one.
    #[must_use]
    pub const fn new(reference: Reference) -> Self {
        let addressing = match short_identifier(reference.file_identifier()) {
            Some(short) => Addressing::Short(short),
            None => Addressing::Current,
        };
        Self { reference, addressing, state: State::Query, left: false }
    }

    /// The same through SELECT of the file: the form that CHANGE REFERENCE DATA needs.
    pub(crate) const fn by_selection(reference: Reference) -> Self {
        Self { reference, addressing: Addressing::Current, state: State::Query, left: false }
    }

    fn begin<T>(&mut self, outgoing: &mut Outgoing<'_>) -> Step<T> {
        match self.addressing {
            Addressing::Short(_) => {
                self.state = State::Query;
                send_query(self.addressing, outgoing)
            }
            Addressing::Current => {
                self.state = State::SelectFile;
                let identifier = self.reference.file_identifier().to_be_bytes();
                outgoing.send(&Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(&identifier))
            }
        }
    }
}

impl Procedure for ReadTries {
    type Output = Result<Tries, Error>;

    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        let operation = match self.state {
            State::Query => Operation::ReadTries,
            State::SelectFile => Operation::SelectFile,
            State::LeaveApplication | State::EnterApplication => Operation::SelectApplication,
        };
        let status = match event {
            Event::Start => return self.begin(outgoing),
            Event::Failed(fault) => return Step::Done(Err(Error::Exchange { operation, fault })),
            Event::Answer(response) => response.status,
        };
        let application = self.reference.application();
        match (self.state, status) {
            (State::Query, Status::OK) if !self.left => {
                self.left = true;
                self.state = State::LeaveApplication;
                send_select(application.other(), outgoing)
            }
            (State::Query, Status::OK) => Step::Done(Err(Error::AlreadyVerified)),
            (State::Query, status) => match counter_of(status) {
                Some(counter) if !counter.is_possible(self.reference) => {
                    let (reference, left) = (self.reference, counter.left());
                    Step::Done(Err(Error::ImpossibleTries { reference, left }))
                }
                Some(counter) => Step::Done(Ok(Tries {
                    reference: self.reference,
                    counter,
                    presence: outgoing.presence(),
                    addressing: self.addressing,
                })),
                None if self.addressing != Addressing::Current
                    && refuses_short_identifier(status) =>
                {
                    self.addressing = Addressing::Current;
                    self.begin(outgoing)
                }
                None => Step::Done(Err(Error::Status { operation, status })),
            },
            (State::SelectFile, Status::OK) => {
                self.state = State::Query;
                send_query(self.addressing, outgoing)
            }
            // Whether the other application exists does not matter: a card without it answers
            // with an error, and the next query tells whether the status is gone.
            (State::LeaveApplication, _) => {
                self.state = State::EnterApplication;
                send_select(application, outgoing)
            }
            (State::EnterApplication, Status::OK) => self.begin(outgoing),
            (_, status) => Step::Done(Err(Error::Status { operation, status })),
        }
    }
}
