//! A suppression as clients see it.

use chrono::{DateTime, Utc};
use octavo_domain_notify::{Category, Channel, Suppression};
use serde::Serialize;

/// An address that is not told anything by a channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SuppressionView {
    /// By which channel.
    channel: Channel,
    /// Where.
    #[schema(example = "gone@acme.example")]
    address: String,
    /// Only of this category, if one is named.
    category: Option<Category>,
    /// `bounce`, `complaint`, `unsubscribe` or `manual`.
    #[schema(example = "bounce")]
    why: String,
    /// What the provider said.
    detail: Option<String>,
    /// Since when.
    at: DateTime<Utc>,
}

impl SuppressionView {
    pub(super) fn of(suppression: Suppression) -> Self {
        let Suppression { channel, address, category, why, detail, at } = suppression;
        Self { channel, address: address.0, category, why, detail, at }
    }
}
