//! The fake providers in a process of their own, so that they can be killed. What they took survives in their folder.

use local_emulator_lambda::{are_fresh, cargo};
use octavo_tests::{asked, eventually};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::LazyLock;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const FROM: &str = "Octavo <no-reply@octavo.example>";
/// Messages of a page of what they took.
const PAGE: usize = 1_000;
/// Messages that may be taken at the same time: a list is in the order in which they were written down, and a number may stand
/// behind one that is greater by less than this.
const AT_ONCE_MAX: u64 = 300;

/// The process.
pub(super) struct Providers {
    child: Child,
    folder: TempDir,
    http: String,
    smtp: String,
    callback_key: String,
    client: Client,
}

impl Providers {
    /// Starts them on free ports.
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (child, said) = run(&folder, "0", "0").await;
        let text = |name: &str| said[name].as_str().unwrap_or_else(|| panic!("{name} of {said}")).to_owned();
        let (http, smtp, callback_key) = (text("url"), text("smtp"), text("sendgrid_callback_key"));
        Self { child, folder, http, smtp, callback_key, client: Client::new() }
    }

    /// Their address, without a slash at its end.
    pub(super) fn url(&self) -> &str {
        &self.http
    }

    /// What the functions are told.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let accounts = local_emulator_notify::Accounts::default();
        let (url, smtp) = (&self.http, &self.smtp);
        let providers = json!([
            { "name": "smtp", "kind": "smtp", "url": format!("smtp://{smtp}?tls=none"), "from": FROM },
            { "name": "sendgrid", "kind": "sendgrid", "url": format!("{url}/"), "key": accounts.sendgrid_key, "from": FROM,
              "callback_key": self.callback_key },
            { "name": "postmark", "kind": "postmark", "url": format!("{url}/"), "key": accounts.postmark_token, "from": FROM,
              "callback_user": "postmark", "callback_password": "postmark-password" },
            { "name": "twilio", "kind": "twilio", "url": format!("{url}/"), "account": accounts.twilio_account,
              "key": accounts.twilio_token, "from": accounts.twilio_numbers[0] },
        ]);
        [("OCTAVO_NOTIFY_PROVIDERS", providers.to_string()), ("OCTAVO_NOTIFY_PAGERDUTY_URL", format!("{url}/"))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// Says where they call back: they forget it when they die.
    pub(super) async fn calls(&self, public_url: &str) {
        let of = |provider: &str| format!("{public_url}/v1/notification-callbacks/{provider}");
        let body = json!({ "sendgrid": of("sendgrid"), "postmark": of("postmark"), "postmark_user": "postmark",
            "postmark_password": "postmark-password" });
        let answer = self.client.put(format!("{}/_control/callbacks", self.http)).json(&body).send().await;
        assert!(answer.expect("they answer").status().is_success());
    }

    /// Ends them at once, as kill -9 does.
    pub(super) async fn kill(&mut self) {
        self.child.kill().await.expect("they can be killed");
    }

    /// Starts them where they were.
    pub(super) async fn again(&mut self) {
        let port = |address: &str| address.rsplit_once(':').expect("it has a port").1.to_owned();
        self.child = run(&self.folder, &port(&self.http), &port(&self.smtp)).await.0;
    }

    /// All that they took.
    pub(super) async fn taken(&self) -> Vec<Value> {
        // Without a beginning the last ones are answered; behind the first, page by page.
        let number = |sent: &Value| sent["number"].as_u64().expect("a number");
        let mut all: BTreeMap<u64, Value> = self.first().await.into_iter().map(|sent| (1, sent)).collect();
        let mut since = 1;
        loop {
            let url = format!("{}/_control/messages?accepted=true&since={since}&limit={PAGE}", self.http);
            let page: Value = self.client.get(url).send().await.expect("they answer").json().await.expect("JSON");
            let before = all.len();
            all.extend(page["messages"].as_array().expect("a list").iter().map(|sent| (number(sent), sent.clone())));
            let last = all.last_key_value().map_or(1, |(last, _)| *last);
            if all.len() == before {
                return all.into_values().collect();
            }
            since = last.saturating_sub(AT_ONCE_MAX).max(1);
        }
    }

    /// The very first one, if it was taken: pages begin behind a number.
    async fn first(&self) -> Option<Value> {
        let answer = self.client.get(format!("{}/_control/messages/1", self.http)).send().await.expect("they answer");
        let message: Value = answer.json().await.expect("JSON");
        (message["refused"].is_null() && message["number"] == 1).then_some(message)
    }
}

/// Starts the program and reads where it listens. Its port may be another's for a moment after a death.
async fn run(folder: &TempDir, http: &str, smtp: &str) -> (Child, Value) {
    let binary = &*BINARY;
    eventually("the providers listen", || async {
        let mut command = Command::new(binary);
        command.args(["--http", http, "--smtp", smtp, "--data"]).arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("they can be started");
        let line = BufReader::new(child.stdout.take().expect("piped")).lines().next_line().await.ok()??;
        Some((child, serde_json::from_str(&line).expect("JSON")))
    })
    .await
}

/// `cargo test` of the workspace has built it; otherwise cargo is asked.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(folder) = asked("OCTAVO_TEST_BINARIES") {
        return PathBuf::from(folder).join("fake-providers");
    }
    // target/PROFILE/deps/TEST
    let own = std::env::current_exe().expect("a program knows where it is");
    let binary = own.ancestors().nth(2).expect("a test lies below its profile's folder").join("fake-providers");
    if !are_fresh([binary.as_path()], &[]) {
        let mut command = cargo();
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.args(["build", "--quiet", "--package", "local-emulator-notify", "--bin", "fake-providers"]);
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        assert!(command.status().expect("cargo can be run").success(), "the fake providers cannot be built");
    }
    binary
});
