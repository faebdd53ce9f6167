//! What the server needs of others.

use crate::{Body, Observer};
use async_trait::async_trait;
use octavo_domain_kernel::{Authenticator, Clock};
use octavo_domain_realtime::{Backplane, Directory, NodeId};
use std::sync::Arc;

/// What the server needs of others.
#[derive(Clone)]
pub struct Ports {
    /// Carries what is sent to other nodes.
    pub backplane: Arc<dyn Backplane>,
    /// Knows the groups of users.
    pub directory: Arc<dyn Directory>,
    /// Verifies tokens.
    pub authenticator: Arc<dyn Authenticator>,
    /// Tells when tokens end, and how long messages of other nodes took.
    pub clock: Arc<dyn Clock>,
    /// Draws connection ids: must be unpredictable.
    pub random: Arc<dyn Fn() -> u128 + Send + Sync>,
    /// Sees what happens.
    pub observer: Arc<dyn Observer>,
}

/// Reaches other nodes with what came to the wrong one.
#[async_trait]
pub trait Elsewhere: Send + Sync {
    /// The request is of a connection that lives on `node`: answer as it would. Its extensions hold the upgrade, if it is
    /// one. The request's query may hold a token: never log it.
    async fn forward(&self, node: NodeId, request: http::Request<Body>) -> http::Response<Body>;
    /// This node drains and a client wants to negotiate or to connect: let another node do it, or send the client there.
    async fn negotiate(&self, request: http::Request<Body>) -> http::Response<Body>;
}
