//! The check-in by face or visual check that also opens the key for user authentication without a PIN
//! (特定機関認証): the whole of it in one card presence. What the law asks for is in `docs/face.md`.

use crate::authenticate::{Job, Progress};
use crate::face_check_in::{Camera, Identification, IdentificationReport, Staff, by_face};
use crate::face_flow::{Afterwards, identify};
use crate::face_look::{ByFace, ByStaff};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::memory::Memory;
use crate::pinless::run_without_pin;
use crate::proof::Proof;
use kazasu_apdu::{Channel, Session, Transport};
use kazasu_face::{Matcher, Operator, Policy, Reason, VisualPolicy};
use kazasu_mynacard::{AuthenticateInstitution, InstitutionAuthentication, InstitutionScheme};
use kazasu_pki::records::{CardFace, Verified};
use kazasu_pki::{Backend, Hierarchy, Time, Validator};

/// The part of the key for user authentication: what [`crate::authenticate_without_pin`] takes. The
/// session's command buffer needs 320 bytes, and the link extended length: without these the flow ends
/// in [`crate::Outcome::ReaderUnfit`] before a code is asked for.
#[allow(missing_debug_implementations, reason = "the provider is a vendor's, with her secrets")]
pub struct WithoutPin<'a, 'c, B: Backend> {
    /// Who judges the certificate.
    pub validator: &'a Validator<'c, B>,
    /// The caller's clock.
    pub now: Time,
    /// A check-in, over a nonce of its own.
    pub job: &'a Job,
    /// What opens the key. A stand-in is taken with virtual cards only.
    pub provider: &'a mut dyn InstitutionAuthentication,
    /// Takes the certificate; 3,072 bytes are enough for every one that is known. It stays there.
    pub certificate: &'a mut [u8],
}

impl<T: Transport, B: Backend> Afterwards<T> for WithoutPin<'_, '_, B> {
    fn fits(&self, channel: &Channel<'_>) -> Result<(), Failure> {
        Ok(AuthenticateInstitution::fits(self.provider, channel)?)
    }

    fn admit(&self, hierarchy: Hierarchy) -> Result<(), Failure> {
        let stands_in = self.provider.scheme() == InstitutionScheme::StandIn;
        if stands_in && hierarchy != Hierarchy::Virtual {
            return Err(Failure::StandIn);
        }
        Ok(())
    }

    fn run(&mut self, session: &mut Session<'_, T>) -> Result<Proof, Failure> {
        let mut progress = Progress::default();
        run_without_pin(
            session,
            self.validator,
            self.now,
            self.job,
            self.provider,
            &mut |_| {},
            self.certificate,
            &mut progress,
        )
    }
}

/// As [`crate::check_in_by_face`]; then the key for user authentication is opened and signs, in the
/// same presence. Only a holder who was recognised gets so far. The certificate is then proven:
/// [`crate::Identified::proof`].
#[expect(clippy::too_many_arguments, reason = "two check-ins in one")]
pub fn check_in_by_face_without_pin<'b, T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    identification: Identification<'_>,
    policy: Policy,
    holder: &mut dyn Holder,
    matcher: &mut dyn Matcher,
    camera: &mut dyn Camera,
    memory: &'b mut Memory<'_>,
    without_pin: &mut WithoutPin<'_, '_, B>,
) -> IdentificationReport<Verified<CardFace<'b>>> {
    let look = ByFace::new(matcher, policy, camera, memory);
    by_face(session, &identification, holder, look, Some(without_pin))
}

/// As [`crate::check_in_by_visual_check`]; then as [`check_in_by_face_without_pin`].
#[expect(clippy::too_many_arguments, reason = "two check-ins in one")]
pub fn check_in_by_visual_check_without_pin<'b, T: Transport, B: Backend>(
    session: &mut Session<'_, T>,
    identification: Identification<'_>,
    policy: VisualPolicy,
    operator: Operator,
    reason: Reason,
    holder: &mut dyn Holder,
    staff: &mut dyn Staff,
    memory: &'b mut Memory<'_>,
    without_pin: &mut WithoutPin<'_, '_, B>,
) -> IdentificationReport<Verified<CardFace<'b>>> {
    let presence = session.channel().presence();
    let mut look = ByStaff::arm(policy, operator, reason, presence, staff, memory);
    identify(session, &identification, holder, &mut look, Some(without_pin))
}
