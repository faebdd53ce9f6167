use super::*;
use async_trait::async_trait;
use http::StatusCode;
use lambda_runtime::{Config, Context};
use octavo_domain_kernel::{AuthenticateError, Principal};
use octavo_wiring_edge::Request;
use serde_json::{Value, json};

struct Nobody;

#[async_trait]
impl Authenticator for Nobody {
    async fn authenticate(&self, _: &str) -> Result<Principal, AuthenticateError> {
        Err(AuthenticateError::Invalid("nobody has a token here".to_owned()))
    }
}

fn http(triggers: Triggers) -> Triggers {
    let router = Router::new().open_route("POST", "/echo", |_: Arc<()>, request: Request| async move {
        Ok(Response::bytes(StatusCode::OK, "text/plain".parse().unwrap(), request.body))
    });
    triggers.http(router, Arc::new(()), Arc::new(Nobody))
}

fn queue(triggers: Triggers) -> Triggers {
    triggers.queue(|records| async move {
        records.into_iter().filter(|record| record.body == "bad").map(|record| record.message_id).collect()
    })
}

fn schedule(triggers: Triggers) -> Triggers {
    triggers.schedule(|event| async move {
        match (event.name.as_str(), event.due.map(|due| due.to_rfc3339())) {
            ("nightly", Some(due)) if due == "2026-11-26T03:00:00+00:00" => Ok(()),
            (name, due) => Err(format!("there is no {name} at {due:?}").into()),
        }
    })
}

async fn ask(triggers: &Triggers, event: Value) -> Result<Value, Diagnostic> {
    let config = Config { function_name: "archive".to_owned(), ..Config::default() };
    let mut context = Context::default();
    context.env_config = Arc::new(config);
    let payload: Event = serde_json::from_str(&event.to_string()).unwrap();
    match triggers.answer(LambdaEvent::new(payload, context)).await? {
        FunctionResponse::BufferedResponse(answer) => Ok(serde_json::to_value(answer).unwrap()),
        FunctionResponse::StreamingResponse(_) => panic!("nobody streams"),
    }
}

fn http_event() -> Value {
    json!({
        "version": "2.0", "rawPath": "/echo", "headers": {"a": "b"}, "body": "hi", "isBase64Encoded": false,
        "requestContext": {"requestId": "r", "http": {"method": "POST", "path": "/echo"}},
    })
}

/// As `shared/wiring/triggers` makes it.
fn queue_event() -> Value {
    let record = |id: &str, body: &str| {
        json!({"messageId": id, "receiptHandle": "1-0/1", "body": body, "attributes": {"SenderId": "octavo"},
            "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:octavo:0:archive"})
    };
    json!({"Records": [record("m-1", "good"), record("m-2", "bad")]})
}

/// As `shared/wiring/triggers` makes it.
fn schedule_event(name: &str) -> Value {
    json!({"version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "000000000000", "time": "2026-11-26T03:00:00Z", "region": "octavo",
        "resources": [format!("arn:aws:events:octavo:000000000000:rule/archive-{name}")], "detail": {}})
}

#[tokio::test]
async fn each_event_goes_to_the_trigger_of_its_shape() {
    let all = schedule(queue(http(Triggers::new())));
    let answer = ask(&all, http_event()).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!("hi")));
    assert_eq!(ask(&all, queue_event()).await.unwrap(), json!({"batchItemFailures": [{"itemIdentifier": "m-2"}]}));
    assert_eq!(ask(&all, schedule_event("nightly")).await.unwrap(), Value::Null);
    let failed = ask(&all, schedule_event("weekly")).await.unwrap_err();
    assert!(failed.error_message.contains("there is no weekly"), "{failed:?}");
}

#[tokio::test]
async fn what_no_trigger_takes_is_refused_with_what_it_takes() {
    let two = queue(http(Triggers::new()));
    for (event, words) in [
        (schedule_event("nightly"), ["no schedule events", "it takes http, queue"]),
        (json!({"hello": "world"}), ["no known kind", "this function takes http, queue"]),
        (json!({"requestContext": {"requestId": "payload 1.0"}, "httpMethod": "GET"}), ["no known kind", "format 2.0"]),
        (json!({"Records": [{"eventSource": "aws:s3", "s3": {}}]}), ["records of aws:s3", "aws:sqs"]),
    ] {
        let refused = ask(&two, event.clone()).await.unwrap_err();
        assert_eq!(refused.error_type, "Octavo.UnservedEvent");
        assert!(words.iter().all(|word| refused.error_message.contains(word)), "{event}: {refused:?}");
    }
    let none = ask(&Triggers::new(), http_event()).await.unwrap_err();
    assert!(none.error_message.contains("no http events; it takes nothing"), "{none:?}");
}

#[tokio::test]
async fn a_request_that_is_none_is_a_problem_document() {
    let mut event = http_event();
    event["body"] = json!("not base64!");
    event["isBase64Encoded"] = json!(true);
    let answer = ask(&http(Triggers::new()), event).await.unwrap();
    assert_eq!(
        (&answer["statusCode"], &answer["headers"]["content-type"]),
        (&json!(400), &json!("application/problem+json"))
    );
}
