#![no_main]
//! APDUs: a response keeps every byte, and a command that parses is written back to the same bytes.

use kazasu_apdu::{Command, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(response) = Response::parse(bytes) {
        assert_eq!(response.data.len() + 2, bytes.len());
        assert!(bytes.starts_with(response.data));
        assert!(bytes.ends_with(&response.status.0.to_be_bytes()));
        let _ = (response.status.meaning(), response.status.tries_left());
    }
    if let Ok((command, format)) = Command::parse(bytes) {
        let mut out = vec![0; bytes.len()];
        let length = command.encode(&mut out, format).expect("as long as it was");
        assert_eq!(out.get(..length), Some(bytes));
        // The data never shows.
        let text = format!("{command:?}");
        assert!(text.len() < 400, "{text}");
    }
});
