//! From a notification until it is in an open window.

use super::emulated::Emulated;
use crate::load::pace;
use crate::realtime::{Client, TEXT, open_hub};
use anyhow::Context;
use futures::future::try_join_all;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

const PER_SECOND: f64 = 20.0;
/// Whose windows are open.
const USERS: u64 = 10;
/// A notification that is not there by then does not come.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Clients that say nothing are taken for gone.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// The end of a SignalR record.
const END: u8 = 0x1e;
const STILL_HERE: &[u8] = b"{\"type\":6}\x1e";
const TITLE: &str = "Number ";

/// Who waits for the notification of a number.
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Instant>>>>;

pub(super) async fn measure(binaries: &Path, seconds: u64) -> anyhow::Result<()> {
    let emulated = Arc::new(Emulated::start(binaries, None).await?);
    let root = emulated.person("root", &["admin"]).await?;
    let waiting = Waiting::default();
    let windows = try_join_all((0..USERS).map(|number| window(&emulated, number, &waiting))).await?;
    let (asking, all) = (emulated.clone(), waiting.clone());
    let call = move |number: u64| {
        let (emulated, root, waiting) = (asking.clone(), root.clone(), all.clone());
        async move {
            let (come, comes) = oneshot::channel();
            waiting.lock().insert(number, come);
            let body = json!({
                "category": "invoice.overdue", "channels": ["in_app"], "link": "/invoices/17",
                "recipients": [{ "to": "user", "user": user(number % USERS) }],
                "data": { "title": format!("{TITLE}{number}"), "text": "It was to be paid by the end of October." },
            });
            let began = Instant::now();
            emulated.post(&root, "/v1/notifications", &body).await?;
            let came = tokio::time::timeout(WAIT_MAX, comes).await.context("a notification does not come")??;
            Ok(came.saturating_duration_since(began))
        }
    };
    // The first are slower: connections are opened, templates compiled.
    pace(PER_SECOND, Duration::from_secs(2), call.clone()).await?;
    waiting.lock().clear();
    let load = pace(PER_SECOND, Duration::from_secs(seconds), call).await?;
    println!("\n### From a notification until it is in an open window\n");
    println!(
        "From `POST /v1/notifications` until a SignalR client of the recipient has it: queue, function, inbox, queue, node."
    );
    println!("{PER_SECOND:.0} a second to {USERS} people. Goal: p50 20 ms, p99 100 ms.\n");
    load.figures.line("notification to window");
    windows.into_iter().flatten().for_each(|task| task.abort());
    Arc::into_inner(emulated).context("nobody asks any more")?.stop().await
}

fn user(number: u64) -> String {
    format!("user-{number}")
}

/// Opens a window of that user; what comes into it is told to whoever waits for it.
async fn window(emulated: &Emulated, number: u64, waiting: &Waiting) -> anyhow::Result<[AbortHandle; 2]> {
    let person = emulated.person(&user(number), &[]).await?;
    let mut opened = open_hub(emulated.realtime, "notifications", person.token()).await?;
    let (client, waiting) = (opened.client.clone(), waiting.clone());
    let hears = tokio::spawn(async move {
        while let Ok((opcode, payload)) = opened.message().await {
            let now = Instant::now();
            if opcode == TEXT {
                payload.split(|byte| *byte == END).filter_map(number_of).for_each(|number| {
                    if let Some(tell) = waiting.lock().remove(&number) {
                        let _ = tell.send(now);
                    }
                });
            }
        }
    });
    let stays = tokio::spawn(stay(client));
    Ok([hears.abort_handle(), stays.abort_handle()])
}

async fn stay(client: Arc<Client>) {
    while client.say(TEXT, STILL_HERE).is_ok() {
        tokio::time::sleep(KEEP_ALIVE).await;
    }
}

/// The number of a notification, if the record is one.
fn number_of(record: &[u8]) -> Option<u64> {
    let said: Value = serde_json::from_slice(record).ok()?;
    let is = said["type"] == 1 && said["target"] == "notification";
    said["arguments"][0]["title"].as_str().filter(|_| is)?.strip_prefix(TITLE)?.parse().ok()
}
