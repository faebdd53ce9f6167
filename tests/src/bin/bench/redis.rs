//! The embedded Redis beside a real one: `redis-benchmark` asks both in turn, in the same run.
//!
//! Beside the rate stands the time of the server's processor for a request: that of a busy machine is nearly that of an idle one,
//! a rate is not.

use crate::process::{Process, free_port};
use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;

const CHANNEL: &str = "news";
/// Of a published message.
const SUBSCRIBERS: usize = 10;
/// Each load is put on each server so often, in turn; the best counts.
const ROUNDS: usize = 3;
/// Ticks of the clock in which Linux counts a process's time, a second.
const TICKS: f64 = 100.0;

/// A load: its name, how many requests at a time a connection sends, and the request.
type Load = (&'static str, usize, &'static [&'static str]);

const LOADS: [Load; 7] = [
    ("SET", 1, &["SET", "key:__rand_int__", "value"]),
    ("GET", 1, &["GET", "key:__rand_int__"]),
    ("SET, 16 at a time", 16, &["SET", "key:__rand_int__", "value"]),
    ("GET, 16 at a time", 16, &["GET", "key:__rand_int__"]),
    ("XADD", 1, &["XADD", "stream", "MAXLEN", "~", "10000", "*", "field", "value"]),
    ("EVAL", 1, &["EVAL", "return redis.call('INCR', KEYS[1])", "1", "counter"]),
    ("PUBLISH to 10", 1, &["PUBLISH", CHANNEL, "value"]),
];

struct Server {
    process: Process,
    port: u16,
    best: f64,
    /// Microseconds of processor for a request, at best.
    cost_us: f64,
}

/// Puts every load on both.
pub(crate) async fn measure(binaries: &Path, requests: u32) -> anyhow::Result<()> {
    let port = free_port().await?.to_string();
    let mut command = Command::new(binaries.join("examples/redis_server"));
    // It ends when its input does.
    command.arg(&port).stdin(Stdio::piped());
    let (process, _) =
        Process::until(&mut command, |line| line.starts_with("redis://")).await.context("the embedded Redis")?;
    let mut embedded = Server { process, port: port.parse()?, best: 0.0, cost_us: f64::MAX };
    let port = free_port().await?;
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
    let mut process = Process::quiet(&mut command).context("redis-server (Debian: redis-server)")?;
    process.listens(&format!("127.0.0.1:{port}")).await?;
    let mut real = Server { process, port, best: 0.0, cost_us: f64::MAX };

    let load_average = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{requests} requests, 50 connections; the machine's load before: {}", load_average.trim());
    println!("{:<20} {:>10} {:>10} {:>7} {:>12} {:>12}", "", "embedded/s", "real/s", "ratio", "embedded us", "real us");
    for load in LOADS {
        for server in [&mut embedded, &mut real] {
            (server.best, server.cost_us) = (0.0, f64::MAX);
        }
        for _ in 0..ROUNDS {
            for server in [&mut real, &mut embedded] {
                let (rate, cost_us) = asked(server, load, requests).await?;
                (server.best, server.cost_us) = (server.best.max(rate), server.cost_us.min(cost_us));
            }
        }
        println!(
            "{:<20} {:>10.0} {:>10.0} {:>7.2} {:>12.1} {:>12.1}",
            load.0,
            embedded.best,
            real.best,
            embedded.best / real.best,
            embedded.cost_us,
            real.cost_us
        );
    }
    real.process.end().await?;
    embedded.process.end().await
}

/// Requests a second, and microseconds of the server's processor for each.
async fn asked(server: &Server, (name, at_once, request): Load, requests: u32) -> anyhow::Result<(f64, f64)> {
    let mut subscribers = JoinSet::new();
    if request[0] == "PUBLISH" {
        for _ in 0..SUBSCRIBERS {
            subscribers.spawn(subscriber(server.port));
        }
        // They listen before the first is published.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let before = processor_s(server.process.id())?;
    let output = Command::new("redis-benchmark")
        .args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "-n", &requests.to_string(), "-c", "50"])
        .args(["-P", &at_once.to_string(), "-r", "100000", "--csv"])
        .args(request)
        .stdin(Stdio::null())
        .output()
        .await
        .context("redis-benchmark (Debian: redis-tools)")?;
    let spent = processor_s(server.process.id())? - before;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // The request itself may hold commas; the figures stand behind it, the rate first of seven or eight.
    let line = said.lines().last().unwrap_or_default();
    let behind = line.rsplit_once(&format!("{}\",\"", request.last().unwrap_or(&""))).map_or("", |(_, behind)| behind);
    let rate = behind.split('"').next().and_then(|rate| rate.parse().ok());
    let rate: f64 = rate.with_context(|| format!("{name}: redis-benchmark said {said}"))?;
    Ok((rate, spent * 1e6 / f64::from(requests)))
}

/// Takes what is published, and forgets it.
async fn subscriber(port: u16) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(format!("SUBSCRIBE {CHANNEL}\r\n").as_bytes()).await?;
    let mut piece = vec![0; 64 * 1024];
    while stream.read(&mut piece).await? > 0 {}
    Ok(())
}

/// Seconds of processor that a process has had.
fn processor_s(id: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("a process has a state")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks(11) + ticks(12)) / TICKS)
}
