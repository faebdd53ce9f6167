//! The issuer's keys, fetched when needed and kept for a while.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use octavo_domain_kernel::{PortError, PortErrorKind};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// Keys are asked for again after this, so that a withdrawn key stops being good.
const FRESH: Duration = Duration::from_secs(600);
/// While the issuer is away, keys are good for this long.
const STALE_MAX: Duration = Duration::from_secs(24 * 3600);
/// An unknown key id makes us ask the issuer at most this often: anybody can send unknown key ids.
const REFETCH_MIN: Duration = Duration::from_secs(10);
/// The issuer's time to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a key set.
const JWKS_BYTES_MAX: usize = 256 * 1024;

struct Fetched {
    keys: HashMap<String, Arc<DecodingKey>>,
    at: Instant,
    asked: Instant,
}

pub(crate) struct Keys {
    url: Url,
    client: std::sync::OnceLock<reqwest::Client>,
    // Held across the fetch: many requests that miss make one fetch.
    fetched: Mutex<Option<Fetched>>,
}

impl Keys {
    pub(crate) fn new(url: Url) -> Self {
        Self { url, client: std::sync::OnceLock::new(), fetched: Mutex::new(None) }
    }

    /// The key with this id; none if the issuer has no such key.
    pub(crate) async fn get(&self, id: &str) -> Result<Option<Arc<DecodingKey>>, PortError> {
        let mut fetched = self.fetched.lock().await;
        if let Some(known) = fetched.as_ref() {
            let fresh = known.at.elapsed() < FRESH;
            match known.keys.get(id) {
                Some(key) if fresh => return Ok(Some(key.clone())),
                _ if known.asked.elapsed() < REFETCH_MIN => return Ok(known.keys.get(id).cloned()),
                _ => {}
            }
        }
        match self.fetch().await {
            Ok(keys) => {
                let key = keys.get(id).cloned();
                *fetched = Some(Fetched { keys, at: Instant::now(), asked: Instant::now() });
                Ok(key)
            }
            Err(error) => match fetched.as_mut() {
                Some(known) if known.at.elapsed() < STALE_MAX => {
                    tracing::warn!(%error, "the token issuer's keys cannot be renewed; going on with the known ones");
                    known.asked = Instant::now();
                    match known.keys.get(id) {
                        Some(key) => Ok(Some(key.clone())),
                        None => Err(error),
                    }
                }
                _ => Err(error),
            },
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, Arc<DecodingKey>>, PortError> {
        let client = self.client.get_or_init(|| {
            let builder = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
            builder.build().expect("a client without special options can be built")
        });
        let away = |error: reqwest::Error| {
            let kind = if error.is_timeout() { PortErrorKind::Timeout } else { PortErrorKind::Unavailable };
            PortError::new(kind, error)
        };
        let mut answer =
            client.get(self.url.clone()).send().await.and_then(reqwest::Response::error_for_status).map_err(away)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > JWKS_BYTES_MAX {
                return Err(PortError::unavailable("the issuer's key set is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        let set: JwkSet = serde_json::from_slice(&body).map_err(PortError::unavailable)?;
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            // A shared secret in a public key set would let anybody who reads it sign.
            if matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)) {
                continue;
            }
            if let (Some(id), Ok(key)) = (&jwk.common.key_id, DecodingKey::from_jwk(jwk)) {
                keys.insert(id.clone(), Arc::new(key));
            }
        }
        Ok(keys)
    }
}
