//! Realtime nodes in processes of their own, so that one can be killed.

use crate::eventually;
use crate::world::built;
use local_emulator_lambda::{are_fresh, cargo};
use parking_lot::Mutex;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// Lines of a node that are kept, to be shown with a failure.
const LINES_KEPT: usize = 2_000;

/// A running node; killed when it is dropped.
pub struct NodeProcess {
    name: String,
    child: Child,
    url: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl NodeProcess {
    /// Starts a node with these variables and nothing else of this process's environment: on a free port, with the hub of
    /// the conformance tests, polling nothing. Answers when it listens; whether it is ready, it says itself.
    pub async fn start(name: &str, variables: &[(String, String)]) -> Self {
        let mut command = Command::new(binary().await);
        command
            .env_clear()
            .envs([
                ("OCTAVO_NODE_NAME", name),
                ("OCTAVO_NODE_LISTEN", "127.0.0.1:0"),
                ("OCTAVO_NODE_QUEUES", "none"),
                ("OCTAVO_NODE_SCHEDULES", "none"),
                ("OCTAVO_NODE_CONFORMANCE", "on"),
                ("OCTAVO_LOG", "info"),
                ("RUST_BACKTRACE", "1"),
            ])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the node's binary can be started");
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        keep(BufReader::new(stdout), &lines);
        keep(BufReader::new(stderr), &lines);
        let url = eventually("the node says where it listens", || {
            let ended = child.try_wait().expect("its state can be asked for");
            let found = lines.lock().iter().find_map(|line| address(line));
            let said = lines.lock().join("\n");
            async move {
                assert!(ended.is_none() || found.is_some(), "the node ended with {ended:?}:\n{said}");
                found.map(|address| format!("http://{address}"))
            }
        })
        .await;
        Self { name: name.to_owned(), child, url, lines }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it at once, as kill -9 does, and waits until it is gone.
    pub async fn kill(&mut self) {
        // One that ended before is as dead.
        let _ = self.child.kill().await;
    }

    /// Tells it to end, as an orchestrator does: it drains. Does not wait.
    pub fn terminate(&self) {
        let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) else { return };
        // One that ended in between needs not be told.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM);
    }

    /// Waits for its end; none if it does not come in time.
    pub async fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
        timeout(within, self.child.wait()).await.ok().map(|status| status.expect("its end can be waited for"))
    }

    /// What it said last.
    pub fn logs(&self) -> String {
        self.lines.lock().join("\n")
    }
}

/// Keeps the last lines of an output.
fn keep<R>(output: R, lines: &Arc<Mutex<Vec<String>>>)
where
    R: tokio::io::AsyncBufRead + Send + Unpin + 'static,
{
    let lines = lines.clone();
    tokio::spawn(async move {
        let mut output = output.lines();
        while let Ok(Some(line)) = output.next_line().await {
            let mut lines = lines.lock();
            if lines.len() >= LINES_KEPT {
                // The first line says where the node listens.
                lines.remove(1);
            }
            lines.push(line);
        }
    });
}

/// The address in the line by which a node says that it runs.
fn address(line: &str) -> Option<String> {
    let said: Value = serde_json::from_str(line).ok()?;
    let fields = if said["fields"].is_object() { &said["fields"] } else { &said };
    (fields["message"] == "the node runs").then(|| fields["address"].as_str().map(str::to_owned))?
}

/// The node's binary, in this program's profile. `cargo test` of the workspace has built it; otherwise cargo is asked, once
/// a process: it would build it a second time after the former, with other features of what is shared.
async fn binary() -> &'static PathBuf {
    static BUILT: OnceCell<PathBuf> = OnceCell::const_new();
    BUILT
        .get_or_init(|| async {
            if let Some(folder) = built() {
                return folder.join("realtime-node");
            }
            // target/PROFILE/deps/TEST
            let own = std::env::current_exe().expect("a program knows where it is");
            let binary = own.ancestors().nth(2).expect("a test lies below its profile's folder").join("realtime-node");
            if !are_fresh([binary.as_path()], &[]) {
                let mut command = Command::from(cargo());
                command.current_dir(env!("CARGO_MANIFEST_DIR"));
                command.args(["build", "--quiet", "--package", "realtime-node", "--bin", "realtime-node"]);
                if !cfg!(debug_assertions) {
                    command.arg("--release");
                }
                let built = command.status().await.expect("cargo can be run");
                assert!(built.success(), "the realtime node cannot be built");
            }
            binary
        })
        .await
}
