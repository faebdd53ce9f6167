//! What the SignalR server hands on: requests of other nodes' connections, and everything new while this node drains.

use super::{Forwarder, Membership};
use crate::http::Peer;
use async_trait::async_trait;
use http::{Request, Response, header};
use octavo_domain_realtime::NodeId;
use realtime_node_server::Body;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Reaches the other nodes.
pub(crate) struct Elsewhere {
    forwarder: Forwarder,
    membership: Arc<Membership>,
}

impl Elsewhere {
    pub(crate) fn new(forwarder: Forwarder, membership: Arc<Membership>) -> Self {
        Self { forwarder, membership }
    }

    /// Where a client is sent that negotiates through a load balancer: to a node that clients can reach by itself, if this is
    /// how the nodes are set up. `path` is the negotiation's own.
    pub(crate) fn redirection<B>(&self, request: &Request<B>) -> Option<String> {
        let own = self.membership.record();
        let own_url = own.public_url.clone()?;
        let host = request.headers().get(header::HOST)?.to_str().ok()?;
        let node = match (own.draining, self.membership.emptiest()) {
            (false, Some(other)) if other.connections < own.connections => other,
            (true, Some(other)) => other,
            _ => own,
        };
        let url = node.public_url?;
        let is_there_already = url == own_url && authority(&own_url).eq_ignore_ascii_case(host);
        let path = request.uri().path().trim_end_matches('/').strip_suffix("/negotiate")?;
        let hub = query_without_negotiation(request.uri().query().unwrap_or_default());
        (!is_there_already).then(|| format!("{url}{path}{hub}"))
    }

    /// The client whose request it is, if another node passed it on.
    pub(crate) fn passed_on<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        self.forwarder.passed_on(request)
    }
}

fn authority(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default()
}

/// What of a negotiation's query names the hub: the rest the client adds again.
fn query_without_negotiation(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let hub = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("hub"));
    hub.map(|(_, hub)| format!("/?hub={hub}")).unwrap_or_default()
}

/// Whoever sent the request, as the front door saw it.
fn client<B>(request: &Request<B>) -> IpAddr {
    request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

#[async_trait]
impl realtime_node_server::Elsewhere for Elsewhere {
    async fn forward(&self, node: NodeId, request: Request<Body>) -> Response<Body> {
        let client = client(&request);
        self.forwarder.to(&node, request, client).await
    }

    async fn negotiate(&self, request: Request<Body>) -> Response<Body> {
        // A client that can reach nodes is sent to one; else the request is passed on, and its connection lives there.
        let client = client(&request);
        self.forwarder.to_emptiest(request, client).await
    }
}
