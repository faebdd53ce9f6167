use crate::house::house;
use serde_json::json;

#[tokio::test]
async fn whole_in_part_and_not_at_all() {
    let house = house().await;
    let text = "0123456789";
    let made = house
        .ask("ada", "POST", "/v1/documents")
        .json(&json!({ "content": text, "file_name": "z\u{e4}hlen.txt" }))
        .await;
    let path = format!("/v1/documents/{}/content", made.id());
    let get = || house.ask("ada", "GET", &path);

    let whole = get().send().await;
    assert_eq!((whole.status, &whole.bytes[..]), (200, text.as_bytes()));
    let tag = whole.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", made.json["content"]["hash"].as_str().unwrap()));
    assert_eq!(whole.header("content-disposition"), "attachment; filename*=UTF-8''z%C3%A4hlen.txt");
    assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), ("text/plain", "bytes"));
    assert_eq!(
        (whole.header("content-security-policy"), whole.header("x-content-type-options")),
        ("sandbox", "nosniff")
    );

    let part = get().header("range", "bytes=2-4").send().await;
    assert_eq!((part.status, &part.bytes[..], part.header("content-range")), (206, &b"234"[..], "bytes 2-4/10"));
    let tail = get().header("range", "bytes=-3").send().await;
    assert_eq!((tail.status, &tail.bytes[..]), (206, &b"789"[..]));
    let outside = get().header("range", "bytes=10-").send().await;
    assert_eq!((outside.status, outside.header("content-range")), (416, "bytes */10"));
    let same = get().header("range", "bytes=0-0").header("if-range", &tag).send().await;
    assert_eq!((same.status, same.bytes.len()), (206, 1));
    let changed = get().header("range", "bytes=0-0").header("if-range", "\"other\"").send().await;
    assert_eq!((changed.status, changed.bytes.len()), (200, 10));
    assert_eq!(get().header("if-none-match", &tag).send().await.status, 304);

    let head = house.ask("ada", "HEAD", &path).send().await;
    assert_eq!((head.status, head.bytes.len(), head.header("content-length")), (200, 0, "10"));
    let head = house.ask("ada", "HEAD", &path).header("range", "bytes=2-4").send().await;
    assert_eq!((head.status, head.bytes.len(), head.header("content-length")), (206, 0, "3"));
}

#[tokio::test]
async fn a_new_body_keeps_the_title() {
    let house = house().await;
    let path = format!("/v1/documents/{}", house.document("# One").await);
    let put = house.ask("ada", "PUT", &format!("{path}/content")).header("if-match", "\"r1\"");
    let done = put.body("text/markdown", "# Two").await;
    assert_eq!((done.status, &done.json["title"]), (200, &json!("Untitled")), "{done:?}");
    assert_eq!(done.json["content"]["media_type"], "text/markdown");
    let put = house.ask("ada", "PUT", &format!("{path}/content")).header("if-match", "\"r2\"");
    let refused = put.body("image/png", vec![0x89, b'P', b'N', b'G', b'\r', b'\n']).await;
    assert_eq!((refused.status, refused.field()), (415, "body"));
    let empty = house.ask("ada", "PUT", &format!("{path}/content")).header("if-match", "\"r2\"").body("text/plain", "");
    let empty = empty.await;
    assert_eq!((empty.status, &empty.json["content"]["size"]), (200, &json!(0)));
    let ranged = house.ask("ada", "GET", &format!("{path}/content")).header("range", "bytes=0-").send().await;
    assert_eq!(ranged.status, 416);
}
