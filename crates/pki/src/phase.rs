//! Where in its life a certificate is, at a moment that the caller names, and what may be done
//! with it then. Nothing here judges whether the certificate is genuine.

use core::fmt;

use crate::time::{Date, Time};

/// Where in its life a certificate is.
///
/// The months before and after the end of validity are Japanese calendar months; [`PhaseRules`]
/// says how many, and from which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Phase {
    /// Before notBefore.
    NotYet,
    /// Within validity, and its end is not near.
    Valid,
    /// Within validity, and its end is near: the holder should be told to renew.
    Expiring,
    /// After notAfter, within the months in which the card still proves who its holder is
    /// (資格情報のみ).
    Grace,
    /// After that.
    Over,
}

/// What a certificate may be used for at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Permit {
    /// Nothing: not yet valid, or over.
    Nothing,
    /// Prove the holder's identity and no more (資格情報のみ), and only where a card and not a phone
    /// is known to hold the key.
    IdentityOnly,
    /// Everything that its kind allows.
    Everything,
}

impl Phase {
    /// What the phase permits.
    pub const fn permit(self) -> Permit {
        match self {
            Self::NotYet | Self::Over => Permit::Nothing,
            Self::Grace => Permit::IdentityOnly,
            Self::Valid | Self::Expiring => Permit::Everything,
        }
    }

    /// The word for machines: `not_yet`, `valid`, `expiring`, `grace`, `over`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Valid => "valid",
            Self::Expiring => "expiring",
            Self::Grace => "grace",
            Self::Over => "over",
        }
    }
}

/// The day from which the months of grace are counted. Public sources differ, so it is a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GraceBase {
    /// The day of expiry: 17 February and three months end with 17 May. The stricter reading.
    #[default]
    ExpiryDay,
    /// The last day of the month of expiry: 17 February and three months end with 31 May.
    EndOfMonth,
}

/// How many months the phases [`Phase::Expiring`] and [`Phase::Grace`] last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PhaseRules {
    expiring_months: u8,
    grace_months: u8,
    grace_base: GraceBase,
    grace_beyond_card: bool,
}

/// What ends the use of a certificate, and so what the holder renews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Ends {
    /// Its own notAfter: the certificate is renewed.
    WithCertificate,
    /// The card's 有効期限, which is not after it: the card is renewed, and the certificates with it.
    WithCard,
}

/// Three months each, the grace counted from the day of expiry.
impl Default for PhaseRules {
    fn default() -> Self {
        Self::new()
    }
}

impl PhaseRules {
    /// The rules of the eligibility check: three months each, the grace counted from the day of
    /// expiry.
    pub const fn new() -> Self {
        Self {
            expiring_months: 3,
            grace_months: 3,
            grace_base: GraceBase::ExpiryDay,
            grace_beyond_card: false,
        }
    }

    /// The same rules with the grace counted from another day.
    #[must_use]
    pub const fn with_grace_base(self, grace_base: GraceBase) -> Self {
        Self { grace_base, ..self }
    }

    /// The same rules without any grace, as for the tokens in phones.
    #[must_use]
    pub const fn without_grace(self) -> Self {
        Self { grace_months: 0, ..self }
    }

    /// The same rules with grace after the card's expiry too, counted from it as from a
    /// certificate's. Whether the months of grace are for a card that is itself over is not
    /// published; without this they end with the card.
    #[must_use]
    pub const fn with_grace_beyond_card(self) -> Self {
        Self { grace_beyond_card: true, ..self }
    }

    /// The instants at which the phases of a certificate change.
    pub fn boundaries(self, not_before: Time, not_after: Time) -> Boundaries {
        let expiry = not_after.jst_date();
        let grace_until = if self.grace_months == 0 {
            not_after
        } else {
            self.last_day_of_grace(expiry).last_second_jst().max(not_after)
        };
        Boundaries {
            not_before,
            expiring_from: expiry.add_months(-i16::from(self.expiring_months)).first_second_jst(),
            not_after,
            grace_until,
            ends: Ends::WithCertificate,
        }
    }

    /// The same for a certificate in a card with this 有効期限, its last day (DF29 or the common EF,
    /// `docs/card-facts.md` §2.3, §2.5). A certificate is of no use beyond it, and neither is
    /// its grace, unless [`PhaseRules::with_grace_beyond_card`] says so.
    ///
    /// No signature covers that day on the card. It can only make the phases end earlier, so that
    /// somebody who changes it gains nothing that leaving it out would not give.
    pub fn boundaries_in_card(
        self,
        not_before: Time,
        not_after: Time,
        last_day: Date,
    ) -> Boundaries {
        let card = last_day.last_second_jst();
        let mut boundaries = self.boundaries(not_before, not_after.min(card));
        if card <= not_after {
            boundaries.ends = Ends::WithCard;
        }
        if !self.grace_beyond_card {
            boundaries.grace_until = boundaries.grace_until.min(card);
        }
        boundaries
    }

    fn last_day_of_grace(self, expiry: Date) -> Date {
        let months = i16::from(self.grace_months);
        match self.grace_base {
            GraceBase::ExpiryDay => expiry.add_months(months),
            // Counted in whole months from a month's end, the grace ends with a month's end.
            GraceBase::EndOfMonth => expiry.add_months(months).end_of_month(),
        }
    }
}

/// The instants at which the phases of one certificate change. Each bound belongs to the phase
/// that it is named after.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Boundaries {
    /// First second of validity (RFC 5280 section 4.1.2.5: inclusive).
    pub not_before: Time,
    /// First second of [`Phase::Expiring`]: 00:00:00 in Japan, months before the day of expiry.
    pub expiring_from: Time,
    /// Last second of full use (inclusive): the certificate's notAfter, or the end of the card's
    /// last day if that is given and not later.
    pub not_after: Time,
    /// Last second of [`Phase::Grace`]: 23:59:59 in Japan. The same as `not_after` without grace.
    pub grace_until: Time,
    /// Which of the two [`Boundaries::not_after`] is.
    pub ends: Ends,
}

/// No instant: the end of validity is the holder's birthday (`docs/card-facts.md` §5.2).
impl fmt::Debug for Boundaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boundaries").field("ends", &self.ends).finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Boundaries {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Boundaries({})", self.ends);
    }
}

impl Boundaries {
    /// The phase at the moment `now`.
    pub fn phase(&self, now: Time) -> Phase {
        if now < self.not_before {
            Phase::NotYet
        } else if now > self.grace_until {
            Phase::Over
        } else if now > self.not_after {
            Phase::Grace
        } else if now >= self.expiring_from {
            Phase::Expiring
        } else {
            Phase::Valid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse_rfc3339(text).unwrap()
    }

    fn phases(rules: PhaseRules, not_after: &str, table: &[(&str, Phase)]) {
        let boundaries = rules.boundaries(time("2025-10-27T01:35:42Z"), time(not_after));
        for (now, phase) in table {
            assert_eq!(boundaries.phase(time(now)), *phase, "{now}");
        }
    }

    #[test]
    fn every_boundary_second() {
        phases(
            PhaseRules::new(),
            "2030-02-17T14:59:59Z",
            &[
                ("0000-01-01T00:00:00Z", Phase::NotYet),
                ("2025-10-27T01:35:41Z", Phase::NotYet),
                ("2025-10-27T01:35:42Z", Phase::Valid),
                ("2029-11-16T14:59:59Z", Phase::Valid),
                ("2029-11-16T15:00:00Z", Phase::Expiring),
                ("2030-02-17T14:59:59Z", Phase::Expiring),
                ("2030-02-17T15:00:00Z", Phase::Grace),
                ("2030-05-17T14:59:59Z", Phase::Grace),
                ("2030-05-17T15:00:00Z", Phase::Over),
                ("9999-12-31T23:59:59Z", Phase::Over),
            ],
        );
    }

    #[test]
    fn grace_from_the_end_of_the_month() {
        phases(
            PhaseRules::new().with_grace_base(GraceBase::EndOfMonth),
            "2030-02-17T14:59:59Z",
            &[
                ("2030-02-17T15:00:00Z", Phase::Grace),
                ("2030-05-31T14:59:59Z", Phase::Grace),
                ("2030-05-31T15:00:00Z", Phase::Over),
            ],
        );
    }

    #[test]
    fn no_grace_for_phones() {
        phases(
            PhaseRules::new().without_grace(),
            "2030-02-17T14:59:59Z",
            &[("2030-02-17T14:59:59Z", Phase::Expiring), ("2030-02-17T15:00:00Z", Phase::Over)],
        );
    }

    #[test]
    fn short_months_and_leap_days() {
        phases(
            PhaseRules::new(),
            "2027-11-30T14:59:59Z",
            &[
                ("2027-08-29T14:59:59Z", Phase::Valid),
                ("2027-08-29T15:00:00Z", Phase::Expiring),
                ("2028-02-29T14:59:59Z", Phase::Grace),
                ("2028-02-29T15:00:00Z", Phase::Over),
            ],
        );
        phases(
            PhaseRules::new(),
            "2028-05-31T14:59:59Z",
            &[
                ("2028-02-28T14:59:59Z", Phase::Valid),
                ("2028-02-28T15:00:00Z", Phase::Expiring),
                ("2028-08-31T14:59:59Z", Phase::Grace),
                ("2028-08-31T15:00:00Z", Phase::Over),
            ],
        );
    }

    #[test]
    fn an_end_that_is_not_the_end_of_a_japanese_day() {
        // 20:00Z on 17 February is 05:00 on 18 February in Japan.
        phases(
            PhaseRules::new(),
            "2030-02-17T20:00:00Z",
            &[
                ("2029-11-17T14:59:59Z", Phase::Valid),
                ("2029-11-17T15:00:00Z", Phase::Expiring),
                ("2030-02-17T20:00:00Z", Phase::Expiring),
                ("2030-02-17T20:00:01Z", Phase::Grace),
                ("2030-05-18T14:59:59Z", Phase::Grace),
                ("2030-05-18T15:00:00Z", Phase::Over),
            ],
        );
    }

    #[test]
    fn a_short_life_is_expiring_from_its_first_second() {
        let boundaries = PhaseRules::new()
            .boundaries(time("2030-02-01T00:00:00Z"), time("2030-02-17T14:59:59Z"));
        assert_eq!(boundaries.phase(time("2030-01-31T23:59:59Z")), Phase::NotYet);
        assert_eq!(boundaries.phase(time("2030-02-01T00:00:00Z")), Phase::Expiring);
    }

    #[test]
    fn only_validity_permits_everything() {
        let table = [
            (Phase::NotYet, Permit::Nothing, "not_yet"),
            (Phase::Valid, Permit::Everything, "valid"),
            (Phase::Expiring, Permit::Everything, "expiring"),
            (Phase::Grace, Permit::IdentityOnly, "grace"),
            (Phase::Over, Permit::Nothing, "over"),
        ];
        for (phase, permit, word) in table {
            assert_eq!((phase.permit(), phase.as_str()), (permit, word));
        }
    }
}
