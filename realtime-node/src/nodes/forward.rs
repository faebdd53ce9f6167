//! Passes a request on to another node, whatever it becomes there: an answer, a long poll, a stream, a WebSocket.

use super::{Membership, Seal};
use crate::http::{Answer, empty};
use http::{HeaderName, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use octavo_domain_kernel::Clock;
use octavo_domain_realtime::{NodeId, NodeRecord};
use realtime_node_server::Body;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// A node is on the same network: what takes longer is away.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// Carries the seal of a node that passes a request on. Such a request is never passed on again.
pub(crate) const FORWARDED: HeaderName = HeaderName::from_static("x-octavo-forwarded");

/// Passes requests on.
#[derive(Clone)]
pub(crate) struct Forwarder {
    membership: Arc<Membership>,
    seal: Seal,
    clock: Arc<dyn Clock>,
}

impl Forwarder {
    pub(crate) fn new(membership: Arc<Membership>, seal: Seal, clock: Arc<dyn Clock>) -> Self {
        Self { membership, seal, clock }
    }

    /// The client whose request it is, if another node passed it on.
    pub(crate) fn passed_on<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let value = request.headers().get(&FORWARDED)?.to_str().ok()?;
        self.seal.verify(value, request.method().as_str(), path_and_query(request.uri()), self.clock.now())
    }

    /// To the node that lives under `id`; 404 where none does, which makes a client begin anew.
    pub(crate) async fn to(&self, id: &NodeId, request: Request<Body>, client: IpAddr) -> Answer {
        match self.membership.search(id).await {
            Some(node) if self.passed_on(&request).is_none() => self.send(&node, request, client).await,
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    /// To the emptiest of the nodes that take anybody; 503 where there is none.
    pub(crate) async fn to_emptiest(&self, request: Request<Body>, client: IpAddr) -> Answer {
        match self.membership.emptiest() {
            Some(node) if self.passed_on(&request).is_none() => self.send(&node, request, client).await,
            _ => empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    async fn send(&self, node: &NodeRecord, request: Request<Body>, client: IpAddr) -> Answer {
        match self.try_send(node, request, client).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, node = %node.id, name = node.name, "a request could not be passed on");
                empty(StatusCode::BAD_GATEWAY)
            }
        }
    }

    async fn try_send(
        &self,
        node: &NodeRecord,
        mut request: Request<Body>,
        client: IpAddr,
    ) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let target: Uri = node.internal_url.parse()?;
        let authority = target.authority().ok_or("a node's address has no host")?;
        let address = (authority.host().trim_matches(['[', ']']).to_owned(), authority.port_u16().unwrap_or(80));
        let stream = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a passed-on connection ended early");
            }
        });
        let seal = self.seal.sign(request.method().as_str(), path_and_query(request.uri()), client, self.clock.now());
        request.headers_mut().insert(FORWARDED, HeaderValue::from_str(&seal)?);
        *request.uri_mut() = path_and_query(request.uri()).parse()?;
        let client_side = request.headers().contains_key(header::UPGRADE).then(|| hyper::upgrade::on(&mut request));
        let mut response = sender.send_request(request).await?;
        if let (StatusCode::SWITCHING_PROTOCOLS, Some(client_side)) = (response.status(), client_side) {
            let node_side = hyper::upgrade::on(&mut response);
            tokio::spawn(async move {
                let (Ok(one), Ok(other)) = tokio::join!(client_side, node_side) else { return };
                let (mut one, mut other) = (TokioIo::new(one), TokioIo::new(other));
                // Whatever ends it, both sides see it end.
                let _ = tokio::io::copy_bidirectional(&mut one, &mut other).await;
            });
        }
        Ok(response.map(|body| Body::new(body.map_err(Into::into))))
    }
}

fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}
