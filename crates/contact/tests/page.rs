//! The timing table of `docs/contact-slot.md`, held to what the engines compute.

use kazasu_contact::atr::Atr;
use kazasu_contact::timing::{
    ANSWER_BEGINS, Blocks, Characters, INITIAL_WAITING_TIME, RESET_LOW, longest_turn,
};
use kazasu_contact::{Duration, Rate, Settings};

const PAGE: &str = include_str!("../../../docs/contact-slot.md");
const T1: &str = "3BDA13FF8131FB468012392F31C173C601C03B";
const T0: &str = "3B1013";
const CLOCK: u32 = 4_000_000;

/// The answer to reset, which must be named on the page.
fn atr(hex: &str) -> Atr {
    assert!(PAGE.contains(&format!("`{hex}`")), "{hex}");
    let bytes: Result<Vec<u8>, _> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16)).collect();
    Atr::parse(&bytes.unwrap_or_default()).unwrap_or_else(|error| panic!("{hex}: {error}"))
}

/// The last column of the row.
fn documented(what: &str) -> Option<u64> {
    let row = PAGE.lines().find_map(|line| line.strip_prefix(&format!("| {what} | ")))?;
    row.trim_end_matches(" |").rsplit("| ").next()?.replace(',', "").parse().ok()
}

#[test]
fn every_time_of_the_table_is_the_engines() {
    let settings = Settings::new(CLOCK, &[]);
    let (first, later) = (Rate::initial(CLOCK), Rate::new(CLOCK, 372, 4));
    let blocks = Blocks::new(&atr(T1), later);
    let characters = Characters::new(&atr(T0), later);
    let rows = [
        ("VCC stable before CLK", settings.power_up),
        ("RST low at least", first.etu(RESET_LOW)),
        ("answer to reset begins within", first.etu(ANSWER_BEGINS)),
        ("between two characters of the answer, at most", first.etu(INITIAL_WAITING_TIME)),
        ("the whole answer, at most", first.etu(settings.answer_limit)),
        ("etu before PPS", first.etu(1)),
        ("etu after PPS", later.etu(1)),
        ("T=1 block guard time", blocks.block_guard),
        ("T=1 character waiting time", blocks.character_waiting),
        ("T=1 block waiting time", blocks.block_waiting),
        ("T=0 turnaround", characters.turnaround),
        ("T=0 waiting time", characters.waiting),
        ("without power before the next activation", settings.power_down),
        ("one command, at most", settings.exchange_limit),
    ];
    let table = PAGE.split("## Timing").nth(1).and_then(|rest| rest.split("\n## ").next());
    let lines = table.unwrap_or_default().lines().filter(|line| line.starts_with("| "));
    // The head and its rule are not rows.
    assert_eq!(lines.count(), rows.len() + 1);
    for (what, time) in rows {
        assert_eq!(documented(what), Some(time.micros()), "{what}");
    }
}

#[test]
fn every_longest_turn_is_the_engines() {
    let rates =
        [(372, 1, "3BE000FF8131FE4514", ""), (372, 4, T1, ", D = 4"), (372, 1, T1, ", D = 1")]
            .into_iter()
            .chain([(512, 1, "3BF59100FF918171FE400042000100D1D6", "")]);
    for (f, d, hex, suffix) in rates {
        let turn = |queue| longest_turn(&atr(hex), Rate::new(CLOCK, f, d), queue);
        let row = PAGE.lines().find_map(|line| line.strip_prefix(&format!("| `{hex}`{suffix} | ")));
        let cells: Vec<String> = row
            .unwrap_or_default()
            .trim_end_matches(" |")
            .split(" | ")
            .map(|cell| cell.replace(',', ""))
            .collect();
        let expected = [turn(1), turn(2), turn(16)].map(|time| time.micros().to_string());
        assert_eq!(cells.get(..3), Some(expected.as_slice()), "{hex}{suffix}");
        assert_eq!((cells.get(3).map(String::as_str), turn(259)), (Some("any"), Duration::MAX));
    }
    // What the receiver has to hold.
    assert!(PAGE.contains("1,023 µs at D = 1 and 256 µs at D = 4 (11 etu, 4 MHz)"));
    let characters = [1, 4].map(|d| Rate::new(CLOCK, 372, d).etu(11).micros());
    assert_eq!(characters, [1_023, 256]);
}

#[test]
fn every_error_in_the_page_on_hanging_cards_has_its_name_from_the_crate() {
    let part =
        PAGE.split("## When a card hangs").nth(1).and_then(|rest| rest.split("\n## ").next());
    let part = part.unwrap_or_default();
    use kazasu_contact::Error;
    let errors = [
        Error::Mute,
        Error::TimedOut,
        Error::Unresponsive,
        Error::ExtensionLimit,
        Error::NullLimit,
        Error::ExchangeLimit,
        Error::Babble,
        Error::Latency,
        Error::InvalidCommand,
        Error::LongCommand,
        Error::NotReady,
        Error::Cancelled,
        Error::Resynchronised,
        Error::CardRemoved,
    ];
    for error in errors {
        assert!(part.contains(&format!("`{error:?}`")), "{error:?}");
    }
}
