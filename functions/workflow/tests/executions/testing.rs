//! `TestState`.

use crate::house::house;
use serde_json::json;

#[tokio::test]
async fn a_state_is_tried_alone() {
    let house = house().await;
    let definition = json!({"Type": "Pass", "Parameters": {"b.$": "$.a"}, "Next": "Then"}).to_string();
    let input = json!({"definition": definition, "input": "{\"a\": 1}", "inspectionLevel": "DEBUG"});
    let answer = house.call("ada", "TestState", input).await.ok();
    assert_eq!((&answer["status"], &answer["nextState"]), (&json!("SUCCEEDED"), &json!("Then")));
    assert_eq!(answer["output"], "{\"b\":1}");
    assert_eq!(answer["inspectionData"]["afterParameters"], "{\"b\":1}");
}

#[tokio::test]
async fn a_task_is_answered_by_a_mock() {
    let house = house().await;
    let task = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true});
    let mut input = json!({"definition": task.to_string(), "mock": {"errorOutput": {"error": "E", "cause": "C"}}});
    let answer = house.call("ada", "TestState", input.clone()).await.ok();
    assert_eq!((&answer["status"], &answer["error"]), (&json!("FAILED"), &json!("E")));
    input.as_object_mut().unwrap().remove("mock");
    let refused = house.call("ada", "TestState", input).await;
    assert_eq!(refused.refused().0, "ValidationException");
    assert!(refused.refused().1.contains("specify a mock for 'arn:aws:states:::lambda:invoke'"));
}

#[tokio::test]
async fn what_is_no_state_is_told() {
    let house = house().await;
    for (definition, name) in [("{}", "InvalidDefinition"), ("", "ValidationException")] {
        let refused = house.call("ada", "TestState", json!({"definition": definition})).await;
        assert_eq!(refused.refused().0, name);
    }
}
