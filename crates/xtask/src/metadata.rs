//! What `cargo metadata --locked` says of the workspace and of everything that it depends on.

use anyhow::{Context as _, Result};

use crate::{
    context::{Context, output},
    json::Json,
};

/// One package of the resolved tree.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// `None` for packages of this repository.
    pub(crate) source: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) features: Vec<String>,
    /// Names of dependencies with the features that are asked for.
    pub(crate) dependencies: Vec<(String, Vec<String>)>,
}

impl Package {
    fn read(json: &Json) -> Result<Self> {
        let text = |name: &str| json.member(name).text().map(str::to_owned);
        let texts = |json: &Json| {
            json.items().iter().filter_map(|item| item.text().map(str::to_owned)).collect()
        };
        let dependencies = json.member("dependencies").items().iter().map(|dependency| {
            let name = dependency.member("name").text().unwrap_or_default().to_owned();
            (name, texts(dependency.member("features")))
        });
        Ok(Self {
            name: text("name").context("a package without a name")?,
            version: text("version").context("a package without a version")?,
            source: text("source"),
            licence: text("license"),
            features: json.member("features").names().map(str::to_owned).collect(),
            dependencies: dependencies.collect(),
        })
    }
}

/// Every package of the workspace whose manifest is given, dependencies included.
pub(crate) fn packages(context: &Context, manifest: &str) -> Result<Vec<Package>> {
    let text = output(
        context
            .cargo("metadata --locked --format-version 1 --manifest-path")
            .arg(context.root.join(manifest)),
    )?;
    Json::parse(&text)?.member("packages").items().iter().map(Package::read).collect()
}
