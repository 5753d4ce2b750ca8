//! What the counter is told for each outcome. It judges nothing: only an outcome that is verified
//! lets anybody in.

use kazasu::Outcome;

/// For an outcome that this program does not know, because it is older than the library.
const UNKNOWN: &str = "Not verified. Update this program.";

/// One line for the person at the counter.
#[must_use]
pub const fn advice(outcome: Outcome) -> &'static str {
    match outcome {
        // The only two that prove who is there.
        Outcome::Verified => "Verified: the holder of this card is here.",
        Outcome::VerifiedInGrace => {
            "Verified, with an expired certificate: eligibility only (資格情報のみ). Ask the holder \
             to renew it."
        }
        // The holder can do something.
        Outcome::PinWrong => "Wrong PIN.",
        Outcome::PinBlocked => "The PIN is blocked. It is reset at the municipality.",
        Outcome::LastTryRefused => "The last try was not used. Check the PIN, or use another way.",
        Outcome::Cancelled => "Cancelled. No try was used.",
        Outcome::CardRemoved => "The card was taken away. Place it again and start anew.",
        Outcome::NotAMyNumberCard => "This is not a My Number card.",
        // PIN check-ins need the JPKI application alone, so this is of other flows.
        Outcome::NoApplication => "This card or phone does not have what is needed.",
        Outcome::NoCard => "There is no card. Place one.",
        Outcome::Over => "The certificate has expired. It is renewed at the municipality.",
        Outcome::Revoked => "The certificate was revoked. Use another way.",
        // It may have cost a try: never repeat it by program.
        Outcome::OutcomeUnknown => "Nobody knows whether the PIN was taken. Start anew.",
        // The counter can do something.
        Outcome::NoReader | Outcome::ReaderLost => "There is no reader. Check its cable.",
        Outcome::InUse => "Another program uses the card. Close it.",
        Outcome::ReaderUnfit => "This reader cannot do it. Use another one.",
        Outcome::ServiceDown => "The smart card service is not running. Start it.",
        Outcome::LinkBroken | Outcome::TimedOut => "No answer came. Place the card again.",
        Outcome::NotYetValid => "The certificate is not valid yet. Check this machine's clock.",
        // Something is wrong with the card, or somebody tries something.
        Outcome::BadAnswer => "The card answers wrongly. Try again, then use another way.",
        Outcome::NotTrusted => "The certificate is not genuine. Do not accept this card.",
        Outcome::SignatureWrong => "The signature is not genuine. Do not accept this card.",
        Outcome::RecordNotGenuine => "The card's record is not genuine. Do not accept this card.",
        // Other ways than the PIN, which this program does not go.
        Outcome::FaceNoMatch
        | Outcome::FaceSuspectedAttack
        | Outcome::FaceQuality
        | Outcome::FaceDeviceFault
        | Outcome::VisualRefused => "The face was not accepted.",
        Outcome::CodeWrong | Outcome::CodeBlocked | Outcome::CodesStopped => {
            "The access code (照合番号) was not accepted."
        }
        // Outcomes are added; what is not known is not verified.
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_advice_and_only_proof_says_verified() {
        for outcome in Outcome::ALL {
            let text = advice(*outcome);
            assert_ne!(text, UNKNOWN, "{outcome}");
            assert_eq!(text.starts_with("Verified"), outcome.is_verified(), "{outcome}");
        }
    }
}
