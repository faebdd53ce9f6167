//! An echo server, as conformance suites want one: `echo [ADDRESS]`, by default 127.0.0.1:9001.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use realtime_node_websocket::{Event, Frame, Limits, Reader, Sender, accept, open};
use std::convert::Infallible;
use tokio::net::{TcpListener, TcpStream};

/// The suites send up to 16 MiB at once.
const LIMITS: Limits = Limits { message_bytes_max: 64 << 20, queue_bytes_max: 64 << 20 };

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(&address).await?;
    println!("ws://{}", listener.local_addr()?);
    serve(listener).await
}

/// Answers everybody until accepting fails.
pub(crate) async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream));
    }
}

async fn connection(stream: TcpStream) {
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).with_upgrades().await;
    if let Err(error) = served {
        eprintln!("{error}");
    }
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    match accept(&request) {
        Ok(accepted) => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let Ok(upgraded) = upgrade.await else { return };
                let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
                let (reader, sender) = open(parts.io.into_inner(), parts.read_buf, LIMITS);
                echo(reader, sender).await;
            });
            Ok(accepted.response.map(|()| Empty::new()))
        }
        Err(refused) => Ok(refused.response().map(|()| Empty::new())),
    }
}

async fn echo(mut reader: Reader, sender: Sender) {
    while let Ok(event) = reader.next().await {
        let sent = match event {
            Event::Text(text) => sender.send(&Frame::text(&text)),
            Event::Binary(bytes) => sender.send(&Frame::binary(&bytes)),
            Event::Ping | Event::Pong => Ok(()),
        };
        if sent.is_err() {
            // It closes: the reader says when it is gone.
            continue;
        }
    }
}
