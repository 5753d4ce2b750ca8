//! What is on the card besides files: the objects of GET DATA, and the record of the common application.
#![allow(clippy::unwrap_used, reason = "in the helpers of tests a panic is the failure")]

mod common;

use common::{Answer, Script, run, run_with_room};
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{Channel, ExtendedLength, Session, Status};
use kazasu_mynacard::{
    Application, Buffer, DataObject, Error, FileError, LeaveApplication, Operation,
    ReadCardInformation, ReadData, SelectApplication,
};
use kazasu_virtual_card::{Card, Issue, Link};

fn link() -> Link {
    Link::new(Card::issue(Issue::demonstration().seed(1)).unwrap())
}

fn read(link: &mut Link, object: DataObject) -> Result<Vec<u8>, Error> {
    let mut bytes = [0; 1024];
    let mut read = ReadData::new(object, Buffer::new(&mut bytes));
    let length = run(link, &mut read)?;
    let taken = read.into_sink().written().to_vec();
    assert_eq!(taken.len(), length);
    Ok(taken)
}

#[test]
fn the_objects_of_the_card_are_one_command_each() {
    let mut link = link();
    let length = |object| match object {
        DataObject::Municipality => Some(5),
        DataObject::Expiry => Some(8),
        DataObject::IntermediateKeyIdentifier => Some(16),
        DataObject::UpperCertificate => Some(568),
        DataObject::LowerCertificate => Some(575),
        // That of the card with the history bytes, without its first byte.
        DataObject::AnswerToReset => Some(18),
        // What they hold is not known, and the virtual card has none of it.
        _ => None,
    };
    for object in DataObject::ALL {
        link.clear_log();
        let data = read(&mut link, object);
        match length(object) {
            Some(length) => assert_eq!(data.unwrap().len(), length, "{object:?}"),
            None => {
                let (operation, status) = (Operation::GetData, Status::REFERENCE_NOT_FOUND);
                assert_eq!(data, Err(Error::Status { operation, status }));
            }
        }
        assert_eq!(link.commands(), 1, "{object:?}");
    }
    assert_eq!(read(&mut link, DataObject::Municipality).unwrap(), b"99999");
}

#[test]
fn inside_an_application_there_are_none_until_it_is_left() {
    let mut link = link();
    run(&mut link, &mut SelectApplication::new(Application::CardFace)).unwrap();
    assert!(read(&mut link, DataObject::Municipality).is_err());
    // But for the answer to reset.
    assert!(read(&mut link, DataObject::AnswerToReset).is_ok());
    run(&mut link, &mut LeaveApplication::new()).unwrap();
    assert_eq!(read(&mut link, DataObject::Municipality).unwrap(), b"99999");
}

#[test]
fn a_long_object_without_extended_length_is_a_named_error() {
    let operation = Operation::GetData;
    let needs = Err(Error::NeedsExtendedLength { operation });
    for object in [DataObject::UpperCertificate, DataObject::LowerCertificate] {
        assert!(object.needs_extended_length());
        // The card refuses it.
        let mut issue = Issue::demonstration().seed(1);
        issue.settings.extended_length = false;
        let mut card = Link::new(Card::issue(issue).unwrap());
        assert_eq!(read(&mut card, object), needs);
        // The buffer has no room, so that nothing is sent; or too little, and the card says 6700.
        for (room, commands) in [(258, 0), (500, 2)] {
            let mut link = link();
            let mut bytes = [0; 1024];
            let mut read = ReadData::new(object, Buffer::new(&mut bytes));
            assert_eq!(run_with_room(&mut link, room, &mut read), needs.clone().map(|_| 0));
            assert_eq!(link.commands(), commands, "{room}");
        }
        // The link may not.
        let (mut outgoing, mut incoming) = ([0; 300], [0; 1024]);
        let channel =
            Channel::new(&mut outgoing, &mut incoming).with_extended_length(ExtendedLength::Off);
        let mut bytes = [0; 1024];
        let mut read = ReadData::new(object, Buffer::new(&mut bytes));
        let refused = Session::new(&mut link(), channel).run(&mut read);
        assert_eq!(refused, Err(Error::NeedsExtendedLength { operation }));
    }
    assert!(Error::NeedsExtendedLength { operation }.to_string().contains("GET DATA"));
}

#[test]
fn a_sink_that_is_full_and_an_empty_answer_are_errors() {
    let mut bytes = [0; 4];
    let mut read = ReadData::new(DataObject::Municipality, Buffer::new(&mut bytes));
    let full = Err(Error::File(FileError::SinkFull { needed: 5 }));
    assert_eq!(run(&mut link(), &mut read), full);
    let mut read = ReadData::new(DataObject::Municipality, Buffer::new(&mut bytes));
    let empty = run(&mut Script::of(&[0x9000]), &mut read);
    assert_eq!(empty, Err(Error::File(FileError::Content)));
}

#[test]
fn the_card_information_is_one_record() {
    let mut link = link();
    run(&mut link, &mut SelectApplication::new(Application::Common)).unwrap();
    link.clear_log();
    let information = run(&mut link, &mut ReadCardInformation::new()).unwrap();
    assert_eq!(link.commands(), 1);
    assert_eq!(information.unsigned_serial().len(), 15);
    assert_eq!(information.unsigned_municipality(), "99999");
    assert!(information.unsigned_expiry().starts_with("20"));
    assert_eq!(format!("{information:?}"), "CardInformation(***)");
}

#[test]
fn a_card_that_refuses_the_short_identifier_is_asked_by_selection() {
    let record = [&[0x01, 0x1C][..], &[b'1'; 28], &[0x90, 0x00]].concat();
    let mut script = Script::new(vec![
        Answer::status(0x6A86),
        Answer::status(0x9000),
        Answer::Bytes(record.clone()),
    ]);
    assert!(run(&mut script, &mut ReadCardInformation::new()).is_ok());
    assert_eq!(script.sent, [(0xB2, 0), (0xA4, 2), (0xB2, 0)]);
    for (answers, expected) in [
        (vec![Answer::status(0x9000)], Error::File(FileError::Content)),
        (
            vec![Answer::status(0x6A83)],
            Error::Status { operation: Operation::ReadRecord, status: Status::RECORD_NOT_FOUND },
        ),
        (
            vec![Answer::status(0x6A82)],
            Error::Status { operation: Operation::SelectFile, status: Status::NOT_FOUND },
        ),
    ] {
        let refused = run(&mut Script::new(answers), &mut ReadCardInformation::new());
        assert_eq!(refused, Err(expected));
    }
    let mut broken = Script::new(vec![Answer::Broken(ErrorKind::LinkBroken)]);
    let refused = run(&mut broken, &mut ReadCardInformation::new());
    assert!(matches!(refused, Err(Error::Exchange { operation: Operation::ReadRecord, .. })));
}
