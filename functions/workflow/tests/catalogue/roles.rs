//! Who may change what belongs to the tenant.

use crate::house::house;
use serde_json::json;

#[tokio::test]
async fn everybody_sees_definitions_and_two_roles_change_them() {
    let house = house().await;
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let create = json!({
        "name": "m", "definition": definition, "roleArn": "arn:aws:iam::111111111111:role/r", "publish": true,
    });
    assert_eq!(house.call("ada", "CreateStateMachine", create.clone()).await.refused().0, "AccessDeniedException");
    let arn = house.call("eve/workflows", "CreateStateMachine", create).await.ok()["stateMachineArn"].clone();
    let machine = arn.as_str().unwrap();
    let (version, alias) = (format!("{machine}:1"), format!("{machine}:live"));
    let routes = json!([{ "stateMachineVersionArn": version, "weight": 100 }]);
    let new_alias = json!({ "name": "live", "routingConfiguration": routes });
    house.call("eve/workflows", "CreateStateMachineAlias", new_alias.clone()).await.ok();
    let activity =
        house.call("eve/workflows", "CreateActivity", json!({ "name": "a" })).await.ok()["activityArn"].clone();

    for (operation, input) in [
        ("DescribeStateMachine", json!({ "stateMachineArn": arn })),
        ("ListStateMachines", json!({})),
        ("ListStateMachineVersions", json!({ "stateMachineArn": arn })),
        ("ListStateMachineAliases", json!({ "stateMachineArn": arn })),
        ("DescribeStateMachineAlias", json!({ "stateMachineAliasArn": alias })),
        ("ListTagsForResource", json!({ "resourceArn": arn })),
        ("DescribeActivity", json!({ "activityArn": activity })),
        ("ListActivities", json!({})),
        ("ValidateStateMachineDefinition", json!({ "definition": definition })),
        ("StartExecution", json!({ "stateMachineArn": alias })),
    ] {
        house.call("ada", operation, input).await.ok();
    }
    for (operation, input) in [
        ("UpdateStateMachine", json!({ "stateMachineArn": arn, "definition": definition })),
        ("DeleteStateMachine", json!({ "stateMachineArn": arn })),
        ("PublishStateMachineVersion", json!({ "stateMachineArn": arn })),
        ("DeleteStateMachineVersion", json!({ "stateMachineVersionArn": version })),
        ("CreateStateMachineAlias", new_alias),
        ("UpdateStateMachineAlias", json!({ "stateMachineAliasArn": alias, "description": "x" })),
        ("DeleteStateMachineAlias", json!({ "stateMachineAliasArn": alias })),
        ("TagResource", json!({ "resourceArn": arn, "tags": [] })),
        ("UntagResource", json!({ "resourceArn": arn, "tagKeys": [] })),
        ("CreateActivity", json!({ "name": "b" })),
        ("DeleteActivity", json!({ "activityArn": activity })),
    ] {
        let answer = house.call("ada", operation, input).await;
        assert_eq!(answer.refused().0, "AccessDeniedException", "{operation}");
    }
    house
        .call("eve/workflows", "UpdateStateMachineAlias", json!({ "stateMachineAliasArn": alias, "description": "x" }))
        .await
        .ok();
    house.call("root/admin", "DeleteStateMachine", json!({ "stateMachineArn": arn })).await.ok();
}
