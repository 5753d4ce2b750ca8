//! `kazasu card`: virtual cards in files.

use crate::arguments::{
    Card, CardCommand, CardIssue, CardRoot, CardShow, PhotoName, RootName, TokenName,
};
use crate::authority;
use crate::exit::{Error, Failed};
use crate::file::Output;
use crate::json::{CardObject, CertificateObject, HolderObject, MASKED, Object, PinObject};
use crate::language::say;
use crate::reader::{NoReader, card_error};
use crate::screen::Screen;
use crate::trust;
use kazasu::pki::Kind;
use kazasu::pki::cvc::CvcRole;
use kazasu::virtual_card::{
    self, CardFile, CertificateKind, Date, Issue, Photo, Reference, Secret, root_certificate,
};

pub(crate) fn run(options: &Card) -> Result<u8, Failed> {
    match &options.command {
        CardCommand::Issue(options) => issue(options),
        CardCommand::Show(options) => show(options),
        CardCommand::Root(options) => root(options),
        CardCommand::Serve(options) => crate::serve::run(options),
    }
}

fn issue(options: &CardIssue) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let mut issue = if options.test_card { Issue::test_card() } else { Issue::demonstration() };
    issue.auth_pin = Secret::new(&options.pin);
    issue.sign_password = Secret::new(&options.password);
    issue.not_after = options.not_after;
    issue.issued = options.issued.unwrap_or_else(|| first_day(&issue));
    issue.settings.extended_length = !options.no_extended_length;
    issue.fresh_keys = options.fresh_keys;
    issue.copied = options.copied;
    issue.stand_in_institution = options.stand_in_institution;
    issue.photo = match options.photo {
        PhotoName::Sample => Photo::Sample,
        PhotoName::Another => Photo::Another,
    };
    issue.kind = match options.token {
        TokenName::Card => virtual_card::Kind::Card,
        TokenName::Android => virtual_card::Kind::Android,
        TokenName::Iphone => virtual_card::Kind::Iphone,
    };
    if let Some(tries) = options.tries {
        issue = issue.tries_left(Reference::Auth, tries);
    }
    let created =
        virtual_card::Card::issue(issue).and_then(|card| CardFile::create(&options.out, card));
    if let Err(error) = created {
        return screen.no_reader(NoReader::from(error), Object::done());
    }
    if screen.json {
        Object::done().print();
        return Ok(0);
    }
    let language = screen.language;
    let title = language.of("Virtual card", "仮想カード");
    screen.line(format_args!("{title}: {}", options.out.display()));
    screen.line(language.of(
        "  It is nobody's, and its PIN stands in the file in clear.",
        "  実在の人物のカードではありません。暗証番号はファイルに平文で記録されています。",
    ));
    Ok(0)
}

/// Today; but a card whose certificates have expired was issued when they still ran: five years
/// before their last day, as far as its root is that old.
fn first_day(issue: &Issue) -> Date {
    let Some(last) = issue.not_after.filter(|last| *last < issue.issued) else {
        return issue.issued;
    };
    let year = last.year().saturating_sub(5);
    let day = Date::new(year, last.month(), last.day())
        .or_else(|| Date::new(year, last.month(), 28))
        .max(Date::new(2020, 1, 1))
        .max(Some(issue.holder.birth));
    day.unwrap_or(last).min(last)
}

fn open(screen: Screen, path: &std::path::Path) -> Result<virtual_card::Card, Result<u8, Failed>> {
    CardFile::open(path).map_err(|error| screen.no_reader(NoReader::from(error), Object::done()))
}

fn show(options: &CardShow) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let card = match open(screen, &options.file) {
        Ok(card) => card,
        Err(ended) => return ended,
    };
    let now = trust::clock().map_err(|error| screen.fail(error, Object::done()))?;
    let personal = options.show_personal;
    let shown = |text: &str| if personal { text.to_owned() } else { MASKED.to_owned() };
    let holder = card.holder().map(|holder| HolderObject {
        name: shown(&holder.name),
        address: shown(&holder.address),
        birth: shown(&holder.birth.to_string()),
    });
    let certificates = [(CertificateKind::Auth, Kind::Auth), (CertificateKind::Sign, Kind::Sign)]
        .into_iter()
        .filter_map(|(which, kind)| {
            let der = card.certificate(which)?;
            CertificateObject::new(der, kind.as_str(), Some(kind), now, personal)
        })
        .collect();
    let pins = [
        ("auth", Reference::Auth),
        ("sign", Reference::Sign),
        ("text", Reference::Text),
        ("basic_resident", Reference::Juki),
        ("common", Reference::Common),
    ]
    .map(|(reference, of)| {
        let tries_left = card.tries(of);
        let state = match tries_left {
            None => "absent",
            Some(0) => "blocked",
            Some(_) => "open",
        };
        PinObject { reference, tries_left, state }
    });
    let object = CardObject {
        token: match card.kind() {
            virtual_card::Kind::Card => "card",
            virtual_card::Kind::Android => "android",
            virtual_card::Kind::Iphone => "iphone",
            virtual_card::Kind::Juki => "basic_resident_card",
        },
        holder,
        extended_length: card.settings().extended_length,
        certificates,
    };
    if screen.json {
        Object { pins: Some(Some(pins.into())), card: Some(object), ..Object::done() }.print();
        return Ok(0);
    }
    let language = screen.language;
    screen.line(format_args!("{}: {}", language.of("token", "種類"), object.token));
    let extended = if object.extended_length { "on" } else { "off" };
    screen.line(format_args!("{}: {extended}", language.of("extended length", "拡張長")));
    match &object.holder {
        Some(HolderObject { name, address, birth }) => {
            let title = language.of("holder (invented)", "名義（架空）");
            screen.line(format_args!("{title}: {name} / {address} / {birth}"));
        }
        None => screen.line(language.of("files of a JPKI test card", "JPKIテストカードのファイル")),
    }
    for certificate in &object.certificates {
        screen.line(certificate.line(language));
    }
    for PinObject { reference, tries_left, state } in &pins {
        let state = match *state {
            "blocked" => language.of("blocked", "ロック中"),
            "open" => language.of("open", "使用可"),
            _ => language.of("absent", "なし"),
        };
        let title = language.of("PIN", "暗証番号");
        match tries_left {
            Some(left) => screen.line(format_args!("{title} {reference}: {left} ({state})")),
            None => screen.line(format_args!("{title} {reference}: {state}")),
        }
    }
    Ok(0)
}

fn root(options: &CardRoot) -> Result<u8, Failed> {
    let screen = Screen::new(&options.output);
    let fail = |error| screen.fail(error, Object::done());
    let kind = match options.kind {
        RootName::Auth => CertificateKind::Auth,
        RootName::Sign => CertificateKind::Sign,
        RootName::CardFace => return authority(screen, options, CvcRole::CardFace),
        RootName::InputSupport => return authority(screen, options, CvcRole::InputSupport),
    };
    let der = match &options.card {
        None => root_certificate(kind).map_err(|error| fail(card_error(error)))?,
        Some(path) => {
            let card = match open(screen, path) {
                Ok(card) => card,
                Err(ended) => return ended,
            };
            card.root_certificate(kind)
                .ok_or_else(|| fail(Error::file(path, say::root_of_test_card())))?
        }
    };
    Output::prepare(&options.out, options.card.as_deref())
        .and_then(|output| output.write(&der))
        .map_err(fail)?;
    if screen.json {
        Object::done().print();
    } else {
        let title = screen.language.of("Root", "ルート証明書");
        screen.line(format_args!("{title}: {}", options.out.display()));
    }
    Ok(0)
}

/// The authority of the records of every virtual card.
fn authority(screen: Screen, options: &CardRoot, role: CvcRole) -> Result<u8, Failed> {
    authority::virtual_file(role)
        .and_then(|file| Output::prepare(&options.out, options.card.as_deref())?.write(&file))
        .map_err(|error| screen.fail(error, Object::done()))?;
    if screen.json {
        Object::done().print();
    } else {
        let title = screen.language.of("Authority of records", "券面情報の認証局");
        screen.line(format_args!("{title}: {}", options.out.display()));
    }
    Ok(0)
}
