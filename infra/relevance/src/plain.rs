//! What everything is measured against: plain BM25 over one field that holds title and text, the engine's own defaults.

use crate::collection::Collection;
use crate::indexed::Asked;
use crate::measure::DEPTH;
use anyhow::Context;
use elasticsearch::http::Method;
use elasticsearch::http::headers::HeaderMap;
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use octavo_domain_kernel::DocumentId;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// Bytes of a bulk request.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

pub(crate) struct Plain {
    transport: Transport,
    prefix: String,
}

#[derive(Deserialize)]
struct Answer {
    hits: Hits,
}

#[derive(Deserialize)]
struct Hits {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_id")]
    id: String,
}

impl Plain {
    pub(crate) fn new(url: &str, prefix: &str) -> anyhow::Result<Self> {
        let pool = SingleNodeConnectionPool::new(url.parse()?);
        Ok(Self { transport: TransportBuilder::new(pool).disable_proxy().build()?, prefix: prefix.to_owned() })
    }

    fn name(&self, collection: &Collection) -> String {
        format!("{}plain-{}", self.prefix, collection.name)
    }

    async fn send(&self, method: Method, path: &str, body: String) -> anyhow::Result<Value> {
        let none: Option<&[(&str, &str)]> = None;
        let answer = self.transport.send(method, path, HeaderMap::new(), none, Some(body), None).await?;
        let status = answer.status_code();
        let json: Value = answer.json().await?;
        anyhow::ensure!(status.is_success(), "{path}: {status} {json}");
        Ok(json)
    }

    pub(crate) async fn fill(&self, collection: &Collection) -> anyhow::Result<()> {
        let name = self.name(collection);
        let mapping = json!({
            "settings": {"index": {"number_of_shards": 1, "number_of_replicas": 0}},
            "mappings": {"properties": {"all": {"type": "text"}}}
        });
        self.send(Method::Put, &format!("/{name}"), mapping.to_string()).await?;
        let mut body = String::new();
        for (number, item) in collection.items.iter().enumerate() {
            let id = collection.id(&item.name).with_context(|| item.name.clone())?;
            writeln!(body, "{}", json!({"index": {"_id": id}}))?;
            writeln!(body, "{}", json!({"all": format!("{}\n{}", item.title, item.text)}))?;
            if body.len() > REQUEST_BYTES_MAX || number + 1 == collection.items.len() {
                let answer = self.send(Method::Post, &format!("/{name}/_bulk"), std::mem::take(&mut body)).await?;
                anyhow::ensure!(answer["errors"] == false, "{answer}");
            }
        }
        self.send(Method::Post, &format!("/{name}/_refresh"), String::new()).await.map(drop)
    }

    /// The first ten of each query.
    pub(crate) async fn ask(&self, collection: &Collection, queries: &[Asked]) -> anyhow::Result<Vec<Vec<DocumentId>>> {
        let path = format!("/{}/_search", self.name(collection));
        let mut all = Vec::with_capacity(queries.len());
        for asked in queries {
            let body = json!({"size": DEPTH, "query": {"match": {"all": asked.text}}, "_source": false});
            let answer: Answer = serde_json::from_value(self.send(Method::Post, &path, body.to_string()).await?)?;
            all.push(answer.hits.hits.iter().map(|hit| hit.id.parse()).collect::<Result<_, _>>()?);
        }
        Ok(all)
    }
}
