//! The hostile set, by what is attacked.

mod algorithms;
mod anchors;
mod attributes;
mod chains;
mod challenges;
mod curves;
mod dates;
mod encodings;
mod extensions;
mod fields;
mod keys;
mod names;
mod signatures;
mod uses;

use anyhow::Result;

use crate::{
    case::{Case, Cases},
    key::Keys,
    world::Worlds,
};

/// All of them, in the order of the parts of a certificate.
pub(crate) fn all(keys: &Keys, worlds: &Worlds) -> Result<Vec<Case>> {
    let mut cases = Cases::default();
    fields::add(&mut cases, worlds);
    algorithms::add(&mut cases, worlds);
    names::add(&mut cases, worlds);
    dates::add(&mut cases, keys, worlds);
    keys::add(&mut cases, keys, worlds);
    extensions::add(&mut cases, worlds);
    uses::add(&mut cases, keys, worlds);
    attributes::add(&mut cases, worlds);
    signatures::add(&mut cases, keys, worlds)?;
    challenges::add(&mut cases, keys, worlds);
    curves::add(&mut cases, keys, worlds);
    anchors::add(&mut cases, keys, worlds)?;
    chains::add(&mut cases, keys, worlds);
    encodings::add(&mut cases, worlds)?;
    Ok(cases.all)
}
