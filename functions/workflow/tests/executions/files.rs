//! `/v1/workflow-files/{bucket}`.

use crate::house::house;
use serde_json::json;

const FILE: &str = "/v1/workflow-files/imports?key=2026/orders.csv";

#[tokio::test]
async fn a_file_is_put_replaced_read_in_part_and_deleted() {
    let house = house().await;
    let csv = [("content-type", "text/csv")];
    for text in ["a,b\n", "a,b\n1,2\n"] {
        assert_eq!(house.ask_with("root/workflows", "PUT", FILE, text.into(), &csv).await.status, 204);
    }
    let whole = house.ask("root/workflows", "GET", FILE, None).await;
    assert_eq!((whole.status, &whole.body[..]), (200, &b"a,b\n1,2\n"[..]));
    assert_eq!(whole.headers["content-disposition"], "attachment");
    let part = house.ask_with("root/admin", "GET", FILE, "".into(), &[("range", "bytes=4-6")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &b"1,2"[..]));
    assert_eq!(part.headers["content-range"], "bytes 4-6/8");
    assert_eq!(
        house.ask("umbrella:root/admin", "GET", FILE, None).await.problem(),
        (404, "WORKFLOW_0003", "query:key")
    );
    assert_eq!(house.ask("root/admin", "DELETE", FILE, None).await.status, 204);
    assert_eq!(house.ask("root/admin", "DELETE", FILE, None).await.status, 204);
    assert_eq!(house.ask("root/admin", "GET", FILE, None).await.problem().1, "WORKFLOW_0003");
}

#[tokio::test]
async fn a_long_file_is_given_in_ranges() {
    let house = house().await;
    let long = bytes::Bytes::from(vec![7; 5 * 1024 * 1024]);
    let binary = [("content-type", "application/octet-stream")];
    assert_eq!(house.ask_with("root/admin", "PUT", FILE, long, &binary).await.status, 204);
    assert_eq!(house.ask("root/admin", "GET", FILE, None).await.problem(), (413, "WORKFLOW_0004", "header:Range"));
    let part = house.ask_with("root/admin", "GET", FILE, "".into(), &[("range", "bytes=4194304-")]).await;
    assert_eq!((part.status, part.body.len()), (206, 1024 * 1024));
}

#[tokio::test]
async fn files_are_for_who_defines_workflows_and_have_plain_names() {
    let house = house().await;
    let denied = house.ask("ada", "PUT", FILE, Some(json!({}))).await;
    assert_eq!(denied.problem(), (403, "WORKFLOW_0001", ""));
    for (target, field) in [
        ("/v1/workflow-files/imports", "query:key"),
        ("/v1/workflow-files/imports?key=../secrets", "query:key"),
        ("/v1/workflow-files/imports?key=a//b", "query:key"),
        ("/v1/workflow-files/im%20ports?key=a", "path:bucket"),
        ("/v1/workflow-files/imports?name=a", "query:name"),
    ] {
        let answer = house.ask("root/admin", "GET", target, None).await;
        assert_eq!(answer.problem(), (400, "EDGE_0001", field), "{target}");
    }
}
