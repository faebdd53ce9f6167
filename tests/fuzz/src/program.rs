//! The one body of all programs.

use octavo_tests_hostile::{BYTES_MAX, Run, target};
use std::cell::OnceCell;
use std::panic;

thread_local! {
    static READY: OnceCell<Run> = const { OnceCell::new() };
}

/// Once, before the first input. A panic that our code catches is no finding (a PDF's page is lost that way): libFuzzer's
/// own hook, which ends the process at any panic, is put aside. One that comes out of the property still ends it.
pub fn begin() {
    panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}

/// Holds the property called `name` against `data`.
pub fn run(name: &str, data: &[u8]) {
    if data.len() > BYTES_MAX {
        return;
    }
    READY.with(|ready| {
        let run = ready.get_or_init(|| (target(name).expect("programs are called as properties are").ready)());
        run(data);
    });
}
