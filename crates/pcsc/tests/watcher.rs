//! Events of readers, cards and the service, over the stand-in.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]
mod common;

use common::{READER, SharedCard, open, readers, stand_in};
use kazasu_pcsc::stand_in::{StandIn, Trouble};
use kazasu_pcsc::{Canceller, Code, Error, Event, Operation, ReaderName, Settings, Watcher};
use std::time::{Duration, Instant};

const LONG: Option<Duration> = Some(Duration::from_secs(20));

fn next(watcher: &mut Watcher) -> Event {
    watcher.wait(LONG).unwrap().expect("an event")
}

fn reader() -> ReaderName {
    READER.into()
}

#[test]
fn readers_and_cards_come_and_go() {
    let service = StandIn::new();
    let mut watcher = readers(&service).watch(&Canceller::new()).unwrap();
    assert_eq!(watcher.wait(Some(Duration::from_millis(50))), Ok(None));
    service.plug(READER);
    assert_eq!(next(&mut watcher), Event::Plugged { reader: reader() });
    let card = SharedCard::new();
    service.insert(READER, card.boxed());
    let atr = card.seen().card.atr().to_vec();
    assert_eq!(next(&mut watcher), Event::CardIn { reader: reader(), atr: atr.clone() });
    let link = open(&service, Settings::default()).unwrap();
    assert_eq!(next(&mut watcher), Event::InUse { reader: reader(), exclusive: true });
    drop(link);
    assert_eq!(next(&mut watcher), Event::Free { reader: reader() });
    let removed = service.remove(READER).unwrap();
    assert_eq!(next(&mut watcher), Event::CardOut { reader: reader() });
    service.insert(READER, removed);
    assert_eq!(next(&mut watcher), Event::CardIn { reader: reader(), atr });
    service.unplug(READER);
    assert_eq!(next(&mut watcher), Event::CardOut { reader: reader() });
    assert_eq!(next(&mut watcher), Event::Unplugged { reader: reader() });
    drop(watcher);
    assert_eq!(service.open(), (0, 0));
}

#[test]
fn a_visit_that_ended_between_two_looks_is_told() {
    let (service, card) = stand_in();
    let mut watcher = readers(&service).watch(&Canceller::new()).unwrap();
    assert_eq!(next(&mut watcher), Event::Plugged { reader: reader() });
    assert!(matches!(next(&mut watcher), Event::CardIn { .. }));
    // The watcher finds a card both times; the count says that it left in between.
    service.all_at_once(|service| {
        service.remove(READER);
        service.insert(READER, card.boxed());
    });
    assert_eq!(next(&mut watcher), Event::CardOut { reader: reader() });
    assert!(matches!(next(&mut watcher), Event::CardIn { .. }));
}

#[test]
fn the_service_goes_down_and_comes_back() {
    let (service, _) = stand_in();
    service.stop();
    let mut watcher = readers(&service).watch(&Canceller::new()).unwrap();
    let is_down = |event| matches!(event, Event::ServiceDown { error } if error.code() == Some(Code::NoService));
    assert!(is_down(next(&mut watcher)));
    service.start();
    assert_eq!(next(&mut watcher), Event::ServiceUp);
    assert_eq!(next(&mut watcher), Event::Plugged { reader: reader() });
    assert!(matches!(next(&mut watcher), Event::CardIn { .. }));
    service.stop();
    assert!(is_down(next(&mut watcher)));
    service.start();
    assert_eq!(next(&mut watcher), Event::ServiceUp);
    assert_eq!(next(&mut watcher), Event::Plugged { reader: reader() });
}

#[test]
fn waiting_is_cancelled_from_another_thread_and_goes_on_when_cleared() {
    let service = StandIn::new();
    let canceller = Canceller::new();
    let mut watcher = readers(&service).watch(&canceller).unwrap();
    let other = canceller.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        other.cancel();
    });
    let operation = Operation::StatusChange;
    assert_eq!(watcher.wait(None), Err(Error::Cancelled { operation }));
    assert_eq!(watcher.next(), None);
    thread.join().unwrap();
    canceller.clear();
    service.plug(READER);
    assert_eq!(next(&mut watcher), Event::Plugged { reader: reader() });
}

#[test]
fn nothing_is_asked_while_nothing_happens() {
    let (service, _) = stand_in();
    let mut watcher = readers(&service).watch(&Canceller::new()).unwrap();
    while watcher.wait(Some(Duration::from_millis(100))).unwrap().is_some() {}
    service.clear_calls();
    assert_eq!(watcher.wait(Some(Duration::from_millis(300))), Ok(None));
    assert!(service.calls().is_empty(), "{:?}", service.calls());
}

#[test]
fn errors_of_the_wait_are_survived_and_dropping_never_hangs() {
    for code in [Code::UnknownReader, Code::ReaderUnavailable, Code::Cancelled, Code::Timeout] {
        let (service, _) = stand_in();
        service.trouble(Operation::StatusChange, 1, Trouble::Code(code));
        let mut watcher = readers(&service).watch(&Canceller::new()).unwrap();
        assert_eq!(next(&mut watcher), Event::Plugged { reader: reader() });
        assert!(matches!(next(&mut watcher), Event::CardIn { .. }), "{code:?}");
    }
    let (service, _) = stand_in();
    service.trouble(Operation::Establish, 1, Trouble::Hang);
    let watcher = readers(&service).watch(&Canceller::new()).unwrap();
    let begun = Instant::now();
    drop(watcher);
    assert!(begun.elapsed() < Duration::from_secs(5));
    service.release();
}

#[test]
fn readers_are_listed_with_what_is_on_them() {
    let (service, card) = stand_in();
    service.plug("Another 01 00");
    let list = readers(&service).list().unwrap();
    let seen: Vec<_> =
        list.iter().map(|reader| (reader.name.to_string(), reader.has_card())).collect();
    assert_eq!(seen, [(READER.to_owned(), true), ("Another 01 00".to_owned(), false)]);
    assert_eq!(list[0].atr, card.seen().card.atr());
    let empty = readers(&StandIn::new()).list().unwrap();
    assert!(empty.is_empty());
    // One that is unplugged while they are listed does not spoil the list.
    service.trouble(Operation::StatusChange, 1, Trouble::Code(Code::UnknownReader));
    assert_eq!(readers(&service).list().unwrap().len(), 2);
    service.stop();
    let error = readers(&service).list().unwrap_err();
    assert_eq!(error.code(), Some(Code::NoService));
}
