//! The phases of a certificate: a table of every kind of boundary day, and every day of thirty
//! years held to an oracle that counts days on a list and never computes with dates.
#![allow(clippy::unwrap_used, reason = "helpers of tests are outside #[test]")]

use kazasu_pki::{Boundaries, Date, Ends, GraceBase, Permit, Phase, PhaseRules, Time};

fn time(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// 00:00:00 in Japan, and 23:59:59.
fn bounds(text: &str) -> [Time; 2] {
    [time(&format!("{text}T00:00:00+09:00")), time(&format!("{text}T23:59:59+09:00"))]
}

fn boundaries(rules: PhaseRules, not_after: Time) -> Boundaries {
    rules.boundaries(time("2010-01-01T00:00:00Z"), not_after)
}

fn in_card(rules: PhaseRules, not_after: Time, card: &str) -> Boundaries {
    rules.boundaries_in_card(time("2010-01-01T00:00:00Z"), not_after, day(card))
}

/// Last day of validity; first day of warning; last day of grace by either reading.
const TABLE: [(&str, &str, &str, &str); 22] = [
    ("2030-02-17", "2029-11-17", "2030-05-17", "2030-05-31"),
    // Ends of months: 31 to 30, 31 to 28 and 29, 30 to 28 and 29, 30 to 31.
    ("2026-01-31", "2025-10-31", "2026-04-30", "2026-04-30"),
    ("2026-03-31", "2025-12-31", "2026-06-30", "2026-06-30"),
    ("2026-04-30", "2026-01-30", "2026-07-30", "2026-07-31"),
    ("2026-05-31", "2026-02-28", "2026-08-31", "2026-08-31"),
    ("2026-05-30", "2026-02-28", "2026-08-30", "2026-08-31"),
    ("2026-05-29", "2026-02-28", "2026-08-29", "2026-08-31"),
    ("2026-05-28", "2026-02-28", "2026-08-28", "2026-08-31"),
    ("2028-05-31", "2028-02-29", "2028-08-31", "2028-08-31"),
    ("2028-05-29", "2028-02-29", "2028-08-29", "2028-08-31"),
    ("2026-11-30", "2026-08-30", "2027-02-28", "2027-02-28"),
    ("2026-11-29", "2026-08-29", "2027-02-28", "2027-02-28"),
    ("2026-11-28", "2026-08-28", "2027-02-28", "2027-02-28"),
    ("2027-11-30", "2027-08-30", "2028-02-29", "2028-02-29"),
    ("2027-11-28", "2027-08-28", "2028-02-28", "2028-02-29"),
    ("2026-08-31", "2026-05-31", "2026-11-30", "2026-11-30"),
    // 29 February, the day before and the day after; a birthday on it.
    ("2028-02-28", "2027-11-28", "2028-05-28", "2028-05-31"),
    ("2028-02-29", "2027-11-29", "2028-05-29", "2028-05-31"),
    ("2028-03-01", "2027-12-01", "2028-06-01", "2028-06-30"),
    // Year ends.
    ("2026-12-31", "2026-09-30", "2027-03-31", "2027-03-31"),
    ("2027-01-01", "2026-10-01", "2027-04-01", "2027-04-30"),
    ("2026-10-01", "2026-07-01", "2027-01-01", "2027-01-31"),
];

#[test]
fn every_boundary_day() {
    for (last, warning, by_day, by_month) in TABLE {
        let [_, not_after] = bounds(last);
        for (base, grace) in [(GraceBase::ExpiryDay, by_day), (GraceBase::EndOfMonth, by_month)] {
            let rules = PhaseRules::new().with_grace_base(base);
            let found = boundaries(rules, not_after);
            assert_eq!(found.expiring_from, bounds(warning)[0], "{last}");
            assert_eq!(found.not_after, not_after, "{last}");
            assert_eq!(found.grace_until, bounds(grace)[1], "{last} {base:?}");
            assert_eq!(found.ends, Ends::WithCertificate);
            // The second before, the second itself and the one after, at each of them.
            for (at, before, after) in [
                (bounds(warning)[0].unix() - 1, Phase::Valid, Phase::Expiring),
                (not_after.unix(), Phase::Expiring, Phase::Grace),
                (bounds(grace)[1].unix(), Phase::Grace, Phase::Over),
            ] {
                assert_eq!(found.phase(Time::from_unix(at - 1)), before, "{last} {at}");
                assert_eq!(found.phase(Time::from_unix(at)), before, "{last} {at}");
                assert_eq!(found.phase(Time::from_unix(at + 1)), after, "{last} {at}");
            }
        }
        let none = boundaries(PhaseRules::new().without_grace(), not_after);
        assert_eq!(none.grace_until, not_after);
        assert_eq!(none.phase(Time::from_unix(not_after.unix() + 1)), Phase::Over);
    }
}

/// A day in Japan ends at 14:59:59Z, whatever the notation of the clock.
#[test]
fn days_are_those_of_japan() {
    let found = boundaries(PhaseRules::new(), time("2026-12-31T14:59:59Z"));
    for (now, phase) in [
        ("2026-12-31T14:59:59Z", Phase::Expiring),
        ("2026-12-31T23:59:59+09:00", Phase::Expiring),
        ("2026-12-31T15:00:00Z", Phase::Grace),
        ("2027-01-01T00:00:00+09:00", Phase::Grace),
        ("2026-12-31T04:59:59-10:00", Phase::Expiring),
        ("2026-12-31T05:00:00-10:00", Phase::Grace),
        ("2027-03-31T14:59:59Z", Phase::Grace),
        ("2027-03-31T15:00:00Z", Phase::Over),
        ("2026-09-29T14:59:59Z", Phase::Valid),
        ("2026-09-29T15:00:00Z", Phase::Expiring),
    ] {
        assert_eq!(found.phase(time(now)), phase, "{now}");
    }
}

/// A certificate is of no use beyond the card that it is in.
#[test]
fn the_card_may_end_first() {
    let not_after = bounds("2030-02-17")[1];
    let rules = PhaseRules::new();
    let later = in_card(rules, not_after, "2035-02-17");
    assert_eq!(later, boundaries(rules, not_after));
    assert_eq!(later.ends, Ends::WithCertificate);

    // The card ends within the months of grace, and they with it.
    let within = in_card(rules, not_after, "2030-03-31");
    assert_eq!((within.not_after, within.ends), (not_after, Ends::WithCertificate));
    assert_eq!(within.grace_until, bounds("2030-03-31")[1]);
    assert_eq!(within.phase(bounds("2030-03-31")[1]).permit(), Permit::IdentityOnly);
    assert_eq!(within.phase(bounds("2030-04-01")[0]).permit(), Permit::Nothing);

    // On the same day, as when a card is ten years old: no grace, and a new card.
    let same = in_card(rules, not_after, "2030-02-17");
    assert_eq!((same.not_after, same.ends), (not_after, Ends::WithCard));
    assert_eq!(same.grace_until, not_after);
    assert_eq!(same.phase(bounds("2030-02-18")[0]), Phase::Over);

    // The card ends first, against the profile: the warning counts from there.
    let first = in_card(rules, not_after, "2029-12-31");
    assert_eq!((first.not_after, first.ends), (bounds("2029-12-31")[1], Ends::WithCard));
    assert_eq!(first.expiring_from, bounds("2029-09-30")[0]);
    assert_eq!(first.phase(bounds("2030-01-01")[0]), Phase::Over);

    // The other reading: grace after the card's end as after a certificate's.
    let beyond = rules.with_grace_beyond_card();
    let first = in_card(beyond, not_after, "2029-12-31");
    assert_eq!(first.grace_until, bounds("2030-03-31")[1]);
    assert_eq!(first.phase(bounds("2030-01-01")[0]), Phase::Grace);
    let within = in_card(beyond, not_after, "2030-03-31");
    assert_eq!(within.grace_until, bounds("2030-05-17")[1]);
    // Phones have none in any reading.
    let phone = in_card(beyond.without_grace(), not_after, "2029-12-31");
    assert_eq!(phone.phase(bounds("2030-01-01")[0]), Phase::Over);

    // Nobody gains by changing that day, which no signature covers: at no moment is more permitted
    // than without it.
    let without = boundaries(rules, not_after);
    for card in ["2029-12-31", "2030-02-16", "2030-02-17", "2030-03-31", "2099-12-31"] {
        let with = in_card(rules, not_after, card);
        for days in -400..400 {
            let now = Time::from_unix(not_after.unix() + days * 86_400);
            assert!(with.phase(now).permit() <= without.phase(now).permit(), "{card} {days}");
        }
    }
}

/// Every day from 2014 to 2046, in order: year, month, day. 29 February by counting to four;
/// no century is in between.
fn calendar() -> Vec<(u16, u8, u8)> {
    let mut days = Vec::new();
    for year in 2014..=2046 {
        for (month, length) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            let length = if month == 2 && (year - 2012) % 4 == 0 { 29 } else { length };
            days.extend((1..=length).map(|day| (year, month, day)));
        }
    }
    days
}

/// The first day of the calendar, 2014-01-01 in Japan, begins at this second.
const FIRST: i64 = 1_388_502_000;

/// The month three before or after.
fn other_month(year: u16, month: u8, forwards: bool) -> (u16, u8) {
    match (month, forwards) {
        (10..=12, true) => (year + 1, month - 9),
        (_, true) => (year, month + 3),
        (1..=3, false) => (year - 1, month + 9),
        (_, false) => (year, month - 3),
    }
}

#[test]
fn every_day_of_thirty_years() {
    let days = calendar();
    assert_eq!(time("2014-01-01T00:00:00+09:00").unix(), FIRST);
    // The last day of a month that is not after a day of the month.
    let last = |(year, month): (u16, u8), most: u8| {
        *days.iter().rfind(|it| (it.0, it.1) == (year, month) && it.2 <= most).unwrap()
    };
    let mut judged = 0_u32;
    for (index, expiry) in days.iter().enumerate() {
        let (year, month, of_month) = *expiry;
        if !(2015..=2045).contains(&year) {
            continue;
        }
        let begin = FIRST + 86_400 * i64::try_from(index).unwrap();
        let warning = last(other_month(year, month, false), of_month);
        for (base, most) in [(GraceBase::ExpiryDay, of_month), (GraceBase::EndOfMonth, 31)] {
            let grace = last(other_month(year, month, true), most);
            let rules = PhaseRules::new().with_grace_base(base);
            let found = boundaries(rules, Time::from_unix(begin + 86_399));
            for (today, at) in days[index - 100..index + 130].iter().zip(index - 100..) {
                let expected = if today > &grace {
                    Phase::Over
                } else if today > expiry {
                    Phase::Grace
                } else if today >= &warning {
                    Phase::Expiring
                } else {
                    Phase::Valid
                };
                let first_second = FIRST + 86_400 * i64::try_from(at).unwrap();
                for second in [first_second, first_second + 86_399] {
                    let phase = found.phase(Time::from_unix(second));
                    assert_eq!(phase, expected, "{expiry:?} on {today:?} {base:?}");
                    judged += 1;
                }
            }
        }
    }
    // 31 years with eight days more, two readings, 230 days around each, both ends of the day.
    assert_eq!(judged, (31 * 365 + 8) * 2 * 230 * 2);
}
