//! Cargo, asked by a program that cargo runs.

use std::process::Command;

/// What cargo tells this program, and build scripts ask for (`ring`'s does): where it was left standing, they and all that is
/// made of them would be built anew, and once more when cargo is asked from a shell again.
const TOLD: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// `cargo`, as from a shell.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    for name in TOLD {
        command.env_remove(name);
    }
    command
}
