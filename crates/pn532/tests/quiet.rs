//! A board that sleeps is woken by what comes, and by nothing that was left where it is.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use kazasu_nfc::Instant;
use kazasu_pn532::{Bus, BusFault, Pn532, Settings, Time};

/// A serial line on which one byte comes at a time, and the board's clock.
#[derive(Default)]
struct Line {
    said: VecDeque<u8>,
    now: u64,
    /// How often the board was woken by a byte.
    woken: u32,
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Line>>);

impl Bus for Shared {
    const WAKE: &'static [u8] = &[0x55, 0x55, 0x00, 0x00];
    const WAKE_SOURCE: u8 = 0x10;

    fn send(&mut self, bytes: &mut [u8]) -> Result<usize, BusFault> {
        // A frame of UM0701-02, 6.2.1.1: 00 00 FF, length, its checksum, D4, code.
        if let [0x00, 0x00, 0xFF, _, _, 0xD4, code, ..] = *bytes {
            let payload: &[u8] = match code {
                0x02 => &[0x32, 0x01, 0x06, 0x07],
                0x16 => &[0x00],
                _ => &[],
            };
            let length = payload.len() as u8 + 2;
            let said = &mut self.0.borrow_mut().said;
            said.extend([0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00]);
            said.extend([0x00, 0x00, 0xFF, length, length.wrapping_neg(), 0xD5, code + 1]);
            said.extend(payload);
            let sum = payload
                .iter()
                .fold(0xD5_u8.wrapping_add(code + 1), |sum, byte| sum.wrapping_add(*byte));
            said.extend([sum.wrapping_neg(), 0x00]);
        }
        Ok(bytes.len())
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<usize, BusFault> {
        let byte = self.0.borrow_mut().said.pop_front();
        Ok(room.iter_mut().zip(byte).map(|(place, byte)| *place = byte).count())
    }
}

impl Time for Shared {
    fn now(&mut self) -> Instant {
        let mut line = self.0.borrow_mut();
        line.now += 1;
        Instant::from_micros(line.now)
    }

    fn idle(&mut self, until: Instant) {
        let mut line = self.0.borrow_mut();
        if line.said.is_empty() {
            line.now = line.now.max(until.micros());
        } else {
            line.woken += 1;
        }
    }
}

#[test]
fn the_last_byte_of_a_frame_does_not_keep_a_board_awake() {
    let line = Shared::default();
    let mut chip = Pn532::new(line.clone(), line.clone(), Settings::default());
    chip.wake().unwrap();
    line.0.borrow_mut().woken = 0;
    chip.sleep().unwrap();
    let ended = line.0.borrow();
    assert!(ended.said.is_empty(), "{} bytes are left", ended.said.len());
    // Each byte once at most, and two frames of them: the field is off already.
    assert!(ended.woken <= 32, "woken {} times", ended.woken);
}
