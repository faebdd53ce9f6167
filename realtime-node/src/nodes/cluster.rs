//! Questions to all nodes, and requests to one, where the answer is short.

use super::{FORWARDED, Membership, Seal};
use http::{HeaderName, header};
use octavo_domain_kernel::{Clock, PortError, TenantId};
use octavo_domain_realtime::{Audience, HubName, NodeId, NodeRecord};
use octavo_wiring_edge::{Request, Response};
use realtime_node_server::Server;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// What another node may take to answer a question. A client that it invokes may take longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const RELAY_WITHIN: Duration = Duration::from_secs(40);
/// Headers that a relayed request keeps: what its token and its body need.
const KEPT: [HeaderName; 4] = [header::AUTHORIZATION, header::HOST, header::CONTENT_TYPE, header::ACCEPT];

/// The path at which nodes ask each other who is there.
pub(crate) const MEMBERS_PATH: &str = "/internal/members";

/// A connection, as the data plane shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    pub(crate) connection_id: String,
    pub(crate) user_id: String,
}

/// What one node asks another.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    tenant: TenantId,
    hub: String,
    /// `group:NAME` or `user:NAME`.
    audience: String,
}

/// Asks the other nodes.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: Client,
    membership: Arc<Membership>,
    seal: Seal,
    clock: Arc<dyn Clock>,
}

impl Cluster {
    pub(crate) fn new(membership: Arc<Membership>, seal: Seal, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let client = Client::builder().connect_timeout(ANSWER_WITHIN).no_proxy().build()?;
        Ok(Self { client, membership, seal, clock })
    }

    /// Who of an audience is connected, to any node that answers in time.
    pub(crate) async fn members(
        &self,
        server: &Server,
        tenant: &TenantId,
        hub: &HubName,
        audience: &Audience,
    ) -> Vec<Member> {
        let text = match audience {
            Audience::Group(group) => format!("group:{group}"),
            Audience::User(user) => format!("user:{user}"),
            Audience::Everyone | Audience::Connection(_) => return Vec::new(),
        };
        let question = Question { tenant: tenant.clone(), hub: hub.to_string(), audience: text };
        let mut all = answer(server, &question);
        let others = self.membership.others();
        let asked = others.iter().map(|node| self.ask(node, &question));
        all.extend(futures::future::join_all(asked).await.into_iter().flatten());
        all
    }

    async fn ask(&self, node: &NodeRecord, question: &Question) -> Vec<Member> {
        let seal = self.seal.sign("POST", MEMBERS_PATH, IpAddr::V4(Ipv4Addr::LOCALHOST), self.clock.now());
        let request = self.client.post(format!("{}{MEMBERS_PATH}", node.internal_url)).header(FORWARDED, seal);
        let answer =
            async { request.json(question).timeout(ANSWER_WITHIN).send().await?.error_for_status()?.json().await };
        answer.await.unwrap_or_else(|error: reqwest::Error| {
            tracing::warn!(%error, node = %node.id, "a node did not say who is there");
            Vec::new()
        })
    }

    /// The answer of the node `id` to `request`; none where no such node lives, or where the request was passed on already.
    pub(crate) async fn relay(&self, id: &NodeId, request: &Request) -> Result<Option<Response>, PortError> {
        let Some(node) = self.membership.search(id).await else { return Ok(None) };
        if request.headers.contains_key(&FORWARDED) {
            return Ok(None);
        }
        let path = match request.query.to_string() {
            query if query.is_empty() => request.path.clone(),
            query => format!("{}?{query}", request.path),
        };
        let client = request.source_ip.as_deref().and_then(|text| text.parse().ok());
        let client = client.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let seal = self.seal.sign(request.method.as_str(), &path, client, self.clock.now());
        let mut relayed = self.client.request(request.method.clone(), format!("{}{path}", node.internal_url));
        for name in &KEPT {
            if let Some(value) = request.headers.get(name) {
                relayed = relayed.header(name, value);
            }
        }
        let relayed = relayed.header(FORWARDED, seal).body(request.body.clone()).timeout(RELAY_WITHIN);
        let answer = relayed.send().await.map_err(PortError::unavailable)?;
        let (status, kind) = (answer.status(), answer.headers().get(header::CONTENT_TYPE).cloned());
        let body = answer.bytes().await.map_err(PortError::unavailable)?;
        Ok(Some(match kind {
            Some(kind) => Response::bytes(status, kind, body),
            None => Response::empty(status),
        }))
    }
}

/// Answers another node's question. What cannot be understood is nobody.
pub(crate) fn answer(server: &Server, question: &Question) -> Vec<Member> {
    let Ok(hub) = question.hub.parse::<HubName>() else { return Vec::new() };
    match question.audience.split_once(':') {
        Some(("group", group)) => server
            .members(&question.tenant, &hub, group)
            .into_iter()
            .filter_map(|id| server.connection(id))
            .map(|caller| Member { connection_id: caller.id().to_string(), user_id: caller.user().to_string() })
            .collect(),
        // That the user is there is all that is asked.
        Some(("user", user)) => match user.parse().map(Audience::User) {
            Ok(audience) if server.exists(&question.tenant, &hub, &audience) => {
                vec![Member { connection_id: String::new(), user_id: user.to_owned() }]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What a question may weigh.
pub(crate) const QUESTION_BYTES_MAX: usize = 4 * 1024;
