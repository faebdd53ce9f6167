//! A gateway over fake providers, with deadlines as a test wants them.

use crate::ports::Ports;
use async_trait::async_trait;
use bytes::BytesMut;
use futures::StreamExt;
use http::{Method, header};
use local_emulator_ai::{Fault, FaultKind, Options as FakeOptions, Server};
use octavo_adapters_providers::HttpUpstream;
use octavo_adapters_sealing::SealingKeys;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_ai::{Deps, Options, ProviderAccess, Shared, Stores, router};
use octavo_domain_ai::ProviderFault;
use octavo_domain_ai::models::{Catalogue, Endpoint, ProviderKind};
use octavo_domain_ai::ports::{Timeouts, Upstream, UpstreamReply, UpstreamRequest};
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Principal};
use octavo_wiring_edge::{Body, Request, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Everybody is Ada of `acme`.
pub(crate) struct Ada;

#[async_trait]
impl Authenticator for Ada {
    async fn authenticate(&self, _: &str) -> Result<Principal, AuthenticateError> {
        Ok(Principal {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            name: None,
            groups: Default::default(),
            roles: Default::default(),
            api_key: None,
        })
    }
}

/// The providers over HTTP, and what they were told of patience.
pub(crate) struct Watched {
    http: HttpUpstream,
    pub(crate) timeouts: Mutex<Vec<Timeouts>>,
}

#[async_trait]
impl Upstream for Watched {
    async fn send(&self, request: UpstreamRequest) -> Result<UpstreamReply, ProviderFault> {
        self.timeouts.lock().push(request.timeouts);
        self.http.send(request).await
    }
}

pub(crate) struct Stage {
    pub(crate) fakes: Server,
    pub(crate) ports: Arc<Ports>,
    pub(crate) upstream: Arc<Watched>,
    deps: Arc<Deps>,
}

pub(crate) const MS: Duration = Duration::from_millis(1);

impl Stage {
    /// OpenAI before Anthropic, with these deadlines; a stream without a reader is read on for `drain_max`.
    pub(crate) async fn with(timeouts: Timeouts, drain_max: Duration) -> Self {
        let fakes = Server::start(FakeOptions::default()).await.unwrap();
        let access = |name: &str, kind, url: String| ProviderAccess {
            endpoint: Arc::new(Endpoint {
                name: name.to_owned(),
                kind,
                base_url: format!("{url}/").parse().unwrap(),
                region: None,
            }),
            key: Some(Arc::from("key")),
        };
        let providers = vec![
            access("openai", ProviderKind::OpenAi, fakes.openai_url()),
            access("anthropic", ProviderKind::Anthropic, format!("{}/v1", fakes.anthropic_url())),
        ];
        let mut options = Options::new(providers, Arc::new(Catalogue::built_in().clone()));
        (options.timeouts, options.drain_max) = (timeouts, drain_max);
        let clock = Arc::new(SystemClock) as Arc<dyn Clock>;
        let ports = Arc::new(Ports::default());
        let upstream = Arc::new(Watched { http: HttpUpstream::new(clock.clone()), timeouts: Mutex::default() });
        // Reads certificates, for seconds where nothing is optimised: not in a call's time, as in the function itself.
        upstream.http.prepare().unwrap();
        let stores = Stores {
            ledger: ports.clone(),
            policies: ports.clone(),
            api_keys: ports.clone(),
            provider_keys: ports.clone(),
            alerts: ports.clone(),
            transcripts: ports.clone(),
        };
        let shared =
            Shared { answers: ports.clone(), meter: ports.clone(), breakers: ports.clone(), queue: ports.clone() };
        let sealer = Arc::new(SealingKeys::parse(&"07".repeat(32)).unwrap());
        let ids = Arc::new(SystemIds);
        let deps = Arc::new(Deps::new(options, upstream.clone(), stores, shared, sealer, ports.clone(), clock, ids));
        Self { fakes, ports, upstream, deps }
    }

    pub(crate) fn fails(&self, provider: &str, kind: FaultKind) {
        self.fakes.add_fault(Fault::new(provider, kind)).unwrap();
    }

    /// Asks for an answer in pieces, or whole.
    pub(crate) async fn ask(&self, by: &dyn Authenticator, model: &str, text: &str, stream: bool) -> Response {
        let mut request = Request::default();
        request.method = Method::POST;
        request.path = "/v1/chat/completions".to_owned();
        request.headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        request.headers.insert(header::AUTHORIZATION, "Bearer token".parse().unwrap());
        let body = json!({ "model": model, "stream": stream, "messages": [{ "role": "user", "content": text }] });
        request.body = serde_json::to_vec(&body).unwrap().into();
        request.request_id = "test".to_owned();
        router().handle(self.deps.clone(), by, request).await
    }
}

/// All of a body, as text.
pub(crate) async fn read(response: Response) -> (u16, String) {
    let (status, _, body) = response.into_parts();
    let bytes = match body {
        Body::Stream(mut pieces) => {
            let mut all = BytesMut::new();
            while let Some(piece) = pieces.next().await {
                all.extend_from_slice(&piece.unwrap());
            }
            all.freeze()
        }
        Body::Bytes(bytes) => bytes,
    };
    (status.as_u16(), String::from_utf8(bytes.to_vec()).unwrap())
}

/// The error that a stream ended with.
pub(crate) fn error(stream: &str) -> Value {
    let last = stream.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    serde_json::from_str::<Value>(&last["data: ".len()..]).unwrap()["error"].clone()
}
