//! The fuzz target: see `Cargo.toml` for how it is run.
#![no_main]

mod entry;

libfuzzer_sys::fuzz_target!(|input: &[u8]| entry::run(input));
