//! Searches at the client, cache off and on.

use crate::figures::Figures;
use serde_json::{Value, json};
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

/// What keeps a search from being answered by the cache, or lets it.
#[derive(Clone, Copy)]
enum Kind {
    /// From the cache.
    Kept,
    /// Anew: a filter that no other round has, and that everything passes.
    Anew,
    /// With a word that nothing has: where two words are asked for nothing is found, and errors are tolerated.
    Unknown,
}

impl Kind {
    fn body(self, query: &str, round: usize) -> Value {
        let text = if matches!(self, Self::Unknown) { format!("{query} zzq{round}") } else { query.to_owned() };
        let mut body = json!({
            "text": text, "facets": [{"field": "tags"}, {"field": "media_type"}], "highlight": true, "size": 10
        });
        if matches!(self, Self::Anew) {
            body["filters"] = json!({"updated": {"from": format!("2001-01-01T00:00:{round:02}Z")}});
        }
        body
    }
}

pub(crate) async fn measure(url: &str, token: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    for (name, kind) in [
        ("cache off", Kind::Anew),
        ("cache off, with a word that nothing has", Kind::Unknown),
        ("cache on", Kind::Kept),
    ] {
        let mut figures = Figures::new();
        for round in 0..ROUNDS {
            for query in QUERIES {
                let started = Instant::now();
                let asked = client.post(format!("{url}/v1/search")).bearer_auth(token).json(&kind.body(query, round));
                asked.send().await?.error_for_status()?.bytes().await?;
                // The first round warms: caches when they are on, connections and pages when they are off.
                if round > 0 {
                    figures.add(started.elapsed());
                }
            }
        }
        figures.line(&format!("search at the client, {name}"));
    }
    Ok(())
}
