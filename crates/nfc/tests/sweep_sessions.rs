//! Sessions at random, in simulated time: noise, slow cards, cards that leave and come back, a
//! second card that falls into the field. The card is a recording of a check-in, so that a session
//! takes microseconds.
//!
//! `KAZASU_SESSIONS=1000000 cargo test --release -p kazasu-nfc --test sweep_sessions` is the whole
//! sweep; without it there are fewer.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod meeting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kazasu::apdu::Transport;
use kazasu_air::{Radio, instant};
use kazasu_nfc::{BitRate, Capabilities, Error, FrontEnd, Link, Rates, Settings};
use kazasu_virtual_card::radio::{
    Bystander, Field, Noise, Picc, PiccSettings, TypeASettings, TypeBSettings, Violation,
    WaitingTime, WorkTimes,
};
use kazasu_virtual_card::{Reply, Responder};
use meeting::patient::Patient;
use meeting::{Meeting, Setup};

type Script = Arc<Vec<(Vec<u8>, Vec<u8>)>>;

/// Writes down what passes between a check-in and a card.
struct Recorder<'m, 'b, 'p> {
    meeting: &'m mut Meeting<'b, 'p>,
    script: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Transport for Recorder<'_, '_, '_> {
    type Error = <Meeting<'static, 'static> as Transport>::Error;

    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, Self::Error> {
        let length = self.meeting.transmit(command, response)?;
        self.script.push((command.to_vec(), response[..length].to_vec()));
        Ok(length)
    }

    fn power_off(&mut self) -> Result<kazasu::apdu::PowerOff, Self::Error> {
        self.meeting.power_off()
    }

    fn reconnect(&mut self) -> Result<(), Self::Error> {
        self.meeting.reconnect()
    }
}

fn record() -> Script {
    let (mut patient, mut frame) = (Patient::new(true), [0; 256]);
    patient.begin();
    let setup = Setup::new(PiccSettings::default());
    let mut meeting = Meeting::new(&mut patient, &setup, &mut frame);
    meeting.reconnect().unwrap();
    let mut recorder = Recorder { meeting: &mut meeting, script: Vec::new() };
    let met = meeting::session::check_in(&mut recorder, kazasu::apdu::ExtendedLength::Auto);
    assert!(met.verified());
    let script = recorder.script;
    assert!(script.iter().filter(|(command, _)| is_verify(command)).count() == 1);
    Arc::new(script)
}

fn is_verify(command: &[u8]) -> bool {
    command.get(1) == Some(&0x20) && command.len() > 5
}

/// A card that answers what it answered, in the same order from each power-on.
struct Recorded {
    script: Script,
    at: usize,
    verify_commands: u32,
    /// Commands that came twice, or out of order.
    strays: u32,
    powered: u32,
}

impl Responder for Recorded {
    fn respond(&mut self, command: &[u8]) -> Reply {
        self.verify_commands += u32::from(is_verify(command));
        match self.script.get(self.at) {
            Some((expected, response)) if expected == command => {
                self.at += 1;
                response.clone().into()
            }
            _ => {
                self.strays += 1;
                vec![0x6F, 0x00].into()
            }
        }
    }
    fn power_on(&mut self) {
        self.at = 0;
        self.powered += 1;
    }
    fn power_off(&mut self) {}
    fn warm_reset(&mut self) {}
}

/// A generator whose numbers are the same everywhere (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn of(session: u64) -> Self {
        let mut numbers = Self(session.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            numbers.below(1);
        }
        numbers
    }
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }
    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
    fn micros(&mut self, limit: u64) -> Duration {
        Duration::from_micros(self.below(limit))
    }
    /// Small ones as often as large ones.
    fn probability(&mut self) -> f64 {
        [0.0, 0.0005, 0.002, 0.01, 0.03, 0.1, 0.3][self.below(7) as usize]
    }
}

/// What becomes of the sessions.
#[derive(Debug, Default)]
struct Tally {
    sessions: u64,
    complete: u64,
    /// Presences that ended in each error.
    errors: BTreeMap<String, u64>,
    /// Presences of the other card, which has no such application.
    others: u64,
    /// Answers that the checksum could not tell from the card's: two bytes see one in 65,536.
    unseen: u64,
    removals: u64,
    /// How long after a removal the engine said so, when nothing but the removal was wrong.
    longest: Duration,
    longest_noisy: Duration,
    frames: u64,
    simulated: Duration,
    violations: BTreeMap<String, u64>,
}

struct World {
    card: PiccSettings,
    /// The longest that the card may take to begin an answer.
    waiting: Duration,
    noise: Noise,
    settings: Settings,
    capabilities: Capabilities,
    latency: Duration,
    leaves: Option<Duration>,
    returns: Option<Duration>,
    other: Option<Duration>,
}

fn world(numbers: &mut Numbers) -> World {
    let (mut card, fwi) = match numbers.below(7) {
        0 => (PiccSettings::type_b(TypeBSettings::JPKI_06), 10),
        1 => (PiccSettings::type_b(TypeBSettings::JPKI_07), 10),
        2 => (PiccSettings::type_b(TypeBSettings::JPKI_08), 13),
        3 => (PiccSettings::type_b(TypeBSettings::JPKI_09), 13),
        4 => (PiccSettings::type_b(TypeBSettings::SYNTHETIC_848), 4),
        5 => (PiccSettings::type_b(TypeBSettings::SYNTHETIC_SMALL), 8),
        _ => (PiccSettings::type_a(TypeASettings::PHONE), 8),
    };
    card.seed = numbers.below(u64::MAX);
    if numbers.one_in(2) {
        card.work = WorkTimes::OBSERVED;
    }
    if numbers.one_in(4) {
        let largest_multiplier = 1 + numbers.below(59) as u8;
        card.waiting_time =
            WaitingTime { forced: numbers.below(3) as u8, largest_multiplier, never_asks: false };
    }
    if numbers.one_in(8) {
        card.information_field = Some(1 + numbers.below(253) as usize);
    }
    let fwt = Duration::from_nanos((4096_u64 << fwi) * 25_000 / 339);
    // S(WTX) asks for what the work needs and a tenth more, rounded up.
    let waiting = fwt + card.work.signature * 10 / 9;
    let mut noise = Noise::default();
    if !numbers.one_in(4) {
        noise.flipped = numbers.probability();
        noise.lost = numbers.probability();
        noise.late = numbers.probability() / 4.0;
        noise.latest =
            [Duration::from_millis(1), Duration::from_millis(20), fwt][numbers.below(3) as usize];
        noise.phantom = numbers.probability();
        noise.disturbance = numbers.probability();
    }
    let mut settings = Settings::default();
    settings.poll_limit = kazasu_nfc::Duration::from_millis(1_500);
    settings.latency = kazasu_nfc::Duration::from_micros(300);
    settings.cid = numbers.one_in(3).then(|| numbers.below(15) as u8);
    settings.highest = BitRate::ALL[numbers.below(4) as usize];
    let capabilities = Capabilities::new([256, 256, 64, 128][numbers.below(4) as usize]);
    let mut world = World {
        card,
        waiting,
        noise,
        settings,
        capabilities: capabilities.with_rates(Rates::ALL),
        latency: numbers.micros(250),
        leaves: None,
        returns: None,
        other: None,
    };
    if numbers.one_in(2) {
        let most = if numbers.one_in(2) { 80_000 } else { 1_200_000 };
        let leaves = numbers.micros(most);
        world.leaves = Some(leaves);
        let away = if numbers.one_in(2) { 10_000 } else { 1_500_000 };
        world.returns = numbers.one_in(2).then(|| leaves + numbers.micros(away));
    }
    if numbers.one_in(16) {
        world.other = Some(numbers.micros(200_000));
    }
    world
}

fn run(session: u64, script: &Script, tally: &mut Tally) {
    let mut numbers = Numbers::of(session + 1);
    let world = world(&mut numbers);
    let recorded =
        Recorded { script: script.clone(), at: 0, verify_commands: 0, strays: 0, powered: 0 };
    let mut field = Field::with(Picc::new(recorded, world.card.clone()));
    field.set_noise(world.noise, session);
    if let Some(leaves) = world.leaves {
        field.leave_at(0, leaves);
    }
    if let Some(returns) = world.returns {
        field.enter_at(0, returns);
    }
    if let Some(at) = world.other {
        let other = field.put_bystander(Bystander::type_b(TypeBSettings::JPKI_09));
        field.leave_at(other, Duration::ZERO);
        field.enter_at(other, at);
    }
    let mut radio = Radio::new(field, world.capabilities);
    radio.latency = world.latency;
    radio.listens_on = !numbers.one_in(3);
    let (mut frame, mut response) = ([0; 256], [0; 4096]);
    let mut link = Link::new(radio, world.settings, &mut frame);
    let (mut verified, mut complete) = (false, false);
    // Three presences, in which a VERIFY is given to the link once.
    for _ in 0..3 {
        let told = presence(&mut link, script, &mut verified, &mut complete, &mut response, tally);
        let error = match told {
            Ok(()) => break,
            Err(error) => error,
        };
        *tally.errors.entry(format!("{error:?}")).or_default() += 1;
        assert!(!matches!(error, Error::NotReady | Error::FrontEnd | Error::Settings), "{session}");
        assert!(!matches!(error, Error::CommandLength | Error::BufferTooSmall), "{session}");
        judge_removal(&world, &link, error, tally);
        // Nothing passes before the next activation.
        let again = link.transmit(&script[0].0, &mut response).unwrap_err();
        assert_eq!(again.field(), Error::NotReady, "{session}");
        if verified {
            break;
        }
        let now = link.front_end().now;
        link.front_end_mut().begin();
        link.front_end_mut().wait(instant(now + Duration::from_millis(200)));
    }
    let radio = link.front_end();
    let card = radio.field.card(0).unwrap();
    let inside = card.responder();
    assert!(inside.verify_commands <= 1, "{session}: {} VERIFY", inside.verify_commands);
    assert_eq!(inside.strays, 0, "{session}: a command came twice");
    assert!(!card.violations().contains(&Violation::BlockNumber), "{session}");
    for violation in card.violations() {
        *tally.violations.entry(format!("{violation:?}")).or_default() += 1;
    }
    tally.sessions += 1;
    tally.complete += u64::from(complete);
    tally.frames += radio.frames;
    tally.simulated += radio.now;
}

type RecordedLink<'b> = Link<'b, Radio<Recorded>>;

fn presence(
    link: &mut RecordedLink<'_>,
    script: &Script,
    verified: &mut bool,
    complete: &mut bool,
    response: &mut [u8],
    tally: &mut Tally,
) -> Result<(), Error> {
    let order =
        |link: &mut RecordedLink<'_>,
         what: &mut dyn FnMut(&mut RecordedLink<'_>) -> Result<usize, Error>| {
            link.front_end_mut().begin();
            let begin = link.front_end().now;
            let result = what(link);
            let took = link.front_end().now - begin;
            assert!(took < Duration::from_secs(40), "{took:?} in one order");
            result
        };
    order(link, &mut |link| link.reconnect().map(|()| 0).map_err(|error| error.field()))?;
    for (command, expected) in script.iter() {
        if is_verify(command) {
            if *verified {
                // Never again: this presence has no use for the rest.
                return Ok(());
            }
            *verified = true;
        }
        let length = order(link, &mut |link| {
            link.transmit(command, response).map_err(|error| error.field())
        })?;
        if response[..length] != expected[..] {
            let other = response[..length] == [0x6A, 0x82];
            tally.others += u64::from(other);
            tally.unseen += u64::from(!other);
            return Ok(());
        }
    }
    *complete = true;
    order(link, &mut |link| link.power_off().map(|_| 0).map_err(|error| error.field()))?;
    Ok(())
}

/// A card that left while it was active and did not come back: how long until it was told? With a
/// second card nobody knows which one was.
fn judge_removal(world: &World, link: &RecordedLink<'_>, error: Error, tally: &mut Tally) {
    let (Some(leaves), None, None, Error::CardRemoved) =
        (world.leaves, world.returns, world.other, error)
    else {
        return;
    };
    let now = link.front_end().now;
    if now < leaves {
        return;
    }
    let told = now - leaves;
    tally.removals += 1;
    // FWT as it may be extended, and 100 ms, whatever the noise.
    assert!(told <= world.waiting + Duration::from_millis(100), "{told:?}, {:?}", world.noise);
    if world.noise == Noise::default() {
        tally.longest = tally.longest.max(told);
    } else {
        tally.longest_noisy = tally.longest_noisy.max(told);
    }
}

#[test]
fn sessions_at_random() {
    let count =
        std::env::var("KAZASU_SESSIONS").ok().map_or(10_000, |count| count.parse().unwrap());
    let script = record();
    let begin = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let script = script.clone();
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    (worker..count)
                        .step_by(threads as usize)
                        .for_each(|session| run(session, &script, &mut tally));
                    tally
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all.sessions += tally.sessions;
        all.complete += tally.complete;
        all.unseen += tally.unseen;
        all.others += tally.others;
        all.removals += tally.removals;
        all.frames += tally.frames;
        all.simulated += tally.simulated;
        all.longest = all.longest.max(tally.longest);
        all.longest_noisy = all.longest_noisy.max(tally.longest_noisy);
        for (error, times) in tally.errors {
            *all.errors.entry(error).or_default() += times;
        }
        for (violation, times) in tally.violations {
            *all.violations.entry(violation).or_default() += times;
        }
    }
    println!("{:.1} s: {all:#?}", begin.elapsed().as_secs_f32());
    assert_eq!(all.sessions, count);
    assert!(all.complete * 3 > count, "{all:?}");
    // The checksum sees all but one in 65,536 of the frames that are damaged.
    assert!(all.unseen * 10_000 <= count.max(10_000), "{all:?}");
}
