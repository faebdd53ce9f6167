//! What a model is.

use super::Price;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How capable a model is, in three steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Quick and cheap.
    Fast,
    /// For most work.
    Standard,
    /// The most capable.
    Best,
}

impl Tier {
    /// All, the cheapest first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Standard, Self::Best];

    /// As callers and policies name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Standard => "standard",
            Self::Best => "best",
        }
    }

    /// The tier of this name, exactly.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == name)
    }

    /// The next better one.
    pub fn above(self) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| *tier > self)
    }
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Conversation.
    Chat,
    /// Texts into vectors.
    Embedding,
}

/// What a chat model can take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Functions to call.
    #[serde(default)]
    pub tools: bool,
    /// That a function must be called (`tool_choice` of `required`, `any` or one function's name).
    #[serde(default)]
    pub forced_tools: bool,
    /// Pictures.
    #[serde(default)]
    pub images: bool,
    /// Files, such as PDF.
    #[serde(default)]
    pub files: bool,
    /// Asked-for reasoning.
    #[serde(default)]
    pub reasoning: bool,
    /// JSON by a schema.
    #[serde(default)]
    pub json_schema: bool,
    /// Whether temperature, `top_p` and the like are taken; where not they are left out.
    #[serde(default)]
    pub sampling: bool,
}

/// A model, whoever offers it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    /// Its name: `gpt-4.1`.
    pub name: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Other exact names that its provider knows it by: dated ones. Asked for by one of these, it is asked for by the
    /// same upstream.
    pub aliases: Vec<String>,
    /// Names of several models of one make: `gpt`, `claude`, `gpt-4`. A family resolves to its members.
    pub families: Vec<String>,
    /// None for what no tier resolves to (older models, embeddings).
    pub tier: Option<Tier>,
    /// What it can take.
    pub capabilities: Capabilities,
    /// Tokens that prompt and answer may have together.
    pub context_tokens: u64,
    /// Most tokens of an answer.
    pub output_tokens_max: u64,
    /// None where its price is not known: a budget of money cannot hold it, and it is said loudly.
    pub price: Option<Price>,
}

/// A model at a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The provider's name.
    pub provider: String,
    /// The model's name in the catalogue.
    pub model: String,
    /// What the provider calls it: an Azure deployment.
    pub upstream_model: String,
    /// The price there, where it differs from the model's.
    pub price: Option<Price>,
    /// The price there is the model's times this (a dearer region), where there is no `price`.
    pub price_factor: Option<Decimal>,
}
