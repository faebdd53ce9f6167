//! The binary without its settings. (A test in this crate also makes `cargo test` build the binary, which scenarios run.)

use std::process::Command;

#[test]
fn a_missing_setting_is_named() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_workflow")).env_clear().output().expect("the function can be started");
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("OCTAVO_") && error.contains("Missing"), "{error}");
}
