//! Two nodes behind a load balancer that knows nothing of them but whether they are ready: no sticky sessions.

use crate::CLIENTS;
use crate::cluster::Cluster;
use octavo_testing::engines;
use octavo_tests::eventually;
use octavo_tests::script::{self, judge, node_clients};
use serde_json::json;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const HAPROXY: &str = "OCTAVO_TEST_HAPROXY";
/// Free ports that are tried: another process may take one in between.
const PORTS_TRIED: usize = 5;

/// A running haproxy.
struct Balancer {
    url: String,
    _child: Child,
}

impl Balancer {
    async fn start(program: &str, cluster: &Cluster, folder: &Path) -> Self {
        for _ in 0..PORTS_TRIED {
            let free = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
            let port = free.local_addr().expect("it is bound").port();
            drop(free);
            let path = folder.join("haproxy.cfg");
            fs::write(&path, configuration(cluster, port)).expect("a file can be written");
            let mut command = Command::new(program);
            command.args(["-db", "-f"]).arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
            let mut child = command.spawn().unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
            let listens = eventually("haproxy listens", || {
                let ended = child.try_wait().expect("its state can be asked for").is_some();
                async move {
                    let reached = TcpStream::connect(("127.0.0.1", port)).await.is_ok();
                    (ended || reached).then_some(!ended)
                }
            })
            .await;
            if listens {
                return Self { url: format!("http://127.0.0.1:{port}"), _child: child };
            }
        }
        panic!("haproxy does not start");
    }
}

/// Each request to the next node that is ready.
fn configuration(cluster: &Cluster, port: u16) -> String {
    let server = |name: &str| {
        let address = cluster.url(name).trim_start_matches("http://");
        format!("    server {name} {address} check\n")
    };
    format!(
        "global\n    maxconn 2000\n\
         defaults\n    mode http\n    timeout connect 2s\n    timeout check 2s\n    timeout client 120s\n    timeout server 120s\n    \
         timeout tunnel 1h\n    option redispatch\n    retries 2\n\
         frontend front\n    bind 127.0.0.1:{port}\n    default_backend nodes\n\
         backend nodes\n    balance roundrobin\n    option httpchk GET /health/ready\n    \
         http-check expect status 200\n    default-server inter 200ms fall 1 rise 1\n{}{}",
        server("one"),
        server("two"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_clients_need_no_sticky_sessions() {
    let (Some(place), Some(program)) = (node_clients(CLIENTS), engines::real("haproxy", HAPROXY)) else { return };
    let mut cluster = Cluster::start().await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let balancer = Balancer::start(&program, &cluster, folder.path()).await;
    let mut settings = cluster.settings();
    let direct = settings["two"].clone();
    settings["one"] = json!(balancer.url);
    settings["two"] = json!(balancer.url);
    settings["balanced"] = json!(true);
    let (matrix, stateful, yjs) = tokio::join!(
        script::run_some("signalr_matrix.mjs", &place, &settings, "[10 "),
        script::run_some("signalr_stateful.mjs", &place, &settings, "[10 json]"),
        script::run_some("yjs_editing.mjs", &place, &settings, "type"),
    );
    settings["two"] = direct;
    let drained =
        script::run_with("signalr_drain.mjs", &place, &settings, "", async |words| cluster.obey(words).await).await;
    judge(&[matrix, stateful, yjs, drained], || cluster.logs());
}
