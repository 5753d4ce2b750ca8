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
    workspace,
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
/// All run at once, each list in a pcscd of its own: they wait for most of their time.
const CLIENTS: [&str; 5] = [
    "--test pcscd --test killed --test pcsc_many",
    "--test pcsc -- leftovers::",
    "--test pcsc -- broken:: pulled:: service::",
    "--test pcsc -- readers:: serve:: terminal::",
    // What no other list names.
    "--test pcsc -- --skip leftovers:: --skip broken:: --skip pulled:: --skip service:: \
     --skip readers:: --skip serve:: --skip terminal::",
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
    // What `unit` built, with the same features, serves here too. Built before, so that nobody waits
    // for another's lock with a pcscd running.
    let features = workspace::host_features(context)?;
    let mut build = context.cargo("test --quiet --workspace --locked --no-run --features");
    build.arg(&features).args(CLIENTS.iter().flat_map(|list| targets(list)));
    ensure!(run_command(&mut build)?, "the tests that need the service could not be built");
    let mut service = context.cargo("build --quiet --locked -p kazasu-test-pcscd");
    ensure!(run_command(service.args(["--bin", SERVICE]))?, "{SERVICE} could not be built");
    let ended: Vec<Result<Tally>> = thread::scope(|scope| {
        let run = |list: &'static str| scope.spawn(|| client(context, &features, list));
        let threads: Vec<_> = CLIENTS.into_iter().map(run).collect();
        let panicked = |_| Err(anyhow!("tests that need the service were not waited for"));
        threads.into_iter().map(|one| one.join().unwrap_or_else(panicked)).collect()
    });
    for one in ended {
        tally.add(one?);
    }
    Ok(tally)
}

/// The test programs that a list names.
fn targets(list: &str) -> impl Iterator<Item = &str> {
    list.split_whitespace().take_while(|word| *word != "--")
}

/// Runs a program inside of a pcscd of its own.
const SERVICE: &str = "private-pcscd";

/// One list of tests inside of a pcscd.
fn client(context: &Context, features: &str, list: &str) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut inside = context.command(context.target.join("debug").join(SERVICE));
    inside.arg(&context.cargo).args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    inside.args(["--features", features]).args(list.split_whitespace());
    context.tests(&mut tally, &mut inside)?;
    Ok(tally)
}
