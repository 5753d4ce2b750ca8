//! A pcscd that belongs to one test: its own socket, its own vpcd on its own ports, started without
//! root, any number side by side.
//!
//! It never touches a pcscd that runs already, its socket or its port, and it installs nothing. When
//! the owner ends, however it ends, the pcscd ends and its folder goes.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! let pcscd = kazasu_test_pcscd::PrivatePcscd::start()?;
//! // ... put a card into the slot at pcscd.vpcd(0), then:
//! pcscd.wait_for_card(0, Duration::from_secs(5))?;
//! let mut list = pcscd.command("opensc-tool");
//! let output = kazasu_test_pcscd::output_within(list.arg("--name"), Duration::from_secs(20))?;
//! # Ok::<(), kazasu_test_pcscd::Error>(())
//! ```
#![cfg(unix)]
#![forbid(unsafe_code)]

mod error;
mod guard;
mod output;

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use error::Error;
pub use output::output_within;

use error::failed;
use guard::Guard;

/// The driver, where Debian puts it.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// pcscd 1.9 does not start without this folder, though with socket activation it puts nothing there.
const RUN_FOLDER: &str = "/run/pcscd";

/// Slots of one vpcd as Debian builds it.
pub const SLOTS: u16 = 2;

/// In the environment of a program: set to 1, tests that need the service may run.
pub const ENABLED: &str = "KAZASU_TEST_PCSC";

/// In the environment of a program: where vpcd listens, slot 0 first, separated by commas.
pub const ADDRESSES: &str = "KAZASU_TEST_VPCD";

/// In the environment of a program: where libpcsclite looks for the service.
pub const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

/// Another program may take a port between our finding it free and vpcd's binding it.
const ATTEMPTS: usize = 5;

/// More than a loaded machine needs to start pcscd.
const START: Duration = Duration::from_secs(20);

/// A running pcscd with one vpcd of [`SLOTS`] slots. Dropped, it ends.
#[derive(Debug)]
pub struct PrivatePcscd {
    folder: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
    guard: Option<Guard>,
}

impl PrivatePcscd {
    /// Starts one, as the user that runs this, or as `nobody` if that is root: as root pcscd removes
    /// the process file of another.
    ///
    /// # Errors
    /// [`Error::Missing`] where packages are missing, [`Error::RunFolder`], [`Error::NotReady`].
    pub fn start() -> Result<Self, Error> {
        require()?;
        let owner = guard::unprivileged()?;
        run_folder(owner.is_some())?;
        let mut last = Error::NotReady { log: String::new() };
        for _ in 0..ATTEMPTS {
            let port = free_ports()?;
            let folder = new_folder()?;
            let mut pcscd = Self { folder, port, owner, guard: None };
            pcscd.configure()?;
            match pcscd.begin() {
                Ok(()) => return Ok(pcscd),
                Err(error @ Error::NotReady { .. }) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Where a card connects to be in this slot.
    #[must_use]
    pub fn vpcd(&self, slot: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port.saturating_add(slot)))
    }

    /// The socket of the service, as `PCSCLITE_CSOCK_NAME` takes it.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// A folder for files of the test. It goes with the service.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of a slot's reader.
    #[must_use]
    pub fn reader(slot: u16) -> String {
        format!("Virtual PCD 00 {slot:02}")
    }

    /// A program that finds this service and no other.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let addresses: Vec<_> = (0..SLOTS).map(|slot| self.vpcd(slot).to_string()).collect();
        let mut command = Command::new(program);
        command
            .env(SOCKET, self.socket())
            .env(ENABLED, "1")
            .env(ADDRESSES, addresses.join(","))
            // OpenSC keeps what it read of a card below this one.
            .env("XDG_CACHE_HOME", self.folder.join("cache"));
        command
    }

    /// Waits until the service sees a card in this slot.
    ///
    /// # Errors
    /// [`Error::NoCard`] after that time.
    pub fn wait_for_card(&self, slot: u16, time: Duration) -> Result<(), Error> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if self.readers()?.get(usize::from(slot)) == Some(&true) {
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        Err(Error::NoCard { slot })
    }

    /// Ends the service at once (SIGKILL), as a crash would. The socket stays behind.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn kill(&mut self) -> Result<(), Error> {
        self.guard.take().map_or(Ok(()), Guard::kill)
    }

    /// Starts the service again after [`PrivatePcscd::kill`], at the same socket and ports.
    ///
    /// # Errors
    /// [`Error::NotReady`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.kill()?;
        fs::remove_file(self.socket()).map_err(failed("remove the socket"))?;
        self.begin()
    }

    /// What pcscd has written.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn configure(&self) -> Result<(), Error> {
        let port = self.port;
        let readers = self.folder.join("readers");
        fs::create_dir(&readers).map_err(failed("make the readers' folder"))?;
        let file = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port}\nLIBPATH {DRIVER}\n\
             CHANNELID {port}\n"
        );
        fs::write(readers.join("vpcd"), file).map_err(failed("write the reader file"))?;
        if let Some((user, group)) = self.owner {
            chown(&self.folder, Some(user), Some(group)).map_err(failed("hand over the folder"))?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        let socket = UnixListener::bind(self.socket()).map_err(failed("bind the socket"))?;
        self.guard = Some(Guard::start(&self.folder, socket, self.owner)?);
        // pcscd takes connections when it has tried all its readers.
        match self.readers() {
            Ok(readers) if readers.len() == usize::from(SLOTS) => Ok(()),
            Ok(_) | Err(Error::TimedOut { .. }) => Err(Error::NotReady { log: self.log() }),
            Err(error) => Err(error),
        }
    }

    /// Which readers there are, and whether each has a card.
    fn readers(&self) -> Result<Vec<bool>, Error> {
        let output = output_within(self.command("opensc-tool").arg("--list-readers"), START)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let readers = text.lines().filter(|line| line.contains("Virtual PCD 00"));
        Ok(readers.map(|line| line.split_whitespace().nth(1) == Some("Yes")).collect())
    }
}

impl Drop for PrivatePcscd {
    fn drop(&mut self) {
        // The guard's end; it also removes the folder if this process does not come so far.
        drop(self.guard.take());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Is everything here that is needed?
///
/// # Errors
/// [`Error::Missing`] with the names of Debian's packages.
pub fn require() -> Result<(), Error> {
    let mut packages = Vec::new();
    for (program, package) in [("pcscd", "pcscd"), ("opensc-tool", "opensc")] {
        if !in_path(program) {
            packages.push(package);
        }
    }
    if !Path::new(DRIVER).exists() {
        packages.push("vsmartcard-vpcd");
    }
    if packages.is_empty() { Ok(()) } else { Err(Error::Missing { packages }) }
}

/// A user's PATH often lacks `/usr/sbin`, where pcscd is.
fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .any(|folder| folder.join(program).is_file())
}

fn run_folder(root: bool) -> Result<(), Error> {
    match fs::create_dir(RUN_FOLDER) {
        Ok(()) => Ok(()),
        Err(_) if Path::new(RUN_FOLDER).is_dir() => Ok(()),
        Err(source) if root => Err(failed("make /run/pcscd")(source)),
        Err(_) => Err(Error::RunFolder),
    }
}

/// The first of [`SLOTS`] ports in a row that nobody listens on.
fn free_ports() -> Result<u16, Error> {
    let any = Ipv4Addr::UNSPECIFIED;
    for _ in 0..100 {
        let first = TcpListener::bind((any, 0)).map_err(failed("find a free port"))?;
        let port = first.local_addr().map_err(failed("find a free port"))?.port();
        let others = (1..SLOTS).all(|slot| {
            port.checked_add(slot).is_some_and(|port| TcpListener::bind((any, port)).is_ok())
        });
        if others {
            return Ok(port);
        }
    }
    Err(Error::NoPorts)
}

/// A folder that nobody else can look into.
fn new_folder() -> Result<PathBuf, Error> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("kazasu-pcscd-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(failed("make a folder for pcscd")(source)),
        }
    }
}
