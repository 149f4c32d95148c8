//! Runs the fuzz targets with their corpora and with random mutations of these, from a fixed seed.
//!
//! `make fuzz` searches for new inputs, guided by coverage.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use fastrand::Rng;

#[path = "../fuzz/src/lib.rs"]
mod targets;

use targets::TARGETS;

/// The number of mutated inputs of each target.
const MUTATED: usize = 1_000;
/// The maximum number of mutations of an input.
const MOST_CHANGES: usize = 4;

/// Strings that some parser treats in a special way.
const FRAGMENTS: [&str; 17] = [
    "null", "true", "[]", "{}", "\"\"", "0", "-1", "1e999", "\\u0000", "\\ud800", "\\\"",
    "\u{202e}", "ü", "arn:", "/", "\n%%\n", " 500\n",
];

fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.iter().map(|file| fs::read(file).expect("an input")).collect()
}

/// An input of the corpus with a few mutations, such as a piece of another input.
fn mutated(corpus: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = random.choice(corpus).expect("not empty").clone();
    for _ in 0..random.usize(1..=MOST_CHANGES) {
        let from = random.usize(..=input.len());
        let to = (from + random.usize(..=16)).min(input.len());
        let other = random.choice(corpus).expect("not empty");
        let cut = random.usize(..=other.len());
        let piece = &other[cut..(cut + random.usize(..=64)).min(other.len())];
        let new = match random.u8(..5) {
            0 => Vec::new(),
            1 => vec![random.u8(..)],
            2 => input[from..to].repeat(2),
            3 => piece.to_vec(),
            _ => random.choice(FRAGMENTS).expect("not empty").as_bytes().to_vec(),
        };
        input.splice(from..to, new);
    }
    input
}

fn run(name: &str) {
    let (_, check) = TARGETS.iter().find(|(target, _)| *target == name).expect("a target");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpus = corpus(&root.join("fuzz/corpus").join(name));
    if name == "envelope" {
        corpus.extend(self::corpus(&root.join("events")));
    }
    let mut random = Rng::with_seed(0);
    let mutated: Vec<_> = (0..MUTATED).map(|_| mutated(&corpus, &mut random)).collect();
    for input in corpus.iter().chain(&mutated) {
        let held = catch_unwind(|| check(input));
        assert!(held.is_ok(), "{name}: {}", String::from_utf8_lossy(input));
    }
}

macro_rules! tests {
    ($($target:ident)+) => {
        $(
            #[test]
            fn $target() {
                run(stringify!($target));
            }
        )+

        #[test]
        fn every_target_is_tested_and_fuzzed() {
            let targets: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(targets, [$(stringify!($target)),+]);
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            for name in targets {
                let entry_point = root.join("fuzz/fuzz_targets").join(name).with_extension("rs");
                assert!(entry_point.exists(), "{}", entry_point.display());
            }
        }
    };
}

tests! { envelope function names properties response response_url }
