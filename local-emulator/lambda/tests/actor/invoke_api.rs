//! The Invoke API as clients of AWS use it.

use crate::stage::{Stage, eventually};
use local_emulator_lambda::PAYLOAD_BYTES_MAX;
use serde_json::{Value, json};

#[tokio::test]
async fn names_arns_and_contexts_are_taken() {
    let stage = Stage::set(|_| {}).await;
    let client = reqwest::Client::new();
    let context = "eyJjdXN0b20iOnsiYSI6ImIifX0=";
    for name in ["actor", "actor:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:actor"] {
        let url = format!("http://{}/2015-03-31/functions/{name}/invocations", stage.lambda.address());
        let answer =
            client.post(url).header("x-amz-client-context", context).body(r#"{"do":"context"}"#).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{name}");
        assert!(!answer.headers().contains_key("x-amz-function-error"));
        assert_eq!(answer.json::<Value>().await.unwrap()["client"], json!({"a": "b"}), "{name}");
    }
    let list = client.get(format!("http://{}/2015-03-31/functions/", stage.lambda.address())).send().await.unwrap();
    assert_eq!(list.json::<Value>().await.unwrap()["Functions"][0]["FunctionName"], "actor");
}

#[tokio::test]
async fn an_event_is_run_after_the_answer() {
    let stage = Stage::set(|_| {}).await;
    let url = format!("http://{}/2015-03-31/functions/actor/invocations", stage.lambda.address());
    let event = r#"{"do":"process","ms":300}"#;
    let answer =
        reqwest::Client::new().post(url).header("x-amz-invocation-type", "Event").body(event).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 202);
    assert!(stage.lambda.records().is_empty(), "the answer did not wait for it");
    eventually("it has run", || stage.lambda.records().iter().any(|record| !record.failed && record.event == event))
        .await;
}

#[tokio::test]
async fn a_request_over_the_limit_is_answered_and_not_cut_off() {
    let stage = Stage::set(|_| {}).await;
    let url = format!("http://{}/2015-03-31/functions/actor/invocations", stage.lambda.address());
    let answer = reqwest::Client::new().post(url).body(vec![b' '; PAYLOAD_BYTES_MAX * 2]).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 413);
    assert_eq!(answer.headers()["x-amzn-errortype"], "RequestTooLargeException");
}
