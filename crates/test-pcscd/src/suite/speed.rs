//! What a command costs through pcscd and vpcd, with the machine idle and with all its processors at
//! work: libpcsclite, pcscd, vpcd and our card together.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pcsc::ShareMode;

use crate::client::{Client, QUERY, select};
use crate::{Bench, Check, Outcome, demonstration, ensure};

pub(crate) const CHECKS: &[Check] = &[
    ("1,000 commands on an idle machine", idle),
    ("1,000 commands with every processor loaded", loaded),
];

const COMMANDS: usize = 1_000;

/// A delayed acknowledgement would cost 44 ms a command.
const BUDGET: Duration = Duration::from_millis(2);

fn idle(bench: &Bench) -> Outcome {
    measure(bench)
}

fn loaded(bench: &Bench) -> Outcome {
    let stop = AtomicBool::new(false);
    let processors = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let outcome = measure(bench);
        stop.store(true, Ordering::Relaxed);
        outcome
    })
}

fn measure(bench: &Bench) -> Outcome {
    let _slot = bench.insert(demonstration()?)?;
    let client = Client::connect(0, ShareMode::Exclusive)?;
    client.transmit(&select())?;
    let mut buffer = [0; 258];
    let mut times = Vec::with_capacity(COMMANDS);
    for _ in 0..COMMANDS {
        let begin = Instant::now();
        let answer = client.card.transmit(QUERY, &mut buffer)?;
        times.push(begin.elapsed());
        ensure(answer == [0x63, 0xC3], "another answer")?;
    }
    times.sort_unstable();
    let at = |part: usize| times.get(part).copied().unwrap_or_default();
    let (median, most, worst) = (at(COMMANDS / 2), at(COMMANDS * 99 / 100), at(COMMANDS - 1));
    println!("    median {median:.1?}, 99 of 100 within {most:.1?}, slowest {worst:.1?}");
    ensure(median < BUDGET, &format!("the median is {median:?}, and may be {BUDGET:?}"))
}
