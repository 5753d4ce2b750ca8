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
                // Both only cost time when they fail.
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

/// Waits for the next message.
pub(super) fn receive(stream: &TcpStream) -> Result<Message, Error> {
    let mut length = [0; 2];
    match fill(stream, &mut length)? {
        2 => {}
        0 => return Err(Error::Closed),
        _ => return Err(Error::Truncated),
    }
    let length = usize::from(u16::from_be_bytes(length));
    let mut bytes = vec![0; length];
    if fill(stream, &mut bytes)? < length {
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
fn fill(stream: &TcpStream, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        let mut reader = stream;
        match reader.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(source) if source.kind() == io::ErrorKind::Interrupted => continue,
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
