//! Prints readers and cards as they come and go, until Ctrl-C. Connects to no card.

use kazasu_pcsc::{Canceller, Event, Readers};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let canceller = Canceller::new();
    let on_signal = canceller.clone();
    // `ctrlc` calls this on a thread of its own, not inside of the signal handler.
    ctrlc::set_handler(move || on_signal.cancel())?;

    // The watcher waits inside of the service; nothing is polled. It ends when it is cancelled.
    for event in Readers::system().watch(&canceller)? {
        match event {
            Event::Plugged { reader } => println!("{reader}: plugged in"),
            Event::Unplugged { reader } => println!("{reader}: unplugged"),
            // The answer to reset says little: a contactless reader makes it up. Whether it is a My
            // Number card, SELECT decides.
            Event::CardIn { reader, atr } => println!("{reader}: card, {atr:02X?}"),
            Event::CardMute { reader } => println!("{reader}: card does not answer; turn it"),
            Event::CardOut { reader } => println!("{reader}: card left"),
            Event::InUse { reader, exclusive: true } => println!("{reader}: held by a program"),
            Event::InUse { reader, .. } => println!("{reader}: used by a program"),
            Event::Free { reader } => println!("{reader}: free"),
            Event::ServiceDown { error } => println!("service: {error}"),
            Event::ServiceUp => println!("service: there again"),
            // More may come with later versions.
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
