use crate::house::{Answer, House, house};
use serde_json::json;
use std::time::Duration;

async fn make(house: &House, user: &str, title: &str, tags: &[&str]) -> String {
    house.clock.advance(Duration::from_millis(10));
    let body = json!({ "content": title, "title": title, "tags": tags });
    house.ask(user, "POST", "/v1/documents").json(&body).await.id()
}

fn titles(page: &Answer) -> Vec<String> {
    let documents = page.json["documents"].as_array().unwrap_or_else(|| panic!("{page:?}"));
    documents.iter().map(|document| document["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip() {
    let house = house().await;
    for n in 0..7 {
        make(&house, "ada", &format!("Title {}", (n * 3) % 7), &[]).await;
    }
    for (order, expected) in
        [("updated", [4, 1, 5, 2, 6, 3, 0]), ("created", [4, 1, 5, 2, 6, 3, 0]), ("title", [0, 1, 2, 3, 4, 5, 6])]
    {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = house.ask("ada", "GET", &format!("/v1/documents?order={order}&limit=3{cursor}")).send().await;
            seen.extend(titles(&page));
            match page.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected.map(|n| format!("Title {n}")), "{order}");
    }
}

#[tokio::test]
async fn only_what_one_may_read_and_asked_for() {
    let house = house().await;
    make(&house, "ada", "Alpha", &["a", "b"]).await;
    let shared = make(&house, "ada", "Beta", &["a"]).await;
    let gone = make(&house, "ada", "Gamma", &[]).await;
    make(&house, "bob", "Delta", &["a"]).await;
    make(&house, "umbrella:ada", "Foreign", &["a"]).await;
    let share = house.ask("ada", "PUT", &format!("/v1/documents/{shared}/shares/group:legal"));
    assert_eq!(share.json(&json!({ "role": "viewer" })).await.status, 200);
    assert_eq!(house.ask("ada", "DELETE", &format!("/v1/documents/{gone}")).send().await.status, 204);
    for (user, query, expected) in [
        ("ada", "order=title", vec!["Alpha", "Beta"]),
        ("bob", "order=title", vec!["Delta"]),
        ("bob/legal", "order=title", vec!["Beta", "Delta"]),
        ("bob/legal", "owner=ada", vec!["Beta"]),
        ("ada", "tag=a&tag=b", vec!["Alpha"]),
        ("ada", "title_prefix=be", vec!["Beta"]),
        ("ada", "media_type=text/plain&order=title", vec!["Alpha", "Beta"]),
        ("ada", "media_type=application/pdf", vec![]),
        ("ada", "deleted=true", vec!["Gamma"]),
        ("bob/legal", "deleted=true", vec![]),
        ("umbrella:ada", "order=title", vec!["Foreign"]),
    ] {
        let page = house.ask(user, "GET", &format!("/v1/documents?{query}")).send().await;
        assert_eq!(titles(&page), expected, "{user} {query}");
    }
}
