//! The real PC/SC service with our card in its reader: `crates/test-pcscd` does the work, and the
//! tests of whoever is a client of PC/SC run inside of a pcscd of their own.
//!
//! A pcscd that runs already is left alone. Nothing here is a client of PC/SC itself.

use std::{path::Path, thread};

use anyhow::{Result, anyhow, ensure};

use crate::{
    context::{Context, output, run as run_command},
    system::{self, Package},
    tally::Tally,
};

pub(crate) const LIBPCSCLITE: Package = Package {
    name: "libpcsclite-dev",
    present: || {
        let mut ask = std::process::Command::new("pkg-config");
        output(ask.args(["--exists", "libpcsclite"])).is_ok()
    },
};
pub(crate) const PKG_CONFIG: Package =
    Package { name: "pkg-config", present: || system::in_path("pkg-config") };
const PCSCD: Package = Package {
    name: "pcscd",
    present: || system::in_path("pcscd") || Path::new("/usr/sbin/pcscd").is_file(),
};
const VPCD: Package = Package {
    name: "vsmartcard-vpcd",
    present: || Path::new("/usr/lib/pcsc/drivers/serial/libifdvpcd.so").exists(),
};
const OPENSC: Package = Package {
    name: "opensc",
    present: || ["opensc-tool", "pkcs11-tool", "pkcs15-crypt"].into_iter().all(system::in_path),
};

/// Tests that need the service, as `cargo test` takes them. They find it by `PCSCLITE_CSOCK_NAME`,
/// know by `KAZASU_TEST_PCSC=1` that they may run, and put cards into the slots at
/// `KAZASU_TEST_VPCD`.
///
/// A list after another runs beside it, in a pcscd of its own: these wait for most of their time.
const CLIENTS: &[(&str, &[&str])] = &[
    ("crates/pcsc", &["-p kazasu-pcsc --all-features"]),
    (
        "crates/cli/tests/pcsc",
        &[
            "-p kazasu-cli --features pcsc --test pcsc -- broken:: leftovers:: pulled:: service::",
            "-p kazasu-cli --features pcsc --test pcsc --test pcsc_many -- --skip broken:: \
             --skip leftovers:: --skip pulled:: --skip service::",
        ],
    ),
];

/// What cannot be built without libpcsclite: packages, and features of others.
const LINKED: (&[&str], &[&str]) =
    (&["kazasu-pcsc"], &["kazasu-cli/pcsc", "kazasu-pcsc/", "kazasu-test-pcscd/suite"]);

/// Packages that bring libpcsclite.
pub(crate) const LIBRARY: &[Package] = &[LIBPCSCLITE, PKG_CONFIG];

/// The packages of the workspace that can be built here, as cargo takes them; all, unless libpcsclite
/// is missing.
pub(crate) fn workspace() -> String {
    let mut words = String::from("--workspace");
    if !is_linked() {
        for package in LINKED.0 {
            words += &format!(" --exclude {package}");
        }
    }
    words
}

/// Can this feature, `package/feature`, be built here?
pub(crate) fn has(feature: &str) -> bool {
    !LINKED.1.iter().any(|linked| feature.starts_with(linked)) || is_linked()
}

/// Says what is left out, if libpcsclite is missing.
pub(crate) fn note(tally: &mut Tally) {
    if !is_linked() {
        println!("  libpcsclite is missing: {} and features were left out", LINKED.0.join(", "));
        tally.skipped += 1;
    }
}

fn is_linked() -> bool {
    LIBRARY.iter().all(|package| (package.present)())
}

pub(crate) fn packages(_: &Context) -> Vec<Package> {
    vec![PCSCD, VPCD, OPENSC, system::OPENSSL, LIBPCSCLITE, PKG_CONFIG]
}

pub(crate) fn run(context: &Context) -> Result<Tally> {
    let mut tally = Tally::default();
    let suite = "run --quiet --locked -p kazasu-test-pcscd --features suite --bin pcsc-suite";
    context.tests(&mut tally, &mut context.cargo(suite))?;
    for (folder, lists) in CLIENTS {
        if !context.root.join(folder).is_dir() {
            continue;
        }
        // Built before, so that neither waits for the other's lock with its pcscd running.
        let build = lists.first().and_then(|list| list.split(" --test").next()).unwrap_or_default();
        let mut build = context.cargo(&format!("test --quiet --locked --no-run {build}"));
        ensure!(run_command(&mut build)?, "the tests in {folder} could not be built");
        let ended: Vec<Result<Tally>> = thread::scope(|scope| {
            let run = |tests: &'static str| scope.spawn(move || client(context, tests));
            let threads: Vec<_> = lists.iter().copied().map(run).collect();
            let panicked = || Err(anyhow!("the tests in {folder} were not waited for"));
            threads.into_iter().map(|one| one.join().unwrap_or_else(|_| panicked())).collect()
        });
        for one in ended {
            tally.add(one?);
        }
    }
    Ok(tally)
}

/// One list of tests inside of a pcscd.
fn client(context: &Context, tests: &str) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut inside =
        context.cargo("run --quiet --locked -p kazasu-test-pcscd --bin private-pcscd --");
    inside.arg(&context.cargo).args(["test", "--locked", "--no-fail-fast"]);
    context.tests(&mut tally, inside.args(tests.split_whitespace()))?;
    Ok(tally)
}
