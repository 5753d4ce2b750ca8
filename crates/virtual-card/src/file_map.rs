//! The applications of a card that is being issued: what each has in its files, and who may do what
//! with them (`docs/card-facts.md` §2).

use std::collections::BTreeMap;

use crate::application::{
    Access, Application, ApplicationName, Change, File, FileId, HexBytes, Syntax,
};
use crate::certificate::{self, CertificateKind, Contents};
use crate::issue::{Keys, Origin};
use crate::keys::KeySource;
use crate::random::Random;
use crate::records::{self, Face, Records};
use crate::stand_in_institution::FILE;
use crate::{Error, Issue, Kind, Secret, files, verifiable};

/// A file that was read from the test card.
macro_rules! test_card_file {
    ($name:literal) => {
        include_bytes!(concat!("../data/test-card/", $name)).to_vec()
    };
}

impl Issue {
    pub(crate) fn jpki(
        &self,
        keys: &Keys,
        serial: &str,
        random: &mut Random,
    ) -> Result<Application, Error> {
        let needs_pin = self.auth_certificate_needs_pin.unwrap_or(self.kind == Kind::Android);
        let auth_read = if needs_pin { Access::after(&[0x0018]) } else { Access::Free };
        let mut jpki = Application::new(ApplicationName::Jpki);
        jpki.transparent(
            0x000A,
            self.certificate(CertificateKind::Auth, &keys.auth, random)?,
            auth_read,
        );
        jpki.transparent(0x000B, self.ca_certificate(CertificateKind::Auth)?, Access::Free);
        // The authority's key is only referred to: nothing uses what stands here.
        if self.kind == Kind::Card {
            jpki.key(FILE.0, KeySource::Pool(0), Access::Never);
        }
        let openers: &[u16] = if self.stand_in_institution { &[0x0018, FILE.0] } else { &[0x0018] };
        jpki.key(0x0017, self.held(&keys.auth), Access::after(openers));
        let pin = self.auth_pin.clone();
        jpki.code(0x0018, pin, Syntax::Digits(4), Change::ReferenceData, 3);
        if self.sign_certificate {
            let certificate = self.certificate(CertificateKind::Sign, &keys.sign, random)?;
            jpki.transparent(0x0001, certificate, Access::after(&[0x001B]));
            jpki.key(0x001A, self.held(&keys.sign), Access::after(&[0x001B]));
            let password = self.sign_password.clone();
            jpki.code(0x001B, password, Syntax::SignPassword, Change::ReferenceData, 5);
        }
        jpki.transparent(0x0002, self.ca_certificate(CertificateKind::Sign)?, Access::Free);
        let token = files::token_information(self.kind, self.label_padding, serial);
        jpki.transparent(0x0006, token, Access::Free);
        let sign = if self.sign_certificate { 0x8F } else { 0x00 };
        jpki.transparent(0x0008, vec![sign, 0x8F, 0x00], Access::Free);
        jpki.transparent(0x0009, vec![0x00; 16], Access::Never);
        Ok(jpki)
    }

    /// The private key that the card gets where its files speak of this one.
    fn held(&self, key: &KeySource) -> KeySource {
        if self.copied { key.another() } else { key.clone() }
    }

    /// What GET DATA gives while no application is selected (§2.7). How 00F0 and 00F2 are coded is
    /// taken from the files that hold the same; what the others hold is UNKNOWN, so they are absent.
    pub(crate) fn data_objects(&self) -> Result<BTreeMap<FileId, HexBytes>, Error> {
        if (self.kind, self.origin) != (Kind::Card, Origin::Virtual) {
            return Ok(BTreeMap::new());
        }
        let certificates = verifiable::certificates()?;
        let objects = [
            (0x00F0, self.holder.municipality_code.as_bytes()),
            (0x00F2, self.card_expiry().compact().as_bytes()),
            (0x00F7, &certificates.intermediate),
            (0x00F8, &certificates.upper),
            (0x7F21, &certificates.lower),
        ]
        .map(|(tag, object)| (FileId(tag), HexBytes(object.to_vec())));
        Ok(objects.into())
    }

    fn certificate(
        &self,
        kind: CertificateKind,
        key: &KeySource,
        random: &mut Random,
    ) -> Result<Vec<u8>, Error> {
        match self.origin {
            Origin::TestCard => Ok(match kind {
                CertificateKind::Auth => test_card_file!("jpki-auth-cert.der"),
                CertificateKind::Sign => test_card_file!("jpki-sign-cert.der"),
            }),
            Origin::Virtual => {
                let (from, until) = (self.issued, self.not_after());
                let contents = Contents { kind, holder: &self.holder, from, until };
                certificate::issue(&contents, &key.load()?, random)
            }
        }
    }

    fn ca_certificate(&self, kind: CertificateKind) -> Result<Vec<u8>, Error> {
        match self.origin {
            Origin::TestCard => Ok(match kind {
                CertificateKind::Auth => test_card_file!("jpki-auth-ca-cert.der"),
                CertificateKind::Sign => test_card_file!("jpki-sign-ca-cert.der"),
            }),
            Origin::Virtual => certificate::root_certificate(kind),
        }
    }

    pub(crate) fn surface(&self, keys: &Keys, number: &Secret) -> Result<Application, Error> {
        let mut surface = Application::new(ApplicationName::Surface);
        let birth = Secret::new(&self.holder.birth.era_compact());
        surface.code(0x0011, birth, Syntax::Digits(6), Change::Never, 10);
        surface.code(0x0012, self.number_b(), Syntax::Digits(14), Change::Never, 10);
        surface.transparent(0x0006, files::FILLER.to_vec(), Access::after(&[0x0012, 0x0013]));
        surface.key(0x001A, self.held(&keys.surface), Access::Free);
        surface.default_key = Some(FileId(0x001A));
        match self.origin {
            Origin::Virtual => {
                surface.code(0x0013, number.clone(), Syntax::Digits(12), Change::Never, 10);
                let information = files::surface_information(&self.holder)?;
                surface.transparent(0x0003, information, Access::Free);
                self.surface_records(&mut surface, keys, number)?;
            }
            Origin::TestCard => {
                let face = test_card_file!("surface-0002.bin");
                surface.transparent(0x0002, face, Access::after(&[0x0012, 0x0013]));
                surface.transparent(0x0003, test_card_file!("surface-0003.bin"), Access::Free);
                surface.transparent(0x0004, test_card_file!("surface-0004.bin"), Access::Free);
            }
        }
        Ok(surface)
    }

    /// The signed files of 券面事項確認AP, and the certificate of their signer (§2.3, §4.4).
    fn surface_records(
        &self,
        surface: &mut Application,
        keys: &Keys,
        number: &Secret,
    ) -> Result<(), Error> {
        let (signer, card_key) = (verifiable::SURFACE.load()?, keys.surface.load()?.public_key()?);
        let records = Records { signer: &signer, card_key: &card_key };
        let face = Face {
            holder: &self.holder,
            expiry: self.card_expiry(),
            security_code: &self.security_code,
            photo: &self.photo.bytes()?,
        };
        let age = records.age(self.holder.birth)?;
        surface.transparent(0x0001, age, Access::after(&[0x0011]));
        surface.transparent(0x0002, records.face(&face)?, Access::after(&[0x0012, 0x0013]));
        let certificate = verifiable::certificates()?.surface.clone();
        surface.transparent(0x0004, certificate, Access::Free);
        let picture = records.number_picture(number)?;
        surface.transparent(0x0005, picture, Access::after(&[0x0013]));
        Ok(())
    }

    pub(crate) fn text(&self, keys: &Keys, number: &Secret) -> Result<Application, Error> {
        let mut text = Application::new(ApplicationName::Text);
        text.code(0x0011, self.text_pin.clone(), Syntax::Digits(4), Change::ReferenceData, 3);
        // A code that arrives blocked, and that nothing is known to open (SINGLE).
        text.code(0x0012, Secret::new(""), Syntax::Digits(4), Change::Never, 3);
        if let Some(File::Code(code)) = text.files.get_mut(&FileId(0x0012)) {
            (code.value, code.tries_left) = (None, 0);
        }
        text.code(0x0015, self.number_b(), Syntax::Digits(14), Change::Never, 10);
        text.transparent(0x0008, files::FILLER.to_vec(), Access::Free);
        text.key(0x0013, self.held(&keys.text), Access::Free);
        text.default_key = Some(FileId(0x0013));
        let pin_or_b = Access::after(&[0x0011, 0x0015]);
        match self.origin {
            Origin::Virtual => {
                text.code(0x0014, number.clone(), Syntax::Digits(12), Change::Never, 10);
                let pin_or_a = Access::after(&[0x0011, 0x0014]);
                let (number, attributes) =
                    (files::my_number(number)?, files::attributes(&self.holder)?);
                text_records(&mut text, keys, &number, &attributes)?;
                text.transparent(0x0001, number, pin_or_a);
                text.transparent(0x0002, attributes, pin_or_b);
                text.transparent(0x0005, files::text_information(), Access::Free);
            }
            Origin::TestCard => {
                text.transparent(0x0002, test_card_file!("text-0002.bin"), pin_or_b);
                text.transparent(0x0004, test_card_file!("text-0004.bin"), Access::Free);
                text.transparent(0x0005, test_card_file!("text-0005.bin"), Access::Free);
            }
        }
        Ok(text)
    }

    pub(crate) fn juki(&self) -> Application {
        let mut juki = Application::new(ApplicationName::Juki);
        juki.code(0x001C, self.juki_pin.clone(), Syntax::Digits(4), Change::Key, 3);
        juki
    }

    pub(crate) fn common(&self, keys: &Keys, serial: &str) -> Result<Application, Error> {
        let mut common = Application::new(ApplicationName::Common);
        let code = &self.holder.municipality_code;
        let record = files::card_record(serial, code, self.card_expiry())?;
        let records = File::Records { records: vec![HexBytes(record)], read: Access::Free };
        common.files.insert(FileId(0x0001), records);
        common.key(0x0019, self.held(&keys.common), Access::Free);
        common.code(0x001C, self.common_pin.clone(), Syntax::Digits(4), Change::Key, 3);
        Ok(common)
    }
}

/// The signed files of 券面事項入力補助AP, the certificate of their signer, and the key for session keys
/// (§2.4, §4.4).
fn text_records(
    text: &mut Application,
    keys: &Keys,
    number: &[u8],
    attributes: &[u8],
) -> Result<(), Error> {
    let (signer, card_key) = (verifiable::TEXT.load()?, keys.text.load()?.public_key()?);
    let records = Records { signer: &signer, card_key: &card_key };
    let any = Access::after(&[0x0011, 0x0014, 0x0015]);
    text.transparent(0x0003, records.integrity(number, attributes)?, any.clone());
    text.transparent(0x0004, verifiable::certificates()?.text.clone(), Access::Free);
    let session = records::session_key(&keys.session.load()?.public_key()?)?;
    text.transparent(0x0006, session, any.clone());
    text.transparent(0x0007, records.signing_key()?, any);
    Ok(())
}
