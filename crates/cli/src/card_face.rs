//! `kazasu card-face show` and `kazasu face photo`.

use crate::arguments::{
    CardFace, CardFaceBy, CardFaceCommand, CardFaceShow, Check, Face, FaceCommand, FacePhoto,
};
use crate::draw::Canvas;
use crate::exit::Failed;
use crate::file::Output;
use crate::json::{CardFaceObject, ExchangeObject, FieldObject, ImageObject, MASKED, Object};
use crate::json::{RecordObject, cleared};
use crate::language::{Text, Told, say};
use crate::on_card::{Field, Read, Standing, Task, record, run as read};
use crate::screen::Screen;
use crate::stream;
use kazasu::face::Photo;
use kazasu::face::decode::{DecodeError, Picture};
use kazasu::mynacard::Reference;
use kazasu::pki::records;
use kazasu::{Memory, Outcome, RecordReport, age_record, card_face};
use zeroize::Zeroizing;

/// An image off the card.
struct Image {
    bytes: Zeroizing<Vec<u8>>,
    standing: Standing,
}

impl Image {
    fn new(bytes: &[u8], standing: Standing) -> Self {
        Self { bytes: Zeroizing::new(bytes.to_vec()), standing }
    }

    fn decode(&self) -> Result<Picture, DecodeError> {
        let photo = Photo::new(&self.bytes).map_err(|_| DecodeError::Unsupported)?;
        Picture::decode(&photo)
    }

    fn object(&self) -> ImageObject {
        let picture = self.decode().ok();
        ImageObject {
            kind: Photo::new(&self.bytes).ok().map(|photo| photo.kind().as_str()),
            bytes: self.bytes.len(),
            width: picture.as_ref().map(Picture::width),
            height: picture.as_ref().map(Picture::height),
            standing: self.standing.as_str(),
        }
    }

    fn line(&self, screen: Screen, name: &str) {
        let ImageObject { kind, bytes, width, height, .. } = self.object();
        let kind = kind.unwrap_or("?");
        let size = match (width, height) {
            (Some(width), Some(height)) => format!(", {width} x {height}"),
            _ => String::new(),
        };
        let (byte, standing) =
            (screen.language.of("bytes", "バイト"), screen.language.standing(self.standing));
        screen.line(format_args!("  {name}: {kind}{size}, {bytes} {byte} ({standing})"));
    }
}

/// What stood on the face, or in the age record.
struct Shown {
    birth: Field,
    sex: Option<Field>,
    name: Option<Image>,
    address: Option<Image>,
    photo: Option<Image>,
    expiry: Option<Field>,
    /// Is there an image of the security code? It is never shown.
    security_code: bool,
    record: Option<RecordObject>,
    /// Did the card prove that the record is its own?
    authentic: bool,
}

impl Shown {
    fn of_face(report: &RecordReport<records::CardFace<'_>>) -> Option<Self> {
        if let Some(face) = &report.verified {
            // A record of another card would be genuine too.
            if report.authentic.is_some_and(|proof| !proof.is_of(face)) {
                return None;
            }
            return Some(Self {
                birth: Field::date(face.birth(), Standing::Verified),
                sex: Some(Field::sex(face.sex(), Standing::Verified)),
                name: Some(Image::new(face.name_image(), Standing::Verified)),
                address: Some(Image::new(face.address_image(), Standing::Verified)),
                photo: Some(Image::new(face.photo(), Standing::Verified)),
                expiry: Some(Field::date(face.expiry().unsigned(), Standing::Unsigned)),
                security_code: true,
                record: Some(record(face)),
                authentic: report.authentic.is_some(),
            });
        }
        let face = report.unverified?;
        Some(Self {
            birth: Field::date(face.unverified_birth(), Standing::NotVerified),
            sex: Some(Field::sex(face.unverified_sex(), Standing::NotVerified)),
            name: None,
            address: None,
            photo: Some(Image::new(face.unverified_photo(), Standing::NotVerified)),
            expiry: Some(Field::date(face.expiry().unsigned(), Standing::Unsigned)),
            security_code: true,
            record: None,
            authentic: false,
        })
    }

    fn of_age(report: &RecordReport<records::AgeRecord<'_>>) -> Option<Self> {
        let (birth, record) = match (&report.verified, &report.unverified) {
            (Some(it), _) => {
                if report.authentic.is_some_and(|proof| !proof.is_of(it)) {
                    return None;
                }
                (Field::date(it.birth(), Standing::Verified), Some(record(it)))
            }
            (None, Some(it)) => (Field::date(it.unverified_birth(), Standing::NotVerified), None),
            (None, None) => return None,
        };
        Some(Self {
            birth,
            sex: None,
            name: None,
            address: None,
            photo: None,
            expiry: None,
            security_code: false,
            record,
            authentic: report.authentic.is_some(),
        })
    }

    const fn authenticity(&self) -> &'static str {
        if self.authentic { "proven" } else { "not_checked" }
    }

    fn object(&self, personal: bool) -> CardFaceObject {
        let image = |image: &Option<Image>| image.as_ref().map(Image::object);
        let field = |field: &Option<Field>| field.as_ref().map(|field| field.object(personal));
        CardFaceObject {
            birth: self.birth.object(personal),
            sex: field(&self.sex),
            name_image: image(&self.name),
            address_image: image(&self.address),
            photo: image(&self.photo),
            expiry: field(&self.expiry),
            security_code: self.security_code.then(|| FieldObject {
                value: MASKED.to_owned(),
                standing: Standing::Unsigned.as_str(),
            }),
        }
    }
}

pub(crate) fn run(options: &CardFace) -> Result<u8, Failed> {
    match &options.command {
        CardFaceCommand::Show(options) => show(options),
    }
}

pub(crate) fn run_face(options: &Face) -> Result<u8, Failed> {
    match &options.command {
        FaceCommand::Photo(options) => photo(options),
    }
}

fn show(options: &CardFaceShow) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    screen.interruptible(empty());
    let task = Task {
        reader: &options.reader,
        trust: &options.trust,
        codes: &options.codes,
        reference: options.by.reference(),
        check: options.check,
        empty,
    };
    let ended = read(screen, &task, |session, wanted, secrets, bytes| {
        let mut memory = Memory::new(bytes);
        let checks = wanted.map(|(_, checks)| checks);
        match options.by {
            CardFaceBy::NumberB => {
                let report = card_face(session, checks, secrets, &mut memory);
                Read {
                    outcome: report.outcome,
                    failure: report.failure,
                    tries_left: report.tries_left,
                    cleared: report.cleared,
                    value: Shown::of_face(&report),
                }
            }
            CardFaceBy::BirthDate => {
                let report = age_record(session, checks, secrets, &mut memory);
                Read {
                    outcome: report.outcome,
                    failure: report.failure,
                    tries_left: report.tries_left,
                    cleared: report.cleared,
                    value: Shown::of_age(&report),
                }
            }
        }
    });
    let (read, counts) = match ended {
        Ok(ended) => ended,
        Err(ended) => return ended,
    };
    if screen.json {
        let authenticity = read.value.as_ref().map(Shown::authenticity);
        Object {
            message: read.failure.map(|failure| failure.to_string()),
            tries_left: Some(read.tries_left),
            card_face: Some(read.value.as_ref().map(|it| it.object(options.show_personal))),
            record: Some(read.value.and_then(|it| it.record)),
            authenticity: Some(authenticity),
            status_cleared: Some(cleared(read.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            ..object_of(read.outcome, options.check)
        }
        .print();
        return Ok(read.outcome.code());
    }
    match &read.value {
        None => screen.outcome(read.outcome, read.failure.as_ref(), read.tries_left, Some(counts)),
        Some(shown) => for_people(screen, options, shown),
    }
    Ok(read.outcome.code())
}

fn for_people(screen: Screen, options: &CardFaceShow, shown: &Shown) {
    let language = screen.language;
    let personal = options.show_personal;
    let canvas = Canvas::of_stdout();
    screen.line(match (&shown.record, shown.authentic) {
        (Some(_), true) => language.of(
            "Card face verified; the card proved that it is no copy.",
            "券面の情報の署名を検証し、複製されたカードでないことを確認しました。",
        ),
        (Some(_), false) => language.of(
            "Card face verified by its signature; whether the card is a copy was not checked.",
            "券面の情報の署名を検証しました（複製されたカードかどうかは確認していません）。",
        ),
        (None, _) => language.of(
            "Card face read; nothing was verified.",
            "券面の情報を読み取りました（署名は検証していません）。",
        ),
    });
    if let (Some(photo), Some(canvas), false) = (&shown.photo, canvas, options.no_photo)
        && let Some(lines) = photo.decode().ok().and_then(|picture| canvas.photo(&picture))
    {
        draw(&lines);
    }
    for (name, image) in [
        (language.of("name", "氏名"), &shown.name),
        (language.of("address", "住所"), &shown.address),
    ] {
        let Some(image) = image else { continue };
        image.line(screen, name);
        if let (true, Some(canvas), Ok(picture)) = (personal, canvas, image.decode()) {
            draw(&canvas.text(&picture));
        }
    }
    shown.birth.line(screen, language.of("date of birth", "生年月日"), personal);
    if let Some(sex) = &shown.sex {
        sex.line(screen, language.of("sex", "性別"), personal);
    }
    if let Some(photo) = &shown.photo {
        photo.line(screen, language.of("photo", "顔写真"));
    }
    if let Some(expiry) = &shown.expiry {
        expiry.line(screen, language.of("card expires", "カードの有効期限"), personal);
    }
    if shown.security_code {
        screen.line(format_args!(
            "  {}: {MASKED} ({})",
            language.of("security code", "セキュリティコード"),
            language.standing(Standing::Unsigned)
        ));
    }
    if let Some(record) = &shown.record {
        record.line(screen);
    }
}

/// Verified only where something was.
fn object_of(outcome: Outcome, check: Check) -> Object {
    match (outcome, check) {
        (Outcome::Verified, Check::None) => Object::done(),
        (outcome, _) => Object::new(outcome),
    }
}

/// Lines that have their ends.
pub(crate) fn draw(lines: &str) {
    for line in lines.lines() {
        stream::out(format_args!("  {line}"));
    }
}

fn photo(options: &FacePhoto) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    screen.interruptible(empty_photo());
    let fail = |error| screen.fail(error, empty_photo());
    let reads = options.reader.file().into_iter().chain(options.trust.authorities.files());
    let output = Output::prepare_private(&options.out, reads).map_err(fail)?;
    let task = Task {
        reader: &options.reader,
        trust: &options.trust,
        codes: &options.codes,
        reference: Reference::CardFaceNumberB,
        check: options.check,
        empty: empty_photo,
    };
    let ended = read(screen, &task, |session, wanted, secrets, bytes| {
        let mut memory = Memory::new(bytes);
        let report = card_face(session, wanted.map(|(_, checks)| checks), secrets, &mut memory);
        Read {
            outcome: report.outcome,
            failure: report.failure,
            tries_left: report.tries_left,
            cleared: report.cleared,
            value: Shown::of_face(&report),
        }
    });
    let (read, counts) = match ended {
        Ok(ended) => ended,
        Err(ended) => return ended,
    };
    let image = read.value.as_ref().and_then(|shown| shown.photo.as_ref());
    let mut outcome = read.outcome;
    let mut message = read.failure.as_ref().map(Told::text);
    let mut written = None;
    if let Some(image) = image {
        let encoded = match options.original {
            true => Ok(Zeroizing::new(image.bytes.to_vec())),
            false => image.decode().and_then(|picture| picture.to_png()).map(Zeroizing::new),
        };
        match encoded {
            Ok(bytes) => {
                output.write(&bytes).map_err(fail)?;
                written = Some(image.object());
            }
            Err(error) => {
                outcome = Outcome::BadAnswer;
                message = Some(say::photo_stays(&error.text()));
            }
        }
    }
    if screen.json {
        Object {
            message: message.map(Text::into_english),
            tries_left: Some(read.tries_left),
            photo: Some(written),
            authenticity: Some(read.value.as_ref().map(Shown::authenticity)),
            record: Some(read.value.and_then(|it| it.record)),
            status_cleared: Some(cleared(read.cleared)),
            exchange: Some(ExchangeObject::from(counts)),
            ..object_of(outcome, options.check)
        }
        .print();
    } else if written.is_some() {
        let text = screen.language.of("Photo written", "顔写真を書き出しました");
        screen.line(format_args!("{text}: {}", options.out.display()));
        screen.line(screen.language.of(
            "  It is personal data: delete it when it is not needed any more.",
            "  個人情報です。不要になったら削除してください。",
        ));
    } else {
        screen.outcome(outcome, read.failure.as_ref(), read.tries_left, Some(counts));
        if let (None, Some(message)) = (read.failure, message) {
            screen.reason(outcome, &message);
        }
    }
    Ok(outcome.code())
}

/// The object of `card-face show` that met no card.
fn empty() -> Object {
    Object { card_face: Some(None), authenticity: Some(None), ..empty_record() }
}

/// The object of `face photo` that met no card.
fn empty_photo() -> Object {
    Object { photo: Some(None), authenticity: Some(None), ..empty_record() }
}

fn empty_record() -> Object {
    Object {
        tries_left: Some(None),
        record: Some(None),
        status_cleared: Some("not_needed"),
        exchange: Some(ExchangeObject::default()),
        ..Object::done()
    }
}
