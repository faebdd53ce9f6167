//! In whose language, and in whose colours.

use crate::desk::{Desk, event, header};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn each_is_told_in_their_language_or_the_next_best() {
    let desk = Desk::start().await;
    desk.sets(json!({ "language": "de" })).await;
    for (user, language) in
        [("ada", json!("de-AT")), ("bob", json!("en-GB")), ("cyd", json!(null)), ("dan", json!("fr"))]
    {
        desk.knows(user, json!({ "language": language })).await;
    }
    // In French the tenant has words of its own, for one template.
    let root = desk.root();
    let path = "/v1/notification-templates/document.shared/fr";
    let parts = json!({ "parts": { "subject": "Partagé: {{ title }}" } });
    let put = |tag: &'static str, body: serde_json::Value| {
        root.send(root.request(Method::PUT, path).header("if-match", tag).json(&body))
    };
    put("\"r0\"", json!({ "parts": { "subject": "{{ title" } })).await.expect_problem(422, "NOTIFY_0008", "");
    put("\"r0\"", parts.clone()).await.expect(200);
    put("\"r0\"", parts).await.expect(412);
    let recipients: Vec<_> = ["ada", "bob", "cyd", "dan"].map(crate::desk::user).into();
    let data = json!({ "title": "Report", "by": "eve", "by_name": "Eve", "document": { "title": "Report" } });
    desk.tells(
        json!({ "category": "document.shared", "recipients": recipients, "data": data, "link": "/documents/1" }),
    )
    .await;
    for (user, begins) in [("ada", "Guten Tag"), ("bob", "Hello"), ("cyd", "Guten Tag")] {
        let mail = desk.gets(&format!("{user}@acme.example"), "Report").await;
        assert!(mail.text.contains(begins), "{user}: {}", mail.text);
    }
    let french = desk.gets("dan@acme.example", "Partagé: Report").await;
    // What the tenant says of it in French alone is said in French, and nothing of it in another language.
    assert!(french.text.contains("Partagé") && !french.text.contains("Guten Tag"), "{}", french.text);
    assert!(french.text.contains("/documents/1"), "{}", french.text);
    // Somebody who is no user says their language themselves.
    let address =
        json!({ "to": "address", "channel": "email", "address": "Out@Side.example", "language": "en", "name": "Out" });
    desk.tells(json!({ "category": "document.shared", "recipients": [address], "data": data })).await;
    assert!(desk.gets("out@side.example", "Report").await.text.contains("Hello Out"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_mail_looks_like_the_tenants() {
    let desk = Desk::start().await;
    desk.knows("ada", json!({})).await;
    desk.sets(json!({
        "branding": { "product": "Acme Docs", "colour": "#2b5c8a", "footer": "Acme Ltd., Vienna",
            "logo_url": "https://acme.example/logo.png", "application_url": "https://docs.acme.example" },
        "mail_from": "Acme <hello@acme.example>", "reply_to": "office@acme.example",
    }))
    .await;
    let mut told = event("invoice.overdue", "ada", "Branded");
    told["link"] = json!("/invoices/17");
    desk.tells(told).await;
    let mail = desk.gets("ada@acme.example", "Branded").await;
    for part in
        ["Acme Ltd., Vienna", "#2b5c8a", "https://acme.example/logo.png", "https://docs.acme.example/invoices/17"]
    {
        assert!(mail.html.contains(part), "{part}: {}", mail.html);
    }
    assert!(mail.text.contains("https://docs.acme.example/invoices/17"), "{}", mail.text);
    assert!(mail.from.contains("hello@acme.example"), "{}", mail.from);
    assert!(header(&mail, "reply-to").is_some_and(|to| to.contains("office@acme.example")), "{:?}", mail.headers);
    // Another tenant's looks as it did.
    let other = desk.world.with_roles("globex", "root", &["admin"]);
    other.put("/v1/people/ada", json!({ "email": "ada@globex.example" })).await.expect(200);
    other.post("/v1/notifications", event("invoice.overdue", "ada", "Plain")).await.expect(202);
    let mail = desk.gets("ada@globex.example", "Plain").await;
    assert!(!mail.html.contains("Acme") && !mail.from.contains("acme"), "{}", mail.html);
}
