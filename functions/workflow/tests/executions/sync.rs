//! `StartSyncExecution`.

use crate::house::house;
use crate::start::{chain, task};
use crate::worker::echo;
use serde_json::json;

#[tokio::test]
async fn the_end_is_the_answer() {
    let house = house().await;
    let machine = house.express("fast", &chain()).await;
    let input = json!({"stateMachineArn": machine, "name": "n", "input": "{\"a\":1}"});
    let answer = house.call("ada", "StartSyncExecution", input).await.ok();
    let expected = json!({
        "executionArn": answer["executionArn"],
        "stateMachineArn": machine,
        "name": "n",
        "startDate": 1_798_804_800.0,
        "stopDate": 1_798_804_800.0,
        "status": "SUCCEEDED",
        "input": "{\"a\":1}",
        "inputDetails": {"included": true},
        "output": "{\"a\":1}",
        "outputDetails": {"included": true},
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100},
    });
    assert_eq!(answer, expected);
    assert!(answer["executionArn"].as_str().unwrap().contains(":express:fast:n:"));
}

#[tokio::test]
async fn a_failure_is_an_answer_too() {
    let house = house().await;
    let definition = json!({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "E", "Cause": "C"}}});
    let machine = house.express("no", &definition).await;
    let answer = house.call("ada", "StartSyncExecution", json!({"stateMachineArn": machine})).await.ok();
    assert_eq!((&answer["status"], &answer["error"], &answer["cause"]), (&json!("FAILED"), &json!("E"), &json!("C")));
    assert!(answer.get("output").is_none() && answer["outputDetails"] == json!({"included": true}));
    let quiet = json!({"stateMachineArn": machine, "includedData": "METADATA_ONLY"});
    let answer = house.call("ada", "StartSyncExecution", quiet).await.ok();
    assert!(answer.get("cause").is_none() && answer.get("input").is_none(), "{answer}");
}

#[tokio::test]
async fn what_takes_time_is_waited_for() {
    let house = house().await;
    let machine = house.express("slow", &task()).await;
    let input = json!({"stateMachineArn": machine, "input": "7"});
    let (answer, ()) = tokio::join!(house.call("ada", "StartSyncExecution", input), async {
        while house.queue.messages.lock().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        house.later(2);
        house.work(&echo).await;
    });
    let answer = answer.ok();
    assert_eq!((&answer["status"], &answer["output"]), (&json!("SUCCEEDED"), &json!("7")));
    assert_eq!(answer["billingDetails"]["billedDurationInMilliseconds"], 2_000);
}

#[tokio::test]
async fn it_is_for_express_machines() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let refused = house.call("ada", "StartSyncExecution", json!({"stateMachineArn": machine})).await;
    let expected = "This operation is not supported by this type of state machine";
    assert_eq!(refused.refused(), ("StateMachineTypeNotSupported", expected));
}
