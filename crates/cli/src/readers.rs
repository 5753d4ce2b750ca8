//! `kazasu readers`.

use crate::arguments::Readers;
use crate::exit::Failed;
use crate::json::{EventObject, Object, ReaderObject};
use crate::language::{self, say};
use crate::pcsc::{canceller, no_reader};
use crate::screen::Screen;
use crate::{hex, stream};
use kazasu::Outcome;
use kazasu_pcsc::{Event, Reader};

pub(crate) fn run(options: &Readers) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    if options.watch {
        return watch(screen);
    }
    let all = match kazasu_pcsc::Readers::system().list() {
        Ok(all) => all,
        Err(error) => return screen.no_reader(no_reader(&error), Object::done()),
    };
    if screen.json {
        let readers = Some(all.iter().map(object).collect());
        let message = all.is_empty().then(|| say::none_at_all().into_english());
        let object = if all.is_empty() { Object::new(Outcome::NoReader) } else { Object::done() };
        Object { readers, message, ..object }.print();
    } else if all.is_empty() {
        screen.line(screen.language.outcome(Outcome::NoReader, None));
    } else {
        for reader in &all {
            screen.line(line(screen, reader));
            if let Some(quirk) = reader.quirk() {
                screen.line(format_args!("  {}", language::quirk(quirk).of(screen.language)));
            }
        }
    }
    Ok(if all.is_empty() { Outcome::NoReader.code() } else { 0 })
}

const fn state(reader: &Reader) -> &'static str {
    if reader.is_mute() {
        "mute"
    } else if !reader.has_card() {
        "empty"
    } else if reader.is_held() {
        "in_use"
    } else {
        "card"
    }
}

fn object(reader: &Reader) -> ReaderObject {
    ReaderObject {
        name: reader.name.to_string(),
        state: state(reader),
        atr: reader.has_card().then(|| hex::encode(&reader.atr)),
        note: reader.quirk().map(|quirk| quirk.note),
    }
}

fn line(screen: Screen, reader: &Reader) -> String {
    let language = screen.language;
    let state = match state(reader) {
        "mute" => language.of("a card that does not answer", "応答しないカードがあります"),
        "empty" => language.of("empty", "カードなし"),
        "in_use" => {
            language.of("card, in use by a program", "カードあり（他のプログラムが使用中）")
        }
        _ => language.of("card", "カードあり"),
    };
    format!("{}: {state}", reader.name)
}

/// Prints one line an event, until Ctrl-C.
fn watch(screen: Screen) -> Result<u8, Failed> {
    crate::interrupt::job_ends_itself();
    let canceller = canceller();
    let mut watcher = match kazasu_pcsc::Readers::system().watch(&canceller) {
        Ok(watcher) => watcher,
        Err(error) => return screen.no_reader(no_reader(&error), Object::done()),
    };
    loop {
        match watcher.wait(None) {
            Ok(Some(event)) => show(screen, &event),
            Ok(None) => {}
            Err(_) if canceller.is_cancelled() => return Ok(Outcome::Cancelled.code()),
            Err(error) => return screen.no_reader(no_reader(&error), Object::done()),
        }
    }
}

fn show(screen: Screen, event: &Event) {
    let (name, reader) = match event {
        Event::CardIn { reader, .. } => ("card_in", Some(reader)),
        Event::CardMute { reader } => ("card_mute", Some(reader)),
        Event::CardOut { reader } => ("card_out", Some(reader)),
        Event::Free { reader } => ("free", Some(reader)),
        Event::InUse { reader, .. } => ("in_use", Some(reader)),
        Event::Plugged { reader } => ("plugged", Some(reader)),
        Event::Unplugged { reader } => ("unplugged", Some(reader)),
        Event::ServiceDown { .. } => ("service_down", None),
        Event::ServiceUp => ("service_up", None),
        _ => return,
    };
    let reader = reader.map(ToString::to_string);
    if screen.json {
        let object = EventObject { event: name, reader };
        stream::out(stream::json(&object).unwrap_or_default());
    } else {
        let language = screen.language;
        let text = match name {
            "card_in" => language.of("card in", "カードが置かれました"),
            "card_mute" => language.of("a card that does not answer", "カードが応答しません"),
            "card_out" => language.of("card out", "カードが離れました"),
            "free" => language.of("nobody uses the card", "カードの使用が終わりました"),
            "in_use" => language.of("a program uses the card", "カードが使用中です"),
            "plugged" => language.of("reader plugged in", "リーダーが接続されました"),
            "unplugged" => language.of("reader unplugged", "リーダーが外されました"),
            "service_down" => language.of("service down", "サービスが停止しています"),
            _ => language.of("service up", "サービスが起動しました"),
        };
        match reader {
            Some(reader) => screen.line(format_args!("{reader}: {text}")),
            None => screen.line(text),
        }
    }
}
