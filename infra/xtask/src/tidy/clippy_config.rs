//! The nearest `clippy.toml` replaces the others, so a second one would lift the bans of the first.

use super::finding::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let named = |name: &str| matches!(name, "clippy.toml" | ".clippy.toml");
    if !tree.files.iter().any(|file| file.path == "clippy.toml") {
        findings.push(Finding::new("clippy.toml", 1, "is missing: it bans hidden time, chance and environment"));
    }
    for file in tree.files.iter().filter(|file| named(file.name()) && file.path != "clippy.toml") {
        let message = "a second clippy.toml replaces the one at the root for this folder: move what it says there";
        findings.push(Finding::new(&file.path, 1, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_is_wanted() {
        assert_eq!(check(&Tree::of(&[("clippy.toml", "")])), []);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
        assert_eq!(check(&Tree::of(&[("clippy.toml", ""), ("tests/.clippy.toml", "")])).len(), 1);
    }
}
