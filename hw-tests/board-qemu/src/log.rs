//! Where the logs of `defmt` go: to standard error of the host, in frames that `defmt-print` reads.
//! It never formats; that is done on the host with the names in the ELF file.

use core::cell::UnsafeCell;

use defmt::Encoder;

use crate::{Console, MODE_APPEND};

#[defmt::global_logger]
struct Logger;

struct Place(UnsafeCell<Inner>);

struct Inner {
    encoder: Encoder,
    console: Option<Console>,
    taken: bool,
}

// SAFETY: one processor, and no interrupt handler logs, so nobody else is in here meanwhile.
unsafe impl Sync for Place {}

static PLACE: Place =
    Place(UnsafeCell::new(Inner { encoder: Encoder::new(), console: None, taken: false }));

fn with(action: impl FnOnce(&mut Encoder, &mut dyn FnMut(&[u8]))) {
    // SAFETY: as for `Sync`; what is called below does not log.
    let inner = unsafe { &mut *PLACE.0.get() };
    let console = inner.console.get_or_insert_with(|| Console::open_as(MODE_APPEND));
    action(&mut inner.encoder, &mut |bytes| console.write(bytes));
}

// SAFETY: `acquire` is followed by writes and a `release` of the same record, since nothing
// interrupts them; a record inside a record is refused.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        // SAFETY: as in `with`.
        let inner = unsafe { &mut *PLACE.0.get() };
        if core::mem::replace(&mut inner.taken, true) {
            crate::exit(false);
        }
        with(|encoder, write| encoder.start_frame(write));
    }

    unsafe fn flush() {}

    unsafe fn release() {
        with(|encoder, write| encoder.end_frame(write));
        // SAFETY: as in `with`.
        let inner = unsafe { &mut *PLACE.0.get() };
        inner.taken = false;
    }

    unsafe fn write(bytes: &[u8]) {
        with(|encoder, write| encoder.write(bytes, write));
    }
}
