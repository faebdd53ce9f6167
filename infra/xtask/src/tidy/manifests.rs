//! Versions and features are said once, in the root manifest.

use toml::{Table, Value};

use super::finding::Finding;
use super::tree::{File, Tree};

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];
const SECTIONS: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let members = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    members.flat_map(manifest).collect()
}

fn manifest(file: &File) -> Vec<Finding> {
    let table: Table = match file.text.parse() {
        Ok(table) => table,
        Err(error) => return vec![Finding::new(&file.path, 1, format!("no TOML: {error}"))],
    };
    let mut findings = Vec::new();
    if let Some(package) = table.get("package").and_then(Value::as_table) {
        for key in INHERITED.iter().filter(|key| !package.get(**key).is_some_and(inherits)) {
            findings.push(Finding::new(&file.path, line(file, key), format!("`{key}.workspace = true` is wanted")));
        }
    }
    if !table.get("lints").is_some_and(inherits) {
        findings.push(Finding::new(&file.path, 1, "`[lints] workspace = true` is wanted"));
    }
    let targets = table.get("target").and_then(Value::as_table);
    let tables = targets.into_iter().flat_map(|targets| targets.values()).filter_map(Value::as_table);
    for table in std::iter::once(&table).chain(tables) {
        for section in SECTIONS.iter().filter_map(|section| table.get(*section).and_then(Value::as_table)) {
            for (name, _) in section.iter().filter(|(_, value)| !inherits(value)) {
                let message = format!("`{name}.workspace = true` is wanted; its version stands in the root manifest");
                findings.push(Finding::new(&file.path, line(file, name), message));
            }
        }
    }
    findings
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// The line of a key; the first one where the key is missing.
fn line(file: &File, key: &str) -> usize {
    let found = file.text.lines().position(|line| {
        let rest = line.trim_start().strip_prefix(key).or_else(|| line.split_once(&format!(".{key}]")).map(|_| ""));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '=', '.']))
    });
    found.unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[package]\nname = \"x\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n";

    fn lines(text: &str) -> Vec<usize> {
        check(&Tree::of(&[("x/Cargo.toml", text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn inherited_versions_pass() {
        assert!(
            lines(&format!("{HEAD}[dependencies]\na.workspace = true\nb = {{ workspace = true, optional = true }}\n"))
                .is_empty()
        );
    }

    #[test]
    fn versions_of_a_member_are_found() {
        let text = format!(
            "{HEAD}[dependencies]\na = \"1\"\n[target.'cfg(unix)'.dev-dependencies]\nb = {{ path = \"../b\" }}\n"
        );
        assert_eq!(lines(&text), [10, 12]);
        assert_eq!(lines(&HEAD.replace("edition.workspace = true", "edition = \"2021\"")), [4]);
        assert_eq!(lines(&HEAD.replace("[lints]\nworkspace = true\n", "")), [1]);
    }
}
