//! The work of a reader, measured. It prints its figures and decides nothing but what the library
//! decides.

use board_qemu::{Console, ticks};
use kazasu_pki::{
    Anchor, Anchors, Backend, Certificate, Error, Hierarchy, Judged, Kind, Permit, Scheme,
    Validator, digest_info, rsa::Fixed, sha256,
};

use crate::{Given, NOW, flips::flips};

/// Does the work, prints what it cost, and tells whether everything good was accepted and
/// everything damaged refused. `verified` is printed in that case only.
pub fn run(given: &Given) -> bool {
    let mut console = Console::open();
    let verified = check(&mut console, given);
    console.print(if verified { "verified\n" } else { "NOT VERIFIED\n" });
    verified
}

fn check(console: &mut Console, given: &Given) -> bool {
    if !judge_card(console, given) {
        return false;
    }
    if !challenge(console, given) {
        return false;
    }
    console.figure("peak-stack", board_qemu::peak_stack());
    is_no_real_card(given.card) && holders_key(console, given)
}

/// What is done with the holder's key alone.
#[inline(never)]
fn holders_key(console: &mut Console, given: &Given) -> bool {
    let Ok(anchors) = anchors(given.root) else { return false };
    let Ok(holder) = Validator::new(&anchors).validate(given.holder, Kind::Auth, NOW) else {
        return false;
    };
    if !rsa(console, &holder, given) {
        return false;
    }
    let flips = flips(given, &holder);
    console.figure("flips-tried", flips.tried);
    console.figure("flips-refused", flips.refused);
    flips.tried > 0 && flips.refused == flips.tried
}

/// The roots of real cards and one that was given.
pub(crate) fn anchors<'a>(root: &'a [u8]) -> Result<Anchors<'a>, Error> {
    Anchors::production().with(Anchor::custom(root)?)
}

/// What a reader does with a card, up to the judgement: its real certificate, under its real root.
// None of these is inlined, so that the stack of one is not on top of another's.
#[inline(never)]
fn judge_card(console: &mut Console, given: &Given) -> bool {
    let (parsed, parse) = ticks(|| Certificate::parse(given.card).is_ok());
    console.figure("ticks-parse", parse);
    let Ok(anchors) = anchors(given.card_root) else { return false };
    let validator = Validator::new(&anchors);
    let (judged, chain) = ticks(|| validator.validate(given.card, Kind::Auth, NOW));
    console.figure("ticks-chain", chain);
    parsed && judged.is_ok_and(|judged| judged.permit() == Permit::Everything)
}

/// The whole of it, with the key whose signature there is: parse, chain and challenge.
#[inline(never)]
fn challenge(console: &mut Console, given: &Given) -> bool {
    let scheme = Scheme::Pkcs1v15Sha256;
    let Ok(anchors) = anchors(given.root) else { return false };
    let validator = Validator::new(&anchors);
    let Ok(holder) = validator.validate(given.holder, Kind::Auth, NOW) else { return false };
    let (signature, challenge) =
        ticks(|| validator.verify_challenge(&holder, scheme, given.challenge, given.signature));
    console.figure("ticks-challenge", challenge);
    signature.is_ok_and(|signature| {
        signature.hierarchy() == Hierarchy::Custom && signature.octets() == given.signature
    })
}

/// The roots of real cards must not know the test card.
#[inline(never)]
fn is_no_real_card(card: &[u8]) -> bool {
    let anchors = Anchors::production();
    Validator::new(&anchors).validate(card, Kind::Auth, NOW) == Err(Error::UnknownIssuer)
}

/// RSA-2048 alone, without hashing the challenge and the certificate.
#[inline(never)]
fn rsa(console: &mut Console, holder: &Judged<'_>, given: &Given) -> bool {
    let digest = sha256(given.challenge);
    let content = digest_info(&digest);
    let Some(key) = holder.public_key().rsa() else { return false };
    let (verified, rsa) =
        ticks(|| Fixed::new().verify_pkcs1v15(key, &content, given.signature).is_ok());
    console.figure("ticks-rsa", rsa);
    verified
}
