//! Histories that are too long for their rows.

use crate::house::house;
use crate::start::chain;
use serde_json::json;

#[tokio::test]
async fn long_events_lie_in_object_storage_and_are_read_from_there_page_by_page() {
    let house = house().await;
    let machine = house.machine("chain", &chain()).await;
    let arn = house.start(&machine, json!({"text": "x".repeat(200_000)})).await;
    let stored = house.blobs.0.lock().keys().cloned().collect::<Vec<_>>();
    assert!(stored.len() == 1 && stored[0].starts_with("tenants/acme/workflow-history/"), "{stored:?}");
    let (mut all, mut token) = (Vec::new(), None::<String>);
    loop {
        let mut input = json!({"executionArn": arn, "maxResults": 1000});
        if let Some(token) = &token {
            input["nextToken"] = json!(token);
        }
        let answer = house.sfn("GetExecutionHistory", input).await;
        assert!(answer.body.len() < 4_000_000, "what AWS Lambda answers with: {}", answer.body.len());
        let page = answer.ok();
        all.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()));
        token = page["nextToken"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(all, (1..=22).collect::<Vec<_>>());
}
