//! What a broken card looks like to a PC/SC client: each way of being broken, made by our card and
//! seen through libpcsclite's calls alone. A client that is to cope with them can be tested with
//! these faults.

use std::process::Command;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use kazasu_test_pcscd::{Error, PrivatePcscd, output_within};
use kazasu_virtual_card::vpcd::End;
use kazasu_virtual_card::{Effect, Fault, Reference, When};
use pcsc::{Disposition, Protocols, ShareMode};

use crate::client::{Client, QUERY, READ, VERIFY, select, sign};
use crate::{Bench, Check, Outcome, PATIENCE, demonstration, ensure, ensure_equal, until_told};

pub(crate) const CHECKS: &[Check] = &[
    ("closed instead of an answer: success with 0 bytes", closed),
    ("closed in mid-answer: success with what came", cut),
    ("put back at once: the old handle works, and nothing says so", put_back),
    ("never answers: every client waits", silent),
];

const OK: [u8; 2] = [0x90, 0x00];

fn closed(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let client = Client::connect(0, ShareMode::Shared)?;
    ensure_equal(client.transmit(&select())?, OK.to_vec(), "SELECT")?;
    slot.push_fault(Fault::once(When::InsWithData(0x20), Effect::drop_after()));
    ensure_equal(client.transmit(VERIFY)?, Vec::new(), "the answer to VERIFY")?;
    ensure_equal(slot.wait_for_end(PATIENCE), Some(End::Fault), "the end")?;
    let removed = gone(&client)?;
    ensure_equal(removed, pcsc::Error::RemovedCard, "after the next poll")?;
    recovers(&slot, client)
}

fn cut(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let client = Client::connect(0, ShareMode::Shared)?;
    ensure_equal(client.transmit(&select())?, OK.to_vec(), "SELECT")?;
    let whole = client.transmit(READ)?;
    ensure_equal(whole.len(), 18, "bytes of the whole answer")?;
    slot.push_fault(Fault::once(When::Ins(0xB0), Effect::Cut(9)));
    let came = client.transmit(READ)?;
    ensure(whole.get(..9) == Some(&came), "other bytes came than the first nine")?;
    ensure_equal(slot.wait_for_end(PATIENCE), Some(End::Fault), "the end")?;
    ensure_equal(gone(&client)?, pcsc::Error::RemovedCard, "after the next poll")?;
    recovers(&slot, client)
}

/// What the old handle gets until the removal is reported: NOT_TRANSACTED, and then what this
/// returns.
fn gone(client: &Client) -> Result<pcsc::Error, Box<dyn std::error::Error>> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match client.transmit(QUERY) {
            Err(pcsc::Error::NotTransacted) => sleep(Duration::from_millis(20)),
            Err(error) => return Ok(error),
            Ok(answer) => return Err(format!("a card that is out answered {answer:02X?}").into()),
        }
    }
    Err("the removal was never reported".into())
}

fn recovers(slot: &kazasu_virtual_card::vpcd::Slot, mut client: Client) -> Outcome {
    slot.insert()?;
    ensure(slot.wait_for_power(PATIENCE), "pcscd did not take the card again")?;
    let until = Instant::now() + PATIENCE;
    while let Err(error) =
        client.card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::ResetCard)
    {
        ensure(Instant::now() < until, &format!("reconnecting: {error}"))?;
        sleep(Duration::from_millis(20));
    }
    ensure_equal(client.transmit(&select())?, OK.to_vec(), "SELECT after reconnecting")
}

fn put_back(bench: &Bench) -> Outcome {
    // pcscd looks every 400 ms; now and then it looks while the card is out.
    for _ in 0..5 {
        if put_back_once(bench)? {
            return Ok(());
        }
    }
    Err("pcscd saw the removal every time".into())
}

fn put_back_once(bench: &Bench) -> Result<bool, Box<dyn std::error::Error>> {
    let slot = bench.insert(demonstration()?)?;
    slot.reinsert_after(Some(Duration::ZERO));
    let client = Client::connect(0, ShareMode::Shared)?;
    client.transmit(&select())?;
    ensure_equal(client.transmit(VERIFY)?, OK.to_vec(), "VERIFY")?;
    ensure_equal(client.transmit(&sign())?.len(), 258, "bytes of a signature")?;
    let before = slot.counts();
    slot.push_fault(Fault::once(When::Ins(0x20), Effect::drop_before()));
    ensure_equal(client.transmit(QUERY)?, Vec::new(), "the answer when the card is pulled")?;
    let begin = Instant::now();
    let answer = loop {
        match client.transmit(QUERY) {
            Ok(answer) => break answer,
            Err(pcsc::Error::NotTransacted) => {}
            Err(pcsc::Error::RemovedCard | pcsc::Error::ResetCard) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        ensure(begin.elapsed() < PATIENCE, "the old handle never worked again")?;
        sleep(Duration::from_millis(10));
    };
    let time = begin.elapsed();
    ensure_equal(answer, vec![0x69, 0x86], "the first answer: no application is selected")?;
    client.transmit(&select())?;
    ensure_equal(client.transmit(&sign())?, vec![0x69, 0x82], "signing without the PIN")?;
    let after = slot.counts();
    ensure_equal(after.insertions, before.insertions + 1, "insertions")?;
    ensure_equal((after.resets, after.power_ons), (before.resets, before.power_ons), "resets")?;
    println!("    the old handle worked again after {} ms", time.as_millis());
    Ok(true)
}

fn silent(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let client = Client::connect(0, ShareMode::Shared)?;
    client.transmit(&select())?;
    slot.push_fault(Fault::once(When::InsWithData(0x20), Effect::no_answer()));
    let waiting = thread::spawn(move || client.transmit(VERIFY));
    let limit = Duration::from_secs(2);
    // Another program, which wants nothing but the list of readers' states.
    let other = output_within(Command::new("opensc-tool").arg("--name"), limit);
    ensure(matches!(other, Err(Error::TimedOut { .. })), "another client got through")?;
    ensure(!waiting.is_finished(), "the client did not wait")?;
    ensure_equal(slot.with_card(|card| card.tries(Reference::Auth)), Some(3), "tries")?;
    ensure_equal(slot.with_card(|card| card.verify_commands_seen()), 1, "VERIFY commands")?;
    slot.remove();
    let answer = waiting.join().map_err(|_| "the client panicked")?;
    ensure_equal(answer, Ok(Vec::new()), "the answer when the card is pulled at last")?;
    ensure_equal(slot.wait_for_end(PATIENCE), Some(End::Removed), "the end")?;
    slot.insert()?;
    until_told(&slot, &PrivatePcscd::reader(0))?;
    let client = Client::connect(0, ShareMode::Shared)?;
    ensure_equal(client.transmit(&select())?, OK.to_vec(), "SELECT of the next client")
}
