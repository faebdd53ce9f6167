//! Autobahn's test suite, sections 1 to 7 and 10, as the client of our echo server. `OCTAVO_TEST_AUTOBAHN` is the path of
//! `kosoku` (PyPI, Python 3.10 or later), which runs Autobahn's own cases, or of `wstest` (PyPI `autobahntestsuite`), which
//! is the original and needs Python 2.7. Sections 9 (how fast) and 12, 13 (compression) say nothing of us.

#[path = "../examples/websocket_echo.rs"]
#[allow(dead_code, reason = "its `main` is for running it by hand")]
mod echo;

use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;

const SECTIONS: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];
/// So many cases these sections have at least.
const CASES_MIN: usize = 240;
/// The original takes 7 s.
const WITHIN: Duration = Duration::from_secs(300);
/// What a case may end in; `INFORMATIONAL` are those where the specification asks for nothing.
const PASSED: [&str; 3] = ["OK", "NON-STRICT", "INFORMATIONAL"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn autobahn_finds_no_fault() {
    let Some(program) = octavo_testing::engines::real("Autobahn", "OCTAVO_TEST_AUTOBAHN") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(echo::serve(listener));
    let folder = tempfile::tempdir().unwrap();

    let mut command = Command::new(&program);
    if Path::new(&program).file_name().is_some_and(|name| name == "wstest") {
        let specification = json!({
            "outdir": folder.path(), "cases": SECTIONS, "exclude-cases": [], "exclude-agent-cases": {},
            "servers": [{ "agent": "octavo", "url": format!("ws://{address}") }],
        });
        let path = folder.path().join("specification.json");
        std::fs::write(&path, specification.to_string()).unwrap();
        command.args(["--mode", "fuzzingclient", "--spec"]).arg(path);
    } else {
        command.arg(&address).arg("--outdir").arg(folder.path());
        command.args(SECTIONS.iter().flat_map(|section| ["--include", section]));
    }
    command.current_dir(folder.path()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(WITHIN, command.output()).await.expect("it ends").expect("it can be started");
    server.abort();

    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let index = std::fs::read(folder.path().join("index.json")).unwrap_or_else(|_| panic!("no report: {}", said()));
    let index: Value = serde_json::from_slice(&index).unwrap();
    let cases = index.as_object().unwrap().values().next().unwrap().as_object().unwrap();
    assert!(cases.len() >= CASES_MIN, "only {} cases were run", cases.len());
    let passed = |case: &Value, what: &str| PASSED.contains(&case[what].as_str().unwrap_or_default());
    let faulty: Vec<String> = cases
        .iter()
        .filter(|(_, case)| !passed(case, "behavior") || !passed(case, "behaviorClose"))
        .map(|(id, case)| format!("{id}: {}, close: {}", case["behavior"], case["behaviorClose"]))
        .collect();
    assert!(faulty.is_empty(), "{faulty:#?}");
    println!("{} cases passed", cases.len());
}
