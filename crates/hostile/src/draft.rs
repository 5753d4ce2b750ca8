//! A certificate in parts, before it is encoded and signed. Every part is DER of its own, so that a
//! case replaces one part and leaves the others as they are; nothing here checks any of them.

use std::rc::Rc;

use crate::{
    der,
    key::{RsaKey, Signer},
};

/// Makes other octets of octets.
pub(crate) type Edit = Rc<dyn Fn(&[u8]) -> Vec<u8>>;

/// A certificate to be.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) version: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) inner_algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) key_info: Vec<u8>,
    /// Between key and extensions.
    pub(crate) unique_identifiers: Vec<u8>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) outer_algorithm: Vec<u8>,
    /// What is done to the signed part before it is signed.
    pub(crate) edit_tbs: Option<Edit>,
    /// Makes the signature over the signed part.
    pub(crate) sign: Edit,
    /// The content of the BIT STRING, of the signature.
    pub(crate) signature_bits: Edit,
    /// What is done to the whole at the end.
    pub(crate) edit_whole: Option<Edit>,
}

/// An extension in parts.
#[derive(Clone)]
pub(crate) struct Extension {
    pub(crate) identifier: String,
    /// The DER of the BOOLEAN, or nothing.
    pub(crate) critical: Vec<u8>,
    /// What the OCTET STRING holds.
    pub(crate) value: Vec<u8>,
}

impl Extension {
    pub(crate) fn new(identifier: &str, critical: bool, value: Vec<u8>) -> Self {
        let critical = if critical { der::boolean(0xFF) } else { Vec::new() };
        Self { identifier: identifier.to_owned(), critical, value }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let value = der::octets(&self.value);
        der::sequence(&[&der::oid(&self.identifier), &self.critical, &value])
    }
}

impl Draft {
    /// A certificate whose signature `signer` makes.
    pub(crate) fn new(
        serial: &[u8],
        issuer: &[u8],
        subject: &[u8],
        key_info: Vec<u8>,
        signer: &Rc<impl Signer + 'static>,
    ) -> Self {
        let algorithm = signer.algorithm();
        let mut draft = Self {
            version: der::explicit(0, &der::integer(&[2])),
            serial: der::integer(serial),
            inner_algorithm: algorithm.clone(),
            issuer: issuer.to_vec(),
            not_before: der::utc_time("251027013542Z"),
            not_after: der::utc_time("300217145959Z"),
            subject: subject.to_vec(),
            key_info,
            unique_identifiers: Vec::new(),
            extensions: Vec::new(),
            outer_algorithm: algorithm,
            edit_tbs: None,
            sign: Rc::new(<[u8]>::to_vec),
            signature_bits: Rc::new(|signature| [&[0], signature].concat()),
            edit_whole: None,
        };
        draft.sign_with(signer);
        draft
    }

    /// Lets another key sign.
    pub(crate) fn sign_with(&mut self, signer: &Rc<impl Signer + 'static>) {
        let signer = Rc::clone(signer);
        self.sign = Rc::new(move |tbs| signer.sign(tbs));
    }

    /// Lets a key sign a block that is made of the signed part.
    pub(crate) fn sign_block(
        &mut self,
        signer: &Rc<RsaKey>,
        block: impl Fn(&[u8]) -> Vec<u8> + 'static,
    ) {
        let signer = Rc::clone(signer);
        self.sign = Rc::new(move |tbs| signer.power(&block(tbs)));
    }

    /// Changes the signature after it was made.
    pub(crate) fn change_signature(&mut self, change: impl Fn(Vec<u8>) -> Vec<u8> + 'static) {
        let sign = Rc::clone(&self.sign);
        self.sign = Rc::new(move |tbs| change(sign(tbs)));
    }

    /// Both AlgorithmIdentifiers.
    pub(crate) fn algorithms(&mut self, algorithm: Vec<u8>) {
        self.inner_algorithm.clone_from(&algorithm);
        self.outer_algorithm = algorithm;
    }

    /// Becomes these octets, whatever the parts are.
    pub(crate) fn replace(&mut self, octets: &[u8]) {
        let octets = octets.to_vec();
        self.edit_whole = Some(Rc::new(move |_| octets.clone()));
    }

    /// Puts an extension at its place, or at the end.
    pub(crate) fn put(&mut self, extension: Extension) {
        match self.extensions.iter_mut().find(|it| it.identifier == extension.identifier) {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
    }

    pub(crate) fn remove(&mut self, identifier: &str) {
        self.extensions.retain(|it| it.identifier != identifier);
    }

    /// Changes one extension that is there.
    pub(crate) fn change(&mut self, identifier: &str, change: impl FnOnce(&mut Extension)) {
        if let Some(extension) = self.extensions.iter_mut().find(|it| it.identifier == identifier) {
            change(extension);
        }
    }

    /// Replaces the value of one extension that is there.
    pub(crate) fn value(&mut self, identifier: &str, value: Vec<u8>) {
        self.change(identifier, |it| it.value = value);
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let extensions: Vec<u8> = self.extensions.iter().flat_map(Extension::encode).collect();
        let extensions = if self.extensions.is_empty() {
            Vec::new()
        } else {
            der::explicit(3, &der::sequence(&[&extensions]))
        };
        let tbs = der::sequence(&[
            &self.version,
            &self.serial,
            &self.inner_algorithm,
            &self.issuer,
            &der::sequence(&[&self.not_before, &self.not_after]),
            &self.subject,
            &self.key_info,
            &self.unique_identifiers,
            &extensions,
        ]);
        let tbs = apply(self.edit_tbs.as_ref(), tbs);
        let signature = der::element(0x03, &(self.signature_bits)(&(self.sign)(&tbs)));
        let whole = der::sequence(&[&tbs, &self.outer_algorithm, &signature]);
        apply(self.edit_whole.as_ref(), whole)
    }
}

fn apply(edit: Option<&Edit>, octets: Vec<u8>) -> Vec<u8> {
    edit.map_or_else(|| octets.clone(), |edit| edit(&octets))
}
