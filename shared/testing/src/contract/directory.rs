//! The contract of [`Directory`].

use super::eventually::eventually;
use crate::build::tenant;
use crate::ids::unique;
use bytes::Bytes;
use futures::StreamExt;
use octavo_domain_kernel::{PortErrorKind, TenantId, UserId};
use octavo_domain_realtime::{ConnectionId, Directory, HubName, NodeId, NodeRecord, PresenceEntry};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than thousands of round trips take on a machine that does much else.
const HOUR: Duration = Duration::from_secs(3600);
const BRIEF: Duration = Duration::from_millis(200);
/// Requests that are under way together, where there are thousands.
const TOGETHER: usize = 64;

/// Judges a directory. `make` gives another node's handle; all are on the same store.
pub async fn directory<D: Directory, F: Future<Output = D>>(make: impl Fn() -> F) {
    let (one, two) = (make().await, make().await);
    nodes(&one, &two).await;
    presence(&one, &two).await;
    presence_has_a_limit(&one).await;
    user_groups(&one, &two).await;
}

fn node_id() -> NodeId {
    #[expect(clippy::cast_possible_truncation, reason = "half of the chance is enough")]
    NodeId::of_random(unique().as_u128() as u64)
}

fn entry(state: &str) -> PresenceEntry {
    let connection = ConnectionId::of_random(&node_id(), unique().as_u128());
    PresenceEntry { connection, state: Bytes::from(state.to_owned()) }
}

fn hub() -> HubName {
    "documents".parse().unwrap()
}

async fn nodes(one: &impl Directory, two: &impl Directory) {
    let mut node = NodeRecord {
        id: node_id(),
        name: "node-1 \u{e9}".to_owned(),
        internal_url: "http://10.0.0.5:8080".to_owned(),
        public_url: Some("https://node-1.example".to_owned()),
        draining: false,
        connections: 7,
    };
    let other = NodeRecord { id: node_id(), public_url: None, ..node.clone() };
    // Others may live on the same store.
    let listed = async |node: &NodeRecord| two.node_list().await.unwrap().into_iter().find(|found| found.id == node.id);
    assert_eq!(listed(&node).await, None);
    one.node_beat(&node, MINUTE).await.unwrap();
    two.node_beat(&other, MINUTE).await.unwrap();
    assert_eq!((listed(&node).await, listed(&other).await), (Some(node.clone()), Some(other.clone())));
    (node.draining, node.connections) = (true, 3);
    one.node_beat(&node, MINUTE).await.unwrap();
    assert_eq!(listed(&node).await, Some(node.clone()), "the newest word");
    one.node_leave(&node.id).await.unwrap();
    one.node_leave(&node.id).await.expect("having left is no error");
    assert_eq!((listed(&node).await, listed(&other).await), (None, Some(other.clone())));
    one.node_beat(&node, MINUTE).await.unwrap();
    one.node_beat(&node, BRIEF).await.unwrap();
    eventually("a node that is silent is forgotten", async || listed(&node).await.is_none()).await;
    assert_eq!(listed(&other).await, Some(other.clone()), "alone");
    two.node_leave(&other.id).await.unwrap();
}

async fn presence(one: &impl Directory, two: &impl Directory) {
    let (ours, theirs, hub) = (tenant(), tenant(), hub());
    let list = async |tenant: &TenantId, hub: &HubName, place: &str| {
        let mut there = two.presence_list(tenant, hub, place).await.unwrap();
        there.sort_by_key(|entry| entry.connection);
        there
    };
    let (mut ada, bob) = (entry("{\"name\":\"Ada\"}"), entry("\0\r\n"));
    let place = "doc {1}:}";
    assert_eq!(list(&ours, &hub, place).await, []);
    one.presence_put(&ours, &hub, place, &ada, MINUTE).await.unwrap();
    one.presence_put(&ours, &hub, place, &bob, MINUTE).await.unwrap();
    let mut both = [ada.clone(), bob.clone()];
    both.sort_by_key(|entry| entry.connection);
    assert_eq!(list(&ours, &hub, place).await, both);
    assert_eq!(list(&theirs, &hub, place).await, [], "another tenant");
    assert_eq!(list(&ours, &"other".parse().unwrap(), place).await, [], "another hub");
    assert_eq!(list(&ours, &hub, "doc").await, [], "another place");

    ada.state = Bytes::from_static(b"away");
    two.presence_put(&ours, &hub, place, &ada, MINUTE).await.unwrap();
    one.presence_remove(&ours, &hub, place, &bob.connection).await.unwrap();
    one.presence_remove(&ours, &hub, place, &bob.connection).await.expect("having left is no error");
    assert_eq!(list(&ours, &hub, place).await, [ada.clone()]);

    one.presence_put(&ours, &hub, place, &bob, BRIEF).await.unwrap();
    eventually("who is not prolonged is gone", async || list(&ours, &hub, place).await == [ada.clone()]).await;
    one.presence_put(&ours, &hub, place, &ada, BRIEF).await.unwrap();
    eventually("prolonging also shortens", async || list(&ours, &hub, place).await.is_empty()).await;

    for bad in [String::new(), "x".repeat(100_000)] {
        let refused = one.presence_put(&ours, &hub, &bad, &ada, MINUTE).await.unwrap_err();
        assert_eq!(refused.kind, PortErrorKind::Corrupt, "a place's name has a length");
    }
}

async fn presence_has_a_limit(one: &impl Directory) {
    const MOST: usize = 10_000;
    let (tenant, hub) = (tenant(), hub());
    let first = entry("first");
    one.presence_put(&tenant, &hub, "full", &first, HOUR).await.unwrap();
    let others: Vec<PresenceEntry> = (1..MOST).map(|_| entry("x")).collect();
    futures::stream::iter(&others)
        .for_each_concurrent(TOGETHER, async |other| {
            one.presence_put(&tenant, &hub, "full", other, HOUR).await.unwrap();
        })
        .await;
    let refused = one.presence_put(&tenant, &hub, "full", &entry("late"), MINUTE).await.unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Conflict);
    one.presence_put(&tenant, &hub, "full", &first, HOUR).await.expect("who is there stays");
    assert_eq!(one.presence_list(&tenant, &hub, "full").await.unwrap().len(), MOST);
    one.presence_remove(&tenant, &hub, "full", &first.connection).await.unwrap();
    one.presence_put(&tenant, &hub, "full", &entry("late"), BRIEF).await.expect("somebody left");
    eventually("room for one more", async || {
        one.presence_put(&tenant, &hub, "full", &entry("later"), MINUTE).await.is_ok()
    })
    .await;
}

async fn user_groups(one: &impl Directory, two: &impl Directory) {
    let (ours, theirs, hub) = (tenant(), tenant(), hub());
    let ada: UserId = "ada".parse().unwrap();
    let list = async |tenant: &TenantId, user: &UserId| {
        let mut groups = two.user_groups(tenant, &hub, user).await.unwrap();
        groups.sort();
        groups
    };
    let add = async |group: &str, ttl: Option<Duration>| one.user_group_add(&ours, &hub, &ada, group, ttl).await;
    assert_eq!(list(&ours, &ada).await, [""; 0]);
    for (group, ttl) in [("a {x}", None), ("b", Some(MINUTE)), ("c", None)] {
        add(group, ttl).await.unwrap();
    }
    assert_eq!(list(&ours, &ada).await, ["a {x}", "b", "c"]);
    assert_eq!(list(&theirs, &ada).await, [""; 0], "another tenant");
    assert_eq!(list(&ours, &"bob".parse().unwrap()).await, [""; 0], "another user");
    one.user_group_remove(&ours, &hub, &ada, Some("c")).await.unwrap();
    one.user_group_remove(&ours, &hub, &ada, Some("c")).await.expect("not being in it is no error");
    add("b", Some(BRIEF)).await.unwrap();
    eventually("for its time", async || list(&ours, &ada).await == ["a {x}"]).await;
    add("b", Some(BRIEF)).await.unwrap();
    add("b", None).await.unwrap();
    tokio::time::sleep(2 * BRIEF).await;
    assert_eq!(list(&ours, &ada).await, ["a {x}", "b"], "prolonged for ever");
    one.user_group_remove(&ours, &hub, &ada, None).await.unwrap();
    assert_eq!(list(&ours, &ada).await, [""; 0]);
    add("only", Some(BRIEF)).await.unwrap();
    eventually("the last one ends too", async || list(&ours, &ada).await.is_empty()).await;

    for bad in [String::new(), "x".repeat(257)] {
        assert_eq!(add(&bad, None).await.unwrap_err().kind, PortErrorKind::Corrupt, "a group's name has a length");
    }
    futures::stream::iter(0..1_000)
        .for_each_concurrent(TOGETHER, async |n: usize| add(&format!("g{n}"), None).await.unwrap())
        .await;
    assert_eq!(add("one more", None).await.unwrap_err().kind, PortErrorKind::Conflict);
    add("g7", Some(MINUTE)).await.expect("it is in it already");
    one.user_group_remove(&ours, &hub, &ada, None).await.unwrap();
}
