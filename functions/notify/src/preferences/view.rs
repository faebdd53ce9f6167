//! Preferences as clients see and set them.

use chrono::NaiveTime;
use octavo_domain_calendar::{QuietHours, Zone};
use octavo_domain_notify::{Category, Channel, Choice, PLATFORM_CATEGORIES, Preferences, Settings, platform_category};
use serde::{Deserialize, Serialize};

use std::collections::{BTreeMap, BTreeSet};

/// The channels that a person chooses among.
const PERSONAL: [Channel; 3] = [Channel::Email, Channel::InApp, Channel::Sms];

/// What holds for a person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PreferencesView {
    /// Every category that there is a rule for, and what holds.
    categories: Vec<CategoryView>,
    /// What was chosen, by category (`approval.requested`, `approval.*`, or `*` for every other one) and channel.
    #[schema(value_type = Object, example = json!({"comment.*": {"email": "digest"}}))]
    choices: BTreeMap<Category, BTreeMap<Channel, Choice>>,
    /// When not to be disturbed: mail and text messages wait until it is over.
    #[schema(value_type = Vec<Object>, example = json!([{"from": "22:00:00", "to": "07:00:00", "days": []}]))]
    quiet: Vec<QuietHours>,
    /// When daily digests come; 08:00 if not given.
    #[schema(value_type = Option<String>, example = "08:00:00")]
    digest_at: Option<NaiveTime>,
    /// The zone that these hours are of: the person's, else the tenant's, else UTC.
    #[schema(value_type = String, example = "Europe/Vienna")]
    zone: Zone,
}

/// What holds for a category.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CategoryView {
    /// `approval.*`.
    #[schema(example = "approval.*")]
    category: Category,
    /// What it is called, in English.
    #[schema(example = "Approvals")]
    title: String,
    /// Whether one is told whatever one chooses.
    mandatory: bool,
    /// `on`, `off` or `digest` by channel.
    #[schema(value_type = Object, example = json!({"email": "on", "in_app": "on", "sms": "off"}))]
    channels: BTreeMap<Channel, Choice>,
}

/// What a person chooses. It is set as a whole.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreferencesInput {
    /// By category and channel: `on`, `off` or `digest`. At most 200 categories.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"comment.*": {"email": "digest"}}))]
    pub(super) choices: BTreeMap<Category, BTreeMap<Channel, Choice>>,
    /// When not to be disturbed, in one's own zone: at most 14.
    #[serde(default)]
    #[schema(value_type = Vec<Object>, example = json!([{"from": "22:00:00", "to": "07:00:00", "days": []}]))]
    pub(super) quiet: Vec<QuietHours>,
    /// When daily digests come, in one's own zone.
    #[schema(value_type = Option<String>, example = "08:00:00")]
    pub(super) digest_at: Option<NaiveTime>,
}

impl PreferencesView {
    pub(super) fn of(preferences: Preferences, settings: &Settings, zone: Option<Zone>) -> Self {
        let platform = PLATFORM_CATEGORIES.iter().map(|known| known.name.to_owned());
        let mut names: BTreeSet<Category> = platform.collect();
        names.extend(settings.categories.keys().cloned());
        names.extend(preferences.choices.keys().cloned());
        let categories = names.into_iter().map(|name| CategoryView::of(name, &preferences, settings)).collect();
        let Preferences { choices, quiet, digest_at } = preferences;
        let zone = zone.or_else(|| settings.zone.clone()).unwrap_or_else(Zone::utc);
        Self { categories, choices, quiet, digest_at, zone }
    }
}

impl CategoryView {
    fn of(category: Category, preferences: &Preferences, settings: &Settings) -> Self {
        let rule = settings.rule_of(&category);
        let holds = |channel: Channel| {
            let offered = rule.channels.contains(&channel);
            match preferences.choice(&category, channel) {
                _ if offered && rule.mandatory => Choice::On,
                Some(chosen) => chosen,
                None if offered => Choice::On,
                None => Choice::Off,
            }
        };
        let channels = PERSONAL.into_iter().map(|channel| (channel, holds(channel))).collect();
        let known = PLATFORM_CATEGORIES.iter().find(|known| known.name == category);
        let title = match known {
            Some(known) => known.title.to_owned(),
            None => format!("{}: {category}", platform_category(&category).title),
        };
        Self { title, mandatory: rule.mandatory, channels, category }
    }
}

impl From<PreferencesInput> for Preferences {
    fn from(input: PreferencesInput) -> Self {
        Self { choices: input.choices, quiet: input.quiet, digest_at: input.digest_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn shown(choices: &Value) -> BTreeMap<String, Value> {
        let preferences: Preferences = serde_json::from_value(json!({ "choices": choices })).unwrap();
        let view = serde_json::to_value(PreferencesView::of(preferences, &Settings::default(), None)).unwrap();
        assert_eq!(view["zone"], "UTC");
        let categories = view["categories"].as_array().unwrap().clone();
        categories.into_iter().map(|view| (view["category"].as_str().unwrap().to_owned(), view)).collect()
    }

    #[test]
    fn what_holds_is_the_choice_over_the_rule() {
        let shown = shown(&json!({"comment.*": {"email": "digest", "in_app": "off"}, "security.*": {"email": "off"}}));
        assert_eq!(shown["comment.*"]["channels"], json!({"email": "digest", "in_app": "off", "sms": "off"}));
        assert_eq!(shown["approval.*"]["channels"], json!({"email": "on", "in_app": "on", "sms": "off"}));
        assert_eq!(shown["security.*"]["channels"]["email"], "on", "one is told of a stolen password");
        assert_eq!(shown["security.*"]["mandatory"], true);
    }
}
