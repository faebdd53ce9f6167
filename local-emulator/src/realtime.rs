//! The realtime node of this machine: the one of production, in this process, over this machine's engines.

use crate::engines::{Addresses, secret};
use crate::issuer::{AUDIENCE, ISSUER};
use crate::options::Options;
use anyhow::Context;
use octavo_wiring_settings::Environment;
use realtime_node::{Node, Settings};
use std::path::Path;

/// Connections to PostgreSQL: rooms and hubs ask at once, unlike a function.
const DATABASE_CONNECTIONS: &str = "6";

/// What a node is told to be one of this machine's, but for its name and its address.
pub(crate) fn environment(addresses: &Addresses, jwks_url: &str, keys: &str) -> Vec<(String, String)> {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        set("OCTAVO_DATABASE_URL", &addresses.database),
        set("OCTAVO_DATABASE_RELAY_URL", &addresses.database_relay),
        set("OCTAVO_DATABASE_CONNECTIONS_MAX", DATABASE_CONNECTIONS),
        set("OCTAVO_REDIS_URL", &addresses.redis),
        set("OCTAVO_BLOBS_ENDPOINT", &addresses.s3.endpoint),
        set("OCTAVO_BLOBS_BUCKET", &addresses.s3.bucket),
        set("OCTAVO_BLOBS_ACCESS_KEY", &addresses.s3.access_key),
        set("OCTAVO_BLOBS_SECRET_KEY", &addresses.s3.secret_key),
        set("OCTAVO_TOKENS_ISSUER", ISSUER),
        set("OCTAVO_TOKENS_AUDIENCE", AUDIENCE),
        set("OCTAVO_TOKENS_JWKS_URL", jwks_url),
        set("OCTAVO_REALTIME_KEYS", keys),
        // The emulator has the pollers, the relay, the bell and the scheduler of its own, over its own sandboxes.
        set("OCTAVO_NODE_QUEUES", "none"),
        set("OCTAVO_NODE_SCHEDULES", "none"),
        set("OCTAVO_NODE_RELAY", "off"),
        set("OCTAVO_NODE_BELL", "off"),
        // Pages of any port of this machine, the console's first.
        set("OCTAVO_NODE_ORIGINS", "any"),
        set("OCTAVO_NODE_CONFORMANCE", "on"),
        set("OCTAVO_NODE_DRAIN_MS", "2000"),
        set("OCTAVO_NODE_DRAIN_SPREAD_MS", "200"),
        set("OCTAVO_LOG", "info,tower=warn,hyper=warn"),
    ]
}

/// Starts the node.
pub(crate) async fn start(
    options: &Options,
    addresses: &Addresses,
    jwks_url: &str,
    keys: &str,
) -> anyhow::Result<Node> {
    let name = format!("emulator-{}", std::process::id());
    let listen = format!("127.0.0.1:{}", options.realtime_port);
    let own = [("OCTAVO_NODE_NAME".to_owned(), name), ("OCTAVO_NODE_LISTEN".to_owned(), listen)];
    let variables = environment(addresses, jwks_url, keys).into_iter().chain(own);
    let settings = Settings::read(&Environment::of(variables)).context("the realtime node")?;
    Node::start(&settings).await.with_context(|| {
        format!("the realtime node (--realtime-port takes another port than {})", options.realtime_port)
    })
}

/// What connection tokens and access keys come from: kept with the data, so that a tenant's access key outlives a restart.
pub(crate) fn keys(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("realtime.key");
    if !path.exists() {
        std::fs::write(&path, format!("{}{}", secret(), secret()))?;
    }
    Ok(std::fs::read_to_string(path)?)
}
