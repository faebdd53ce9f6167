//! A Redis that forgets.

use crate::eventually;
use local_emulator_redis as embedded;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Redis that can be ended and started again where it was, and then has forgotten everything: the real one where this
/// machine has it, otherwise the embedded one.
pub struct RestartableRedis {
    address: SocketAddr,
    running: Option<Running>,
}

enum Running {
    Real(Child),
    Embedded(embedded::Server),
}

impl RestartableRedis {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        // Its port is free again as soon as it has ended.
        let server = embedded::Server::start(embedded::Options::default()).await.expect("Redis starts");
        let address = server.addr();
        server.shutdown().await;
        let mut redis = Self { address, running: None };
        redis.begin().await;
        redis
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Starts it where it was, empty.
    pub async fn begin(&mut self) {
        let mut command = Command::new("redis-server");
        let port = self.address.port().to_string();
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        self.running = Some(match command.spawn() {
            Ok(child) => Running::Real(child),
            Err(_) => {
                // Somebody else may hold the port for a moment: attempts to connect to it do.
                let listen = self.address;
                let again = eventually("Redis starts where it was", || async move {
                    let options = embedded::Options { listen, ..embedded::Options::default() };
                    embedded::Server::start(options).await.ok()
                });
                Running::Embedded(again.await)
            }
        });
        eventually("Redis listens", || async { TcpStream::connect(self.address).await.ok() }).await;
    }

    /// Ends it at once, with all that it knew.
    pub async fn end(&mut self) {
        match self.running.take() {
            Some(Running::Real(mut child)) => {
                let _ = child.kill().await;
            }
            Some(Running::Embedded(server)) => server.shutdown().await,
            None => {}
        }
    }
}
