//! Lists that are right.

use kazasu_pki::revocation::{
    CrlStream, Error, Good, Reason, Revocation, RevocationRules, Unknown,
};
use kazasu_pki::rsa::Fixed;

use crate::make::{
    List, authority_key, entry, extension, generalized, holder, in_grace, issuing_point, now,
    number, point_name, reason, signer, time, tlv, utc,
};
use crate::{crl, crl_at};

fn good(revocation: Revocation) -> Good {
    match revocation {
        Revocation::Good(good) => good,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_not_listed_is_good_as_of_that_list() {
    let good = good(crl(&holder(), &List::new().der()).unwrap());
    assert_eq!(good.this_update, time("2026-11-20T15:00:00Z"));
    assert_eq!(good.next_update, Some(time("2026-11-21T15:00:00Z")));
    assert_eq!(good.number.unwrap().to_string(), "102");
    // No entries at all, in either way of writing that.
    for entries in [None, Some(vec![])] {
        let list = List { entries, ..List::new() };
        assert!(matches!(crl(&holder(), &list.der()), Ok(Revocation::Good(_))));
    }
}

#[test]
fn who_is_listed_is_revoked_with_date_and_reason() {
    for (extensions, why) in [
        (vec![], None),
        (vec![reason(0)], Some(Reason::Unspecified)),
        (vec![reason(1)], Some(Reason::KeyCompromise)),
        (vec![reason(3)], Some(Reason::AffiliationChanged)),
        (vec![reason(6)], Some(Reason::CertificateHold)),
        (vec![reason(10)], Some(Reason::AaCompromise)),
        // Not critical, not known: no harm.
        (vec![extension("1.2.3.4", false, &[5, 0]), reason(5)], Some(Reason::CessationOfOperation)),
    ] {
        let answer = crl(&holder(), &List::revoking(&extensions).der()).unwrap();
        let Revocation::Revoked(revoked) = answer else { panic!("{answer:?}") };
        assert_eq!((revoked.reason, revoked.invalidity_date), (why, None));
        assert_eq!(revoked.date, time("2026-10-01T00:00:00Z"));
    }
    let lost = extension("2.5.29.24", false, &generalized("20260930120000"));
    let answer = crl(&holder(), &List::revoking(&[lost]).der()).unwrap();
    let Revocation::Revoked(revoked) = answer else { panic!("{answer:?}") };
    assert_eq!(revoked.invalidity_date, Some(time("2026-09-30T12:00:00Z")));
}

#[test]
fn serials_are_compared_whole() {
    let serial = holder().certificate().serial().to_vec();
    for other in [
        serial[1..].to_vec(),
        serial[..2].to_vec(),
        [&serial[..], &[0]].concat(),
        [&[1], &serial[..]].concat(),
        [&serial[..2], &[serial[2] ^ 1]].concat(),
    ] {
        let list = List { entries: Some(vec![entry(&other, &[])]), ..List::new() };
        assert!(matches!(crl(&holder(), &list.der()), Ok(Revocation::Good(_))), "{other:02x?}");
    }
}

#[test]
fn scopes_that_cover_the_certificate() {
    // Several names for one point: one is enough.
    let point = point_name();
    let full = &point[header(&point)..];
    let uri = tlv(0x86, b"ldap://nowhere.invalid");
    let names = tlv(0xA0, &tlv(0xA0, &[&uri, &full[header(full)..]].concat()));
    for scope in [
        vec![],
        vec![issuing_point(&[&point_name()])],
        vec![issuing_point(&[&names])],
        vec![issuing_point(&[&tlv(0x81, &[0xFF])])],
    ] {
        let extensions = [vec![authority_key(), number(&[1])], scope].concat();
        let list = List { extensions, ..List::new() };
        assert!(matches!(crl(&holder(), &list.der()), Ok(Revocation::Good(_))));
    }
}

/// The length of an object's header.
fn header(object: &[u8]) -> usize {
    match object[1] {
        0x81 => 3,
        0x82 => 4,
        _ => 2,
    }
}

#[test]
fn the_times_of_a_list_are_exact_to_the_second() {
    let (list, strict) = (List::new().der(), RevocationRules::new());
    for (rules, at, expected) in [
        (strict, "2026-11-20T14:59:59Z", Err(Error::NotYet)),
        (strict, "2026-11-20T15:00:00Z", Ok(())),
        (strict, "2026-11-21T15:00:00Z", Ok(())),
        (strict, "2026-11-21T15:00:01Z", Err(Error::Stale)),
        (strict.with_tolerance(60), "2026-11-20T14:58:59Z", Err(Error::NotYet)),
        (strict.with_tolerance(60), "2026-11-20T14:59:00Z", Ok(())),
        (strict.with_tolerance(60), "2026-11-21T15:01:00Z", Ok(())),
        (strict.with_tolerance(60), "2026-11-21T15:01:01Z", Err(Error::Stale)),
    ] {
        assert_eq!(crl_at(&holder(), &list, rules, time(at)).map(drop), expected, "{at}");
    }
}

#[test]
fn silence_about_an_expired_certificate_means_nothing() {
    // It ended on 2026-11-10; a list made before that speaks of it, a later one may have
    // forgotten it.
    let expired = in_grace();
    let list = List::new();
    assert_eq!(crl(&expired, &list.der()), Ok(Revocation::Unknown(Unknown::Expired)));
    let earlier = List { this_update: utc("261110000000"), ..list.clone() };
    assert!(matches!(crl(&expired, &earlier.der()), Ok(Revocation::Good(_))));
    // The authority says since when it keeps them.
    for (since, kept) in [("20261110000000", true), ("20261111000000", false)] {
        let mut list = list.clone();
        list.extensions.push(extension("2.5.29.60", false, &generalized(since)));
        let answer = crl(&expired, &list.der()).unwrap();
        assert_eq!(matches!(answer, Revocation::Good(_)), kept, "{since}");
    }
    // It is revoked when it is listed, expired or not.
    let entries = Some(vec![entry(expired.certificate().serial(), &[])]);
    let list = List { entries, ..list };
    assert!(matches!(crl(&expired, &list.der()), Ok(Revocation::Revoked(_))));
}

#[test]
fn each_kind_has_its_own_authority() {
    let list = List::new().der();
    assert_eq!(crl(&signer(), &list), Err(Error::IssuerName));
}

#[test]
fn a_hundred_thousand_entries_in_pieces() {
    // Five octets: the holder's serial has three.
    let mut entries: Vec<_> = (0..100_000_u32)
        .map(|index| entry(&[&[1], &index.to_be_bytes()[..]].concat(), &[reason(4)]))
        .collect();
    let list = List { entries: Some(entries.clone()), ..List::new() };
    let der = list.der();
    assert!(der.len() > 3_000_000);
    assert!(matches!(crl(&holder(), &der), Ok(Revocation::Good(_))));

    entries.push(entry(holder().certificate().serial(), &[reason(1)]));
    let list = List { entries: Some(entries), ..list };
    assert!(matches!(crl(&holder(), &list.der()), Ok(Revocation::Revoked(_))));
}

#[test]
fn a_reader_needs_a_few_kilobytes() {
    let size = size_of::<CrlStream<'_, Fixed>>();
    assert!(size < 3 * 1024 + 512, "{size}");
}

#[test]
fn nothing_is_said_before_the_signature_was_checked() {
    // Whoever looks at what a stream shows of itself learns the place and nothing else.
    let shown = |list: &List| {
        let der = list.der();
        let rules = RevocationRules::new();
        let mut stream = CrlStream::new(Fixed::new(), &holder(), rules, now()).unwrap();
        stream.feed(&der[..der.len() - 1]).unwrap();
        let shown = format!("{stream:?}");
        assert!(matches!(stream.finish(), Err(Error::Malformed { .. })));
        shown
    };
    let entries = Some(vec![entry(holder().certificate().serial(), &[])]);
    let innocent = List { entries: Some(vec![entry(&[1, 1, 1], &[])]), ..List::new() };
    let revoking = List { entries, ..List::new() };
    assert_eq!(shown(&revoking), shown(&innocent));
    // A list by another key revokes nobody.
    let forged = List { key: crate::make::OTHER, ..revoking };
    assert_eq!(crl(&holder(), &forged.der()), Err(Error::BadSignature));
}
