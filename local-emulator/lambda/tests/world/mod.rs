//! A service with one function, for the tests.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use local_emulator_lambda::{
    Cors, FunctionConfig, FunctionError, Gateway, InvokeError, InvokeRequest, InvokeResponse, Lambda, Options, Output,
    Route,
};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub struct Config {
    pub timeout: Duration,
    pub init_timeout: Duration,
    pub idle_timeout: Duration,
    pub surplus_timeout: Duration,
    pub memory_mb: u32,
    pub sandboxes_max: usize,
    pub env: Vec<(&'static str, &'static str)>,
    pub binary: Option<PathBuf>,
}

pub fn probe() -> Config {
    Config {
        timeout: Duration::from_secs(30),
        init_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(60),
        surplus_timeout: Duration::from_secs(60),
        memory_mb: 512,
        sandboxes_max: 2,
        env: Vec::new(),
        binary: None,
    }
}

/// The path of an example of this crate, which `cargo test` builds beside the tests.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples").join(name)
}

pub struct World {
    pub lambda: Lambda,
}

impl World {
    pub async fn with(config: Config) -> Self {
        let lambda = Lambda::start(Options::default()).await.unwrap();
        let mut function = FunctionConfig::new("probe", config.binary.unwrap_or_else(|| example("probe")));
        function.timeout = config.timeout;
        function.init_timeout = config.init_timeout;
        function.idle_timeout = config.idle_timeout;
        function.surplus_timeout = config.surplus_timeout;
        function.memory_mb = config.memory_mb;
        function.sandboxes_max = config.sandboxes_max;
        function.env = config.env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        function.routes = vec![
            Route { path: "/echo/{name}".to_owned(), methods: None },
            Route { path: "/only".to_owned(), methods: Some(vec!["POST".to_owned()]) },
        ];
        lambda.add_function(function);
        Self { lambda }
    }

    pub async fn gateway(&self) -> Gateway {
        let fallback = std::sync::Arc::new(|_| {
            let answer = async {
                let mut response = hyper::Response::new(local_emulator_lambda::full("fallback"));
                *response.status_mut() = hyper::StatusCode::NOT_FOUND;
                response
            };
            Box::pin(answer) as futures::future::BoxFuture<'static, _>
        });
        self.lambda.http(([127, 0, 0, 1], 0).into(), Cors::default(), fallback).await.unwrap()
    }

    pub async fn invoke(&self, event: Value) -> InvokeResponse {
        self.try_invoke("probe", event.to_string().into_bytes()).await.unwrap()
    }

    pub async fn try_invoke(&self, function: &str, payload: Vec<u8>) -> Result<InvokeResponse, InvokeError> {
        let request =
            InvokeRequest { function: function.to_owned(), payload: payload.into(), ..InvokeRequest::default() };
        self.lambda.invoke(request).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.lambda.kill("probe");
    }
}

pub trait Ended {
    fn value(&self) -> Value;
    fn error(&self) -> FunctionError;
}

pub async fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn lives(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

impl Ended for InvokeResponse {
    #[track_caller]
    fn value(&self) -> Value {
        match &self.output {
            Output::Buffered(bytes) => serde_json::from_slice(bytes).unwrap(),
            other => panic!("no answer but {other:?}"),
        }
    }

    #[track_caller]
    fn error(&self) -> FunctionError {
        match &self.output {
            Output::Failed(error) => error.clone(),
            other => panic!("no failure but {other:?}"),
        }
    }
}
