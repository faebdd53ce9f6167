//! Everything that holds connections, put together.

use crate::authenticate::Sessions;
use crate::data_plane;
use crate::documents::RoomDocuments;
use crate::events::Events;
use crate::health::Says;
use crate::http::HubRoutes;
use crate::hubs::{HubPorts, Hubs};
use crate::metrics::{Gauges, Metrics, RoomMetrics};
use crate::node::pool_options;
use crate::nodes::{Cluster, Elsewhere, Forwarder, Membership, Seal};
use crate::rooms::{Door, save_left_behind};
use crate::settings::{HubSettings, Settings};
use anyhow::Context;
use octavo_adapters_blobs::{Options as BlobOptions, S3Blobs};
use octavo_adapters_oidc::{Options as TokenOptions, Verifier};
use octavo_adapters_postgres::{Postgres, Relay, Rooms as StoredRooms};
use octavo_adapters_redis::{Options as RedisOptions, Redis, RedisBackplane, RedisDirectory, RedisSchedules};
use octavo_adapters_signalr::{AccessKeys, Tokens};
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_kernel::{Authenticator, Clock, Ids, Queue};
use octavo_domain_realtime::{Backplane, Directory, NodeId, NodeRecord};
use octavo_domain_signalr::TokenKeys;
use octavo_wiring_triggers::Invoker;
use rand::{Rng, RngExt};
use realtime_node_collaboration::{Options as RoomOptions, RoomCounters, RoomPorts, Rooms};
use realtime_node_server::{Options, Origins, Ports, Server};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What Redis may take to be connected to, and to answer: callers hold connections of clients meanwhile.
const REDIS_WITHIN: Duration = Duration::from_millis(1_500);
/// After a call to Redis that was not answered, the next ones fail at once for so long.
const REDIS_PAUSE: Duration = Duration::from_millis(500);

/// The running hubs and rooms.
pub(crate) struct Realtime {
    server: Server,
    hubs: Arc<Hubs>,
    rooms: Rooms,
    store: Arc<Postgres>,
    backplane: Arc<RedisBackplane>,
    membership: Arc<Membership>,
    elsewhere: Arc<Elsewhere>,
    door: Door,
    data_plane: Arc<data_plane::Deps>,
    origins: Origins,
    drain_spread: Duration,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Realtime {
    /// Starts them, for a node that listens on `address`.
    pub(crate) async fn start(
        settings: &Settings,
        hub_settings: &HubSettings,
        address: SocketAddr,
        queue: Arc<dyn Queue>,
        relay: Arc<Relay>,
        (metrics, room_metrics): (Metrics, RoomMetrics),
    ) -> anyhow::Result<Self> {
        let masters = hub_settings.keys.bytes();
        let keys = AccessKeys::new(masters.clone()).context("OCTAVO_REALTIME_KEYS")?;
        let tokens = Tokens::new(keys.clone());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let node = NodeId::of_random(rand::rng().next_u64());

        let timeouts = RedisOptions { connect_timeout: REDIS_WITHIN, response_timeout: REDIS_WITHIN };
        let redis = Redis::with_options(settings.redis.url.expose(), timeouts)?.failing_fast(REDIS_PAUSE);
        let backplane = Arc::new(RedisBackplane::new(redis.clone(), Arc::new(|| rand::rng().next_u64())));
        let directory: Arc<dyn Directory> = Arc::new(RedisDirectory::new(redis.clone()));
        let store = Arc::new(Postgres::connect_lazy(settings.database.url.expose(), &pool_options(settings))?);
        let documents = Arc::new(octavo_documents::Deps {
            store: store.clone(),
            blobs: Arc::new(S3Blobs::new(blobs(hub_settings))),
            queue,
            clock: clock.clone(),
            ids: ids.clone(),
            announces: true,
        });
        let authenticator: Arc<dyn Authenticator> = Arc::new(Sessions {
            issuer: Arc::new(Verifier::new(token_options(hub_settings), clock.clone())),
            tokens: tokens.clone(),
            clock: clock.clone(),
        });

        let own_url = hub_settings
            .internal_url
            .as_ref()
            .map_or_else(|| format!("http://{address}"), |url| url.as_str().trim_end_matches('/').to_owned());
        let public_url = hub_settings.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        let record = NodeRecord {
            id: node.clone(),
            name: settings.name.clone(),
            internal_url: own_url,
            public_url,
            draining: false,
            connections: 0,
        };
        let membership = Arc::new(Membership::new(directory.clone(), record));
        let seal = Seal::new(keys);
        let forwarder = Forwarder::new(membership.clone(), seal.clone(), clock.clone());
        let elsewhere = Arc::new(Elsewhere::new(forwarder, membership.clone()));

        let room_options = RoomOptions::default();
        let rooms = Rooms::new(
            room_options.clone(),
            RoomPorts {
                store: Arc::new(StoredRooms::new((*store).clone(), (*relay).clone())),
                documents: Arc::new(RoomDocuments(documents.clone())),
                backplane: backplane.clone(),
                lease: Arc::new(RedisSchedules::new(redis)),
                clock: clock.clone(),
                random: Arc::new(|| rand::rng().next_u64()),
                authenticator: authenticator.clone(),
                observer: Arc::new(room_metrics),
                node: node.clone(),
            },
        );
        let mut options =
            Options::new(node.clone(), TokenKeys::new(&masters).map_err(|_| anyhow::anyhow!("OCTAVO_REALTIME_KEYS"))?);
        options.origins = hub_settings.origins.clone();
        options.limits.connections = hub_settings.connections_max;
        options.limits.connections_per_user = hub_settings.connections_per_user;
        options.limits.connections_per_address = hub_settings.connections_per_address;
        options.limits.records_per_second = hub_settings.records_per_second as f32;
        options.elsewhere = Some(elsewhere.clone());
        let ports = Ports {
            backplane: backplane.clone(),
            directory: directory.clone(),
            authenticator: authenticator.clone(),
            clock: clock.clone(),
            random: Arc::new(|| rand::rng().random()),
            observer: Arc::new(metrics),
        };
        let hubs = Arc::new(Hubs::new(HubPorts {
            inbox: store.clone(),
            comments: store.clone(),
            documents: store.clone(),
            directory: directory.clone(),
            backplane: backplane.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            node: node.clone(),
            beat: hub_settings.presence_beat,
        }));
        let server = Server::new(options, ports, hubs.definitions(hub_settings.conformance))?;
        hubs.attach(server.clone());
        let (for_count, for_rooms) = (server.clone(), rooms.clone());
        membership.counts(move || (for_count.counters().connections + for_rooms.counters().connections) as u64);
        backplane.listen(Arc::new(crate::listener::Listener::new(server.listener(), rooms.clone())));

        let cluster = Cluster::new(membership.clone(), seal, clock.clone())?;
        let door = Door::new(rooms.clone(), room_options, hub_settings.origins.clone());
        let data_plane = Arc::new(data_plane::Deps {
            server: server.clone(),
            backplane: backplane.clone(),
            directory,
            cluster,
            hubs: hubs.clone(),
            tokens,
            clock: clock.clone(),
            node,
        });
        if let Err(error) = membership.beat().await {
            tracing::warn!(%error, "the other nodes do not hear of this one yet");
        }
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let (beating, token) = (membership.clone(), stop.clone());
        tasks.spawn(async move { beating.run(token).await });
        let (running, token) = (hubs.clone(), stop.clone());
        tasks.spawn(async move { running.run(token).await });
        tasks.spawn(save_left_behind(rooms.clone(), clock, stop.clone()));
        let (origins, drain_spread) = (hub_settings.origins.clone(), hub_settings.drain_spread);
        Ok(Self {
            server,
            hubs,
            rooms,
            store,
            backplane,
            membership,
            elsewhere,
            door,
            data_plane,
            origins,
            drain_spread,
            stop,
            tasks,
        })
    }

    /// What takes the messages of the node's own queue.
    pub(crate) fn events(&self) -> Arc<dyn Invoker> {
        Arc::new(Events {
            server: self.server.clone(),
            hubs: self.hubs.clone(),
            rooms: self.rooms.clone(),
            documents: self.store.clone(),
        })
    }

    pub(crate) fn backplane(&self) -> Arc<dyn Backplane> {
        self.backplane.clone()
    }

    /// What answers at the hubs' addresses.
    pub(crate) fn routes(&self) -> HubRoutes {
        HubRoutes {
            server: self.server.clone(),
            rooms: self.door.clone(),
            data_plane: self.data_plane.clone(),
            data_plane_router: data_plane::router(),
            elsewhere: self.elsewhere.clone(),
            origins: self.origins.clone(),
        }
    }

    /// `gauges` with what the hubs and rooms hold.
    pub(crate) fn gauges(&self, gauges: Gauges) -> Gauges {
        let server = |read: fn(&realtime_node_server::Counters) -> usize| {
            let server = self.server.clone();
            move || read(&server.counters()) as f64
        };
        let rooms = |read: fn(&RoomCounters) -> usize| {
            let rooms = self.rooms.clone();
            move || read(&rooms.counters()) as f64
        };
        gauges
            .with("connections_active", "Connections to hubs, negotiated ones included", server(|now| now.connections))
            .with("connections_pending", "Of them, those that have not shaken hands", server(|now| now.pending))
            .with("channels", "Users, groups and everyones with connections here", server(|now| now.channels))
            .with("stateful_bytes", "Kept for stateful reconnects", server(|now| now.stateful_bytes))
            .with("rooms", "Documents that are edited here", rooms(|now| now.rooms))
            .with("room_connections", "Connections to them", rooms(|now| now.connections))
            .with("room_waiting_bytes", "Edits that PostgreSQL does not have yet", rooms(|now| now.waiting_bytes))
            .with("room_bytes", "What these documents hold, as updates", rooms(|now| now.bytes))
    }

    /// What the parts say of themselves.
    pub(crate) fn status(&self) -> Vec<(&'static str, Says)> {
        let (server, rooms, membership) = (self.server.clone(), self.rooms.clone(), self.membership.clone());

        vec![
            ("hubs", Box::new(move || serde_json::json!(server.counters()))),
            ("rooms", Box::new(move || room_status(&rooms.counters()))),
            ("nodes", Box::new(move || serde_json::json!(membership.others()))),
        ]
    }

    /// Sends everybody elsewhere, spread over a while, and saves what they typed.
    pub(crate) async fn drain(mut self) {
        self.membership.drain().await;
        tokio::join!(self.server.drain(self.drain_spread), self.rooms.drain(self.drain_spread));
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.membership.leave().await;
    }
}

fn blobs(settings: &HubSettings) -> BlobOptions {
    let blobs = settings.blobs.clone();
    let options = BlobOptions::new(blobs.endpoint, blobs.region, blobs.bucket).within(blobs.timeout);
    match &blobs.credentials {
        Some((access_key, secret_key)) => options.with_credentials(access_key, secret_key.expose()),
        None => options,
    }
}

fn token_options(settings: &HubSettings) -> TokenOptions {
    let tokens = settings.tokens.clone();
    TokenOptions {
        issuer: tokens.issuer,
        audience: tokens.audience,
        jwks_url: tokens.jwks_url,
        tenant_claim: tokens.tenant_claim,
    }
}

fn room_status(now: &RoomCounters) -> Value {
    serde_json::json!({ "rooms": now.rooms, "connections": now.connections, "bytes": now.bytes })
}
