//! One function with its ports on a database of its own, and ways to ask it.

use crate::ports::{Blobs, Drawn, Sent, Tokens};
use http::{HeaderMap, HeaderName, HeaderValue};
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Postgres, TEST_APP_LOGIN, TEST_PASSWORD, options_for_tests};
use octavo_adapters_sealing::SealingKeys;
use octavo_domain_kernel::{Message, TenantId};
use octavo_domain_workflow::arn::Arns;
use octavo_domain_workflow::catalogue::{Catalogue, NewMachine, NewRevision};
use octavo_domain_workflow::engine::{ExecutionId, RevisionId};
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Query, Request, Router};
use octavo_workflow::{Deps, Memory, router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Where names are.
pub(crate) const REGION: &str = "us-east-1";

pub(crate) struct House {
    pub(crate) deps: Arc<Deps>,
    pub(crate) store: Postgres,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) queue: Arc<Sent>,
    router: Router<Deps>,
}

pub(crate) async fn house() -> Arc<House> {
    house_that(false).await
}

/// A house that tells the realtime nodes what goes on, or does not.
pub(crate) async fn house_that(announces: bool) -> Arc<House> {
    let database =
        testing::database("octavo", |url| async move { octavo_adapters_postgres::prepare_for_tests(&url).await }).await;
    let options = options_for_tests(6);
    let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
    let shared = Arc::new(store.clone());
    // After any moment that the database's own clock may show: what waits for a moment is not due there.
    let clock = Arc::new(ManualClock::at("2027-01-01T12:00:00Z".parse().unwrap()));
    let (blobs, queue) = (Arc::new(Blobs::default()), Arc::new(Sent::default()));
    let deps = Arc::new(Deps {
        executions: shared.clone(),
        reads: shared.clone(),
        machines: shared.clone(),
        memory: Memory::new(shared.clone()),
        catalogue: shared.clone(),
        aliases: shared.clone(),
        activities: shared.clone(),
        tags: shared.clone(),
        access_keys: shared.clone(),
        connections: shared,
        sealer: Arc::new(SealingKeys::parse(&"07".repeat(32)).unwrap()),
        authenticator: Arc::new(Tokens),
        blobs: blobs.clone(),
        queue: queue.clone(),
        clock: clock.clone(),
        ids: Arc::new(Drawn(clock.clone())),
        region: REGION.to_owned(),
        announces,
    });
    Arc::new(House { deps, store, clock, blobs, queue, router: router() })
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.json);
        self.json
    }

    /// The error's name and message.
    #[track_caller]
    pub(crate) fn refused(&self) -> (&str, &str) {
        assert!(self.status >= 400, "{:#}", self.json);
        (self.json["__type"].as_str().unwrap_or_default(), self.json["message"].as_str().unwrap_or_default())
    }

    /// The status, the code, and the first field that is wrong.
    pub(crate) fn problem(&self) -> (u16, &str, &str) {
        let field = self.json["errors"][0]["field"].as_str().unwrap_or_default();
        (self.status, self.json["code"].as_str().unwrap_or_default(), field)
    }
}

/// The tenant and the token of a user: `ada`, `eve/workflows` with a role, `umbrella:ada` of another tenant.
fn who(user: &str) -> (TenantId, String) {
    let (tenant, user) = user.split_once(':').unwrap_or(("acme", user));
    let slash = if user.contains('/') { "" } else { "/" };
    (tenant.parse().unwrap(), format!("Bearer {tenant}/{user}{slash}"))
}

impl House {
    /// Calls an operation as `user`.
    pub(crate) async fn call(&self, user: &str, operation: &str, input: Value) -> Answer {
        let target = format!("AWSStepFunctions.{operation}");
        let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.0")];
        self.ask_with(user, "POST", "/v1/states", input.to_string().into(), &headers).await
    }

    /// Calls an operation as an operator of acme.
    pub(crate) async fn sfn(&self, operation: &str, input: Value) -> Answer {
        self.call("root/admin", operation, input).await
    }

    /// Asks a JSON route.
    pub(crate) async fn ask(&self, user: &str, method: &str, target: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.ask_with(user, method, target, body.into(), &[("content-type", "application/json")]).await
    }

    pub(crate) async fn ask_with(
        &self,
        user: &str,
        method: &str,
        target: &str,
        body: bytes::Bytes,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let (_, token) = who(user);
        let all: Vec<_> = headers.iter().copied().chain([("authorization", token.as_str())]).collect();
        self.send(method, target, body, &all).await
    }

    /// Posts with these headers alone, which say who it is.
    pub(crate) async fn ask_signed(
        &self,
        target: &str,
        body: bytes::Bytes,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        self.send("POST", target, body, headers).await
    }

    async fn send(&self, method: &str, target: &str, body: bytes::Bytes, headers: &[(&'static str, &str)]) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request::default();
        request.method = method.parse().unwrap();
        request.path = path.to_owned();
        request.query = Query::parse(query).unwrap();
        request.body = body;
        for (name, value) in headers {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let response = self.router.handle(self.deps.clone(), &Tokens, request).await;
        let (status, headers, body) = response.into_parts();
        let Body::Bytes(body) = body else { panic!("a stream") };
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: status.as_u16(), headers, body, json }
    }

    /// A state machine of acme.
    pub(crate) async fn machine(&self, name: &str, definition: &Value) -> String {
        self.machine_of("acme", name, definition, false).await
    }

    pub(crate) async fn express(&self, name: &str, definition: &Value) -> String {
        self.machine_of("acme", name, definition, true).await
    }

    pub(crate) async fn machine_of(&self, tenant: &str, name: &str, definition: &Value, express: bool) -> String {
        let tenant: TenantId = tenant.parse().unwrap();
        let arn = Arns::new(REGION, &tenant).machine(name);
        let configuration = json!({
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
            "tracingConfiguration": {"enabled": false},
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        });
        let new = NewMachine {
            arn: arn.clone(),
            name: name.to_owned(),
            express,
            revision: NewRevision {
                id: RevisionId(self.deps.ids.next()),
                definition: definition.to_string(),
                role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
                configuration,
            },
            publish: None,
            tags: Default::default(),
            by: "root".parse().unwrap(),
            at: self.deps.clock.now(),
        };
        self.store.machine_create(&tenant, &new).await.unwrap();
        arn
    }

    /// Starts an execution as ada; its ARN.
    pub(crate) async fn start(&self, machine: &str, input: Value) -> String {
        let input = json!({ "stateMachineArn": machine, "input": input.to_string() });
        let started = self.call("ada", "StartExecution", input).await.ok();
        started["executionArn"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn describe(&self, arn: &str) -> Value {
        self.sfn("DescribeExecution", json!({"executionArn": arn})).await.ok()
    }

    /// The types of an execution's events.
    pub(crate) async fn events(&self, arn: &str) -> Vec<String> {
        let history = self.sfn("GetExecutionHistory", json!({"executionArn": arn, "maxResults": 1000})).await.ok();
        let events = history["events"].as_array().unwrap().iter();
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// The messages of a queue that were sent since this was asked last.
    pub(crate) fn sent(&self, queue: &str) -> Vec<Message> {
        let sent = std::mem::take(&mut *self.queue.messages.lock());
        let (own, others): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(name, _)| name == queue);
        self.queue.messages.lock().extend(others);
        own.into_iter().map(|(_, message)| message).collect()
    }

    /// Moves the clock.
    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The id of an execution.
    pub(crate) async fn id(&self, arn: &str) -> ExecutionId {
        self.deps.reads.execution_find(&"acme".parse().unwrap(), arn).await.unwrap().unwrap()
    }
}
