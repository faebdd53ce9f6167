//! Reads an index in the order of tenant and document, from any place on.
//!
//! A document's place never changes, so whoever reads page by page meets each one that is there all the time exactly
//! once, and whoever goes on hours later needs nothing that the engine kept. Both engines can do this alike.

use super::call::Caller;
use crate::vectors::FIELD;
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a document stands in an index: in the order of tenants, then of ids, both by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place(pub(crate) String, pub(crate) String);

impl Place {
    /// The engine's id of the document.
    pub(crate) fn engine_id(&self) -> String {
        format!("{}:{}", self.0, self.1)
    }
}

/// A document as it was read.
#[derive(Debug, Deserialize)]
pub(crate) struct Read {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    #[serde(rename = "_version")]
    pub(crate) version: i64,
    #[serde(rename = "sort")]
    pub(crate) place: Place,
    /// Null where only versions were asked for.
    #[serde(rename = "_source", default)]
    pub(crate) source: Value,
    #[serde(default)]
    pub(crate) fields: Value,
}

impl Read {
    /// The vector, wherever the engine shows it.
    pub(crate) fn vector(&self) -> Option<&Value> {
        // From 9.2 on Elasticsearch leaves vectors out of the source that it shows.
        [&self.source[FIELD], &self.fields[FIELD]].into_iter().find(|vector| vector.is_array())
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    hits: Hits,
}

#[derive(Debug, Deserialize)]
struct Shards {
    failed: u32,
}

#[derive(Debug, Deserialize)]
struct Hits {
    hits: Vec<Read>,
}

/// Which documents.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    /// So many after this place; from the first one on.
    After(Option<&'a Place>, usize),
    /// These.
    These(&'a [Place]),
}

/// How much of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Versions,
    /// And who may find them.
    Readers,
    /// The source, and the vector where the engine keeps it apart.
    Whole {
        apart: bool,
    },
}

fn body(which: Which<'_>, what: What) -> Value {
    let mut body = bodies(which);
    match what {
        What::Versions => {}
        What::Readers => body["_source"] = json!(["readers"]),
        What::Whole { apart } => {
            body["_source"] = json!(true);
            if apart {
                body["fields"] = json!([FIELD]);
            }
        }
    }
    body
}

/// A request for versions alone.
pub(crate) fn bodies(which: Which<'_>) -> Value {
    let mut body = json!({
        "track_total_hits": false, "version": true, "sort": [{"tenant": "asc"}, {"id": "asc"}], "_source": false
    });
    match which {
        Which::After(place, size) => {
            body["size"] = json!(size);
            body["query"] = json!({"match_all": {}});
            if let Some(place) = place {
                body["search_after"] = json!(place);
            }
        }
        Which::These(places) => {
            let ids: Vec<String> = places.iter().map(Place::engine_id).collect();
            body["size"] = json!(places.len());
            body["query"] = json!({"ids": {"values": ids}});
        }
    }
    body
}

/// The documents in their order, and bytes of the answer.
pub(crate) async fn read(
    caller: Caller<'_>,
    index: &str,
    which: Which<'_>,
    what: What,
) -> Result<(Vec<Read>, usize), PortError> {
    asked(caller, index, &body(which, what)).await
}

/// The documents that a request of one's own asks for, which wants versions and this order.
pub(crate) async fn send(caller: Caller<'_>, index: &str, body: &Value) -> Result<Vec<Read>, PortError> {
    Ok(asked(caller, index, body).await?.0)
}

async fn asked(caller: Caller<'_>, index: &str, body: &Value) -> Result<(Vec<Read>, usize), PortError> {
    let answer = caller.send(Method::Post, &format!("/{index}/_search"), &[], Some(body)).await?;
    let bytes = answer.body.len();
    let answer: Answer = answer.json()?;
    if answer.timed_out || answer.shards.failed > 0 {
        return Err(PortError::unavailable(format!("{} shards did not answer", answer.shards.failed)));
    }
    Ok((answer.hits.hits, bytes))
}
