//! A holder of whom nothing is known.

use kazasu::mynacard::{BirthDateKey, Pin, Reference, VerificationNumberB};
use kazasu::{Declined, Holder, OwnedSecret, Request};

/// Types whatever comes.
pub struct Anybody;

impl Holder for Anybody {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        let mut digits = [0; 14];
        crate::unknown_bytes(&mut digits);
        let (six, four) = (digits.first_chunk::<6>(), digits.first_chunk::<4>());
        let secret = match request.reference {
            Reference::BirthDate => {
                BirthDateKey::new(six.ok_or(Declined::Cancelled)?).ok().map(Into::into)
            }
            Reference::Text => Pin::new(four.ok_or(Declined::Cancelled)?).ok().map(Into::into),
            _ => VerificationNumberB::new(&digits).ok().map(Into::into),
        };
        secret.ok_or(Declined::Cancelled)
    }
}
