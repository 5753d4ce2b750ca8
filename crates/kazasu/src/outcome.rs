//! How a job ended, as one name and one number. Programs, scripts and the C library share them;
//! a number is given once and never reused.

use core::fmt;

macro_rules! outcomes {
    ($( $(#[$doc:meta])* $variant:ident = $code:literal, $name:literal; )*) => {
        /// How a job ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Outcome {
            $( $(#[$doc])* $variant, )*
        }

        impl Outcome {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// Its number: the program's exit number.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $( Self::$variant => $code, )* }
            }

            /// Its name, for machines.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }
    };
}

outcomes! {
    /// The identity is proven. The certificate is valid, perhaps about to expire; after a check by face
    /// or by staff with the key use `card-authenticity` nobody looked at a certificate.
    Verified = 0, "verified";
    /// The PIN was wrong; one try was used.
    PinWrong = 10, "pin_wrong";
    /// No tries are left.
    PinBlocked = 11, "pin_blocked";
    /// It would have used the last try and the holder did not confirm. None was used.
    LastTryRefused = 12, "last_try_refused";
    /// The card has no JPKI application.
    NotAMyNumberCard = 13, "not_a_my_number_card";
    /// The card left or was reset before the end.
    CardRemoved = 14, "card_removed";
    /// There is no reader.
    NoReader = 15, "no_reader";
    /// There is no card on the reader.
    NoCard = 15, "no_card";
    /// The certificate is not trusted.
    NotTrusted = 16, "not_trusted";
    /// The certificate is not valid yet.
    NotYetValid = 17, "not_yet_valid";
    /// The certificate has expired, beyond what this job allows.
    Over = 17, "over";
    /// The certificate was revoked.
    Revoked = 18, "revoked";
    /// The signature does not fit the certificate.
    SignatureWrong = 19, "signature_wrong";
    /// The exchange with the card broke.
    LinkBroken = 20, "link_broken";
    /// The identity is proven by a certificate in its months of grace: 資格情報のみ.
    VerifiedInGrace = 21, "verified_in_grace";
    /// Whether the card took a PIN or a change is not known.
    OutcomeUnknown = 22, "outcome_unknown";
    /// Another program holds the card.
    InUse = 23, "in_use";
    /// The smart card service is not running.
    ServiceDown = 24, "service_down";
    /// The reader disappeared.
    ReaderLost = 25, "reader_lost";
    /// The card or the holder did not answer in time.
    TimedOut = 26, "timed_out";
    /// Cancelled.
    Cancelled = 27, "cancelled";
    /// The card's answer is none, or not what belongs there.
    BadAnswer = 28, "bad_answer";
    /// The card does not have the application that was asked for; a phone has the JPKI application only.
    NoApplication = 29, "no_application";
    /// The face does not match.
    FaceNoMatch = 30, "face_no_match";
    /// The face looks like an attack.
    FaceSuspectedAttack = 31, "face_suspected_attack";
    /// The picture of the face is not good enough.
    FaceQuality = 32, "face_quality";
    /// The face device is faulty.
    FaceDeviceFault = 33, "face_device_fault";
    /// Staff did not confirm the visual check (目視確認).
    VisualRefused = 34, "visual_refused";
    /// A record of the card is not genuine, or the card is not the one that it was issued for.
    RecordNotGenuine = 35, "record_not_genuine";
    /// An access code (照合番号) was wrong.
    CodeWrong = 36, "code_wrong";
    /// An access code has no tries left.
    CodeBlocked = 37, "code_blocked";
    /// Two access codes were wrong in this session, and it takes no more.
    CodesStopped = 38, "codes_stopped";
    /// The reader cannot carry a command that the job needs: its buffers are too small, or it has no
    /// extended length. Not the card's fault; nothing was sent in vain, where it could be known before.
    ReaderUnfit = 39, "reader_unfit";
}

impl Outcome {
    /// Is the identity proven?
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Verified | Self::VerifiedInGrace)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_numbers_shared_only_where_documented() {
        for (at, one) in Outcome::ALL.iter().enumerate() {
            for other in Outcome::ALL.iter().skip(at + 1) {
                assert_ne!(one.as_str(), other.as_str());
                if one.code() == other.code() {
                    assert!(matches!(one.code(), 15 | 17), "{one} and {other}");
                }
            }
            // 1, 2 and 3 are the program's own: internal error, usage, file error.
            assert!(!matches!(one.code(), 1..=3));
        }
    }
}
