//! The check-in by face or visual check that also opens the key for user authentication without a PIN
//! (特定機関認証): the whole of it in one card presence. What the law asks for is in `docs/face.md`.

use crate::authenticate::{Job, Progress};
use crate::face_check_in::{
    Camera, Identification, IdentificationReport, Staff, by_face, by_visual_check,
};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::memory::Memory;
use crate::pinless::run_without_pin;
use crate::proof::Proof;
use kazasu_apdu::{Session, Transport};
use kazasu_face::{Matcher, Operator, Policy, Reason, VisualPolicy};
use kazasu_mynacard::InstitutionAuthentication;
use kazasu_pki::{Backend, Time, Validator};

/// The part of the key for user authentication: what [`crate::authenticate_without_pin`] takes. The
/// session's command buffer needs 320 bytes.
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

impl<B: Backend> WithoutPin<'_, '_, B> {
    fn run<T: Transport>(
        &mut self,
        session: &mut Session<'_, T>,
    ) -> Result<Option<Proof>, Failure> {
        let mut progress = Progress::default();
        let proof = run_without_pin(
            session,
            self.validator,
            self.now,
            self.job,
            self.provider,
            &mut |_| {},
            self.certificate,
            &mut progress,
        )?;
        Ok(Some(proof))
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
) -> IdentificationReport<'b> {
    let afterwards = &mut |session: &mut Session<'_, T>| without_pin.run(session);
    by_face(session, &identification, policy, holder, matcher, camera, memory, afterwards)
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
) -> IdentificationReport<'b> {
    let afterwards = &mut |session: &mut Session<'_, T>| without_pin.run(session);
    let armed = (policy, operator, reason);
    by_visual_check(session, &identification, armed, holder, staff, memory, afterwards)
}
