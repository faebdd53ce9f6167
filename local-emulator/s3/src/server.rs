//! The listening socket and its life.

use crate::options::{BUCKET_CHARS_MAX, Options};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long requests that are under way may take to end when the server is shut down.
const SHUTDOWN: Duration = Duration::from_secs(5);
/// Pause after a failed accept (out of file descriptors), so that it is not tried in a tight loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The bucket's name cannot be used.
    #[error("bucket: expected 3 to {BUCKET_CHARS_MAX} of a-z, 0-9 and -, got `{0}`")]
    Bucket(String),
    /// The folder cannot be made or read.
    #[error("data: cannot use the folder {path}")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nobody can listen there.
    #[error("listen: cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A running server. Stops when it is dropped; what was acknowledged before is on disk.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    options: Options,
    stop: CancellationToken,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it in the current Tokio runtime. It answers as soon as this returns.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(3..=BUCKET_CHARS_MAX).contains(&options.bucket.len()) || !options.bucket.bytes().all(allowed) {
            return Err(StartError::Bucket(options.bucket));
        }
        let data = |source| StartError::Data { path: options.data.clone(), source };
        tokio::fs::create_dir_all(options.data.join(&options.bucket)).await.map_err(data)?;
        // Also clears away what a killed server had begun to write.
        let files = FileSystem::new(&options.data).map_err(|error| data(io::Error::other(format!("{error:?}"))))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(options.access_key.clone(), options.secret_key.as_str()));
        let service = service.build();

        let listen = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(accept(listener, service, stop.clone()));
        Ok(Self { address, options, stop, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its endpoint, `http://address:port`; buckets are addressed by path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was started with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Lets requests that are under way end, then stops.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(accepting) = self.accepting.take() {
            // It fails only if it panicked, which has been reported where it happened.
            let _ = accepting.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, service: S3Service, stop: CancellationToken) {
    let http = Builder::new(TokioExecutor::new());
    let graceful = GracefulShutdown::new();
    loop {
        let socket = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "S3: a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        // Without it a small answer waits for the acknowledgement of the one before.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "S3: a connection closed before it was served");
            continue;
        }
        let connection = graceful.watch(http.serve_connection(TokioIo::new(socket), service.clone()).into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "S3: a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN, graceful.shutdown()).await.is_err() {
        tracing::warn!("S3: requests were still under way when the server stopped");
    }
}
