//! The embedded search engine alone: `search_server PORT [FOLDER]`, until Ctrl-C. Without a folder the data is temporary.

use std::net::SocketAddr;

use local_emulator_elasticsearch::{Options, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("usage: search_server PORT [FOLDER]")?.parse()?;
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    let server = Server::start(Options { listen, data: arguments.next().map(Into::into) }).await?;
    println!("{}", server.url());
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
