//! The ready-made workflows are accepted as they are, ask for what can be asked for, and end.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use chrono::{DateTime, Utc};
use octavo_domain_approvals::templates::{TEMPLATES, Template, template};
use octavo_domain_approvals::{ApprovalId, ApprovedDocument, Creation, Origin, Request, create};
use octavo_domain_calendar::Calendar;
use octavo_domain_workflow::definition::{Definition, parse};
use octavo_domain_workflow::machine::{Ended, Event, Order, Outcome};
use octavo_domain_workflow::rehearsal::{Report, Start, rehearse};
use serde_json::{Value, json};
use uuid::Uuid;

const DOCUMENT: &str = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081";

fn now() -> DateTime<Utc> {
    "2026-11-27T10:00:00Z".parse().unwrap()
}

fn definition(template: &Template) -> Definition {
    parse(template.definition, false).unwrap_or_else(|findings| panic!("{}: {findings:#?}", template.name))
}

fn runs(name: &str, tasks: &mut dyn FnMut(&str, &Order) -> Value) -> Report {
    let template = template(name).unwrap();
    let start = Start {
        machine_arn: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}"),
        name: "one".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/octavo".to_owned(),
        input: serde_json::from_str(template.input_example).unwrap(),
        express: false,
        now: now(),
        seed: 1,
        stored: true,
        abort_after_seconds: None,
        mocked: None,
    };
    rehearse(&definition(template), &start, &mut |state, order| {
        vec![Event::TaskSucceeded { output: tasks(state, order) }]
    })
}

/// What a task asks for, as an approval: it must be acceptable as it is.
fn asked(order: &Order) -> Request {
    assert_eq!(order.resource, "arn:aws:states:::approvals:request.waitForTaskToken");
    let request: Request = serde_json::from_value(order.parameters.clone()).expect("a request");
    let document = request.document.as_ref().map(|document| ApprovedDocument {
        id: document.id,
        version: 1,
        since: None,
        title: "A document".to_owned(),
    });
    let creation = Creation {
        id: ApprovalId(Uuid::from_u128(1)),
        requester: "ada".parse().unwrap(),
        origin: Origin {
            execution: Uuid::from_u128(2),
            execution_arn: "arn".to_owned(),
            state: "Ask".to_owned(),
            token: "t".to_owned(),
        },
        document,
        author: None,
        calendar: &Calendar::working_week(),
        now: now(),
    };
    create(request, creation).expect("it is acceptable").approval.request
}

fn answered(outcome: &str) -> Value {
    json!({"Outcome": outcome, "ApprovalId": Uuid::from_u128(1), "Title": "T", "Comment": "shorter",
        "DecidedAt": "2026-11-27T10:00:00Z", "Document": {"Id": DOCUMENT, "Version": 2},
        "Decisions": [{"Stage": "Approval", "Verdict": "APPROVE", "By": "bob", "At": "2026-11-27T10:00:00Z",
            "Answers": {"renews_on": "2027-11-27"}}]})
}

fn succeeded(report: &Report) -> bool {
    matches!(report.ended, Some(Ended::Itself(Outcome::Succeeded { .. })))
}

#[test]
fn all_are_accepted() {
    for template in TEMPLATES {
        definition(template);
    }
}

#[test]
fn every_outcome_has_its_way() {
    for name in ["single-approval", "two-of-three", "legal-then-finance"] {
        for outcome in ["APPROVED", "REJECTED", "CHANGES_REQUESTED", "EXPIRED", "WITHDRAWN"] {
            let report = runs(name, &mut |_, order| {
                asked(order);
                answered(outcome)
            });
            assert!(succeeded(&report), "{name} {outcome}: {:?}", report.ended);
        }
    }
}

#[test]
fn finance_is_asked_above_an_amount() {
    runs("legal-then-finance", &mut |_, order| {
        let request = asked(order);
        assert!(request.stages[1].when, "42,000");
        answered("APPROVED")
    });
}

#[test]
fn a_contract_is_asked_for_again_when_it_renews() {
    let mut titles = Vec::new();
    let report = runs("contract-renewal", &mut |_, order| {
        titles.push(asked(order).title);
        answered(if titles.len() < 3 { "APPROVED" } else { "REJECTED" })
    });
    assert!(succeeded(&report), "{:?}", report.ended);
    assert_eq!(titles, ["Cleaning", "Cleaning: renewal 1", "Cleaning: renewal 2"]);
    assert!(report.now >= "2027-11-27T08:00:00Z".parse::<DateTime<Utc>>().unwrap());
}

#[test]
fn a_draft_is_written_again_until_it_is_released() {
    let mut calls = Vec::new();
    let (mut looks, mut asks) = (0, 0);
    let report = runs("document-release", &mut |state, order| {
        let text = |name: &str| order.parameters[name].as_str().unwrap_or_default().to_owned();
        let body = match state {
            "Generate" => json!({"id": "g1", "status": "queued"}),
            "LookAtDraft" => {
                looks += 1;
                if looks % 2 == 1 {
                    json!({"id": "g1", "status": "writing"})
                } else {
                    json!({"id": "g1", "status": "done", "document_id": DOCUMENT})
                }
            }
            "Release" => json!({"id": DOCUMENT}),
            _ => {
                asked(order);
                asks += 1;
                return answered(if asks == 1 { "CHANGES_REQUESTED" } else { "APPROVED" });
            }
        };
        calls.push((text("Method"), text("ApiEndpoint"), order.parameters["RequestBody"].clone()));
        json!({"StatusCode": 200, "StatusText": "OK", "Headers": {}, "ResponseBody": body})
    });
    assert!(succeeded(&report), "{:?}", report.ended);
    let of = |method: &str| calls.iter().filter(move |call| call.0 == method).collect::<Vec<_>>();
    assert_eq!(of("POST").len(), 2);
    assert_eq!(of("GET").len(), 4);
    let second = of("POST")[1].2["instructions"].as_str().unwrap();
    assert!(second.ends_with("this is to be changed: shorter"), "{second}");
    assert_eq!(of("PATCH")[0].1, format!("https://octavo.example/v1/documents/{DOCUMENT}"));
    assert_eq!(of("PATCH")[0].2["metadata"]["approved_version"], 2);
}
