//! What HTTP tasks prove themselves with.

use crate::house::house;
use serde_json::json;

#[tokio::test]
async fn a_connection_keeps_its_arn_and_never_shows_its_value() {
    let house = house().await;
    let put = async |value: &str| {
        let body = json!({ "header": "X-Api-Key", "value": value, "hosts": ["API.example.com"] });
        let answer = house.ask("eve/workflows", "PUT", "/v1/workflow-connections/billing", Some(body)).await;
        assert_eq!(answer.status, 200, "{:#}", answer.json);
        assert!(!answer.json.to_string().contains(value));
        answer.json
    };
    let first = put("secret-1").await;
    assert_eq!((first["header"].as_str(), &first["hosts"]), (Some("x-api-key"), &json!(["api.example.com"])));
    assert_eq!(put("secret-2").await["arn"], first["arn"]);
    let shown = house.ask("eve/workflows", "GET", "/v1/workflow-connections/billing", None).await.json;
    assert_eq!(shown["arn"], first["arn"]);
    let all = house.ask("eve/workflows", "GET", "/v1/workflow-connections", None).await.json;
    assert_eq!(all["connections"].as_array().unwrap().len(), 1);
    assert!(!all.to_string().contains("secret"));

    // What a task is given.
    let (acme, arn) = ("acme".parse().unwrap(), first["arn"].as_str().unwrap());
    let stored = house.deps.connections.connection_find(&acme, arn).await.unwrap().unwrap();
    let open = stored.clone().open(&*house.deps.sealer, &acme).unwrap();
    assert_eq!((open.value.as_str(), open.hosts), ("secret-2", vec!["api.example.com".to_owned()]));
    assert!(stored.open(&*house.deps.sealer, &"umbrella".parse().unwrap()).is_err());

    assert_eq!(house.ask("eve/workflows", "DELETE", "/v1/workflow-connections/billing", None).await.status, 204);
    let gone = house.ask("eve/workflows", "GET", "/v1/workflow-connections/billing", None).await;
    assert_eq!((gone.status, gone.problem().1), (404, "WORKFLOW_0008"));
}

#[tokio::test]
async fn connections_are_for_who_defines_workflows_and_what_is_wrong_is_named() {
    let house = house().await;
    let good = json!({ "value": "Bearer x", "hosts": ["a.example.com"] });
    for (method, body) in [("PUT", Some(good)), ("GET", None), ("DELETE", None)] {
        let answer = house.ask("ada", method, "/v1/workflow-connections/x", body).await;
        assert_eq!((answer.status, answer.problem().1), (403, "WORKFLOW_0001"), "{method}");
    }
    let put = async |name: &str, body| {
        let path = format!("/v1/workflow-connections/{name}");
        house.ask("eve/workflows", "PUT", &path, Some(body)).await
    };
    for (name, body, field) in [
        ("a%20b", json!({ "value": "x", "hosts": ["a"] }), "path:name"),
        ("a", json!({ "value": "", "hosts": ["a"] }), "value"),
        ("a", json!({ "value": "x", "hosts": [] }), "hosts"),
        ("a", json!({ "value": "x", "hosts": ["https://a"] }), "hosts[0]"),
        ("a", json!({ "value": "x", "hosts": ["a"], "header": "Host" }), "header"),
        ("a", json!({ "hosts": ["a"] }), "body"),
    ] {
        let answer = put(name, body.clone()).await;
        assert_eq!(answer.problem(), (422, "EDGE_0002", field), "{body}: {:#}", answer.json);
    }
}
