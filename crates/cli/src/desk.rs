//! The two that a check-in without a PIN needs beside the card: a camera, which here is a picture, and
//! a member of staff at a terminal. The photo is on the screen while they are asked and then no more.

use crate::draw::Canvas;
use crate::exit::Error;
use crate::file::{self, Shown};
use crate::language::{Text, Told, say};
use crate::reader::Look;
use crate::screen::Screen;
use crate::secret::Secrets;
use crate::{interrupt, stream, terminal};
use kazasu::face::decode::{DecodeError, Picture};
use kazasu::face::{Answer, Capture, Instant, Photo, Question, Step, VisualPolicy};
use kazasu::pki::records::{CardFace, Verified};
use kazasu::{Camera, Reply, Staff};
use std::path::Path;
use std::time::UNIX_EPOCH;
use zeroize::Zeroizing;

/// Lines below the photo: two questions, each with an answer that may have to be given again.
pub(crate) const QUESTIONS: u16 = 8;

/// Milliseconds of Unix time.
fn now() -> Instant {
    let millis = UNIX_EPOCH.elapsed().ok().and_then(|it| u64::try_from(it.as_millis()).ok());
    Instant::from_millis(millis.unwrap_or(0))
}

/// A picture where a reader has a camera.
pub(crate) struct Probe {
    picture: Picture,
    screen: Screen,
    look: Option<Look>,
}

impl Probe {
    pub(crate) fn new(picture: Picture, screen: Screen, look: Option<Look>) -> Self {
        Self { picture, screen, look }
    }
}

/// Reads a picture that is to be compared.
pub(crate) fn read_picture(path: &Path) -> Result<Picture, Error> {
    let bytes = Zeroizing::new(file::read(path)?);
    decode(&bytes).map_err(|reason| Error::file(path, say::no_such_picture(&reason)))
}

/// Decodes PNG or JPEG 2000.
pub(crate) fn decode(bytes: &[u8]) -> Result<Picture, Text> {
    let photo = Photo::new(bytes).map_err(|_| say::foreign_picture())?;
    Picture::decode(&photo).map_err(|error| match error {
        DecodeError::Unsupported => say::foreign_picture(),
        error => error.text(),
    })
}

impl Camera for Probe {
    fn now(&mut self) -> Instant {
        now()
    }

    fn capture(&mut self) -> Option<Capture<'_>> {
        if interrupt::happened() {
            return None;
        }
        self.picture.frame().map(Into::into)
    }

    fn tell(&mut self, step: Step) {
        if let Step::Prompt(quality) = step {
            self.screen.line(format_args!("  {}", self.screen.language.quality(quality)));
        }
    }

    /// The matcher for demonstrations never asks for it.
    fn wait(&mut self, _: Step) -> bool {
        !interrupt::happened()
    }

    fn card_is_there(&mut self) -> bool {
        self.look.as_mut().is_none_or(|look| look().is_none())
    }
}

/// Where staff see the photo.
pub(crate) enum Display {
    /// A screen of the terminal's own, which leaves nothing in its scrollback.
    Terminal(Canvas),
    /// A file for another program to show.
    File(Shown),
}

/// Staff at a terminal, or behind a script.
pub(crate) struct Desk {
    screen: Screen,
    display: Display,
    answers: Secrets,
    policy: VisualPolicy,
    /// When it is too late for an answer.
    late: Option<Instant>,
}

impl Desk {
    pub(crate) const fn new(
        screen: Screen,
        display: Display,
        answers: Secrets,
        policy: VisualPolicy,
    ) -> Self {
        Self { screen, display, answers, policy, late: None }
    }

    /// Its bounds.
    pub(crate) const fn policy(&self) -> VisualPolicy {
        self.policy
    }

    /// Why nobody could be asked any more.
    pub(crate) fn take_end(&mut self) -> Option<crate::reader::NoReader> {
        self.answers.take_end()
    }
}

impl Staff for Desk {
    fn now(&mut self) -> Instant {
        now()
    }

    fn show(&mut self, face: &Verified<CardFace<'_>>) -> bool {
        let Ok(picture) = decode(face.photo()) else { return false };
        let limit = u64::from(self.policy.decision_millis);
        self.late = Some(Instant::from_millis(now().as_millis().saturating_add(limit)));
        match &mut self.display {
            Display::Terminal(canvas) => {
                let Some(lines) = canvas.photo_above(&picture, QUESTIONS) else {
                    self.screen.ask(say::photo_too_small().of(self.screen.language));
                    return false;
                };
                let write: fn(&str) = match self.screen.json {
                    true => |text| stream::prompt(text),
                    false => stream::raw,
                };
                terminal::begin_screen(write);
                write(&lines);
                true
            }
            Display::File(shown) => picture.to_png().is_ok_and(|png| {
                let png = Zeroizing::new(png);
                shown.put(&png).is_ok()
            }),
        }
    }

    fn ask(&mut self, question: Question) -> Reply {
        let text = self.screen.language.question(question);
        let late = self.late;
        let mut over = || late.is_some_and(|late| now() >= late);
        let answer = self.answers.answer(text, &mut over);
        match answer.as_ref().map(|text| text.trim()) {
            Some("yes" | "はい") => Reply::Answer(Answer::Yes),
            Some("no" | "いいえ") => Reply::Answer(Answer::No),
            // At a terminal it is asked again; a script that says something else did not say yes.
            Some(_) if self.answers.asks() => Reply::Nothing,
            Some(_) => Reply::Answer(Answer::No),
            None if self.answers.is_ended() || over() => Reply::Nothing,
            None => Reply::GaveUp,
        }
    }

    fn hide(&mut self) {
        match &mut self.display {
            Display::Terminal(_) => terminal::end_screen(),
            Display::File(shown) => shown.wipe(),
        }
    }

    fn card_is_there(&mut self) -> bool {
        !self.answers.is_ended()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.hide();
    }
}
