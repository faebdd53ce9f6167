//! Attributes that switch a check off.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Finding;
use super::tree::Tree;

static IGNORE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^\s*#\[ignore\b").expect("a literal"));
static ALLOW: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?ms)^\s*#!?\[(allow|expect)\((.*?)\)\]").expect("a literal"));

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        // The match may begin with the line breaks before it.
        let line = |found: regex::Match<'_>| {
            let blank = found.as_str().len() - found.as_str().trim_start().len();
            file.line_of(found.start() + blank)
        };
        for found in IGNORE.find_iter(&file.text) {
            let message = "an ignored test tests nothing: make it run, or take it out";
            findings.push(Finding::new(&file.path, line(found), message));
        }
        for found in ALLOW.captures_iter(&file.text) {
            let (Some(whole), Some(arguments)) = (found.get(0), found.get(2)) else { continue };
            if !arguments.as_str().contains("reason") {
                let message = format!("`{}` without a reason: add `reason = \"...\"`, or obey the lint", &found[1]);
                findings.push(Finding::new(&file.path, line(whole), message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_exceptions_are_found() {
        let text = "\n\n#[allow(dead_code)]\nfn f() {}\n#[expect(\n    unsafe_code,\n    reason = \"a system call\"\n)]\nfn g() {}\n    #[ignore = \"slow\"]\n";
        let lines: Vec<_> = check(&Tree::of(&[("a.rs", text)])).iter().map(|f| f.line).collect();
        assert_eq!(lines, [10, 3]);
    }
}
