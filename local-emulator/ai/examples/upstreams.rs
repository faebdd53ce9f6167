//! Serves the fake providers until it is stopped: `cargo run --release --example upstreams -- --port 9400 --no-log`.

use std::net::SocketAddr;

use local_emulator_ai::{Options, Server};

/// The port without `--port`.
const PORT: u16 = 9_400;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options { listen: SocketAddr::from(([127, 0, 0, 1], PORT)), ..Options::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => options.listen.set_port(arguments.next().ok_or("--port needs a number")?.parse()?),
            "--no-log" => options.log_requests = false,
            other => return Err(format!("`{other}` is not known: --port NUMBER, --no-log").into()),
        }
    }
    let server = Server::start(options).await?;
    println!("{}", server.url());
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
