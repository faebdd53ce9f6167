//! What recordings leave out of what their client did.
//!
//! The recording client stopped where the service's answer was an exception to it, or where it needed a value out of an answer
//! that it did not have. What the tests do by their names and their recorded answers is supplied here: requests only, never
//! answers.

use serde_json::{Value, json};

const DEFINITION: &str =
    r#"{"StartAt": "State_1", "States": {"State_1": {"Type": "Pass", "Result": {"Arg1": "argument1"}, "End": true}}}"#;
const MACHINE: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:scripted";
const ROLE: &str = "arn:aws:iam::111111111111:role/snf_role";
const ALIAS: &str = "state_machine_alias_name";

/// Whether the executions of a test need other services.
pub(crate) fn needs_others(test: &str) -> bool {
    test == "test_list_map_runs_and_describe_map_run"
}

/// The steps of a test, completed.
pub(crate) fn steps(test: &str, recorded: Vec<Value>) -> Vec<Value> {
    let last_machine = recorded.iter().rev().find_map(|step| {
        let arn = step["stateMachineArn"].as_str()?;
        Some(arn.rsplit_once(':').filter(|(_, end)| *end == "1").map_or(arn, |(start, _)| start).to_owned())
    });
    let more = match (test, last_machine) {
        ("test_list_executions_pagination" | "test_list_executions_versions_pagination", Some(machine)) => vec![
            json!({ "call": "list_executions", "stateMachineArn": machine, "nextToken": "x".repeat(3_097) }),
            json!({ "call": "delete_state_machine", "stateMachineArn": machine }),
            seen("deletion_resp"),
        ],
        ("test_list_state_machine_versions_pagination", _) => return versions_pages(),
        ("test_publish_state_machine_version", Some(_)) => return versions_published(recorded),
        ("test_update_logging_configuration", Some(machine)) => return logging(recorded, &machine),
        ("test_deleted_log_group", _) => return Vec::new(),
        ("test_describe_execution_no_such_state_machine", _) => vec![json!({
            "call": "describe_execution",
            "executionArn": "arn:aws:states:us-east-1:111111111111:execution:no_such:invalid_execution",
        })],
        ("test_describe_execution_invalid_arn", _) => {
            vec![json!({ "call": "describe_execution", "executionArn": "invalid_state_machine_arn" })]
        }
        ("test_get_execution_history_invalid_arn", _) => {
            vec![json!({ "call": "get_execution_history", "executionArn": "invalid_state_machine_arn" })]
        }
        ("test_describe_nonexistent_sm" | "test_illegal_activity_task", _) => Vec::new(),
        _ if recorded.is_empty() => return aliases(test),
        _ => Vec::new(),
    };
    recorded.into_iter().chain(more).collect()
}

fn seen(key: &str) -> Value {
    json!({ "call": "match", "key": key })
}

/// A call, and the key that its answer was recorded under.
fn call(call: &str, key: &str, members: Value) -> [Value; 2] {
    let mut step = members;
    step["call"] = json!(call);
    [step, seen(key)]
}

fn create(publish: bool) -> Value {
    json!({ "call": "create", "name": "scripted", "definition": DEFINITION, "roleArn": ROLE, "publish": publish })
}

fn revise(comment: &str, publish: bool) -> Value {
    let mut definition: Value = serde_json::from_str(DEFINITION).unwrap();
    definition["Comment"] = json!(comment);
    json!({
        "call": "update_state_machine", "stateMachineArn": MACHINE, "definition": definition.to_string(), "publish": publish,
    })
}

fn routes(weights: &[(u32, u32)]) -> Value {
    let routes = weights.iter().map(|(version, weight)| {
        json!({ "stateMachineVersionArn": format!("{MACHINE}:{version}").replace("111111111111", "{account}"), "weight": weight })
    });
    routes.collect()
}

fn alias(name: &str, routes: Value) -> Value {
    let mut step = json!({
        "call": "create_state_machine_alias",
        "name": name,
        "description": "create state machine alias description",
    });
    step["routingConfiguration"] = routes;
    step
}

fn alias_arn(name: &str) -> String {
    format!("{MACHINE}:{name}")
}

fn versions_pages() -> Vec<Value> {
    let list = |more: Value| {
        let mut step = json!({ "call": "list_state_machine_versions", "stateMachineArn": MACHINE });
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    };
    let mut steps = vec![create(false), seen("creation_resp_1")];
    steps.extend((1..=13).map(|number| revise(&format!("R{number}"), true)));
    steps.extend([list(json!({ "maxResults": 10 })), seen("list-state-machine-versions-page-1")]);
    steps.extend([
        list(json!({ "maxResults": 3, "nextToken": "MagicMock" })),
        seen("list-state-machine-versions-page-2"),
        list(json!({ "maxResults": 1_001 })),
        list(json!({ "nextToken": "x".repeat(1_025) })),
    ]);
    steps
}

/// The revision of the last conflict is the second one, which the recording client did not keep.
fn versions_published(mut recorded: Vec<Value>) -> Vec<Value> {
    if let Some(last) = recorded.last_mut() {
        last["revisionId"] = json!("{revision:update_resp_2}");
    }
    recorded
}

fn logging(recorded: Vec<Value>, machine: &str) -> Vec<Value> {
    // The last recorded update is one that is refused, of which nothing is known but that it has no single destination.
    let kept = recorded.len().saturating_sub(1);
    let group = |name: &str| json!({ "cloudWatchLogsLogGroup": { "logGroupArn": format!("arn:aws:logs:us-east-1:111111111111:log-group:{name}:*") } });
    let update = |destinations: Value| {
        json!({
            "call": "update_state_machine",
            "stateMachineArn": machine,
            "loggingConfiguration": { "level": "ALL", "includeExecutionData": true, "destinations": destinations },
        })
    };
    let mut steps: Vec<Value> = recorded.into_iter().take(kept).collect();
    steps.extend([update(json!([])), update(json!([group("a"), group("b")]))]);
    steps
}

/// Tests of aliases, of which no step was recorded.
fn aliases(test: &str) -> Vec<Value> {
    let created = "create_state_machine_alias_response";
    let single = || routes(&[(1, 100)]);
    let start = [create(true), alias(ALIAS, single()), seen(created)];
    let list = |key: &str, more: Value| {
        let mut members = json!({ "stateMachineArn": MACHINE });
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call("list_state_machine_aliases", key, members)
    };
    let mut steps: Vec<Value> = Vec::new();
    match test {
        "test_base_create_alias_single_router_config" => steps.extend(start),
        "test_error_create_alias_with_state_machine_arn" => {
            let machine = MACHINE.replace("111111111111", "{account}");
            let route = json!([{ "stateMachineVersionArn": machine, "weight": 100 }]);
            steps.extend([create(true), alias(ALIAS, route)]);
        }
        "test_error_create_alias_not_idempotent" => {
            steps.extend(start);
            let mut other = alias(ALIAS, single());
            other["description"] = json!("another");
            steps.extend([revise("2", true), other, alias(ALIAS, routes(&[(1, 50), (2, 50)]))]);
        }
        "test_idempotent_create_alias" => {
            steps.push(create(true));
            for attempt in 0..2 {
                steps.extend([alias(ALIAS, single()), seen(&format!("{created}_attempt_{attempt}"))]);
            }
            let second = format!("{ALIAS}-second");
            steps.extend([alias(&second, single()), seen(&format!("{created}_different_name"))]);
            steps.extend(list("list_state_machine_aliases_response", json!({})));
        }
        "test_error_create_alias_invalid_name" => {
            let long = "A".repeat(81);
            let names = ["!INVALID", "123", &long, "ALIAS@", "INVALID ALIAS"];
            steps.push(create(true));
            steps.extend(names.map(|name| alias(name, single())));
        }
        "test_base_lifecycle_create_delete_list" => {
            let listed = "list_state_machine_aliases_response";
            let name = |at: usize| format!("state_machine_alias_base_name-{at}");
            steps.push(create(true));
            steps.extend(list(&format!("{listed}_empty"), json!({})));
            for at in 0..3 {
                steps.extend([alias(&name(at), single()), seen(&format!("{created}_num_{at}"))]);
                steps.extend(list(&format!("{listed}_after_creation_{at}"), json!({})));
            }
            for at in 0..3 {
                let gone = json!({ "stateMachineAliasArn": alias_arn(&name(at)) });
                steps.extend(call(
                    "delete_state_machine_alias",
                    &format!("delete_state_machine_alias_response_{at}"),
                    gone,
                ));
                steps.extend(list(&format!("{listed}_after_deletion_{at}"), json!({})));
            }
        }
        "test_update_no_such_alias_arn" => {
            steps.extend(start);
            steps.push(json!({
                "call": "update_state_machine_alias", "stateMachineAliasArn": alias_arn("no_such"), "description": "x",
            }));
        }
        "test_base_lifecycle_create_invoke_describe_list" => invoked(&mut steps, start, list),
        "test_base_lifecycle_create_update_describe" => {
            steps.extend(start);
            let arn = json!({ "stateMachineAliasArn": alias_arn(ALIAS) });
            for (what, change) in [
                ("description", json!({ "description": "new description" })),
                ("routing_configuration", json!({ "routingConfiguration": routes(&[(1, 50), (2, 50)]) })),
            ] {
                if what == "routing_configuration" {
                    steps.push(revise("2", true));
                }
                let mut members = arn.clone();
                members.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
                steps.extend(call(
                    "update_state_machine_alias",
                    &format!("update_state_machine_alias_{what}_response"),
                    members,
                ));
                let key = format!("describe_state_machine_alias_update_{what}_response");
                steps.extend(call("describe_state_machine_alias", &key, arn.clone()));
            }
        }
        "test_delete_version_with_alias" => {
            steps.extend(start);
            let arn = json!({ "stateMachineAliasArn": alias_arn(ALIAS) });
            let version =
                json!({ "call": "delete_state_machine_version", "stateMachineVersionArn": format!("{MACHINE}:1") });
            let mut moved = arn.clone();
            (moved["call"], moved["routingConfiguration"]) = (json!("update_state_machine_alias"), routes(&[(2, 100)]));
            steps.extend([version.clone(), revise("2", true), moved]);
            steps.extend(call("describe_state_machine_alias", "describe_state_machine_alias_response", arn));
            steps.extend([version, seen("delete_version_response")]);
        }
        "test_delete_revision_with_alias" => {
            steps.extend(start);
            let machine = json!({ "stateMachineArn": MACHINE });
            steps.extend(call("delete_state_machine", "delete_state_machine_response", machine));
        }
        "test_list_state_machine_aliases_pagination_invalid_next_token" => {
            steps.extend(start);
            steps.push(json!({
                "call": "list_state_machine_aliases", "stateMachineArn": MACHINE, "nextToken": "InvalidToken",
            }));
        }
        _ if test.starts_with("test_list_state_machine_aliases_pagination_max_results") => {
            steps.push(create(true));
            for at in 1..=3 {
                steps.extend([alias(&format!("AliasName-{at}"), single()), seen(&format!("{created}-{at}"))]);
            }
            let zero = test.ends_with("[0]");
            let (key, limit) = if zero { ("0", 0) } else { ("1", 1) };
            steps.extend(list(
                &format!("list_state_machine_aliases_max_results_{key}_response"),
                json!({ "maxResults": limit }),
            ));
            if !zero {
                steps.extend(list(
                    "list_state_machine_aliases_next_token_response",
                    json!({ "nextToken": "MagicMock" }),
                ));
            }
            steps.extend(list("list_state_machine_aliases_max_results_1001_response", json!({ "maxResults": 1_001 })));
        }
        _ => {}
    }
    steps
}

fn invoked(steps: &mut Vec<Value>, start: [Value; 3], list: impl Fn(&str, Value) -> [Value; 2]) {
    let [machine, alias, seen_alias] = start;
    steps.push(machine);
    steps.extend(list("list_state_machine_aliases_response_empty", json!({})));
    steps.extend([alias, seen_alias]);
    let newest = "arn:aws:states:us-east-1:111111111111:execution:scripted:newest";
    for (how, arn) in [("alias", alias_arn(ALIAS)), ("version_arn", format!("{MACHINE}:1"))] {
        let started = json!({ "call": "start", "arn": arn, "input": "{}" });
        steps.extend([started, seen(&format!("start_execution_response_through_{how}"))]);
        let key = format!("describe_execution_response_through_{how}");
        steps.extend(call("describe_execution", &key, json!({ "executionArn": newest })));
    }
    steps.extend(call("list_executions", "list_executions_response", json!({ "stateMachineArn": MACHINE })));
}
