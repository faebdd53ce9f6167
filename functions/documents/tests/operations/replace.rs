use crate::house::house;
use futures::future::join_all;
use serde_json::json;

#[tokio::test]
async fn a_replacement_names_what_it_replaces() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("# One").await);
    let put = || house.ask("ada", "PUT", &path);
    let body = json!({ "content": "# Two", "content_type": "text/markdown" });

    let unnamed = put().json(&body).await;
    assert_eq!((unnamed.status, unnamed.field()), (428, "header:If-Match"));
    let done = put().header("if-match", "\"r1\"").json(&body).await;
    assert_eq!((done.status, done.header("etag")), (200, "\"r2\""), "{done:?}");
    assert_eq!((&done.json["title"], &done.json["version"]), (&json!("Two"), &json!(2)));
    let stale = put().header("if-match", "\"r1\"").json(&body).await;
    assert_eq!((stale.status, &stale.json["current_revision"]), (412, &json!(2)));
    assert_eq!(stale.json["current_etag"], "\"r2\"");
    assert_eq!(put().header("if-match", "r1").json(&body).await.status, 400);
    assert_eq!(put().header("if-match", "*").json(&body).await.json["revision"], 3);
    let shares = json!({ "content": "x", "shares": [{ "reader": "user:bob", "role": "viewer" }] });
    assert_eq!(put().header("if-match", "*").json(&shares).await.field(), "shares");
}

#[tokio::test]
async fn of_many_on_one_revision_one_is_made() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("zero").await);
    let answers = join_all((0..12).map(|n| {
        let (house, path) = (&house, &path);
        async move {
            let body = json!({ "content": format!("body {n}") });
            house.ask("ada", "PUT", path).header("if-match", "\"r1\"").json(&body).await.status
        }
    }))
    .await;
    assert_eq!(answers.iter().filter(|&&status| status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 412].contains(status)), "{answers:?}");
}

#[tokio::test]
async fn changes_without_a_revision_all_take_effect() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("zero").await);
    let answers = join_all((0..6).map(|n| {
        let (house, path) = (&house, &path);
        async move {
            let patch = json!({ "metadata": { format!("n{n}"): n } });
            house.ask("ada", "PATCH", path).json(&patch).await.status
        }
    }))
    .await;
    assert_eq!(answers, [200; 6]);
    let read = house.ask("ada", "GET", &path).send().await;
    assert_eq!(read.json["metadata"].as_object().unwrap().len(), 6);
    assert_eq!((&read.json["revision"], &read.json["version"]), (&json!(7), &json!(1)));
}

#[tokio::test]
async fn versions_are_kept() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("body 1").await);
    for n in 2..=5 {
        let answer = house
            .ask("ada", "PUT", &format!("{path}/content?file_name=b{n}.txt"))
            .header("if-match", "*")
            .body("text/plain", format!("body {n}"))
            .await;
        assert_eq!((answer.status, &answer.json["version"]), (200, &json!(n)), "{answer:?}");
    }
    let numbers = |page: &crate::house::Answer| -> Vec<u64> {
        let versions = page.json["versions"].as_array().unwrap();
        versions.iter().map(|version| version["number"].as_u64().unwrap()).collect()
    };
    let first = house.ask("ada", "GET", &format!("{path}/versions?limit=3")).send().await;
    assert_eq!(numbers(&first), [5, 4, 3]);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let second = house.ask("ada", "GET", &format!("{path}/versions?limit=3&cursor={cursor}")).send().await;
    assert_eq!((numbers(&second), second.json["next_cursor"].is_null()), (vec![2, 1], true));

    let one = house.ask("ada", "GET", &format!("{path}/versions/2")).send().await;
    assert_eq!((one.status, &one.json["content"]["file_name"]), (200, &json!("b2.txt")));
    let body = house.ask("ada", "GET", &format!("{path}/versions/2/content")).send().await;
    assert_eq!((body.status, &body.bytes[..]), (200, &b"body 2"[..]));
    for number in ["0", "6", "4294967295"] {
        let answer = house.ask("ada", "GET", &format!("{path}/versions/{number}")).send().await;
        assert_eq!((answer.status, answer.field()), (404, "path:number"), "{number}: {answer:?}");
    }
    assert_eq!(house.ask("ada", "GET", &format!("{path}/versions/x")).send().await.status, 400);
}
