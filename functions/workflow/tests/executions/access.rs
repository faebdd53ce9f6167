//! Whose executions are whose.

use crate::house::house;
use crate::start::wait;
use serde_json::json;

const BY_ARN: [&str; 6] = [
    "DescribeExecution",
    "DescribeStateMachineForExecution",
    "GetExecutionHistory",
    "ListMapRuns",
    "RedriveExecution",
    "StopExecution",
];

#[tokio::test]
async fn who_started_it_and_who_defines_workflows_see_and_control_it_and_nobody_else() {
    let house = house().await;
    let machine = house.machine("wait", &wait()).await;
    let arn = house.start(&machine, json!({})).await;
    let input = json!({"executionArn": arn});
    for operation in BY_ARN {
        let denied = house.call("bob/editor", operation, input.clone()).await;
        let (name, message) = denied.refused();
        assert_eq!(name, "AccessDeniedException", "{operation}");
        assert!(message.contains(&format!("states:{operation} on resource: {arn}")), "{message}");
        let none = house.call("umbrella:ada/admin", operation, input.clone()).await;
        assert_eq!(none.refused().0, "ExecutionDoesNotExist", "{operation}: another tenant sees nothing");
    }
    for user in ["ada", "bob/workflows", "bob/admin"] {
        house.call(user, "DescribeExecution", input.clone()).await.ok();
        house.call(user, "GetExecutionHistory", input.clone()).await.ok();
    }
    house.call("bob/workflows", "StopExecution", input).await.ok();
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let house = house().await;
    let answer = house.call("a/b/c", "ListExecutions", json!({})).await;
    assert_eq!(answer.refused().0, "UnrecognizedClientException");
}
