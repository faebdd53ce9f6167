//! What the requests and sessions of one server share.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::chance;
use crate::faults::Registry;
use crate::keys::Keys;
use crate::options::{Accounts, Callbacks, Clock};
use crate::record::{Draft, Entry, Full, Journal, Log, Origin, Sent, State};

/// Callbacks that are under way at once; further ones wait.
const CALLS_MAX: usize = 64;

/// Addresses that Postmark takes for inactive; beyond it none is added.
const INACTIVE_MAX: usize = 10_000;

pub(crate) struct App {
    pub(crate) clock: Clock,
    /// Of identifiers: the same server never gives one twice, nor does one that is started later.
    seed: u64,
    serial: AtomicU64,
    pub(crate) accounts: RwLock<Accounts>,
    pub(crate) callbacks: RwLock<Callbacks>,
    pub(crate) faults: Registry,
    pub(crate) log: Log,
    pub(crate) journal: Option<Journal>,
    pub(crate) keys: Keys,
    /// What the mail server speaks TLS with, and its certificate in PEM.
    pub(crate) smtp_tls: Option<(TlsAcceptor, String)>,
    /// `http://` and the address.
    pub(crate) url: String,
    pub(crate) step: Duration,
    pub(crate) client: reqwest::Client,
    pub(crate) calls: Semaphore,
    /// Addresses that bounced for good at Postmark: it takes no more mail to them.
    inactive: Mutex<HashSet<String>>,
    /// Tokens of confirmed SNS subscriptions.
    pub(crate) confirmed: Mutex<BTreeSet<String>>,
    pub(crate) stop: CancellationToken,
    /// What goes on when its sender has left.
    pub(crate) work: TaskTracker,
}

/// What an [`App`] is made of.
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    pub(crate) accounts: Accounts,
    pub(crate) callbacks: Callbacks,
    pub(crate) log: Log,
    /// The number of the last message that the log has.
    pub(crate) last: u64,
    pub(crate) journal: Option<Journal>,
    pub(crate) keys: Keys,
    pub(crate) smtp_tls: Option<(TlsAcceptor, String)>,
    pub(crate) url: String,
    pub(crate) step: Duration,
    pub(crate) client: reqwest::Client,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { clock, seed, accounts, callbacks, log, last, journal, keys, smtp_tls, url, step, client } = parts;
        Self {
            seed: chance::mix(seed ^ chance::mix(clock())),
            serial: AtomicU64::new(last),
            clock,
            accounts: RwLock::new(accounts),
            callbacks: RwLock::new(callbacks),
            faults: Registry::default(),
            log,
            journal,
            keys,
            smtp_tls,
            url,
            step,
            client,
            calls: Semaphore::new(CALLS_MAX),
            inactive: Mutex::default(),
            confirmed: Mutex::default(),
            stop: CancellationToken::new(),
            work: TaskTracker::new(),
        }
    }

    pub(crate) fn now(&self) -> u64 {
        (self.clock)()
    }

    /// The number of the next message, from 1.
    pub(crate) fn next_number(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// 32 hexadecimal digits for the `part`-th identifier of a message.
    pub(crate) fn id(&self, number: u64, part: u64) -> String {
        // `mix` gives no two numbers one value.
        let high = chance::mix(self.seed ^ number);
        let low = chance::mix(self.seed.rotate_left(32) ^ chance::mix(number) ^ part);
        format!("{high:016x}{low:016x}")
    }

    /// The same in the form of a UUID, version 4.
    pub(crate) fn uuid(&self, number: u64, part: u64) -> String {
        let id = self.id(number, part);
        format!("{}-{}-4{}-8{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..])
    }

    /// Keeps a message that was taken or (`refused`) was not. When this returns, it is on the disk, if there is one.
    pub(crate) async fn keep(&self, draft: Draft, what: Kept) -> Result<Arc<Entry>, Full> {
        let state = if what.refused.is_some() { State::Refused } else { State::Accepted };
        let Draft { kind, to, from, subject, text, html, headers, attachments, tags, body, user, raw } = draft;
        let sent = Sent {
            number: what.number,
            at: self.now(),
            provider: what.provider.to_owned(),
            kind,
            state,
            id: what.id,
            to,
            from,
            subject,
            text,
            html,
            headers,
            attachments,
            tags,
            body,
            origin: Origin { user, ..what.origin },
            status: what.status,
            refused: what.refused,
            fault: what.fault,
            callbacks: Vec::new(),
        };
        let entry = Arc::new(Entry::new(sent, raw));
        if let Some(journal) = &self.journal {
            journal.keep(&entry).await?;
        }
        self.log.push(Arc::clone(&entry));
        Ok(entry)
    }

    pub(crate) fn is_inactive(&self, address: &str) -> bool {
        self.inactive.lock().contains(&address.to_lowercase())
    }

    pub(crate) fn set_inactive(&self, address: &str) {
        let mut inactive = self.inactive.lock();
        if inactive.len() < INACTIVE_MAX {
            inactive.insert(address.to_lowercase());
        }
    }

    /// Forgets messages and what became of addresses.
    pub(crate) async fn forget(&self) -> Result<(), Full> {
        if let Some(journal) = &self.journal {
            journal.empty().await?;
        }
        self.log.clear();
        self.inactive.lock().clear();
        Ok(())
    }
}

/// What is said of a message beside what it is.
pub(crate) struct Kept {
    pub(crate) number: u64,
    pub(crate) provider: &'static str,
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) status: u16,
    pub(crate) refused: Option<String>,
    pub(crate) fault: Option<u64>,
}

/// A moment as JSON APIs write it: `2026-11-27T12:00:00.000Z`.
pub(crate) fn iso(milliseconds: u64) -> String {
    moment(milliseconds).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

pub(crate) fn moment(milliseconds: u64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX)).unwrap_or_default()
}
