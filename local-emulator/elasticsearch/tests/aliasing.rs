//! Whoever was told that aliases are changed knows that nothing is written any more by those of before.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here, with the line")]

use local_emulator_elasticsearch::{Options, Server};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// Documents of one bulk request: it takes longer than a change of aliases.
const DOCUMENTS: usize = 2000;

async fn call(client: &Client, method: Method, url: &str, body: &Value) -> Value {
    let mut request = client.request(method, url);
    if !body.is_null() {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{url}: {}", response.status());
    response.json().await.unwrap()
}

async fn count(client: &Client, url: &str, index: &str) -> u64 {
    call(client, Method::POST, &format!("{url}/{index}/_refresh"), &Value::Null).await;
    call(client, Method::POST, &format!("{url}/{index}/_count"), &Value::Null).await["count"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_request_is_written_by_the_aliases_of_one_moment() {
    let server = Server::start(Options::default()).await.unwrap();
    let (client, url) = (Client::new(), server.url());
    let put = |name: String| {
        let (client, url) = (client.clone(), url.clone());
        async move { call(&client, Method::PUT, &format!("{url}/{name}"), &Value::Null).await }
    };
    put("v0".to_owned()).await;
    put("v0/_alias/written".to_owned()).await;
    for round in 0..6_usize {
        let (old, new) = (format!("v{round}"), format!("v{}", round + 1));
        put(new.clone()).await;
        let mut lines = String::new();
        for n in 0..DOCUMENTS {
            writeln!(
                lines,
                "{}\n{}",
                json!({"index": {"_id": n.to_string()}}),
                json!({"title": format!("Number {n}")})
            )
            .unwrap();
        }
        let bulk = client.post(format!("{url}/written/_bulk?require_alias=true"));
        let bulk = bulk.header("content-type", "application/x-ndjson").body(lines).send();
        let changed = async {
            // Before it has begun, or anywhere within it.
            tokio::time::sleep(Duration::from_millis(15 * round as u64)).await;
            let actions = json!({"actions": [
                {"remove": {"index": old, "alias": "written"}}, {"add": {"index": new, "alias": "written"}}
            ]});
            call(&client, Method::POST, &format!("{url}/_aliases"), &actions).await;
            count(&client, &url, &old).await
        };
        let (answer, told) = tokio::join!(bulk, changed);
        let answer: Value = answer.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"], false, "{answer}");
        let (of_old, of_new) = (count(&client, &url, &old).await, count(&client, &url, &new).await);
        assert_eq!(told, of_old, "written by an alias of before, after it was changed");
        assert_eq!(of_old.min(DOCUMENTS as u64) + of_new, DOCUMENTS as u64, "{of_old} and {of_new}");
        // The next round begins with an empty one.
        if of_new > 0 {
            let all = json!({"query": {"match_all": {}}});
            call(&client, Method::POST, &format!("{url}/{new}/_delete_by_query?refresh=true"), &all).await;
        }
    }
    server.shutdown().await;
}
