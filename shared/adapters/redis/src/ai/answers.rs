//! Answers that Redis keeps, and the claims to find them.

use crate::cache::{CACHE_VALUE_BYTES_MAX, milliseconds};
use crate::connection::Redis;
use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_ai::ports::{AnswerStore, Claim, Found};
use octavo_domain_kernel::{CacheKey, PortError};
use redis::{Script, Value};
use std::sync::LazyLock;
use std::time::Duration;

static CLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("claim.lua")));
static RENEW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("renew.lua")));
static FULFIL: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("fulfil.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// [`AnswerStore`] over plain keys with an expiry: the answer under its [`CacheKey`], the claim beside it. An answer has at
/// most [`CACHE_VALUE_BYTES_MAX`] bytes, or is refused as `Corrupt`.
#[derive(Debug, Clone)]
pub struct RedisAnswers(Redis);

impl RedisAnswers {
    /// Answers on `redis`.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }
}

/// Where the claim of `key` is. Every [`CacheKey`] begins with `octavo:{tenant}`, so this is none, and has its hash tag.
fn claim_key(key: &CacheKey) -> String {
    let rest = key.as_str().strip_prefix("octavo:").unwrap_or(key.as_str());
    format!("octavo:claim:{rest}")
}

#[async_trait]
impl AnswerStore for RedisAnswers {
    async fn find_or_claim(&self, key: &CacheKey, token: &str, lease: Duration) -> Result<Found, PortError> {
        let answer: Value = self
            .0
            .script(&CLAIM, |script| {
                script.key(key.as_str()).key(claim_key(key)).arg(token).arg(milliseconds(lease).max(1));
            })
            .await?;
        match answer {
            Value::BulkString(kept) => Ok(Found::Kept(Bytes::from(kept))),
            Value::Int(1) => Ok(Found::Claimed(Claim { key: key.clone(), token: token.to_owned() })),
            Value::Int(0) => Ok(Found::UnderWay),
            _ => Err(PortError::corrupt(format!("{}: neither an answer nor a claim", key.as_str()))),
        }
    }

    async fn peek(&self, key: &CacheKey) -> Result<Option<Bytes>, PortError> {
        let kept: Option<Vec<u8>> = self.0.query(redis::cmd("GET").arg(key.as_str())).await?;
        Ok(kept.map(Bytes::from))
    }

    async fn renew(&self, claim: &Claim, lease: Duration) -> Result<bool, PortError> {
        self.0
            .script(&RENEW, |script| {
                script.key(claim_key(&claim.key)).arg(&claim.token).arg(milliseconds(lease).max(1));
            })
            .await
    }

    async fn fulfil(&self, claim: &Claim, answer: Bytes, ttl: Duration) -> Result<(), PortError> {
        if answer.len() > CACHE_VALUE_BYTES_MAX {
            let text = format!("answer: at most {CACHE_VALUE_BYTES_MAX} bytes, got {}", answer.len());
            return Err(PortError::corrupt(text));
        }
        self.0
            .script::<()>(&FULFIL, |script| {
                script.key(claim.key.as_str()).key(claim_key(&claim.key));
                script.arg(&claim.token).arg(answer.as_ref()).arg(milliseconds(ttl).max(1));
            })
            .await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.0
            .script::<()>(&RELEASE, |script| {
                script.key(claim_key(&claim.key)).arg(&claim.token);
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_lies_beside_its_answer_and_is_no_answers_key() {
        let tenant = "acme".parse().unwrap();
        let key = CacheKey::new(&tenant, "ai", "x");
        assert_eq!(claim_key(&key), "octavo:claim:{acme}:ai:x");
        assert_ne!(claim_key(&key), CacheKey::new(&tenant, "ai", "x:claim").as_str());
    }
}
