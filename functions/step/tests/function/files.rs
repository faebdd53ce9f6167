//! Distributed maps: items from files, results into files.

use crate::house::{House, acme, house, integration, states, task};
use bytes::Bytes;
use octavo_domain_kernel::{BlobKey, BlobStore};
use octavo_domain_workflow::engine::Status;
use serde_json::{Value, json};

async fn put(house: &House, key: &str, text: &'static str) {
    let key = BlobKey::workflow_file(&acme(), "data", key).unwrap();
    house.blobs.put(&key, Bytes::from_static(text.as_bytes()), "text/csv").await.unwrap();
}

async fn get(house: &House, key: &str) -> Value {
    let key = BlobKey::workflow_file(&acme(), "out", key).unwrap();
    let bytes = house.blobs.get(&key).await.unwrap().unwrap_or_else(|| panic!("there is no {key}"));
    serde_json::from_slice(&bytes).unwrap()
}

fn map(config: Value, state: Value, more: Value) -> String {
    let mut map = json!({
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": {"Bucket": "data", "Key.$": "$.key"},
            "ReaderConfig": config,
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Each",
            "States": {"Each": state},
        },
        "End": true,
    });
    for (name, value) in more.as_object().unwrap() {
        map[name] = value.clone();
    }
    states(json!({ "M": map }))
}

fn csv() -> Value {
    json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"})
}

#[tokio::test]
async fn every_row_of_a_file_has_an_execution_of_its_own() {
    let house = house().await;
    put(&house, "a.csv", "name,n\nx,1\ny,2\nz,3\n").await;
    let output = house.output(&map(csv(), task("echo"), json!({"MaxConcurrency": 2})), json!({"key": "a.csv"})).await;
    assert_eq!(output, json!([{"name": "x", "n": "1"}, {"name": "y", "n": "2"}, {"name": "z", "n": "3"}]));
    assert_eq!(house.functions.count(), 3);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_the_state_in_words() {
    let house = house().await;
    put(&house, "bad.json", "{").await;
    let json_file = |key: &str| (map(json!({"InputType": "JSON"}), task("echo"), json!({})), json!({"key": key}));
    for (key, told) in [("bad.json", "JSON"), ("none.json", "there is no file"), ("../x", "no names of a bucket")] {
        let (definition, input) = json_file(key);
        let (error, cause) = house.failure(&definition, input).await;
        assert_eq!(error, "States.ItemReaderFailed");
        assert!(cause.contains(told), "{cause}");
    }
}

#[tokio::test]
async fn results_are_written_with_a_manifest_that_names_them() {
    let house = house().await;
    put(&house, "a.csv", "n\n1\n2\n3\n").await;
    house.functions.define("odd", |payload| match payload["n"].as_str().unwrap() {
        "2" => Err(("Even", "it is even")),
        _ => Ok(payload.clone()),
    });
    let writer =
        json!({"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "runs"}});
    let more = json!({"ResultWriter": writer, "ToleratedFailureCount": 1});
    let output = house.output(&map(csv(), task("odd"), more), json!({"key": "a.csv"})).await;
    let run = output["MapRunArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let key = format!("runs/{run}/manifest.json");
    assert_eq!(output["ResultWriterDetails"], json!({"Bucket": "out", "Key": key}));
    let manifest = get(&house, &key).await;
    assert_eq!((&manifest["DestinationBucket"], &manifest["MapRunArn"]), (&json!("out"), &output["MapRunArn"]));
    let files = &manifest["ResultFiles"];
    assert_eq!(files["PENDING"], json!([]));
    assert_eq!(files["SUCCEEDED"][0]["Key"], json!(format!("runs/{run}/SUCCEEDED_0.json")));
    let succeeded = get(&house, &format!("runs/{run}/SUCCEEDED_0.json")).await;
    let outputs: Vec<&str> =
        succeeded.as_array().unwrap().iter().map(|record| record["Output"].as_str().unwrap()).collect();
    assert_eq!(outputs, [r#"{"n":"1"}"#, r#"{"n":"3"}"#]);
    let failed = get(&house, &format!("runs/{run}/FAILED_0.json")).await;
    assert_eq!((&failed[0]["Error"], &failed[0]["Status"]), (&json!("Even"), &json!("FAILED")));
    assert_eq!(failed[0]["Input"], json!(r#"{"n":"2"}"#));
}

#[tokio::test]
async fn results_may_be_outputs_alone() {
    let house = house().await;
    put(&house, "a.csv", "n\n1\n2\n").await;
    house.functions.define("twice", |payload| Ok(json!([payload["n"], payload["n"]])));
    let writer = |config: Value| {
        let place = json!({"Bucket": "out", "Prefix": ""});
        json!({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": place, "WriterConfig": config}})
    };
    for (transformation, wanted) in
        [("COMPACT", json!([["1", "1"], ["2", "2"]])), ("FLATTEN", json!(["1", "1", "2", "2"]))]
    {
        let definition = map(csv(), task("twice"), writer(json!({"Transformation": transformation})));
        let output = house.output(&definition, json!({"key": "a.csv"})).await;
        let key = output["ResultWriterDetails"]["Key"].as_str().unwrap().replace("manifest", "SUCCEEDED_0");
        assert_eq!(get(&house, &key).await, wanted);
    }
    let flat = json!({"ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN"}}});
    let output = house.output(&map(csv(), task("twice"), flat), json!({"key": "a.csv"})).await;
    assert_eq!(output, json!(["1", "1", "2", "2"]), "without a place the state answers them");
}

#[tokio::test]
async fn object_storage_that_is_away_is_waited_for() {
    let house = house().await;
    put(&house, "a.csv", "n\n1\n").await;
    let id = house.start(&map(csv(), task("echo"), json!({})), json!({"key": "a.csv"})).await;
    house.blobs.away.store(true, std::sync::atomic::Ordering::SeqCst);
    house.drain().await;
    assert_eq!(house.view(id).await.status, Status::Running);
    house.blobs.away.store(false, std::sync::atomic::Ordering::SeqCst);
    house.clock.advance(std::time::Duration::from_secs(31));
    assert!(house.ring(id).await);
    house.drain().await;
    assert_eq!(house.view(id).await.output, Some(json!([{"n": "1"}])));
}

#[tokio::test]
async fn a_reader_and_a_resource_that_are_not_served_say_so() {
    let house = house().await;
    let definition = map(csv(), task("echo"), json!({})).replace("s3:getObject", "s3:listObjectsV2");
    let (error, cause) = house.failure(&definition, json!({"key": "x"})).await;
    assert!(error == "States.ItemReaderFailed" && cause.contains("cannot be listed"), "{cause}");
    let definition = states(json!({"A": integration("dynamodb:getItem", json!({}))}));
    assert_eq!(house.failure(&definition, json!({})).await.0, "States.TaskFailed");
}
