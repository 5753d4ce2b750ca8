//! The picture in the README is what `kazasu card-face show` draws in a terminal, and stays it. After a
//! change it is made anew by `KAZASU_WRITE_PICTURE=1 cargo test -p kazasu-cli --test picture`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use kazasu::face::decode::Picture;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A character in the picture, in pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 17.0;
const MARGIN: f64 = 16.0;

/// What the program prints below its steps, whose times are never the same.
fn printed() -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_kazasu");
    let line = format!("env -u NO_COLOR COLORTERM=truecolor LC_ALL=C {program} card-face show");
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("script of util-linux is needed: {error}"));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches('\r').to_owned());
    lines.skip_while(|line| !line.starts_with("Card face verified")).collect()
}

/// The greys of a line of half blocks, upper and lower; `None` of a line of text.
fn greys(line: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let blocks = line.trim_start().strip_suffix("\u{1B}[0m")?.split_inclusive('▀');
    let grey = |block: &str| {
        let numbers = block.strip_prefix("\u{1B}[")?.strip_suffix("m▀")?;
        let numbers: Vec<u8> = numbers.split(';').map(|it| it.parse().unwrap()).collect();
        match numbers.as_slice() {
            &[38, 2, upper, _, _, 48, 2, lower, _, _] => Some((upper, lower)),
            _ => None,
        }
    };
    Some(blocks.map(|block| grey(block).unwrap()).unzip())
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for block in bytes.chunks(3) {
        let value = (0..3).fold(0, |sum, at| sum << 8 | usize::from(*block.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = char::from(DIGITS[value >> (18 - 6 * at) & 0x3F]);
            text.push(if at > block.len() { '=' } else { digit });
        }
    }
    text
}

fn drawn(lines: &[String]) -> String {
    let lines: Vec<String> =
        ["$ kazasu card-face show".to_owned()].into_iter().chain(lines.iter().cloned()).collect();
    let columns = lines.iter().filter(|line| greys(line).is_none()).map(String::len).max().unwrap();
    let (width, height) =
        (columns as f64 * WIDTH + 2.0 * MARGIN, lines.len() as f64 * HEIGHT + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" \
         fill=\"#1e1e1e\"/>\n<g font-family=\"ui-monospace, Menlo, Consolas, monospace\" \
         font-size=\"14\" fill=\"#d4d4d4\" xml:space=\"preserve\">\n"
    );
    let mut pixels: Vec<u8> = Vec::new();
    let (mut across, mut first) = (0, 0);
    for (row, line) in lines.iter().enumerate() {
        if let Some((upper, lower)) = greys(line) {
            if pixels.is_empty() {
                (across, first) = (upper.len(), row);
            }
            pixels.extend(upper.into_iter().chain(lower));
            continue;
        }
        let (x, y) = (MARGIN, MARGIN + (row as f64 + 0.75) * HEIGHT);
        writeln!(svg, "<text x=\"{x}\" y=\"{y}\">{line}</text>").unwrap();
    }
    let down = pixels.len() / across;
    let photo = Picture::from_grey(across as u16, down as u16, pixels).unwrap().to_png().unwrap();
    writeln!(
        svg,
        "</g>\n<image x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
         preserveAspectRatio=\"none\" style=\"image-rendering: pixelated\" \
         href=\"data:image/png;base64,{}\"/>\n</svg>",
        MARGIN + 2.0 * WIDTH,
        MARGIN + first as f64 * HEIGHT,
        across as f64 * WIDTH,
        (down / 2) as f64 * HEIGHT,
        base64(&photo)
    )
    .unwrap();
    svg
}

#[test]
fn the_picture_is_what_the_program_draws() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/card-face.svg");
    let svg = drawn(&printed());
    assert!(!svg.contains('▀') && svg.contains("<image"), "{svg}");
    if std::env::var_os("KAZASU_WRITE_PICTURE").is_some() {
        std::fs::write(&path, &svg).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    assert_eq!(there, svg, "make it anew: the first lines of this file say how");
}

#[test]
fn base64_is_that_of_rfc_4648() {
    for (bytes, text) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
    {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
}
