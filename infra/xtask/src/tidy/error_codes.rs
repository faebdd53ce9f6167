//! A stable error code is defined once and has a page that tells a person what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::finding::Finding;
use super::tree::{File, Tree};

const PAGES: &str = "infra/errors/";
const HEADINGS: &[&str] = &["## What happened", "## What to do"];

/// `Code::new("SEARCH_0003", "Title")`: of the kernel's `Code`, or of an engine's own, which knows no kernel.
static DEFINITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"Code::new\(\s*"([A-Z]+_[0-9]{4})",\s*"([^"]*)""#).expect("a literal"));
/// A code with its title and no `Code::new` before it.
static LOOSE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(Code::new\(\s*)?"([A-Z]+_[0-9]{4})",\s*"[A-Z][^"]* "#).expect("a literal"));
static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""([A-Z]+_[0-9]{4})""#).expect("a literal"));

struct Definition<'a> {
    file: &'a File,
    line: usize,
    title: &'a str,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut defined: BTreeMap<&str, Definition<'_>> = BTreeMap::new();
    for file in tree.rust() {
        for found in DEFINITION.captures_iter(file.without_tests()) {
            let code = found.get(1).expect("the group is not optional");
            let title = found.get(2).expect("the group is not optional").as_str();
            let line = file.line_of(code.start());
            if let Some(first) = defined.get(code.as_str()) {
                let message = format!(
                    "{} is defined in {}:{} already: take the next number",
                    code.as_str(),
                    first.file.path,
                    first.line
                );
                findings.push(Finding::new(&file.path, line, message));
            } else {
                defined.insert(code.as_str(), Definition { file, line, title });
            }
        }
    }
    findings.extend(loose(tree));
    findings.extend(undefined(tree, &defined));

    let pages: BTreeMap<&str, &File> = tree
        .files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix(PAGES)?.strip_suffix(".md")?, file)))
        .collect();
    for (code, definition) in &defined {
        match pages.get(code) {
            None => {
                let message = format!("{code} has no page: write {PAGES}{code}.md");
                findings.push(Finding::new(&definition.file.path, definition.line, message));
            }
            Some(page) => findings.extend(page_form(page, code, definition.title)),
        }
    }
    for (name, page) in &pages {
        if *name != "README" && !defined.contains_key(name) {
            findings.push(Finding::new(&page.path, 1, format!("no code {name} is defined: take the page out")));
        }
    }
    findings
}

/// Codes that are given their titles otherwise than by `Code::new`: the other checks would not see them.
fn loose(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for found in LOOSE.captures_iter(file.without_tests()).filter(|found| found.get(1).is_none()) {
            let code = found.get(2).expect("the group is not optional");
            let message = format!("{} is defined without `Code::new`: its page cannot be checked", code.as_str());
            findings.push(Finding::new(&file.path, file.line_of(code.start()), message));
        }
    }
    findings
}

/// Codes that are written out and that no `Code::new` knows. Only those of known families: `"UTF_0008"` is no code.
fn undefined(tree: &Tree, defined: &BTreeMap<&str, Definition<'_>>) -> Vec<Finding> {
    let families: BTreeSet<&str> = defined.keys().filter_map(|code| code.split('_').next()).collect();
    let mut findings = Vec::new();
    for file in tree.rust() {
        let text = file.without_tests();
        for found in LITERAL.captures_iter(text) {
            let code = found.get(1).expect("the group is not optional");
            let family = code.as_str().split('_').next().unwrap_or_default();
            if families.contains(family) && !defined.contains_key(code.as_str()) {
                let message = format!("{} is defined nowhere", code.as_str());
                findings.push(Finding::new(&file.path, file.line_of(code.start()), message));
            }
        }
    }
    findings
}

fn page_form(page: &File, code: &str, title: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let wanted = format!("# {code} {title}");
    if page.text.lines().next() != Some(wanted.as_str()) {
        findings.push(Finding::new(&page.path, 1, format!("the first line is `{wanted}`, as the code says it")));
    }
    for heading in HEADINGS {
        let mut below = page.text.lines().skip_while(|line| line != heading).skip(1);
        let said = below.find(|line| !line.trim().is_empty()).is_some_and(|line| !line.starts_with('#'));
        if !said {
            findings.push(Finding::new(&page.path, 1, format!("`{heading}` is missing or says nothing")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "const A: Code = Code::new(\"SEARCH_0001\", \"Gone\");\n";
    const PAGE: &str = "# SEARCH_0001 Gone\n\n## What happened\n\nIt went.\n\n## What to do\n\nWait.\n";

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_code_with_its_page_passes() {
        let source = format!("{SOURCE}#[cfg(test)]\nmod tests {{ const X: &str = \"SEARCH_0009\"; }}\n");
        assert_eq!(messages(&[("shared/a/src/fault.rs", &source), ("infra/errors/SEARCH_0001.md", PAGE)]), [""; 0]);
    }

    #[test]
    fn codes_and_pages_belong_together() {
        assert_eq!(messages(&[("a.rs", SOURCE)]).len(), 1, "no page");
        assert_eq!(messages(&[("infra/errors/SEARCH_0001.md", PAGE)]).len(), 1, "no code");
        assert_eq!(
            messages(&[("a.rs", SOURCE), ("b.rs", SOURCE), ("infra/errors/SEARCH_0001.md", PAGE)]).len(),
            1,
            "twice"
        );
        let used = "let x = \"SEARCH_0002\"; let y = \"UTF_0008\";";
        let found = messages(&[("a.rs", SOURCE), ("b.rs", used), ("infra/errors/SEARCH_0001.md", PAGE)]);
        assert_eq!(found, ["SEARCH_0002 is defined nowhere"]);
    }

    #[test]
    fn a_code_with_a_title_is_a_definition() {
        let found = messages(&[("a.rs", "let (code, title) = (\"GATEWAY_0001\",\n    \"It is gone\");\n")]);
        assert_eq!(found, ["GATEWAY_0001 is defined without `Code::new`: its page cannot be checked"]);
    }

    #[test]
    fn a_page_has_its_title_and_says_what_to_do() {
        let page = PAGE.replace("Gone", "Lost").replace("Wait.\n", "");
        assert_eq!(messages(&[("a.rs", SOURCE), ("infra/errors/SEARCH_0001.md", &page)]).len(), 2);
    }
}
