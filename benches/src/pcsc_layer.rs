//! What our layer costs over a bare SCardTransmit of the same commands: the thread, the copies and
//! the checks of [`kazasu_pcsc::Link`], as a ratio.
//!
//! Both send the five commands of a check-in to the same virtual card through the same pcscd and
//! vpcd, in turns, and only the exchanges are timed. A real card takes tens of milliseconds a
//! command, so that the ratio there is nearer to 1 than here.

use crate::work::AnyError;
use kazasu::apdu::Transport;
use kazasu::virtual_card::vpcd::Slot;
use kazasu::virtual_card::{ApplicationName, Card, Issue};
use kazasu_pcsc::{Link, ReaderName, Readers, Settings};
use std::time::{Duration, Instant};

/// In the environment: where vpcd listens. `private-pcscd` of `kazasu-test-pcscd` sets it.
pub const ADDRESSES: &str = "KAZASU_TEST_VPCD";

/// The ratio that is aimed at.
pub const GOAL: f64 = 1.05;

const ROUNDS: usize = 200;
/// Cheap commands in a row, where the layer weighs most.
const CHEAP: usize = 200;

/// Durations of the same work, bare and by our layer, one pair a round.
#[derive(Debug, Default)]
pub struct Pairs(Vec<(Duration, Duration)>);

impl Pairs {
    /// The medians: bare, ours.
    #[must_use]
    pub fn medians(&self) -> (Duration, Duration) {
        let median = |mut times: Vec<Duration>| {
            times.sort_unstable();
            times.get(times.len() / 2).copied().unwrap_or_default()
        };
        let (bare, ours) = self.0.iter().copied().unzip();
        (median(bare), median(ours))
    }

    /// Ours over bare.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let (bare, ours) = self.medians();
        ours.as_secs_f64() / bare.as_secs_f64()
    }
}

/// SELECT, READ BINARY of a certificate, the tries left, VERIFY, a signature.
fn commands() -> [Vec<u8>; 5] {
    let mut select = vec![0x00, 0xA4, 0x04, 0x0C, 0x0A];
    select.extend(ApplicationName::Jpki.aid());
    let read = vec![0x00, 0xB0, 0x8A, 0x00, 0x00, 0x00, 0x00];
    let verify = b"\x00\x20\x00\x98\x041234".to_vec();
    let mut sign = vec![0x80, 0x2A, 0x00, 0x97, 0x33];
    sign.extend(kazasu::mynacard::digest_info_sha256(&[0x5A; 32]));
    sign.push(0x00);
    [select, read, query(), verify, sign]
}

fn query() -> Vec<u8> {
    vec![0x00, 0x20, 0x00, 0x98]
}

/// Sends every command and tells how long that took; each must be answered well.
fn timed<E: std::error::Error + 'static>(
    commands: &[Vec<u8>],
    mut transmit: impl FnMut(&[u8], &mut [u8]) -> Result<usize, E>,
) -> Result<Duration, AnyError> {
    let mut answer = vec![0; 4096];
    let begin = Instant::now();
    for command in commands {
        let length = transmit(command, &mut answer)?;
        match answer.get(..length) {
            Some([.., 0x90, 0x00] | [0x63, _]) => {}
            other => return Err(format!("answered {:02X?}", other.map(<[u8]>::len)).into()),
        }
    }
    Ok(begin.elapsed())
}

fn bare(reader: &ReaderName, commands: &[Vec<u8>]) -> Result<Duration, AnyError> {
    let context = pcsc::Context::establish(pcsc::Scope::User)?;
    let mode = pcsc::ShareMode::Exclusive;
    let card = context.connect(reader.as_c_str(), mode, pcsc::Protocols::ANY)?;
    let time = timed(commands, |command, answer| {
        card.transmit(command, answer).map(|answer| answer.len())
    });
    card.disconnect(pcsc::Disposition::UnpowerCard).map_err(|(_, error)| error)?;
    time
}

fn ours(reader: &ReaderName, commands: &[Vec<u8>]) -> Result<Duration, AnyError> {
    let mut link: Link = Readers::system().open(reader, Settings::default())?;
    timed(commands, |command, answer| link.transmit(command, answer))
}

fn rounds(reader: &ReaderName, commands: &[Vec<u8>]) -> Result<Pairs, AnyError> {
    let mut pairs = Pairs::default();
    for round in 0..ROUNDS {
        // In turns, so that neither has the warmer machine.
        pairs.0.push(if round % 2 == 0 {
            let bare = bare(reader, commands)?;
            (bare, ours(reader, commands)?)
        } else {
            let ours = ours(reader, commands)?;
            (bare(reader, commands)?, ours)
        });
    }
    Ok(pairs)
}

/// Measures: the commands of a check-in, and cheap commands in a row.
///
/// # Errors
/// Without a service and a slot of vpcd, or when a command is not answered well.
pub fn measure() -> Result<(Pairs, Pairs), AnyError> {
    let addresses = std::env::var(ADDRESSES).map_err(|_| {
        format!("{ADDRESSES} is not set; run this by private-pcscd of kazasu-test-pcscd")
    })?;
    let address = addresses.split(',').next().unwrap_or_default();
    let slot = Slot::connect(address, Card::issue(Issue::demonstration().seed(1))?)?;
    if !slot.wait_for_power(Duration::from_secs(10)) {
        return Err("pcscd did not take the card".into());
    }
    let until = Instant::now() + Duration::from_secs(10);
    let reader = loop {
        let found = Readers::system().list()?.into_iter().find(|reader| reader.has_card());
        match found {
            Some(reader) => break reader.name,
            None if Instant::now() > until => return Err("no reader has a card".into()),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let check_in = rounds(&reader, &commands())?;
    let [select, ..] = commands();
    let cheap: Vec<_> = std::iter::once(select).chain(vec![query(); CHEAP]).collect();
    Ok((check_in, rounds(&reader, &cheap)?))
}

/// Measures and prints. Times are the machine's and the ratio is no check.
///
/// # Errors
/// Those of [`measure`].
pub fn report() -> Result<(), AnyError> {
    let (check_in, cheap) = measure()?;
    println!("kazasu-pcsc over a bare SCardTransmit, medians of {ROUNDS} rounds in turns:");
    for (what, pairs) in [
        ("the 5 commands of a check-in".to_owned(), check_in),
        (format!("{} cheap commands", CHEAP + 1), cheap),
    ] {
        let (bare, ours) = pairs.medians();
        let ratio = pairs.ratio();
        println!("  {what}: bare {bare:.1?}, ours {ours:.1?}, ratio {ratio:.3} (goal {GOAL})");
    }
    Ok(())
}
