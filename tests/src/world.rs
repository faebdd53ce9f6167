//! An emulator and the people who use it.

use crate::Person;
use chrono::{NaiveTime, TimeDelta};
use local_emulator::{Emulator, Functions, Options, TokenRequest};
use local_emulator_postgres::testing::database;
use octavo_adapters_postgres::migrate;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long something that happens by itself may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(120);

/// Budgets, totals and digests go by the day, in UTC. What begins so shortly before its end waits for the next one.
const WITHIN_A_DAY: TimeDelta = TimeDelta::minutes(3);

/// A running platform, alone in its folder and on its ports; stopped when dropped.
pub struct World {
    /// The emulator.
    pub emulator: Emulator,
    client: reqwest::Client,
}

impl World {
    /// A platform as tests want it.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// A platform started as `options` say. Unless they name a PostgreSQL, or a folder for its data, it has a database of its
    /// own on a server that all tests of the process share: a platform starts in half the time then.
    pub async fn with(mut options: Options) -> Self {
        if options.postgres.is_none() && options.data.is_none() {
            options.postgres = Some(database("migrated", |url| async move { migrate(&url).await }).await.url);
        }
        Self::alone(options).await
    }

    /// The same with a PostgreSQL of its own, which can be killed.
    pub async fn alone(mut options: Options) -> Self {
        begin_within_a_day().await;
        if let (Functions::Build, Some(folder)) = (&options.functions, built()) {
            options.functions = Functions::Folder(folder);
        }
        let emulator = Emulator::start(options).await.expect("the emulator starts");
        Self { emulator, client: reqwest::Client::new() }
    }

    /// A person of a tenant.
    pub fn person(&self, tenant: &str, user: &str) -> Person {
        self.member(tenant, user, &[])
    }

    /// A person of a tenant who is in some groups.
    pub fn member(&self, tenant: &str, user: &str, groups: &[&str]) -> Person {
        let token =
            self.emulator.token(&TokenRequest::new(tenant, user).in_groups(groups)).expect("a token can be signed");
        Person::new(self.client.clone(), self.emulator.url(), token)
    }

    /// A person of a tenant who has some roles: `admin`, `operator`.
    pub fn with_roles(&self, tenant: &str, user: &str, roles: &[&str]) -> Person {
        let mut request = TokenRequest::new(tenant, user);
        request.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let token = self.emulator.token(&request).expect("a token can be signed");
        Person::new(self.client.clone(), self.emulator.url(), token)
    }

    /// Whoever a token stands for that is asked for so.
    pub fn holding(&self, request: &TokenRequest) -> Person {
        let token = self.emulator.token(request).expect("a token can be signed");
        Person::new(self.client.clone(), self.emulator.url(), token)
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Person {
        Person::new(self.client.clone(), self.emulator.url(), String::new())
    }
}

/// Waits for midnight where that is near: no scenario is to see two days.
async fn begin_within_a_day() {
    let now = SystemClock.now();
    let left = (now + TimeDelta::days(1)).date_naive().and_time(NaiveTime::MIN).and_utc() - now;
    if left < WITHIN_A_DAY {
        sleep(left.to_std().unwrap_or_default()).await;
    }
}

/// What whoever runs the tests asks for by a variable.
pub fn asked(variable: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no settings")]
    let value = std::env::var(variable).ok();
    value.filter(|value| !value.is_empty())
}

/// Where the functions' and the node's binaries are, as `OCTAVO_TEST_BINARIES` says it: whoever changes sources beside a
/// run of the tests keeps it from being about those.
pub(crate) fn built() -> Option<PathBuf> {
    asked("OCTAVO_TEST_BINARIES").map(PathBuf::from)
}

/// Asks again and again until `ask` has an answer; fails with what was awaited if that takes too long.
pub async fn eventually<T, F, R>(what: &str, mut ask: F) -> T
where
    F: FnMut() -> R,
    R: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {WITHIN:?}: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}
