//! What stands in for functions, and for a database's outbox.
#![allow(dead_code, reason = "each test binary uses its part")]

use async_trait::async_trait;
use bytes::Bytes;
use octavo_adapters_redis::Redis;
use octavo_wiring_triggers::{Cause, InvokeError, Invoker, Random};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

type Answer = Box<dyn Fn(&Value) -> Result<Bytes, InvokeError> + Send + Sync>;

/// A function that answers as it is told, once each, and then `{}`.
#[derive(Default)]
pub(crate) struct FakeFunction {
    answers: Mutex<VecDeque<Answer>>,
    always: Mutex<Option<Answer>>,
    events: Mutex<Vec<Value>>,
    pub(crate) takes: Mutex<Duration>,
    pub(crate) running: AtomicUsize,
    pub(crate) most_running: AtomicUsize,
}

impl FakeFunction {
    pub(crate) fn next(&self, answer: impl Fn(&Value) -> Result<Bytes, InvokeError> + Send + Sync + 'static) {
        self.answers.lock().push_back(Box::new(answer));
    }

    pub(crate) fn always(&self, answer: impl Fn(&Value) -> Result<Bytes, InvokeError> + Send + Sync + 'static) {
        *self.always.lock() = Some(Box::new(answer));
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.lock().clone()
    }

    /// The `n` of each record of each event, in order.
    pub(crate) fn numbers(&self) -> Vec<Vec<u64>> {
        self.events().iter().map(numbers).collect()
    }
}

pub(crate) fn numbers(event: &Value) -> Vec<u64> {
    let body = |record: &Value| serde_json::from_str::<Value>(record["body"].as_str().unwrap()).unwrap();
    event["Records"].as_array().unwrap().iter().map(|record| body(record)["body"]["n"].as_u64().unwrap()).collect()
}

#[async_trait]
impl Invoker for FakeFunction {
    async fn invoke(&self, _: &str, payload: Bytes, _: &[Cause]) -> Result<Bytes, InvokeError> {
        let event: Value = serde_json::from_slice(&payload).unwrap();
        self.events.lock().push(event.clone());
        let running = self.running.fetch_add(1, Ordering::AcqRel) + 1;
        self.most_running.fetch_max(running, Ordering::AcqRel);
        let takes = *self.takes.lock();
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        self.running.fetch_sub(1, Ordering::AcqRel);
        let answer = self.answers.lock().pop_front();
        match (answer, &*self.always.lock()) {
            (Some(answer), _) => answer(&event),
            (None, Some(always)) => always(&event),
            (None, None) => Ok(Bytes::from_static(b"{}")),
        }
    }
}

pub(crate) fn no_jitter() -> Random {
    Arc::new(|| 1.0)
}

pub(crate) fn function_error(message: &str) -> InvokeError {
    InvokeError::FunctionError { kind: "Error".to_owned(), message: message.to_owned(), payload: Bytes::new() }
}

/// A Redis whose answers may be late on a busy machine.
pub(crate) fn patient(url: &str) -> Redis {
    let patience = Duration::from_secs(30);
    let options = octavo_adapters_redis::Options { connect_timeout: patience, response_timeout: patience };
    Redis::with_options(url, options).unwrap()
}

/// Waits until `done`, and fails when it takes too long.
pub(crate) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}
