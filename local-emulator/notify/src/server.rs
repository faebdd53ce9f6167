//! The server: two listeners, and what tests ask of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Parts};
use crate::faults::{Fault, FaultState, InvalidFault};
use crate::keys::{KeyError, Keys};
use crate::life::{self, Step};
use crate::listen;
use crate::options::{Accounts, Callbacks, Options};
use crate::record::{Filter, Journal, JournalError, Log, Sent};
use crate::ses;

/// How long a shutdown waits for requests under way.
const DRAIN: Duration = Duration::from_secs(5);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The folder cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There can be no HTTP client, by which callbacks are made.
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
}

/// Running fakes. Dropping this closes their connections at once.
pub struct Server {
    http: SocketAddr,
    smtp: SocketAddr,
    app: Arc<App>,
    connections: TaskTracker,
    kill: CancellationToken,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { http, smtp, smtp_tls, data, accounts, callbacks, step, clock, seed } = options;
        let (http_listener, http) = bind(http).await?;
        let (smtp_listener, smtp) = bind(smtp).await?;
        let (log, mut last) = (Log::default(), 0);
        let journal = match &data {
            None => None,
            Some(folder) => Some(Journal::open(folder, |entry| {
                last = last.max(entry.first().number);
                log.push(Arc::new(entry));
            })?),
        };
        let keys = Keys::open(data.as_deref())?;
        let smtp_tls = match smtp_tls {
            true => Some(keys.smtp_tls()?).map(|(config, pem)| (TlsAcceptor::from(config), pem)),
            false => None,
        };
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(StartError::Client)?;
        let url = format!("http://{http}");
        let parts = Parts { clock, seed, accounts, callbacks, log, last, journal, keys, smtp_tls, url, step, client };
        let app = Arc::new(App::new(parts));
        let (connections, kill) = (TaskTracker::new(), CancellationToken::new());
        let tasks = listen::Tasks { connections: connections.clone(), kill: kill.clone() };
        connections.spawn(listen::http(http_listener, Arc::clone(&app), tasks.clone()));
        connections.spawn(listen::smtp(smtp_listener, Arc::clone(&app), tasks));
        tracing::info!(%http, %smtp, "fake notification providers listen");
        Ok(Self { http, smtp, app, connections, kill })
    }

    /// Where the mail server listens.
    #[must_use]
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp
    }

    /// The certificate of the mail server in PEM, if it offers TLS: whoever trusts it trusts the server.
    #[must_use]
    pub fn smtp_certificate(&self) -> Option<String> {
        self.app.smtp_tls.as_ref().map(|(_, pem)| pem.clone())
    }

    /// `http://` and the address of all other providers, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Who may send.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        self.app.accounts.read().clone()
    }

    /// From now on, what comes to `/webhook/{name}` must be signed with this secret (`whsec_...`).
    pub fn set_webhook_secret(&self, name: impl Into<String>, secret: impl Into<String>) {
        self.app.accounts.write().webhook_secrets.insert(name.into(), secret.into());
    }

    /// Where the providers call.
    #[must_use]
    pub fn callbacks(&self) -> Callbacks {
        self.app.callbacks.read().clone()
    }

    /// From now on, the providers call there.
    pub fn set_callbacks(&self, callbacks: Callbacks) {
        *self.app.callbacks.write() = callbacks;
    }

    /// SendGrid's verification key: base64 of a SubjectPublicKeyInfo, as its settings show it.
    #[must_use]
    pub fn sendgrid_callback_key(&self) -> String {
        self.app.keys.sendgrid_public()
    }

    /// Has SNS ask for the confirmation of the subscription of SES's topic; whether it was confirmed.
    pub async fn subscribe_ses(&self) -> bool {
        ses::subscribe(&self.app).await;
        let topic = self.app.callbacks.read().ses_topic.clone();
        self.app.confirmed.lock().contains(&topic)
    }

    /// Adds a fault and gives its number.
    ///
    /// # Errors
    /// [`InvalidFault`], but never `Shape` or `UnknownKey`.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, InvalidFault> {
        self.app.faults.add(fault)
    }

    /// The faults that were added and not removed, spent ones among them, oldest first.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        self.app.faults.list()
    }

    /// Removes a fault; says whether there was one of this number.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.app.faults.remove(id)
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// The last messages, taken and refused, oldest first: at most 10,000 and 64 MiB.
    #[must_use]
    pub fn messages(&self, filter: &Filter) -> Vec<Sent> {
        self.app.log.list(filter).iter().map(|entry| entry.read()).collect()
    }

    /// One of them.
    #[must_use]
    pub fn message(&self, number: u64) -> Option<Sent> {
        self.app.log.get(number).map(|entry| entry.read())
    }

    /// What came, as it came.
    #[must_use]
    pub fn raw(&self, number: u64) -> Option<bytes::Bytes> {
        self.app.log.get(number).map(|entry| entry.raw.clone())
    }

    /// Something becomes of a message, and its provider tells it: the message after that. None if there is none, or it was not
    /// taken. Returns when the callback was answered, or was given up.
    pub async fn step(&self, number: u64, step: Step) -> Option<Sent> {
        let entry = self.app.log.get(number).filter(|entry| entry.first().is_accepted())?;
        life::step(&self.app, &entry, &step).await;
        Some(entry.read())
    }

    /// Forgets all messages, also those in the folder, and that addresses are inactive. False if the folder does not take it.
    pub async fn forget(&self) -> bool {
        self.app.forget().await.is_ok()
    }

    /// Answers what is under way, for 5 seconds at most, and stops. What hangs on a fault is closed; callbacks that were not
    /// made yet are not made.
    pub async fn shutdown(self) {
        self.app.stop.cancel();
        self.connections.close();
        self.app.work.close();
        let all = async {
            self.connections.wait().await;
            self.app.work.wait().await;
        };
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            tracing::warn!("fake notification providers: requests were still under way when they stopped");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.stop.cancel();
        self.kill.cancel();
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
