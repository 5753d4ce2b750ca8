//! PINs and passwords from a terminal or from standard input. Never from an argument, never shown,
//! wiped after use; the form is checked before anything is sent that could use a try.

use crate::arguments::{CodeOptions, Language, SecretOptions};
use crate::exit::Error;
use crate::language::{Text, Told, say};
use crate::reader::{Look, NoReader};
use crate::{code, interrupt, stream, terminal};
use kazasu::mynacard::{Password, Pin, Reference};
use kazasu::{Declined, Holder, OwnedSecret, Request, Stage};
use zeroize::Zeroizing;

/// Longest line that can be a secret, with room for its end.
const LINE: usize = 64;
/// How often a malformed entry at the terminal is asked for again. No try is used by that.
const ENTRIES: usize = 5;

/// Reads a secret of the form that `reference` has.
pub(crate) fn parse(reference: Reference, text: &str) -> Result<OwnedSecret, Text> {
    let half = code::half_width(text);
    match reference {
        Reference::Sign => {
            Password::new(half.as_bytes()).map(Into::into).map_err(|error| error.text())
        }
        Reference::BirthDate => code::birth_date(text).map(Into::into),
        Reference::CardFaceNumberB | Reference::InputSupportNumberB => {
            code::number_b(text).map(Into::into)
        }
        _ => Pin::new(half.as_bytes()).map(Into::into).map_err(|error| error.text()),
    }
}

/// Where secrets come from in this run.
pub(crate) struct Secrets {
    language: Language,
    stdin: bool,
    confirm_last_try: bool,
    /// The secret of a demonstration card, used when nothing else is given.
    demonstration: Option<Zeroizing<String>>,
    on_stage: Option<Box<dyn FnMut(Stage)>>,
    /// Is the card still there?
    look: Option<Look>,
    /// Was nothing entered where something was asked for?
    declined: bool,
    /// Nobody could be asked, what came is no such secret, or the card left meanwhile: the run ends
    /// in this.
    end: Option<NoReader>,
}

impl Secrets {
    /// Reads nothing yet: a secret is taken when it is asked for, so that a certificate that is
    /// refused never costs one.
    pub(crate) fn new(options: &SecretOptions, language: Language) -> Self {
        Self {
            language,
            stdin: options.pin_stdin,
            confirm_last_try: options.confirm_last_try,
            demonstration: None,
            on_stage: None,
            look: None,
            declined: false,
            end: None,
        }
    }

    /// The same for access codes.
    pub(crate) fn of_codes(options: &CodeOptions, language: Language) -> Self {
        let CodeOptions { code_stdin, confirm_last_try } = *options;
        Self::new(&SecretOptions { pin_stdin: code_stdin, confirm_last_try }, language)
    }

    /// With the secret of a demonstration card.
    pub(crate) fn with_demonstration(mut self, secret: Option<&str>) -> Self {
        self.demonstration = secret.map(|text| Zeroizing::new(text.to_owned()));
        self
    }

    /// With something to do at every step.
    pub(crate) fn on_stage(mut self, on_stage: impl FnMut(Stage) + 'static) -> Self {
        self.on_stage = Some(Box::new(on_stage));
        self
    }

    /// Asks only as long as the card is there.
    pub(crate) fn while_there(mut self, look: Option<Look>) -> Self {
        self.look = look;
        self
    }

    /// Would somebody be asked, so that a wrong code can be given anew?
    pub(crate) fn asks(&self) -> bool {
        !self.stdin && terminal::is_there() && self.end.is_none() && !interrupt::happened()
    }

    /// Staff are asked: a line of standard input, or what is typed, which is shown. `None` when nothing
    /// came, the card left, or `over` says that it is too late.
    pub(crate) fn answer(
        &mut self,
        question: &str,
        over: &mut dyn FnMut() -> bool,
    ) -> Option<Zeroizing<String>> {
        let stdin = self.stdin;
        self.asked(|gone| {
            let mut over = || gone() || over();
            match stdin {
                true => terminal::interruptible(&mut over, line)?.ok(),
                false => terminal::shown(question, &mut over),
            }
        })
    }

    /// The next secret: from standard input, the demonstration card's, or from the terminal.
    pub(crate) fn next(
        &mut self,
        reference: Reference,
        prompt: &str,
    ) -> Result<OwnedSecret, Declined> {
        if self.stdin {
            let line = self.asked(|over| terminal::interruptible(over, line));
            let read = line.ok_or(Declined::Cancelled)?;
            let read = read.and_then(|text| parse(reference, &text).map_err(Error::Usage));
            return read.map_err(|error| self.ends(error));
        }
        if let Some(text) = self.demonstration.take() {
            return parse(reference, &text).map_err(|_| Declined::Cancelled);
        }
        if !terminal::is_there() {
            let text = match reference.is_access_code() {
                true => say::no_terminal_for_code(),
                false => say::no_terminal_for_pin(),
            };
            return Err(self.ends(Error::Usage(text)));
        }
        for _ in 0..ENTRIES {
            let entered = self.hidden(prompt.to_owned())?;
            if entered.is_empty() {
                self.declined = true;
                return Err(Declined::Cancelled);
            }
            match parse(reference, &entered) {
                Ok(secret) => return Ok(secret),
                Err(reason) => stream::err(reason.of(self.language)),
            }
        }
        Err(Declined::Cancelled)
    }

    /// A new secret; at the terminal it is asked for twice.
    pub(crate) fn new_secret(&mut self, reference: Reference) -> Result<OwnedSecret, Declined> {
        let name = self.language.reference(reference);
        let first = self.language.of("New ", "新しい");
        if self.stdin || !terminal::is_there() {
            return self.next(reference, "");
        }
        for _ in 0..ENTRIES {
            let entered = self.hidden(format!("{first}{name}: "))?;
            if entered.is_empty() {
                return Err(Declined::Cancelled);
            }
            let secret = match parse(reference, &entered) {
                Ok(secret) => secret,
                Err(reason) => {
                    stream::err(reason.of(self.language));
                    continue;
                }
            };
            let again = self.hidden(format!("{}: ", self.language.of("Once more", "もう一度")))?;
            if *again == *entered {
                return Ok(secret);
            }
            stream::err(say::they_differ().of(self.language));
        }
        Err(Declined::Cancelled)
    }

    fn hidden(&mut self, prompt: String) -> Result<Zeroizing<String>, Declined> {
        self.asked(|over| terminal::hidden(prompt, over)).ok_or(Declined::Cancelled)
    }

    /// Asks, and looks now and then whether the card is still there.
    fn asked<T>(&mut self, question: impl FnOnce(&mut dyn FnMut() -> bool) -> T) -> T {
        let Self { look, end, .. } = self;
        question(&mut || {
            let gone = look.as_mut().and_then(|look| look());
            if let Some((outcome, text)) = gone {
                *end = Some(NoReader::Outcome(outcome, text));
            }
            end.is_some()
        })
    }

    /// Keeps the error that ends the run.
    fn ends(&mut self, error: Error) -> Declined {
        self.end = Some(NoReader::Error(error));
        Declined::Cancelled
    }

    /// Did somebody give up by entering nothing? Not by a signal.
    pub(crate) const fn was_declined(&self) -> bool {
        self.declined
    }

    /// Is there a reason to ask nobody any more?
    pub(crate) const fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Why a run got no secret though it needed one, unless somebody gave up.
    pub(crate) fn take_end(&mut self) -> Option<NoReader> {
        self.end.take()
    }
}

impl Holder for Secrets {
    fn secret(&mut self, request: Request) -> Result<OwnedSecret, Declined> {
        let name = self.language.reference(request.reference);
        let prompt = match self.language {
            Language::En => format!("{name} ({} left): ", request.tries_left),
            Language::Ja => format!("{name}（残り{}回）: ", request.tries_left),
        };
        let secret = self.next(request.reference, &prompt)?;
        // Told to end after it came: then it is not used.
        if interrupt::happened() { Err(Declined::Cancelled) } else { Ok(secret) }
    }

    fn confirm_last_try(&mut self, request: Request) -> bool {
        if self.confirm_last_try {
            return true;
        }
        if self.stdin || self.demonstration.is_some() || !terminal::is_there() {
            return false;
        }
        let name = self.language.reference(request.reference);
        let left = request.tries_left;
        let (question, yes) = match (self.language, left) {
            (Language::En, 1) => {
                (format!("Only the last try of the {name} is left. Type yes to use it: "), "yes")
            }
            (Language::En, _) => {
                (format!("Only {left} tries of the {name} are left. Type yes to use one: "), "yes")
            }
            (Language::Ja, _) => {
                (format!("{name}は残り{left}回です。使う場合は「はい」と入力: "), "はい")
            }
        };
        self.asked(|over| terminal::shown(&question, over))
            .is_some_and(|answer| answer.trim() == yes)
    }

    fn stage(&mut self, stage: Stage) {
        if let Some(on_stage) = &mut self.on_stage {
            on_stage(stage);
        }
    }
}

/// One line of standard input, without its end.
fn line() -> Result<Zeroizing<String>, Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LINE));
    terminal::line(&mut bytes, LINE)
        .map_err(|error| Error::Usage(say::input_unreadable(&error.text())))?;
    if bytes.is_empty() {
        return Err(Error::Usage(say::input_ended()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::Usage(say::input_is_no_text()))?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
