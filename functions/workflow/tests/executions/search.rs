//! `GET /v1/executions`, and the dead.

use crate::house::{House, house};
use crate::start::wait;
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::engine::ports::ExecutionStore;
use serde_json::{Value, json};

fn declared() -> Value {
    json!({
        "QueryLanguage": "JSONata",
        "SearchAttributes": {"customer": "{% $states.input.customer %}", "amount": "{% $states.input.amount %}"},
        "StartAt": "Done",
        "States": {"Done": {"Type": "Succeed"}},
    })
}

async fn names(house: &House, user: &str, query: &str) -> Vec<String> {
    let found = house.ask(user, "GET", &format!("/v1/executions?{query}"), None).await;
    let found = found.ok();
    found["executions"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn begun(house: &House, user: &str, machine: &str, name: &str, input: Value) {
    house.later(1);
    let input = json!({"stateMachineArn": machine, "name": name, "input": input.to_string()});
    house.call(user, "StartExecution", input).await.ok();
}

#[tokio::test]
async fn by_attributes_names_times_and_statuses() {
    let house = house().await;
    let orders = house.machine("orders", &declared()).await;
    let waits = house.machine("waits", &wait()).await;
    begun(&house, "ada", &orders, "order-1", json!({"customer": "c1", "amount": 10})).await;
    begun(&house, "ada", &orders, "order-2", json!({"customer": "c2", "amount": 10})).await;
    begun(&house, "bob", &orders, "order-3", json!({"customer": "c1"})).await;
    begun(&house, "bob", &waits, "wait-1", json!({})).await;
    let cases = [
        ("", vec!["wait-1", "order-3", "order-2", "order-1"]),
        ("attribute.customer=c1", vec!["order-3", "order-1"]),
        ("attribute.customer=c1&attribute.amount=10", vec!["order-1"]),
        ("attribute.amount=%2210%22", vec![]),
        ("name=order-", vec!["order-3", "order-2", "order-1"]),
        ("name=order-_", vec![]),
        ("status=RUNNING", vec!["wait-1"]),
        ("status=RUNNING&status=SUCCEEDED&limit=2", vec!["wait-1", "order-3"]),
        ("started_by=ada", vec!["order-2", "order-1"]),
        ("from=2027-01-01T12:00:02Z&to=2027-01-01T12:00:04Z", vec!["order-3", "order-2"]),
        ("redriven=true", vec![]),
        ("attribute.nothing=1", vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&house, "root/workflows", query).await, expected, "{query}");
    }
    let of_machine = format!("machine={waits}");
    assert_eq!(names(&house, "root/workflows", &of_machine).await, ["wait-1"]);
    assert_eq!(names(&house, "bob", "").await, ["wait-1", "order-3"], "whoever has no role sees their own");
    assert_eq!(names(&house, "umbrella:root/admin", "").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_item_says_what_lists_show_and_counts_are_by_status() {
    let house = house().await;
    let orders = house.machine("orders", &declared()).await;
    begun(&house, "ada", &orders, "one", json!({"customer": "c1"})).await;
    begun(&house, "ada", &orders, "two", json!({"customer": "c2"})).await;
    let page = house.ask("ada", "GET", "/v1/executions?limit=1&counts=true", None).await.ok();
    assert_eq!((&page["counts"]["SUCCEEDED"], &page["counts"]["FAILED"]), (&json!(2), &json!(0)));
    let expected = json!({
        "arn": orders.replace("stateMachine", "execution") + ":two",
        "name": "two",
        "machine_arn": orders,
        "status": "SUCCEEDED",
        "started_at": "2027-01-01T12:00:02Z",
        "stopped_at": "2027-01-01T12:00:02Z",
        "redrive_count": 0,
        "started_by": "ada",
        "attributes": {"customer": "c2"},
    });
    assert_eq!(page["executions"], json!([expected]));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = house.ask("ada", "GET", &format!("/v1/executions?limit=1&cursor={cursor}"), None).await.ok();
    assert_eq!((&next["executions"][0]["name"], &next["next_cursor"]), (&json!("one"), &Value::Null));
    let other = house.ask("ada", "GET", &format!("/v1/executions?status=FAILED&cursor={cursor}"), None).await;
    assert_eq!(other.problem(), (400, "EDGE_0001", "query:cursor"));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let house = house().await;
    let cases = [
        ("status=DONE", 422, "EDGE_0002", "query:status"),
        ("stauts=FAILED", 400, "EDGE_0001", "query:stauts"),
        ("machine=orders", 422, "EDGE_0002", "query:machine"),
        ("limit=0", 400, "EDGE_0001", "query:limit"),
        ("limit=201", 400, "EDGE_0001", "query:limit"),
        ("from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z", 422, "EDGE_0002", "query:to"),
        ("started_by=bob", 403, "WORKFLOW_0001", ""),
        ("started_by=", 200, "", ""),
        ("cursor=x", 400, "EDGE_0001", "query:cursor"),
        ("counts=1", 400, "EDGE_0001", "query:counts"),
    ];
    for (query, status, code, field) in cases {
        let answer = house.ask("ada", "GET", &format!("/v1/executions?{query}"), None).await;
        assert_eq!(answer.problem(), (status, code, field), "{query}: {:#}", answer.json);
    }
}

#[tokio::test]
async fn the_dead_are_seen_and_tried_again_by_who_defines_workflows() {
    let house = house().await;
    let waits = house.machine("waits", &wait()).await;
    let arn = house.start(&waits, json!({})).await;
    let (tenant, id) = ("acme".parse().unwrap(), house.id(&arn).await);
    house.store.execution_bury(&tenant, id, "its definition cannot be read", house.clock.now()).await.unwrap();
    let dead = house.ask("root/workflows", "GET", "/v1/executions/dead", None).await.ok();
    let expected = json!({"executions": [{
        "id": id.to_string(), "arn": arn, "error": "its definition cannot be read", "buried_at": "2027-01-01T12:00:00Z",
    }]});
    assert_eq!(dead, expected);
    let retry = format!("/v1/executions/dead/{id}/retry");
    assert_eq!(house.ask("ada", "GET", "/v1/executions/dead", None).await.problem(), (403, "WORKFLOW_0001", ""));
    assert_eq!(house.ask("ada", "POST", &retry, None).await.problem().1, "WORKFLOW_0001");
    assert_eq!(house.ask("umbrella:root/admin", "POST", &retry, None).await.problem().1, "WORKFLOW_0002");
    house.sent("step");
    assert_eq!(house.ask("root/workflows", "POST", &retry, None).await.status, 202);
    assert_eq!(house.sent("step").len(), 1);
    assert_eq!(house.ask("root/workflows", "POST", &retry, None).await.problem(), (404, "WORKFLOW_0002", "path:id"));
}
