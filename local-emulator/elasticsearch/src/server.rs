//! The server: a listener, the catalog behind it, and the timer that refreshes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::catalog::Catalog;
use crate::http::App;

/// How often refresh intervals, translog syncs and points in time are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How long a shutdown waits for requests under way.
const DRAIN: Duration = Duration::from_secs(5);

/// Where to listen and where to keep the data.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port 0 takes a free one: ask [`Server::addr`].
    pub listen: SocketAddr,
    /// `None`: a temporary folder, removed when the server is dropped.
    pub data: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), data: None }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The data folder cannot be read or written, or holds something else.
    #[error("cannot open the data folder: {0}")]
    Data(String),
}

/// A running server. Dropping it stops it at once, without a flush: what was acknowledged is in the translog.
pub struct Server {
    addr: SocketAddr,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    temporary: Option<PathBuf>,
}

impl Server {
    /// Opens the data folder, replays what was not flushed, and listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = tokio::net::TcpListener::bind(options.listen)
            .await
            .map_err(|error| StartError::Listen(options.listen, error))?;
        let addr = listener.local_addr().map_err(|error| StartError::Listen(options.listen, error))?;
        let (folder, temporary) = match options.data {
            Some(folder) => (folder, None),
            None => {
                #[expect(clippy::disallowed_methods, reason = "a name for a temporary folder that nobody else has")]
                let name = uuid::Uuid::new_v4();
                let folder = std::env::temp_dir().join(format!("octavo-elasticsearch-{}", name.simple()));
                (folder.clone(), Some(folder))
            }
        };
        let catalog = tokio::task::spawn_blocking(move || Catalog::open(&folder))
            .await
            .map_err(|error| StartError::Data(error.to_string()))?
            .map_err(|error| StartError::Data(error.to_string()))?;
        let app = Arc::new(App::new(catalog));
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(serve(listener, Arc::clone(&app), stopped.clone())),
            tokio::spawn(tick(Arc::clone(&app), stopped)),
        ];
        tracing::info!(%addr, "embedded Elasticsearch listens");
        Ok(Self { addr, app, stop, tasks, temporary })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` and the address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Answers what is under way, flushes every index and stops.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        for task in self.tasks.drain(..) {
            let abort = task.abort_handle();
            if tokio::time::timeout(DRAIN, task).await.is_err() {
                abort.abort();
            }
        }
        let app = Arc::clone(&self.app);
        let _ = tokio::task::spawn_blocking(move || app.close()).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        for task in &self.tasks {
            task.abort();
        }
        if let Some(folder) = &self.temporary {
            // Files still mapped by a search under way live on until it ends.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let router = crate::http::router(app);
    let until = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
        tracing::error!(%error, "the listener failed");
    }
}

async fn tick(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        let app = Arc::clone(&app);
        if tokio::task::spawn_blocking(move || app.tick()).await.is_err() {
            tracing::error!("a refresh panicked");
        }
    }
}
