//! Requests to the engine that are made again where it has too much to do.

use crate::engine::{Answer, Engine};
use crate::error::kind;
use crate::write::jittered;
use bytes::Bytes;
use elasticsearch::http::Method;
use octavo_domain_kernel::{Ids, PortError};
use serde_json::Value;
use std::time::Duration;

/// Times that a request is made, in all.
const ATTEMPTS_MAX: u32 = 6;
/// The longest wait before the second attempt; it doubles with each further one.
const BACKOFF: Duration = Duration::from_millis(200);

/// Makes requests that do no harm when they are made twice.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) ids: &'a dyn Ids,
    pub(crate) timeout: Duration,
}

impl Caller<'_> {
    /// The answer, also one that says that something is not there, or that it is there already.
    pub(crate) async fn send(
        self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, PortError> {
        let mut attempt = 1;
        loop {
            let bytes = body.map(|body| Bytes::from(body.to_string()));
            let answer = self.engine.send(method, path, query, bytes, self.timeout).await;
            let again = match &answer {
                Ok(answer) => {
                    !matches!(answer.status, 404 | 409) && PortError::from(kind(answer.status)).is_retryable()
                }
                Err(error) => error.is_retryable(),
            };
            if !again || attempt == ATTEMPTS_MAX {
                return answer;
            }
            tokio::time::sleep(jittered(BACKOFF * 2_u32.pow(attempt - 1), self.ids)).await;
            attempt += 1;
        }
    }

    /// Makes everything that an index accepted visible to searches.
    pub(crate) async fn refresh(self, index: &str) -> Result<(), PortError> {
        self.send(Method::Post, &format!("/{index}/_refresh"), &[], None).await?.json::<Value>().map(drop)
    }
}
