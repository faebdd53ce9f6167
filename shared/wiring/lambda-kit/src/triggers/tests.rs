use super::*;
use async_trait::async_trait;
use http::StatusCode;
use lambda_runtime::{Config, Context};
use octavo_domain_kernel::{AuthenticateError, Principal};
use octavo_wiring_edge::Request;
use serde_json::{Value, json};
use std::sync::Mutex;

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

/// As AWS names the invocation.
const OWN: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

async fn ask(triggers: &Triggers, event: Value) -> Result<Value, Diagnostic> {
    let config = Config { function_name: "archive".to_owned(), ..Config::default() };
    let mut context = Context::default();
    context.env_config = Arc::new(config);
    context.xray_trace_id = Some(OWN.to_owned());
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

#[tokio::test]
async fn whatever_calls_it_a_function_knows_its_trace() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let see = |seen: &Arc<Mutex<Vec<Option<String>>>>| {
        let seen = seen.clone();
        move || seen.lock().unwrap().push(trace::current().map(|context| context.to_string()))
    };
    let (by_http, by_queue, by_schedule) = (see(&seen), see(&seen), see(&seen));
    let router = Router::new().open_route("POST", "/echo", move |_: Arc<()>, request: Request| {
        let see = by_http.clone();
        async move {
            // Not only at once: whenever it goes on.
            tokio::task::yield_now().await;
            see();
            let told = request.traceparent().unwrap_or_default();
            Ok(Response::bytes(StatusCode::OK, "text/plain".parse().unwrap(), told.into()))
        }
    });
    let triggers = Triggers::new()
        .http(router, Arc::new(()), Arc::new(Nobody))
        .queue(move |_| {
            let see = by_queue.clone();
            async move {
                see();
                Vec::new()
            }
        })
        .schedule(move |_| {
            let see = by_schedule.clone();
            async move {
                see();
                Ok(())
            }
        });
    let mut request = http_event();
    request["headers"]["traceparent"] = json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let answer = ask(&triggers, request).await.unwrap();
    let mut batch = queue_event();
    for record in batch["Records"].as_array_mut().unwrap() {
        let sent_by = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
        record["attributes"]["AWSTraceHeader"] = json!(sent_by);
    }
    ask(&triggers, batch).await.unwrap();
    ask(&triggers, schedule_event("nightly")).await.unwrap();
    let expected = [
        "00-0af7651916cd43dd8448eb211c80319c-53995c3f42cd8ad8-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-53995c3f42cd8ad8-01",
        "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
    ];
    assert_eq!(*seen.lock().unwrap(), expected.map(|context| Some(context.to_owned())));
    assert_eq!(answer["body"], expected[0], "what the function calls names it as the parent");
    assert_eq!(trace::current(), None);
}
