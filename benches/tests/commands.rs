//! The counts of the bench, held on every change; and that the bench can fail.

use kazasu_benches::commands::{Table, budget};
use kazasu_benches::work::{Situation, Work};

#[test]
fn counts_are_as_promised_and_never_more_than_the_peers() {
    let table = Table::measure().unwrap();
    assert_eq!(table.faults(), Vec::<String>::new());
    let commands = |work, situation| {
        let row = table.rows.iter().find(|row| (row.work, row.situation) == (work, situation));
        row.map(|row| (row.ours.commands, row.peer.commands)).unwrap()
    };
    assert_eq!(commands(Work::Certificate, Situation::Taken), (2, 9));
    assert_eq!(commands(Work::Signature, Situation::Taken), (4, 4));
    assert_eq!(commands(Work::Both, Situation::Taken), (5, 12));
    assert_eq!(commands(Work::Both, Situation::Refused), (12, 12));
    assert_eq!(commands(Work::Both, Situation::Declared), (11, 12));
    assert_eq!(table.peer_with_counter, 14);
}

#[test]
fn a_command_more_or_a_byte_more_than_the_peer_is_a_fault() {
    let table = Table::measure().unwrap();
    for mut row in table.rows {
        row.ours.commands = budget(row.work, row.situation) + 1;
        assert!(!row.faults().is_empty(), "{row:?}");

        row.ours.commands -= 1;
        assert!(row.faults().is_empty(), "{row:?}");
        row.ours.received = row.peer.received + 1;
        assert_eq!(row.faults().len(), 1, "{row:?}");
    }
}

#[test]
fn the_table_names_both_sides_and_what_is_only_cited() {
    let text = Table::measure().unwrap().to_string();
    for part in ["kazasu", "myna-card 3.3.4", "both together", "Not measured here: jpki/myna"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
