//! Forms that are none, that never end, or that are made to cost much.

use crate::Refusals;
use octavo_tests::{Person, World};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

const FORM: &str = "multipart/form-data; boundary=X";
const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.md\"";

fn upload(ada: &Person, content_type: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
    ada.request(Method::POST, "/v1/documents").header("content-type", content_type).body(body.into())
}

/// Parts of heads and bodies, to the end.
fn form(parts: &[(String, String)]) -> String {
    let parts: String = parts.iter().map(|(head, body)| format!("--X\r\n{head}\r\n\r\n{body}\r\n")).collect();
    format!("{parts}--X--\r\n")
}

fn part(name: &str, body: &str) -> (String, String) {
    (format!("Content-Disposition: form-data; name=\"{name}\""), body.to_owned())
}

fn file(body: &str) -> (String, String) {
    (FILE.to_owned(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_refused_by_its_part_whatever_is_wrong_with_it() {
    let world = World::start().await;
    let mut all = Refusals::default();
    let ada = world.person("acme", "ada");
    let good = form(&[file("# A"), part("tags", "a")]);
    ada.send(upload(&ada, FORM, good.clone())).await.expect(201);

    let boundary = &["header:Content-Type"][..];
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; charset=utf-8",
    ] {
        let answer = ada.send(upload(&ada, content_type, good.clone()));
        all.refused(content_type, answer, &["header:Content-Type", "body"]).await;
    }
    all.refused("no parameter", ada.send(upload(&ada, "multipart/form-data", "")), boundary).await;

    let many = |count: usize, each: (String, String)| {
        let mut parts = vec![file("x")];
        parts.resize(count, each);
        form(&parts)
    };
    let head = |lines: usize, line: &str| {
        let lines: Vec<String> = (0..lines).map(|number| format!("X-{number}: {line}")).collect();
        format!("--X\r\n{}\r\n{FILE}\r\n\r\nx\r\n--X--\r\n", lines.join("\r\n"))
    };
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("nothing", String::new(), &["body"]),
        ("no form", "title=a&content=b".to_owned(), &["body"]),
        ("another boundary", good.replace("--X", "--Y"), &["body"]),
        ("cut in a head", good[..20].to_owned(), &["body"]),
        ("cut in a file", good[..good.len() / 2].to_owned(), &["body"]),
        ("without its end", good.trim_end_matches("--X--\r\n").to_owned(), &["body"]),
        ("a part without a name", form(&[file("x"), ("X: y".to_owned(), "x".to_owned())]), &["body"]),
        ("a part without a head", "--X\r\n\r\nx\r\n--X--\r\n".to_owned(), &["body"]),
        ("5,000 tags", many(5_000, part("tags", "t")), &["body", "tags"]),
        ("5,000 files", many(5_000, file("x")), &["file"]),
        ("100,000 empty parts", "--X\r\n\r\n\r\n".repeat(100_000), &["body"]),
        ("1,000 headers", head(1_000, "a"), &["body"]),
        ("a title of 1 MB", form(&[file("x"), part("title", &"t".repeat(1 << 20))]), &["title"]),
        ("deep metadata", form(&[file("x"), part("metadata", &"{\"a\":".repeat(50_000))]), &["metadata"]),
        ("metadata of an array", form(&[file("x"), part("metadata", "[1]")]), &["metadata"]),
        ("shares of numbers", form(&[file("x"), part("shares", "[1]")]), &["shares", "shares[0]"]),
        ("a path for a name", form(&[(FILE.replace("a.md", "../../a.md"), "x".to_owned())]), &["file"]),
        ("a NUL in a name", form(&[(FILE.replace("a.md", "a\u{0}.md"), "x".to_owned())]), &["file", "body"]),
        ("another part", form(&[file("x"), part("colour", "red")]), &["colour"]),
    ];
    for (what, body, fields) in cases {
        all.refused(what, ada.send(upload(&ada, FORM, body)), fields).await;
    }
    let binary = [&b"--X\r\nContent-Disposition: form-data; name=\"\xff\xfe\"\r\n\r\nx\r\n--X--\r\n"[..]].concat();
    all.refused("a name that is no UTF-8", ada.send(upload(&ada, FORM, binary)), &["body", "\u{fffd}\u{fffd}"]).await;
    assert_eq!(
        ada.get("/v1/documents").await.json()["documents"].as_array().map(Vec::len),
        Some(1),
        "nothing else is kept"
    );
    all.judge();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_made_to_cost_much_is_refused_or_read_in_time() {
    let world = World::start().await;
    let mut all = Refusals::default();
    let ada = world.person("acme", "ada");
    let deep = [
        ("quotes.md", "> ".repeat(200_000)),
        ("brackets.md", format!("{}{}", "[".repeat(200_000), "](a)".repeat(100_000))),
        ("stars.md", "*a_ ".repeat(300_000)),
        ("elements.html", format!("<html>{}", "<div>".repeat(300_000))),
        ("attributes.html", format!("<html><p {}>x", "a=b ".repeat(300_000))),
        ("comment.html", format!("<html><!--{}", "--".repeat(500_000))),
        ("entities.html", format!("<html>{}", "&#x10ffff;&amp".repeat(90_000))),
    ];
    for (name, content) in deep {
        let began = std::time::Instant::now();
        let disposition = FILE.replace("a.md", name);
        let answer = ada.send(upload(&ada, FORM, form(&[(disposition, content)]))).await;
        assert!(answer.status == 201 || answer.status == 422, "{name}: {} {}", answer.status, answer.json());
        assert!(began.elapsed() < crate::REFUSED_WITHIN, "{name}: after {:?}", began.elapsed());
    }
    let pdf = format!("%PDF-1.7\n1 0 obj\n{}", "<<".repeat(100_000));
    let disposition = FILE.replace("a.md", "a.pdf");
    all.refused("a PDF of dictionaries", ada.send(upload(&ada, FORM, form(&[(disposition, pdf)]))), &["file"]).await;
    let whole = json!({"title": "T", "content": "\u{0}", "content_type": "text/plain"});
    all.refused("a text with a NUL", ada.post("/v1/documents", whole), &["content"]).await;
    all.judge();
}
