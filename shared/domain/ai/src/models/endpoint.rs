//! Providers: where they are and how they are spoken to.

use octavo_domain_kernel::TenantId;
use serde::{Deserialize, Serialize};
use std::fmt;
use url::Url;

/// How a provider is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// `Authorization: Bearer`, Chat Completions.
    OpenAi,
    /// `x-api-key`, `anthropic-version`, Messages.
    Anthropic,
    /// `api-key`, Chat Completions. With an api-version the deployment stands in the path; without one the `/openai/v1/`
    /// paths are used.
    Azure {
        /// For example `2024-10-21`.
        api_version: Option<String>,
    },
}

impl ProviderKind {
    /// Whether it speaks Anthropic's Messages; otherwise OpenAI's Chat Completions.
    pub fn speaks_messages(&self) -> bool {
        matches!(self, Self::Anthropic)
    }
}

/// A provider as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `openai`, `anthropic`, `azure`, or what the configuration calls it. 1 to 32 of `a-z`, `0-9` and `-`.
    pub name: String,
    /// How it is spoken to.
    pub kind: ProviderKind,
    /// The base of its paths, ending with a slash: `https://api.openai.com/v1/`, `https://api.anthropic.com/v1/`,
    /// `https://RESOURCE.openai.azure.com/openai/`.
    pub base_url: Url,
    /// Where it processes data, for policies: `us`, `eu`, or what the configuration says; none where not said.
    pub region: Option<String>,
}

/// One model at one provider: what has a breaker. As text: `openai/gpt-4.1`, or `openai/gpt-4.1@acme` with a tenant's
/// own key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId {
    /// The provider's name.
    pub provider: String,
    /// The model's name in the catalogue.
    pub model: String,
    /// The tenant whose own key is used, if one is: what that key suffers is no other tenant's matter.
    pub tenant: Option<TenantId>,
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)?;
        match &self.tenant {
            Some(tenant) => write!(f, "@{tenant}"),
            None => Ok(()),
        }
    }
}
