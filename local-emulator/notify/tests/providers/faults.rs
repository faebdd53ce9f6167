//! Faults over HTTP: what the sender sees, and what was taken.

use std::time::Duration;

use local_emulator_notify::State;
use serde_json::{Value, json};

use crate::ask::{Asker, eventually};

#[tokio::test]
async fn the_connection_is_closed_before_and_after() {
    let asker = Asker::start().await;
    for (when, taken) in [("before", 0), ("after", 1)] {
        let to = format!("{when}@x.example");
        let id = asker.fault(&json!({"provider": "sendgrid", "kind": "close", "when": when, "times": 1}));
        // reqwest tries again by itself only on a connection that was used before: a new client has none.
        let error =
            reqwest::Client::builder().no_proxy().build().unwrap().execute(asker.sendgrid(&to).build().unwrap()).await;
        assert!(error.is_err_and(|error| !error.is_timeout()));
        let sent: Vec<_> = asker.all().into_iter().filter(|sent| sent.to == [to.clone()]).collect();
        assert_eq!((sent.len(), sent.iter().filter(|sent| sent.is_accepted()).count()), (1, taken), "{when}");
        assert_eq!((sent[0].fault, sent[0].status), (Some(id), 0));
    }
}

#[tokio::test]
async fn it_is_never_answered() {
    let asker = Asker::start().await;
    for (when, taken) in [("before", false), ("after", true)] {
        asker.fault(&json!({"provider": "twilio", "kind": "hang", "when": when, "times": 1}));
        let request = asker.twilio("+436601234567", None).timeout(Duration::from_secs(2));
        assert!(request.send().await.is_err_and(|error| error.is_timeout()));
        assert_eq!(asker.all().last().unwrap().is_accepted(), taken);
    }
    // What hangs does not keep the server.
    let hanging = asker.twilio("+436601234567", None);
    asker.fault(&json!({"provider": "twilio", "kind": "hang"}));
    let hanging = tokio::spawn(hanging.send());
    eventually("the request hangs", || (asker.all().len() == 3).then_some(())).await;
    asker.server.shutdown().await;
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn who_does_not_wait_has_sent_nevertheless() {
    let asker = Asker::start().await;
    asker.fault(&json!({"provider": "postmark", "kind": "delay", "ms": 4000}));
    let request = asker.postmark("ada@x.example").timeout(Duration::from_secs(1));
    assert!(request.send().await.is_err_and(|error| error.is_timeout()));
    assert!(asker.all().is_empty());
    eventually("taken", || asker.all().iter().any(local_emulator_notify::Sent::is_accepted).then_some(())).await;
}

#[tokio::test]
async fn faults_are_set_over_http() {
    let asker = Asker::start().await;
    let (status, added) =
        asker.control("POST", "/faults", &json!({"kind": "reject", "status": 500, "to": "*@bad.example"})).await;
    assert_eq!((status, &added["id"], &added["spent"]), (201, &json!(1), &json!(false)));
    assert_eq!(asker.control("POST", "/faults", &json!({"kind": "reject", "status": 500, "too": "x"})).await.0, 400);
    assert_eq!(asker.sendgrid("a@bad.example").send().await.unwrap().status(), 500);
    assert_eq!(asker.sendgrid("a@good.example").send().await.unwrap().status(), 202);
    assert_eq!(asker.server.faults()[0].fired, 1);
    assert_eq!(asker.control("DELETE", "/faults/1", &Value::Null).await.0, 204);
    assert_eq!(asker.control("DELETE", "/faults/1", &Value::Null).await.0, 404);
    assert_eq!(asker.sendgrid("a@bad.example").send().await.unwrap().status(), 202);
    let all = json!({"faults": [{"kind": "quiet"}, {"kind": "delay", "ms": 1}]});
    assert_eq!(asker.control("PUT", "/faults", &all).await.1["faults"].as_array().unwrap().len(), 2);
    assert_eq!(asker.control("PUT", "/faults", &json!({"faults": [{"kind": "explode"}]})).await.0, 400);
    assert_eq!(asker.server.faults().len(), 2, "all or none");
}

#[tokio::test]
async fn what_is_refused_anyway_uses_up_no_fault() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "reject", "status": 500, "times": 1}));
    assert_eq!(asker.sendgrid("nobody").send().await.unwrap().status(), 400);
    assert_eq!(asker.sendgrid("a@x.example").send().await.unwrap().status(), 500);
}

#[tokio::test]
async fn a_quiet_message_stays_accepted_until_somebody_says_so() {
    let asker = Asker::start().await;
    asker.fault(&json!({"kind": "quiet", "to": "quiet@x.example"}));
    asker.sendgrid("quiet@x.example").send().await.unwrap();
    asker.sendgrid("loud@x.example").send().await.unwrap();
    eventually("the other is delivered", || (asker.server.message(2)?.state == State::Delivered).then_some(())).await;
    assert_eq!(asker.server.message(1).unwrap().state, State::Accepted);
    let (status, sent) = asker.control("POST", "/deliver/1", &Value::Null).await;
    assert_eq!((status, &sent["state"]), (200, &json!("delivered")));
}
