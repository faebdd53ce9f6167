//! Stopping a generation.

use crate::house::house;
use serde_json::json;

#[tokio::test]
async fn what_is_being_written_when_it_is_cancelled_is_thrown_away() {
    let house = house().await;
    let address = house.order(json!({"instructions": "Tell all", "sections": 3})).await;
    let (canceller, cancel) = (house.clone(), format!("{address}/cancel"));
    // While the second section is written.
    house.model.during(2, move || async move {
        let cancelled = canceller.ask("ada", "POST", &cancel, None).await.expect(200);
        assert_eq!(cancelled["status"], "cancelled");
    });
    house.drain().await;
    let after = house.get(&address).await;
    assert_eq!((after["status"].as_str(), &after["progress"]["sections_done"]), (Some("cancelled"), &json!(1)));
    assert_eq!(house.model.calls(), 3, "no section is begun after it");
    assert!(after.get("document_id").is_none());
    let again = house.ask("ada", "POST", &format!("{address}/cancel"), None).await.expect(200);
    assert_eq!(again, after, "again changes nothing");
    let retry = house.ask("ada", "POST", &format!("{address}/retry"), None).await;
    assert_eq!(retry.problem(), (409, "GENERATE_0003", ""));
}

#[tokio::test]
async fn what_is_done_is_not_cancelled_and_not_retried() {
    let house = house().await;
    let address = house.order(json!({"instructions": "Tell", "sections": [{"heading": "One"}]})).await;
    house.drain().await;
    for (what, code) in [("cancel", "GENERATE_0002"), ("retry", "GENERATE_0003")] {
        let refused = house.ask("ada", "POST", &format!("{address}/{what}"), None).await;
        assert_eq!(refused.problem(), (409, code, ""));
    }
    assert_eq!(house.get(&address).await["status"], "done");
}
