//! The tenant's settings as clients see and set them.

use octavo_domain_calendar::{Length, Zone};
use octavo_domain_notify::{Branding, Category, CategoryRule, Channel, Settings, Throttle, Urgency};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the tenant sets. It is set as a whole.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NotificationSettings {
    /// The language of whoever has none, BCP 47; then `en`.
    #[schema(example = "de")]
    language: Option<String>,
    /// The zone of whoever has none; UTC if not given.
    #[schema(value_type = Option<String>, example = "Europe/Vienna")]
    zone: Option<Zone>,
    /// How messages look.
    branding: BrandingSettings,
    /// What holds by category (`approval.requested`, `approval.*`, or `*` for every other one). What is not here is as the
    /// platform has it.
    categories: BTreeMap<Category, CategorySettings>,
    /// Whom mail comes from, where providers may send as the tenant.
    #[schema(example = "Acme <hello@acme.example>")]
    mail_from: Option<String>,
    /// Where answers to mail go.
    #[schema(example = "office@acme.example")]
    reply_to: Option<String>,
}

/// How messages look.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BrandingSettings {
    /// What the product is called; `Octavo` if not given.
    product: Option<String>,
    /// An image, https.
    logo_url: Option<String>,
    /// Of buttons and headings.
    #[schema(example = "#2b5c8a")]
    colour: Option<String>,
    /// Below every mail: at most 1,000 characters.
    footer: Option<String>,
    /// Where the application is: begins every link.
    #[schema(example = "https://docs.acme.example")]
    application_url: Option<String>,
}

/// What holds for a category.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategorySettings {
    /// By which channels people are told unless they choose otherwise.
    channels: BTreeSet<Channel>,
    /// Whether they are told whatever they choose.
    #[serde(default)]
    mandatory: bool,
    /// Which targets are told of every event: at most 20.
    #[serde(default)]
    targets: BTreeSet<String>,
    /// At most so many mails and text messages to one person in so long; what is more waits for the daily digest.
    #[serde(default)]
    throttle: Option<ThrottleSettings>,
    /// How urgent it is at least.
    #[serde(default)]
    urgency: Urgency,
}

/// So many in so long.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThrottleSettings {
    /// 1 to 1,000.
    messages: u32,
    /// A minute to a week, as ISO 8601 writes it.
    #[schema(value_type = String, example = "PT1H")]
    per: Length,
}

impl From<Settings> for NotificationSettings {
    fn from(settings: Settings) -> Self {
        let Settings { language, zone, branding, categories, mail_from, reply_to } = settings;
        let Branding { product, logo_url, colour, footer, application_url } = branding;
        let rule = |rule: CategoryRule| CategorySettings {
            channels: rule.channels,
            mandatory: rule.mandatory,
            targets: rule.targets,
            throttle: rule.throttle.map(|Throttle { messages, per }| ThrottleSettings { messages, per }),
            urgency: rule.urgency,
        };
        Self {
            language,
            zone,
            branding: BrandingSettings { product, logo_url, colour, footer, application_url },
            categories: categories.into_iter().map(|(category, own)| (category, rule(own))).collect(),
            mail_from,
            reply_to,
        }
    }
}

impl From<NotificationSettings> for Settings {
    fn from(settings: NotificationSettings) -> Self {
        let NotificationSettings { language, zone, branding, categories, mail_from, reply_to } = settings;
        let BrandingSettings { product, logo_url, colour, footer, application_url } = branding;
        let rule = |rule: CategorySettings| CategoryRule {
            channels: rule.channels,
            mandatory: rule.mandatory,
            targets: rule.targets,
            throttle: rule.throttle.map(|ThrottleSettings { messages, per }| Throttle { messages, per }),
            urgency: rule.urgency,
        };
        Self {
            language,
            zone,
            branding: Branding { product, logo_url, colour, footer, application_url },
            categories: categories.into_iter().map(|(category, own)| (category, rule(own))).collect(),
            mail_from,
            reply_to,
        }
    }
}
