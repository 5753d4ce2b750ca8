//! Licences, bans and sources of every locked dependency, after `deny.toml`.
//!
//! cargo-deny takes minutes to build, so the part that matters here is done over `cargo metadata`;
//! cargo-deny itself runs when it is installed. Advisories need its database and are only its.

use anyhow::{Context as _, Result};

use crate::{
    context::Context,
    deny_file::DenyFile,
    licence,
    metadata::{self, Package},
    tally::Tally,
};

/// Only this one may say `rsa/hazmat` or build private keys: it plays the card.
const PRIVATE_KEY_HOLDER: &str = "kazasu-virtual-card";

const WORKSPACES: [&str; 3] = ["Cargo.toml", "crates/fuzz/Cargo.toml", "hw-tests/Cargo.toml"];

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let text = std::fs::read_to_string(context.root.join("deny.toml")).context("deny.toml")?;
    let file = DenyFile::parse(&text).context("deny.toml")?;
    let mut tally = Tally::default();
    for manifest in WORKSPACES {
        if !context.root.join(manifest).is_file() {
            continue;
        }
        let packages = metadata::packages(context, manifest)?;
        println!("  {manifest}: {} packages", packages.len());
        for package in &packages {
            let faults = faults(package, &file);
            tally.count(faults.is_empty());
            for fault in faults {
                println!("  {} {}: {fault}", package.name, package.version);
            }
        }
        for name in &file.single {
            let versions = versions(&packages, name);
            tally.count(versions.len() <= 1);
            if versions.len() > 1 {
                println!("  {name}: more than one version: {}", versions.join(", "));
            }
        }
    }
    let installed = context.cargo("deny --version").output().is_ok_and(|o| o.status.success());
    if installed {
        // Its advisory database cannot be fetched everywhere.
        context
            .check(&mut tally, &mut context.cargo("deny --locked check bans licenses sources"))?;
    } else {
        println!("  cargo-deny is not installed; advisories were not looked at");
    }
    Ok(tally)
}

fn versions<'a>(packages: &'a [Package], name: &str) -> Vec<&'a str> {
    let of_name = packages.iter().filter(|package| package.name == name);
    of_name.map(|package| package.version.as_str()).collect()
}

fn faults(package: &Package, file: &DenyFile) -> Vec<String> {
    let mut faults = Vec::new();
    match package.licence.as_deref().map(|text| licence::satisfied(text, &file.allowed_licences)) {
        Some(Ok(true)) => {}
        Some(Ok(false)) => faults.push(format!("licence {:?} is not allowed", package.licence)),
        Some(Err(error)) => faults.push(format!("{error:#}")),
        None => faults.push("no licence expression".to_owned()),
    }
    if file.banned.contains(&package.name) {
        faults.push("banned".to_owned());
    }
    // Paths have no source; everything else comes from the one registry that has no name in a
    // manifest, and never from git.
    if package.source.as_deref().is_some_and(|source| !source.starts_with("registry+")) {
        faults.push(format!("source {:?} is not the registry", package.source));
    }
    if package.source.is_none() && package.name != PRIVATE_KEY_HOLDER {
        let hazardous = package
            .dependencies
            .iter()
            .any(|(name, features)| name == "rsa" && features.iter().any(|f| f == "hazmat"));
        if hazardous {
            faults.push("asks for rsa/hazmat".to_owned());
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, licence: Option<&str>, source: Option<&str>) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            source: source.map(str::to_owned),
            licence: licence.map(str::to_owned),
            features: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    fn file() -> DenyFile {
        DenyFile {
            allowed_licences: vec!["MIT".to_owned()],
            banned: vec!["bad".to_owned()],
            single: vec!["der".to_owned()],
        }
    }

    #[test]
    fn each_fault_is_found() {
        let registry = Some("registry+https://example.invalid/index");
        assert!(faults(&package("good", Some("MIT"), registry), &file()).is_empty());
        for faulty in [
            package("good", Some("GPL-3.0-only"), registry),
            package("good", None, registry),
            package("bad", Some("MIT"), registry),
            package("good", Some("MIT"), Some("git+https://example.invalid/x")),
        ] {
            assert_eq!(faults(&faulty, &file()).len(), 1, "{faulty:?}");
        }
        let mut hazardous = package("kazasu-pki", Some("MIT"), None);
        hazardous.dependencies.push(("rsa".to_owned(), vec!["hazmat".to_owned()]));
        assert_eq!(faults(&hazardous, &file()), ["asks for rsa/hazmat"]);
    }
}
