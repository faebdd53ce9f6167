//! A platform with people who are told something.

use local_emulator::Options;
use local_emulator_notify::{Filter, Sent, Server};
use octavo_tests::{Person, World, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// The tenant that most happens in.
pub(crate) const TENANT: &str = "acme";

/// A running platform.
pub(crate) struct Desk {
    pub(crate) world: World,
}

impl Desk {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { world: World::with(Options { sandboxes_max: 8, ..options }).await }
    }

    /// Who administers the tenant.
    pub(crate) fn root(&self) -> Person {
        self.world.with_roles(TENANT, "root", &["admin"])
    }

    /// Somebody of the tenant.
    pub(crate) fn person(&self, user: &str) -> Person {
        self.world.person(TENANT, user)
    }

    /// The providers.
    pub(crate) fn fakes(&self) -> &Server {
        self.world.emulator.sent()
    }

    /// Says what is known of somebody, over a mail address of theirs.
    pub(crate) async fn knows(&self, user: &str, more: Value) {
        let mut body = json!({ "name": user, "email": format!("{user}@acme.example") });
        for (name, value) in more.as_object().expect("members") {
            body[name] = value.clone();
        }
        self.root().put(&format!("/v1/people/{user}"), body).await.expect(200);
    }

    /// Has somebody told something; the event's id.
    pub(crate) async fn tells(&self, event: Value) -> String {
        let made = self.root().post("/v1/notifications", event).await.expect(202).json();
        made["id"].as_str().expect("it has an id").to_owned()
    }

    /// The messages of an event.
    pub(crate) async fn messages(&self, event: &str) -> Vec<Value> {
        let page = self.root().get(&format!("/v1/notification-messages?event={event}&limit=100")).await;
        // A function that was just killed may not answer once.
        let page = if page.status == 502 { json!({ "messages": [] }) } else { page.expect(200).json() };
        page["messages"].as_array().unwrap().clone()
    }

    /// A message with its tries.
    pub(crate) async fn message(&self, id: &Value) -> Value {
        let id = id.as_str().expect("it has an id");
        self.root().get(&format!("/v1/notification-messages/{id}")).await.expect(200).json()
    }

    /// The event's message by this channel once it stands so, with its tries.
    pub(crate) async fn comes_to(&self, event: &str, channel: &str, status: &str) -> Value {
        eventually(&format!("the {channel} of {event} is {status}"), || async {
            let found = self.messages(event).await;
            let found = found.iter().find(|one| one["channel"] == channel && one["status"] == status)?.clone();
            Some(self.message(&found["id"]).await)
        })
        .await
    }

    /// What the providers took for an address.
    pub(crate) fn taken(&self, to: &str) -> Vec<Sent> {
        self.fakes().messages(&Filter { to: Some(to.to_owned()), accepted: Some(true), ..Filter::default() })
    }

    /// The first of it that has this in its subject or text, once it came.
    pub(crate) async fn gets(&self, to: &str, part: &str) -> Sent {
        eventually(&format!("{to} gets {part}"), || async {
            self.taken(to).into_iter().find(|sent| sent.subject.contains(part) || sent.text.contains(part))
        })
        .await
    }

    /// Sets the tenant's settings.
    pub(crate) async fn sets(&self, settings: Value) {
        let (root, path) = (self.root(), "/v1/notification-settings");
        let before = root.get(path).await.expect(200);
        let request = root.request(Method::PUT, path).header("if-match", before.header("etag")).json(&settings);
        root.send(request).await.expect(200);
    }
}

/// A user as a recipient.
pub(crate) fn user(user: &str) -> Value {
    json!({ "to": "user", "user": user })
}

/// An event to one user.
pub(crate) fn event(category: &str, to: &str, title: &str) -> Value {
    json!({ "category": category, "recipients": [user(to)], "data": { "title": title } })
}

/// A header of a mail.
pub(crate) fn header<'a>(sent: &'a Sent, name: &str) -> Option<&'a str> {
    sent.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The providers and the ends of a message's tries.
pub(crate) fn tries(message: &Value) -> Vec<(&str, &str)> {
    let all = message["tries"].as_array().expect("a message by itself has its tries").iter();
    all.map(|one| (one["provider"].as_str().unwrap(), one["status"].as_str().unwrap())).collect()
}

/// A message's id as it stands in identifiers of its own.
pub(crate) fn compact(message: &Value) -> String {
    message["id"].as_str().expect("it has an id").replace('-', "")
}
