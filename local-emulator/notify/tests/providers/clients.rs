//! Stock clients in Python, as `.ci/clients` installs them: what they take for SES, SendGrid, Postmark, Twilio and a mail
//! server is one. `OCTAVO_TEST_PYTHON` is the Python that has them; `OCTAVO_REQUIRE_ENGINES=1` makes them required.

use std::process::Stdio;
use std::time::Duration;

use local_emulator_notify::{Options, Server};
use serde_json::json;
use tokio::process::Command;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients");

/// A script that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(120);

#[expect(clippy::disallowed_methods, reason = "tests have no settings: this is their only reader of the environment")]
fn python() -> Option<String> {
    let found = std::env::var("OCTAVO_TEST_PYTHON").ok().filter(|python| !python.is_empty());
    if found.is_none() {
        let required = std::env::var("OCTAVO_REQUIRE_ENGINES");
        assert_ne!(required.as_deref(), Ok("1"), "OCTAVO_TEST_PYTHON must name a Python with the providers' libraries");
        println!("skipped: the providers' own libraries (set OCTAVO_TEST_PYTHON)");
    }
    found
}

async fn judge(script: &str) {
    let Some(python) = python() else { return };
    // The real clock: signatures have times.
    let server = Server::start(Options::default()).await.unwrap();
    let settings = json!({
        "url": server.url(),
        "smtp": server.smtp_address(),
        "accounts": server.accounts(),
        "sendgrid_callback_key": server.sendgrid_callback_key(),
    });
    let mut command = Command::new(python);
    // -B: nothing is written beside the scripts.
    command.args(["-B", &format!("{SCRIPTS}/{script}"), &settings.to_string()]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(WITHIN, command.output()).await;
    let said = ended.unwrap_or_else(|_| panic!("{script} does not end within {WITHIN:?}")).unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    println!("{script}: {}", stdout.lines().last().unwrap_or_default());
    assert!(said.status.success(), "{script}:\n{stdout}\n{stderr}");
}

#[tokio::test]
async fn boto3_takes_it_for_ses() {
    judge("notify_boto3_ses.py").await;
}

#[tokio::test]
async fn the_library_of_sendgrid_takes_it_for_sendgrid() {
    judge("notify_sendgrid.py").await;
}

#[tokio::test]
async fn postmarker_takes_it_for_postmark() {
    judge("notify_postmark.py").await;
}

#[tokio::test]
async fn the_library_of_twilio_takes_it_for_twilio() {
    judge("notify_twilio.py").await;
}

#[tokio::test]
async fn pythons_mail_client_takes_it_for_a_mail_server() {
    judge("notify_smtp_client.py").await;
}

#[tokio::test]
async fn the_receiver_believes_what_standard_webhooks_signs() {
    judge("notify_webhook.py").await;
}
