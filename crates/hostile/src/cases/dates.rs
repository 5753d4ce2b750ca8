//! The validity (RFC 5280 section 4.1.2.5): how it is written, whether it fits the root's, and
//! whether the moment is inside of it.

use kazasu_pki::{Error, Phase, SignatureError};
use kazasu_tlv::ErrorKind;

use crate::{
    case::{Cases, Expected, Refusal, Where, certificate},
    der,
    key::Keys,
    world::{Worlds, time},
};

const UTC: &str = "RFC 5280 4.1.2.5.1";
const GENERALIZED: &str = "RFC 5280 4.1.2.5.2";

pub(crate) fn add(cases: &mut Cases, _keys: &Keys, worlds: &Worlds) {
    written(cases, worlds);
    order(cases, worlds);
    phases(cases, worlds);
    issued(cases, worlds);
}

fn written(cases: &mut Cases, worlds: &Worlds) {
    let utc = der::utc_time;
    let generalized = der::generalized_time;
    let end = "an end that every reader understands in another way";
    for (name, hope, clause, not_after) in [
        ("utc-no-seconds", end, UTC, utc("3002171459Z")),
        ("utc-offset", "nine hours more", UTC, utc("300217235959+0900")),
        ("utc-offset-negative", "nine hours more", UTC, utc("300217235959-0900")),
        ("utc-local", end, UTC, utc("300217145959")),
        ("utc-fraction", end, UTC, utc("300217145959.5Z")),
        ("utc-lower-z", end, UTC, utc("300217145959z")),
        ("utc-four-digits-of-year", "2030 read as the year 20", UTC, utc("20300217145959Z")),
        ("utc-space", "a space is a digit to some", UTC, utc("30 217145959Z")),
        ("utc-sign", "a sign is a digit to some", UTC, utc("+30217145959Z")),
        ("utc-letters", end, UTC, utc("3O0217145959Z")),
        ("utc-full-width-digits", end, UTC, utc("３００２１７１４５９５９Z")),
        ("utc-null-octet", "the text ends at the NUL", UTC, utc("300217145959\0Z")),
        ("utc-trailing", end, UTC, utc("300217145959Z0")),
        ("utc-empty", "no date, no end", UTC, utc("")),
        ("utc-month-13", "a month that rolls over", UTC, utc("301317145959Z")),
        ("utc-month-00", "a month that rolls under", UTC, utc("300017145959Z")),
        ("utc-day-00", "a day that rolls under", UTC, utc("300200145959Z")),
        ("utc-31-february", "a day that rolls over", UTC, utc("300231145959Z")),
        ("utc-29-february", "a leap day in a year without", UTC, utc("300229145959Z")),
        ("utc-31-april", "a day that rolls over", UTC, utc("300431145959Z")),
        ("utc-hour-24", "an hour that rolls over", UTC, utc("300217240000Z")),
        ("utc-minute-60", "a minute that rolls over", UTC, utc("300217146059Z")),
        ("utc-second-60", "a leap second that rolls over", UTC, utc("300217145960Z")),
        (
            "generalized-before-2050",
            "two encodings of one date",
            GENERALIZED,
            generalized("20300217145959Z"),
        ),
        (
            "generalized-2049",
            "two encodings of one date",
            GENERALIZED,
            generalized("20491231235959Z"),
        ),
        (
            "generalized-1949",
            "a year that no UTCTime can hold",
            GENERALIZED,
            generalized("19491231235959Z"),
        ),
        (
            "generalized-year-0",
            "a year before all others",
            GENERALIZED,
            generalized("00000101000000Z"),
        ),
        ("generalized-fraction", end, GENERALIZED, generalized("20500101000000.5Z")),
        ("generalized-no-seconds", end, GENERALIZED, generalized("205001010000Z")),
        ("generalized-hours-only", end, GENERALIZED, generalized("2050010100Z")),
        ("generalized-local", end, GENERALIZED, generalized("20500101000000")),
        ("generalized-offset", "nine hours more", GENERALIZED, generalized("20500101000000+0900")),
        (
            "generalized-five-digits",
            "a year beyond all",
            GENERALIZED,
            generalized("120500101000000Z"),
        ),
        (
            "generalized-two-digits",
            "the year 50 of any century",
            GENERALIZED,
            generalized("500101000000Z"),
        ),
        (
            "generalized-29-february-2100",
            "a leap day that 2100 has not",
            GENERALIZED,
            generalized("21000229000000Z"),
        ),
        (
            "time-as-text",
            "what looks like a date is one",
            "RFC 5280 4.1.2.5",
            der::utf8("300217145959Z"),
        ),
        (
            "time-as-number",
            "seconds since 1970",
            "RFC 5280 4.1.2.5",
            der::integer(&[0x71, 0, 0, 0]),
        ),
        (
            "time-context-tag",
            "a CHOICE has no tag of its own",
            "RFC 5280 4.1.2.5",
            der::element(0x80, b"300217145959Z"),
        ),
        ("time-null", "no date, no end", "RFC 5280 4.1.2.5", der::element(5, &[0x42, 0x42, 0x42])),
    ] {
        let expected = Expected::At(Where::ValidityDate, not_after.clone());
        cases.add(format!("not-after-{name}"), hope, clause, &worlds.auth, expected, |w| {
            w.leaf.not_after = not_after;
        });
    }
    for (name, not_before) in [
        ("no-seconds", utc("2510270135Z")),
        ("offset", utc("251027103542+0900")),
        ("31-february", utc("260231013542Z")),
        ("generalized-before-2050", generalized("20251027013542Z")),
    ] {
        let expected = Expected::At(Where::ValidityDate, not_before.clone());
        let hope = "a beginning that every reader understands in another way";
        cases.add(format!("not-before-{name}"), hope, UTC, &worlds.auth, expected, |w| {
            w.leaf.not_before = not_before;
        });
    }

    let third = der::utc_time("450217145959Z");
    let place = Where::MalformedAfter(ErrorKind::TrailingBytes, 15);
    let both = [utc("300217145959Z"), third].concat();
    cases.add(
        "validity-of-three",
        "the last date is believed",
        "RFC 5280 4.1",
        &worlds.auth,
        Expected::At(place, both.clone()),
        |w| w.leaf.not_after = both,
    );
    let alone = utc("251027013542Z");
    let place = Where::MalformedAfter(ErrorKind::Overrun, alone.len());
    cases.add(
        "validity-of-one",
        "no end, so never",
        "RFC 5280 4.1",
        &worlds.auth,
        Expected::At(place, alone),
        |w| w.leaf.not_after = Vec::new(),
    );
}

/// A validity that ends before it begins holds no moment, and no months of grace follow it.
fn order(cases: &mut Cases, worlds: &Worlds) {
    for (name, hope, not_before, not_after) in [
        ("by-a-second", "the grace is counted from its end", "261001000000Z", "260930235959Z"),
        ("by-years", "either date is believed", "261001000000Z", "220930235959Z"),
        (
            "because-50-is-1950",
            "the two digits 50 are 2050 to some",
            "251027013542Z",
            "500217145959Z",
        ),
    ] {
        let not_after = der::utc_time(not_after);
        let expected = Expected::At(Where::ValidityDate, not_after.clone());
        let name = format!("not-after-before-not-before-{name}");
        cases.add(name, hope, "RFC 5280 4.1.2.5", &worlds.auth, expected, |w| {
            w.leaf.not_before = der::utc_time(not_before);
            w.leaf.not_after = not_after;
        });
    }
}

fn phases(cases: &mut Cases, worlds: &Worlds) {
    let phase = |phase| Expected::Exactly(Refusal::Challenge(SignatureError::Phase(phase)));
    let clause = "RFC 5280 6.1.3 (a)(2)";
    for (name, hope, now, expected) in [
        (
            "not-yet-valid",
            "one second early is close enough",
            "2025-10-27T01:35:41Z",
            Phase::NotYet,
        ),
        ("not-yet-valid-by-years", "a clock that was reset", "1970-01-01T00:00:00Z", Phase::NotYet),
        (
            "over",
            "the grace is counted from the end of the month",
            "2030-05-17T15:00:00Z",
            Phase::Over,
        ),
        ("over-by-years", "an old card still signs", "2044-01-01T00:00:00Z", Phase::Over),
    ] {
        cases.add(name, hope, clause, &worlds.auth, phase(expected), |w| w.now = time(now));
    }
}

fn issued(cases: &mut Cases, worlds: &Worlds) {
    let outside = certificate(Error::IssuedOutsideAnchorValidity);
    let clause = "docs/architecture.md, crates/pki";
    for (name, hope, not_before) in [
        ("issued-before-the-root", "a certificate that is older than its issuer", "191231235959Z"),
        ("issued-after-the-root", "a root's key is found after its end", "391231150000Z"),
        ("not-before-1950", "the two digits 50 are 2050 to some", "500101000000Z"),
        ("not-before-1999", "the two digits 99 are 2099 to some", "991231235959Z"),
    ] {
        cases.add(name, hope, clause, &worlds.auth, outside.clone(), |w| {
            w.leaf.not_before = der::utc_time(not_before);
            w.leaf.not_after = der::generalized_time("20600101000000Z");
        });
    }
    cases.add(
        "root-not-yet-valid",
        "a root that is not in use yet",
        clause,
        &worlds.auth,
        outside.clone(),
        |w| w.root(|root| root.not_before = der::utc_time("260101000000Z")),
    );
    cases.add(
        "root-over",
        "a root that was over when it issued",
        clause,
        &worlds.auth,
        outside,
        |w| w.root(|root| root.not_after = der::utc_time("251027013541Z")),
    );
}
