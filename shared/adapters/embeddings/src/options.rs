//! Where vectors are made, and how long one waits for them.

use octavo_domain_search::EmbeddingModel;
use std::fmt;
use std::time::Duration;
use url::Url;

/// How to reach the endpoint.
#[derive(Clone)]
pub struct Options {
    /// Where its paths begin, ending with a slash: `https://api.openai.com/v1/`.
    pub url: Url,
    /// Sent as a bearer token, if there is one.
    pub key: Option<String>,
    /// What is asked for.
    pub model: EmbeddingModel,
    /// Whether the dimensions are asked for as well: a model that can shorten its vectors makes them so long. One that
    /// cannot may refuse the word; its vectors must have them anyway.
    pub shortened: bool,
    /// Somebody waits for a search: no vector after this is as good as none.
    pub query_timeout: Duration,
    /// All attempts for documents together.
    pub documents_timeout: Duration,
    /// After a failure it is left alone for so long.
    pub rest: Duration,
}

impl Options {
    /// What production uses.
    pub fn new(url: Url, model: EmbeddingModel) -> Self {
        Self {
            url,
            key: None,
            model,
            shortened: true,
            query_timeout: Duration::from_millis(1500),
            documents_timeout: Duration::from_secs(8),
            rest: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("url", &self.url.as_str()).field("model", &self.model).finish_non_exhaustive()
    }
}
