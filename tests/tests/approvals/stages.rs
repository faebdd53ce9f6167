//! Quorums, one after the other, and what is asked only above an amount.

use crate::office::{Office, approve, reject};
use serde_json::{Value, json};

fn statuses(seen: &Value) -> Vec<&str> {
    seen["stages"].as_array().unwrap().iter().map(|stage| stage["status"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_are_enough_and_two_against_are_too() {
    let office = Office::start().await;
    office.knows(&[("bob", &[]), ("cyd", &[]), ("dan", &[])]).await;
    let ada = office.person("ada");
    let three = json!(["user:bob", "user:cyd", "user:dan"]);
    let decides = async |asked: &crate::office::Asked, user: &str, decision: Value| {
        office.person(user).post(&asked.path("/decision"), decision).await
    };
    let asked = office.asks(&ada, json!({ "Title": "Pro", "Approvers": three, "Quorum": 2 })).await;
    decides(&asked, "bob", reject()).await.expect(200);
    assert!(office.runs(&asked).await, "one against is not enough");
    decides(&asked, "cyd", approve()).await.expect(200);
    let view = decides(&asked, "dan", approve()).await.expect(200).json();
    assert_eq!((&view["outcome"], &view["stages"][0]["approved"]), (&json!("APPROVED"), &json!(2)));
    assert_eq!(office.output(&asked.execution).await["Decisions"].as_array().unwrap().len(), 3);

    let asked = office.asks(&ada, json!({ "Title": "Contra", "Approvers": three, "Quorum": 2 })).await;
    decides(&asked, "dan", reject()).await.expect(200);
    decides(&asked, "bob", reject()).await.expect(200);
    assert_eq!(office.output(&asked.execution).await["Outcome"], "REJECTED");
    decides(&asked, "cyd", approve()).await.expect_problem(409, "APPROVALS_0002", "");

    // All three at the same time: two of them decide, the third is too late or counts.
    let asked = office.asks(&ada, json!({ "Title": "At once", "Approvers": three, "Quorum": 2 })).await;
    let all = ["bob", "cyd", "dan"].map(|user| decides(&asked, user, approve()));
    let said: Vec<u16> = futures::future::join_all(all).await.iter().map(|answer| answer.status).collect();
    assert_eq!(said.iter().filter(|status| **status == 200).count(), 2, "{said:?}");
    assert_eq!(office.output(&asked.execution).await["Decisions"].as_array().unwrap().len(), 2);
    assert_eq!(office.happened(&asked, "ended").await, 1);

    let first = json!({ "Title": "One against", "Approvers": three, "Quorum": 2, "Reject": "first" });
    let asked = office.asks(&ada, first).await;
    decides(&asked, "cyd", reject()).await.expect(200);
    assert_eq!(office.output(&asked.execution).await["Outcome"], "REJECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_after_the_other_each_in_their_turn() {
    let office = Office::start().await;
    office.knows(&[("bob", &[]), ("cyd", &[])]).await;
    let (ada, bob, cyd) = (office.person("ada"), office.person("bob"), office.person("cyd"));
    let request = json!({ "Title": "In turn", "Approvers": ["user:bob", "user:cyd"], "Order": "sequential" });
    let asked = office.asks(&ada, request).await;
    office.mail("bob", "In turn").await;
    assert!(office.titles(&cyd, "to_decide").await.is_empty(), "it is not their turn");
    assert!(office.mails("cyd", "In turn").is_empty());
    let early = cyd.post(&asked.path("/decision"), approve()).await;
    assert_eq!(early.status, 403, "{}", String::from_utf8_lossy(&early.bytes));
    bob.post(&asked.path("/decision"), approve()).await.expect(200);
    assert_eq!(office.titles(&cyd, "to_decide").await, ["In turn"]);
    let mail = office.mail("cyd", "In turn").await;
    office.confirms(&office.link(&mail), "verdict=approve").await.expect(200);
    assert_eq!(office.output(&asked.execution).await["Outcome"], "APPROVED");
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_is_asked_after_legal_and_only_above_an_amount() {
    let office = Office::start().await;
    office.knows(&[("lea", &["legal"]), ("fin", &["finance"])]).await;
    let (ada, lea, fin) = (office.person("ada"), office.member("lea", "legal"), office.member("fin", "finance"));
    let stages = json!([
        { "Name": "Legal", "Approvers": ["group:legal"] },
        { "Name": "Finance", "When": "{% $states.input.amount > 10000 %}", "Approvers": ["group:finance"] },
    ]);
    let arguments = json!({ "Title": "{% $states.input.title %}", "Stages": stages });
    let resource = "arn:aws:states:::approvals:request.waitForTaskToken";
    let state = json!({ "Type": "Task", "Resource": resource, "Arguments": arguments, "End": true });
    let machine =
        office.machine(&json!({ "QueryLanguage": "JSONata", "StartAt": "Ask", "States": { "Ask": state } })).await;

    let small = office.run(&ada, &machine, &json!({ "title": "A pencil", "amount": 9_999 })).await;
    let pencil = office.approval("A pencil").await;
    let view = lea.post(&format!("/v1/approvals/{pencil}/decision"), approve()).await.expect(200).json();
    assert_eq!(statuses(&view), ["approved", "skipped"]);
    let output = office.output(&small).await;
    assert_eq!((&output["Outcome"], output["Decisions"].as_array().unwrap().len()), (&json!("APPROVED"), 1));

    let large = office.run(&ada, &machine, &json!({ "title": "A press", "amount": 10_001 })).await;
    let press = office.approval("A press").await;
    let path = format!("/v1/approvals/{press}/decision");
    office.mail("lea", "A press").await;
    assert!(office.titles(&fin, "to_decide").await.is_empty() && office.mails("fin", "A press").is_empty());
    lea.post(&path, approve()).await.expect(200);
    let mail = office.mail("fin", "A press").await;
    assert!(mail.text.contains("Finance"), "{}", mail.text);
    let view = fin.post(&path, approve()).await.expect(200).json();
    assert_eq!(statuses(&view), ["approved", "approved"]);
    let output = office.output(&large).await;
    let by: Vec<(&Value, &Value)> =
        output["Decisions"].as_array().unwrap().iter().map(|one| (&one["Stage"], &one["By"])).collect();
    assert_eq!(by, [(&json!("Legal"), &json!("lea")), (&json!("Finance"), &json!("fin"))]);
}
