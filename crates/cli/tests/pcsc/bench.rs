//! A pcscd with two slots for one test at a time, and the program as its client. Nothing here waits
//! without a limit.

use crate::common::{Answer, Folder, Run, holds};
use kazasu::apdu::Status;
use kazasu_test_pcscd::{ADDRESSES, ENABLED, PrivatePcscd};
use kazasu_virtual_card::vpcd::Slot;
use kazasu_virtual_card::{
    Card, CertificateKind, Effect, Fault, Issue, Reference, SecurityStatus, When, root_certificate,
};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Nothing takes longer, on any machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// What is over within this was not waited for.
pub(crate) const SOON: Duration = Duration::from_secs(2);
/// Commands of a check-in with extended length: SELECT, READ BINARY, the tries, VERIFY, the
/// signature.
pub(crate) const COMMANDS: u64 = 5;
/// So many commands went out when the PIN is awaited.
pub(crate) const BEFORE_PIN: u64 = 3;
/// Which of them is VERIFY.
pub(crate) const VERIFY: u64 = 4;
/// The check-in that nearly every test makes; the anchor is in the bench's folder.
pub(crate) const CHECK_IN: &str = "check-in --reader pcsc --anchor root.der --wait 0";

/// Tells a measurement, also where the output of tests that pass is kept back.
pub(crate) fn tell(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "  {text}");
}

/// One test's turn at a pcscd.
pub(crate) struct Bench {
    addresses: Vec<String>,
    pub(crate) folder: Folder,
    pub(crate) pcscd: Option<PrivatePcscd>,
    _turn: MutexGuard<'static, ()>,
}

fn is_enabled() -> bool {
    let enabled = std::env::var_os(ENABLED).is_some();
    if !enabled {
        println!("skipped: {ENABLED} is not set; cargo xtask pcsc runs this");
    }
    enabled
}

impl Bench {
    /// At the service that this process belongs to, so that [`crate::raw`] meets it too. Both slots
    /// are empty.
    pub(crate) fn take() -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        if !is_enabled() {
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = std::env::var(ADDRESSES).unwrap();
        let addresses = addresses.split(',').map(str::to_owned).collect();
        let bench = Self { addresses, folder: folder(), pcscd: None, _turn: turn };
        bench.empty();
        Some(bench)
    }

    /// Waits until the service tells of no card. When one was put back before it looked, pcscd 1.9.9
    /// may tell of it for ever after it has left, until the next one comes and goes.
    fn empty(&self) {
        let none = || crate::raw::list().iter().all(|reader| !reader.has_card());
        let until = Instant::now() + SOON;
        while !none() {
            if Instant::now() >= until {
                let _other = [0, 1].map(|slot| {
                    let card = Slot::connect(self.address(slot), demonstration()).unwrap();
                    assert!(card.wait_for_power(PATIENCE), "pcscd did not take the card");
                    card
                });
                break;
            }
            sleep(Duration::from_millis(10));
        }
        self.wait_for("both slots are empty", none);
    }

    /// At a service of its own, which the test may end.
    pub(crate) fn own() -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        if !is_enabled() {
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let pcscd = PrivatePcscd::start().unwrap();
        let addresses = [0, 1].map(|slot| pcscd.vpcd(slot).to_string()).to_vec();
        Some(Self { addresses, folder: folder(), pcscd: Some(pcscd), _turn: turn })
    }

    pub(crate) fn address(&self, slot: usize) -> &str {
        &self.addresses[slot]
    }

    /// Puts a card into a slot, and waits until pcscd has it.
    pub(crate) fn insert(&self, slot: usize, card: Card) -> Slot {
        let card = Slot::connect(self.address(slot), card).unwrap();
        self.settle(slot, &card, "");
        card
    }

    /// Waits until pcscd has the card and every client is told of it. pcscd 1.9 may miss a card that
    /// comes just as another leaves, more so on a loaded machine; then it is put in again.
    fn settle(&self, slot: usize, card: &Slot, context: &str) {
        for _ in 0..3 {
            assert!(card.wait_for_power(PATIENCE), "{context}: pcscd did not take the card");
            if self.pcscd.is_some() {
                return self.wait_for_card(slot);
            }
            let until = Instant::now() + Duration::from_secs(3);
            while Instant::now() < until {
                if crate::raw::list().get(slot).is_some_and(kazasu_pcsc::Reader::has_card) {
                    return;
                }
                sleep(Duration::from_millis(2));
            }
            card.remove();
            sleep(Duration::from_millis(600));
            card.insert().unwrap();
        }
        panic!("{context}: pcscd has the card and tells nobody");
    }

    /// Waits until every client is told of the card, which is a moment after it got power.
    pub(crate) fn wait_for_card(&self, slot: usize) {
        match &self.pcscd {
            Some(pcscd) => pcscd.wait_for_card(slot as u16, PATIENCE).unwrap(),
            None => self.wait_for("the service tells of the card", || {
                crate::raw::list().get(slot).is_some_and(kazasu_pcsc::Reader::has_card)
            }),
        }
    }

    /// A card without the JPKI application, in a slot.
    pub(crate) fn foreign(&self, slot: usize) -> Slot {
        let card = Slot::prepare(self.address(slot), demonstration()).unwrap();
        let status = Effect::Status { acted: false, status: Status::NOT_FOUND };
        card.push_fault(Fault::always(When::Ins(0xA4), status));
        card.insert().unwrap();
        self.settle(slot, &card, "");
        card
    }

    /// A card for demonstrations in slot 0.
    pub(crate) fn demonstration(&self) -> Slot {
        self.insert(0, demonstration())
    }

    pub(crate) fn start(&self, line: &str) -> Program {
        self.start_with(line.split_whitespace())
    }

    pub(crate) fn start_with<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Program {
        let mut command = self.command(env!("CARGO_BIN_EXE_kazasu"));
        command.args(arguments);
        Program::spawn(command)
    }

    /// Another program as a client of this service, in the folder.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = match &self.pcscd {
            Some(pcscd) => pcscd.command(program),
            None => Command::new(program),
        };
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path("."));
        command
    }

    /// A check-in with this PIN, as JSON.
    pub(crate) fn check_in(&self, options: &str, pin: &str) -> Answer {
        let mut program = self.start(&format!("check-in --json --pin-stdin {options}"));
        program.enter(pin);
        program.json("check-in", PATIENCE)
    }

    /// Whatever happened before, the next check-in works.
    pub(crate) fn works_again(&self, slot: &Slot, context: &str) {
        slot.insert().unwrap();
        self.settle(0, slot, context);
        let again = self.check_in("--reader pcsc --anchor root.der --wait 5", "1234");
        assert_eq!(again.end(), (0, "verified"), "{context}, then {again:?}");
        assert_eq!(slot.with_card(|card| card.tries(Reference::Auth)), Some(3), "{context}");
    }

    pub(crate) fn wait_for(&self, what: &str, holds: impl Fn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < until, "never: {what}");
            sleep(Duration::from_millis(2));
        }
    }
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("root.der", root_certificate(CertificateKind::Auth).unwrap());
    folder
}

/// A card whose keys cost nothing.
pub(crate) fn demonstration() -> Card {
    Card::issue(Issue::demonstration().seed(1)).unwrap()
}

/// A card whose security status outlives a warm reset, or does not.
pub(crate) fn with_warm_reset(warm_reset: SecurityStatus) -> Card {
    let mut issue = Issue::demonstration().seed(1);
    issue.settings.warm_reset = warm_reset;
    Card::issue(issue).unwrap()
}

/// VERIFY commands with data: each may cost a try.
pub(crate) fn verifies(slot: &Slot) -> usize {
    slot.log().iter().filter(|entry| entry.is_verify()).count()
}

/// Was its power taken? vpcd does not wait until the card has heard of it; but sooner than pcscd does
/// it by itself, which took 0.48 s at least.
pub(crate) fn has_lost_power(slot: &Slot) -> bool {
    let until = Instant::now() + Duration::from_millis(250);
    while slot.counts().power_offs == 0 && Instant::now() < until {
        sleep(Duration::from_millis(1));
    }
    slot.counts().power_offs > 0
}

/// The program, running. Its standard input is a pipe that stays open.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    out: Collected,
    err: Collected,
    begun: Instant,
}

/// What a program has written so far.
struct Collected {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Collected {
    fn from(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&text);
        let reader = thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut block) {
                theirs.lock().unwrap().extend_from_slice(&block[..length]);
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn now(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }

    fn end(&mut self) -> String {
        self.reader.take().unwrap().join().unwrap();
        self.now()
    }
}

impl Program {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Collected::from(child.stdout.take().unwrap());
        let err = Collected::from(child.stderr.take().unwrap());
        Self { input: child.stdin.take(), child, out, err, begun: Instant::now() }
    }

    /// Types a line. The program may have ended.
    pub(crate) fn enter(&mut self, line: &str) {
        let _ = self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes());
    }

    /// What it has written to standard output so far.
    pub(crate) fn out(&self) -> String {
        self.out.now()
    }

    /// What it has written to standard error so far.
    pub(crate) fn err(&self) -> String {
        self.err.now()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, name: &str) {
        Self::signal_id(self.child.id(), name);
    }

    pub(crate) fn signal_id(id: u32, name: &str) {
        let id = id.to_string();
        let status = Command::new("sh").args(["-c", "kill -s $1 $2", "sh", name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// SIGKILL, and the moment at which it was sent.
    pub(crate) fn kill(&mut self) -> Instant {
        let moment = Instant::now();
        self.child.kill().unwrap();
        moment
    }

    fn status(&mut self, limit: Duration) -> ExitStatus {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if Instant::now() >= until {
                let _ = self.child.kill();
                panic!("it did not end within {limit:?}: {}{}", self.out(), self.err());
            }
            sleep(Duration::from_millis(1));
        }
    }

    /// Its end, which comes within the limit.
    pub(crate) fn wait(&mut self, limit: Duration) -> Run {
        let status = self.status(limit);
        let (out, err) = (self.out.end(), self.err.end());
        assert!(!err.contains("panicked"), "{err}");
        let code = status.code().unwrap_or_else(|| panic!("{status}: {out}{err}"));
        Run { code, out, err }
    }

    /// Its end, and the one object that it printed, held to its schema.
    pub(crate) fn json(&mut self, schema: &str, limit: Duration) -> Answer {
        let run = self.wait(limit);
        let value = serde_json::from_str::<serde_json::Value>(&run.out)
            .unwrap_or_else(|error| panic!("{error}: {run:?}"));
        assert_eq!(value["code"], run.code, "{run:?}");
        if let Err(reason) = holds(schema, &value) {
            panic!("{schema}: {reason}\n{value:#}");
        }
        Answer { code: run.code, value, err: run.err }
    }

    pub(crate) fn time(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
