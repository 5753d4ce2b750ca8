//! Rustdoc without warnings, and links in Markdown that point to files of the repository.
//!
//! Links to the web are not followed: a check that needs somebody else's server fails at random.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::{
    context::Context,
    pcsc,
    source::{self, File},
    tally::Tally,
    workspace,
};

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let mut tally = Tally::default();
    let features = workspace::host_features(context)?;
    for features in ["", &features] {
        let workspace = pcsc::workspace();
        let mut doc = context.cargo(&format!("doc {workspace} --no-deps --locked --features"));
        context.check(&mut tally, doc.arg(features).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    for file in source::files(context)?.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(file) {
            let path = resolve(&file.path, &target);
            let exists = path.as_ref().is_some_and(|path| context.root.join(path).exists());
            tally.count(exists);
            if !exists {
                println!("  {}:{line}: '{target}' is not a file here", file.path);
            }
        }
    }
    Ok(tally)
}

/// Lines and targets of the links that point to files.
fn links(file: &File) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut fenced = false;
    for (number, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Odd parts are code between backquotes.
        let prose: String = line.split('`').step_by(2).collect();
        let mut targets: Vec<&str> =
            prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        if prose.starts_with('[') {
            targets.extend(prose.split_once("]: ").map(|(_, target)| target.trim()));
        }
        for target in targets {
            let target = target.split_whitespace().next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = path.contains("://") || path.starts_with("mailto:");
            if !path.is_empty() && !elsewhere {
                links.push((number + 1, path.to_owned()));
            }
        }
    }
    links
}

/// The path from the top of the repository; `None` when it leaves the repository.
fn resolve(from: &str, target: &str) -> Option<PathBuf> {
    let joined = match target.strip_prefix('/') {
        Some(target) => PathBuf::from(target),
        None => Path::new(from).parent()?.join(target),
    };
    let mut path = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if path.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_are_found_and_others_are_not() {
        let text = "[a](b.md#c) and [web](https://example.invalid/x), [same](#here)\n\
                    `[not](code)`\n```\n[not](fenced)\n```\n[ref]: ../d.md\n";
        let file = File { path: "docs/x.md".to_owned(), text: text.to_owned() };
        assert_eq!(links(&file), [(1, "b.md".to_owned()), (6, "../d.md".to_owned())]);
    }

    #[test]
    fn targets_are_relative_to_the_file_and_stay_inside() {
        let path = |from, target| resolve(from, target).map(|p| p.display().to_string());
        assert_eq!(path("docs/x.md", "y.md").as_deref(), Some("docs/y.md"));
        assert_eq!(path("docs/x.md", "../README.md").as_deref(), Some("README.md"));
        assert_eq!(path("docs/x.md", "/LICENSE-MIT").as_deref(), Some("LICENSE-MIT"));
        assert_eq!(path("README.md", "../outside").as_deref(), None);
    }
}
