//! All checks over the real workspace.

use std::path::Path;

use super::finding::Finding;
use super::graph::Graph;
use super::tree::Tree;
use super::{
    arrows, attributes, clippy_config, crate_names, entry_points, error_codes, file_length, file_names, machine,
    manifests, markers, top_level,
};

const TREE_CHECKS: &[fn(&Tree) -> Vec<Finding>] = &[
    attributes::check,
    clippy_config::check,
    entry_points::check,
    error_codes::check,
    file_length::check,
    file_names::check,
    machine::check,
    manifests::check,
    markers::check,
    top_level::check,
];

const GRAPH_CHECKS: &[fn(&Graph) -> Vec<Finding>] = &[arrows::check, crate_names::check];

/// Every finding in the workspace at `root`, by path and line.
///
/// # Errors
///
/// Where the workspace cannot be read or cargo does not understand its manifests.
pub(crate) fn run(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let tree = Tree::read(root)?;
    let graph = Graph::read(root)?;
    let of_files = TREE_CHECKS.iter().flat_map(|check| check(&tree));
    let of_crates = GRAPH_CHECKS.iter().flat_map(|check| check(&graph));
    let mut findings: Vec<Finding> = of_files.chain(of_crates).collect();
    findings.sort();
    findings.dedup();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let findings = run(&crate::workspace()).expect("the workspace can be read");
        let listed: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(listed.is_empty(), "{} finding(s) of `cargo xtask tidy`:\n{}", listed.len(), listed.join("\n"));
    }

    #[test]
    fn the_tree_holds_the_sources_and_not_what_is_ignored() {
        let tree = Tree::read(&crate::workspace()).expect("the workspace can be read");
        let has = |path: &str| tree.files.iter().any(|file| file.path == path);
        assert!(has("Cargo.toml") && has("infra/xtask/src/main.rs") && has(".ci/run"));
        assert!(!tree.files.iter().any(|file| file.path.starts_with("target/") || file.path.starts_with(".git/")));
    }
}
