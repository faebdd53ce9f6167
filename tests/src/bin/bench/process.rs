//! Processes that are measured: started, waited for, ended.

use anyhow::Context;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// A process must be ready after this.
const START_MAX: Duration = Duration::from_secs(120);
/// And gone so long after it was told to end.
const END_MAX: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A process, ended when it is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts it; its output goes nowhere.
    pub(crate) fn quiet(command: &mut Command) -> anyhow::Result<Self> {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { child: command.kill_on_drop(true).spawn().with_context(|| format!("{command:?}"))? })
    }

    /// Starts it and waits for the first line of its output that `is` right.
    pub(crate) async fn until(command: &mut Command, is: impl Fn(&str) -> bool) -> anyhow::Result<(Self, String)> {
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let mut lines = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
        let found = async {
            while let Some(line) = lines.next_line().await? {
                if is(&line) {
                    return anyhow::Ok(line);
                }
            }
            anyhow::bail!("it ended before it was ready");
        };
        let line = tokio::time::timeout(START_MAX, found).await.context("it is not ready in time")??;
        // A pipe that nobody reads would stop it one day.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((Self { child }, line))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Waits until something listens at `address`; fails where the process ends before.
    pub(crate) async fn listens(&mut self, address: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("it ended at once: {status}");
            }
            anyhow::ensure!(began.elapsed() < START_MAX, "nothing listens at {address}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Asks it to end, and waits.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
        }
        if tokio::time::timeout(END_MAX, self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// A port that nobody listens on.
pub(crate) async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}
