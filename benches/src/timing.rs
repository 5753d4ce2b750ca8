//! Ways to one answer, timed beside each other in one run, so that the machine's speed is divided
//! out. Times are given and never judged; that each way gives the right answer is.

use crate::work::AnyError;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// One way to the same answer. Given the wrong input, it must refuse.
pub struct Way<'a, Input> {
    /// What it is called in the table.
    pub name: &'static str,
    /// Whether the input is accepted.
    pub accepts: Box<dyn Fn(&Input) -> bool + 'a>,
}

impl<Input> std::fmt::Debug for Way<'_, Input> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Way").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How long one way took.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Which way.
    pub name: &'static str,
    /// Median time of one verification.
    pub time: Duration,
    /// Median of the ratio to the first way's time, round by round.
    pub ratio: f64,
}

/// Times every way in every round, so that whatever slows the machine down slows all of them;
/// `batch` verifications are timed at once.
///
/// # Errors
/// When a way refuses the right input or accepts a wrong one.
pub fn time<Input>(
    ways: &[Way<'_, Input>],
    right: &Input,
    wrong: &[Input],
    rounds: usize,
    batch: u32,
) -> Result<Vec<Timing>, AnyError> {
    for way in ways {
        if !(way.accepts)(right) || wrong.iter().any(|wrong| (way.accepts)(wrong)) {
            return Err(format!("{} judges wrongly", way.name).into());
        }
    }
    let mut times = vec![Vec::with_capacity(rounds); ways.len()];
    for _ in 0..rounds {
        for (way, times) in ways.iter().zip(&mut times) {
            let begin = Instant::now();
            for _ in 0..batch {
                black_box((way.accepts)(black_box(right)));
            }
            times.push(begin.elapsed());
        }
    }
    let first = times.first().cloned().unwrap_or_default();
    let timings = ways.iter().zip(times).map(|(way, times)| {
        let ratios: Vec<f64> =
            times.iter().zip(&first).map(|(one, base)| one.div_duration_f64(*base)).collect();
        let seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
        let time = Duration::from_secs_f64(median(seconds) / f64::from(batch));
        Timing { name: way.name, time, ratio: median(ratios) }
    });
    Ok(timings.collect())
}

/// 0 for nothing.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_accepts_everything_is_found() {
        let way = Way { name: "careless", accepts: Box::new(|_| true) };
        assert!(time(&[way], &1, &[0], 1, 1).unwrap_err().to_string().contains("careless"));
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
    }
}
