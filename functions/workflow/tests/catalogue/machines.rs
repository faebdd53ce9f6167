//! What the recordings do not say of state machines.

use crate::house::{House, house};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111111111111:role/r";
const WAITS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}}"#;
const ENDS: &str = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;

async fn create(house: &House, name: &str, definition: &str) -> String {
    let input = json!({ "name": name, "definition": definition, "roleArn": ROLE });
    house.sfn("CreateStateMachine", input).await.ok()["stateMachineArn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_same_again_is_answered_and_another_is_refused() {
    let house = house().await;
    let input = json!({
        "name": "m", "definition": ENDS, "roleArn": ROLE, "publish": true, "versionDescription": "first",
        "tags": [{ "key": "a", "value": "1" }],
    });
    let first = house.sfn("CreateStateMachine", input.clone()).await.ok();
    house.later(10);
    let mut again = input.clone();
    (again["roleArn"], again["tags"]) = (json!(format!("{ROLE}2")), json!([]));
    assert_eq!(house.sfn("CreateStateMachine", again).await.ok(), first, "role and tags are not looked at");
    for (member, value) in [
        ("definition", json!(WAITS)),
        ("type", json!("EXPRESS")),
        ("versionDescription", json!("second")),
        ("tracingConfiguration", json!({ "enabled": true })),
    ] {
        let mut other = input.clone();
        other[member] = value;
        let answer = house.sfn("CreateStateMachine", other).await;
        assert_eq!(answer.refused().0, "StateMachineAlreadyExists", "{member}");
    }
}

#[tokio::test]
async fn what_cannot_be_accepted_is_refused_by_its_own_error() {
    let house = house().await;
    let base = json!({ "name": "m", "definition": ENDS, "roleArn": ROLE });
    let with = |member: &str, value: Value| {
        let mut input = base.clone();
        input[member] = value;
        input
    };
    let mapped = |label: &str| {
        let states = json!({ "B": { "Type": "Pass", "End": true } });
        let processor = json!({ "ProcessorConfig": { "Mode": "DISTRIBUTED" }, "StartAt": "B", "States": states });
        let map = json!({ "Type": "Map", "ItemProcessor": processor, "Label": label, "End": true });
        json!(json!({ "StartAt": "A", "States": { "A": map } }).to_string())
    };
    let kms = json!({ "type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k" });
    let cases = [
        (with("name", json!("a b")), "InvalidName", "Invalid Name: 'a b'"),
        (with("name", json!("")), "ValidationException", "'name'"),
        (with("name", json!("x".repeat(81))), "ValidationException", "less than or equal to 80"),
        (with("roleArn", json!("r")), "InvalidArn", "Invalid Role Arn: 'r'"),
        (with("definition", json!("{}")), "InvalidDefinition", "SCHEMA_VALIDATION_FAILED"),
        (with("definition", mapped("a:b")), "InvalidDefinition", "'Label' contains a character"),
        (with("definition", Value::Null), "ValidationException", "Value null at 'definition'"),
        (with("type", json!("FAST")), "ValidationException", "enum value set: [STANDARD, EXPRESS]"),
        (with("loggingConfiguration", json!({ "level": "ALL" })), "InvalidLoggingConfiguration", "exactly one"),
        (with("encryptionConfiguration", kms), "InvalidEncryptionConfiguration", "AWS_OWNED_KEY"),
        (with("tags", json!([{ "key": "aws:x", "value": "" }])), "ValidationException", "'aws:'"),
        (with("tags", (0..51).map(|at| json!({ "key": format!("{at}") })).collect()), "TooManyTags", "50"),
        (with("publish", json!("yes")), "SerializationException", "'publish'"),
        (with("versionDescription", json!("x")), "ValidationException", "only be set when publish is true"),
    ];
    for (input, name, part) in cases {
        let answer = house.sfn("CreateStateMachine", input.clone()).await;
        let (found, text) = answer.refused();
        assert!(found == name && text.contains(part), "{found}: {text}");
    }
    assert_eq!(house.sfn("ListStateMachines", json!({})).await.ok(), json!({ "stateMachines": [] }));
    assert_eq!(house.sfn("CreateEverything", json!({})).await.refused().0, "UnknownOperationException");
}

#[tokio::test]
async fn a_machine_of_another_tenant_is_not_there() {
    let house = house().await;
    let arn = create(&house, "m", ENDS).await;
    for (operation, input, name) in [
        ("DescribeStateMachine", json!({ "stateMachineArn": arn }), "StateMachineDoesNotExist"),
        ("UpdateStateMachine", json!({ "stateMachineArn": arn, "definition": WAITS }), "StateMachineDoesNotExist"),
        ("PublishStateMachineVersion", json!({ "stateMachineArn": arn }), "StateMachineDoesNotExist"),
        ("StartExecution", json!({ "stateMachineArn": arn }), "StateMachineDoesNotExist"),
        ("ListTagsForResource", json!({ "resourceArn": arn }), "ResourceNotFound"),
        ("ListStateMachineAliases", json!({ "stateMachineArn": arn }), "StateMachineDoesNotExist"),
    ] {
        let answer = house.call("umbrella:root/admin", operation, input).await;
        assert_eq!(answer.refused().0, name, "{operation}");
    }
    house.call("umbrella:root/admin", "DeleteStateMachine", json!({ "stateMachineArn": arn })).await.ok();
    house.sfn("DescribeStateMachine", json!({ "stateMachineArn": arn })).await.ok();
}

#[tokio::test]
async fn a_machine_with_executions_is_deleted_when_they_have_ended() {
    let house = house().await;
    let arn = create(&house, "m", WAITS).await;
    let execution = house.start(&arn, json!({})).await;
    house.sfn("DeleteStateMachine", json!({ "stateMachineArn": arn })).await.ok();
    let describe = async || house.sfn("DescribeStateMachine", json!({ "stateMachineArn": arn })).await;
    assert_eq!(describe().await.ok()["status"], "DELETING");
    for (operation, input) in [
        ("StartExecution", json!({ "stateMachineArn": arn })),
        ("UpdateStateMachine", json!({ "stateMachineArn": arn, "definition": ENDS })),
        ("CreateStateMachine", json!({ "name": "m", "definition": WAITS, "roleArn": ROLE })),
    ] {
        let answer = house.sfn(operation, input).await;
        let name = answer.refused().0;
        assert!(matches!(name, "StateMachineDeleting" | "StateMachineDoesNotExist"), "{operation}: {name}");
    }
    house.sfn("StopExecution", json!({ "executionArn": execution })).await.ok();
    assert_eq!(describe().await.refused().0, "StateMachineDoesNotExist");
    let shown = house.sfn("DescribeStateMachineForExecution", json!({ "executionArn": execution })).await.ok();
    assert_eq!(shown["definition"], WAITS);
    create(&house, "m", ENDS).await;
}

#[tokio::test]
async fn an_execution_stays_with_the_definition_that_it_was_started_with() {
    let house = house().await;
    let arn = create(&house, "m", WAITS).await;
    let before = house.start(&arn, json!({})).await;
    let updated = house.sfn("UpdateStateMachine", json!({ "stateMachineArn": arn, "definition": ENDS })).await.ok();
    let after = house.start(&arn, json!({})).await;
    let shown =
        async |arn: &str| house.sfn("DescribeStateMachineForExecution", json!({ "executionArn": arn })).await.ok();
    assert_eq!(shown(&before).await["definition"], WAITS);
    let now = shown(&after).await;
    assert_eq!((&now["definition"], &now["revisionId"]), (&json!(ENDS), &updated["revisionId"]));
    assert_eq!(house.describe(&after).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn versions_are_published_of_the_revision_that_is_meant() {
    let house = house().await;
    let arn = create(&house, "m", ENDS).await;
    let publish = async |revision: &str| {
        house.sfn("PublishStateMachineVersion", json!({ "stateMachineArn": arn, "revisionId": revision })).await
    };
    assert_eq!(publish("INITIAL").await.ok()["stateMachineVersionArn"], format!("{arn}:1"));
    let input = json!({ "stateMachineArn": arn, "definition": WAITS, "publish": true, "versionDescription": "waits" });
    let updated = house.sfn("UpdateStateMachine", input).await.ok();
    assert_eq!(updated["stateMachineVersionArn"], format!("{arn}:2"));
    let refused = publish("INITIAL").await;
    let (name, text) = refused.refused();
    let current = updated["revisionId"].as_str().unwrap();
    assert_eq!(name, "ConflictException");
    let expected = format!(
        "Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is {current}."
    );
    assert_eq!(text, expected);
    let second = house.sfn("DescribeStateMachine", json!({ "stateMachineArn": format!("{arn}:2") })).await.ok();
    assert_eq!((&second["description"], &second["definition"]), (&json!("waits"), &json!(WAITS)));
    // Of one tenant's two machines neither has the other's versions.
    let other = create(&house, "n", ENDS).await;
    let route = json!([{ "stateMachineVersionArn": format!("{other}:1"), "weight": 100 }]);
    let alias = json!({ "name": "live", "routingConfiguration": route });
    assert_eq!(house.sfn("CreateStateMachineAlias", alias).await.refused().0, "ResourceNotFound");
}

#[tokio::test]
async fn a_map_states_arn_and_a_qualified_one_are_refused_where_they_mean_nothing() {
    let house = house().await;
    let arn = create(&house, "m", ENDS).await;
    let answer = house.sfn("DeleteStateMachine", json!({ "stateMachineArn": format!("{arn}/Each") })).await;
    assert_eq!(answer.refused().0, "ValidationException");
    assert_eq!(answer.json["reason"], "API_DOES_NOT_SUPPORT_LABELED_ARNS");
    let answer =
        house.sfn("UpdateStateMachine", json!({ "stateMachineArn": format!("{arn}:1"), "roleArn": ROLE })).await;
    assert_eq!(answer.refused().0, "ValidationException");
    let activity = arn.replace("stateMachine", "activity");
    let answer = house.sfn("DescribeStateMachine", json!({ "stateMachineArn": activity })).await;
    let text = "Invalid Arn: 'Resource type not valid in this context: activity'";
    assert_eq!(answer.refused(), ("InvalidArn", text));
    let answer = house.sfn("ListTagsForResource", json!({ "resourceArn": format!("{arn}x") })).await;
    assert_eq!(
        (answer.refused().0, answer.json["resourceName"].as_str()),
        ("ResourceNotFound", Some(&*format!("{arn}x")))
    );
}

#[tokio::test]
async fn metadata_is_shown_without_the_definition() {
    let house = house().await;
    let arn = create(&house, "m", ENDS).await;
    let input = json!({ "stateMachineArn": arn, "includedData": "METADATA_ONLY" });
    let shown = house.sfn("DescribeStateMachine", input).await.ok();
    assert!(shown["definition"].is_null() && shown["name"] == "m", "{shown:#}");
}

#[tokio::test]
async fn a_definition_is_checked_with_lines_and_hints() {
    let house = house().await;
    let check = async |definition: &str, kind: &str| {
        let body = json!({ "definition": definition, "type": kind });
        house.ask("ada", "POST", "/v1/workflow-checks", Some(body)).await.json
    };
    assert_eq!(check(ENDS, "EXPRESS").await, json!({ "valid": true, "findings": [] }));
    let broken = "{\n  \"StartAt\": \"A\",\n  \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"B\"}}\n}";
    let found = check(broken, "STANDARD").await;
    let finding = &found["findings"][0];
    assert_eq!((found["valid"].as_bool(), finding["line"].as_u64()), (Some(false), Some(3)), "{found:#}");
    assert_eq!(finding["code"], "MISSING_TRANSITION_TARGET", "{found:#}");
    let answer = house.ask("ada", "POST", "/v1/workflow-checks", Some(json!({ "definition": {} }))).await;
    assert_eq!(answer.problem().2, "definition");
}
