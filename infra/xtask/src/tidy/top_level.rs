//! The folders at the top are those of the design.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::tree::Tree;

const FOLDERS: &[&str] = &[".cargo", ".ci", "functions", "infra", "local-emulator", "realtime-node", "shared", "tests"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let found: BTreeSet<&str> =
        tree.files.iter().filter_map(|file| file.path.split_once('/')).map(|(folder, _)| folder).collect();
    found
        .into_iter()
        .filter(|folder| !FOLDERS.contains(folder))
        .map(|folder| Finding::new(folder, 1, format!("no folder of the design; they are {}", FOLDERS.join(", "))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_folder_is_found() {
        let tree = Tree::of(&[("README.md", ""), ("shared/x.rs", ""), ("scripts/a", ""), ("scripts/b", "")]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "scripts");
    }
}
