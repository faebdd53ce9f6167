//! How long the nearest of many vectors take to be found: `knn_speed [VECTORS] [DIMENSIONS]`, 20,000 and 256 if not said.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use local_emulator_elasticsearch::{Options, Server};
use reqwest::Client;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Instant;

const BATCH: usize = 1000;
const QUERIES: usize = 200;
const TENANTS: u64 = 10;

/// Numbers that look like chance and are the same in every run (a linear congruential generator, Knuth's constants).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f32::from(u16::try_from(self.0 >> 48).unwrap()) / 32_768.0 - 1.0
    }

    fn vector(&mut self, dimensions: usize) -> Vec<f32> {
        (0..dimensions).map(|_| self.next()).collect()
    }
}

async fn send(client: &Client, url: &str, body: String) -> Value {
    let request = client.post(url).header("content-type", "application/x-ndjson").body(body);
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

fn shown(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    println!("{what}: p50 {:.2} ms, p99 {:.2} ms", at(50), at(99));
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let (vectors, dimensions) = (arguments.next().unwrap_or(20_000), arguments.next().unwrap_or(256));
    let server = Server::start(Options::default()).await.unwrap();
    let (client, url) = (Client::builder().no_proxy().build().unwrap(), server.url());
    let mapping = json!({"mappings": {"properties": {
        "vector": {"type": "dense_vector", "dims": dimensions}, "tenant": {"type": "keyword"}
    }}});
    client.put(format!("{url}/speed")).json(&mapping).send().await.unwrap().error_for_status().unwrap();

    let mut numbers = Numbers(1);
    let began = Instant::now();
    for from in (0..vectors).step_by(BATCH) {
        let mut lines = String::new();
        for n in from..(from + BATCH).min(vectors) {
            let document = json!({"vector": numbers.vector(dimensions), "tenant": format!("t{}", n as u64 % TENANTS)});
            writeln!(lines, "{}\n{document}", json!({"index": {"_id": n.to_string()}})).unwrap();
        }
        let answer = send(&client, &format!("{url}/speed/_bulk"), lines).await;
        assert_eq!(answer["errors"], false);
    }
    send(&client, &format!("{url}/speed/_refresh"), String::new()).await;
    println!("{vectors} vectors of {dimensions} dimensions indexed in {:.1} s", began.elapsed().as_secs_f64());

    let mut asked = |filter: Option<Value>| {
        let mut knn = json!({
            "field": "vector", "query_vector": numbers.vector(dimensions), "k": 200, "num_candidates": 400
        });
        if let Some(filter) = filter {
            knn["filter"] = filter;
        }
        json!({"knn": knn, "size": 200, "_source": false}).to_string()
    };
    let search = format!("{url}/speed/_search");
    let first = Instant::now();
    send(&client, &search, asked(None)).await;
    println!("the first search, which reads the vectors: {:.1} ms", first.elapsed().as_secs_f64() * 1e3);
    for (what, filter) in [("all", None), ("a tenth of them by a filter", Some(json!({"term": {"tenant": "t3"}})))] {
        let mut times = Vec::new();
        for _ in 0..QUERIES {
            let body = asked(filter.clone());
            let began = Instant::now();
            let answer = send(&client, &search, body).await;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            assert_eq!(answer["hits"]["hits"].as_array().unwrap().len(), 200);
        }
        shown(&format!("the nearest 200 of {what}, over HTTP"), times);
    }
}
