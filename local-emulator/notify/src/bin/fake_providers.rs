//! Serves the fake providers until it is stopped: `fake-providers --http 9500 --smtp 2525 --data FOLDER`.
//!
//! The first line on its output is JSON: `{"url": "http://...", "smtp": "127.0.0.1:2525", "sendgrid_callback_key": "..."}`.

use std::net::SocketAddr;
use std::path::PathBuf;

use local_emulator_notify::{Options, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        match argument.as_str() {
            "--http" => options.http = local(value()?.parse()?),
            "--smtp" => options.smtp = local(value()?.parse()?),
            "--data" => options.data = Some(PathBuf::from(value()?)),
            "--seed" => options.seed = value()?.parse()?,
            other => {
                return Err(
                    format!("`{other}` is not known: --http PORT, --smtp PORT, --data FOLDER, --seed NUMBER").into()
                );
            }
        }
    }
    let server = Server::start(options).await?;
    let addresses = serde_json::json!({
        "url": server.url(),
        "smtp": server.smtp_address(),
        "sendgrid_callback_key": server.sendgrid_callback_key(),
    });
    println!("{addresses}");
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}
