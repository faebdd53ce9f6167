//! A node: the server behind a real acceptor.

use super::bus::{Bus, BusPort};
use super::hub::{Deps, hub};
use super::{Groups, Seen};
use async_trait::async_trait;
use chrono::TimeDelta;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Principal, Session};
use octavo_domain_realtime::{Backplane, NodeId};
use octavo_domain_signalr::TokenKeys;
use octavo_testing::build::principal;
use octavo_testing::time::ManualClock;
use realtime_node_server::{Options, Ports, Server};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

static DRAWN: AtomicU64 = AtomicU64::new(1);

/// Another number each time, spread over all bits.
pub(crate) fn draw() -> u128 {
    let drawn = u128::from(DRAWN.fetch_add(1, Ordering::Relaxed));
    drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
}

/// Tokens of `tenant.user`, `tenant.user.seconds` (until its end, from the clock's start) and `tenant.user.seconds.role`.
struct Tokens(Arc<ManualClock>);

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        Ok(self.authenticate_session(token).await?.principal)
    }

    async fn authenticate_session(&self, token: &str) -> Result<Session, AuthenticateError> {
        let parts: Vec<&str> = token.split('.').collect();
        let [tenant, user, rest @ ..] = &parts[..] else {
            return Err(AuthenticateError::Invalid("not a token".to_owned()));
        };
        let mut principal = principal(tenant, user);
        let seconds = rest.first().map(|seconds| TimeDelta::seconds(seconds.parse().unwrap()));
        principal.roles.extend(rest.get(1).map(|role| (*role).to_owned()));
        let expires_at = seconds.map(|seconds| ManualClock::default().now() + seconds);
        if expires_at.is_some_and(|at| at <= self.0.now()) {
            return Err(AuthenticateError::Expired);
        }
        Ok(Session { principal, expires_at })
    }
}

/// A node.
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
    pub(crate) id: NodeId,
    pub(crate) deps: Arc<Deps>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) groups: Arc<Groups>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Node {
    /// One of its own.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other options.
    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::on(&Bus::default(), change).await
    }

    /// On a backplane, beside others.
    pub(crate) async fn on(bus: &Bus, change: impl FnOnce(&mut Options)) -> Self {
        let id = NodeId::of_random(draw() as u64);
        let mut options = Options::new(id.clone(), TokenKeys::new(&[[7u8; 32]]).unwrap());
        options.timing.tick = Duration::from_millis(10);
        change(&mut options);
        let (deps, seen) = (Arc::new(Deps::default()), Arc::new(Seen::default()));
        let (clock, groups) = (Arc::new(ManualClock::default()), Arc::new(Groups::default()));
        groups.0.lock().get_or_insert_default();
        let port: Arc<BusPort> = bus.port();
        let ports = Ports {
            backplane: port.clone(),
            directory: groups.clone(),
            authenticator: Arc::new(Tokens(clock.clone())),
            clock: clock.clone(),
            random: Arc::new(draw),
            observer: seen.clone(),
        };
        let server = Server::new(options, ports, vec![hub(deps.clone())]).unwrap();
        port.listen(server.listener());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(accept(listener, server.clone()));
        Self { server, address, id, deps, seen, clock, groups, accepting }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn accept(listener: TcpListener, server: Server) {
    while let Ok((stream, peer)) = listener.accept().await {
        let server = server.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.handle(request, peer.ip()).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::spawn(connection);
    }
}
