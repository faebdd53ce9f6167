//! Which peers there are.

use crate::install::python;
use crate::notify::letters::MAILS;
use crate::notify::sink::Sink;
use anyhow::Context;
use clap::ValueEnum;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const JINJA: &str = "Jinja2==3.1.6";
/// Processes of it on two cores.
const PROCESSES: &str = "2";
const WITHIN: Duration = Duration::from_secs(300);
/// Whom our mail is rendered for, and what a template says instead.
const NAME: (&str, &str) = ("Ada 0 Lovelace", "{{ name }}");

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// A peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// smtplib of Python's own library, with Jinja2 for the words
    Smtplib,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Smtplib => "Python: smtplib and Jinja2 3.1.6, two processes with a connection each, nothing stored",
        }
    }

    /// Installs it where it is not there, and has it render and send as many as a load has: mails a second.
    pub(in crate::notify) async fn measure(self, folder: &Path, sink: &Sink, letter: &Letter) -> anyhow::Result<f64> {
        std::fs::create_dir_all(folder)?;
        let program = python(folder, "smtplib", &[JINJA]).await?;
        let home = folder.join("smtplib");
        let file = |name: &str, text: &str| std::fs::write(home.join(name), text);
        file("smtplib_jinja.py", include_str!("smtplib_jinja.py"))?;
        file("mail.txt", &letter.text.replace(NAME.0, NAME.1))?;
        file("mail.html", &letter.html.replace(NAME.0, NAME.1))?;
        let mut command = Command::new(program);
        command.current_dir(&home).arg("smtplib_jinja.py").args(["mail.txt", "mail.html", &letter.subject]);
        command.args([sink.address().port().to_string(), MAILS.to_string(), PROCESSES.to_owned()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let output = tokio::time::timeout(WITHIN, command.output()).await.context("it takes too long")??;
        anyhow::ensure!(output.status.success(), "it ended with {}", output.status);
        let said: Value = serde_json::from_slice(&output.stdout)?;
        sink.wait(MAILS, Duration::ZERO).await?;
        Ok(MAILS as f64 / said["seconds"].as_f64().context("it says how long it took")?)
    }
}
