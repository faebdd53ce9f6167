//! The command line as a person uses it: `up`, `import`, `token`, and what happens when it is killed.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const OCTAVO: &str = env!("CARGO_BIN_EXE_octavo");
const WITHIN: Duration = Duration::from_secs(180);

struct Up {
    child: Child,
    url: String,
}

impl Up {
    fn start(data: &Path) -> Self {
        let mut child = octavo(data)
            .args(["up", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the emulator can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let url = loop {
            let line = lines.next().expect("the emulator gets ready").expect("its output is text");
            if let Some((_, url)) = line.split_once("console").filter(|(before, _)| before.trim().is_empty()) {
                break url.trim().to_owned();
            }
        };
        // Read on, so that the emulator never waits for its reader.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, url }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// This process and everything that it started, directly or not.
    fn family(&self) -> BTreeSet<u32> {
        let mut family = BTreeSet::from([self.child.id()]);
        loop {
            let before = family.len();
            for (pid, parent) in processes() {
                if family.contains(&parent) {
                    family.insert(pid);
                }
            }
            if family.len() == before {
                return family;
            }
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn octavo(data: &Path) -> Command {
    let mut command = Command::new(OCTAVO);
    command.arg("--data").arg(data);
    command
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the command can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Every process with its parent.
fn processes() -> Vec<(u32, u32)> {
    let mut processes = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name, in parentheses, may hold anything: what counts follows the last one. A zombie is no process any more.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let mut fields = rest.split_whitespace();
        if let (Some(state), Some(Ok(parent))) = (fields.next(), fields.next().map(str::parse))
            && state != "Z"
        {
            processes.push((pid, parent));
        }
    }
    processes
}

fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {WITHIN:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn assert_gone(family: &BTreeSet<u32>) {
    eventually("the emulator's children have ended", || {
        processes().iter().all(|(pid, _)| !family.contains(pid)).then_some(())
    });
}

fn token(data: &Path) -> String {
    let output = run(octavo(data).args(["token", "--tenant", "acme", "--user", "ada"]));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn get(up: &Up, token: &str, path: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = reqwest::Client::new().get(format!("{}{path}", up.url)).bearer_auth(token).send().await;
        answer.expect("the gateway answers").json().await.expect("the answer is JSON")
    })
}

fn folder_of_documents(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("notes")).unwrap();
    for number in 0..count {
        let text = format!("# Note {number}\n\nAll of these speak of rhubarb.");
        std::fs::write(folder.path().join(format!("notes/{number:03}.md")), text).unwrap();
    }
    folder
}

/// Every title that a search finds, through all pages.
fn titles(up: &Up, token: &str, text: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut path = format!("/v1/search?q={text}&limit=100");
    loop {
        let page = get(up, token, &path);
        titles
            .extend(page["hits"].as_array().expect("hits").iter().map(|hit| hit["title"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/search?q={text}&limit=100&cursor={cursor}"),
            None => break,
        }
    }
    titles.sort();
    titles
}

#[test]
fn it_comes_up_imports_searches_and_leaves_nothing_running() {
    let data = tempfile::tempdir().unwrap();
    let mut up = Up::start(data.path());
    let folder = folder_of_documents(20);
    std::fs::write(folder.path().join("broken.pdf"), "no PDF at all").unwrap();
    std::fs::write(folder.path().join("picture.png"), "not for us").unwrap();

    let import = || {
        let output = run(octavo(data.path()).arg("import").arg(folder.path()));
        String::from_utf8(output.stdout).unwrap()
    };
    let first = import();
    assert!(
        first.contains("20 imported, 0 changed, 0 already there, 1 not readable, 1 files of other kinds"),
        "{first}"
    );
    assert!(first.contains("broken.pdf: "), "{first}");
    let token = token(data.path());
    let found = titles(&up, &token, "rhubarb");
    assert_eq!(found.len(), 20, "{found:?}");

    std::fs::write(folder.path().join("notes/000.md"), "# Note 0\n\nNow about gooseberries instead.").unwrap();
    let second = import();
    assert!(second.contains("0 imported, 1 changed, 19 already there, 1 not readable"), "{second}");
    eventually("the changed document is found by its new text", || {
        (titles(&up, &token, "gooseberries").len() == 1).then_some(())
    });

    let status = String::from_utf8(run(octavo(data.path()).arg("status")).stdout).unwrap();
    assert!(status.contains("postgres") && status.contains("index"), "{status}");

    let said = |arguments: &[&str]| {
        let output = run(octavo(data.path()).args(arguments));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(said(&["fault", "add", "elasticsearch", "away"]), "fault elasticsearch\n");
    assert_eq!(said(&["fault", "list"]).split_whitespace().collect::<Vec<_>>(), ["elasticsearch", "away"]);
    let line = |status: &str| status.lines().find(|line| line.starts_with("elasticsearch")).unwrap().to_owned();
    assert!(line(&said(&["status"])).contains("down"), "what functions meet is shown");
    assert_eq!(said(&["fault", "remove", "elasticsearch"]), "removed\n");
    assert!(line(&said(&["status"])).contains(" up "), "it is back at once");

    let family = up.family();
    assert!(family.len() > 3, "PostgreSQL and the functions are processes: {family:?}");
    up.signal("-INT");
    assert!(up.child.wait().unwrap().success());
    assert_gone(&family);
}

#[test]
fn killed_in_the_middle_of_an_import_it_loses_nothing_and_leaves_nothing() {
    let data = tempfile::tempdir().unwrap();
    let folder = folder_of_documents(120);
    let up = Up::start(data.path());
    let mut import = octavo(data.path()).arg("import").arg(folder.path()).stdout(Stdio::null()).spawn().unwrap();
    let secret = token(data.path());
    eventually("some documents were accepted", || {
        let listed = get(&up, &secret, "/v1/documents?limit=30");
        (listed["documents"].as_array().is_some_and(|items| items.len() == 30)).then_some(())
    });

    let family = up.family();
    up.signal("-KILL");
    assert_gone(&family);
    import.kill().unwrap();
    import.wait().unwrap();
    drop(up);

    let up = Up::start(data.path());
    run(octavo(data.path()).arg("import").arg(folder.path()));
    let expected: Vec<String> = {
        let mut titles: Vec<String> = (0..120).map(|number| format!("Note {number}")).collect();
        titles.sort();
        titles
    };
    eventually("every document is found, exactly once", || (titles(&up, &secret, "rhubarb") == expected).then_some(()));
}

#[test]
fn a_workflow_is_put_started_and_told_and_its_key_is_a_clients() {
    let data = tempfile::tempdir().unwrap();
    let _up = Up::start(data.path());
    let file = data.path().join("order.json");
    let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "B"}, "B": {"Type": "Choice",
        "Choices": [{"Variable": "$.fail", "IsPresent": true, "Next": "F"}], "Default": "C"},
        "C": {"Type": "Pass", "Result": {"ok": true}, "End": true}, "F": {"Type": "Fail", "Error": "Mine", "Cause": "because"}}}"#;
    std::fs::write(&file, definition).unwrap();
    let workflow = |arguments: &[&str]| {
        let output = octavo(data.path()).arg("workflow").args(arguments).output().expect("the command can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let put = ["put", file.to_str().unwrap(), "--name", "order"];
    let (_, machine, _) = workflow(&put);
    assert!(machine.ends_with(":stateMachine:order"), "{machine}");
    // The same again changes it, and may publish it.
    let (_, again, _) = workflow(&[&put[..], &["--publish"]].concat());
    assert_eq!(again, format!("{machine}\n{machine}:1"));

    let (good, output, _) = workflow(&["start", "order", "--input", "{\"n\": 1}", "--wait"]);
    assert!(good && output == "{\"ok\":true}", "{output}");
    let (good, _, error) = workflow(&["start", "order", "--input", "{\"fail\": 1}", "--name", "bad", "--wait"]);
    assert!(!good && error.ends_with("octavo: FAILED: Mine: because"), "{error}");

    let (_, failed, _) = workflow(&["list", "order", "--status", "failed", "--json"]);
    let failed: Value = serde_json::from_str(&failed).unwrap();
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["name"]), (1, &Value::from("bad")));
    let execution = failed[0]["executionArn"].as_str().unwrap();
    let (_, told, _) = workflow(&["describe", execution]);
    assert!(told.contains("failure        Mine: because") && told.contains("FAILED"), "{told}");
    let (_, told, _) = workflow(&["history", execution]);
    assert!(told.lines().any(|line| line.contains("FailStateEntered") && line.contains("{\"fail\":1}")), "{told}");
    let (_, listed, _) = workflow(&["list"]);
    assert!(listed.contains(&machine), "{listed}");

    let (good, _, error) = workflow(&["describe", execution, "--user", "eve", "--role", "reader"]);
    assert!(!good && error.contains("AccessDeniedException"), "{error}");
    let (good, _, error) = workflow(&["start", "nothing"]);
    assert!(!good && error.contains("no state machine nothing"), "{error}");
    let (_, key, _) = workflow(&["key"]);
    let secret = key.lines().find_map(|line| line.strip_prefix("export AWS_SECRET_ACCESS_KEY="));
    assert!(key.starts_with("export AWS_ACCESS_KEY_ID=AKIA") && secret.is_some_and(|secret| secret.len() == 40));
}

#[test]
fn two_emulators_do_not_share_a_folder() {
    let data = tempfile::tempdir().unwrap();
    let _up = Up::start(data.path());
    let second = octavo(data.path()).args(["up", "--port", "0"]).output().unwrap();
    assert!(!second.status.success());
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(error.contains("another emulator"), "{error}");
}

#[test]
fn commands_say_when_nothing_runs() {
    let data = tempfile::tempdir().unwrap();
    let output = octavo(data.path()).arg("status").output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("cargo octavo up"), "{error}");
}
