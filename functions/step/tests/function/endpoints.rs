//! Tasks that call HTTP endpoints.

use crate::house::{House, acme, house, integration, states};
use bytes::Bytes;
use chrono::Utc;
use octavo_domain_workflow::catalogue::{Connection, ConnectionPut, Connections, StoredConnection};
use octavo_domain_workflow::engine::outside::{HttpRefusal, HttpReply};
use serde_json::{Value, json};

async fn connection(house: &House) -> String {
    let id = house.deps.ids.next();
    let connection = Connection {
        id,
        arn: format!("arn:aws:events:us-east-1:1:connection/crm/{id}"),
        name: "crm".to_owned(),
        header: "authorization".to_owned(),
        hosts: vec!["crm.example.com".to_owned()],
        updated_at: chrono::DateTime::<Utc>::UNIX_EPOCH,
        updated_by: "ada".parse().unwrap(),
    };
    let arn = connection.arn.clone();
    let stored = StoredConnection::seal(&crate::ports::Reversing, &acme(), connection, "Bearer s3cret");
    assert!(matches!(house.store.connection_put(&acme(), &stored).await.unwrap(), ConnectionPut::Done(_)));
    arn
}

fn get(more: Value) -> String {
    let mut parameters = json!({"ApiEndpoint": "https://crm.example.com/orders", "Method": "GET"});
    for (name, value) in more.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    states(json!({"A": integration("http:invoke", parameters)}))
}

#[tokio::test]
async fn an_endpoint_gets_the_connections_secret_and_a_key_and_nobody_else_sees_it() {
    let house = house().await;
    let arn = connection(&house).await;
    let definition = get(json!({"Authentication": {"ConnectionArn": arn}, "QueryParameters": {"a": "1"}}));
    let id = house.start(&definition, json!({})).await;
    house.drain().await;
    let output = house.view(id).await.output.unwrap();
    assert_eq!((&output["ResponseBody"], &output["StatusText"]), (&json!({"ok": true}), &json!("OK")));
    let call = house.endpoints.calls.lock().pop().unwrap();
    assert_eq!(call.url.as_str(), "https://crm.example.com/orders?a=1");
    let header = |name: &str| call.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone());
    assert_eq!(header("authorization").as_deref(), Some("Bearer s3cret"));
    assert!(header("idempotency-key").unwrap().starts_with(&id.to_string()));
    assert!(call.public_only);
    let history = format!("{:?}", house.history(id).await);
    assert!(!history.contains("s3cret") && !format!("{call:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_secret_goes_only_to_its_hosts_and_no_request_to_where_it_may_not() {
    let house = house().await;
    let arn = connection(&house).await;
    let with = |endpoint: &str, connection: &str| {
        get(json!({"ApiEndpoint": endpoint, "Authentication": {"ConnectionArn": connection}}))
    };
    for (definition, error, told) in [
        (with("https://evil.example.com/", &arn), "States.Permissions", "is not for the host evil.example.com"),
        (with("https://crm.example.com/", "arn:none"), "States.Permissions", "no connection 'arn:none'"),
        (with("http://crm.example.com/", &arn), "States.Permissions", "may not be called"),
        (get(json!({})), "States.Runtime", "a connection is needed"),
        (get(json!({"Method": "TRACE"})), "States.Runtime", "Method"),
    ] {
        let (found, cause) = house.failure(&definition, json!({})).await;
        assert_eq!(found, error, "{cause}");
        assert!(cause.contains(told), "{cause}");
    }
    assert!(house.endpoints.calls.lock().is_empty());
    let own = get(json!({"ApiEndpoint": "http://127.0.0.1:8080/x"}));
    house.output(&own, json!({})).await;
    assert!(!house.endpoints.calls.lock()[0].public_only, "an origin that the operator names");
}

#[tokio::test]
async fn what_an_endpoint_does_wrong_is_a_named_error() {
    let house = house().await;
    let definition = get(json!({"ApiEndpoint": "http://127.0.0.1:8080/x"}));
    let status = |status, body: &'static str| {
        Ok(HttpReply { status, headers: Vec::new(), body: Bytes::from_static(body.as_bytes()) })
    };
    for (answer, error, cause) in [
        (status(503, "later"), "States.Http.StatusCode.503", "later"),
        (Err(HttpRefusal::Socket("refused".to_owned())), "States.Http.Socket", "refused"),
        (Err(HttpRefusal::TooLarge(7)), "States.DataLimitExceeded", "7 bytes"),
        (Err(HttpRefusal::PrivateAddress("h".to_owned())), "States.Permissions", "no public address"),
    ] {
        *house.endpoints.answer.lock() = answer;
        let (found, told) = house.failure(&definition, json!({})).await;
        assert_eq!(found, error, "{told}");
        assert!(told.contains(cause), "{told}");
    }
}
