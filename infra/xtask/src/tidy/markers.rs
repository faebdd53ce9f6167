//! Nothing unfinished is merged.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Finding;
use super::tree::Tree;

/// In pieces, for this file is checked too.
static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(r"\b(?:todo|unimplemented)!|\b(?:FIX", "ME|X", "XX|HA", r"CK)\b")).expect("a literal")
});

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for found in MARKER.find_iter(&file.text) {
            let message =
                format!("`{}`: finish it, or take it out and say in the issue what is missing", found.as_str());
            findings.push(Finding::new(&file.path, file.line_of(found.start()), message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_as_words() {
        let text = concat!("fn f() {\n    to", "do!()\n}\n// FIX", "ME: later\n// HA", "CKS and X", "XXL are words\n");
        let lines: Vec<_> = check(&Tree::of(&[("a.rs", text), ("a.md", text)])).iter().map(|f| f.line).collect();
        assert_eq!(lines, [2, 4]);
    }
}
