//! One provider down.

use super::bodies::small;
use super::load::{REQUESTS_MAX, drive};
use super::target::{Connection, Target};
use serde_json::json;
use std::time::Duration;

const REQUESTS: usize = 1_000;
const CONCURRENCY: usize = 8;
/// A tier: more than one provider can answer it.
const MODEL: &str = "standard";

pub(crate) async fn measure(target: &Target, upstreams: &str, seconds: u64) -> anyhow::Result<()> {
    println!("\n### One provider down\n");
    println!(
        "Tier `{MODEL}`, {CONCURRENCY} at a time; OpenAI answers every request with 500. Goal: under 1% errors.\n"
    );
    println!("| OpenAI | requests | errors | p50 | p99 |\n|---|---|---|---|---|");
    Connection::new(target).ask(small(MODEL)).await?.good(target)?;
    let body = |_| small(MODEL);
    let well = drive(target, &body, CONCURRENCY, REQUESTS_MAX, Duration::from_secs(seconds), &|_| ()).await?;
    let (client, faults) = (reqwest::Client::new(), format!("{upstreams}/_faults"));
    let fault = json!({ "provider": "openai", "kind": "status", "status": 500 });
    client.post(&faults).json(&fault).send().await?.error_for_status()?;
    let ill = drive(target, &body, CONCURRENCY, REQUESTS, Duration::from_secs(120), &|_| ()).await;
    client.delete(&faults).send().await?.error_for_status()?;
    for (state, load) in [("well", well), ("down", ill?)] {
        let requests = load.figures.count() + load.failed;
        let share = 100.0 * load.failed as f64 / requests.max(1) as f64;
        let (p50, p99) = (load.figures.ms(0.5), load.figures.ms(0.99));
        println!("| {state} | {requests} | {} ({share:.2}%) | {p50:.2} ms | {p99:.2} ms |", load.failed);
    }
    Ok(())
}
