//! The other end of the radio that the board of `hw-tests/board-qemu` has a stand-in of: orders in,
//! frames on the air, and what came back. Its `antenna.rs` says what the bytes are.

use std::error::Error;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use kazasu_virtual_card::radio::{BitRate, Caught, Field, Frame, Listening, Signal};

/// Bytes of the largest frame.
const FRAME: usize = 256;

/// Serves the field until the reader is gone. Also, bytes of both ways, and whether the reader has
/// left the field on.
pub(crate) fn serve(
    mut field: Field,
    mut stream: UnixStream,
) -> Result<(Field, u64, bool), Box<dyn Error>> {
    let mut reader = Counting { inner: BufReader::new(stream.try_clone()?), bytes: 0 };
    let mut sent = 0;
    loop {
        let order = match take::<1>(&mut reader) {
            Ok([order]) => order,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error.into()),
        };
        let at = Duration::from_micros(u64::from_be_bytes(take(&mut reader)?));
        let answer = match order {
            0 | 1 => {
                field.switch(order == 1, at);
                vec![order]
            }
            2 => exchange(&mut field, at, &mut reader)?,
            other => return Err(format!("no order: {other}").into()),
        };
        sent += answer.len() as u64;
        stream.write_all(&answer)?;
    }
    let on = field.is_on();
    Ok((field, reader.bytes + sent, on))
}

fn exchange(field: &mut Field, at: Duration, from: &mut impl Read) -> io::Result<Vec<u8>> {
    let [kind, to_card, from_card, align] = take(from)?;
    let bits = u16::from_be_bytes(take(from)?);
    let wait = Duration::from_micros(u32::from_be_bytes(take(from)?).into());
    let shortest = Duration::from_micros(u32::from_be_bytes(take(from)?).into());
    let mut bytes = vec![0; usize::from(bits).div_ceil(8)];
    from.read_exact(&mut bytes)?;
    let signal = if kind == 0 { Signal::TypeA } else { Signal::TypeB };
    let mut frame = Frame::raw(signal, BitRate::from_code(to_card), bytes);
    frame.last_bits = (bits % 8) as u8;
    let rate = BitRate::from_code(from_card);
    let listening = Listening { rate, align, wait, shortest };
    let mut room = [0; FRAME];
    let (caught, over) = field.exchange(&frame, at, listening, &mut room);
    let (what, bits) = match caught {
        Caught::Silence => (0, 0),
        Caught::Garbled => (1, 0),
        Caught::Collision(bits) => (2, bits),
        Caught::Frame(bits) => (3, bits),
    };
    let length = if what < 2 { 0 } else { (bits + usize::from(align)).div_ceil(8) };
    let mut answer = vec![what];
    // Rounded up: the reader must not believe that it is earlier.
    answer.extend((over.as_nanos().div_ceil(1_000) as u64).to_be_bytes());
    answer.extend((bits as u16).to_be_bytes());
    answer.extend(room.iter().take(length));
    Ok(answer)
}

fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map(|()| bytes)
}

/// Counts what is read.
struct Counting<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(room)?;
        self.bytes += count as u64;
        Ok(count)
    }
}
