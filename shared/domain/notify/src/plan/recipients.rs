//! Who is told.

use crate::{Channel, Event, EventId, MessageId, Person, Recipient, Settings, derived_id};
use octavo_domain_kernel::{GroupId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// Whose facts are needed before it is known who is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audience {
    /// The users that are named.
    pub users: Vec<UserId>,
    /// The groups that are named.
    pub groups: Vec<GroupId>,
    /// The targets that are named or that the category's rule tells.
    pub targets: Vec<String>,
}

impl Event {
    /// Whose facts are needed: their people, preferences and targets.
    pub fn audience(&self, settings: &Settings) -> Audience {
        let mut found = Audience::default();
        let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
        let mut targets = settings.rule_of(&self.category).targets;
        for recipient in &self.recipients {
            match recipient {
                Recipient::User { user, .. } => {
                    users.insert(user.clone());
                }
                Recipient::Group { group, .. } => {
                    groups.insert(group.clone());
                }
                Recipient::Target { target } => {
                    targets.insert(target.clone());
                }
                Recipient::Address { .. } => {}
            }
        }
        found.users.extend(users);
        found.groups.extend(groups);
        found.targets.extend(targets);
        found
    }
}

/// Everybody that an event tells, each once and no group among them: whom it names, whoever of `people` is in a group that it
/// names, and the targets of its category's rule. Named for themselves goes before named by a group, so that what is said to them alone is
/// said. In an order that does not change, so that it may be planned in pieces.
pub fn audience(event: &Event, people: &BTreeMap<UserId, Person>, settings: &Settings) -> Vec<Recipient> {
    let mut told = Vec::new();
    let mut seen = BTreeSet::new();
    let mut tell = |recipient: Recipient| {
        if seen.insert(recipient_key(&recipient)) {
            told.push(recipient);
        }
    };
    for recipient in &event.recipients {
        if !matches!(recipient, Recipient::Group { .. }) {
            tell(recipient.clone());
        }
    }
    for recipient in &event.recipients {
        let Recipient::Group { group, except } = recipient else { continue };
        for (user, _) in people.iter().filter(|(user, person)| person.groups.contains(group) && !except.contains(user))
        {
            tell(Recipient::User { user: user.clone(), data: serde_json::Map::new() });
        }
    }
    for target in settings.rule_of(&event.category).targets {
        tell(Recipient::Target { target });
    }
    told
}

/// Which message tells this recipient of this event by this channel: always the same, however often it is planned.
pub fn message_id(event: &EventId, recipient: &Recipient, channel: Channel) -> MessageId {
    derived_id(&["notify.message", &event.to_string(), &recipient_key(recipient), channel.as_str()])
}

/// What makes two recipients one: a mail address is the same however it is written.
fn recipient_key(recipient: &Recipient) -> String {
    match recipient {
        Recipient::User { user, .. } => format!("user:{user}"),
        Recipient::Group { group, .. } => format!("group:{group}"),
        Recipient::Address { channel, address, .. } => format!("{channel}:{}", address.0.to_lowercase()),
        Recipient::Target { target } => format!("target:{target}"),
    }
}
