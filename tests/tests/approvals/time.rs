//! Time reminds, asks others, and decides.

use crate::office::{Office, approve};
use octavo_tests::eventually;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_not_decided_are_reminded_and_nobody_of_what_was_decided() {
    let office = Office::start().await;
    office.knows(&[("bob", &[]), ("cyd", &[]), ("dan", &[])]).await;
    let (ada, bob) = (office.person("ada"), office.person("bob"));
    // Bob decides before, on a busy machine too.
    let reminders = json!({ "After": "PT15S", "Every": "PT1S", "Max": 2, "BusinessTime": false });
    let request = json!({ "Title": "Remind us", "Approvers": ["user:bob", "user:cyd"], "Reminders": reminders });
    let asked = office.asks(&ada, request).await;
    bob.post(&asked.path("/decision"), approve()).await.expect(200);
    let reminded = |user: &str| {
        let mails = office.mails(user, "Remind us");
        mails.into_iter().filter(|mail| mail.subject.starts_with("Reminder:"))
    };
    eventually("cyd is reminded twice", || async {
        let events = office.happened(&asked, "reminded").await;
        (events == 2 && reminded("cyd").count() == 2).then_some(())
    })
    .await;
    // A third is not due, ever.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(office.happened(&asked, "reminded").await, 2);
    assert_eq!(reminded("bob").count(), 0, "bob has decided");
    office.person("cyd").post(&asked.path("/decision"), approve()).await.expect(200);
    office.output(&asked.execution).await;

    // What is decided before its time is not reminded of.
    let soon = json!({ "After": "PT15S", "BusinessTime": false });
    let asked = office.asks(&ada, json!({ "Title": "Remind not", "Approvers": ["user:dan"], "Reminders": soon })).await;
    office.mail("dan", "Remind not").await;
    office.person("dan").post(&asked.path("/decision"), approve()).await.expect(200);
    sleep(Duration::from_secs(17)).await;
    assert_eq!(office.happened(&asked, "reminded").await, 0);
    assert_eq!(office.mails("dan", "Remind not").len(), 1, "the first one only");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_asked_besides_or_instead() {
    let office = Office::start().await;
    office.knows(&[("bob", &[]), ("max", &["managers"])]).await;
    let (ada, bob, max) = (office.person("ada"), office.person("bob"), office.member("max", "managers"));
    let escalation = |replace: bool| json!([{ "After": "PT1S", "BusinessTime": false, "To": ["group:managers"], "Replace": replace }]);
    let besides = office
        .asks(&ada, json!({ "Title": "Besides", "Approvers": ["user:bob"], "Escalations": escalation(false) }))
        .await;
    let instead = office
        .asks(&ada, json!({ "Title": "Instead", "Approvers": ["user:bob"], "Escalations": escalation(true) }))
        .await;
    let mail = office.mail("max", "Besides").await;
    office.mail("max", "Instead").await;
    assert_eq!(office.titles(&bob, "to_decide").await, ["Besides"]);
    assert_eq!(office.titles(&max, "to_decide").await, ["Besides", "Instead"]);
    bob.post(&instead.path("/decision"), approve()).await.expect_problem(403, "APPROVALS_0004", "");
    office.confirms(&office.link(&mail), "verdict=approve").await.expect(200);
    max.post(&instead.path("/decision"), approve()).await.expect(200);
    for asked in [&besides, &instead] {
        assert_eq!(office.output(&asked.execution).await["Decisions"][0]["By"], "max");
        assert_eq!(office.happened(asked, "escalated").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_decides_as_it_was_asked_to() {
    let office = Office::start().await;
    let ada = office.person("ada");
    let ask = |title: &'static str, default: &str| {
        let deadline = json!({ "After": "PT2S", "Default": default });
        office.asks(&ada, json!({ "Title": title, "Approvers": ["user:bob"], "Deadline": deadline }))
    };
    let (yes, no, over) = tokio::join!(ask("Yes", "approve"), ask("No", "reject"), ask("Over", "expire"));
    for (asked, outcome) in [(&yes, "APPROVED"), (&no, "REJECTED"), (&over, "EXPIRED")] {
        let output = office.output(&asked.execution).await;
        assert_eq!((&output["Outcome"], &output["Decisions"]), (&json!(outcome), &json!([])), "{output:#}");
        let late = office.person("bob").post(&asked.path("/decision"), approve()).await;
        assert_eq!(late.status, 409, "nobody decided, and nobody does afterwards");
        let passed = office.history(asked).await.into_iter().find(|event| event["kind"] == "deadline_passed").unwrap();
        assert_eq!((&passed["actor"], &passed["via"]), (&Value::Null, &json!("platform")));
    }
}
