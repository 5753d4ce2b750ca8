//! Whatever bytes a card is sent: it answers with a status word, and takes no try that it should
//! not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail where it stands")]

mod common;

use common::demonstration;
use kazasu_apdu::Transport;
use kazasu_virtual_card::{
    ApplicationName, Card, Effect, EndOfFile, Fault, Issue, Link, Reference, SignatureDefect, When,
};
use proptest::prelude::*;

/// Bytes of every kind: noise, and commands that the card has with parameters that it may not have.
fn commands() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    let instruction = prop::sample::select(vec![
        0x20, 0x24, 0x2A, 0x32, 0x84, 0x88, 0xA4, 0xB0, 0xB2, 0xCA, 0xC0, 0xFC,
    ]);
    let class = prop_oneof![Just(0x00), Just(0x80), any::<u8>()];
    let p2 = prop_oneof![any::<u8>(), 0x80..0xA0_u8];
    let shaped = (class, instruction, any::<u8>(), p2, prop::collection::vec(any::<u8>(), 0..300))
        .prop_map(|(cla, ins, p1, p2, tail)| [vec![cla, ins, p1, p2], tail].concat());
    let select = prop::sample::select(vec![
        ApplicationName::Jpki,
        ApplicationName::Surface,
        ApplicationName::Text,
        ApplicationName::Juki,
        ApplicationName::Common,
    ]);
    let verify = prop::sample::select(vec![
        common::verify_command(0x98, b"1234"),
        common::verify_command(0x9B, b"TEST1234"),
        common::verify_command(0x91, b"2345"),
    ]);
    prop_oneof![noise, shaped, select.prop_map(common::select_command), verify]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_card_answers_anything(
        sent in prop::collection::vec(commands(), 1..40),
        extended in any::<bool>(),
    ) {
        let mut issue = Issue::demonstration().seed(1);
        issue.settings.extended_length = extended;
        issue.settings.end_of_file = if extended { EndOfFile::Ok } else { EndOfFile::Warning };
        let mut card = Card::issue(issue).unwrap();
        for command in &sent {
            let before = Reference::ALL.map(|reference| card.tries(reference));
            let response = card.respond(command);
            let status = response.split_last_chunk::<2>().map(|(_, status)| *status);
            prop_assert!(status.is_some_and(|[sw1, _]| sw1 == 0x90 || sw1 & 0xF0 == 0x60));
            prop_assert_ne!(status, Some([0x65, 0x81]));
            let after = Reference::ALL.map(|reference| card.tries(reference));
            // Only a VERIFY moves a counter, and only one.
            let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
            prop_assert!(moved <= usize::from(command.get(1) == Some(&0x20)), "{:02X?}", command);
        }
    }

    #[test]
    fn a_link_answers_anything_under_any_fault(
        sent in prop::collection::vec(commands(), 1..20),
        effects in prop::collection::vec((0..12_usize, 0..300_usize, 1..20_u64), 0..4),
    ) {
        let mut link = Link::new(demonstration());
        for (which, number, command) in effects {
            let effect = match which {
                0 => Effect::drop_before(),
                1 => Effect::drop_after(),
                2 => Effect::no_answer(),
                3 => Effect::Cut(number),
                4 => Effect::Lengthen(vec![0; number]),
                5 => Effect::WrongLe,
                6 | 7 => Effect::GetResponse(number),
                8 => Effect::Signature(SignatureDefect::Foreign),
                9 => Effect::Block(Reference::Auth),
                _ => Effect::ShortRead { length: number, status: kazasu_apdu::Status(0x6282) },
            };
            link.faults_mut().push(Fault::always(When::Command(command), effect.clone()));
            link.faults_mut().push(Fault::once(When::Ins(0xB0), effect));
        }
        let mut response = [0; 2_048];
        for command in &sent {
            if let Ok(length) = link.transmit(command, &mut response) {
                prop_assert!(length <= response.len());
            } else {
                let _ = link.reconnect();
            }
        }
    }
}
