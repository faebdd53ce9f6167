//! A file is named after what it does.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Finding;
use super::tree::Tree;

/// Names under which anything could stand.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"];

static MODULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*(?:pub(?:\([a-z]+\))? )?mod (\w+)").expect("a literal"));
static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"_v[0-9]+$").expect("a literal"));

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for part in file.path.trim_end_matches(".rs").split('/') {
            if let Some(message) = refusal(part) {
                findings.push(Finding::new(&file.path, 1, message));
            }
        }
        // A module in a file of its own was judged by the file's path.
        for found in MODULE.captures_iter(&file.text) {
            let name = found.get(1).expect("the group is not optional");
            let inline = file.text[name.end()..].trim_start().starts_with('{');
            if inline && let Some(message) = refusal(name.as_str()) {
                findings.push(Finding::new(&file.path, file.line_of(name.start()), message));
            }
        }
    }
    findings
}

fn refusal(name: &str) -> Option<String> {
    if EMPTY_NAMES.contains(&name) {
        Some(format!("`{name}` says nothing: name it after the operation or the thing"))
    } else if VERSION.is_match(name) {
        Some(format!("`{name}`: a new version replaces the old one, or has a name that says how it differs"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_are_found() {
        let tree = Tree::of(&[
            ("functions/a/src/utils.rs", ""),
            ("functions/a/src/helpers/x.rs", ""),
            ("functions/a/src/rotate_v2.rs", ""),
            ("functions/a/src/rotate.rs", "mod rules;\n\nmod common {}\n"),
            ("functions/a/src/commonplace.rs", ""),
        ]);
        let places: Vec<_> = check(&tree).into_iter().map(|f| (f.path, f.line)).collect();
        assert_eq!(places.len(), 4, "{places:?}");
        assert_eq!(places[3], ("functions/a/src/rotate.rs".to_owned(), 3));
    }
}
