//! The JSON protocol of SQS, as far as the adapter speaks it. Not the service: it promises order and exactness that SQS
//! does not, and it makes a queue when it is first named.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Clone)]
struct Held {
    id: u64,
    body: String,
    receives: u32,
    visible_at: Instant,
}

#[derive(Default)]
struct Service {
    queues: BTreeMap<String, Vec<Held>>,
    sent: u64,
    /// Answers to give instead: one a call of the operation.
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
    calls: BTreeMap<String, Vec<Value>>,
}

pub(crate) enum Fault {
    /// Of the batch, these entries fail; whether it is the sender's fault.
    Entries(Vec<usize>, bool),
    /// The whole call fails.
    Call(StatusCode, &'static str),
}

#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<Service>>);

impl Fake {
    /// Starts it; gives it and a prefix of queue URLs. Ends with the test's runtime.
    pub(crate) async fn start() -> (Self, String) {
        let fake = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let prefix = format!("http://{}/000000000000/octavo-", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (fake, prefix)
    }

    pub(crate) fn fail(&self, operation: &'static str, fault: Fault) {
        self.0.lock().faults.entry(operation).or_default().push_back(fault);
    }

    pub(crate) fn calls(&self, operation: &str) -> Vec<Value> {
        self.0.lock().calls.get(operation).cloned().unwrap_or_default()
    }

    /// What SQS' redrive policy does with all messages of a queue.
    pub(crate) fn bury(&self, url: &str) {
        let mut service = self.0.lock();
        let moved = service.queues.remove(url).unwrap_or_default();
        service.queues.entry(format!("{url}-dead")).or_default().extend(moved);
    }

    pub(crate) fn bodies(&self, url: &str) -> Vec<String> {
        let service = self.0.lock();
        service.queues.get(url).into_iter().flatten().map(|held| held.body.clone()).collect()
    }
}

async fn answer(State(fake): State<Fake>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap().strip_prefix("AmazonSQS.").unwrap().to_owned();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let mut service = fake.0.lock();
    service.calls.entry(operation.clone()).or_default().push(request.clone());
    let fault = service.faults.get_mut(operation.as_str()).and_then(VecDeque::pop_front);
    let (status, answer) = match fault {
        Some(Fault::Call(status, code)) => (status, json!({ "__type": format!("com.amazonaws.sqs#{code}") })),
        Some(Fault::Entries(failed, sender)) => (StatusCode::OK, service.send_batch(&request, &failed, sender)),
        None => (StatusCode::OK, service.perform(&operation, &request)),
    };
    (status, [("content-type", "application/x-amz-json-1.0")], answer.to_string()).into_response()
}

impl Service {
    fn perform(&mut self, operation: &str, request: &Value) -> Value {
        let url = request["QueueUrl"].as_str().unwrap_or_default().to_owned();
        let now = Instant::now();
        match operation {
            "ListQueues" => json!({}),
            "SendMessage" => {
                let id = self.send(&url, request["MessageBody"].as_str().unwrap());
                json!({ "MessageId": id.to_string(), "MD5OfMessageBody": "" })
            }
            "SendMessageBatch" => self.send_batch(request, &[], false),
            "ReceiveMessage" => {
                let hidden = Duration::from_secs(request["VisibilityTimeout"].as_u64().unwrap());
                let visible = self.queues.entry(url).or_default().iter_mut().filter(|held| held.visible_at <= now);
                let messages = visible.take(request["MaxNumberOfMessages"].as_u64().unwrap() as usize).map(|held| {
                    held.visible_at = now + hidden;
                    held.receives += 1;
                    let attributes = json!({
                        "SentTimestamp": (1_767_268_800_000 + held.id).to_string(),
                        "ApproximateReceiveCount": held.receives.to_string(),
                    });
                    let id = held.id.to_string();
                    json!({ "MessageId": id, "ReceiptHandle": id, "Body": held.body, "Attributes": attributes })
                });
                json!({ "Messages": messages.collect::<Vec<_>>() })
            }
            "DeleteMessage" => {
                let handle = request["ReceiptHandle"].as_str().unwrap();
                self.queues.entry(url).or_default().retain(|held| held.id.to_string() != handle);
                json!({})
            }
            "ChangeMessageVisibilityBatch" => {
                for entry in request["Entries"].as_array().unwrap() {
                    let held = self.queues.entry(url.clone()).or_default().iter_mut();
                    held.filter(|held| entry["ReceiptHandle"].as_str() == Some(&held.id.to_string()))
                        .for_each(|h| h.visible_at = now);
                }
                json!({ "Successful": [], "Failed": [] })
            }
            "GetQueueAttributes" => {
                let held = self.queues.entry(url).or_default();
                let visible = held.iter().filter(|held| held.visible_at <= now).count();
                json!({ "Attributes": {
                    "ApproximateNumberOfMessages": visible.to_string(),
                    "ApproximateNumberOfMessagesNotVisible": (held.len() - visible).to_string(),
                    "ApproximateNumberOfMessagesDelayed": "0",
                } })
            }
            _ => panic!("{operation} is not faked"),
        }
    }

    fn send_batch(&mut self, request: &Value, failed: &[usize], sender: bool) -> Value {
        let url = request["QueueUrl"].as_str().unwrap().to_owned();
        let (mut successes, mut failures) = (Vec::new(), Vec::new());
        for (at, entry) in request["Entries"].as_array().unwrap().iter().enumerate() {
            if failed.contains(&at) {
                failures.push(json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": sender }));
            } else {
                let id = self.send(&url, entry["MessageBody"].as_str().unwrap());
                successes.push(json!({ "Id": entry["Id"], "MessageId": id.to_string(), "MD5OfMessageBody": "" }));
            }
        }
        json!({ "Successful": successes, "Failed": failures })
    }

    fn send(&mut self, url: &str, body: &str) -> u64 {
        self.sent += 1;
        let held = Held { id: self.sent, body: body.to_owned(), receives: 0, visible_at: Instant::now() };
        self.queues.entry(url.to_owned()).or_default().push(held);
        self.sent
    }
}
