//! A service of its own for each test.

use bytes::Bytes;
use http_body_util::BodyExt;
use local_emulator_lambda::{
    Cors, Fallback, FunctionConfig, FunctionError, InvokeError, InvokeRequest, InvokeResponse,
};
use local_emulator_lambda::{Lambda, Options, Output, Route, full};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A program among this crate's examples, which `cargo test` builds beside the tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its file");
    let path = test.ancestors().nth(2).expect("tests lie in PROFILE/deps").join("examples").join(name);
    assert!(
        path.exists(),
        "{} is not built: run the whole package's tests, or `--example {name}` before",
        path.display()
    );
    path
}

pub(crate) struct Stage {
    pub(crate) lambda: Lambda,
}

impl Stage {
    /// The first sandbox's process. A fast one may have answered before its spawner has told its number.
    pub(crate) async fn process(&self) -> u32 {
        eventually("a process is known", || !self.lambda.sandboxes("actor").is_empty()).await;
        self.lambda.sandboxes("actor")[0]
    }

    /// The function `actor`, after `adjust`.
    pub(crate) async fn set(adjust: impl FnOnce(&mut FunctionConfig)) -> Self {
        let lambda = Lambda::start(Options::default()).await.unwrap();
        let mut config = FunctionConfig::new("actor", example("actor"));
        adjust(&mut config);
        lambda.add_function(config);
        Self { lambda }
    }

    /// As [`Self::set`], with every path below `/act` and `/only` for GET and POST, behind a gateway.
    pub(crate) async fn over_http(adjust: impl FnOnce(&mut FunctionConfig)) -> (Self, SocketAddr) {
        let stage = Self::set(|config| {
            let route = |path: &str, methods: Option<&[&str]>| Route {
                path: path.to_owned(),
                methods: methods.map(|methods| methods.iter().map(|method| (*method).to_owned()).collect()),
            };
            config.routes = vec![route("/act/{id}", None), route("/act", None), route("/only", Some(&["GET", "POST"]))];
            adjust(config);
        })
        .await;
        let fallback: Fallback = Arc::new(|request| {
            let path = request.uri().path().to_owned();
            Box::pin(async move { hyper::Response::new(full(format!("fallback {path}"))) })
        });
        let gateway =
            stage.lambda.http(SocketAddr::from(([127, 0, 0, 1], 0)), Cors::default(), fallback).await.unwrap();
        (stage, gateway.address())
    }

    pub(crate) async fn try_invoke(&self, payload: impl Into<Bytes>) -> Result<InvokeResponse, InvokeError> {
        let request =
            InvokeRequest { function: "actor".to_owned(), payload: payload.into(), ..InvokeRequest::default() };
        self.lambda.invoke(request).await
    }

    pub(crate) async fn invoke(&self, payload: impl Into<Bytes>) -> InvokeResponse {
        self.try_invoke(payload).await.unwrap()
    }

    /// The response of an invocation that has to succeed.
    pub(crate) async fn json(&self, payload: impl Into<Bytes>) -> Value {
        let response = self.invoke(payload).await;
        match response.output {
            Output::Buffered(bytes) => serde_json::from_slice(&bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The error of an invocation that has to fail.
    pub(crate) async fn failure(&self, payload: impl Into<Bytes>) -> FunctionError {
        failure(self.invoke(payload).await)
    }
}

pub(crate) fn failure(response: InvokeResponse) -> FunctionError {
    match response.output {
        Output::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

/// Polls until `holds`, for at most a minute: the machine may do much else.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process runs (one that only waits to be reaped does not).
pub(crate) fn runs(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// What is left of a body until it ends or breaks, and whether it broke.
pub(crate) async fn rest(mut response: reqwest::Response) -> (Vec<u8>, bool) {
    let mut whole = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return (whole, false),
            Err(_) => return (whole, true),
        }
    }
}

/// A request to the Runtime API as a sandbox makes it, by hand.
pub(crate) async fn by_hand(address: SocketAddr, method: &str, path: &str) -> (u16, Value) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::builder().method(method).uri(path).header("host", "x").body(full("{}")).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}
