//! What Amazon SNS posts: signed by RSA with a certificate that it says where to fetch.

use crate::http::{Repeats, Web, ask};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_notify::CallbackRefused;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;
use x509_parser::pem::parse_x509_pem;

/// Certificates that are kept. SNS changes its own once a year or so.
const CERTIFICATES_MAX: usize = 16;
/// How old a message may be, in seconds: what SNS tries again is signed once.
const AGE_SECONDS_MAX: i64 = 25 * 3600;
/// How far its clock may be ahead, in seconds.
const AHEAD_SECONDS_MAX: i64 = 600;

/// A message of SNS's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Posted {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    message_id: String,
    pub(super) topic_arn: String,
    subject: Option<String>,
    pub(super) message: String,
    timestamp: String,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    pub(super) subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    certificate_url: String,
}

impl Posted {
    /// What is signed: each member that is there on two lines, in the order of their names.
    fn canonical(&self) -> String {
        let notification = self.kind == "Notification";
        let subscribe = |value: &'_ Option<String>| value.clone().filter(|_| !notification);
        let members = [
            ("Message", Some(self.message.clone())),
            ("MessageId", Some(self.message_id.clone())),
            ("Subject", self.subject.clone().filter(|_| notification)),
            ("SubscribeURL", subscribe(&self.subscribe_url)),
            ("Timestamp", Some(self.timestamp.clone())),
            ("Token", subscribe(&self.token)),
            ("TopicArn", Some(self.topic_arn.clone())),
            ("Type", Some(self.kind.clone())),
        ];
        members.iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", value.as_ref()?))).collect()
    }
}

/// Checks what SNS posts, and fetches what that needs.
pub(super) struct Sns {
    web: Arc<Web>,
    region: String,
    /// Besides SNS's own.
    origin: Option<url::Origin>,
    /// Public keys (DER), by where their certificates lie.
    keys: Mutex<HashMap<Url, Key>>,
}

#[derive(Debug, Clone)]
struct Key {
    spki: Arc<[u8]>,
    /// Seconds since 1970.
    until: i64,
}

fn refused(why: &str) -> CallbackRefused {
    CallbackRefused::Unproved(why.to_owned())
}

fn unavailable(detail: String) -> CallbackRefused {
    CallbackRefused::Unavailable(PortError::new(PortErrorKind::Unavailable, detail))
}

impl Sns {
    pub(super) fn new(web: Arc<Web>, region: &str, origin: Option<&Url>) -> Self {
        Self { web, region: region.to_owned(), origin: origin.map(Url::origin), keys: Mutex::default() }
    }

    /// Whether it is SNS that posted it, a moment ago.
    pub(super) async fn check(&self, posted: &Posted, now: DateTime<Utc>) -> Result<(), CallbackRefused> {
        let signature = STANDARD.decode(&posted.signature).map_err(|_| refused("the signature is no Base64"))?;
        let key = self.key(&posted.certificate_url, now).await?;
        let text = posted.canonical();
        let algorithm = match posted.signature_version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(refused("the signature is of no known version")),
        };
        let key = UnparsedPublicKey::new(algorithm, &key.spki);
        key.verify(text.as_bytes(), &signature).map_err(|_| refused("the signature is another's"))?;
        let at = DateTime::parse_from_rfc3339(&posted.timestamp).map_err(|_| refused("the timestamp is none"))?;
        let age = now.timestamp().saturating_sub(at.timestamp());
        if !(-AHEAD_SECONDS_MAX..=AGE_SECONDS_MAX).contains(&age) {
            return Err(refused("the signature is too old"));
        }
        Ok(())
    }

    /// Says that the topic may post here, by calling the address that a checked confirmation names.
    pub(super) async fn confirm(&self, posted: &Posted) -> Result<(), CallbackRefused> {
        let url = posted.subscribe_url.as_deref().unwrap_or_default();
        self.fetch(self.own(url)?).await.map(drop)
    }

    /// Only SNS's own addresses are called: whoever posts here names them.
    fn own(&self, url: &str) -> Result<Url, CallbackRefused> {
        let url: Url = url.parse().map_err(|_| refused("an address is none"))?;
        let host = format!("sns.{}.amazonaws.com", self.region);
        let plain = url.username().is_empty() && url.password().is_none();
        let of_sns = url.scheme() == "https" && url.host_str() == Some(&host) && url.port().is_none();
        let of_test = self.origin.as_ref() == Some(&url.origin());
        if plain && (of_sns || of_test) { Ok(url) } else { Err(refused("an address is not of SNS")) }
    }

    async fn key(&self, url: &str, now: DateTime<Utc>) -> Result<Key, CallbackRefused> {
        let url = self.own(url)?;
        if !url.path().ends_with(".pem") {
            return Err(refused("the address of the certificate is none"));
        }
        let kept = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&url).cloned();
        if let Some(key) = kept.filter(|key| now.timestamp() <= key.until) {
            return Ok(key);
        }
        let pem = self.fetch(url.clone()).await?;
        let key = parse(&pem, now).ok_or_else(|| refused("the certificate is none, or not valid now"))?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= CERTIFICATES_MAX {
            keys.clear();
        }
        keys.insert(url, key.clone());
        Ok(key)
    }

    async fn fetch(&self, url: Url) -> Result<bytes::Bytes, CallbackRefused> {
        let client = self.web.any().map_err(|error| unavailable(error.to_string()))?;
        let answer = ask(client.get(url), Repeats::Harmless).await.map_err(|error| unavailable(error.to_string()))?;
        match answer.status.as_u16() {
            200..=299 => Ok(answer.body),
            400..=499 => Err(refused("SNS knows nothing of it")),
            status => Err(unavailable(format!("SNS answered {status}"))),
        }
    }
}

fn parse(pem: &[u8], now: DateTime<Utc>) -> Option<Key> {
    let (_, pem) = parse_x509_pem(pem).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let validity = certificate.validity();
    let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let valid = (from..=until).contains(&now.timestamp());
    valid.then(|| Key { spki: certificate.public_key().raw.into(), until })
}
