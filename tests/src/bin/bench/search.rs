//! Searches at the client, cache off and on.

use crate::figures::Figures;
use serde_json::json;
use std::time::Instant;

/// Words of the Rust documentation: common and rare, alone and together, one misspelt.
const QUERIES: [&str; 20] = [
    "iterator",
    "vec push",
    "hash map entry",
    "borrow checker",
    "unsafe pointer",
    "async await",
    "trait object",
    "lifetime",
    "mutex poison",
    "string slice",
    "pattern matching",
    "closure capture",
    "macro rules",
    "drop order",
    "atomic ordering",
    "thread spawn join",
    "itrator",
    "error handling",
    "pin projection",
    "range inclusive",
];
const ROUNDS: usize = 50;

pub(crate) async fn measure(url: &str, token: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    for (name, cache) in [("off", false), ("on", true)] {
        let mut figures = Figures::new();
        for round in 0..ROUNDS {
            for query in QUERIES {
                // A word that no other round has makes each of them a new search to the cache, and changes nothing found.
                let text = if cache { query.to_owned() } else { format!("{query} zzq{round}") };
                let body = json!({
                    "text": text, "facets": [{"field": "tags"}, {"field": "media_type"}], "highlight": true, "size": 10
                });
                let started = Instant::now();
                let answer = client.post(format!("{url}/v1/search")).bearer_auth(token).json(&body).send().await?;
                let answer = answer.error_for_status()?;
                answer.bytes().await?;
                // The first round warms: caches when they are on, connections and pages when they are off.
                if round > 0 {
                    figures.add(started.elapsed());
                }
            }
        }
        figures.line(&format!("search at the client, cache {name}"));
    }
    Ok(())
}
