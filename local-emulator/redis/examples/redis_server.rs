//! The embedded Redis as a program, to be measured beside a real one: `redis_server [PORT]` prints its URL and runs until its input
//! ends.

use local_emulator_redis::{Options, Server};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = Server::start(Options { listen, ..Options::default() }).await?;
    println!("{}", server.url());
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await?;
    server.shutdown().await;
    Ok(())
}
