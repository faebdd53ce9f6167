//! The messages of an event.

use super::channels::{Way, channels};
use super::recipients::message_id;
use super::time::Time;
use crate::{
    Address, CategoryRule, Channel, Event, Message, MessageStatus, Person, Planned, PlannedDigest, Preferences, Reason,
    Recipient, Settings, Urgency,
};
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Zone;
use octavo_domain_kernel::UserId;
use std::collections::{BTreeMap, BTreeSet};

/// What is known when an event is planned.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The people who are known, of those who are told.
    pub people: &'a BTreeMap<UserId, Person>,
    /// What they chose.
    pub preferences: &'a BTreeMap<UserId, Preferences>,
    /// What the tenant sets.
    pub settings: &'a Settings,
    /// The tenant's active targets with their channels.
    pub targets: &'a BTreeMap<String, Channel>,
    /// Who got by which channel as many as the rule's throttle lets through, or more.
    pub throttled: &'a BTreeSet<(UserId, Channel)>,
    /// The present.
    pub now: DateTime<Utc>,
}

/// The messages of an event to `recipients`, which [`audience`](super::audience) found: one for each of them and channel.
///
/// - Channels are the event's, else the rule's of its category, and what the person chose; a mandatory category goes by its rule
///   whatever is chosen. Urgent ones go by SMS too.
/// - Mail and SMS wait for the end of the person's quiet hours, in their zone. What is urgent does not.
/// - What the event or the person wants gathered, and what is over the rule's throttle, goes into a digest; neither the inbox,
///   which is a list as it is, nor what is urgent.
/// - What is not sent is planned as [`MessageStatus::Dropped`] with its reason, so that one can see why nothing came.
///
/// Groups in `recipients` are passed over.
pub fn plan(event: &Event, recipients: &[Recipient], facts: &Facts<'_>) -> Vec<Planned> {
    let rule = facts.settings.rule_of(&event.category);
    let urgency = event.urgency.max(rule.urgency);
    let plan = Plan { event, facts, rule, urgency };
    recipients.iter().flat_map(|recipient| plan.of(recipient)).collect()
}

struct Plan<'a> {
    event: &'a Event,
    facts: &'a Facts<'a>,
    rule: CategoryRule,
    urgency: Urgency,
}

/// What is decided of a message.
enum Fate {
    Now,
    Later(DateTime<Utc>, Reason),
    Gathered(PlannedDigest, Reason),
    Dropped(Reason),
}

impl Plan<'_> {
    fn of(&self, recipient: &Recipient) -> Vec<Planned> {
        match recipient {
            Recipient::User { user, .. } => self.of_user(recipient, user),
            Recipient::Group { .. } => Vec::new(),
            Recipient::Address { channel, address, zone, .. } => {
                let preferences = Preferences::default();
                let zone = zone.clone().unwrap_or_else(|| self.tenant_zone());
                let time = Time { now: self.facts.now, zone: &zone, preferences: &preferences };
                let fate = self.gathered(&time).unwrap_or(Fate::Now);
                vec![self.planned(recipient, *channel, None, Some(Address::new(*channel, &address.0)), fate)]
            }
            Recipient::Target { target } => {
                let channel = self.facts.targets.get(target).copied();
                // What an event says that it only goes by holds for what a rule adds; whom it names itself is meant.
                let named = self.event.recipients.contains(recipient);
                let only = self.event.channels.as_ref();
                if !named && only.zip(channel).is_some_and(|(only, channel)| !only.contains(&channel)) {
                    return Vec::new();
                }
                let fate = if channel.is_some() { Fate::Now } else { Fate::Dropped(Reason::NoTarget) };
                // Of a target that is not there nobody knows the channel; most are webhooks.
                let channel = channel.unwrap_or(Channel::Webhook);
                vec![self.planned(recipient, channel, None, Some(Address(target.clone())), fate)]
            }
        }
    }

    fn of_user(&self, recipient: &Recipient, user: &UserId) -> Vec<Planned> {
        let nothing = Preferences::default();
        let preferences = self.facts.preferences.get(user).unwrap_or(&nothing);
        let person = self.facts.people.get(user);
        let zone = person.and_then(|person| person.zone.clone()).unwrap_or_else(|| self.tenant_zone());
        let time = Time { now: self.facts.now, zone: &zone, preferences };
        channels(self.event, &self.rule, self.urgency, preferences)
            .into_iter()
            .map(|(channel, way)| {
                let address = address_of(user, person, channel);
                let fate = self.fate(user, channel, way, address.is_some(), &time);
                self.planned(recipient, channel, Some(user), address, fate)
            })
            .collect()
    }

    fn fate(&self, user: &UserId, channel: Channel, way: Way, reachable: bool, time: &Time<'_>) -> Fate {
        if way == Way::Chosen {
            return Fate::Dropped(Reason::Preference);
        }
        if !reachable {
            return Fate::Dropped(Reason::NoAddress);
        }
        if channel == Channel::InApp || self.urgency == Urgency::Urgent {
            return Fate::Now;
        }
        if let Some(gathered) = self.gathered(time) {
            return gathered;
        }
        if way == Way::Daily {
            return Fate::Gathered(time.daily(), Reason::Digest);
        }
        if self.rule.throttle.is_some() && self.facts.throttled.contains(&(user.clone(), channel)) {
            return Fate::Gathered(time.daily(), Reason::Throttled);
        }
        match time.quiet(self.facts.now) {
            Some(end) => Fate::Later(end, Reason::QuietHours),
            None => Fate::Now,
        }
    }

    fn gathered(&self, time: &Time<'_>) -> Option<Fate> {
        let rule = self.event.digest.as_ref().filter(|_| self.urgency != Urgency::Urgent)?;
        Some(Fate::Gathered(time.digest(rule), Reason::Digest))
    }

    fn tenant_zone(&self) -> Zone {
        self.facts.settings.zone.clone().unwrap_or_else(Zone::utc)
    }

    fn planned(
        &self,
        recipient: &Recipient,
        channel: Channel,
        user: Option<&UserId>,
        address: Option<Address>,
        fate: Fate,
    ) -> Planned {
        let now = self.facts.now;
        let (status, reason, due_at, digest) = match fate {
            Fate::Now => (MessageStatus::Planned, None, Some(now), None),
            Fate::Later(at, reason) => (MessageStatus::Planned, Some(reason), Some(at), None),
            Fate::Gathered(digest, reason) => (MessageStatus::Planned, Some(reason), None, Some(digest)),
            Fate::Dropped(reason) => (MessageStatus::Dropped, Some(reason), None, None),
        };
        let message = Message {
            id: message_id(&self.event.id, recipient, channel),
            event: self.event.id,
            category: self.event.category.clone(),
            channel,
            recipient: recipient.clone(),
            user: user.cloned(),
            address,
            urgency: self.urgency,
            matter: self.event.matter.clone(),
            mandatory: self.rule.mandatory,
            digest: None,
            status,
            reason,
            created_at: now,
            due_at,
            attempts: 0,
            updated_at: now,
        };
        Planned { message, digest }
    }
}

/// Where a person is reached by a channel.
fn address_of(user: &UserId, person: Option<&Person>, channel: Channel) -> Option<Address> {
    match channel {
        Channel::InApp => Some(Address(user.to_string())),
        Channel::Email => person?.email.as_deref().map(|email| Address::new(channel, email)),
        Channel::Sms => person?.phone.as_deref().map(|phone| Address::new(channel, phone)),
        Channel::Webhook | Channel::Slack | Channel::Pagerduty => None,
    }
}
