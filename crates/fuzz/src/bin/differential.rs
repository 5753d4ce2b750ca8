#![no_main]
//! Certificates changed by structure, and signed again: both tiers say the same, and another
//! library does too, or the reason is known.

use std::sync::LazyLock;

use kazasu_fuzz::differential::{Mutant, Seeds, compare};
use libfuzzer_sys::fuzz_target;

static SEEDS: LazyLock<Option<Seeds>> = LazyLock::new(Seeds::new);

fuzz_target!(|bytes: &[u8]| {
    let Some(seeds) = &*SEEDS else { panic!("the seeds are not readable") };
    if let Some(mutant) = Mutant::new(seeds, bytes) {
        let ending = compare(seeds, &mutant);
        assert!(ending.is_ok(), "{ending:?}");
    }
});
