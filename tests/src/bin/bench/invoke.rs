//! The Lambda service's own cost: warm invocations of a function that answers what it is sent.

use crate::figures::Figures;
use anyhow::Context;
use futures::future::join_all;
use local_emulator_lambda::{Cors, Fallback, FunctionConfig, InvokeRequest, Lambda, Options, Output, Route, full};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const WARM_UP: usize = 200;
const SEQUENTIAL: usize = 5_000;
const CALLERS: usize = 16;
const EACH: usize = 4_000;
const HTTP: usize = 2_000;

pub(crate) async fn measure(echo: &Path, watch: Option<&str>) -> anyhow::Result<()> {
    let lambda = Lambda::start(Options::default()).await?;
    let mut function = FunctionConfig::new("echo", echo);
    function.sandboxes_max = 4;
    function.routes = vec![Route { path: "/echo".to_owned(), methods: None }];
    lambda.add_function(function);
    let one = |lambda: Lambda| async move {
        let payload = bytes::Bytes::from_static(b"{\"a\":1}");
        let request = InvokeRequest { function: "echo".to_owned(), payload, ..InvokeRequest::default() };
        let started = Instant::now();
        let response = lambda.invoke(request).await?;
        anyhow::ensure!(matches!(response.output, Output::Buffered(_)), "it failed: {:?}", response.output);
        anyhow::Ok(started.elapsed())
    };
    for _ in 0..WARM_UP {
        one(lambda.clone()).await?;
    }
    let mut figures = Figures::new();
    for _ in 0..SEQUENTIAL {
        figures.add(one(lambda.clone()).await?);
    }
    figures.line("warm invocation, one at a time, function included");

    let started = Instant::now();
    let callers = (0..CALLERS).map(|_| {
        let lambda = lambda.clone();
        tokio::spawn(async move {
            let mut figures = Figures::new();
            for _ in 0..EACH {
                figures.add(one(lambda.clone()).await?);
            }
            anyhow::Ok(figures)
        })
    });
    let mut all = Figures::new();
    for figures in join_all(callers).await {
        all.merge(&figures??);
    }
    let rate = (CALLERS * EACH) as f64 / started.elapsed().as_secs_f64();
    all.line(&format!("warm invocations, {CALLERS} callers, {} sandboxes", lambda.sandboxes("echo").len()));
    println!("  {rate:.0} invocations/s");

    let fallback: Fallback = Arc::new(|_| Box::pin(async { hyper::Response::new(full("")) }));
    let gateway = lambda.http(([127, 0, 0, 1], 0).into(), Cors::default(), fallback).await?;
    http("HTTP through the gateway", &format!("http://{}/echo", gateway.address())).await?;
    if let Some(address) = watch {
        http("HTTP through cargo lambda watch", address).await?;
    }
    lambda.shutdown().await;
    Ok(())
}

async fn http(name: &str, address: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let mut figures = Figures::new();
    for round in 0..HTTP + WARM_UP {
        let started = Instant::now();
        let answer = client.post(address).header("content-type", "application/json").body("{\"a\":1}").send().await;
        answer.and_then(reqwest::Response::error_for_status).context(name.to_owned())?.bytes().await?;
        if round >= WARM_UP {
            figures.add(started.elapsed());
        }
    }
    figures.line(name);
    Ok(())
}
