//! A source file is short enough to be read at once.

use super::finding::Finding;
use super::tree::Tree;

/// Lines, tests included. 150 to 300 is comfortable; at 400 look for the seam.
const LINES_MAX: usize = 600;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let long = tree.rust().filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > LINES_MAX).then(|| {
            let message = format!("{lines} lines, {LINES_MAX} are the most: split the file where two operations meet");
            Finding::new(&file.path, lines, message)
        })
    });
    long.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_found() {
        let (full, long) = ("x\n".repeat(LINES_MAX), "x\n".repeat(LINES_MAX + 1));
        let tree = Tree::of(&[("a.rs", &full), ("b.rs", &long), ("c.md", &long)]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("b.rs", LINES_MAX + 1));
    }
}
