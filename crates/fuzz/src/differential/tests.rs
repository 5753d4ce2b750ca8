//! The comparison without a fuzzer, over mutants that are the same everywhere.

use std::collections::BTreeMap;

use super::*;

/// How many mutants, always the same.
const COUNT: u64 = 20_000;

/// SplitMix64 (Steele, Lea, Flood 2014), so that a number makes the same mutant everywhere.
fn bytes(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0xD134_2543_DE82_EF95);
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let length = usize::try_from(4 + next() % 10).unwrap();
    std::iter::repeat_with(next).flat_map(u64::to_be_bytes).take(length).collect()
}

#[test]
fn the_seeds_are_accepted_and_their_flipped_signatures_are_not() {
    let seeds = Seeds::new().unwrap();
    for (number, seed) in seeds.all.iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        let mut mutant = Mutant::new(&seeds, &[0, number, 0x4F]).unwrap();
        let critical = seed.real || number % 2 == 1;
        let expected = if critical {
            Ending::Explained(Class::AcceptedCriticalExtension)
        } else {
            Ending::Accepted
        };
        assert_eq!(compare(&seeds, &mutant), Ok(expected), "seed {number}");
        *mutant.der.last_mut().unwrap() ^= 1;
        assert_eq!(compare(&seeds, &mutant), Ok(Ending::Refused), "seed {number}");
        if seed.real {
            continue;
        }
        let mut mutant = Mutant::new(&seeds, &[0, number, 0x43]).unwrap();
        assert_eq!(mutant.intermediates.len(), 1);
        assert_eq!(compare(&seeds, &mutant), Ok(expected), "seed {number} below an authority");
        *mutant.intermediates[0].last_mut().unwrap() ^= 1;
        assert_eq!(compare(&seeds, &mutant), Ok(Ending::Refused), "seed {number}");
    }
}

/// No disagreement without an explanation, over mutants that are the same everywhere.
#[test]
fn no_disagreement_is_unexplained() {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let endings: Vec<_> = std::thread::scope(|scope| {
        let worker = |first: usize| {
            scope.spawn(move || {
                let seeds = Seeds::new().unwrap();
                let numbers = (0..COUNT).skip(first).step_by(workers);
                let mutants = numbers.filter_map(|it| Mutant::new(&seeds, &bytes(it)));
                mutants.map(|mutant| compare(&seeds, &mutant)).collect::<Vec<_>>()
            })
        };
        let workers: Vec<_> = (0..workers).map(worker).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let (endings, faults): (Vec<_>, Vec<_>) = endings.into_iter().partition(Result::is_ok);
    let faults: Vec<_> = faults.into_iter().filter_map(Result::err).collect();
    assert!(
        faults.is_empty(),
        "{} unexplained disagreements: {:#?}",
        faults.len(),
        faults.iter().take(5).collect::<Vec<_>>()
    );
    let endings: Vec<_> = endings.into_iter().flatten().collect();
    let count = |which: Ending| endings.iter().filter(|it| **it == which).count();
    let (accepted, refused) = (count(Ending::Accepted), count(Ending::Refused));
    let mut classes = BTreeMap::new();
    for ending in &endings {
        if let Ending::Explained(class) = ending {
            *classes.entry(class).or_insert(0) += 1;
        }
    }
    println!(
        "differential: {} cases, {accepted} accepted and {refused} refused by all, {} explained:",
        endings.len(),
        classes.values().sum::<usize>()
    );
    for (class, count) in &classes {
        println!("    {count:>6} {class:?}");
    }
    // Enough of each, or nothing was compared.
    assert!(endings.len() > 19_000 && accepted > 500 && refused > 2_000, "{accepted} {refused}");
    assert!(classes.len() >= 6, "{classes:?}");
}
