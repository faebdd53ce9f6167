//! Connections: a task for each.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::{dispatch, smtp};

/// How long accepting pauses when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections of the mail server; a further one is sent away.
const SMTP_CONNECTIONS_MAX: usize = 200;

const SMTP_BUSY: &[u8] = b"421 4.7.0 Too many connections, try again later\r\n";

/// What connections run in, and what ends them.
#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) connections: TaskTracker,
    pub(crate) kill: CancellationToken,
}

pub(crate) async fn http(listener: TcpListener, app: Arc<App>, tasks: Tasks) {
    while let Some(socket) = accept(&listener, &app).await {
        tasks.connections.spawn(http_connection(socket, Arc::clone(&app), tasks.kill.clone()));
    }
}

pub(crate) async fn smtp(listener: TcpListener, app: Arc<App>, tasks: Tasks) {
    let places = Arc::new(Semaphore::new(SMTP_CONNECTIONS_MAX));
    while let Some(mut socket) = accept(&listener, &app).await {
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tasks.connections.spawn(async move {
                // Whoever does not read it has gone already.
                let _ = socket.write_all(SMTP_BUSY).await;
            });
            continue;
        };
        let (app, kill) = (Arc::clone(&app), tasks.kill.clone());
        tasks.connections.spawn(async move {
            let _place = place;
            let peer = socket.peer_addr().map(|peer| peer.to_string()).unwrap_or_default();
            let stop = app.stop.clone();
            tokio::select! {
                ended = smtp::serve(app, socket, peer) => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "fake mail server: a connection ended early");
                    }
                }
                () = kill.cancelled() => {}
                // A mail that is half sent is not taken: there is nothing to wait for.
                () = stop.cancelled() => {}
            }
        });
    }
}

/// The next connection; none when the server stops.
async fn accept(listener: &TcpListener, app: &App) -> Option<TcpStream> {
    loop {
        let accepted = tokio::select! {
            () = app.stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            // Without it a reply waits for the acknowledgement of the one before.
            Ok((socket, _)) => match socket.set_nodelay(true) {
                Ok(()) => return Some(socket),
                Err(error) => tracing::debug!(%error, "fake providers: a connection closed before it was served"),
            },
            Err(error) => {
                tracing::warn!(%error, "fake providers: a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn http_connection(socket: TcpStream, app: Arc<App>, kill: CancellationToken) {
    let stop = app.stop.clone();
    let service = service_fn(move |request| dispatch::serve(Arc::clone(&app), request));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = kill.cancelled() => return,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                ended = serving => ended,
                () = kill.cancelled() => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "fake providers: a connection ended early");
    }
}
