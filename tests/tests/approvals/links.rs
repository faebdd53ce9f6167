//! Links in mails: whoever follows one decides nothing; whoever confirms decides once.

use crate::office::Office;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use octavo_tests::eventually;
use reqwest::Method;
use serde_json::{Value, json};

/// A token as somebody would forge it: the same signature, another payload.
fn forged(link: &str, member: &str, value: &Value) -> String {
    let (before, signature) = link.rsplit_once('.').unwrap();
    let (path, payload) = before.rsplit_once('/').unwrap();
    let mut grant: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert!(grant.get(member).is_some(), "{grant}");
    grant[member] = value.clone();
    format!("{path}/{}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(grant.to_string()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mails_link_shows_and_its_page_decides_once() {
    let office = Office::start().await;
    office.knows(&[("ada", &[]), ("bob", &[]), ("cyd", &[])]).await;
    let ada = office.person("ada");
    let document = ada.writes("Contract", "# A contract\n\nWith <Persimmon>.").await;
    let asked = office
        .asks(
            &ada,
            json!({ "Title": "Persimmon & Sons", "Description": "For <b>ever</b>.", "Document": { "Id": document },
                "Approvers": ["user:bob", "user:cyd"], "Quorum": "all" }),
        )
        .await;
    let mail = office.mail("bob", "Persimmon").await;
    assert_eq!(mail.to, ["bob@acme.example"]);
    assert!(mail.text.contains("Contract, version 1") && mail.html.contains("Contract"), "{}", mail.text);
    let link = office.link(&mail);
    let other = office.link(&office.mail("cyd", "Persimmon").await);
    assert_ne!(link, other, "each has their own");

    // Scanners follow links, again and again, by whatever method they like.
    let stranger = office.world.stranger();
    for method in [Method::GET, Method::HEAD, Method::GET, Method::HEAD, Method::GET] {
        stranger.send(stranger.request(method, &link)).await.expect(200);
    }
    let seen = office.seen(&asked).await;
    assert_eq!((&seen["seq"], &seen["outcome"]), (&json!(1), &Value::Null), "nothing was decided, nothing was changed");
    let page = stranger.get(&link).await.expect(200);
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    for part in ["Persimmon &amp; Sons", "Ada", "Bob", "Contract, version 1", "&lt;b&gt;ever", "name=\"comment\""] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for verdict in ["approve", "reject", "request_changes"] {
        assert!(html.contains(&format!("name=\"verdict\" value=\"{verdict}\"")), "{verdict}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("<b>ever"), "{html}");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));

    // Nobody makes a link out of another one's.
    let cyds = other.rsplit_once('/').unwrap().1.split_once('.').unwrap();
    let bobs = link.rsplit_once('/').unwrap().1.split_once('.').unwrap();
    let wrong = [
        forged(&link, "u", &json!("cyd")),
        forged(&link, "t", &json!("globex")),
        forged(&link, "e", &json!(4_000_000_000_u64)),
        forged(&link, "n", &json!("01934d2e-7b1c-7def-8a2b-3c4d5e6f7081")),
        format!("/v1/approval-links/{}.{}", bobs.0, cyds.1),
        format!("/v1/approval-links/{}", bobs.0),
        format!("{link}A"),
        "/v1/approval-links/nothing".to_owned(),
    ];
    for wrong in &wrong {
        stranger.get(wrong).await.expect(404);
        office.confirms(wrong, "verdict=approve").await.expect(404);
    }

    // What cannot be is said on the page; a form that decides nothing uses nothing up.
    let empty = office.confirms(&link, "verdict=reject&comment=").await.expect(422);
    assert!(String::from_utf8_lossy(&empty.bytes).contains("expected the reason"), "the form again");
    let no_form = stranger.post(&link, json!({ "verdict": "approve" })).await;
    assert_eq!(no_form.status, 415, "another site's script sends no form of ours");

    let done = office.confirms(&link, "verdict=approve&comment=Fine+by+me.").await.expect(200);
    assert!(String::from_utf8_lossy(&done.bytes).contains("Others are still to decide"));
    let again = office.confirms(&link, "verdict=reject&comment=No.").await.expect(409);
    assert!(String::from_utf8_lossy(&again.bytes).contains("already"), "{}", String::from_utf8_lossy(&again.bytes));
    stranger.get(&link).await.expect(409);
    assert!(office.runs(&asked).await, "cyd has not decided");
    office.confirms(&other, "verdict=approve").await.expect(200);
    office.confirms(&other, "verdict=approve").await.expect(410);

    let output = office.output(&asked.execution).await;
    assert_eq!((&output["Outcome"], &output["Document"]["Version"]), (&json!("APPROVED"), &json!(1)), "{output:#}");
    let by: Vec<&Value> = output["Decisions"].as_array().unwrap().iter().map(|one| &one["By"]).collect();
    assert_eq!(by, ["bob", "cyd"]);
    assert_eq!(output["Decisions"][0]["Comment"], "Fine by me.");

    // The record says who, from where, and by what.
    let history = office.history(&asked).await;
    let decided: Vec<&Value> = history.iter().filter(|event| event["kind"] == "decided").collect();
    assert_eq!(decided.len(), 2, "{history:#?}");
    assert_eq!((&decided[0]["actor"], &decided[0]["via"]), (&json!("bob"), &json!("link")));
    assert_eq!(decided[0]["address"], "127.0.0.1", "{decided:#?}");
    let numbers: Vec<u64> = history.iter().map(|event| event["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "without gaps");
    // Who asked is told how it ended.
    office.mail("ada", "Persimmon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_confirm_one_link_at_once_decide_once() {
    let office = Office::start().await;
    office.knows(&[("bob", &[])]).await;
    let request = json!({ "Title": "At once", "Approvers": ["user:bob"] });
    let asked = office.asks(&office.person("ada"), request).await;
    let link = office.link(&office.mail("bob", "At once").await);
    let all = ["approve", "reject", "approve", "reject"].map(|verdict| {
        let form = format!("verdict={verdict}&comment=So.");
        let (office, link) = (&office, link.clone());
        async move { (verdict, office.confirms(&link, &form).await.status) }
    });
    let said = futures::future::join_all(all).await;
    let done: Vec<&str> = said.iter().filter(|(_, status)| *status == 200).map(|(verdict, _)| *verdict).collect();
    assert!(!done.is_empty() && done.iter().all(|verdict| verdict == &done[0]), "{said:?}");
    assert!(said.iter().all(|(_, status)| [200, 409, 410].contains(status)), "{said:?}");
    let output = office.output(&asked.execution).await;
    let expected = if done[0] == "approve" { "APPROVED" } else { "REJECTED" };
    assert_eq!(output["Outcome"], expected, "{said:?}");
    assert_eq!(office.happened(&asked, "decided").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_its_deadline_and_its_owners_turn() {
    let office = Office::start().await;
    office.knows(&[("bob", &[]), ("cyd", &[]), ("dan", &["legal"])]).await;
    let ada = office.person("ada");
    // The first stage's deadline approves; the approval goes on.
    let first =
        json!({ "Name": "First", "Approvers": ["user:bob"], "Deadline": { "After": "PT6S", "Default": "approve" } });
    let second = json!({ "Name": "Second", "Approvers": ["user:cyd"] });
    let asked = office.asks(&ada, json!({ "Title": "In time", "Stages": [first, second] })).await;
    let link = office.link(&office.mail("bob", "In time").await);
    let stranger = office.world.stranger();
    eventually("the first stage's time is over", || async {
        (office.seen(&asked).await["stages"][0]["status"] == "approved").then_some(())
    })
    .await;
    let page = stranger.get(&link).await.expect(410);
    assert!(String::from_utf8_lossy(&page.bytes).contains("expired"), "{}", String::from_utf8_lossy(&page.bytes));
    office.confirms(&link, "verdict=reject&comment=Late.").await.expect(410);
    assert!(office.runs(&asked).await);

    // Whose seat was handed on, or who is no more of the group, decides nothing by an old link.
    let asked = office.asks(&ada, json!({ "Title": "Handed on", "Approvers": ["user:bob"] })).await;
    let link = office.link(&office.mail("bob", "Handed on").await);
    office.person("bob").post(&asked.path("/delegate"), json!({ "to": "cyd" })).await.expect(200);
    stranger.get(&link).await.expect(409);
    office.confirms(&link, "verdict=approve").await.expect(409);
    let cyds = office.link(&office.mail("cyd", "Handed on").await);
    let asked = office.asks(&ada, json!({ "Title": "Of the group", "Approvers": ["group:legal"] })).await;
    let link = office.link(&office.mail("dan", "Of the group").await);
    stranger.get(&link).await.expect(200);
    office.knows(&[("dan", &[])]).await;
    office.confirms(&link, "verdict=approve").await.expect(409);
    assert!(office.runs(&asked).await);
    office.confirms(&cyds, "verdict=reject&comment=No.").await.expect(200);
}
