//! A tenant with its people.

use chrono::{DateTime, Utc};
use octavo_domain_kernel::UserId;
use octavo_domain_notify::{Channel, Choice, Event, Facts, Person, Planned, Preferences, Settings, audience, plan};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct House {
    pub(crate) people: BTreeMap<UserId, Person>,
    pub(crate) preferences: BTreeMap<UserId, Preferences>,
    pub(crate) settings: Settings,
    pub(crate) targets: BTreeMap<String, Channel>,
    pub(crate) throttled: BTreeSet<(UserId, Channel)>,
    pub(crate) now: DateTime<Utc>,
}

impl Default for House {
    fn default() -> Self {
        Self {
            people: BTreeMap::new(),
            preferences: BTreeMap::new(),
            settings: Settings::default(),
            targets: BTreeMap::new(),
            throttled: BTreeSet::new(),
            now: at("2026-11-27T12:00:00Z"),
        }
    }
}

impl House {
    /// Somebody with a mail address and a telephone, and what `change` makes of them.
    pub(crate) fn person(mut self, user: &str, change: impl FnOnce(&mut Person)) -> Self {
        let mut person = Person {
            user: user.parse().unwrap(),
            name: None,
            email: Some(format!("{user}@acme.example")),
            phone: Some("+4366012345".to_owned()),
            language: None,
            zone: None,
            groups: BTreeSet::new(),
            updated_at: self.now,
        };
        change(&mut person);
        self.people.insert(person.user.clone(), person);
        self
    }

    pub(crate) fn preferences(mut self, user: &str, change: impl FnOnce(&mut Preferences)) -> Self {
        change(self.preferences.entry(user.parse().unwrap()).or_default());
        self
    }

    pub(crate) fn choose(self, user: &str, category: &str, channel: Channel, choice: Choice) -> Self {
        self.preferences(user, |preferences| {
            preferences.choices.entry(category.to_owned()).or_default().insert(channel, choice);
        })
    }

    pub(crate) fn rule(mut self, category: &str, rule: Value) -> Self {
        self.settings.categories.insert(category.to_owned(), serde_json::from_value(rule).unwrap());
        self
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            people: &self.people,
            preferences: &self.preferences,
            settings: &self.settings,
            targets: &self.targets,
            throttled: &self.throttled,
            now: self.now,
        }
    }

    pub(crate) fn plan(&self, event: &Event) -> Vec<Planned> {
        plan(event, &audience(event, &self.people, &self.settings), &self.facts())
    }
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An event of the category `document.shared`, and what is said of it beyond that.
pub(crate) fn event(said: Value) -> Event {
    let mut event = json!({
        "id": "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081", "category": "document.shared", "at": "2026-11-27T12:00:00Z",
    });
    let Value::Object(said) = said else { panic!("an object is laid over it") };
    for (key, value) in said {
        event[key] = value;
    }
    serde_json::from_value(event).unwrap()
}
