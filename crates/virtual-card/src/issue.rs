//! Issuing a card: from a holder, codes and dates to a file map with certificates.

use crate::application::{File, FileId};
use crate::card::Image;
use crate::certificate;
use crate::holder::impossible_number;
use crate::keys::KeySource;
use crate::photo::Photo;
use crate::random::Random;
use crate::{Card, Date, Error, Holder, Reference, Secret, Settings};

use serde::{Deserialize, Serialize};

/// What carries the JPKI application, by the label of its token information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// マイナンバーカード.
    Card,
    /// Android phone: the auth certificate needs the PIN to be read (SINGLE); JPKI application only.
    Android,
    /// iPhone (SINGLE); JPKI application only.
    Iphone,
    /// 住基カード, the card before: JPKI application only.
    Juki,
}

/// How the token's label is filled up. Sources disagree (`docs/card-facts.md` §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelPadding {
    /// Spaces, as PKCS#11 has it.
    Spaces,
    /// Zero bytes.
    Zeros,
}

/// What is in the card's data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    /// An invented holder under a virtual root.
    Virtual,
    /// Files that were read from a JPKI test card.
    TestCard,
}

/// What a card is to be. Begin with [`Issue::demonstration`] or [`Issue::test_card`] and change
/// fields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Issue {
    /// Who it belongs to. Not used for a card with the files of the test card, except for the
    /// municipality code of its record.
    pub holder: Holder,
    /// What it is.
    pub kind: Kind,
    /// 利用者証明用PIN: 4 digits.
    pub auth_pin: Secret,
    /// 署名用パスワード: 6 to 16 of A–Z and 0–9, at least one of each.
    pub sign_password: Secret,
    /// 券面事項入力補助用PIN: 4 digits.
    pub text_pin: Secret,
    /// 住民基本台帳用PIN: 4 digits.
    pub juki_pin: Secret,
    /// 本人確認業務用PIN: 4 digits.
    pub common_pin: Secret,
    /// Codes that have fewer tries left than all, with how many.
    pub tries: Vec<(Reference, u8)>,
    /// First valid day of the certificates, in Japan: one on which the virtual root is valid,
    /// 2020-01-01 to 2049-12-31.
    pub issued: Date,
    /// Last valid day of the certificates, not before `issued`; without one the holder's fifth
    /// birthday after it. It may be after the last day of the root.
    pub not_after: Option<Date>,
    /// Last valid day of the card; without one the tenth birthday.
    pub card_expiry: Option<Date>,
    /// セキュリティコード on the card's face: 4 digits; part of 照合番号B.
    pub security_code: String,
    /// Is there a 署名用 certificate, with its key and password? Cards of children and 顔認証 cards
    /// have none (what their EF 0008 says then is UNKNOWN; here its first byte is 00).
    pub sign_certificate: bool,
    /// Must the auth PIN be verified before the auth certificate is read? Without a statement as the
    /// kind has it; for the iPhone that is UNKNOWN, and taken as no.
    pub auth_certificate_needs_pin: Option<bool>,
    /// How the token's label is filled up.
    pub label_padding: LabelPadding,
    /// How it behaves.
    pub settings: Settings,
    /// 顔写真 on its face. Not used for a card with the files of the test card.
    pub photo: Photo,
    /// Does the card take the stand-in for 特定機関認証 ([`crate::stand_in_institution`])? Only a card, and
    /// not by default.
    pub stand_in_institution: bool,
    /// Make keys that nobody else has, instead of those of the public pool. About 0.5 s.
    pub fresh_keys: bool,
    /// Make it a copy of the card that it would be: every file is right, but the private keys are
    /// others, because nobody can read those out of a card.
    pub copied: bool,
    /// With a seed and the same fields, every byte of the card is the same again, and its random
    /// numbers too (not the salts of PSS and not fresh keys).
    pub seed: Option<u64>,
    pub(crate) origin: Origin,
}

impl Issue {
    /// A card for demonstrations, issued today: PIN 1234, password `TEST1234`, the other PINs 2345,
    /// 3456 and 4567 so that a mix-up is seen.
    #[must_use]
    pub fn demonstration() -> Self {
        Self {
            holder: Holder::sample(),
            kind: Kind::Card,
            auth_pin: Secret::new("1234"),
            sign_password: Secret::new("TEST1234"),
            text_pin: Secret::new("2345"),
            juki_pin: Secret::new("3456"),
            common_pin: Secret::new("4567"),
            tries: Vec::new(),
            issued: Date::today(),
            not_after: None,
            card_expiry: None,
            security_code: "0000".to_owned(),
            sign_certificate: true,
            auth_certificate_needs_pin: None,
            label_padding: LabelPadding::Spaces,
            settings: Settings::default(),
            photo: Photo::Sample,
            stand_in_institution: false,
            fresh_keys: false,
            copied: false,
            seed: None,
            origin: Origin::Virtual,
        }
    }

    /// A card that carries what public JPKI test cards answered (see `data/test-card/README.md`),
    /// with the codes of [`Issue::demonstration`] and the test card's own 照合番号B and birth date.
    ///
    /// No private key exists for those certificates: the card signs with a key of the pool, and
    /// whoever verifies its signature against the certificate must refuse it. Files that are not
    /// published (個人番号 among them) are absent, and so is 照合番号A.
    #[must_use]
    pub fn test_card() -> Self {
        let mut issue = Self::demonstration();
        issue.origin = Origin::TestCard;
        issue.holder.birth = Date::new(1980, 2, 17).unwrap_or(issue.holder.birth);
        issue.security_code = "2285".to_owned();
        issue.card_expiry = Date::new(2035, 2, 17);
        issue
    }

    /// With this seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// With so many tries left of this code; 0 blocks it.
    #[must_use]
    pub fn tries_left(mut self, reference: Reference, tries: u8) -> Self {
        self.tries.push((reference, tries));
        self
    }

    pub(crate) fn issue(self) -> Result<Card, Error> {
        self.check()?;
        let mut random = Random::new(self.seed, "issue")?;
        let serial = format!("9{}", random.text(14, b"0123456789"));
        let number = impossible_number(&mut random);
        let keys = Keys::new(&self, &mut random)?;
        let mut applications = vec![self.jpki(&keys, &serial, &mut random)?];
        let data_objects = self.data_objects()?;
        if self.kind == Kind::Card {
            applications.push(self.surface(&keys, &number)?);
            applications.push(self.text(&keys, &number)?);
            applications.push(self.juki());
            applications.push(self.common(&keys, &serial)?);
        }
        for (reference, tries) in &self.tries {
            let (name, ef) = reference.place();
            let code = applications
                .iter_mut()
                .find(|application| application.name == name)
                .and_then(|application| application.files.get_mut(&FileId(ef)));
            match code {
                Some(File::Code(code)) if *tries <= code.tries_limit => code.tries_left = *tries,
                Some(File::Code(_)) => {
                    return Err(Error::InvalidIssue(
                        "a code cannot have more tries than its limit",
                    ));
                }
                _ => return Err(Error::InvalidIssue("tries for a code that this card has not")),
            }
        }
        let random = Random::new(self.seed, "card")?;
        let image = Image::new(
            self.kind,
            self.origin,
            self.holder,
            self.settings,
            applications,
            data_objects,
        );
        Ok(Card::new(image, random, None))
    }

    fn check(&self) -> Result<(), Error> {
        let digits = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let pins = [&self.auth_pin, &self.text_pin, &self.juki_pin, &self.common_pin];
        let holder = &self.holder;
        let names = [&holder.name, &holder.address, &holder.prefecture, &holder.municipality];
        for (holds, why) in [
            (pins.iter().all(|pin| pin.is_digits(4)), "a PIN has four digits"),
            (
                self.sign_password.is_sign_password(),
                "the password has 6 to 16 of A-Z and 0-9, at least one of each",
            ),
            (digits(&self.security_code, 4), "the security code has four digits"),
            (digits(&holder.municipality_code, 5), "the municipality code has five digits"),
            (names.iter().all(|name| !name.is_empty()), "the holder's texts may not be empty"),
            (names.iter().all(|name| name.chars().count() <= 200), "at most 200 characters"),
            (
                self.kind == Kind::Card || !self.stand_in_institution,
                "the stand-in for the institution authentication is for a card",
            ),
            (holder.birth <= self.issued, "the holder is born after the card is issued"),
        ] {
            if !holds {
                return Err(Error::InvalidIssue(why));
            }
        }
        match self.origin {
            Origin::Virtual => self.check_days(),
            // Its certificates are there already.
            Origin::TestCard => Ok(()),
        }
    }

    /// The certificates begin while their root is valid, and do not end before they begin.
    fn check_days(&self) -> Result<(), Error> {
        let (first, last) = certificate::root_days();
        for (holds, why) in [
            (
                self.not_after() >= first,
                "the last day of its certificates is before 2020-01-01, the first day of the \
                 virtual root",
            ),
            (
                (first..=last).contains(&self.issued),
                "the first day of its certificates is not one of the virtual root, which is valid \
                 from 2020-01-01 to 2049-12-31",
            ),
            (
                self.not_after() >= self.issued,
                "the last day of its certificates is before their first",
            ),
        ] {
            if !holds {
                return Err(Error::InvalidIssue(why));
            }
        }
        Ok(())
    }

    pub(crate) fn not_after(&self) -> Date {
        self.not_after.unwrap_or_else(|| self.holder.birth.birthday_after(self.issued, 5))
    }

    pub(crate) fn card_expiry(&self) -> Date {
        self.card_expiry.unwrap_or_else(|| self.holder.birth.birthday_after(self.issued, 10))
    }

    /// 照合番号B: era birth date, expiry year, security code (CONFIRMED, §3).
    pub(crate) fn number_b(&self) -> Secret {
        let birth = self.holder.birth.era_compact();
        Secret::new(&format!("{birth}{:04}{}", self.card_expiry().year(), self.security_code))
    }
}

/// The five private keys of a card, and the one of which it shows the public half only.
pub(crate) struct Keys {
    pub(crate) auth: KeySource,
    pub(crate) sign: KeySource,
    pub(crate) surface: KeySource,
    pub(crate) text: KeySource,
    pub(crate) common: KeySource,
    /// For session keys; nothing here uses its private half.
    pub(crate) session: KeySource,
}

impl Keys {
    fn new(issue: &Issue, random: &mut Random) -> Result<Self, Error> {
        // Without a seed too the pool is drawn from, so that two cards seldom share their keys.
        let first = issue.seed.unwrap_or_else(|| random.number() >> 8);
        let key = |offset: u64| {
            if issue.fresh_keys {
                KeySource::fresh()
            } else {
                Ok(KeySource::Pool(first.wrapping_add(offset) % 8))
            }
        };
        // Not another key when they are fresh: nothing is done with it, and it costs as much.
        let session = KeySource::Pool(first.wrapping_add(6) % 8);
        let (auth, sign, surface) = (key(0)?, key(1)?, key(2)?);
        Ok(Self { auth, sign, surface, text: key(3)?, common: key(4)?, session })
    }
}
