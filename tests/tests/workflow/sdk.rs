//! `aws-sdk-sfn`, the Rust SDK of Step Functions: what it reads is what was meant, and each error is the variant that its
//! model has for it.

use crate::desk::{Desk, Key};
use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType, StateMachineStatus, StateMachineType, Tag};
use aws_sdk_sfn::{Client, Config};
use octavo_tests::eventually;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/any";

fn client(url: &str, key: &Key) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("{url}/v1/states"))
        .credentials_provider(Credentials::new(&key.id, &key.secret, None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

struct Stock {
    desk: Desk,
    client: Client,
}

impl Stock {
    async fn start() -> Self {
        let desk = Desk::start().await;
        let key = desk.key(&desk.ada()).await;
        let client = client(&desk.world.emulator.url(), &key);
        Self { desk, client }
    }

    async fn machine(&self, name: &str, definition: &Value) -> String {
        let made = self.client.create_state_machine().name(name).role_arn(ROLE).definition(definition.to_string());
        made.send().await.expect("it is created").state_machine_arn
    }

    async fn start_execution(&self, machine: &str, input: Value) -> String {
        let started = self.client.start_execution().state_machine_arn(machine).input(input.to_string());
        started.send().await.expect("it is started").execution_arn
    }

    /// The status and output of an execution that has ended.
    async fn ended(&self, execution: &str) -> (ExecutionStatus, Option<String>) {
        eventually("the execution ends", || async {
            let asked = self.client.describe_execution().execution_arn(execution).send().await.expect("it is there");
            (asked.status != ExecutionStatus::Running).then_some((asked.status, asked.output))
        })
        .await
    }

    /// The types of all events, read in pages of two.
    async fn history(&self, execution: &str) -> Vec<HistoryEventType> {
        let pages = self.client.get_execution_history().execution_arn(execution).max_results(2).into_paginator();
        let events: Result<Vec<_>, _> = pages.items().send().collect().await;
        events.expect("every page is read").into_iter().map(|event| event.r#type).collect()
    }
}

/// The operation's own error.
#[track_caller]
fn refused<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, SdkError<E>>) -> E {
    match answer.expect_err("it is refused") {
        SdkError::ServiceError(error) => error.into_err(),
        other => panic!("no error of the service: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_sdk_reads_answers_and_errors_as_its_model_has_them() {
    let stock = Stock::start().await;
    let client = &stock.client;

    // A definition, and what it does.
    let double = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Double",
        "States": {"Double": {"Type": "Pass", "Output": "{% $states.input.n * 2 %}", "End": true}}
    });
    let machine = stock.machine("double", &double).await;
    let described = client.describe_state_machine().state_machine_arn(&machine).send().await.unwrap();
    assert_eq!(described.definition, double.to_string());
    assert_eq!(described.status, Some(StateMachineStatus::Active));
    assert_eq!(described.r#type, StateMachineType::Standard);
    let execution = stock.start_execution(&machine, json!({ "n": 21 })).await;
    assert_eq!(stock.ended(&execution).await, (ExecutionStatus::Succeeded, Some("42".to_owned())));
    let expected = [
        HistoryEventType::ExecutionStarted,
        HistoryEventType::PassStateEntered,
        HistoryEventType::PassStateExited,
        HistoryEventType::ExecutionSucceeded,
    ];
    assert_eq!(stock.history(&execution).await, expected);

    // A task token.
    let what = "rust-sdk";
    let ask = json!({"StartAt": "Ask", "States": {"Ask": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": stock.desk.function_arn(),
            "Payload": {"do": "keep", "what": what, "token.$": "$$.Task.Token"}},
        "End": true
    }}});
    let asking = stock.machine("ask", &ask).await;
    let waiting = stock.start_execution(&asking, json!({})).await;
    let file = stock.desk.folder().join(format!("token-{what}"));
    let token = eventually("the token is given", || async { std::fs::read_to_string(&file).ok() }).await;
    let bad = client.send_task_success().task_token(&token).output("{").send().await;
    assert!(refused(bad).is_invalid_output());
    client.send_task_heartbeat().task_token(&token).send().await.unwrap();
    client.send_task_success().task_token(&token).output("true").send().await.unwrap();
    assert_eq!(stock.ended(&waiting).await, (ExecutionStatus::Succeeded, Some("true".to_owned())));
    let again = client.send_task_failure().task_token(&token).send().await;
    assert!(refused(again).is_task_timed_out());
    assert!(refused(client.send_task_heartbeat().task_token("invented").send().await).is_invalid_token());

    // Errors of each kind, by type.
    let none = format!("{machine}-none");
    let error = refused(client.start_execution().state_machine_arn(&none).send().await);
    assert!(error.is_state_machine_does_not_exist(), "{error:?}");
    let error = refused(client.start_execution().state_machine_arn(&machine).input("{").send().await);
    assert!(error.is_invalid_execution_input(), "{error:?}");
    let error = refused(client.describe_execution().execution_arn(format!("{execution}-none")).send().await);
    assert!(error.is_execution_does_not_exist(), "{error:?}");
    let error = refused(client.describe_execution().execution_arn("nothing").send().await);
    assert!(error.is_invalid_arn(), "{error:?}");
    let named = |input: &str| client.start_execution().state_machine_arn(&machine).name("once").input(input);
    named("{\"n\": 1}").send().await.unwrap();
    let error = refused(named("{\"n\": 2}").send().await);
    assert!(error.is_execution_already_exists(), "{error:?}");
    let wrong = json!({"StartAt": "No", "States": {"No": {"Type": "Pass", "Next": "Nowhere"}}}).to_string();
    let made = client.create_state_machine().name("wrong").role_arn(ROLE).definition(wrong).send().await;
    assert!(refused(made).is_invalid_definition());
    let made = client.create_state_machine().name("double").role_arn(ROLE).definition(ask.to_string()).send().await;
    assert!(refused(made).is_state_machine_already_exists());
    let error = refused(client.redrive_execution().execution_arn(&execution).send().await);
    assert!(error.is_execution_not_redrivable(), "{error:?}");
    let tag = Tag::builder().key("a").value("b").build();
    let error = refused(client.tag_resource().resource_arn(&none).tags(tag).send().await);
    assert!(error.is_resource_not_found(), "{error:?}");
    let error = refused(client.update_state_machine().state_machine_arn(&machine).send().await);
    assert!(error.is_missing_required_parameter(), "{error:?}");

    // What is no operation's own has its code.
    let key = stock.desk.key(&stock.desk.ada()).await;
    let forged = Key { secret: key.secret.chars().rev().collect(), ..key };
    let stranger = self::client(&stock.desk.world.emulator.url(), &forged);
    let error = refused(stranger.list_state_machines().send().await);
    assert_eq!(error.code(), Some("InvalidSignatureException"), "{error:?}");
}
