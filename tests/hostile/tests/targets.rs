//! Every property over its corpus, and over what chance makes of it: the same each time.

use octavo_tests_hostile::{BYTES_MAX, Chance, TARGETS, mutate};
use std::fs;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Changed inputs a property, unless this variable says otherwise.
const RUNS: &str = "OCTAVO_TEST_FUZZ_RUNS";
const RUNS_USUAL: usize = 250;
/// Bytes of an input that is made here. Those of a corpus may be longer.
const MADE_BYTES_MAX: usize = 8 * 1024;
/// What one input may take, on a machine that does other things too, by a program that was not optimised.
const ONE_WITHIN: Duration = Duration::from_secs(30);
/// Where the changes begin, unless this variable says otherwise.
const SEED: &str = "OCTAVO_TEST_SEED";
const SEED_USUAL: u64 = 0x0c7a_7000;
/// Bytes of all corpora: they are read by everybody who clones.
const CORPORA_BYTES_MAX: usize = 200 * 1024;

#[test]
fn every_property_holds_for_its_corpus_and_for_what_chance_makes_of_it() {
    let runs = asked(RUNS).unwrap_or(RUNS_USUAL);
    let first = asked(SEED).unwrap_or(SEED_USUAL);
    // What our code catches is not shown: a page of a PDF is lost that way, and says nothing of the property.
    let said = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&said);
    panic::set_hook(Box::new(move |panic| *heard.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string()));
    let mut failed = Vec::new();
    for target in &TARGETS {
        let began = Instant::now();
        let seeds = corpus(target.name);
        assert!(
            seeds.len() >= 2,
            "{} has {} inputs in its corpus; it needs a good and a bad one",
            target.name,
            seeds.len()
        );
        let run = (target.ready)();
        let mut chance = Chance::new(first);
        let mut hold = |what: &str, input: &[u8]| {
            let began = Instant::now();
            let held = catch_unwind(AssertUnwindSafe(|| run(input))).is_ok();
            let took = began.elapsed();
            if !held || took > ONE_WITHIN {
                let shown = input.escape_ascii().to_string();
                let said =
                    if held { "too slow".to_owned() } else { said.lock().map(|said| said.clone()).unwrap_or_default() };
                let length = input.len();
                failed.push(format!("{} after {took:?}, {what}, {length} bytes: {shown:.2000}\n  {said}", target.name));
            }
        };
        for (name, seed) in &seeds {
            hold(name, seed);
        }
        for number in 0..runs {
            let (name, seed) = &seeds[chance.below(seeds.len())];
            let (_, other) = &seeds[chance.below(seeds.len())];
            let input = mutate(seed, other, target.text, MADE_BYTES_MAX, &mut chance);
            hold(&format!("change {number} of {name}"), &input);
        }
        println!("{}: {} inputs and {runs} changes in {:?}", target.name, seeds.len(), began.elapsed());
    }
    drop(panic::take_hook());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn corpora_are_small_and_each_belongs_to_a_property() {
    let mut total = 0;
    for folder in fs::read_dir(corpora()).expect("the corpora are there") {
        let name = folder.expect("an entry").file_name().into_string().expect("a name");
        assert!(octavo_tests_hostile::target(&name).is_some(), "no property is called {name}");
        for (file, bytes) in corpus(&name) {
            assert!(bytes.len() <= BYTES_MAX, "{name}/{file} has {} bytes", bytes.len());
            total += bytes.len();
        }
    }
    assert!(total <= CORPORA_BYTES_MAX, "all corpora have {total} bytes; at most {CORPORA_BYTES_MAX}");
}

#[test]
fn libfuzzer_has_every_property() {
    let fuzz = corpora().parent().expect("beside the targets").to_owned();
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).expect("the manifest");
    for target in &TARGETS {
        let name = target.name;
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in tests/fuzz/Cargo.toml");
        let source = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).expect("its program");
        assert!(source.contains(&format!("\"{name}\"")), "fuzz_targets/{name}.rs runs something else");
    }
}

fn asked<T: FromStr>(variable: &str) -> Option<T> {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings")]
    let value = std::env::var(variable).ok();
    value.and_then(|value| value.parse().ok())
}

fn corpora() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus"))
}

/// In the order of their names.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = corpora().join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut all: Vec<_> = files
        .map(|file| {
            let path = file.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect();
    all.sort();
    all
}
