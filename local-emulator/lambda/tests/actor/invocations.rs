//! What a caller gets back.

use crate::stage::{Stage, failure};
use local_emulator_lambda::{CLIENT_CONTEXT_BYTES_MAX, InvokeError, InvokeRequest, LOG_LINES_MAX, PAYLOAD_BYTES_MAX};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_event_goes_in_and_the_answer_comes_out() {
    let stage = Stage::set(|_| {}).await;
    let event = json!({"do": "echo", "text": "\u{1d11e} \" \\ \u{0}", "numbers": [1, 2.5, -3]});
    assert_eq!(stage.json(event.to_string()).await, event);
    assert!(!stage.invoke("{}").await.cold);
}

#[tokio::test]
async fn the_function_learns_what_lambda_would_tell_it() {
    let stage = Stage::set(|config| {
        config.memory_mb = 300;
        config.timeout = Duration::from_secs(20);
        config.env = vec![("OWN".to_owned(), "value".to_owned())];
    })
    .await;
    #[expect(clippy::disallowed_methods, reason = "the function's deadline is in the machine's own time")]
    let before = chrono::Utc::now().timestamp_millis();
    let request = InvokeRequest {
        function: "actor".to_owned(),
        payload: r#"{"do":"context"}"#.into(),
        client_context: Some(r#"{"custom":{"a":"b"}}"#.to_owned()),
        trace_id: Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".to_owned()),
        ..InvokeRequest::default()
    };
    let response = stage.lambda.invoke(request).await.unwrap();
    let request_id = response.request_id.clone();
    let local_emulator_lambda::Output::Buffered(told) = response.output else { panic!("{:?}", response.output) };
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["request_id"], request_id);
    let record = stage.lambda.record(&request_id).unwrap();
    assert_eq!(told["trace"], format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent={};Sampled=1", record.span_id));
    assert_eq!(record.trace_id, "5759e988bd862e3fe1be46a994272793");
    assert_eq!(record.parent_id.as_deref(), Some("53995c3f42cd8ad8"), "who asked is the parent of the invocation");
    assert!(record.cold && record.wait_ms > 0.0 && record.wait_ms <= record.duration_ms, "{record:?}");
    assert_eq!(told["arn"], "arn:aws:lambda:us-east-1:123456789012:function:actor");
    assert_eq!((&told["name"], &told["memory"], &told["client"]), (&json!("actor"), &json!(300), &json!({"a": "b"})));
    let left = told["deadline"].as_i64().unwrap() - before;
    assert!((20_000..30_000).contains(&left), "{left}");
    let environment = &told["environment"];
    assert_eq!((&environment["OWN"], &environment["AWS_REGION"]), (&json!("value"), &json!("us-east-1")));
    // The test's own environment has this one, as cargo runs it.
    assert_eq!(environment["CARGO_MANIFEST_DIR"], json!(null));
    assert!(environment["PATH"].is_string());
}

#[tokio::test]
async fn lines_belong_to_the_invocation_that_wrote_them_and_are_bounded() {
    let stage = Stage::set(|config| config.sandboxes_max = 1).await;
    let first = stage.invoke(r#"{"do":"log","lines":3}"#).await;
    assert!(first.log.ends_with(&["line 0", "line 1", "line 2"].map(str::to_owned)), "{:?}", first.log);
    let second = stage.invoke(r#"{"do":"log","lines":1}"#).await;
    assert_eq!(second.log, ["line 0"]);
    let many = stage.invoke(format!(r#"{{"do":"log","lines":{}}}"#, LOG_LINES_MAX + 50)).await;
    assert_eq!((many.log.len(), many.log[0].as_str()), (LOG_LINES_MAX, "line 50"));
}

#[tokio::test]
async fn events_over_the_limit_are_refused_with_their_size() {
    let stage = Stage::set(|_| {}).await;
    let event = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let refused = stage.try_invoke(event(PAYLOAD_BYTES_MAX + 1)).await.unwrap_err();
    assert_eq!(refused, InvokeError::TooLarge { bytes: PAYLOAD_BYTES_MAX + 1, limit: PAYLOAD_BYTES_MAX });
    let context = InvokeRequest {
        function: "actor".to_owned(),
        payload: "{}".into(),
        client_context: Some("x".repeat(CLIENT_CONTEXT_BYTES_MAX + 1)),
        ..InvokeRequest::default()
    };
    assert!(matches!(
        stage.lambda.invoke(context).await,
        Err(InvokeError::TooLarge { limit: CLIENT_CONTEXT_BYTES_MAX, .. })
    ));
    // The largest event reaches the function.
    let answer = stage.json(event(PAYLOAD_BYTES_MAX)).await;
    assert_eq!(answer.as_str().unwrap().len(), PAYLOAD_BYTES_MAX - 2);
}

#[tokio::test]
async fn a_response_over_the_limit_fails_the_invocation_and_the_sandbox_goes_on() {
    let stage = Stage::set(|config| config.sandboxes_max = 1).await;
    let error = stage.failure(format!(r#"{{"do":"fill","bytes":{}}}"#, PAYLOAD_BYTES_MAX + 1000)).await;
    assert_eq!(error.error_type, "Function.ResponseSizeTooLarge");
    let fits = stage.json(format!(r#"{{"do":"fill","bytes":{}}}"#, PAYLOAD_BYTES_MAX - 2)).await;
    assert_eq!(fits.as_str().unwrap().len(), PAYLOAD_BYTES_MAX - 2);
}

#[tokio::test]
async fn what_happened_can_be_looked_at() {
    let stage = Stage::set(|_| {}).await;
    let first = stage.invoke(r#"{"do":"echo","n":1}"#).await;
    let second = stage.invoke(r#"{"do":"fail"}"#).await;
    let records = stage.lambda.records();
    let ids: Vec<&str> = records.iter().map(|record| record.request_id.as_str()).collect();
    assert_eq!(ids, [second.request_id.as_str(), first.request_id.as_str()], "newest first");
    assert_eq!((records[1].failed, &records[1].event[..]), (false, &br#"{"do":"echo","n":1}"#[..]));
    assert!(records[1].cold && records[1].duration_ms > 0.0);
    let reported: serde_json::Value = serde_json::from_slice(&records[0].response).unwrap();
    assert!(records[0].failed);
    assert_eq!(reported["errorMessage"], failure(second).error_message);
}
