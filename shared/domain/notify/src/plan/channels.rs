//! By which channels a person is told.

use crate::{CategoryRule, Channel, Choice, Event, Preferences, Urgency, category_keys};
use std::collections::BTreeSet;

/// What a person is told by: the inbox, mail, the telephone. The rest is for targets.
const PERSONAL: [Channel; 3] = [Channel::InApp, Channel::Email, Channel::Sms];

/// How a person is told by a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By itself.
    Alone,
    /// In their daily digest.
    Daily,
    /// Not, by their own choice.
    Chosen,
}

/// The channels of an event for a person, in a fixed order, each with how. A channel that is neither of the rule nor chosen is
/// not in it; one that they chose not to be told by is, so that one can see why nothing came.
pub(super) fn channels(
    event: &Event,
    rule: &CategoryRule,
    urgency: Urgency,
    preferences: &Preferences,
) -> Vec<(Channel, Way)> {
    let urgent = urgency == Urgency::Urgent;
    let offered: BTreeSet<Channel> = match &event.channels {
        Some(only) => only.clone(),
        None if urgent => rule.channels.iter().copied().chain([Channel::Sms]).collect(),
        None => rule.channels.clone(),
    };
    let mut found = Vec::new();
    for channel in PERSONAL {
        let choice = preferences.choice(&event.category, channel);
        let offered = offered.contains(&channel);
        let way = match choice {
            // What an event says that it only goes by is not added to; what a rule says is.
            Some(Choice::On | Choice::Digest) if !offered && event.channels.is_some() => continue,
            Some(Choice::Off) if offered && !rule.mandatory => Way::Chosen,
            Some(Choice::Off) | None if !offered => continue,
            Some(Choice::Digest) if channel != Channel::InApp && !urgent && !(rule.mandatory && offered) => Way::Daily,
            _ => Way::Alone,
        };
        found.push((channel, way));
    }
    found
}

impl Preferences {
    /// What is chosen for a category and a channel: for the category itself, else for its family, else for every other one;
    /// none where nothing is.
    pub fn choice(&self, category: &str, channel: Channel) -> Option<Choice> {
        category_keys(category).iter().find_map(|key| self.choices.get(key)?.get(&channel).copied())
    }
}
