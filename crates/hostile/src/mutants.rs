//! Mutations of real certificates: every bit and byte changed, every length cut, every object taken
//! out, doubled and moved, and parts of real certificates put together anew ("Frankencerts": Brubaker
//! et al., IEEE S&P 2014). None of them was signed by anybody, so none may be accepted.
//!
//! A mutant depends on the seed and its number alone.

use kazasu_pki::{Anchors, Kind};

use crate::{
    case::Refusal,
    judge::Judge,
    random::Random,
    tree::{Body, Form, Node},
    world::{REAL_AUTH, REAL_SIGN, Scene, Worlds},
};

/// How many, unless somebody says another number.
pub(crate) const USUAL: usize = 120_000;
/// The seed, unless somebody says another.
pub(crate) const SEED: u64 = 0x4A50_4B49;

/// A certificate to mutate.
struct Base {
    octets: &'static [u8],
    tree: Node,
    paths: Vec<Vec<usize>>,
    kind: Kind,
}

/// Makes mutants by number.
pub(crate) struct Mutants {
    bases: Vec<Base>,
    /// Real certificates to take parts from: those of the holder and all roots.
    donors: Vec<Node>,
    seed: u64,
    template: Scene,
}

/// One of them.
pub(crate) struct Mutant {
    pub(crate) scene: Scene,
    pub(crate) what: &'static str,
}

impl Mutants {
    /// `None` when a committed certificate is no DER.
    pub(crate) fn new(worlds: &Worlds, seed: u64) -> Option<Self> {
        let base = |octets: &'static [u8], kind| {
            let tree = Node::parse(octets)?;
            let paths = tree.paths();
            Some(Base { octets, tree, paths, kind })
        };
        let bases = vec![base(REAL_AUTH, Kind::Auth)?, base(REAL_SIGN, Kind::Sign)?];
        let anchors = Anchors::production().with_test();
        let mut donors: Vec<_> = bases.iter().map(|base| base.tree.clone()).collect();
        donors.extend(anchors.iter().filter_map(|anchor| Node::parse(anchor.der())));
        Some(Self { bases, donors, seed, template: worlds.real_auth.scene() })
    }

    /// The mutant with this number: first those that are listed, then any.
    pub(crate) fn mutant(&self, number: usize) -> Mutant {
        let index = u64::try_from(number).unwrap_or(u64::MAX);
        let mut random = Random::new(self.seed, index);
        let (octets, kind, what) =
            self.listed(number, &mut random).unwrap_or_else(|| self.frankencert(&mut random));
        Mutant { scene: Scene { leaf: octets, kind, ..self.template.clone() }, what }
    }

    /// Whether a mutant is a real certificate after all.
    pub(crate) fn is_real(&self, scene: &Scene) -> bool {
        self.bases.iter().any(|base| base.octets == scene.leaf)
    }

    /// Every change of one place, one after the other.
    fn listed(
        &self,
        mut number: usize,
        random: &mut Random,
    ) -> Option<(Vec<u8>, Kind, &'static str)> {
        for base in &self.bases {
            let length = base.octets.len();
            let objects = base.paths.len();
            for (count, what, make) in [
                (length * 8, "a bit flipped", bit as Make),
                (length, "an octet inverted", invert),
                (length, "the end cut off", truncate),
                (length, "an octet taken out", take_out),
                (length, "an octet put in", put_in),
                (objects, "an object taken out", remove),
                (objects, "an object doubled", double),
                (objects, "an object emptied", empty),
                (objects, "two objects changed over", swap),
                (objects, "a length longer than it needs", long_length),
                (objects, "an indefinite length", indefinite),
            ] {
                if number < count {
                    return Some((make(base, number, random), base.kind, what));
                }
                number -= count;
            }
        }
        None
    }

    /// One to four parts of real certificates, or invented ones, in the place of others.
    fn frankencert(&self, random: &mut Random) -> (Vec<u8>, Kind, &'static str) {
        let first = random.below(self.bases.len());
        let Some(base) = self.bases.get(first) else { return (Vec::new(), Kind::Auth, "nothing") };
        let mut tree = base.tree.clone();
        for _ in 0..1 + random.below(4) {
            self.graft(&mut tree, base, random);
        }
        let kind = if random.below(8) == 0 { Kind::Sign } else { base.kind };
        (tree.encode(), kind, "parts put together anew")
    }

    fn graft(&self, tree: &mut Node, base: &Base, random: &mut Random) {
        let Some(path) = random.of(&base.paths).cloned() else { return };
        let Some(donor) = random.of(&self.donors) else { return };
        let choice = random.below(8);
        let part = match choice {
            // The same field of another certificate, or any part of one.
            0..=3 => donor.at(&path).cloned(),
            4 | 5 => random.of(&donor.paths()).and_then(|path| donor.at(path)).cloned(),
            _ => None,
        };
        let (last, parent) = path.split_last().map_or((0, &[][..]), |(last, rest)| (*last, rest));
        match (part, random.below(3)) {
            (Some(part), 0) => {
                if let Some(nodes) = tree.at_mut(parent).and_then(Node::nodes_mut) {
                    nodes.insert(last.min(nodes.len()), part);
                }
            }
            (Some(part), _) => {
                if let Some(node) = tree.at_mut(&path) {
                    *node = part;
                }
            }
            (None, 0) => {
                if let Some(node) = tree.at_mut(&path) {
                    node.tag = random.octet();
                }
            }
            (None, _) => {
                if let Some(Node { body: Body::Octets(octets), .. }) = tree.at_mut(&path) {
                    let place = random.below(octets.len());
                    let octet = random.octet();
                    octets.iter_mut().skip(place).take(1).for_each(|it| *it = octet);
                }
            }
        }
    }
}

type Make = fn(&Base, usize, &mut Random) -> Vec<u8>;

fn bit(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    change(base, number / 8, |octet| octet ^ (1 << (number % 8)))
}

fn invert(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    change(base, number, |octet| !octet)
}

fn change(base: &Base, place: usize, with: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut octets = base.octets.to_vec();
    octets.iter_mut().skip(place).take(1).for_each(|octet| *octet = with(*octet));
    octets
}

fn truncate(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    base.octets.iter().take(number).copied().collect()
}

fn take_out(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    let mut octets = base.octets.to_vec();
    octets.remove(number);
    octets
}

fn put_in(base: &Base, number: usize, random: &mut Random) -> Vec<u8> {
    let mut octets = base.octets.to_vec();
    octets.insert(number, random.octet());
    octets
}

/// Changes the list that an object stands in.
fn with_list(base: &Base, number: usize, change: impl FnOnce(&mut Vec<Node>, usize)) -> Vec<u8> {
    let mut tree = base.tree.clone();
    if let Some((last, parent)) = base.paths.get(number).and_then(|path| path.split_last())
        && let Some(nodes) = tree.at_mut(parent).and_then(Node::nodes_mut)
    {
        change(nodes, *last);
    }
    tree.encode()
}

fn remove(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    with_list(base, number, |nodes, index| {
        nodes.remove(index);
    })
}

fn double(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    with_list(base, number, |nodes, index| nodes.extend(nodes.get(index).cloned()))
}

fn empty(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    with_list(base, number, |nodes, index| {
        nodes.iter_mut().skip(index).take(1).for_each(|node| node.body = Body::Octets(vec![]));
    })
}

fn swap(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    with_list(base, number, |nodes, index| nodes.swap(0, index))
}

fn long_length(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    in_form(base, number, Form::LongLength)
}

fn indefinite(base: &Base, number: usize, _: &mut Random) -> Vec<u8> {
    in_form(base, number, Form::Indefinite)
}

fn in_form(base: &Base, number: usize, form: Form) -> Vec<u8> {
    let path = base.paths.get(number).map(Vec::as_slice).unwrap_or_default();
    let octets = base.tree.at(path).map(|node| node.in_form(form)).unwrap_or_default();
    base.tree.encode_with(path, &octets).map(|(whole, _)| whole).unwrap_or_default()
}

/// What became of them.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) tried: usize,
    /// Mutants that are the real certificate again.
    pub(crate) unchanged: usize,
    /// Mutants that came as far as the signature, and were refused there.
    pub(crate) to_the_signature: usize,
    /// Numbers of mutants that a judge accepted, or that the judges disagree about, and what it was.
    pub(crate) faults: Vec<(usize, String)>,
}

/// Judges the first `count` mutants.
pub(crate) fn judge_all(
    mutants: &Mutants,
    count: usize,
    judges: &[&(dyn Judge + Sync)],
) -> Outcome {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|first| {
                scope.spawn(move || part(mutants, (first..count).step_by(workers), judges))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_default()).collect()
    });
    let mut whole = Outcome::default();
    for outcome in outcomes {
        whole.tried += outcome.tried;
        whole.unchanged += outcome.unchanged;
        whole.to_the_signature += outcome.to_the_signature;
        whole.faults.extend(outcome.faults);
    }
    whole.faults.sort();
    whole
}

fn part(
    mutants: &Mutants,
    numbers: impl Iterator<Item = usize>,
    judges: &[&(dyn Judge + Sync)],
) -> Outcome {
    let mut outcome = Outcome::default();
    for number in numbers {
        outcome.tried += 1;
        let Mutant { scene, what } = mutants.mutant(number);
        if mutants.is_real(&scene) {
            outcome.unchanged += 1;
            continue;
        }
        let verdicts: Vec<_> = judges.iter().map(|judge| judge.judge(&scene)).collect();
        for (judge, verdict) in judges.iter().zip(&verdicts) {
            if verdict.is_ok() {
                outcome.faults.push((number, format!("{what}: ACCEPTED by {}", judge.name())));
            }
        }
        if verdicts.iter().zip(verdicts.iter().skip(1)).any(|(one, other)| one != other) {
            outcome.faults.push((number, format!("{what}: the judges disagree: {verdicts:?}")));
        }
        let signature = Err(Refusal::Certificate(kazasu_pki::Error::BadSignature));
        outcome.to_the_signature += usize::from(verdicts.first() == Some(&signature));
    }
    outcome
}
