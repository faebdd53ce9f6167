//! Policies and templates into an engine.

use super::policy::Kind;
use crate::engine::{Answer, Engine};
use bytes::Bytes;
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// A request changes the state of the whole cluster.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Keeps indices that are named by their day for so long, and no longer.
#[derive(Debug)]
pub struct Lifecycle {
    pub(super) engine: Engine,
}

/// Who deletes what is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// Elasticsearch, by index lifecycle management.
    Ilm,
    /// OpenSearch, by index state management.
    Ism,
    /// Nobody: this engine has neither. Somebody calls [`Lifecycle::sweep`] every day.
    Neither,
}

impl Lifecycle {
    /// Connects to nothing yet. `https://user:password@host` where the engine wants a password.
    pub fn new(url: Url) -> Self {
        Self { engine: Engine::new(url) }
    }

    /// Tells the engine to keep indices of every [`Kind`] for `days` (at least 1) after they were made, with whatever it has for
    /// that, and what new ones are made from. Again, it changes the days; of indices that are there already, too.
    ///
    /// # Errors
    /// `Denied` where the login may not; what the engine says otherwise.
    pub async fn install(&self, days: u16) -> Result<Installed, PortError> {
        let days = days.max(1);
        let installed = if self.ilm(days).await? {
            Installed::Ilm
        } else if self.ism(days).await? {
            Installed::Ism
        } else {
            Installed::Neither
        };
        for kind in Kind::ALL {
            let template = kind.template(installed == Installed::Ilm);
            self.done(Method::Put, &format!("/_index_template/{}", kind.name()), &[], &template).await?;
        }
        Ok(installed)
    }

    /// Whether the engine has it.
    async fn ilm(&self, days: u16) -> Result<bool, PortError> {
        for kind in Kind::ALL {
            let path = format!("/_ilm/policy/{}", kind.name());
            let answer = self.send(Method::Put, &path, &[], Some(&Kind::ilm(days))).await?;
            if is_unknown(&answer) {
                return Ok(false);
            }
            answer.json::<Value>()?;
        }
        Ok(true)
    }

    /// Whether the engine has it.
    async fn ism(&self, days: u16) -> Result<bool, PortError> {
        #[derive(Deserialize)]
        struct Present {
            #[serde(rename = "_seq_no")]
            number: u64,
            #[serde(rename = "_primary_term")]
            term: u64,
        }
        for kind in Kind::ALL {
            let path = format!("/_plugins/_ism/policies/{}", kind.name());
            let present = self.send(Method::Get, &path, &[], None).await?;
            if is_unknown(&present) {
                return Ok(false);
            }
            // One that is there is changed by who names the change that they saw last.
            let query = if present.status == 404 {
                Vec::new()
            } else {
                let Present { number, term } = present.json()?;
                vec![("if_seq_no", number.to_string()), ("if_primary_term", term.to_string())]
            };
            let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            self.done(Method::Put, &path, &query, &kind.ism(days)).await?;
        }
        Ok(true)
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, PortError> {
        let body = body.map(|body| Bytes::from(body.to_string()));
        self.engine.send(method, path, query, body, TIMEOUT).await
    }

    async fn done(&self, method: Method, path: &str, query: &[(&str, &str)], body: &Value) -> Result<(), PortError> {
        self.send(method, path, query, Some(body)).await?.json::<Value>().map(drop)
    }
}

/// Whether an engine does not know an address at all.
fn is_unknown(answer: &Answer) -> bool {
    let said = String::from_utf8_lossy(&answer.body);
    let unknown = ["no handler found", "Incorrect HTTP method", "unexpected index name", "Invalid index name"];
    matches!(answer.status, 400 | 405) && unknown.iter().any(|words| said.contains(words))
}
