//! Whoever is away is substituted.

use crate::office::{Office, approve, around_today};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_substitute_is_told_finds_it_and_decides_in_their_name() {
    let office = Office::start().await;
    office.knows(&[("bob", &[]), ("cyd", &[]), ("ada", &[])]).await;
    let (ada, bob, cyd, dan) = (office.person("ada"), office.person("bob"), office.person("cyd"), office.person("dan"));
    let (from, to) = around_today();
    let before =
        office.asks(&ada, json!({ "Title": "Before", "Category": "contract", "Approvers": ["user:bob"] })).await;
    assert!(office.titles(&cyd, "to_decide").await.is_empty());
    let body = json!({ "substitute": "cyd", "from": from, "to": to, "categories": ["contract"] });
    let made = bob.post("/v1/substitutions", body.clone()).await.expect(201).json();
    // Nobody but themselves and administrators says so.
    let other = json!({ "user": "bob", "substitute": "dan", "from": from, "to": to });
    dan.post("/v1/substitutions", other.clone()).await.expect_problem(403, "APPROVALS_0011", "");

    let asked =
        office.asks(&ada, json!({ "Title": "While away", "Category": "contract", "Approvers": ["user:bob"] })).await;
    let leave =
        office.asks(&ada, json!({ "Title": "A day off", "Category": "leave", "Approvers": ["user:bob"] })).await;
    let mail = office.mail("cyd", "While away").await;
    assert!(mail.text.contains("bob"), "it says for whom: {}", mail.text);
    office.mail("bob", "While away").await;
    assert_eq!(office.titles(&cyd, "to_decide").await, ["Before", "While away"], "of the category, open ones too");
    cyd.post(&leave.path("/decision"), approve()).await.expect(404);

    // By the API and by the link alike.
    cyd.post(&before.path("/decision"), approve()).await.expect(200);
    office.confirms(&office.link(&mail), "verdict=approve").await.expect(200);
    for one in [&before, &asked] {
        let output = office.output(&one.execution).await;
        let decided = &output["Decisions"][0];
        assert_eq!((&decided["By"], &decided["OnBehalfOf"]), (&json!("cyd"), &json!("bob")), "{output:#}");
    }
    let recorded = office.history(&asked).await.into_iter().find(|event| event["kind"] == "decided").unwrap();
    assert_eq!((&recorded["actor"], &recorded["on_behalf_of"]), (&json!("cyd"), &json!("bob")));

    // It does not chain, and ends when it is taken back.
    let chained = json!({ "substitute": "dan", "from": from, "to": to });
    cyd.post("/v1/substitutions", chained).await.expect(201);
    let last = office.asks(&ada, json!({ "Title": "Last", "Category": "contract", "Approvers": ["user:bob"] })).await;
    dan.post(&last.path("/decision"), approve()).await.expect(404);
    let id = made["id"].as_str().unwrap();
    bob.delete(&format!("/v1/substitutions/{id}")).await.expect(204);
    cyd.post(&last.path("/decision"), approve()).await.expect(404);
    bob.post(&last.path("/decision"), approve()).await.expect(200);
    assert_eq!(office.output(&last.execution).await["Decisions"][0]["OnBehalfOf"], Value::Null);
    office.root().post("/v1/substitutions", other).await.expect(201);
}
