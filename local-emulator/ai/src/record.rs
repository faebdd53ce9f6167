//! The last requests, for tests and for the console to look at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;

/// Requests that are kept.
const REQUESTS_MAX: usize = 200;

/// Larger bodies are not kept.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Headers whose values are secrets; the first three say who asks.
const SECRET_HEADERS: &[&str] = &["authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"];

/// How far an answer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing or a part of it was sent yet.
    UnderWay,
    /// All that was to be sent was handed to the connection.
    Sent,
    /// A fault closed the connection, or the server stopped.
    Cut,
    /// The client closed the connection before the end.
    ClientLeft,
}

/// A request that was received.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestRecord {
    /// From 1, in order of arrival.
    pub number: u64,
    /// Seconds since 1970.
    pub at: u64,
    /// `openai`, `anthropic`, `azure`, or the name of a compatible provider.
    pub provider: String,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The model, or Azure's deployment.
    pub model: Option<String>,
    /// Which header carried the key: `authorization`, `x-api-key` or `api-key`.
    pub auth: Option<String>,
    /// Names in lower case; the values of secrets are `***`.
    pub headers: BTreeMap<String, String>,
    /// The body, if it is JSON of at most 64 KiB.
    pub body: Option<Value>,
    /// Size of the body.
    pub body_bytes: usize,
    /// HTTP status of the answer; none if there was or will be no answer.
    pub status: Option<u16>,
    /// The fault that changed the answer.
    pub fault: Option<u64>,
    /// How far the answer got.
    pub outcome: Outcome,
    /// Whether the client closed the connection before the end.
    pub client_left: bool,
}

/// A request as it is kept: read into a [`RequestRecord`] only when somebody looks.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) at: u64,
    pub(crate) provider: String,
    pub(crate) method: hyper::Method,
    pub(crate) uri: hyper::Uri,
    pub(crate) model: Option<String>,
    headers: HeaderMap,
    auth: Option<&'static str>,
    body: Bytes,
    body_bytes: usize,
    pub(crate) fault: Option<u64>,
    status: AtomicU16,
    outcome: AtomicU8,
}

/// What an entry is made of.
pub(crate) struct Received {
    pub(crate) number: u64,
    pub(crate) at: u64,
    pub(crate) provider: String,
    pub(crate) method: hyper::Method,
    pub(crate) uri: hyper::Uri,
    pub(crate) model: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) fault: Option<u64>,
}

impl Entry {
    pub(crate) fn new(received: Received) -> Self {
        let Received { number, at, provider, method, uri, model, mut headers, body, fault } = received;
        let auth = SECRET_HEADERS[..3].iter().copied().find(|name| headers.contains_key(*name));
        for name in SECRET_HEADERS {
            if let Some(value) = headers.get_mut(*name) {
                *value = HeaderValue::from_static("***");
            }
        }
        let body_bytes = body.len();
        let body = if body_bytes > BODY_BYTES_MAX { Bytes::new() } else { body };
        let (status, outcome) = (AtomicU16::new(0), AtomicU8::new(Outcome::UnderWay as u8));
        Self { number, at, provider, method, uri, model, headers, auth, body, body_bytes, fault, status, outcome }
    }

    pub(crate) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, outcome: Outcome) {
        self.outcome.store(outcome as u8, Ordering::Release);
    }

    fn read(&self) -> RequestRecord {
        let outcome = match self.outcome.load(Ordering::Acquire) {
            outcome if outcome == Outcome::Sent as u8 => Outcome::Sent,
            outcome if outcome == Outcome::Cut as u8 => Outcome::Cut,
            outcome if outcome == Outcome::ClientLeft as u8 => Outcome::ClientLeft,
            _ => Outcome::UnderWay,
        };
        let headers = self.headers.iter();
        let status = self.status.load(Ordering::Relaxed);
        RequestRecord {
            number: self.number,
            at: self.at,
            provider: self.provider.clone(),
            method: self.method.to_string(),
            path: self.uri.to_string(),
            model: self.model.clone(),
            auth: self.auth.map(str::to_owned),
            headers: headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: serde_json::from_slice(&self.body).ok(),
            body_bytes: self.body_bytes,
            status: (status != 0).then_some(status),
            fault: self.fault,
            outcome,
            client_left: outcome == Outcome::ClientLeft,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<VecDeque<Arc<Entry>>>);

impl Log {
    pub(crate) fn push(&self, entry: Arc<Entry>) {
        // The oldest is dropped after the lock is free again.
        let _oldest = {
            let mut entries = self.0.lock();
            let oldest = if entries.len() >= REQUESTS_MAX { entries.pop_front() } else { None };
            entries.push_back(entry);
            oldest
        };
    }

    /// Oldest first.
    pub(crate) fn read(&self) -> Vec<RequestRecord> {
        let entries: Vec<Arc<Entry>> = self.0.lock().iter().cloned().collect();
        entries.iter().map(|entry| entry.read()).collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

/// Follows a request to its end: dropped before that, its client has left.
#[derive(Debug)]
pub(crate) struct Follow {
    entry: Option<Arc<Entry>>,
}

impl Follow {
    pub(crate) fn new(entry: Option<Arc<Entry>>) -> Self {
        Self { entry }
    }

    pub(crate) fn ended(&mut self, outcome: Outcome) {
        if let Some(entry) = self.entry.take() {
            entry.ended(outcome);
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.ended(Outcome::ClientLeft);
    }
}
