//! The faults of the virtual card, all of them.

use super::status;
use kazasu::apdu::Status;
use kazasu::apdu::transport::ErrorKind;
use kazasu_virtual_card::{CertificateDefect, CertificateKind, Effect, Reference, SignatureDefect};

const KINDS: [ErrorKind; 12] = [
    ErrorKind::BufferTooSmall,
    ErrorKind::Cancelled,
    ErrorKind::CardRemoved,
    ErrorKind::CardReset,
    ErrorKind::InUse,
    ErrorKind::LinkBroken,
    ErrorKind::NoCard,
    ErrorKind::NoReader,
    ErrorKind::ReaderLost,
    ErrorKind::ServiceDown,
    ErrorKind::TimedOut,
    ErrorKind::Other,
];

/// Status words that could be taken for something else than they are.
const STATUS_WORDS: [u16; 18] = [
    0x9000, 0x63C0, 0x63C2, 0x63C3, 0x6300, 0x6282, 0x6100, 0x6C10, 0x6700, 0x6982, 0x6983, 0x6984,
    0x6A82, 0x6A86, 0x6A88, 0x6B00, 0x6F00, 0x1234,
];

/// The link drops, before and after the card acted.
pub(crate) fn breaks() -> Vec<Effect> {
    let both = KINDS.into_iter().flat_map(|kind| [(false, kind), (true, kind)]);
    both.map(|(acted, kind)| Effect::Break { acted, kind }).collect()
}

/// Wrong status words, before and after the card acted.
pub(crate) fn status_words() -> Vec<Effect> {
    let both = STATUS_WORDS.into_iter().flat_map(|sw| [(false, sw), (true, sw)]);
    both.map(|(acted, sw)| status(acted, sw)).collect()
}

/// Answers that are not what the card gave.
pub(crate) fn answers() -> Vec<Effect> {
    let mut effects: Vec<_> = [0, 1, 2, 3, 5, 50, 255, 256, 257].map(Effect::Cut).to_vec();
    effects.extend([1, 2, 300, 5000].map(|length| Effect::Lengthen(vec![0x90; length])));
    for length in [0, 1, 2, 3, 4, 7, 8, 100, 255] {
        for sw in [0x9000, 0x6282] {
            effects.push(Effect::ShortRead { length, status: Status(sw) });
        }
    }
    effects.push(Effect::WrongLe);
    effects.extend([1, 16, 255, 256].map(Effect::GetResponse));
    effects
}

/// A card that is not what it should be.
pub(crate) fn defects() -> Vec<Effect> {
    let mut effects = vec![
        Effect::Signature(SignatureDefect::Random),
        Effect::Signature(SignatureDefect::Foreign),
    ];
    for kind in [CertificateKind::Auth, CertificateKind::Sign] {
        for defect in [
            CertificateDefect::Truncated(0),
            CertificateDefect::Truncated(1),
            CertificateDefect::Truncated(300),
            CertificateDefect::Truncated(1500),
            CertificateDefect::Corrupt(1),
            CertificateDefect::Corrupt(2),
            CertificateDefect::Corrupt(4),
            CertificateDefect::Corrupt(400),
            CertificateDefect::Corrupt(1500),
            CertificateDefect::Foreign,
        ] {
            effects.push(Effect::Certificate(kind, defect));
        }
    }
    effects.extend([Reference::Auth, Reference::Sign].map(Effect::Block));
    effects
}

pub(crate) fn all() -> Vec<Effect> {
    [breaks(), status_words(), answers(), defects()].concat()
}
