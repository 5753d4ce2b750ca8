//! The exchange rules and the three drivers, against a scripted link.

use core::cell::RefCell;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use kazasu_apdu::transport::ErrorKind;
use kazasu_apdu::{
    AnswerError, AsyncSession, AsyncTransport, Capabilities, Channel, Command, EncodeError, Entry,
    Event, ExtendedLength, Fault, Outgoing, PowerOff, Procedure, ResponseError, Session, Status,
    Step, Transport, Turn,
};

/// One command, its answer as owned data.
struct One<'a>(Command<'a>);

impl Procedure for One<'_> {
    type Output = Result<(Vec<u8>, Status), Fault>;
    fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<Self::Output> {
        match event {
            Event::Start => outgoing.send(&self.0),
            Event::Answer(response) => Step::Done(Ok((response.data.to_vec(), response.status))),
            Event::Failed(fault) => Step::Done(Err(fault)),
        }
    }
}

/// Answers from a script, and keeps what was sent.
#[derive(Debug, Default)]
struct Script {
    answers: Vec<Result<Vec<u8>, ErrorKind>>,
    sent: Vec<Vec<u8>>,
    extended: Option<bool>,
    powered_off: usize,
}

impl Script {
    fn new(answers: &[&[u8]]) -> Self {
        Self { answers: answers.iter().rev().map(|a| Ok(a.to_vec())).collect(), ..Self::default() }
    }
    fn take(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        self.sent.push(command.to_vec());
        let Some(answer) = self.answers.pop() else { panic!("not in the script: {command:02X?}") };
        let answer = answer?;
        if answer.len() > response.len() {
            return Err(ErrorKind::BufferTooSmall);
        }
        response[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }
}

impl Transport for Script {
    type Error = ErrorKind;
    fn transmit(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, ErrorKind> {
        self.take(command, response)
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_extended_length(self.extended)
    }
    fn power_off(&mut self) -> Result<PowerOff, ErrorKind> {
        self.powered_off += 1;
        Ok(PowerOff::Done)
    }
    fn reconnect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

type Answer = Result<(Vec<u8>, Status), Fault>;

fn blocking(script: &mut Script, mode: ExtendedLength, commands: &[Command<'_>]) -> Vec<Answer> {
    let (mut out, mut inn) = ([0; 300], [0; 4096]);
    let channel = Channel::new(&mut out, &mut inn).with_extended_length(mode);
    let mut session = Session::new(script, channel);
    commands.iter().map(|command| session.run(&mut One(*command))).collect()
}

const READ: Command<'static> = Command::new(0x00, 0xB0, 0x8A, 0x00);

#[test]
fn more_data_is_fetched_and_joined() {
    let mut script = Script::new(&[&[1, 2, 0x61, 3], &[3, 4, 5, 0x61, 1], &[6, 0x90, 0x00]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(256)]);
    assert_eq!(answers, [Ok((vec![1, 2, 3, 4, 5, 6], Status::OK))]);
    assert_eq!(script.sent[1], [0x00, 0xC0, 0, 0, 3]);
    assert_eq!(script.sent[2], [0x00, 0xC0, 0, 0, 1]);
}

#[test]
fn get_response_is_interindustry_after_a_proprietary_command() {
    let mut script = Script::new(&[&[0x61, 2], &[1, 2, 0x90, 0x00]]);
    let command = Command::new(0x80, 0x2A, 0, 0x97).with_data(&[1]).with_le(256);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[command]);
    assert_eq!(answers, [Ok((vec![1, 2], Status::OK))]);
    assert_eq!(script.sent[1], [0x00, 0xC0, 0, 0, 2]);
}

#[test]
fn more_data_than_asked_for_or_none_at_all_is_an_error() {
    let mut script = Script::new(&[&[1, 2, 0x61, 3]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(2)]);
    assert_eq!(answers, [Err(Fault::Answer(AnswerError::TooLong { length: 3, asked: 2 }))]);
    let mut script = Script::new(&[&[0x61, 3], &[0x61, 3]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(9)]);
    assert_eq!(answers, [Err(Fault::Answer(AnswerError::Stalled))]);
    // A command without Le asks for nothing: 61xx is then no answer to it.
    let mut script = Script::new(&[&[0x61, 3]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ]);
    assert_eq!(answers, [Err(Fault::Answer(AnswerError::TooLong { length: 1, asked: 0 }))]);
}

#[test]
fn wrong_le_is_corrected_once_and_only_downwards() {
    let mut script = Script::new(&[&[0x6C, 2], &[7, 8, 0x90, 0]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(256)]);
    assert_eq!(answers, [Ok((vec![7, 8], Status::OK))]);
    assert_eq!(script.sent[1], [0x00, 0xB0, 0x8A, 0x00, 2]);

    let mut script = Script::new(&[&[0x6C, 2], &[0x6C, 1]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(256)]);
    assert_eq!(answers, [Ok((vec![], Status(0x6C01)))]);

    let mut script = Script::new(&[&[0x6C, 9]]);
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(4)]);
    assert_eq!(answers, [Ok((vec![], Status(0x6C09)))]);
}

#[test]
fn a_command_for_once_is_never_repeated() {
    let verify = Command::new(0, 0x20, 0, 0x98).with_data(b"1234").once().secret();
    for status in [[0x6C, 0x04], [0x67, 0x00], [0x6F, 0x00], [0x61, 0x04]] {
        let mut script = Script::new(&[&status]);
        let _ = blocking(&mut script, ExtendedLength::On, &[verify]);
        assert_eq!(script.sent.len(), 1, "{status:02X?}");
    }
    let mut script = Script { answers: vec![Err(ErrorKind::LinkBroken)], ..Script::default() };
    let answers = blocking(&mut script, ExtendedLength::Auto, &[verify]);
    assert_eq!(answers, [Err(Fault::Link(ErrorKind::LinkBroken))]);
    assert_eq!(script.sent.len(), 1);
    // A secret went out and the session was dropped: the card lost its power.
    assert_eq!(script.powered_off, 1);
}

#[test]
fn extended_length_refused_is_learned_once() {
    let long = READ.with_le(4000);
    let mut script = Script::new(&[&[0x67, 0x00], &[1, 0x90, 0], &[2, 0x90, 0]]);
    let (mut out, mut inn) = ([0; 300], [0; 4096]);
    let mut session = Session::new(&mut script, Channel::new(&mut out, &mut inn));
    assert_eq!(session.run(&mut One(long)), Ok((vec![1], Status::OK)));
    assert!(session.channel().extended_length_refused());
    assert_eq!(session.channel().counts().commands, 2);
    // The next procedure sees the smaller limit.
    assert_eq!(session.run(&mut Most), 256);
    assert_eq!(session.run(&mut One(READ.with_le(256))), Ok((vec![2], Status::OK)));
    drop(session);
    assert_eq!(script.sent[0], [0x00, 0xB0, 0x8A, 0x00, 0x00, 0x0F, 0xA0]);
    assert_eq!(script.sent[1], [0x00, 0xB0, 0x8A, 0x00, 0x00]);
    assert_eq!(script.sent[2], [0x00, 0xB0, 0x8A, 0x00, 0x00]);
}

#[test]
fn a_refusal_of_the_file_is_not_taken_for_one_of_the_length() {
    let mut script = Script::new(&[&[0x6F, 0x00], &[0x6F, 0x00]]);
    let (mut out, mut inn) = ([0; 300], [0; 4096]);
    let mut session = Session::new(&mut script, Channel::new(&mut out, &mut inn));
    assert_eq!(session.run(&mut One(READ.with_le(4000))), Ok((vec![], Status::INTERNAL)));
    assert!(!session.channel().extended_length_refused());
}

/// What is the most that one answer can bring?
struct Most;
impl Procedure for Most {
    type Output = u32;
    fn step(&mut self, _: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<u32> {
        Step::Done(outgoing.most())
    }
}

#[test]
fn extended_length_follows_mode_declaration_and_buffer() {
    for (mode, declared, buffer, most) in [
        (ExtendedLength::Auto, None, 4096, 4094),
        (ExtendedLength::Auto, Some(true), 70_000, 65_536),
        (ExtendedLength::Auto, Some(false), 4096, 256),
        (ExtendedLength::On, Some(false), 4096, 4094),
        (ExtendedLength::Off, Some(true), 4096, 256),
        (ExtendedLength::Auto, None, 100, 98),
    ] {
        let mut script = Script { extended: declared, ..Script::default() };
        let (mut out, mut inn) = ([0; 300], vec![0; buffer]);
        let channel = Channel::new(&mut out, &mut inn).with_extended_length(mode);
        assert_eq!(Session::new(&mut script, channel).run(&mut Most), most);
    }
}

#[test]
fn what_is_no_answer_is_never_data() {
    for (answer, error) in [
        (&[][..], AnswerError::Malformed(ResponseError::TooShort { length: 0 })),
        (&[0x90], AnswerError::Malformed(ResponseError::TooShort { length: 1 })),
        (&[1, 2, 3], AnswerError::Malformed(ResponseError::InvalidStatus)),
        (&[1, 2, 3, 0x90, 0], AnswerError::TooLong { length: 3, asked: 2 }),
    ] {
        let mut script = Script::new(&[answer]);
        let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(2)]);
        assert_eq!(answers, [Err(Fault::Answer(error))]);
    }
}

#[test]
fn nothing_is_sent_after_the_presence_has_ended() {
    let mut script = Script::new(&[&[0x90, 0]]);
    script.answers.push(Err(ErrorKind::CardRemoved));
    let (mut out, mut inn) = ([0; 300], [0; 300]);
    let mut session = Session::new(&mut script, Channel::new(&mut out, &mut inn));
    let before = session.channel().presence();
    assert_eq!(session.run(&mut One(READ)), Err(Fault::Link(ErrorKind::CardRemoved)));
    assert_ne!(session.channel().presence(), before);
    assert_eq!(session.run(&mut One(READ)), Err(Fault::Ended(ErrorKind::CardRemoved)));
    assert_eq!(session.channel().counts().commands, 1);
    session.reconnect().unwrap();
    assert_eq!(session.run(&mut One(READ)), Ok((vec![], Status::OK)));
    assert_ne!(session.channel().presence(), before);
}

#[test]
fn a_command_that_does_not_fit_is_not_sent() {
    let data = [0; 256];
    let mut script = Script::default();
    let answers = blocking(&mut script, ExtendedLength::Off, &[READ.with_data(&data)]);
    assert!(matches!(answers[0], Err(fault @ Fault::NotSent(_)) if fault.not_sent()));
    let answers = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(5000)]);
    assert!(matches!(answers[0], Err(Fault::NotSent(_))));
    assert!(script.sent.is_empty());
}

#[test]
fn what_fits_is_known_before_it_is_sent() {
    let data = [0; 307];
    let long = Command::new(0x80, 0xA2, 0x06, 0xC1).with_data(&data);
    for (mode, room, fits) in [
        (ExtendedLength::Auto, 314, Ok(())),
        (ExtendedLength::Auto, 313, Err(EncodeError::BufferTooSmall)),
        (ExtendedLength::Off, 314, Err(EncodeError::DataTooLong { length: 307, most: 255 })),
    ] {
        let mut outgoing = vec![0; room];
        let mut incoming = [0; 64];
        let mut channel = Channel::new(&mut outgoing, &mut incoming).with_extended_length(mode);
        assert_eq!(channel.fits(&long), fits);
        let turn = channel.begin(&mut One(long));
        assert_eq!(matches!(turn, Turn::Transmit), fits.is_ok());
        let answer = long.with_le(63);
        let no_room = EncodeError::AnswerRoom { needed: 65, room: 64 };
        assert_eq!(channel.fits(&answer), Err(no_room));
        channel.learn_extended_length_refused();
        assert!(channel.fits(&long).is_err());
    }
}

#[test]
fn the_trace_has_no_data_field() {
    let seen = RefCell::new(Vec::new());
    let mut trace = |entry: &Entry| seen.borrow_mut().push(format!("{entry} {entry:?}"));
    let mut script = Script::new(&[&[0x63, 0xC2], b"\x55\x66\x77\x88\x90\x00"]);
    let (mut out, mut inn) = ([0; 300], [0; 300]);
    let channel = Channel::new(&mut out, &mut inn).with_trace(&mut trace);
    let mut session = Session::new(&mut script, channel);
    let verify = Command::new(0, 0x20, 0, 0x98).with_data(b"1357").once().secret();
    let _ = session.run(&mut One(verify));
    let _ = session.run(&mut One(READ.with_le(4)));
    drop(session);
    let text = seen.borrow().join("\n");
    assert!(text.contains("> 00 20 00 98, 9 bytes (secret) < 2 bytes, 63C2"), "{text}");
    for leak in ["1357", "31333537", "31 33", "[49, 51", "55667788", "85, 102"] {
        assert!(!text.contains(leak), "{leak} in {text}");
    }
}

#[test]
fn a_secret_does_not_stay_in_the_buffer() {
    struct Spy([u8; 9]);
    impl Procedure for Spy {
        type Output = bool;
        fn step(&mut self, event: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<bool> {
            match event {
                Event::Start => outgoing
                    .send(&Command::new(0, 0x20, 0, 0x98).with_data(b"1357").once().secret()),
                _ => Step::Done(true),
            }
        }
    }
    let mut script = Script::new(&[&[0x90, 0x00]]);
    let (mut out, mut inn) = ([0; 300], [0; 300]);
    let mut channel = Channel::new(&mut out, &mut inn);
    let mut spy = Spy([0; 9]);
    assert!(matches!(channel.begin(&mut spy), Turn::Transmit));
    let (command, answer) = channel.exchange();
    assert_eq!(command, [0, 0x20, 0, 0x98, 4, b'1', b'3', b'5', b'7']);
    let length = script.take(command, answer).unwrap();
    assert!(matches!(channel.answered(&mut spy, Ok(length)), Turn::Done(true)));
    assert_eq!(channel.exchange().0, spy.0);
    drop(channel);
    assert_eq!(out, [0; 300]);
}

/// The same script, answered only at the third poll.
struct Slow(Script, u8);

impl Slow {
    fn ready(&mut self) -> bool {
        self.1 = (self.1 + 1) % 3;
        self.1 == 0
    }
}

impl AsyncTransport for Slow {
    type Error = ErrorKind;
    fn transmit(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> impl Future<Output = Result<usize, ErrorKind>> {
        core::future::poll_fn(move |context| {
            if self.ready() {
                Poll::Ready(self.0.take(command, response))
            } else {
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
    }
    async fn power_off(&mut self) -> Result<PowerOff, ErrorKind> {
        self.0.power_off()
    }
}

#[cfg(feature = "nb")]
impl kazasu_apdu::PolledTransport for Slow {
    type Error = ErrorKind;
    fn begin(&mut self, _: &[u8]) -> Result<(), ErrorKind> {
        Ok(())
    }
    fn poll(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<usize, ErrorKind> {
        if self.ready() {
            self.0.take(command, response).map_err(nb::Error::Other)
        } else {
            Err(nb::Error::WouldBlock)
        }
    }
    fn power_off(&mut self) -> nb::Result<PowerOff, ErrorKind> {
        self.0.power_off().map_err(nb::Error::Other)
    }
}

fn script_for_drivers() -> Script {
    Script::new(&[&[0x67, 0x00], &[1, 0x61, 1], &[2, 0x90, 0x00]])
}

#[test]
fn the_async_driver_does_what_the_blocking_one_does() {
    let mut script = script_for_drivers();
    let expected = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(4000)]);

    let (mut out, mut inn) = ([0; 300], [0; 4096]);
    let channel = Channel::new(&mut out, &mut inn);
    let mut session = AsyncSession::new(Slow(script_for_drivers(), 0), channel);
    let mut procedure = One(READ.with_le(4000));
    let mut context = Context::from_waker(Waker::noop());
    let answer = {
        let mut future = pin!(session.run(&mut procedure));
        loop {
            if let Poll::Ready(answer) = future.as_mut().poll(&mut context) {
                break answer;
            }
        }
    };
    assert_eq!(vec![answer], expected);
    assert_eq!(session.transport_mut().0.sent, script.sent);

    // A future dropped in the middle leaves the outcome unknown: the presence ends.
    let mut procedure = One(READ.with_le(4));
    {
        let mut future = pin!(session.run(&mut procedure));
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    let mut future = pin!(session.run(&mut procedure));
    let Poll::Ready(answer) = future.as_mut().poll(&mut context) else { panic!("not at once") };
    assert_eq!(answer, Err(Fault::Ended(ErrorKind::Cancelled)));
}

#[cfg(feature = "nb")]
#[test]
fn the_polled_driver_does_what_the_blocking_one_does() {
    use kazasu_apdu::PolledSession;
    let mut script = script_for_drivers();
    let expected = blocking(&mut script, ExtendedLength::Auto, &[READ.with_le(4000)]);

    let (mut out, mut inn) = ([0; 300], [0; 4096]);
    let channel = Channel::new(&mut out, &mut inn);
    let mut session = PolledSession::new(Slow(script_for_drivers(), 0), channel);
    let mut procedure = One(READ.with_le(4000));
    let mut polls = 0;
    let answer = loop {
        polls += 1;
        match session.poll(&mut procedure) {
            Ok(answer) => break answer,
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(never)) => match never {},
        }
    };
    assert!(polls > 3, "it never blocked");
    assert_eq!(vec![answer], expected);
    assert_eq!(session.transport_mut().0.sent, script.sent);

    let mut procedure = One(READ.with_le(4));
    assert!(session.poll(&mut procedure).is_err());
    session.abandon();
    assert_eq!(session.poll(&mut procedure), Ok(Err(Fault::Ended(ErrorKind::Cancelled))));
}

const VERIFY: Command<'static> = Command::new(0, 0x20, 0, 0x98).with_data(b"1234").once().secret();

/// Runs a future that waits for nobody.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// A script that outlives its session.
struct Kept<'s>(&'s mut Slow);

impl AsyncTransport for Kept<'_> {
    type Error = ErrorKind;
    fn transmit(
        &mut self,
        command: &[u8],
        response: &mut [u8],
    ) -> impl Future<Output = Result<usize, ErrorKind>> {
        self.0.transmit(command, response)
    }
    fn power_off(&mut self) -> impl Future<Output = Result<PowerOff, ErrorKind>> {
        AsyncTransport::power_off(self.0)
    }
}

#[cfg(feature = "nb")]
impl kazasu_apdu::PolledTransport for Kept<'_> {
    type Error = ErrorKind;
    fn begin(&mut self, command: &[u8]) -> Result<(), ErrorKind> {
        self.0.begin(command)
    }
    fn poll(&mut self, command: &[u8], response: &mut [u8]) -> nb::Result<usize, ErrorKind> {
        self.0.poll(command, response)
    }
    fn power_off(&mut self) -> nb::Result<PowerOff, ErrorKind> {
        kazasu_apdu::PolledTransport::power_off(self.0)
    }
}

#[test]
fn an_async_session_that_sent_a_secret_takes_the_power() {
    for (command, taken) in [(VERIFY, 1), (READ, 0)] {
        let mut slow = Slow(Script::new(&[&[0x90, 0x00]]), 0);
        let (mut out, mut inn) = ([0; 300], [0; 300]);
        let mut session = AsyncSession::new(Kept(&mut slow), Channel::new(&mut out, &mut inn));
        block_on(session.run(&mut One(command))).unwrap();
        drop(session);
        assert_eq!(slow.0.powered_off, taken);
    }
    // In the middle of the command, and by order: once is enough.
    let mut slow = Slow(Script::new(&[&[0x90, 0x00]]), 0);
    let (mut out, mut inn) = ([0; 300], [0; 300]);
    let mut session = AsyncSession::new(Kept(&mut slow), Channel::new(&mut out, &mut inn));
    let mut procedure = One(VERIFY);
    let first = pin!(session.run(&mut procedure)).poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending());
    assert_eq!(block_on(session.power_off()), Ok(PowerOff::Done));
    assert_eq!(block_on(session.run(&mut One(READ))), Err(Fault::Ended(ErrorKind::NoCard)));
    drop(session);
    assert_eq!(slow.0.powered_off, 1);
}

#[test]
fn a_future_that_was_dropped_does_not_end_the_next_presence() {
    let slow = Slow(Script::new(&[&[0x90, 0x00]]), 0);
    let (mut out, mut inn) = ([0; 300], [0; 300]);
    let mut session = AsyncSession::new(slow, Channel::new(&mut out, &mut inn));
    let mut procedure = One(READ);
    let first = pin!(session.run(&mut procedure)).poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending());
    session.channel_mut().end_presence(ErrorKind::CardReset);
    session.channel_mut().begin_presence(Capabilities::default());
    assert_eq!(block_on(session.run(&mut One(READ))), Ok((vec![], Status::OK)));
}

#[cfg(feature = "nb")]
#[test]
fn a_polled_session_that_sent_a_secret_takes_the_power() {
    use kazasu_apdu::PolledSession;
    for (command, polls, taken) in [(VERIFY, 9, 1), (VERIFY, 1, 1), (READ, 9, 0)] {
        let mut slow = Slow(Script::new(&[&[0x90, 0x00]]), 0);
        let (mut out, mut inn) = ([0; 300], [0; 300]);
        let mut session = PolledSession::new(Kept(&mut slow), Channel::new(&mut out, &mut inn));
        let mut procedure = One(command);
        let ended = (0..polls).any(|_| session.poll(&mut procedure).is_ok());
        assert_eq!(ended, polls > 1);
        drop(session);
        assert_eq!(slow.0.powered_off, taken);
    }
    let mut slow = Slow(Script::new(&[&[0x90, 0x00]]), 0);
    let (mut out, mut inn) = ([0; 300], [0; 300]);
    let mut session = PolledSession::new(Kept(&mut slow), Channel::new(&mut out, &mut inn));
    assert!(session.poll(&mut One(VERIFY)).is_err());
    assert_eq!(session.power_off(), Ok(PowerOff::Done));
    // The procedure was abandoned with the presence.
    let next = session.poll(&mut One(READ));
    assert_eq!(next, Ok(Err(Fault::Ended(ErrorKind::Cancelled))));
    drop(session);
    assert_eq!(slow.0.powered_off, 1);
}

/// Counts one wrong access code and ends, without a command.
struct WrongCode;

impl Procedure for WrongCode {
    type Output = u8;
    fn step(&mut self, _: Event<'_>, outgoing: &mut Outgoing<'_>) -> Step<u8> {
        outgoing.count_wrong_code();
        Step::Done(outgoing.wrong_codes())
    }
}

#[test]
fn wrong_codes_outlive_the_presence_and_not_the_holder() {
    let (mut outgoing, mut incoming) = ([0; 262], [0; 258]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(Script::default(), channel);
    assert_eq!(session.run(&mut WrongCode), 1);
    session.power_off().unwrap();
    session.reconnect().unwrap();
    assert_eq!(session.channel().wrong_codes(), 1);
    for _ in 0..300 {
        session.run(&mut WrongCode);
    }
    assert_eq!(session.channel().wrong_codes(), u8::MAX);
    session.channel_mut().begin_session();
    assert_eq!(session.run(&mut WrongCode), 1);
}

#[test]
fn a_channel_that_lives_on_can_be_wiped() {
    let (mut outgoing, mut incoming) = ([0xEE; 262], [0xEE; 258]);
    let channel = Channel::new(&mut outgoing, &mut incoming);
    let mut session = Session::new(Script::new(&[&[1, 2, 3, 0x90, 0x00]]), channel);
    let command = Command::new(0x00, 0xB0, 0x00, 0x00).with_le(256);
    assert!(session.run(&mut One(command)).is_ok());
    session.channel_mut().wipe();
    let (command, answer) = session.channel_mut().exchange();
    assert!(command.iter().chain(&*answer).all(|byte| *byte == 0));
    assert_eq!(answer.len(), 258);
}
