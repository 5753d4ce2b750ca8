//! Status words (ISO/IEC 7816-4 clause 5.1.3) and what they mean on this card
//! (docs/card-facts.md §1.5).
//!
//! Gives names and meanings. Never decides: whether `6982` is a fault or an answer is for the
//! procedure that asked.

use core::fmt;

/// SW1-SW2 as one big-endian number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u16);

/// What a status word says, in the order of docs/card-facts.md §1.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Meaning {
    /// `9000`: done.
    Ok,
    /// `61xx`: so many more bytes wait (0 = 256 or more).
    MoreData(u8),
    /// `6282`: the file ended before Le bytes.
    EndOfFile,
    /// `63Cx`: not verified, x tries left.
    TriesLeft(u8),
    /// `6300`: not verified, and the key has no limit.
    VerificationFailed,
    /// `66F1`: secure messaging is not set up.
    SecureMessagingNotConfigured,
    /// `6700`: wrong Lc or Le.
    WrongLength,
    /// `6881`: no logical channels.
    LogicalChannelNotSupported,
    /// `6882`: no secure messaging.
    SecureMessagingNotSupported,
    /// `6981`: the command does not fit the file's structure.
    IncompatibleFileStructure,
    /// `6982`: the access condition is not met.
    SecurityStatusNotSatisfied,
    /// `6983`: authentication method blocked.
    AuthenticationMethodBlocked,
    /// `6984`: the referenced key (IEF) is locked; this card's word for a blocked PIN.
    ReferenceDataLocked,
    /// `6985`: conditions of use not met.
    ConditionsNotSatisfied,
    /// `6986`: no current EF.
    NoCurrentFile,
    /// `6987`, `6988`, `69FC`: secure messaging objects missing or wrong.
    SecureMessagingObject,
    /// `6A80`: wrong data field.
    WrongData,
    /// `6A81`: function not supported.
    FunctionNotSupported,
    /// `6A82`: file or application not found.
    NotFound,
    /// `6A83`: record not found.
    RecordNotFound,
    /// `6A86`: wrong P1-P2.
    WrongParameters,
    /// `6A88`: referenced data not found.
    ReferenceNotFound,
    /// `6B00`: offset outside the file.
    WrongOffset,
    /// `6Cxx`: wrong Le, xx is right (0 = 256).
    WrongLe(u8),
    /// `6D00`: instruction not supported.
    InstructionNotSupported,
    /// `6E00`: class not supported.
    ClassNotSupported,
    /// `6F00`: no precise diagnosis.
    Internal,
    /// Not in the table.
    Other,
}

impl Status {
    /// `9000`.
    pub const OK: Self = Self(0x9000);
    /// `6282`.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// `6300`.
    pub const VERIFICATION_FAILED: Self = Self(0x6300);
    /// `63C0`.
    pub const NO_TRIES_LEFT: Self = Self(0x63C0);
    /// `66F1`.
    pub const SECURE_MESSAGING_NOT_CONFIGURED: Self = Self(0x66F1);
    /// `6700`.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// `6881`.
    pub const LOGICAL_CHANNEL_NOT_SUPPORTED: Self = Self(0x6881);
    /// `6882`.
    pub const SECURE_MESSAGING_NOT_SUPPORTED: Self = Self(0x6882);
    /// `6981`.
    pub const INCOMPATIBLE_FILE_STRUCTURE: Self = Self(0x6981);
    /// `6982`.
    pub const SECURITY_STATUS_NOT_SATISFIED: Self = Self(0x6982);
    /// `6983`.
    pub const AUTHENTICATION_METHOD_BLOCKED: Self = Self(0x6983);
    /// `6984`.
    pub const REFERENCE_DATA_LOCKED: Self = Self(0x6984);
    /// `6985`.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// `6986`.
    pub const NO_CURRENT_EF: Self = Self(0x6986);
    /// `6A80`.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// `6A81`.
    pub const FUNCTION_NOT_SUPPORTED: Self = Self(0x6A81);
    /// `6A82`.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// `6A83`.
    pub const RECORD_NOT_FOUND: Self = Self(0x6A83);
    /// `6A86`.
    pub const WRONG_P1_P2: Self = Self(0x6A86);
    /// `6A88`.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// `6B00`.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// `6D00`.
    pub const INS_NOT_SUPPORTED: Self = Self(0x6D00);
    /// `6E00`.
    pub const CLA_NOT_SUPPORTED: Self = Self(0x6E00);
    /// `6F00`.
    pub const INTERNAL: Self = Self(0x6F00);

    /// SW1.
    #[must_use]
    pub const fn sw1(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// SW2.
    #[must_use]
    pub const fn sw2(self) -> u8 {
        self.0.to_be_bytes()[1]
    }

    /// Was the command carried out? `9000`, or `6282`: a read that met the end of the file.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self.0, 0x9000 | 0x6282)
    }

    /// Tries left, for `63Cx` only. Any other status word says nothing about the counter.
    #[must_use]
    pub const fn tries_left(self) -> Option<u8> {
        match self.meaning() {
            Meaning::TriesLeft(left) => Some(left),
            _ => None,
        }
    }

    /// Does it say that the reference is blocked? `63C0`, `6983` or `6984`: public sources
    /// disagree about the card's word, so all three are taken (docs/card-facts.md §1.5).
    #[must_use]
    pub const fn is_blocked(self) -> bool {
        matches!(self.0, 0x63C0 | 0x6983 | 0x6984)
    }

    /// What the status word says.
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        match self.0 {
            0x9000 => Meaning::Ok,
            0x6100..=0x61FF => Meaning::MoreData(self.sw2()),
            0x6282 => Meaning::EndOfFile,
            0x6300 => Meaning::VerificationFailed,
            0x63C0..=0x63CF => Meaning::TriesLeft(self.sw2() & 0x0F),
            0x66F1 => Meaning::SecureMessagingNotConfigured,
            0x6700 => Meaning::WrongLength,
            0x6881 => Meaning::LogicalChannelNotSupported,
            0x6882 => Meaning::SecureMessagingNotSupported,
            0x6981 => Meaning::IncompatibleFileStructure,
            0x6982 => Meaning::SecurityStatusNotSatisfied,
            0x6983 => Meaning::AuthenticationMethodBlocked,
            0x6984 => Meaning::ReferenceDataLocked,
            0x6985 => Meaning::ConditionsNotSatisfied,
            0x6986 => Meaning::NoCurrentFile,
            0x6987 | 0x6988 | 0x69FC => Meaning::SecureMessagingObject,
            0x6A80 => Meaning::WrongData,
            0x6A81 => Meaning::FunctionNotSupported,
            0x6A82 => Meaning::NotFound,
            0x6A83 => Meaning::RecordNotFound,
            0x6A86 => Meaning::WrongParameters,
            0x6A88 => Meaning::ReferenceNotFound,
            0x6B00 => Meaning::WrongOffset,
            0x6C00..=0x6CFF => Meaning::WrongLe(self.sw2()),
            0x6D00 => Meaning::InstructionNotSupported,
            0x6E00 => Meaning::ClassNotSupported,
            0x6F00 => Meaning::Internal,
            _ => Meaning::Other,
        }
    }
}

impl Meaning {
    /// The meaning in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::MoreData(_) => "more data waits",
            Self::EndOfFile => "end of file reached",
            Self::TriesLeft(0) => "no tries left",
            Self::TriesLeft(_) => "not verified, tries left",
            Self::VerificationFailed => "not verified, no try limit",
            Self::SecureMessagingNotConfigured => "secure messaging not set up",
            Self::WrongLength => "wrong length",
            Self::LogicalChannelNotSupported => "logical channels not supported",
            Self::SecureMessagingNotSupported => "secure messaging not supported",
            Self::IncompatibleFileStructure => "command does not fit the file structure",
            Self::SecurityStatusNotSatisfied => "access condition not met",
            Self::AuthenticationMethodBlocked => "authentication method blocked",
            Self::ReferenceDataLocked => "referenced key locked",
            Self::ConditionsNotSatisfied => "conditions of use not met",
            Self::NoCurrentFile => "no current file",
            Self::SecureMessagingObject => "secure messaging object missing or wrong",
            Self::WrongData => "wrong data",
            Self::FunctionNotSupported => "function not supported",
            Self::NotFound => "file or application not found",
            Self::RecordNotFound => "record not found",
            Self::WrongParameters => "wrong P1-P2",
            Self::ReferenceNotFound => "referenced data not found",
            Self::WrongOffset => "offset outside the file",
            Self::WrongLe(_) => "wrong Le",
            Self::InstructionNotSupported => "instruction not supported",
            Self::ClassNotSupported => "class not supported",
            Self::Internal => "card reports an internal fault",
            Self::Other => "status word without a known meaning",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X} {}", self.0, self.meaning().describe())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Status {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=u16:04X}", self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_63cx_speaks_of_tries() {
        assert_eq!(Status(0x63C3).tries_left(), Some(3));
        assert_eq!(Status(0x63CA).tries_left(), Some(10));
        // A driver that looks at SW2 alone reads 3 and 4 here.
        assert_eq!(Status(0x6983).tries_left(), None);
        assert_eq!(Status(0x6984).tries_left(), None);
        assert_eq!(Status(0x6300).tries_left(), None);
    }

    #[test]
    fn three_words_mean_blocked() {
        let blocked: std::vec::Vec<u16> =
            (0..=0xFFFF).filter(|&sw| Status(sw).is_blocked()).collect();
        assert_eq!(blocked, [0x63C0, 0x6983, 0x6984]);
    }

    #[test]
    fn every_status_word_of_the_facts_has_a_meaning() {
        for sw in [
            0x9000, 0x6282, 0x63C2, 0x63C0, 0x6300, 0x66F1, 0x6700, 0x6881, 0x6882, 0x6981, 0x6982,
            0x6983, 0x6984, 0x6985, 0x6986, 0x6987, 0x6988, 0x69FC, 0x6A80, 0x6A81, 0x6A82, 0x6A83,
            0x6A86, 0x6A88, 0x6B00, 0x6D00, 0x6E00, 0x6F00,
        ] {
            assert_ne!(Status(sw).meaning(), Meaning::Other, "{sw:04X}");
        }
    }

    extern crate std;
}
