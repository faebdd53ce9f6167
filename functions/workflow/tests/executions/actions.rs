//! `POST /v1/executions/actions`.

use crate::house::{House, house};
use crate::start::{task, wait};
use crate::worker::echo;
use serde_json::{Value, json};

async fn act(house: &House, user: &str, body: Value) -> Value {
    house.ask(user, "POST", "/v1/executions/actions", Some(body)).await.ok()
}

#[tokio::test]
async fn named_ones_are_stopped_and_each_is_told_what_became_of_it() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let mut arns = Vec::new();
    for _ in 0..12 {
        arns.push(house.start(&machine, json!({})).await);
    }
    let others = house.call("bob", "StartExecution", json!({"stateMachineArn": machine})).await.ok();
    let others = others["executionArn"].as_str().unwrap().to_owned();
    let missing = format!("{}x", arns[0]);
    let all: Vec<&String> = arns.iter().chain([&others, &missing]).collect();
    let body = json!({"action": "stop", "arns": all, "error": "Enough", "cause": "too many"});
    let told = act(&house, "ada", body.clone()).await;
    assert_eq!((&told["done"], &told["more"]), (&json!(12), &json!(false)));
    let results = told["results"].as_array().unwrap();
    let in_order: Vec<&str> = results.iter().map(|result| result["arn"].as_str().unwrap()).collect();
    assert_eq!(in_order, all);
    assert_eq!(results[0], json!({"arn": arns[0], "done": true, "at": "2027-01-01T12:00:00Z"}));
    assert!(results[12]["message"].as_str().unwrap().contains("is not authorized"));
    assert_eq!(results[13]["message"], format!("Execution Does Not Exist: '{missing}'"));
    assert_eq!(house.describe(&arns[3]).await["cause"], "too many");
    assert_eq!(house.describe(&others).await["status"], "RUNNING");
    assert_eq!(act(&house, "ada", body).await, told, "again changes nothing");
}

#[tokio::test]
async fn those_that_fit_a_query_are_stopped_then_redriven() {
    let house = house().await;
    let machine = house.machine("task", &task()).await;
    for _ in 0..3 {
        house.start(&machine, json!({})).await;
        house.later(1);
    }
    house.call("bob", "StartExecution", json!({"stateMachineArn": machine})).await.ok();
    let stop = json!({"action": "stop", "query": {"machine": machine}, "limit": 2});
    let told = act(&house, "ada", stop.clone()).await;
    assert_eq!((&told["done"], &told["more"]), (&json!(2), &json!(true)));
    let told = act(&house, "ada", stop.clone()).await;
    assert_eq!((&told["done"], &told["more"]), (&json!(1), &json!(false)), "the same request goes on");
    assert_eq!(act(&house, "ada", stop).await["results"], json!([]), "bob's is none of ada's");
    let redrive = json!({"action": "redrive", "query": {"status": ["ABORTED"]}});
    assert_eq!(act(&house, "root/admin", redrive).await["done"], 3);
    house.work(&echo).await;
    let counted = house.ask("root/admin", "GET", "/v1/executions?counts=true", None).await.ok();
    assert_eq!((&counted["counts"]["SUCCEEDED"], &counted["counts"]["RUNNING"]), (&json!(4), &json!(0)));
}

#[tokio::test]
async fn a_redrive_with_a_key_is_one_redrive() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let arn = house.start(&machine, json!({})).await;
    house.call("ada", "StopExecution", json!({"executionArn": arn})).await.ok();
    let body = json!({"action": "redrive", "arns": [arn]}).to_string();
    let headers = [("idempotency-key", "k1"), ("content-type", "application/json")];
    let ask = || house.ask_with("ada", "POST", "/v1/executions/actions", body.clone().into(), &headers);
    let first = ask().await.ok();
    house.later(3);
    assert_eq!(ask().await.ok(), first);
    assert_eq!(first["done"], 1);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let house = house().await;
    let cases = [
        (json!({}), "body"),
        (json!({"action": "pause", "arns": ["x"]}), "action"),
        (json!({"action": "stop"}), "arns"),
        (json!({"action": "stop", "arns": []}), "arns"),
        (json!({"action": "stop", "arns": ["x"], "query": {}}), "arns"),
        (json!({"action": "stop", "arns": vec!["x"; 1001]}), "arns"),
        (json!({"action": "stop", "query": {}, "limit": 1001}), "limit"),
        (json!({"action": "stop", "query": {"status": ["DONE"]}}), "query.status"),
        (json!({"action": "stop", "query": {"attributes": {"a": []}}}), "query.attributes.a"),
        (json!({"action": "stop", "query": {"sattus": []}}), "query.sattus"),
        (json!({"action": "stop", "query": {}, "error": "x".repeat(257)}), "error"),
    ];
    for (body, field) in cases {
        let answer = house.ask("ada", "POST", "/v1/executions/actions", Some(body.clone())).await;
        assert_eq!(answer.problem(), (422, "EDGE_0002", field), "{:#}", answer.json);
    }
    let strange = act(&house, "ada", json!({"action": "stop", "arns": ["x"]})).await;
    assert_eq!(strange["results"][0]["message"], "Invalid Arn: 'Invalid ARN prefix: x'");
}
