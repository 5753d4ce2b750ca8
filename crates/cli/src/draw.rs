//! Pictures in a terminal: a photo of half blocks in greys, a text of braille dots. Nothing is kept,
//! nothing is written anywhere but to the terminal that standard output is.

use kazasu::face::decode::Picture;
use std::env;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use zeroize::Zeroizing;

/// Most columns of a photo.
const PHOTO_COLUMNS: u16 = 44;
/// Fewest columns and lines of a photo by which a face can be told.
const LEAST_PHOTO: (u16, u16) = (22, 14);
/// Columns and rows of a terminal that does not say how large it is.
const SIZE: (u16, u16) = (80, 24);
/// Columns that stand before a picture.
const MARGIN: u16 = 2;
/// A text picture has black where it is darker than this.
const DARK: u8 = 0x80;

/// The greys that a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greys {
    /// 24-bit colour.
    All,
    /// The 24 greys, black and white of the 256 colours.
    Palette,
}

/// A terminal, and what it can.
#[derive(Clone, Copy)]
pub(crate) struct Canvas {
    greys: Option<Greys>,
    columns: u16,
    rows: u16,
}

impl Canvas {
    /// The one that standard output is; `None` when it is none, or shows text alone.
    pub(crate) fn of_stdout() -> Option<Self> {
        io::stdout().is_terminal().then(|| Self::new(size_of_stdout()))?
    }

    /// The one that standard error is.
    pub(crate) fn of_stderr() -> Option<Self> {
        io::stderr().is_terminal().then(|| Self::new(size_of_stderr()))?
    }

    fn new(size: Option<(u16, u16)>) -> Option<Self> {
        let variable = |name| env::var(name).unwrap_or_default();
        let terminal = variable("TERM");
        if terminal == "dumb" {
            return None;
        }
        let windows = !variable("WT_SESSION").is_empty();
        let greys = match variable("NO_COLOR").is_empty() {
            true => greys(&variable("COLORTERM"), &terminal, windows),
            false => None,
        };
        let (columns, rows) = size.unwrap_or(SIZE);
        Some(Self { greys, columns: columns.saturating_sub(MARGIN).max(1), rows })
    }

    /// Can it show a photo?
    pub(crate) const fn has_greys(self) -> bool {
        self.greys.is_some()
    }

    /// Lines of half blocks; `None` when the terminal has no greys.
    pub(crate) fn photo(self, picture: &Picture) -> Option<Zeroizing<String>> {
        let columns = PHOTO_COLUMNS.min(self.columns);
        Some(half_blocks(picture, columns, self.greys?))
    }

    /// Is there room for a photo by which a face can be told, with `lines` of text below it?
    pub(crate) const fn has_room_above(self, lines: u16) -> bool {
        let (columns, rows) = LEAST_PHOTO;
        self.columns >= columns && self.rows >= rows.saturating_add(lines)
    }

    /// The same on one screen with `lines` of text below it; `None` also when it would be too small to
    /// tell a face by.
    pub(crate) fn photo_above(self, picture: &Picture, lines: u16) -> Option<Zeroizing<String>> {
        let rows = u32::from(self.rows.saturating_sub(lines).max(1)) * 2;
        let most = rows * u32::from(picture.width()) / u32::from(picture.height());
        let columns = u16::try_from(most).unwrap_or(u16::MAX).max(1);
        let greys = self.greys?;
        let text = half_blocks(picture, columns.min(PHOTO_COLUMNS).min(self.columns), greys);
        let drawn = text.lines().count();
        let wide = text.lines().next().map_or(0, |line| line.matches('▀').count());
        let (least, fewest) = LEAST_PHOTO;
        (wide >= usize::from(least) && drawn >= usize::from(fewest)).then_some(text)
    }

    /// Lines of braille dots.
    pub(crate) fn text(self, picture: &Picture) -> Zeroizing<String> {
        braille(picture, self.columns)
    }
}

/// What a terminal can, by what it says of itself.
fn greys(colorterm: &str, term: &str, windows_terminal: bool) -> Option<Greys> {
    if windows_terminal || matches!(colorterm, "truecolor" | "24bit") || term.ends_with("-direct") {
        return Some(Greys::All);
    }
    term.contains("256color").then_some(Greys::Palette)
}

#[cfg(unix)]
fn size_of_stdout() -> Option<(u16, u16)> {
    size(rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?)
}

#[cfg(unix)]
fn size_of_stderr() -> Option<(u16, u16)> {
    size(rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?)
}

#[cfg(unix)]
fn size(size: rustix::termios::Winsize) -> Option<(u16, u16)> {
    Some((size.ws_col, size.ws_row)).filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

#[cfg(not(unix))]
fn size_of_stdout() -> Option<(u16, u16)> {
    None
}

#[cfg(not(unix))]
fn size_of_stderr() -> Option<(u16, u16)> {
    None
}

/// Every character is two pixels, one above the other. A picture is never made larger.
fn half_blocks(picture: &Picture, columns: u16, greys: Greys) -> Zeroizing<String> {
    let columns = columns.clamp(1, picture.width());
    let scaled = u32::from(picture.height()) * u32::from(columns) / u32::from(picture.width());
    let rows = u16::try_from(scaled).unwrap_or(u16::MAX).clamp(1, picture.height());
    let grey = |column: u16, row: u16| mean(picture, (column, columns), (row, rows));
    let mut text = Zeroizing::new(String::with_capacity(usize::from(columns) * 24));
    for row in (0..rows).step_by(2) {
        for column in 0..columns {
            let upper = grey(column, row);
            let lower = if row + 1 < rows { grey(column, row + 1) } else { upper };
            let _ = match greys {
                Greys::All => write!(
                    text,
                    "\u{1B}[38;2;{upper};{upper};{upper};48;2;{lower};{lower};{lower}m▀"
                ),
                Greys::Palette => {
                    write!(text, "\u{1B}[38;5;{};48;5;{}m▀", palette(upper), palette(lower))
                }
            };
        }
        text.push_str("\u{1B}[0m\n");
    }
    text
}

/// The mean of the pixels that make one of `columns` times `rows` parts.
fn mean(picture: &Picture, (column, columns): (u16, u16), (row, rows): (u16, u16)) -> u8 {
    let part = |at: u16, of: u16, length: u16| {
        let edge = |at: u32| {
            u16::try_from(at * u32::from(length) / u32::from(of.max(1))).unwrap_or(length)
        };
        let (from, to) = (edge(at.into()), edge(u32::from(at) + 1));
        from..to.max(from + 1).min(length)
    };
    let (mut sum, mut count) = (0_u32, 0_u32);
    for y in part(row, rows, picture.height()) {
        for x in part(column, columns, picture.width()) {
            sum += u32::from(picture.pixel(x, y));
            count += 1;
        }
    }
    u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)
}

/// The nearest of black, the 24 greys (8, 18, … 238) and white.
fn palette(grey: u8) -> u8 {
    match grey {
        0..=3 => 16,
        4..=246 => (u16::from(grey).saturating_sub(3) / 10).min(23) as u8 + 232,
        247.. => 231,
    }
}

/// Every character is two dots wide and four high. What is wider than the terminal goes on below.
fn braille(picture: &Picture, columns: u16) -> Zeroizing<String> {
    const BLANK: u32 = 0x2800;
    const BLANK_CHARACTER: char = '\u{2800}';
    /// The bits of the dots, row by row (Unicode, Braille Patterns).
    const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let band = usize::from(columns.max(1)) * 2;
    let mut line = Zeroizing::new(String::with_capacity(band * 2));
    for left in (0..picture.width()).step_by(band) {
        let right =
            left.saturating_add(u16::try_from(band).unwrap_or(u16::MAX)).min(picture.width());
        for top in (0..picture.height()).step_by(4) {
            for x in (left..right).step_by(2) {
                let mut dots = BLANK;
                for (row, bits) in (top..picture.height()).zip(DOTS) {
                    for (column, bit) in (x..right).zip(bits) {
                        if picture.pixel(column, row) < DARK {
                            dots |= bit;
                        }
                    }
                }
                line.extend(char::from_u32(dots));
            }
            // Rows without a dot are the margins of the picture.
            let dotted = line.trim_end_matches(BLANK_CHARACTER);
            if !dotted.is_empty() {
                text.push_str(dotted);
                text.push('\n');
            }
            line.clear();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u16, height: u16, grey: impl Fn(u16, u16) -> u8) -> Picture {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Picture::from_grey(width, height, pixels.map(|(x, y)| grey(x, y)).collect()).unwrap()
    }

    #[test]
    fn a_terminal_says_what_it_can() {
        for (colorterm, term, windows, expected) in [
            ("truecolor", "xterm", false, Some(Greys::All)),
            ("24bit", "", false, Some(Greys::All)),
            ("", "xterm-256color", false, Some(Greys::Palette)),
            ("", "xterm-direct", false, Some(Greys::All)),
            ("", "", true, Some(Greys::All)),
            ("", "xterm", false, None),
            ("", "linux", false, None),
            ("yes", "vt100", false, None),
        ] {
            assert_eq!(greys(colorterm, term, windows), expected, "{colorterm} {term}");
        }
    }

    #[test]
    fn the_palette_has_the_nearest_grey() {
        let shade = |index: u8| match index {
            16 => 0,
            231 => 255,
            index => i32::from(index - 232) * 10 + 8,
        };
        for grey in 0..=255_u8 {
            let of = |index| (shade(index) - i32::from(grey)).abs();
            let best = (232..=255).chain([16, 231]).map(of).min();
            assert_eq!(Some(of(palette(grey))), best, "{grey}");
        }
    }

    #[test]
    fn half_blocks_are_two_pixels_each() {
        let text = half_blocks(&picture(2, 3, |x, y| (x * 10 + y * 100) as u8), 10, Greys::All);
        let block = |upper, lower| {
            format!("\u{1B}[38;2;{upper};{upper};{upper};48;2;{lower};{lower};{lower}m▀")
        };
        let expected = [
            block(0, 100),
            block(10, 110),
            "\u{1B}[0m\n".to_owned(),
            block(200, 200),
            block(210, 210),
            "\u{1B}[0m\n".to_owned(),
        ];
        assert_eq!(*text, expected.concat());
        // Smaller: the mean of what falls together.
        let text = half_blocks(&picture(4, 4, |x, _| (x * 20) as u8), 2, Greys::Palette);
        assert_eq!(text.matches('▀').count(), 2);
        assert!(text.contains(&format!("38;5;{}", palette(10))), "{}", *text);
    }

    #[test]
    fn a_photo_for_staff_is_large_enough_or_not_there() {
        let photo = picture(378, 472, |_, _| 128);
        let above = |columns, rows, photo: &Picture| {
            let canvas = Canvas { greys: Some(Greys::All), columns, rows };
            assert!(canvas.has_room_above(8) || canvas.photo_above(photo, 8).is_none());
            canvas.photo_above(photo, 8).map(|text| {
                (text.lines().next().map_or(0, |it| it.matches('▀').count()), text.lines().count())
            })
        };
        assert_eq!(above(78, 24, &photo), Some((25, 16)));
        assert_eq!(above(200, 100, &photo), Some((44, 27)));
        for (columns, rows) in [(78, 9), (78, 12), (78, 21), (4, 24), (1, 24), (21, 60), (78, 1)] {
            assert_eq!(above(columns, rows, &photo), None, "{columns} x {rows}");
        }
        // What has no more pixels is not made larger.
        assert_eq!(above(78, 24, &picture(1, 1, |_, _| 128)), None);
        assert_eq!(above(78, 24, &picture(20, 30, |_, _| 128)), None);
    }

    #[test]
    fn dots_are_where_it_is_dark() {
        let text = braille(&picture(4, 4, |x, y| if x == y { 0 } else { 255 }), 80);
        assert_eq!(*text, "⠑⢄\n");
        let text = braille(&picture(4, 4, |x, y| if x == y { 0 } else { 255 }), 1);
        assert_eq!(*text, "⠑\n⢄\n");
    }
}
