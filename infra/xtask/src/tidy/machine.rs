//! What belongs to one machine, or to the network that it stands in, is not in the repository.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Finding;
use super::tree::Tree;

/// In pieces, for this file is checked too. A word before the first slash makes it a part of another path.
static FOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(concat!(r"(?:^|[^A-Za-z0-9_.}-])(/(?:ro", r"ot|wo", r"rk)/)")).expect("a literal"));

/// A registry is named in the settings of cargo, pip and Maven, not here.
const REGISTRIES: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("repo.maven.apache", ".org"),
    concat!("repo1.maven", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Written by cargo, with the name of the index in every entry.
const GENERATED: &str = "Cargo.lock";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.name() != GENERATED) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(found) = FOLDER.captures(line) {
                let message = format!("`{}` is a folder of one machine: say it relative to the repository", &found[1]);
                findings.push(Finding::new(&file.path, index + 1, message));
            }
            for registry in REGISTRIES.iter().filter(|registry| line.contains(**registry)) {
                let message = format!("`{registry}` is a registry's host: use the client's own settings");
                findings.push(Finding::new(&file.path, index + 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_registries_are_found() {
        let text = concat!("see /ro", "ot/x\nGET /v1/wo", "rk/x\n\"/wo", "rk/main\"\nhttps://static.crates", ".io/x\n");
        let findings = check(&Tree::of(&[("a.md", text), ("Cargo.lock", text)]));
        assert_eq!(findings.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 3, 4]);
    }
}
