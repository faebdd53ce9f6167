//! What a person chose.

use crate::{Category, Channel};
use chrono::NaiveTime;
use octavo_domain_calendar::QuietHours;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person's preferences.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preferences {
    /// By category (`*` is every other one) and channel. What is not here is as the tenant's rule has it; a mandatory category
    /// goes by the rule whatever is chosen here.
    pub choices: BTreeMap<Category, BTreeMap<Channel, Choice>>,
    /// When not to be disturbed, in the person's zone: mail and SMS wait until it is over, unless they are urgent. At most 14.
    pub quiet: Vec<QuietHours>,
    /// When daily digests come, in the person's zone. Default 08:00.
    pub digest_at: Option<NaiveTime>,
}

/// What is chosen for a category and channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// At once.
    On,
    /// Not at all.
    Off,
    /// In the daily digest.
    Digest,
}
