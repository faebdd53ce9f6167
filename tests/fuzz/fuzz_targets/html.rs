#![no_main]
//! See `octavo-tests-hostile`.

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: octavo_fuzz::begin(), |data: &[u8]| octavo_fuzz::run("html", data));
