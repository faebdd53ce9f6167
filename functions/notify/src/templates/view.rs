//! A template as clients see it.

use crate::Deps;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::{StoredTemplate, builtin};
use octavo_wiring_edge::{EdgeFault, Request};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A template in one language.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NotificationTemplateView)]
pub(crate) struct TemplateView {
    /// Which: as the category that it says.
    #[schema(example = "approval.requested")]
    name: String,
    /// In which language.
    #[schema(example = "en")]
    language: String,
    /// What the tenant says instead, by part: `subject`, `text`, `html` (MJML), `sms`, `title`, `body`, `slack`, `summary`. Empty
    /// where it says nothing.
    #[schema(value_type = Object)]
    parts: Map<String, Value>,
    /// What the platform says; null where it has no such template.
    platform: Option<BTreeMap<String, String>>,
    /// The tenant's revision; 0 where it says nothing. `If-Match` names it.
    revision: u32,
    /// When the tenant set it.
    updated_at: Option<DateTime<Utc>>,
    /// Who of the tenant set it.
    #[schema(value_type = Option<String>)]
    updated_by: Option<UserId>,
}

/// A template in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NotificationTemplateSummary)]
pub(crate) struct TemplateSummary {
    /// Which.
    #[schema(example = "approval.requested")]
    pub(super) name: String,
    /// In which language.
    #[schema(example = "en")]
    pub(super) language: String,
    /// Whether the platform has it.
    pub(super) platform: bool,
    /// The tenant's revision; 0 where it says nothing.
    pub(super) revision: u32,
    /// When the tenant set it.
    pub(super) updated_at: Option<DateTime<Utc>>,
}

impl TemplateView {
    /// What there is by this name and language; none where neither the tenant nor the platform has it.
    pub(super) fn of(name: &str, language: &str, own: Option<StoredTemplate>) -> Option<Self> {
        let platform = builtin(name, language).map(|known| known.parts.clone());
        if platform.is_none() && own.is_none() {
            return None;
        }
        let (parts, revision, updated_at, updated_by) = match own {
            Some(own) => (own.parts, own.revision, Some(own.updated_at), Some(own.updated_by)),
            None => Default::default(),
        };
        let (name, language) = (name.to_owned(), language.to_owned());
        Some(Self { name, language, parts, platform, revision, updated_at, updated_by })
    }

    pub(super) fn revision(&self) -> u32 {
        self.revision
    }
}

/// The name and language of the path.
pub(super) fn named(request: &Request) -> Result<(String, String), EdgeFault> {
    Ok((request.param("name")?, request.param("language")?))
}

/// The tenant's own template.
pub(super) async fn own(
    deps: &Deps,
    tenant: &TenantId,
    name: &str,
    language: &str,
) -> Result<Option<StoredTemplate>, PortError> {
    let found = deps.store.templates(tenant, Some(name)).await?;
    Ok(found.into_iter().find(|template| template.language == language))
}
