//! What a session prints is searched for what must never be in it: names and addresses without
//! leave, PINs and passwords ever.

mod common;

use common::{Folder, PASSWORD, PIN, WRONG_PIN};

#[test]
fn nothing_personal_and_no_secret_is_printed() {
    let folder = Folder::new();
    folder.issue("card.json", "--stand-in-institution");
    folder.write("text", b"to be signed");
    folder.write("root.der", b"");
    let reader = "--reader virtual:card.json --trace";
    let number_b = folder.number_b("card.json");
    let spaced = format!("1985-06-15 {} 0000", &number_b[6..10]);
    let visual = "check-in --method visual --operator C-17 --reason mask --photo-out now.png";
    let calls: [(&str, &[&str]); 29] = [
        ("attributes", &["2345"]),
        ("attributes", &["8642"]),
        ("attributes --by number-b", &[&number_b]),
        ("attributes --by number-b --check none", &[&spaced]),
        ("card-face show", &[&number_b]),
        ("card-face show --check none", &[&spaced]),
        ("card-face show", &["60061520369999"]),
        ("card-face show --by birth-date", &["S60.6.15"]),
        ("card-face show --by birth-date", &["850615"]),
        ("face photo --out photo.png", &[&number_b]),
        ("check-in --method face --probe photo.png", &[&number_b]),
        ("check-in --method face --probe photo.png --key-use stand-in", &[&number_b]),
        ("check-in --method face --probe photo.png", &["60061520369999"]),
        ("check-in --method face --probe photo.png --stand-in-liveness failed", &[&number_b]),
        (visual, &[&number_b, "yes", "yes"]),
        (&format!("{visual} --key-use stand-in"), &[&spaced, "yes", "yes"]),
        (visual, &[&spaced, "yes", "no"]),
        ("check-in --evidence evidence.json", &[PIN]),
        ("check-in", &[WRONG_PIN]),
        ("sign --key sign --in text --out sig", &[PASSWORD]),
        ("sign --key auth --in text --out sig", &[PIN]),
        ("cert show --kind sign --out sign.der", &[PASSWORD]),
        ("cert show --kind sign --now 2050-01-01T00:00:00Z", &[PASSWORD]),
        ("cert show --kind auth", &[PIN]),
        ("cert show --kind sign-ca", &[]),
        ("pin status", &[]),
        ("pin change --kind sign", &[PASSWORD, "TEST9876"]),
        ("pin change --kind sign", &["TEST9876", PASSWORD]),
        ("pin change --kind auth", &[PIN, "1234"]),
    ];
    let mut outputs = Vec::new();
    for json in ["", "--json", "--lang ja"] {
        for (line, secrets) in &calls {
            let mut call = folder.call(&format!("{line} {reader} {json}"));
            if !secrets.is_empty() {
                call = call.secrets(secrets);
            }
            let run = call.run();
            assert!(matches!(run.code, 0 | 10 | 17 | 31 | 34 | 36), "{line}: {run:?}");
            assert!(run.err.contains("> 00 A4 04 0C"), "the trace is there: {}", run.err);
            outputs.push((line.to_string(), run.out + &run.err));
        }
        let line = format!("verify --in text --sig sig --cert sign.der {json}");
        let run = folder.call(&line).run();
        outputs.push((line, run.out + &run.err));
        let line = format!("card show card.json {json}");
        let run = folder.call(&line).run();
        outputs.push((line, run.out + &run.err));
    }
    outputs.push(("evidence".to_owned(), String::from_utf8(folder.read("evidence.json")).unwrap()));
    // Short secrets occur in hexadecimal by chance; as a word of their own they do not.
    for (line, output) in &outputs {
        let lower = output.to_lowercase();
        for personal in [
            "架空　見本",
            "架空県",
            "見本市",
            "mihon",
            "kakuu",
            "19850615",
            "1985-06-15",
            "s60.6.15",
            "female",
            "女",
        ] {
            assert!(!lower.contains(personal), "{line}: {personal} in {output}");
        }
        for code in ["0000", "600615", "850615", "60061520369999", &number_b] {
            let word = |it: &str| it == code;
            assert!(!output.split(|c: char| !c.is_alphanumeric()).any(word), "{line}: {output}");
        }
        let hexadecimal: String = number_b.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!lower.replace(' ', "").contains(&hexadecimal), "{line}: {output}");
        for secret in [PIN, WRONG_PIN, PASSWORD, "TEST9876", "2345", "8642"] {
            let word = |it: &str| it == secret;
            assert!(!output.split(|c: char| !c.is_alphanumeric()).any(word), "{line}: {output}");
            let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!lower.replace(' ', "").contains(&hexadecimal), "{line}: {output}");
        }
        // The name as it stands in the certificate.
        let name: String = "架空　見本".bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!lower.replace(' ', "").contains(&name), "{line}: {output}");
    }
    // With leave they are shown, so the test above looks for the right texts.
    let shown = folder
        .call("cert show --kind sign --reader virtual:card.json --show-personal")
        .secrets(&[PASSWORD])
        .run();
    assert!(shown.out.contains("架空　見本") && shown.out.contains("架空県"), "{}", shown.out);
    let shown = folder
        .call("cert show --kind sign --reader virtual:card.json --show-personal")
        .secrets(&[PASSWORD])
        .json("cert-show");
    let subject = shown.value["certificate"]["subject"].as_str().unwrap();
    assert!(subject.to_lowercase().contains("mihon"), "{subject}");
    for (line, secret, schema) in [
        ("attributes --reader virtual:card.json --show-personal", "2345", "attributes"),
        ("card-face show --reader virtual:card.json --show-personal", &number_b, "card-face"),
    ] {
        let shown = folder.call(line).secrets(&[secret]).run();
        assert!(shown.out.contains("1985-06-15"), "{}", shown.out);
        let shown = folder.call(line).secrets(&[secret]).json(schema);
        assert!(shown.value.to_string().contains("female"), "{}", shown.value);
    }
    let shown = folder.call("card show card.json --show-personal").json("card");
    assert_eq!(shown.value["card"]["holder"]["name"], "架空　見本");
}
