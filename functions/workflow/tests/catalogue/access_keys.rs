//! A stock client signs with a key, and is who the key says.

use crate::house::{Answer, House, house};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use octavo_domain_kernel::Clock;
use serde_json::{Value, json};
use std::time::SystemTime;

const HOST: &str = "127.0.0.1:8080";

/// Calls an operation with a signature of this key, `token` as a session's.
async fn call(house: &House, key: (&str, &str), token: Option<&str>, operation: &str, input: Value) -> Answer {
    let body = input.to_string();
    let identity = Credentials::new(key.0, key.1, token.map(str::to_owned), None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("states")
        .time(SystemTime::from(house.clock.now()))
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let target = format!("AWSStepFunctions.{operation}");
    let headers = [("host", HOST), ("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
    let uri = format!("http://{HOST}/v1/states/");
    let signable =
        SignableRequest::new("POST", &uri, headers.into_iter(), SignableBody::Bytes(body.as_bytes())).unwrap();
    let (instructions, _) = sign(signable, &parameters.into()).unwrap().into_parts();
    let signed: Vec<(&'static str, String)> = instructions
        .headers()
        .map(|(name, value)| match name {
            "authorization" => ("authorization", value.to_owned()),
            "x-amz-date" => ("x-amz-date", value.to_owned()),
            "x-amz-security-token" => ("x-amz-security-token", value.to_owned()),
            other => panic!("{other}"),
        })
        .collect();
    let all: Vec<(&'static str, &str)> =
        headers.into_iter().chain(signed.iter().map(|(name, value)| (*name, value.as_str()))).collect();
    house.ask_signed("/v1/states/", body.into(), &all).await
}

/// A new key's id and secret.
fn pair(made: &Value) -> (String, String) {
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

async fn make(house: &House, user: &str, body: Value) -> Value {
    let answer = house.ask(user, "POST", "/v1/access-keys", Some(body)).await;
    assert_eq!(answer.status, 201, "{:#}", answer.json);
    answer.json
}

#[tokio::test]
async fn a_key_signs_for_its_user_until_it_is_deleted() {
    let house = house().await;
    let made = make(&house, "ada/workflows", json!({ "label": "deploy" })).await;
    assert_eq!((made["user"].as_str(), &made["roles"]), (Some("ada"), &json!(["workflows"])));
    let (id, secret) = pair(&made);
    let listed = call(&house, (&id, &secret), None, "ListStateMachines", json!({})).await.ok();
    assert_eq!(listed, json!({ "stateMachines": [] }));
    assert!(house.ask("ada", "GET", "/v1/access-keys", None).await.json["access_keys"][0]["used_at"].is_string());

    let wrong = call(&house, (&id, "another secret"), None, "ListStateMachines", json!({})).await;
    assert_eq!((wrong.status, wrong.refused().0), (400, "InvalidSignatureException"));
    let session = call(&house, (&id, &secret), Some("session"), "ListStateMachines", json!({})).await;
    assert_eq!(session.refused().0, "UnrecognizedClientException");
    let unknown = call(&house, ("AKIANOBODYHASTHISKEY", &secret), None, "ListStateMachines", json!({})).await;
    let text = "The security token included in the request is invalid.";
    assert_eq!(unknown.refused(), ("UnrecognizedClientException", text));

    assert_eq!(house.ask("ada", "DELETE", &format!("/v1/access-keys/{id}"), None).await.status, 204);
    let deleted = call(&house, (&id, &secret), None, "ListStateMachines", json!({})).await;
    assert_eq!(deleted.refused().0, "UnrecognizedClientException");
    let again = house.ask("ada", "DELETE", &format!("/v1/access-keys/{id}"), None).await;
    assert_eq!(again.problem().1, "WORKFLOW_0006");
}

#[tokio::test]
async fn a_request_without_a_signature_or_with_half_of_one_is_told_so() {
    let house = house().await;
    let ask = async |headers: &[(&'static str, &str)]| {
        let target = ("x-amz-target", "AWSStepFunctions.ListStateMachines");
        let all: Vec<_> = [target].into_iter().chain(headers.iter().copied()).collect();
        let answer = house.ask_signed("/v1/states", "{}".into(), &all).await;
        answer.refused().0.to_owned()
    };
    assert_eq!(ask(&[]).await, "MissingAuthenticationTokenException");
    assert_eq!(ask(&[("authorization", "AWS4-HMAC-SHA256 Credential=a")]).await, "IncompleteSignatureException");
    assert_eq!(ask(&[("authorization", "Bearer nobody")]).await, "UnrecognizedClientException");
}

#[tokio::test]
async fn a_key_acts_in_its_tenant_with_the_roles_that_it_was_made_with() {
    let house = house().await;
    let (id, secret) = pair(&make(&house, "umbrella:eve/workflows,hr", json!({ "label": "x", "roles": [] })).await);
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    let role = "arn:aws:iam::111111111111:role/r";
    let input = json!({ "name": "m", "definition": definition, "roleArn": role });
    let refused = call(&house, (&id, &secret), None, "CreateStateMachine", input.clone()).await;
    let (name, text) = refused.refused();
    assert_eq!(name, "AccessDeniedException");
    assert!(text.contains("user/eve is not authorized to perform: states:CreateStateMachine"), "{text}");

    let (id, secret) = pair(&make(&house, "umbrella:eve/workflows,hr", json!({ "label": "y" })).await);
    call(&house, (&id, &secret), None, "CreateStateMachine", input).await.ok();
    assert_eq!(house.sfn("ListStateMachines", json!({})).await.ok(), json!({ "stateMachines": [] }));
    let theirs = house.call("umbrella:eve/", "ListStateMachines", json!({})).await.ok();
    assert_eq!(theirs["stateMachines"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whose_keys_are_seen_and_made_by_whom() {
    let house = house().await;
    make(&house, "ada", json!({ "label": "own" })).await;
    let for_bob = json!({ "label": "of bob", "user": "bob", "roles": ["workflows"] });
    let refused = house.ask("ada", "POST", "/v1/access-keys", Some(for_bob.clone())).await;
    assert_eq!((refused.status, refused.problem().1), (403, "WORKFLOW_0005"));
    let made = make(&house, "root/admin", for_bob).await;
    assert_eq!((made["user"].as_str(), made["created_by"].as_str()), (Some("bob"), Some("root")));

    let count = async |user: &str, query: &str| {
        let answer = house.ask(user, "GET", &format!("/v1/access-keys{query}"), None).await;
        answer.json["access_keys"].as_array().map(Vec::len)
    };
    assert_eq!(count("ada", "").await, Some(1));
    assert_eq!(count("ada", "?user=bob").await, None);
    assert_eq!(count("ada", "?user=*").await, None);
    assert_eq!(count("root/admin", "?user=bob").await, Some(1));
    assert_eq!(count("root/admin", "?user=*").await, Some(2));
    assert_eq!(count("umbrella:root/admin", "?user=*").await, Some(0));
    let bobs = made["id"].as_str().unwrap();
    assert_eq!(house.ask("ada", "DELETE", &format!("/v1/access-keys/{bobs}"), None).await.status, 404);
    assert_eq!(house.ask("root/admin", "DELETE", &format!("/v1/access-keys/{bobs}"), None).await.status, 204);
}

#[tokio::test]
async fn what_a_key_cannot_be_is_named() {
    let house = house().await;
    for (body, field) in [
        (json!({ "label": " " }), "label"),
        (json!({ "label": "x".repeat(101) }), "label"),
        (json!({ "label": "x", "roles": ["admin"] }), "roles"),
        (json!({ "label": "x", "groups": ["legal"] }), "groups"),
        (json!({ "label": "x", "user": "a b" }), "user"),
        (json!({ "label": "x", "secret": "mine" }), "secret"),
    ] {
        let answer = house.ask("ada/workflows", "POST", "/v1/access-keys", Some(body.clone())).await;
        assert_eq!(answer.problem(), (422, "EDGE_0002", field), "{body}: {:#}", answer.json);
    }
    for at in 0..20 {
        make(&house, "ada", json!({ "label": format!("{at}") })).await;
    }
    let full = house.ask("ada", "POST", "/v1/access-keys", Some(json!({ "label": "one more" }))).await;
    assert_eq!((full.status, full.problem().1), (409, "WORKFLOW_0007"));
}
