//! The console in a real browser: two people in two windows of Chromium edit one document together, one of them without a
//! network for a while; workflows are written, started, watched and answered; approvals are decided, and what was sent is
//! read, refused and sent again; documents are uploaded, compared and searched; every page is looked at. What is seen is in
//! `target/console/` as pictures. What of it needs no browser is judged without one.
//!
//! The checks are those of `clients/console_*.mjs`, which end with an error if one failed.

#[path = "console/demo.rs"]
mod demo;

use local_emulator::Options;
use octavo_testing::engines;
use octavo_tests::{World, asked};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");
const CONSOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../local-emulator/assets/console");
const SHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/console");
/// Recorded histories of the real service, beside the repository.
const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/states-language");

/// A browser that takes longer hangs.
const WITHIN: Duration = Duration::from_secs(600);

/// Milliseconds to the first paint of a debug build among other tests. What is claimed of a release build that has the machine to
/// itself is measured with `OCTAVO_TEST_PAINT_MS=200`.
const PAINT_MS: u64 = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_edit_a_document_in_the_browser_and_one_of_them_offline() {
    browse("console_collaboration.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_are_written_started_watched_and_answered_in_the_browser() {
    browse("console_workflows.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_are_decided_from_a_mail_and_from_the_inbox_in_the_browser() {
    browse("console_approvals.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_are_told_is_chosen_written_and_sent_again_in_the_browser() {
    browse("console_notifications.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_read_bounced_and_refused_in_the_browser() {
    browse("console_mailbox.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_uploaded_read_compared_and_shared_in_the_browser() {
    browse("console_documents.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_searched_is_found_narrowed_and_explained_in_the_browser() {
    browse("console_search.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_reached_and_read_in_the_browser() {
    browse("console_frame.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_is_light_and_soon_seen_in_the_browser() {
    browse("console_weight.mjs").await;
}

#[tokio::test]
async fn graphs_are_laid_out_and_histories_told_as_recorded() {
    let Some(clients) = engines::real("Node", "OCTAVO_TEST_NODE_CLIENTS") else { return };
    let recordings = Path::new(RECORDINGS).is_dir().then_some(RECORDINGS);
    if recordings.is_none() {
        println!("skipped: no recordings beside the repository");
    }
    script("console_modules.mjs", &json!({ "console": CONSOLE, "recordings": recordings }), &clients).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_functions_queues_and_faults_are_seen_and_mended_in_the_browser() {
    // Messages die of their eighth failure: within seconds rather than minutes.
    let options = Options { relays: true, retry_max: Duration::from_millis(100), ..Options::default() };
    browse_on("console_platform.mjs", options).await;
}

/// Runs a script that needs a browser, on an emulator of its own.
async fn browse(name: &str) {
    browse_on(name, Options::default()).await;
}

async fn browse_on(name: &str, options: Options) {
    let chromium = engines::real("Chromium", "OCTAVO_TEST_CHROMIUM");
    let clients = engines::real("Node clients, for Chromium", "OCTAVO_TEST_NODE_CLIENTS");
    let (Some(chromium), Some(clients)) = (chromium, clients) else { return };
    std::fs::create_dir_all(SHOTS).expect("the folder of pictures can be made");
    let world = World::with(options).await;
    let (url, fakes) = (world.emulator.url(), world.emulator.sent().url());
    let measured: Option<u64> = asked("OCTAVO_TEST_PAINT_MS").and_then(|ms| ms.parse().ok());
    let settings = json!({
        "url": url, "fakes": fakes, "chromium": chromium, "shots": SHOTS,
        "paint_within_ms": measured.unwrap_or(PAINT_MS), "measured": measured.is_some(),
    });
    script(name, &settings, &clients).await;
}

async fn script(name: &str, settings: &Value, clients: &str) {
    let mut command = Command::new("node");
    command.args([&format!("{CLIENTS}/{name}"), &settings.to_string(), clients]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.kill_on_drop(true).spawn().expect("Node can be started");
    let output = timeout(WITHIN, child.wait_with_output()).await.expect("the script ends").expect("its output is read");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
