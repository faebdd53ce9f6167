//! The scripts of `clients/`: lists of named checks, which say a line for each and end with an error if one failed.

use octavo_testing::engines;
use serde_json::Value;
use std::future::Future;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

const PYTHON: &str = "OCTAVO_TEST_PYTHON";
const NODE_CLIENTS: &str = "OCTAVO_TEST_NODE_CLIENTS";

/// A script that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(600);
/// Before a line that asks the test for something.
const ASKS: &str = "@ ";

/// How a script ended.
pub struct Said {
    /// What it was.
    pub name: String,
    /// Whether all checks passed.
    pub succeeded: bool,
    /// What it said.
    pub text: String,
}

/// Where the SDKs of npm are that `what` needs; none says that it is skipped.
pub fn node_clients(what: &str) -> Option<String> {
    engines::real(what, NODE_CLIENTS)
}

/// The Python that has the SDKs of PyPI that `what` needs; none says that it is skipped.
pub fn python(what: &str) -> Option<String> {
    engines::real(what, PYTHON)
}

/// Runs a script; `place` is where its SDKs are, `settings` what it is told.
pub async fn run(name: &str, place: &str, settings: &Value) -> Said {
    run_some(name, place, settings, "").await
}

/// The same of the checks that have `part` in their names.
pub async fn run_some(name: &str, place: &str, settings: &Value, part: &str) -> Said {
    run_with(name, place, settings, part, async |command| panic!("nobody can be asked: {command:?}")).await
}

/// The same for a script that asks for something: `answer` is given the words, and what it returns is answered.
pub async fn run_with(
    name: &str,
    place: &str,
    settings: &Value,
    part: &str,
    answer: impl AsyncFnMut(&[&str]) -> Value,
) -> Said {
    let script = format!("{CLIENTS}/{name}");
    let mut command = match name.ends_with(".mjs") {
        true => {
            let mut command = Command::new("node");
            command.args([&script, &settings.to_string(), place, part]);
            command
        }
        false => {
            let mut command = Command::new(place);
            // -B: nothing is written beside the scripts.
            command.args(["-B", &script, &settings.to_string(), part]);
            command
        }
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
    let mut complaints = child.stderr.take().expect("piped");
    let complaints = tokio::spawn(async move {
        let mut text = String::new();
        // What is no text is of no use here.
        let _ = complaints.read_to_string(&mut text).await;
        text
    });
    let mut text = String::new();
    let talk = timeout(WITHIN, talk(&mut child, &mut text, answer)).await;
    if talk.is_err() {
        let _ = child.kill().await;
    }
    let status = child.wait().await.expect("its end can be waited for");
    text.push_str(&complaints.await.unwrap_or_default());
    if talk.is_err() {
        text.push_str(&format!("{name} does not end within {WITHIN:?}"));
    }
    Said { name: name.to_owned(), succeeded: talk.is_ok() && status.success(), text }
}

/// Reads what a script says until it says no more, and answers what it asks.
async fn talk(child: &mut tokio::process::Child, text: &mut String, mut answer: impl AsyncFnMut(&[&str]) -> Value) {
    let mut stdin = child.stdin.take().expect("piped");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        text.push_str(&line);
        text.push('\n');
        let Some(asked) = line.strip_prefix(ASKS) else { continue };
        let words: Vec<&str> = serde_json::from_str(asked).unwrap_or_else(|error| panic!("{line}: {error}"));
        let answered = format!("{}\n", answer(&words).await);
        // One that ended meanwhile is judged by its end.
        let _ = stdin.write_all(answered.as_bytes()).await;
    }
}

/// Shows each script's last line, and fails with all that those said which failed.
#[track_caller]
pub fn judge(all: &[Said], logs: impl FnOnce() -> String) {
    for said in all {
        println!("{}: {}", said.name, said.text.lines().rfind(|line| line.ends_with("passed")).unwrap_or_default());
    }
    let failed: Vec<String> =
        all.iter().filter(|said| !said.succeeded).map(|said| format!("{}:\n{}", said.name, said.text)).collect();
    assert!(failed.is_empty(), "{}\n{}", failed.join("\n\n"), logs());
}

/// Two at a time, in order: a machine with two cores does no more.
pub async fn two_at_a_time<F: Future<Output = Said>>(scripts: Vec<F>) -> Vec<Said> {
    use futures::StreamExt;
    futures::stream::iter(scripts).buffered(2).collect().await
}
