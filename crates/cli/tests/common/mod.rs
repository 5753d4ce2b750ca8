//! What the tests of the program share: a folder of their own, cards in files, and a call of the
//! built program. Every call with `--json` is held to its schema, so that no test can forget it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are helpers of tests")]

use boon::{Compiler, Schemas};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// PIN and password of the cards, and wrong ones.
pub(crate) const PIN: &str = "1234";
pub(crate) const WRONG_PIN: &str = "9876";
pub(crate) const PASSWORD: &str = "TEST1234";
/// A moment at which every certificate of a test card is valid.
pub(crate) const TEST_CARD_NOW: &str = "2026-05-01T09:00:00+09:00";
/// A challenge, and another one.
pub(crate) const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
pub(crate) const OTHER_NONCE: &str = "100102030405060708090a0b0c0d0e0f";

/// A folder that is removed at the end of the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("kazasu-cli-test-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The names of all that is in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A call of the program in this folder.
    pub(crate) fn call(&self, line: &str) -> Call {
        let mut call = Call::new(line);
        call.command.current_dir(&self.0);
        call
    }

    /// Issues a card into `NAME`, with these options.
    pub(crate) fn issue(&self, name: &str, options: &str) {
        let run = self.call(&format!("card issue --out {name} {options}")).run();
        assert_eq!(run.code, 0, "{}", run.err);
    }

    /// Tries left of a reference, from inside the card file and without the program.
    pub(crate) fn tries(&self, card: &str, application: &str, file: &str) -> u64 {
        let value: Value = serde_json::from_slice(&self.read(card)).unwrap();
        let applications = value["card"]["applications"].as_array().unwrap();
        let found = applications.iter().find(|it| it["name"] == application).unwrap();
        found["files"][file]["code"]["tries_left"].as_u64().unwrap()
    }

    /// A code of a card, from inside the card file.
    pub(crate) fn code(&self, card: &str, application: &str, file: &str) -> String {
        let value: Value = serde_json::from_slice(&self.read(card)).unwrap();
        let applications = value["card"]["applications"].as_array().unwrap();
        let found = applications.iter().find(|it| it["name"] == application).unwrap();
        found["files"][file]["code"]["value"].as_str().unwrap().to_owned()
    }

    /// 照合番号B of a card.
    pub(crate) fn number_b(&self, card: &str) -> String {
        self.code(card, "surface", "0012")
    }

    /// Changes one application of a card file.
    pub(crate) fn alter_application(
        &self,
        card: &str,
        application: &str,
        change: impl FnOnce(&mut Value),
    ) {
        self.alter(card, card, |value| {
            let applications = value["card"]["applications"].as_array_mut().unwrap();
            change(applications.iter_mut().find(|it| it["name"] == application).unwrap());
        });
    }

    /// Sets the tries left of a code.
    pub(crate) fn set_tries(&self, card: &str, application: &str, file: &str, left: u64) {
        self.alter_application(card, application, |it| {
            it["files"][file]["code"]["tries_left"] = left.into();
        });
    }

    /// A file of the card.
    pub(crate) fn content(&self, card: &str, application: &str, file: &str) -> Vec<u8> {
        let value: Value = serde_json::from_slice(&self.read(card)).unwrap();
        let applications = value["card"]["applications"].as_array().unwrap();
        let found = applications.iter().find(|it| it["name"] == application).unwrap();
        unhex(found["files"][file]["transparent"]["content"].as_str().unwrap())
    }

    /// Turns a bit of a file of the card.
    pub(crate) fn damage(&self, card: &str, application: &str, file: &str, at: usize) {
        self.alter_application(card, application, |it| {
            let content = &mut it["files"][file]["transparent"]["content"];
            let mut bytes = unhex(content.as_str().unwrap());
            bytes[at] ^= 0x01;
            let text: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            *content = text.into();
        });
    }

    /// Tries left of the PIN for user authentication.
    pub(crate) fn pin_tries(&self, card: &str) -> u64 {
        self.tries(card, "jpki", "0018")
    }

    /// Changes the JSON of a card file into another one.
    pub(crate) fn alter(&self, from: &str, to: &str, change: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_slice(&self.read(from)).unwrap();
        change(&mut value);
        self.write(to, serde_json::to_vec(&value).unwrap());
    }

    /// openssl, run in this folder. Without it these tests must not pass.
    pub(crate) fn openssl(&self, line: &str) -> Output {
        Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| {
                panic!(
                    "openssl is needed as an independent judge (apt-get install openssl): {error}"
                )
            })
    }

    /// openssl, which must succeed; its standard output.
    pub(crate) fn openssl_well(&self, line: &str) -> Vec<u8> {
        let output = self.openssl(line);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {line}: {error}");
        output.stdout
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A call of the program. Its standard input is empty and no terminal, unless lines are given.
pub(crate) struct Call {
    pub(crate) command: Command,
    input: Vec<u8>,
}

impl Call {
    /// With the arguments of a line, split at spaces.
    pub(crate) fn new(line: &str) -> Self {
        Self::with(line.split_whitespace())
    }

    pub(crate) fn with(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kazasu"));
        command.args(arguments);
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        Self { command, input: Vec::new() }
    }

    pub(crate) fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With `--pin-stdin` and these lines.
    pub(crate) fn secrets(mut self, secrets: &[&str]) -> Self {
        self.command.arg("--pin-stdin");
        self.input =
            secrets.iter().flat_map(|secret| [secret, "\n"].concat().into_bytes()).collect();
        self
    }

    /// With `--code-stdin` and these lines.
    pub(crate) fn codes(mut self, codes: &[&str]) -> Self {
        self.command.arg("--code-stdin");
        self.input = codes.iter().flat_map(|code| [code, "\n"].concat().into_bytes()).collect();
        self
    }

    pub(crate) fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    pub(crate) fn run(mut self) -> Run {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(&self.input);
        Run::of(child.wait_with_output().unwrap())
    }

    /// Runs it with `--json`: one object on standard output, held to its schema.
    pub(crate) fn json(self, schema: &str) -> Answer {
        let run = self.argument("--json").run();
        let value: Value = match run.out.strip_suffix('\n') {
            Some(line) if !line.contains('\n') => serde_json::from_str(line).unwrap(),
            _ => panic!("not one line of JSON: {:?}, {}", run.out, run.err),
        };
        assert_eq!(value["code"], run.code, "the exit number is in the object");
        if let Err(reason) = holds(schema, &value) {
            panic!("{schema}: {reason}\n{value:#}");
        }
        Answer { code: run.code, value, err: run.err }
    }

    /// Runs it with `--json`; it must end in a usage error and print no JSON.
    pub(crate) fn usage(self) -> String {
        let run = self.argument("--json").run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert_ne!(run.err, "");
        run.err
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!err.contains("panicked"), "{err}");
        let out = String::from_utf8(output.stdout).unwrap();
        Self { code: output.status.code().unwrap(), out, err }
    }
}

/// How a call with `--json` ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) value: Value,
    pub(crate) err: String,
}

impl Answer {
    /// Exit number and outcome.
    pub(crate) fn end(&self) -> (i32, &str) {
        (self.code, self.value["outcome"].as_str().unwrap())
    }
}

/// Where the schemas are.
pub(crate) fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas").canonicalize().unwrap()
}

/// Does the value fit the schema of this name?
pub(crate) fn holds(schema: &str, value: &Value) -> Result<(), String> {
    let path = schemas().join(format!("{schema}.schema.json"));
    let mut schemas = Schemas::new();
    let index = Compiler::new()
        .compile(path.to_str().unwrap(), &mut schemas)
        .unwrap_or_else(|error| panic!("{schema}: {error:#}"));
    schemas.validate(value, index).map_err(|error| format!("{error:#}"))
}

/// Bytes of hexadecimal text.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}
