//! Cards before an antenna: that of a PN532, or of a raw radio.

use std::error::Error;
use std::path::Path;

use kazasu_virtual_card::contact::Pace;
use kazasu_virtual_card::pn532::{self, Pn532, Pn532Settings};
use kazasu_virtual_card::radio::{
    Bystander, Field, Picc, PiccSettings, TypeASettings, TypeBSettings,
};
use kazasu_virtual_card::{Card, Issue, Kind};

use crate::counter::{self, HandedIn};
use crate::stand_in_radio;

/// The commands with which a pulled card goes, of those that a check-in with extended length has:
/// SELECT, READ BINARY, the tries, VERIFY, the signature.
const VERIFY: u64 = 4;
const SIGNATURE: u64 = 5;

pub(crate) fn serve(folder: &Path, image: &str, variant: &str) -> Result<(), Box<dyn Error>> {
    let field = field(variant)?;
    let [data, counter] = counter::listen(folder, ["data", "counter"])?;
    let handed = HandedIn::new(true, variant)?;
    let _handed_out = handed.hand_in(counter)?;
    let (field, bytes, was_on) = match image {
        "nfc_radio" => stand_in_radio::serve(field, data)?,
        _ => {
            let chip = Pn532::new(field, Pn532Settings::default());
            let (mut chip, served) = pn532::serve(chip, data.try_clone()?, data, Pace::AtOnce);
            println!("chip-commands {}", chip.commands());
            let field = std::mem::take(chip.field_mut());
            (field, served.received + served.sent, served.field_was_on)
        }
    };
    println!("uart-bytes {bytes}");
    println!("frames {}", field.traffic().frames());
    println!("field-was-on {}", u8::from(was_on));
    if let Some(card) = field.card(0) {
        println!("card-commands {}", card.commands());
        println!("card-verify-commands {}", card.responder().verify_commands_seen());
        println!("activations {}", card.activations());
        println!("violations {}", card.violations().len());
        for violation in card.violations() {
            eprintln!("{violation:?}");
        }
    }
    Ok(())
}

/// What lies before the antenna.
fn field(variant: &str) -> Result<Field, Box<dyn Error>> {
    let mut issue = Issue::demonstration().seed(1);
    let settings = match variant {
        "no-card" => return Ok(Field::new()),
        "type-b" | "wrong-pin" | "two-cards" | "pulled-at-verify" | "pulled-at-signature" => {
            PiccSettings::type_b(TypeBSettings::JPKI_06)
        }
        "type-a" => {
            issue.kind = Kind::Android;
            PiccSettings::type_a(TypeASettings::PHONE)
        }
        other => return Err(format!("no variant: {other}").into()),
    };
    let mut card = Card::issue(issue)?;
    card.settings_mut().extended_length = true;
    let mut field = Field::with(Picc::new(card, settings));
    match variant {
        "two-cards" => {
            field.put_bystander(Bystander::type_b(TypeBSettings::JPKI_07));
        }
        "pulled-at-verify" => field.leave_at_command(0, VERIFY),
        "pulled-at-signature" => field.leave_at_command(0, SIGNATURE),
        _ => {}
    }
    Ok(field)
}
