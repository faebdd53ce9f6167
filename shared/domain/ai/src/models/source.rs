//! The catalogue's JSON form, that of `data/models.json` and of an operator's additions.
//!
//! ```json
//! {
//!   "as_of": "2026-11-23", "source": "where the facts are from",
//!   "models": [{"name": "...", "kind": "chat", "families": [], "tier": "fast", "aliases": [],
//!               "capabilities": {"tools": true}, "context_tokens": 1, "output_tokens_max": 1,
//!               "price": {"input": "0.1", "output": "0.5"}, "providers": ["openai"]}],
//!   "prices": {"gpt-4.1": {"input": "2", "output": "8"}},
//!   "offers": [{"provider": "azure", "model": "gpt-4.1", "upstream_model": "my-deployment", "price_factor": "1.1"}]
//! }
//! ```
//!
//! All members are optional. Prices are decimal texts, US dollars per million tokens: a JSON number would pass through
//! binary fractions. `providers` is short for offers under the model's own name.

use super::catalogue::NAME_CHARS_MAX;
use super::{Capabilities, Catalogue, CatalogueError, ModelKind, ModelSpec, Offer, Price, Tier};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most models and most offers of a catalogue: they are walked for every request that names a tier.
const ENTRIES_MAX: usize = 2_000;
/// The highest price that is believed, US dollars per million tokens: keeps every cost within a decimal's digits.
const PRICE_MAX: u32 = 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    as_of: Option<NaiveDate>,
    source: Option<String>,
    #[serde(default)]
    models: Vec<ModelSource>,
    #[serde(default)]
    prices: BTreeMap<String, PriceSource>,
    #[serde(default)]
    offers: Vec<OfferSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelSource {
    name: String,
    kind: ModelKind,
    #[serde(default)]
    families: Vec<String>,
    tier: Option<Tier>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    capabilities: Capabilities,
    context_tokens: u64,
    output_tokens_max: u64,
    price: Option<PriceSource>,
    #[serde(default)]
    providers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceSource {
    input: DecimalText,
    cached: Option<DecimalText>,
    cache_write: Option<DecimalText>,
    #[serde(default)]
    output: DecimalText,
    long_above: Option<u64>,
    long_input_factor: Option<DecimalText>,
    long_output_factor: Option<DecimalText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferSource {
    provider: String,
    model: String,
    upstream_model: Option<String>,
    price: Option<PriceSource>,
    price_factor: Option<DecimalText>,
}

#[derive(Default, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct DecimalText(Decimal);

impl TryFrom<String> for DecimalText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let decimal = text.parse().ok().filter(|decimal: &Decimal| *decimal >= Decimal::ZERO && decimal.scale() <= 12);
        decimal.filter(|decimal| *decimal <= Decimal::from(PRICE_MAX)).map(Self).ok_or_else(|| {
            format!("expected a decimal as text, 0 to {PRICE_MAX} with at most 12 decimal places, not `{text}`")
        })
    }
}

impl From<PriceSource> for Price {
    fn from(source: PriceSource) -> Self {
        let some = |text: Option<DecimalText>| text.map(|text| text.0);
        Self {
            input: source.input.0,
            cached: some(source.cached),
            cache_write: some(source.cache_write),
            output: source.output.0,
            long_above: source.long_above,
            long_input_factor: some(source.long_input_factor),
            long_output_factor: some(source.long_output_factor),
        }
    }
}

impl Catalogue {
    /// This catalogue with what `json` adds to it, in the form that the module describes. A model of a known name
    /// replaces that one wholly, a price that model's price, an offer that of the same provider and model. Offers of a
    /// replaced model stay.
    ///
    /// # Errors
    /// What cannot be read, and where; a name that is twice there, too long, or meant for something else; a price or an
    /// offer of a model that is not there.
    pub fn with_overrides(&self, json: &str) -> Result<Self, CatalogueError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let source: Source = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| CatalogueError(format!("{} at {}", error.inner(), error.path())))?;
        deserializer.end().map_err(|error| CatalogueError(error.to_string()))?;

        let mut models = self.models().to_vec();
        let mut offers = self.offers().to_vec();
        for model in source.models {
            for provider in &model.providers {
                let offer = Offer {
                    provider: provider.clone(),
                    model: model.name.clone(),
                    upstream_model: model.name.clone(),
                    price: None,
                    price_factor: None,
                };
                put(&mut offers, offer, |a, b| a.provider == b.provider && a.model == b.model);
            }
            put(&mut models, Arc::new(checked(model)?), |a, b| a.name == b.name);
        }
        for (name, price) in source.prices {
            let Some(place) = models.iter().position(|spec| spec.name == name) else {
                return Err(CatalogueError(format!("a price for an unknown model, `{name}`")));
            };
            models[place] = Arc::new(ModelSpec { price: Some(price.into()), ..(*models[place]).clone() });
        }
        for offer in source.offers {
            name_ok(&offer.provider)?;
            let offer = Offer {
                upstream_model: offer.upstream_model.unwrap_or_else(|| offer.model.clone()),
                provider: offer.provider,
                model: offer.model,
                price: offer.price.map(Price::from),
                price_factor: offer.price_factor.map(|factor| factor.0),
            };
            put(&mut offers, offer, |a, b| a.provider == b.provider && a.model == b.model);
        }
        if models.len() > ENTRIES_MAX || offers.len() > ENTRIES_MAX {
            return Err(CatalogueError(format!("at most {ENTRIES_MAX} models and as many offers")));
        }
        let as_of = source.as_of.unwrap_or(self.as_of());
        Self::assembled(as_of, source.source.unwrap_or_else(|| self.source().to_owned()), models, offers)
    }
}

fn put<T>(all: &mut Vec<T>, new: T, same: impl Fn(&T, &T) -> bool) {
    match all.iter().position(|old| same(old, &new)) {
        Some(place) => all[place] = new,
        None => all.push(new),
    }
}

fn checked(model: ModelSource) -> Result<ModelSpec, CatalogueError> {
    for name in [&model.name].into_iter().chain(&model.aliases).chain(&model.families) {
        name_ok(name)?;
        if Tier::named(name).is_some() || name == "auto" || name.starts_with("octavo/") {
            return Err(CatalogueError(format!("`{name}` means something else already")));
        }
    }
    Ok(ModelSpec {
        name: model.name,
        kind: model.kind,
        aliases: model.aliases,
        families: model.families,
        tier: model.tier,
        capabilities: model.capabilities,
        context_tokens: model.context_tokens,
        output_tokens_max: model.output_tokens_max,
        price: model.price.map(Price::from),
    })
}

fn name_ok(name: &str) -> Result<(), CatalogueError> {
    if (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(CatalogueError(format!("`{name}` is no name: expected 1 to {NAME_CHARS_MAX} printable ASCII characters")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_adds_deployments_prices_and_models() {
        let catalogue = Catalogue::built_in()
            .with_overrides(
                r#"{"models": [{"name": "llama", "kind": "chat", "context_tokens": 8192, "output_tokens_max": 2048,
                                "providers": ["local"]}],
                    "prices": {"gpt-4.1": {"input": "3", "output": "9"}},
                    "offers": [{"provider": "azure", "model": "gpt-4.1", "upstream_model": "my-deployment",
                                "price_factor": "1.1"}]}"#,
            )
            .unwrap();
        let offers: Vec<&Offer> = catalogue.offers_of("gpt-4.1").collect();
        assert_eq!(offers.len(), 2);
        assert_eq!((offers[1].provider.as_str(), offers[1].upstream_model.as_str()), ("azure", "my-deployment"));
        // The factor holds for the price as it is now.
        assert_eq!(catalogue.price(offers[1]).unwrap().input.to_string(), "3.3");
        assert_eq!(catalogue.price(offers[0]).unwrap().output.to_string(), "9");
        // No price is no price, not 0.
        let local: Vec<&Offer> = catalogue.offers_of("llama").collect();
        assert_eq!(catalogue.price(local[0]), None);
        assert_eq!(Catalogue::built_in().offers_of("gpt-4.1").count(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let refused = |json: &str| Catalogue::built_in().with_overrides(json).unwrap_err().to_string();
        let number = refused(r#"{"prices": {"gpt-4.1": {"input": 2.5, "output": "8"}}}"#);
        assert!(number.contains("prices.gpt-4.1.input"), "{number}");
        assert!(refused(r#"{"prices": {"gpt-4.1": {"input": "-1"}}}"#).contains("0 to 1000000"));
        assert!(refused(r#"{"prices": {"gpt-9": {"input": "1"}}}"#).contains("gpt-9"));
        assert!(refused(r#"{"offers": [{"provider": "azure", "model": "gpt-9"}]}"#).contains("gpt-9"));
        // An offer is of a model, not of one of its other names: else its price would be looked up in vain.
        assert!(refused(r#"{"offers": [{"provider": "azure", "model": "gpt-4.1-2025-04-14"}]}"#).contains("unknown"));
        let model = |name: &str, aliases: &str| {
            format!(
                r#"{{"models": [{{"name": "{name}", "kind": "chat", "aliases": {aliases}, "context_tokens": 1,
                     "output_tokens_max": 1}}]}}"#
            )
        };
        assert!(refused(&model("fast", "[]")).contains("something else"));
        assert!(refused(&model("new", r#"["gpt-4.1"]"#)).contains("two models"));
        assert!(refused(&model("with space", "[]")).contains("no name"));
        assert!(refused("{} {}").contains("trailing"));
        assert!(refused(r#"{"modells": []}"#).contains("modells"));
    }
}
