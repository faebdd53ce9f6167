//! One function with its ports, and ways to ask it and to deliver its messages.

use crate::life::{Life, Mortal};
use crate::ports::{Believes, Sent, Turns};
use crate::providers::Fake;
use async_trait::async_trait;
use chrono::{TimeZone, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use local_emulator_postgres::testing;
use octavo_adapters_postgres::{Postgres, TEST_APP_LOGIN, TEST_PASSWORD, options_for_tests};
use octavo_adapters_sealing::SealingKeys;
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Ids, Message, Principal, TenantId};
use octavo_domain_notify::{
    Channel, Claim, Event, EventId, MessageQuery, MessageStatus, NotifyStore, People, Person, Provider, Recipient,
    Templates, Urgency, event_message, wake_message,
};
use octavo_notify::{Deps, Lanes, QueueRecord, Unsubscribes, handle_queue, router};
use octavo_testing::ids::unique;
use octavo_testing::time::ManualClock;
use octavo_wiring_edge::{Body, Query, Request, Router};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub(crate) const LEASE: Duration = Duration::from_secs(121);

/// A token here is the person itself: `tenant/user/role,role`.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let parts: Vec<&str> = token.split('/').collect();
        let [tenant, user, roles] = parts[..] else { return Err(AuthenticateError::Expired) };
        let roles = roles.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect();
        let (tenant, user) = (tenant.parse().unwrap(), user.parse().unwrap());
        Ok(Principal { tenant, user, name: None, groups: Default::default(), roles, api_key: None })
    }
}

/// Identifiers of version 7 by the time of the test.
struct Drawn(Arc<ManualClock>);

impl Ids for Drawn {
    fn next(&self) -> Uuid {
        let ms = u64::try_from(self.0.now().timestamp_millis()).unwrap();
        let mut chance = [0; 10];
        chance.copy_from_slice(&unique().as_bytes()[6..]);
        uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid()
    }
}

pub(crate) struct House {
    pub(crate) deps: Arc<Deps>,
    pub(crate) store: Postgres,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) life: Arc<Life>,
    pub(crate) mail: Arc<Fake>,
    pub(crate) spare: Arc<Fake>,
    pub(crate) sms: Arc<Fake>,
    pub(crate) hook: Arc<Fake>,
    pub(crate) pager: Arc<Fake>,
    pub(crate) queue: Arc<Sent>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) believes: Arc<Believes>,
    router: Router<Deps>,
}

pub(crate) fn acme() -> TenantId {
    "acme".parse().unwrap()
}

pub(crate) async fn house() -> House {
    house_of(|mail| mail).await
}

/// A house whose first mail provider is changed by `mail`.
pub(crate) async fn house_of(mail: impl FnOnce(Fake) -> Fake) -> House {
    let database =
        testing::database("octavo", |url| async move { octavo_adapters_postgres::prepare_for_tests(&url).await }).await;
    let options = options_for_tests(6);
    let store = Postgres::connect_lazy(&database.url_as(TEST_APP_LOGIN, TEST_PASSWORD), &options).unwrap();
    // Monday, at noon.
    let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap()));
    let life = Arc::new(Life::default());
    let fake = |name, channel| Fake::new(name, channel, &life);
    let mail = Arc::new(mail(fake("mail", Channel::Email)));
    let spare = Arc::new(fake("spare", Channel::Email));
    let sms = Arc::new(fake("sms", Channel::Sms));
    let (hook, pager) = (Arc::new(fake("webhook", Channel::Webhook)), Arc::new(fake("pagerduty", Channel::Pagerduty)));
    let providers: Vec<Arc<dyn Provider>> = vec![mail.clone(), spare.clone(), sms.clone(), hook.clone(), pager.clone()];
    let (queue, turns, believes) =
        (Arc::new(Sent::default()), Arc::new(Turns::default()), Arc::new(Believes::default()));
    let deps = Arc::new(Deps {
        store: Arc::new(Mortal { store: store.clone(), life: life.clone() }),
        people: Arc::new(store.clone()),
        inbox: Arc::new(store.clone()),
        documents: Arc::new(store.clone()),
        providers,
        lanes: Lanes::default(),
        rates: turns.clone(),
        callbacks: believes.clone(),
        templates: Templates::new(),
        sealer: Arc::new(SealingKeys::parse(&"7f".repeat(32)).unwrap()),
        links: Unsubscribes::new("https://octavo.example", &[7; 32]),
        queue: queue.clone(),
        clock: clock.clone(),
        ids: Arc::new(Drawn(clock.clone())),
        announces: true,
    });
    let house =
        House { deps, store, clock, life, mail, spare, sms, hook, pager, queue, turns, believes, router: router() };
    for user in ["ada", "bob", "eve"] {
        house.person(user, |_| ()).await;
    }
    house
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.json);
        self.json
    }

    /// The status, the code, and the first field that is wrong.
    pub(crate) fn problem(&self) -> (u16, &str, &str) {
        let field = self.json["errors"][0]["field"].as_str().unwrap_or_default();
        (self.status, self.json["code"].as_str().unwrap_or_default(), field)
    }
}

/// An event of this category to these users.
pub(crate) fn event(category: &str, users: &[&str]) -> Event {
    let user = |user: &&str| Recipient::User { user: user.parse().unwrap(), data: Map::new() };
    Event {
        id: unique(),
        key: None,
        category: category.to_owned(),
        template: None,
        recipients: users.iter().map(user).collect(),
        data: Map::from_iter([("title".to_owned(), json!("Something"))]),
        link: Some("/somewhere".to_owned()),
        urgency: Urgency::Normal,
        channels: None,
        digest: None,
        matter: None,
        at: Utc.with_ymd_and_hms(2026, 11, 30, 11, 59, 0).unwrap(),
    }
}

/// The same by these channels only.
pub(crate) fn by(channels: &[Channel], event: Event) -> Event {
    Event { channels: Some(channels.iter().copied().collect()), ..event }
}

/// A mail to these users.
pub(crate) fn mail_to(users: &[&str]) -> Event {
    by(&[Channel::Email], event("invoice.due", users))
}

impl House {
    pub(crate) async fn person(&self, user: &str, change: impl FnOnce(&mut Person)) {
        let mut person = Person {
            user: user.parse().unwrap(),
            name: Some(user.to_uppercase()),
            email: Some(format!("{user}@acme.example")),
            phone: Some("+4366012345678".to_owned()),
            language: Some("en".to_owned()),
            zone: None,
            groups: Default::default(),
            updated_at: self.clock.now(),
        };
        change(&mut person);
        self.store.person_put(&acme(), &person).await.unwrap();
    }

    /// Asks as `ada` or `ada/admin` of acme, or of another tenant (`umbrella:ada`); without a token as ``.
    pub(crate) async fn ask(&self, user: &str, method: &str, target: &str, body: Option<Value>) -> Answer {
        self.ask_with(user, method, target, body, &[]).await
    }

    pub(crate) async fn ask_with(
        &self,
        user: &str,
        method: &str,
        target: &str,
        body: Option<Value>,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request::default();
        request.method = method.parse().unwrap();
        request.path = path.to_owned();
        request.query = Query::parse(query).unwrap();
        if !user.is_empty() {
            let (tenant, user) = user.split_once(':').unwrap_or(("acme", user));
            let slash = if user.contains('/') { "" } else { "/" };
            let token = format!("Bearer {tenant}/{user}{slash}");
            request.headers.insert("authorization", HeaderValue::from_str(&token).unwrap());
        }
        for (name, value) in headers {
            request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        if let Some(body) = body {
            request.headers.insert("content-type", HeaderValue::from_static("application/json"));
            request.body = body.to_string().into();
        }
        let response = self.router.handle(self.deps.clone(), &Tokens, request).await;
        let (status, headers, body) = response.into_parts();
        let Body::Bytes(bytes) = body else { panic!("a stream") };
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: status.as_u16(), headers, json: serde_json::from_slice(&bytes).unwrap_or_default(), text }
    }

    /// Asks as an administrator, and expects this.
    pub(crate) async fn admin(&self, method: &str, target: &str, body: Option<Value>, status: u16) -> Value {
        self.ask("root/admin", method, target, body).await.expect(status)
    }

    /// Sets the tenant's settings.
    pub(crate) async fn settings(&self, settings: Value) {
        let (_, revision) = self.store.settings_get(&acme()).await.unwrap();
        let tag = format!("\"r{revision}\"");
        let path = "/v1/notification-settings";
        self.ask_with("root/admin", "PUT", path, Some(settings), &[("if-match", &tag)]).await.expect(200);
    }

    /// Delivers a message of the queue; true if it was done.
    pub(crate) async fn deliver(&self, message: Message) -> bool {
        let body = serde_json::to_string(&message).unwrap();
        let record = QueueRecord { message_id: message.id.to_string(), body };
        handle_queue(&self.deps, vec![record]).await.is_empty()
    }

    /// Has an event told.
    pub(crate) async fn tell(&self, event: &Event) {
        assert!(self.deliver(event_message(&acme(), event).message).await);
    }

    /// Delivers what is due of an event.
    pub(crate) async fn wake(&self, event: EventId) {
        let ids = self.messages(event).await.iter().map(|claim| claim.message.id).collect();
        assert!(self.deliver(wake_message(unique(), &acme(), ids, self.clock.now()).message).await);
    }

    /// The messages of an event.
    pub(crate) async fn messages(&self, event: EventId) -> Vec<Claim> {
        let query = MessageQuery { event: Some(event), limit: 200, ..MessageQuery::default() };
        let mut found = Vec::new();
        for message in self.store.message_list(&acme(), &query).await.unwrap() {
            found.push(self.store.message_get(&acme(), message.id).await.unwrap().unwrap());
        }
        found
    }

    /// The only message of an event.
    pub(crate) async fn message(&self, event: EventId) -> Claim {
        let mut found = self.messages(event).await;
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    pub(crate) async fn status(&self, event: EventId) -> MessageStatus {
        self.message(event).await.message.status
    }

    /// The messages of a queue that were sent since this was asked last.
    pub(crate) fn sent(&self, queue: &str) -> Vec<Message> {
        let sent = std::mem::take(&mut *self.queue.0.lock());
        let (own, others): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(name, _)| name == queue);
        self.queue.0.lock().extend(others);
        own.into_iter().map(|(_, message)| message).collect()
    }
}
