//! What the card still gives away after a check-in by face on a link that cannot take its power: nothing,
//! or the report says that clearing failed.
#![cfg(feature = "face")]
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::codes::{Codes, authorities};
use common::desk::{Lens, photo, policy};
use common::{Setup, link, session, status};
use kazasu::face::{DemonstrationMatcher, Liveness};
use kazasu::{Cleared, Identification, Memory, Nonce, Outcome, check_in_by_face};
use kazasu_virtual_card::{Effect, Fault, Link, When};

/// READ BINARY of the card face by its short identifier.
const READ_CARD_FACE: [u8; 5] = [0x00, 0xB0, 0x82, 0x00, 0x10];

fn check_in(link: &mut Link) -> (Outcome, Cleared) {
    let anchors = authorities();
    let mut holder = Codes::of(link.card().unwrap());
    let mut matcher = DemonstrationMatcher::new(Liveness::Passed);
    let mut lens = Lens::of(photo());
    let mut bytes = [0; 8192];
    session(link, &Setup { room: 8192, ..Setup::new() }, |session| {
        let mut memory = Memory::new(&mut bytes);
        let identification = Identification::new(&anchors, Nonce::given(&[9; 32]).unwrap());
        let (matcher, lens, holder) = (&mut matcher, &mut lens, &mut holder);
        let report =
            check_in_by_face(session, identification, policy(), holder, matcher, lens, &mut memory);
        (report.outcome, report.cleared)
    })
}

/// Can whoever comes next read the card face without a code?
fn is_open(link: &mut Link) -> bool {
    link.card_mut().unwrap().respond(&READ_CARD_FACE).ends_with(&[0x90, 0x00])
}

#[test]
fn what_is_said_to_be_cleared_is_closed() {
    let mut cleared_after_a_fault = 0;
    for number in 1..=9 {
        for effect in [
            status(false, 0x6F00),
            status(true, 0x6F00),
            Effect::drop_before(),
            Effect::drop_after(),
        ] {
            let fault = Fault::once(When::Command(number), effect);
            let mut link = link().without_power_off().with_fault(fault);
            let (outcome, cleared) = check_in(&mut link);
            if link.card().is_some() && cleared != Cleared::Failed {
                assert!(!is_open(&mut link), "{number} {outcome:?} {cleared:?}");
                cleared_after_a_fault += 1;
            }
        }
    }
    assert!(cleared_after_a_fault > 20, "{cleared_after_a_fault}");
}

#[test]
fn another_application_is_selected_where_the_first_is_not_there() {
    // SELECT of 券面事項入力補助AP at the end, which the card refuses.
    let fault = Fault::once(When::Command(7), status(false, 0x6F00));
    let mut link = link().without_power_off().with_fault(fault);
    assert_eq!(check_in(&mut link), (Outcome::Verified, Cleared::Selection));
    assert!(!is_open(&mut link));
}
