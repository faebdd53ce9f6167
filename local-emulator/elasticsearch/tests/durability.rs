//! What was acknowledged survives the end of the process without a flush; what was deleted stays deleted.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here, with the line")]

use local_emulator_elasticsearch::{Options, Server};
use reqwest::Client;
use serde_json::{Value, json};

async fn start(folder: &std::path::Path) -> Server {
    let options = Options { data: Some(folder.to_owned()), ..Options::default() };
    Server::start(options).await.unwrap()
}

async fn call(client: &Client, method: &str, url: String, body: Value) -> (u16, Value) {
    let mut request = client.request(reqwest::Method::from_bytes(method.as_bytes()).unwrap(), url);
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or(Value::Null))
}

/// A copy of the data folder as a process killed now would leave it: nothing is flushed or closed for it. Made anew where a
/// file went away meanwhile, which no killed process would see.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    while let Err(error) = copied(from, to) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
        std::fs::remove_dir_all(to).unwrap();
    }
}

fn copied(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copied(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn acknowledged_writes_survive_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new();
    let server = start(&folder.path().join("live")).await;
    let url = server.url();
    let settings =
        json!({ "settings": { "refresh_interval": "-1" }, "mappings": { "properties": { "n": { "type": "long" } } } });
    assert_eq!(call(&client, "PUT", format!("{url}/docs-v1"), settings).await.0, 200);
    assert_eq!(call(&client, "PUT", format!("{url}/docs-v1/_alias/docs"), Value::Null).await.0, 200);
    for n in 0..20 {
        let (status, _) =
            call(&client, "PUT", format!("{url}/docs/_doc/{n}"), json!({ "n": n, "title": format!("number {n}") }))
                .await;
        assert_eq!(status, 201);
        if n == 9 {
            assert_eq!(call(&client, "POST", format!("{url}/docs/_refresh"), Value::Null).await.0, 200);
        }
    }
    // One of the committed, one of the uncommitted; one with an external version whose tombstone must last.
    assert_eq!(call(&client, "DELETE", format!("{url}/docs/_doc/3"), Value::Null).await.0, 200);
    assert_eq!(
        call(&client, "DELETE", format!("{url}/docs/_doc/15?version=9&version_type=external"), Value::Null).await.0,
        200
    );

    copy(&folder.path().join("live"), &folder.path().join("killed"));
    drop(server);
    let server = start(&folder.path().join("killed")).await;
    let url = server.url();
    let (_, found) = call(&client, "POST", format!("{url}/docs/_search"), json!({ "size": 50, "sort": ["n"] })).await;
    let ids: Vec<&str> =
        found["hits"]["hits"].as_array().unwrap().iter().map(|hit| hit["_id"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..20).filter(|n| ![3, 15].contains(n)).map(|n| n.to_string()).collect();
    assert_eq!(ids, expected);
    let (status, found) = call(&client, "GET", format!("{url}/docs/_doc/12"), Value::Null).await;
    assert_eq!((status, &found["_source"]["title"], &found["_version"]), (200, &json!("number 12"), &json!(1)));
    let (status, found) =
        call(&client, "PUT", format!("{url}/docs/_doc/15?version=8&version_type=external"), json!({ "n": 15 })).await;
    assert_eq!((status, &found["error"]["type"]), (409, &json!("version_conflict_engine_exception")));
    let (_, mapping) = call(&client, "GET", format!("{url}/docs/_mapping"), Value::Null).await;
    assert_eq!(mapping["docs-v1"]["mappings"]["properties"]["title"]["type"], "text");

    // Sequence numbers go on where they were, and an orderly stop and start changes nothing.
    let (status, found) = call(&client, "PUT", format!("{url}/docs/_doc/new"), json!({ "n": 100 })).await;
    assert_eq!((status, &found["_seq_no"]), (201, &json!(22)));
    server.shutdown().await;
    let server = start(&folder.path().join("killed")).await;
    let (_, found) = call(&client, "POST", format!("{}/docs/_count", server.url()), Value::Null).await;
    assert_eq!(found["count"], 19);
}

#[tokio::test]
async fn a_refresh_comes_by_itself_after_the_interval() {
    let server = Server::start(Options::default()).await.unwrap();
    let (client, url) = (Client::new(), server.url());
    let settings = json!({ "settings": { "index": { "refresh_interval": "200ms" } } });
    assert_eq!(call(&client, "PUT", format!("{url}/docs"), settings).await.0, 200);
    assert_eq!(call(&client, "PUT", format!("{url}/docs/_doc/1"), json!({ "a": 1 })).await.0, 201);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let (_, found) = call(&client, "POST", format!("{url}/docs/_count"), Value::Null).await;
        if found["count"] == 1 {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "not searchable after a minute: {found}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_413() {
    let server = Server::start(Options::default()).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
    let head =
        "POST /_bulk HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 104857601\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn the_answer_names_the_product_and_the_accepted_media_type() {
    let server = Server::start(Options::default()).await.unwrap();
    let client = Client::new();
    let media = "application/vnd.elasticsearch+json; compatible-with=8";
    let response = client.get(server.url()).header("accept", media).send().await.unwrap();
    assert_eq!(response.headers()["x-elastic-product"], "Elasticsearch");
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/vnd.elasticsearch+json"));
    let root: Value = response.json().await.unwrap();
    assert!(root["version"]["number"].as_str().unwrap().starts_with("8."));
    let refused = client
        .post(format!("{}/_bulk", server.url()))
        .header("content-type", "text/plain")
        .body("x\n")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 406);
}
