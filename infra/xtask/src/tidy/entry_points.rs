//! Files that hold no logic: a function's `main.rs` wires, `lib.rs` and `mod.rs` document and re-export.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Finding;
use super::tree::Tree;

/// Settings, adapters, `lambda_runtime`: what is longer decides something.
const LAMBDA_MAIN_LINES_MAX: usize = 60;

/// An item with a body, at the left margin.
static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^(?:pub(?:\([a-z:]+\))? )?(?:async |const |unsafe )*(?:fn|struct|enum|trait|impl)\b")
        .expect("a literal")
});

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        if file.path.ends_with("/lambda/src/main.rs") {
            let lines = file.text.lines().count();
            if lines > LAMBDA_MAIN_LINES_MAX {
                let message = format!(
                    "{lines} lines, {LAMBDA_MAIN_LINES_MAX} are the most: it wires settings, adapters and the runtime; \
                     the rest belongs to the function or to wiring/lambda-kit"
                );
                findings.push(Finding::new(&file.path, lines, message));
            }
        }
        // The whole of a component is its lib.rs.
        let is_index = matches!(file.name(), "lib.rs" | "mod.rs") && !file.path.contains("/spin/");
        let text = file.without_tests();
        if is_index && let Some(item) = ITEM.find(text) {
            let message = format!("{} documents and re-exports: move this item to a file of its own", file.name());
            findings.push(Finding::new(&file.path, file.line_of(item.start()), message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logic_in_an_index_is_found() {
        let tree = Tree::of(&[
            ("shared/a/src/lib.rs", "//! Docs.\n\nmod x;\npub(crate) async fn f() {}\n"),
            ("shared/b/src/x/mod.rs", "mod y;\n\nimpl X {}\n"),
            (
                "shared/c/src/lib.rs",
                "//! Docs: fn is a word.\nmod x;\npub use x::f;\n#[cfg(test)]\nmod tests {\nfn f() {}\n}\n",
            ),
            ("functions/a/spin/src/lib.rs", "fn handle() {}\n"),
        ]);
        let places: Vec<_> = check(&tree).into_iter().map(|finding| (finding.path, finding.line)).collect();
        assert_eq!(places, [("shared/a/src/lib.rs".to_owned(), 4), ("shared/b/src/x/mod.rs".to_owned(), 3)]);
    }

    #[test]
    fn a_long_main_is_found() {
        let long = "x\n".repeat(LAMBDA_MAIN_LINES_MAX + 1);
        let tree = Tree::of(&[("functions/a/lambda/src/main.rs", &long), ("realtime-node/src/main.rs", &long)]);
        assert_eq!(check(&tree).len(), 1);
    }
}
