//! The crates of the workspace and who depends on whom.

use std::path::Path;

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand};

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// Relative to the workspace: `functions/search/lambda`.
    pub(super) folder: String,
    pub(super) binaries: Vec<String>,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Debug, Clone)]
pub(super) struct Dependency {
    /// As the registry knows it, not as the manifest renames it.
    pub(super) name: String,
    /// Only tests, examples and benchmarks see it.
    pub(super) dev: bool,
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) members: Vec<Member>,
}

impl Graph {
    /// Asks cargo for the members only: needs neither the network nor a build.
    pub(super) fn read(root: &Path) -> anyhow::Result<Graph> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .context("cargo metadata of the workspace")?;
        let base = metadata.workspace_root.clone();
        let members = metadata.packages.into_iter().map(|package| {
            let folder = package.manifest_path.parent().and_then(|folder| folder.strip_prefix(&base).ok());
            let binaries = package.targets.iter().filter(|target| target.is_bin());
            let dependencies = package.dependencies.iter();
            Member {
                name: package.name.to_string(),
                folder: folder.map(|folder| folder.as_str().replace('\\', "/")).unwrap_or_default(),
                binaries: binaries.map(|target| target.name.clone()).collect(),
                dependencies: dependencies
                    .map(|found| Dependency {
                        name: found.name.clone(),
                        dev: found.kind == DependencyKind::Development,
                    })
                    .collect(),
            }
        });
        Ok(Graph { members: members.collect() })
    }

    pub(super) fn named(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Member {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// For the tests of the checks: `("functions/search", "octavo-search", &["octavo-domain-kernel", "dev:octavo-testing"])`.
#[cfg(test)]
pub(super) fn sample(members: &[(&str, &str, &[&str])]) -> Graph {
    let members = members.iter().map(|(folder, name, dependencies)| Member {
        name: (*name).to_owned(),
        folder: (*folder).to_owned(),
        binaries: Vec::new(),
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency {
                name: dependency.trim_start_matches("dev:").to_owned(),
                dev: dependency.starts_with("dev:"),
            })
            .collect(),
    });
    Graph { members: members.collect() }
}
