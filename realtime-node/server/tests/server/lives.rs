//! How connections begin, are known, and end.

use crate::support::{Client, Node, eventually};
use octavo_domain_realtime::{Audience, Channel, Command, Envelope};
use realtime_node_server::{Ending, Origins, Refusal, Transport};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn version_0_connects_by_its_id_and_version_1_only_by_its_token() {
    let node = Node::start().await;
    let old = Client::negotiate(&node, "acme.ada", "").await;
    assert_eq!(old.get("connectionToken"), None);
    let id = old["connectionId"].as_str().unwrap();
    let mut client =
        Client::over(Client::socket(&node, &format!("/hubs/test?id={id}&access_token=acme.ada")).await.unwrap());
    client.text("{\"protocol\":\"json\",\"version\":1}\u{1e}").await;
    assert_eq!(client.record().await, Some(json!({})));

    let new = Client::negotiate(&node, "acme.ada", "negotiateVersion=1").await;
    let id = new["connectionId"].as_str().unwrap();
    assert_eq!(Client::refusal(&node, &format!("/hubs/test?id={id}&access_token=acme.ada")).await, 404);
    assert!(node.seen.refused(Refusal::Unknown));
}

#[tokio::test]
async fn negotiation_offers_what_there_is() {
    let node = Node::start().await;
    let answer = Client::negotiate(&node, "acme.ada.90", "negotiateVersion=1&useStatefulReconnect=true").await;
    assert_eq!((&answer["negotiateVersion"], &answer["useStatefulReconnect"]), (&json!(1), &json!(true)));
    assert_eq!(answer["tokenLifetimeSeconds"], 90);
    assert_eq!(answer["availableTransports"].as_array().unwrap().len(), 3);
    let plain = Client::negotiate(&node, "acme.ada", "negotiateVersion=1").await;
    assert_eq!(plain.get("useStatefulReconnect"), None);
    assert_ne!(plain["connectionId"], answer["connectionId"]);
    let wrong = Client::negotiate(&node, "acme.ada", "negotiateVersion=x").await;
    assert!(wrong["error"].is_string());
}

#[tokio::test]
async fn a_socket_without_an_id_is_a_connection_of_its_own() {
    let node = Node::start().await;
    for path in [
        "/hubs/test?access_token=acme.ada",
        "/hubs/TEST?connectionId=whatever&access_token=acme.ada",
        "/client/?hub=test&access_token=acme.ada",
    ] {
        let mut client = Client::over(Client::socket(&node, path).await.unwrap());
        client.text("{\"protocol\":\"json\",\"version\":1}\u{1e}").await;
        assert_eq!(client.record().await, Some(json!({})));
        client.hears_nothing().await;
    }
}

#[tokio::test]
async fn nobody_connects_without_a_token_or_by_anothers() {
    let node = Node::start().await;
    assert_eq!(Client::refusal(&node, "/hubs/test").await, 401);
    assert_eq!(Client::refusal(&node, "/hubs/test?access_token=nonsense").await, 401);
    let id = Client::negotiate(&node, "acme.ada", "negotiateVersion=1").await["connectionToken"].clone();
    let id = id.as_str().unwrap();
    for other in ["acme.bob", "other.ada"] {
        assert_eq!(Client::refusal(&node, &format!("/hubs/test?id={id}&access_token={other}")).await, 404);
    }
    assert_eq!(Client::refusal(&node, &format!("/hubs/test?id={id}x&access_token=acme.ada")).await, 404);
    assert_eq!(Client::refusal(&node, "/hubs/nosuch?access_token=acme.ada").await, 404);
    Client::socket(&node, &format!("/hubs/test?id={id}&access_token=acme.ada")).await.unwrap();
}

#[tokio::test]
async fn a_second_socket_of_a_connection_is_refused() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    let path = format!("/hubs/test?id={}&access_token=acme.ada", client.token);
    assert_eq!(Client::refusal(&node, &path).await, 409);
    client.hears_nothing().await;
}

#[tokio::test]
async fn pages_connect_from_where_they_may() {
    let node = Node::with(|options| options.origins = Origins::Listed(vec!["https://app.example".to_owned()])).await;
    let negotiate = node.url("/hubs/test/negotiate?negotiateVersion=1");
    for (origin, allowed) in [("https://app.example", true), ("https://evil.example", false)] {
        let http = reqwest::Client::new();
        let asked = http.request(reqwest::Method::OPTIONS, &negotiate).header("origin", origin).send().await.unwrap();
        let answer = http.post(&negotiate).bearer_auth("acme.ada").header("origin", origin).send().await.unwrap();
        for response in [&asked, &answer] {
            let permitted = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
            assert_eq!(permitted, allowed.then_some(origin));
        }
        if allowed {
            assert_eq!(asked.headers()["access-control-allow-credentials"], "true");
            assert!(asked.headers()["access-control-allow-headers"].to_str().unwrap().contains("x-signalr-user-agent"));
        }
        let request = http
            .get(node.url("/hubs/test?access_token=acme.ada"))
            .header("origin", origin)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(request.send().await.unwrap().status(), if allowed { 101 } else { 403 });
    }
    assert!(node.seen.refused(Refusal::Origin));
}

#[tokio::test]
async fn a_hub_may_refuse_and_is_told_of_every_end_of_what_it_took() {
    let node = Node::start().await;
    let mut unwanted = Client::connect(&node, "acme.unwanted").await;
    let close = unwanted.record().await.unwrap();
    assert_eq!((&close["type"], &close["error"]), (&json!(7), &json!("you are unwanted")));
    assert_eq!(unwanted.record().await, None);
    assert_eq!(node.seen.ended(Ending::Refused), 1);

    let mut polite = Client::connect(&node, "acme.ada").await;
    polite.send(json!({"type": 7})).await;
    assert_eq!(polite.record().await, None);
    let mut rude = Client::connect(&node, "acme.ada").await;
    rude.hears_nothing().await;
    drop(rude);
    eventually("both are told of", || node.deps.disconnected.lock().len() == 2).await;
    assert_eq!(*node.deps.connected.lock(), *node.deps.disconnected.lock());
    assert_eq!((node.seen.ended(Ending::Client), node.seen.ended(Ending::Lost)), (1, 1));
    assert_eq!(node.server.counters().connections, 0);
}

#[tokio::test]
async fn a_hub_closes_with_its_error() {
    let node = Node::start().await;
    let mut client = Client::connect(&node, "acme.ada").await;
    client.begin("CloseMe", json!(["enough"])).await;
    let close = client.record().await.unwrap();
    assert_eq!((&close["type"], &close["error"]), (&json!(7), &json!("enough")));
    assert_eq!(client.record().await, None);
    assert_eq!(node.seen.endings.lock()[0], (Some(Transport::WebSockets), Ending::Server));
}

#[tokio::test]
async fn who_does_not_shake_hands_or_never_connects_is_given_up() {
    let node = Node::with(|options| {
        options.timing.handshake = Duration::from_millis(2_500);
        options.timing.disconnect = Duration::from_millis(2_500);
    })
    .await;
    let mut silent = Client::over(Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap());
    Client::negotiate(&node, "acme.ada", "negotiateVersion=1").await;
    assert_eq!(node.server.counters().pending, 2);
    assert_eq!(silent.record().await, None);
    eventually("both are gone", || node.server.counters().connections == 0).await;
    assert_eq!((node.seen.ended(Ending::HandshakeTimeout), node.seen.ended(Ending::Abandoned)), (1, 1));
    assert_eq!(node.server.counters().pending, 0);
}

#[tokio::test]
async fn an_idle_client_is_pinged_and_a_silent_one_is_closed_with_leave_to_come_back() {
    let node = Node::with(|options| {
        options.timing.keep_alive = Duration::from_millis(30);
        options.timing.client_timeout = Duration::from_millis(500);
    })
    .await;
    let socket = Client::socket(&node, "/hubs/test?access_token=acme.ada").await.unwrap();
    let mut client = Client::over(socket);
    client.text("{\"protocol\":\"json\",\"version\":1}\u{1e}").await;
    let mut pings = 0;
    let close = loop {
        let record = client.any().await.unwrap();
        match record["type"].as_i64() {
            Some(6) => pings += 1,
            Some(7) => break record,
            _ => {}
        }
    };
    assert!(pings > 0);
    assert_eq!(close["allowReconnect"], true);
    assert_eq!(node.seen.ended(Ending::Silent), 1);
}

#[tokio::test]
async fn a_client_whose_method_keeps_it_waiting_is_not_taken_for_silent() {
    let node = Node::with(|options| {
        options.timing.client_timeout = Duration::from_millis(1_500);
        options.limits.queued_invocations = 0;
    })
    .await;
    let mut client = Client::connect(&node, "acme.ada").await;
    for value in 0..3 {
        client.begin("Gate", json!([value])).await;
    }
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    node.deps.gate.add_permits(3);
    for value in 0..3 {
        assert_eq!(client.record().await.unwrap()["result"], value);
    }
}

#[tokio::test]
async fn the_end_of_a_token_ends_the_connection_unless_it_was_refreshed() {
    let node = Node::start().await;
    let mut kept = Client::connect(&node, "acme.ada.100").await;
    let mut ended = Client::connect(&node, "acme.ada.100").await;
    let refresh = node.url(&format!("/hubs/test/refresh?id={}", kept.token));
    let http = reqwest::Client::new();
    let refreshed = http.post(&refresh).bearer_auth("acme.ada.1000").send().await.unwrap();
    assert_eq!(refreshed.status(), 200);
    let body: serde_json::Value = refreshed.json().await.unwrap();
    assert_eq!(body["tokenLifetimeSeconds"], 1000);
    // An older one does not roll it back.
    assert_eq!(http.post(&refresh).bearer_auth("acme.ada.50").send().await.unwrap().status(), 200);
    node.clock.advance(Duration::from_secs(200));
    let close = ended.record().await.unwrap();
    assert_eq!((&close["type"], &close["allowReconnect"]), (&json!(7), &json!(true)));
    assert_eq!(node.seen.ended(Ending::Expired), 1);
    kept.hears_nothing().await;
    node.clock.advance(Duration::from_secs(1000));
    assert_eq!(kept.record().await.unwrap()["type"], 7);
}

#[tokio::test]
async fn a_refresh_is_of_the_same_user_and_of_a_connection_that_is_there() {
    let node = Node::start().await;
    let client = Client::connect(&node, "acme.ada.100").await;
    let http = reqwest::Client::new();
    for (query, token, status, code) in [
        (format!("id={}", client.token), "acme.bob.1000", 401, "invalid_token"),
        (format!("id={}", client.token), "nonsense", 401, "invalid_token"),
        ("id=nonsense".to_owned(), "acme.ada", 404, "connection_not_found"),
        (String::new(), "acme.ada", 400, "missing_connection_token"),
    ] {
        let url = node.url(&format!("/hubs/test/refresh?{query}"));
        let answer = http.post(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["error"], code);
    }
}

#[tokio::test]
async fn the_groups_of_a_user_are_joined_and_an_outage_of_the_directory_refuses_nobody() {
    let node = Node::start().await;
    node.groups.0.lock().get_or_insert_default().push(("ada".parse().unwrap(), "team".to_owned()));
    let mut ada = Client::connect(&node, "acme.ada").await;
    ada.begin("SendToGroup", json!(["team", 1])).await;
    assert_eq!(ada.pushed().await, ("told".to_owned(), json!([1])));
    *node.groups.0.lock() = None;
    let mut bob = Client::connect(&node, "acme.bob").await;
    bob.hears_nothing().await;
    assert_eq!(node.seen.directory_failed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_others_ask_for_is_done_to_local_connections_of_the_tenant() {
    let node = Node::start().await;
    let (mut ada, mut eve) = (Client::connect(&node, "acme.ada").await, Client::connect(&node, "other.eve").await);
    ada.hears_nothing().await;
    eve.hears_nothing().await;
    let (tenant, hub) = ("acme".parse().unwrap(), "test".parse().unwrap());
    let channel = |audience: &Audience| Channel::new(&tenant, &hub, audience).unwrap();
    let envelope = |command| Envelope {
        origin: node.id.clone(),
        tenant: tenant.clone(),
        hub: "test".to_owned(),
        sent_at: 0,
        command,
    };
    let user = channel(&Audience::User("ada".parse().unwrap()));
    node.server.apply(&user, &envelope(Command::Join { group: "g".to_owned(), connection: None }));
    let id = ada.id.parse().unwrap();
    assert_eq!(node.server.members(&tenant, &hub, "g"), [id]);
    assert!(node.server.exists(&tenant, &hub, &Audience::Connection(id)));
    assert!(!node.server.exists(&"other".parse().unwrap(), &hub, &Audience::Connection(id)));
    node.server.apply(&user, &envelope(Command::Leave { group: None, connection: None }));
    assert!(!node.server.exists(&tenant, &hub, &Audience::Group("g".to_owned())));
    // A connection of another tenant is not reached by its id.
    let theirs = eve.id.parse().unwrap();
    let close = |connection| Command::Close { reason: Some("bye".to_owned()), excluded: Vec::new(), connection };
    node.server.apply(&Channel::node(&node.id), &envelope(close(Some(theirs))));
    eve.hears_nothing().await;
    node.server.apply(&user, &envelope(Command::Revoke { user: "ada".parse().unwrap() }));
    let close = ada.record().await.unwrap();
    assert_eq!((&close["type"], close["allowReconnect"] == json!(true)), (&json!(7), false));
}
