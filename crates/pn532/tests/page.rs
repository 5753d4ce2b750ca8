//! The code of `docs/nfc-reader.md` on the PN532, every line of which stands in this file too, and
//! the figures of its table.

use kazasu_nfc::{Link, Settings as FieldSettings};
use kazasu_pn532::{Pn532, Settings, bus::SerialNb};

const PAGE: &str = include_str!("../../../docs/nfc-reader.md");
const THIS: &str = include_str!("page.rs");

struct Timer;

impl Timer {
    const fn micros(&self) -> u64 {
        0
    }
}

/// The code of the page.
fn reader<U>(uart: U, timer: &Timer) -> bool
where
    U: embedded_hal_nb::serial::Read + embedded_hal_nb::serial::Write,
{
    let mut frame = [0; 256];
    let chip = Pn532::new(SerialNb::new(uart), || timer.micros(), Settings::default());
    let mut link = Link::new(chip, FieldSettings::default(), &mut frame);
    link.card().is_none() && link.front_end_mut().firmware().is_none()
}

#[test]
fn the_code_of_the_page_compiles() {
    let mut uart = embedded_hal_mock::eh1::serial::Mock::new(&[]);
    assert!(reader(uart.clone(), &Timer));
    uart.done();
    let code = PAGE.split("## With a PN532").nth(1).unwrap_or_default();
    let code = code.split("```rust,ignore\n").nth(1).unwrap_or_default();
    let code = code.split("```").next().unwrap_or_default();
    assert!(code.lines().count() > 4);
    for line in code.lines() {
        assert!(THIS.contains(line.trim()), "{line}");
    }
}

/// Each feature is in the table, and what the code needs is in the dependencies above it.
#[test]
fn the_features_of_the_page_are_those_of_the_crate() {
    let part = PAGE.split("## With a PN532").nth(1).unwrap_or_default();
    let features = include_str!("../Cargo.toml").split("[features]").nth(1).unwrap_or_default();
    let features = features.split("\n[").next().unwrap_or_default();
    let names = features.lines().filter(|line| !line.starts_with('#'));
    let names = names.filter_map(|line| Some(line.split_once(" = ")?.0.trim_matches('"')));
    let names: Vec<_> = names.filter(|name| *name != "default").collect();
    assert!(names.len() > 4);
    for name in &names {
        assert!(part.contains(&format!("\n| `{name}` |")), "{name}");
    }
    let dependencies = part.split("```toml\n").nth(1).unwrap_or_default();
    assert!(dependencies.starts_with("[dependencies]\n"));
    let needed =
        "kazasu-pn532 = { path = \"kazasu/crates/pn532\", features = [\"embedded-hal-nb\"] }";
    assert!(names.contains(&"embedded-hal-nb") && dependencies.contains(needed));
}

#[test]
fn the_settings_of_the_page_are_the_defaults() {
    let settings = Settings::default();
    let part = PAGE.split("## With a PN532").nth(1).unwrap_or_default();
    for (name, value) in [
        ("grace", format!("`grace` ({} ms)", settings.grace.micros() / 1_000)),
        ("renewals", "three times (`renewals`)".to_owned()),
        ("attempts", "of three attempts (`attempts`)".to_owned()),
    ] {
        assert!(part.contains(&value), "{name}");
    }
    assert_eq!((settings.renewals, settings.attempts), (3, 3));
}
