//! What a tenant sets.

use crate::{Category, Channel, Urgency};
use octavo_domain_calendar::{Length, Zone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A tenant's settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The language of whoever has none and the last but one that is fallen back to; then `en`.
    pub language: Option<String>,
    /// The zone of whoever has none. Default UTC.
    pub zone: Option<Zone>,
    /// How it looks.
    pub branding: Branding,
    /// By category; `*` is every other one. What is not here is as the platform has it.
    pub categories: BTreeMap<Category, CategoryRule>,
    /// Whom mail comes from, where providers may send as the tenant: `Acme <hello@acme.example>`.
    pub mail_from: Option<String>,
    /// Where answers to mail go.
    pub reply_to: Option<String>,
}

/// How messages look.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    /// What the product is called. Default `Octavo`.
    pub product: Option<String>,
    /// An image, https.
    pub logo_url: Option<String>,
    /// Of buttons and headings: `#2b5c8a`.
    pub colour: Option<String>,
    /// Below every mail: an address, what the law wants. At most 1,000 characters.
    pub footer: Option<String>,
    /// Where the application is: begins every link. `https://docs.acme.example`.
    pub application_url: Option<String>,
}

/// What holds for a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryRule {
    /// By which channels people are told unless they choose otherwise.
    pub channels: BTreeSet<Channel>,
    /// Whether they may choose.
    #[serde(default)]
    pub mandatory: bool,
    /// Which targets are told of every event: at most 20.
    #[serde(default)]
    pub targets: BTreeSet<String>,
    /// At most so many messages by mail and by SMS to one person in so long; what is more waits for the daily digest. Urgent
    /// ones are not counted.
    #[serde(default)]
    pub throttle: Option<Throttle>,
    /// How urgent it is at least.
    #[serde(default)]
    pub urgency: Urgency,
}

/// So many in so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// 1 to 1,000.
    pub messages: u32,
    /// A minute to a week.
    pub per: Length,
}
