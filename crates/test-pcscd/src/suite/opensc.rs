//! OpenSC, unmodified, at our card: what it finds, what it reads, what it signs, and what it is told
//! when the PIN is wrong or blocked. openssl judges the signatures.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use kazasu_test_pcscd::{SOCKET, output_within};
use kazasu_virtual_card::{Blocked, Card, CertificateKind, Reference};

use crate::{Bench, Check, Outcome, demonstration, ensure, ensure_equal};

pub(crate) const CHECKS: &[Check] = &[
    ("recognises the card", recognises),
    ("lists certificates, keys and PINs", lists),
    ("reads the certificates byte by byte", reads),
    ("pkcs15-crypt signs with the auth key", pkcs15_signs),
    ("pkcs11-tool signs with the auth key", pkcs11_signs_auth),
    ("pkcs11-tool signs with the sign key", pkcs11_signs_sign),
    ("pkcs11-tool's own test of a token", pkcs11_test),
    ("a wrong PIN costs one try", wrong_pin),
    ("a blocked PIN is told as such", blocked_pin),
];

const AUTH_TOKEN: &str = "JPKI (User Authentication PIN)";
const SIGN_TOKEN: &str = "JPKI (Digital Signature PIN)";
const AUTH_PIN: &str = "1234";
const WRONG_PIN: &str = "9999";
const SIGN_PASSWORD: &str = "TEST1234";

/// The slowest of these takes 0.3 s.
const TIME: Duration = Duration::from_secs(30);

fn recognises(bench: &Bench) -> Outcome {
    let _slot = bench.insert(demonstration()?)?;
    let name = run(Command::new("opensc-tool").arg("--name"))?;
    ensure_equal(text(&name).trim(), "jpki", "the name")
}

fn lists(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let mut tool = Command::new("pkcs15-tool");
    let list = run(tool.args(["--list-certificates", "--list-keys", "--list-pins"]))?;
    let list = text(&list);
    for wanted in [
        "X.509 Certificate [User Authentication Certificate]",
        "X.509 Certificate [Digital Signature Certificate]",
        "X.509 Certificate [User Authentication Certificate CA]",
        "X.509 Certificate [Digital Signature Certificate CA]",
        "Private RSA Key [User Authentication Key]",
        "Private RSA Key [Digital Signature Key]",
        "PIN [User Authentication PIN]",
        "PIN [Digital Signature PIN]",
    ] {
        ensure(list.contains(wanted), &format!("'{wanted}' is not in the list:\n{list}"))?;
    }
    let tries: Vec<_> = list.lines().filter(|line| line.contains("Tries left")).collect();
    let tries: Vec<_> = tries.iter().filter_map(|line| line.split(':').nth(1)).collect();
    ensure_equal(tries, vec![" 3", " 5"], "the tries left")?;
    ensure(slot.with_card(|card| card.verify_commands_seen()) == 0, "a list presented a PIN")
}

fn reads(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let folder = Folder::new("certificates")?;
    let [auth, auth_ca, sign, sign_ca] = slot.with_card(|card| {
        let (auth, sign) = (CertificateKind::Auth, CertificateKind::Sign);
        [
            card.certificate(auth).map(<[u8]>::to_vec),
            card.ca_certificate(auth).map(<[u8]>::to_vec),
            card.certificate(sign).map(<[u8]>::to_vec),
            card.ca_certificate(sign).map(<[u8]>::to_vec),
        ]
    });
    for (id, wanted) in [("01", auth), ("03", auth_ca), ("04", sign_ca)] {
        let mut tool = Command::new("pkcs15-tool");
        let pem =
            folder.write(&format!("{id}.pem"), &run(tool.args(["--read-certificate", id]))?)?;
        ensure(Some(folder.der(&pem)?) == wanted, &format!("certificate {id} is another"))?;
    }
    // That of the other key is behind its password.
    let mut tool = Command::new("pkcs15-tool");
    let refused = output_within(tool.args(["--read-certificate", "02"]), TIME)?;
    ensure(!refused.stdout.starts_with(b"-----BEGIN"), "certificate 02 came without a password")?;
    let mut tool = Command::new("pkcs15-tool");
    tool.args(["--verify-pin", "--auth-id", "02", "--pin", SIGN_PASSWORD]);
    let pem = folder.write("02.pem", &run(tool.args(["--read-certificate", "02"]))?)?;
    ensure(Some(folder.der(&pem)?) == sign, "certificate 02 is another")
}

fn pkcs15_signs(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let folder = Folder::new("pkcs15")?;
    let mut tool = pkcs15_crypt(&folder, AUTH_PIN)?;
    run(&mut tool)?;
    folder.verify(&slot.with_card(|card| certificate(card, CertificateKind::Auth))?)?;
    ensure_equal(slot.with_card(|card| card.deeds().signatures), 1, "signatures of the card")
}

fn pkcs11_signs_auth(bench: &Bench) -> Outcome {
    pkcs11_signs(bench, AUTH_TOKEN, AUTH_PIN, "01", CertificateKind::Auth)
}

fn pkcs11_signs_sign(bench: &Bench) -> Outcome {
    pkcs11_signs(bench, SIGN_TOKEN, SIGN_PASSWORD, "02", CertificateKind::Sign)
}

fn pkcs11_signs(bench: &Bench, token: &str, pin: &str, id: &str, kind: CertificateKind) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let folder = Folder::new("pkcs11")?;
    run(&mut pkcs11_tool(&folder, token, pin, id)?)?;
    folder.verify(&slot.with_card(|card| certificate(card, kind))?)?;
    ensure_equal(slot.with_card(|card| card.deeds().signatures), 1, "signatures of the card")
}

fn pkcs11_test(bench: &Bench) -> Outcome {
    let _slot = bench.insert(demonstration()?)?;
    let mut tool = Command::new("pkcs11-tool");
    tool.arg("--module").arg(module()?).args(["--token-label", AUTH_TOKEN, "--test"]);
    let report = text(&run(tool.args(["--login", "--pin", AUTH_PIN]))?);
    ensure(report.contains("SHA256-RSA-PKCS: OK"), &format!("no signature in:\n{report}"))?;
    ensure(report.ends_with("No errors\n"), &format!("errors in:\n{report}"))
}

fn wrong_pin(bench: &Bench) -> Outcome {
    let slot = bench.insert(demonstration()?)?;
    let folder = Folder::new("wrong")?;
    let failed = output_within(&mut pkcs15_crypt(&folder, WRONG_PIN)?, TIME)?;
    refused(&failed, "PIN code or key incorrect")?;
    let left = |left: u8, what: &str| {
        ensure_equal(slot.with_card(|card| card.tries(Reference::Auth)), Some(left), what)
    };
    left(2, "tries after pkcs15-crypt")?;
    let failed = output_within(&mut pkcs11_tool(&folder, AUTH_TOKEN, WRONG_PIN, "01")?, TIME)?;
    refused(&failed, "CKR_PIN_INCORRECT")?;
    left(1, "tries after pkcs11-tool")?;
    let list = run(Command::new("pkcs15-tool").arg("--list-pins"))?;
    ensure(text(&list).contains("Tries left     : 1\n"), "OpenSC does not show one try left")?;
    ensure(!folder.signature().exists(), "a signature was written")?;
    // The right one gives the tries back.
    run(&mut pkcs15_crypt(&folder, AUTH_PIN)?)?;
    left(3, "tries after the right PIN")
}

fn blocked_pin(bench: &Bench) -> Outcome {
    // What real cards were seen to answer, 6984, has no name of its own in PKCS#11; 6983 has.
    for (answer, pkcs15, pkcs11) in [
        (Blocked::ReferenceDataLocked, "Reference data not usable", "CKR_GENERAL_ERROR"),
        (Blocked::AuthenticationMethodBlocked, "Authentication method blocked", "CKR_PIN_LOCKED"),
    ] {
        let mut card = demonstration()?;
        card.block(Reference::Auth)?;
        card.settings_mut().blocked = answer;
        let slot = bench.insert(card)?;
        let folder = Folder::new("blocked")?;
        refused(&output_within(&mut pkcs15_crypt(&folder, AUTH_PIN)?, TIME)?, pkcs15)?;
        let failed = output_within(&mut pkcs11_tool(&folder, AUTH_TOKEN, AUTH_PIN, "01")?, TIME)?;
        refused(&failed, pkcs11)?;
        let deeds = slot.with_card(|card| card.deeds());
        ensure_equal((deeds.comparisons, deeds.signatures), (0, 0), "comparisons, signatures")?;
        // The other password is not touched by that.
        run(&mut pkcs11_tool(&folder, SIGN_TOKEN, SIGN_PASSWORD, "02")?)?;
    }
    Ok(())
}

fn pkcs15_crypt(folder: &Folder, pin: &str) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new("pkcs15-crypt");
    command
        .args(["--sign", "--sha-256", "--pkcs1", "--key", "01", "--pin", pin, "--input"])
        .arg(folder.digest()?)
        .arg("--output")
        .arg(folder.signature());
    Ok(command)
}

fn pkcs11_tool(
    folder: &Folder,
    token: &str,
    pin: &str,
    id: &str,
) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new("pkcs11-tool");
    command
        .arg("--module")
        .arg(module()?)
        .args(["--token-label", token, "--login", "--pin", pin, "--id", id])
        .args(["--sign", "--mechanism", "SHA256-RSA-PKCS", "--input-file"])
        .arg(folder.message()?)
        .arg("--output-file")
        .arg(folder.signature());
    Ok(command)
}

/// OpenSC's library for PKCS#11; its folder is named after the machine.
fn module() -> Result<PathBuf, Box<dyn Error>> {
    let mut folders = vec![PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")];
    for entry in fs::read_dir("/usr/lib")?.flatten() {
        folders.push(entry.path());
    }
    let modules = folders.iter().flat_map(|folder| {
        ["opensc-pkcs11.so", "pkcs11/opensc-pkcs11.so"].map(|name| folder.join(name))
    });
    Ok(modules.into_iter().find(|module| module.exists()).ok_or("opensc-pkcs11.so is missing")?)
}

fn certificate(card: &Card, kind: CertificateKind) -> Result<Vec<u8>, &'static str> {
    card.certificate(kind).map(<[u8]>::to_vec).ok_or("the card has no such certificate")
}

fn run(command: &mut Command) -> Result<Vec<u8>, Box<dyn Error>> {
    let output = output_within(command, TIME)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let program = command.get_program().to_string_lossy().into_owned();
        Err(format!("{program} ended with {}: {}", output.status, both(&output)).into())
    }
}

fn refused(output: &Output, word: &str) -> Outcome {
    ensure(!output.status.success(), "the program succeeded")?;
    ensure(both(output).contains(word), &format!("no '{word}' in: {}", both(output)))
}

fn both(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Files of one check.
struct Folder(PathBuf);

impl Folder {
    /// In the folder of the pcscd, so that it goes with it.
    fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        let socket = std::env::var_os(SOCKET).map(PathBuf::from).unwrap_or_default();
        let folder = socket.with_file_name(name);
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Box<dyn Error>> {
        let path = self.0.join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    }

    fn message(&self) -> Result<PathBuf, Box<dyn Error>> {
        self.write("message", b"what is signed here is of no consequence")
    }

    fn digest(&self) -> Result<PathBuf, Box<dyn Error>> {
        let mut openssl = Command::new("openssl");
        let digest = run(openssl.args(["dgst", "-sha256", "-binary"]).arg(self.message()?))?;
        self.write("digest", &digest)
    }

    fn signature(&self) -> PathBuf {
        self.0.join("signature")
    }

    fn der(&self, pem: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
        run(Command::new("openssl").args(["x509", "-outform", "DER", "-in"]).arg(pem))
    }

    /// openssl must find the signature good for the message and the certificate.
    fn verify(&self, certificate: &[u8]) -> Outcome {
        let certificate = self.write("certificate", certificate)?;
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-inform", "DER", "-noout", "-pubkey", "-in"]).arg(certificate);
        let key = self.write("key", &run(&mut openssl)?)?;
        let mut openssl = Command::new("openssl");
        openssl.args(["dgst", "-sha256", "-verify"]).arg(key).arg("-signature");
        run(openssl.arg(self.signature()).arg(self.message()?)).map(drop)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
