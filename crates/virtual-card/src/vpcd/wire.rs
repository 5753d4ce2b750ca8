//! The messages between vpcd and a card: two bytes of length, big-endian, and so many bytes, both
//! ways. vpcd listens and speaks first; the card connects and answers.
//!
//! Nothing here knows a card, and nothing waits except for the other side.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Error;

/// A service on the same machine or network answers at once or never.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// How often to look whether the card was removed meanwhile. On Linux closing the connection wakes
/// whoever reads from it; not everywhere.
const LOOK: Duration = Duration::from_millis(200);

/// What vpcd says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Control 00. Not answered.
    PowerOff,
    /// Control 01. Not answered.
    PowerOn,
    /// Control 02, a warm reset. Not answered.
    Reset,
    /// Control 04. Answered with the ATR. pcscd asks it every 400 ms to see whether the card is there.
    AnswerToReset,
    /// A command APDU. Answered with a response APDU.
    Command(Vec<u8>),
}

/// Connects to the first of the addresses that takes the connection.
pub(super) fn open(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut last = Error::BadAddress;
    for &address in addresses {
        let source = match TcpStream::connect_timeout(&address, CONNECT_TIME) {
            Ok(stream) => {
                // All only cost time when they fail.
                let _ = stream.set_read_timeout(Some(LOOK));
                let _ = stream.set_nodelay(true);
                acknowledge_at_once(&stream);
                return Ok(stream);
            }
            Err(source) => source,
        };
        last = match source.kind() {
            io::ErrorKind::ConnectionRefused => Error::Refused { address },
            kind => Error::Unreachable { address, kind },
        };
    }
    Err(last)
}

/// The addresses that a text stands for.
pub(super) fn resolve(address: impl ToSocketAddrs) -> Result<Vec<SocketAddr>, Error> {
    let addresses: Vec<_> = address.to_socket_addrs().map_err(|_| Error::BadAddress)?.collect();
    if addresses.is_empty() { Err(Error::BadAddress) } else { Ok(addresses) }
}

/// Waits for the next message; [`Error::Closed`] soon after `removed` says so.
pub(super) fn receive(stream: &TcpStream, removed: &dyn Fn() -> bool) -> Result<Message, Error> {
    let mut length = [0; 2];
    match fill(stream, &mut length, removed)? {
        2 => {}
        0 => return Err(Error::Closed),
        _ => return Err(Error::Truncated),
    }
    let length = usize::from(u16::from_be_bytes(length));
    let mut bytes = vec![0; length];
    if fill(stream, &mut bytes, removed)? < length {
        return Err(Error::Truncated);
    }
    match bytes.as_slice() {
        [] => Err(Error::EmptyMessage),
        [0x00] => Ok(Message::PowerOff),
        [0x01] => Ok(Message::PowerOn),
        [0x02] => Ok(Message::Reset),
        [0x04] => Ok(Message::AnswerToReset),
        [control] => Err(Error::UnknownControl(*control)),
        _ => Ok(Message::Command(bytes)),
    }
}

/// Sends one message. Length and content go out together: apart, they would wait for each other's
/// acknowledgement.
pub(super) fn send(stream: &TcpStream, content: &[u8]) -> Result<(), Error> {
    send_part(stream, content, content.len())
}

/// Announces the whole content and sends only the first bytes of it.
pub(super) fn send_part(stream: &TcpStream, content: &[u8], whole: usize) -> Result<(), Error> {
    let length = u16::try_from(whole).map_err(|_| Error::AnswerTooLong { length: whole })?;
    let mut message = length.to_be_bytes().to_vec();
    message.extend(content);
    let mut stream = stream;
    stream.write_all(&message).map_err(|source| Error::of_connection(&source))
}

/// Reads until the buffer is full or the other side has closed; tells how far it came.
fn fill(stream: &TcpStream, buffer: &mut [u8], removed: &dyn Fn() -> bool) -> Result<usize, Error> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        let mut reader = stream;
        match reader.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
            // Unix and Windows name it differently.
            Err(source)
                if matches!(source.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                if removed() {
                    return Err(Error::Closed);
                }
                continue;
            }
            Err(source) => return Err(Error::of_connection(&source)),
        }
        acknowledge_at_once(stream);
    }
    Ok(filled)
}

/// vpcd may write a length and its content apart, and then holds the content back until the length
/// is acknowledged, which the kernel delays by 40 ms unless told after every read (`TCP_QUICKACK`
/// does not last).
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) {
    // Without it everything works, slowly.
    let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    /// A connection as a card has it, and vpcd's side of it.
    fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let card = open(&[listener.local_addr().unwrap()]).unwrap();
        (card, listener.accept().unwrap().0)
    }

    #[test]
    fn a_removal_is_seen_though_nothing_wakes_the_reader() {
        let (card, _vpcd) = connected();
        let removed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(LOOK * 2);
                removed.store(true, Ordering::SeqCst);
            });
            let begun = Instant::now();
            let end = receive(&card, &|| removed.load(Ordering::SeqCst));
            assert_eq!(end, Err(Error::Closed));
            assert!(begun.elapsed() >= LOOK, "{:?}", begun.elapsed());
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        });
    }

    #[test]
    fn a_message_that_comes_slower_than_that_is_whole() {
        let (card, mut vpcd) = connected();
        let writer = std::thread::spawn(move || {
            for part in [&[0x00][..], &[0x05, 0x00, 0x84], &[0x00, 0x00, 0x08]] {
                vpcd.write_all(part).unwrap();
                std::thread::sleep(LOOK + LOOK / 2);
            }
            vpcd
        });
        let message = receive(&card, &|| false);
        assert_eq!(message, Ok(Message::Command(vec![0x00, 0x84, 0x00, 0x00, 0x08])));
        drop(writer.join().unwrap());
        assert_eq!(receive(&card, &|| false), Err(Error::Closed));
    }
}
