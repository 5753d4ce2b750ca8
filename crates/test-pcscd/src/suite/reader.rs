//! The slot as a reader: insertion and removal, both slots, power and reset, the longest messages,
//! and a service that ends and comes back.

use std::error::Error;
use std::time::{Duration, Instant};

use kazasu_test_pcscd::{PrivatePcscd, output_within};
use kazasu_virtual_card::vpcd::{self, End, Slot};
use kazasu_virtual_card::{Effect, Fault, Reference, SecurityStatus, When};
use pcsc::{Context, Disposition, Protocols, ReaderState, Scope, ShareMode, State};

use crate::client::{Client, QUERY, VERIFY, select};
use crate::{Bench, Check, Outcome, PATIENCE, demonstration, ensure, ensure_equal};

pub(crate) const CHECKS: &[Check] = &[
    ("insertion and removal are reported", comes_and_goes),
    ("two slots hold two cards", two_slots),
    ("reset and power reach the card", power),
    ("65,535 bytes pass, one more throws the card out", longest),
    ("another pcscd side by side, killed and started again", restart),
];

fn comes_and_goes(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let atr = slot.with_card(|card| card.atr());
    let context = Context::establish(Scope::User)?;
    let name = std::ffi::CString::new(PrivatePcscd::reader(0))?;
    let mut states = [ReaderState::new(name, State::UNAWARE)];
    for _ in 0..3 {
        wait_for(&context, &mut states, State::PRESENT)?;
        ensure(states.iter().all(|state| state.atr() == atr), "the ATR is another")?;
        slot.remove();
        wait_for(&context, &mut states, State::EMPTY)?;
        slot.insert()?;
    }
    wait_for(&context, &mut states, State::PRESENT)
}

fn wait_for(context: &Context, states: &mut [ReaderState], wanted: State) -> Outcome {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        context.get_status_change(PATIENCE, states)?;
        for state in states.iter_mut() {
            state.sync_current_state();
        }
        if states.iter().all(|state| state.event_state().contains(wanted)) {
            return Ok(());
        }
    }
    Err(format!("{wanted:?} was not reported").into())
}

fn two_slots(bench: &Bench) -> Outcome {
    let (left, right) = (bench.insert(demonstration()?)?, bench.insert_into(1, demonstration()?)?);
    let clients = (Client::connect(0, ShareMode::Shared)?, Client::connect(1, ShareMode::Shared)?);
    clients.0.transmit(&select())?;
    clients.1.transmit(&select())?;
    ensure_equal(clients.1.transmit(b"\x00\x20\x00\x98\x049999")?, vec![0x63, 0xC2], "VERIFY")?;
    ensure_equal(clients.0.transmit(QUERY)?, vec![0x63, 0xC3], "tries of the first card")?;
    ensure_equal(right.with_card(|card| card.tries(Reference::Auth)), Some(2), "of the second")?;
    ensure_equal(left.with_card(|card| card.tries(Reference::Auth)), Some(3), "of the first")
}

fn power(bench: &Bench) -> Outcome {
    for (setting, verified) in [(SecurityStatus::Keeps, true), (SecurityStatus::Clears, false)] {
        let mut card = demonstration()?;
        card.settings_mut().warm_reset = setting;
        let slot = bench.insert(card)?;
        let is_verified = || slot.with_card(|card| card.is_verified(Reference::Auth));
        let mut client = Client::connect(0, ShareMode::Exclusive)?;
        client.transmit(&select())?;
        client.transmit(VERIFY)?;
        ensure(is_verified(), "the PIN is not verified")?;
        let resets = slot.counts().resets;
        client.card.reconnect(ShareMode::Exclusive, Protocols::ANY, Disposition::ResetCard)?;
        ensure(slot.counts().resets > resets, "no warm reset reached the card")?;
        ensure_equal(is_verified(), verified, "verified after a warm reset")?;
        client.transmit(&select())?;
        client.transmit(VERIFY)?;
        let offs = slot.counts().power_offs;
        client.card.reconnect(ShareMode::Exclusive, Protocols::ANY, Disposition::UnpowerCard)?;
        ensure(slot.counts().power_offs > offs, "the card kept its power")?;
        ensure_equal(is_verified(), false, "verified after a power-off")?;
    }
    Ok(())
}

fn longest(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let client = Client::connect(0, ShareMode::Shared)?;
    slot.push_fault(Fault::once(When::Any, Effect::Lengthen(vec![0x5A; 65_533])));
    let answer = client.transmit(&longest_command(65_535))?;
    ensure_equal(answer.len(), 65_535, "bytes of the longest answer")?;
    ensure_equal(slot.log().last().map(|entry| entry.lc), Some(65_528), "bytes of its data")?;
    let refused = client.transmit(&longest_command(65_536));
    ensure_equal(refused, Err(pcsc::Error::NotTransacted), "one byte more")?;
    // That is all that the card gets to know.
    let end = slot.wait_for_end(PATIENCE);
    ensure_equal(end, Some(End::Failed(vpcd::Error::Closed)), "the end")
}

fn longest_command(length: usize) -> Vec<u8> {
    let mut command = vec![0x00, 0xA4, 0x04, 0x0C, 0x00];
    let data = u16::try_from(length.saturating_sub(7)).unwrap_or(u16::MAX);
    command.extend(data.to_be_bytes());
    command.resize(length, 0xD3);
    command
}

fn restart(_: &Bench) -> Outcome {
    let mut pcscd = PrivatePcscd::start()?;
    let slot = Slot::connect(pcscd.vpcd(1), demonstration()?)?;
    slot.reinsert_after(Some(Duration::from_millis(100)));
    pcscd.wait_for_card(1, PATIENCE)?;
    let recognises = |pcscd: &PrivatePcscd| -> Result<String, Box<dyn Error>> {
        let output = output_within(pcscd.command("opensc-tool").arg("--name"), PATIENCE)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    ensure_equal(recognises(&pcscd)?, "jpki".to_owned(), "the card's name")?;
    pcscd.kill()?;
    let end = slot.wait_for_end(PATIENCE);
    ensure_equal(end, Some(End::Failed(vpcd::Error::Closed)), "the end with the service")?;
    pcscd.restart()?;
    pcscd.wait_for_card(1, PATIENCE)?;
    ensure_equal(recognises(&pcscd)?, "jpki".to_owned(), "the card's name after the restart")
}
