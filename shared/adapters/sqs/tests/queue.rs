//! The parts of the queue contract that SQS has, on a stand-in for its wire format: not on the real service.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod fake;

use axum::http::StatusCode;
use fake::{Fake, Fault};
use octavo_adapters_sqs::{Options, SqsQueues};
use octavo_domain_kernel::{MESSAGE_BYTES_MAX, Message, PortErrorKind, Queue, QueueDepth};
use octavo_testing::build::{message, queue as any_queue};
use octavo_testing::contract;
use serde_json::json;

async fn queues() -> (Fake, String, SqsQueues) {
    let (fake, prefix) = Fake::start().await;
    let credentials = Some(("key".to_owned(), "secret".to_owned()));
    let region = Some("eu-central-1".to_owned());
    let queues = SqsQueues::new(Options { region, credentials, ..Options::new(prefix.parse().unwrap()) });
    (fake, prefix, queues)
}

#[tokio::test]
async fn dead_letters_keep_the_contract() {
    let (fake, prefix, queues) = queues().await;
    contract::dead_letters(&queues, async |name, _| fake.bury(&format!("{prefix}{name}"))).await;
}

#[tokio::test]
async fn what_is_sent_arrives_in_batches_of_ten() {
    let (fake, prefix, queues) = queues().await;
    let name = any_queue();
    queues.ping().await.unwrap();
    queues.send(&name, &[]).await.unwrap();
    let sent: Vec<Message> = (0..25).map(message).collect();
    queues.send(&name, &sent).await.unwrap();
    let arrived = fake.bodies(&format!("{prefix}{name}"));
    let arrived: Vec<Message> = arrived.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(arrived, sent);
    let calls = fake.calls("SendMessageBatch");
    let sizes: Vec<usize> = calls.iter().map(|call| call["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(queues.depth(&name).await.unwrap(), QueueDepth { ready: 25, ..QueueDepth::default() });
}

#[tokio::test]
async fn only_what_was_not_taken_is_sent_again() {
    let (fake, prefix, queues) = queues().await;
    let name = any_queue();
    fake.fail("SendMessageBatch", Fault::Entries(vec![1, 2], false));
    fake.fail("SendMessageBatch", Fault::Entries(vec![1], false));
    queues.send(&name, &[message(0), message(1), message(2)]).await.unwrap();
    assert_eq!(fake.calls("SendMessageBatch").len(), 3);
    let mut keys: Vec<String> = Vec::new();
    for body in fake.bodies(&format!("{prefix}{name}")) {
        keys.push(serde_json::from_str::<Message>(&body).unwrap().key);
    }
    assert_eq!(keys, ["document-0", "document-1", "document-2"]);
}

#[tokio::test]
async fn errors_are_told_apart() {
    let (fake, _, queues) = queues().await;
    let name = any_queue();
    let mut large = message(1);
    large.body = json!("x".repeat(MESSAGE_BYTES_MAX));
    assert_eq!(queues.send(&name, &[message(0), large]).await.unwrap_err().kind, PortErrorKind::Corrupt);
    assert!(fake.calls("SendMessageBatch").is_empty(), "none of the batch was sent");

    fake.fail("SendMessageBatch", Fault::Entries(vec![0], true));
    assert_eq!(queues.send(&name, &[message(0)]).await.unwrap_err().kind, PortErrorKind::Corrupt);
    fake.fail("SendMessageBatch", Fault::Call(StatusCode::BAD_REQUEST, "QueueDoesNotExist"));
    assert_eq!(queues.send(&name, &[message(0)]).await.unwrap_err().kind, PortErrorKind::NotFound);
    fake.fail("SendMessageBatch", Fault::Call(StatusCode::FORBIDDEN, "AccessDenied"));
    assert_eq!(queues.send(&name, &[message(0)]).await.unwrap_err().kind, PortErrorKind::Denied);
}
