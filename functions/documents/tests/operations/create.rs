use crate::house::house;
use octavo_domain_kernel::BlobKey;
use serde_json::json;

#[tokio::test]
async fn a_text_becomes_a_document() {
    let house = house().await;
    let body = json!({
        "content": "# The plan\n\nFold.", "content_type": "text/markdown", "tags": ["q3", "finance"],
        "metadata": {"case": 17}, "shares": [{"reader": "group:legal", "role": "viewer"}],
    });
    let made = house.ask("ada", "POST", "/v1/documents").json(&body).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("location"), format!("/v1/documents/{}", made.id()));
    assert_eq!((made.header("etag"), made.json["revision"].as_i64()), ("\"r1\"", Some(1)));
    assert_eq!((&made.json["title"], &made.json["tags"]), (&json!("The plan"), &json!(["finance", "q3"])));
    assert_eq!((&made.json["owner"], &made.json["access"]), (&json!("ada"), &json!("owner")));

    let path = format!("/v1/documents/{}", made.id());
    let read = house.ask("ada", "GET", &path).send().await;
    assert_eq!((read.status, &read.json), (200, &made.json));
    let shared = house.ask("bob/legal", "GET", &path).send().await;
    assert_eq!((shared.status, &shared.json["access"]), (200, &json!("viewer")));
    assert_eq!(house.ask("ada", "GET", &path).header("if-none-match", "\"r1\"").send().await.status, 304);

    // What the index reads.
    let hash = made.json["content"]["hash"].as_str().unwrap().parse().unwrap();
    let text = house.deps.blobs.get(&BlobKey::text(&"acme".parse().unwrap(), &hash)).await.unwrap().unwrap();
    assert_eq!(&text[..], b"The plan\nFold.");
    let messages = house.queue.messages.lock().unwrap().clone();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, json!({ "document": made.id(), "revision": 1 }));
}

#[tokio::test]
async fn a_file_becomes_a_document() {
    let house = house().await;
    let form = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a page.html\"\r\n\
                Content-Type: text/html\r\n\r\n<title>Page &amp; more</title><p>words\r\n--X\r\n\
                Content-Disposition: form-data; name=\"tags\"\r\n\r\nweb\r\n--X--\r\n";
    let made = house.ask("ada", "POST", "/v1/documents").body("multipart/form-data; boundary=X", form).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!((&made.json["title"], &made.json["tags"]), (&json!("Page & more"), &json!(["web"])));
    assert_eq!(made.json["content"]["media_type"], "text/html");
    assert_eq!(made.json["content"]["file_name"], "a page.html");
}

#[tokio::test]
async fn what_is_not_acceptable_is_named_and_makes_nothing() {
    let house = house().await;
    let form = |file: &str, content: &[u8]| {
        let head = format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\n\r\n");
        [head.as_bytes(), content, b"\r\n--X--\r\n"].concat()
    };
    let cases = [
        (form("a.png", b"\x89PNG\r\n\x1a\n"), 415, "DOCUMENTS_0009"),
        (form("a.md.gz", b"\x1f\x8b\x08"), 415, "DOCUMENTS_0009"),
        (form("a.pdf", b"hello"), 422, "DOCUMENTS_0010"),
        (form("a.txt", b"a\0b"), 422, "DOCUMENTS_0010"),
        (form("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), 422, "DOCUMENTS_0011"),
        (form("a.txt", &vec![b'a'; 4 * 1024 * 1024 + 1]), 413, "DOCUMENTS_0012"),
    ];
    for (body, status, code) in cases {
        let answer = house.ask("ada", "POST", "/v1/documents").body("multipart/form-data; boundary=X", body).await;
        assert_eq!((answer.status, answer.json["code"].as_str()), (status, Some(code)), "{answer:?}");
        assert_eq!(answer.field(), "file", "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let owner = json!({ "content": "x", "shares": [{ "reader": "user:ada", "role": "viewer" }] });
    let answer = house.ask("ada", "POST", "/v1/documents").json(&owner).await;
    assert_eq!((answer.status, answer.field()), (422, "shares"));
    let listed = house.ask("ada", "GET", "/v1/documents").send().await;
    assert_eq!(listed.json["documents"], json!([]));
}
