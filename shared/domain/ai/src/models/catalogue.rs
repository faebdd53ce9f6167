//! What there is to choose from.

use super::{ModelSpec, Offer, Price, Tier};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// Why a catalogue cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalogue of models cannot be used: {0}")]
pub struct CatalogueError(pub String);

/// Models, and who offers them. Names are unique and exact: a name that merely begins like a known one is unknown, since
/// a price that was guessed voids every budget.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    as_of: NaiveDate,
    source: String,
    models: Vec<Arc<ModelSpec>>,
    offers: Vec<Offer>,
    /// From a name or alias to the model's place.
    places: HashMap<String, usize>,
}

impl Catalogue {
    /// The one in this repository, `data/models.json`.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| {
            // The file is part of the program and read by a test: it cannot fail in operation. An empty catalogue refuses
            // every model by name, which is as loud as a panic and kills no process.
            Catalogue::default().with_overrides(include_str!("../../data/models.json")).unwrap_or_default()
        });
        &BUILT_IN
    }

    pub(super) fn assembled(
        as_of: NaiveDate,
        source: String,
        models: Vec<Arc<ModelSpec>>,
        offers: Vec<Offer>,
    ) -> Result<Self, CatalogueError> {
        let mut places = HashMap::new();
        for (place, spec) in models.iter().enumerate() {
            for name in std::iter::once(&spec.name).chain(&spec.aliases) {
                if places.insert(name.clone(), place).is_some() {
                    return Err(CatalogueError(format!("two models are called `{name}`")));
                }
            }
        }
        let unknown = |offer: &&Offer| places.get(&offer.model).is_none_or(|&place| models[place].name != offer.model);
        if let Some(offer) = offers.iter().find(unknown) {
            return Err(CatalogueError(format!("`{}` offers an unknown model, `{}`", offer.provider, offer.model)));
        }
        Ok(Self { as_of, source, models, offers, places })
    }

    /// The day of its facts.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// Where its facts are from, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// All models.
    pub fn models(&self) -> &[Arc<ModelSpec>] {
        &self.models
    }

    /// All offers.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The model of this name or alias, letter for letter.
    pub fn model(&self, name: &str) -> Option<&Arc<ModelSpec>> {
        self.places.get(name).map(|&place| &self.models[place])
    }

    /// Who offers the model of this name (not alias), in the order of the configuration.
    pub fn offers_of<'a>(&'a self, model: &'a str) -> impl Iterator<Item = &'a Offer> {
        self.offers.iter().filter(move |offer| offer.model == model)
    }

    /// What it costs there; none where nobody said: such a model is unpriced, not free.
    pub fn price(&self, offer: &Offer) -> Option<Price> {
        let of_model = || self.model(&offer.model)?.price;
        match (offer.price, offer.price_factor) {
            (Some(price), _) => Some(price),
            (None, Some(factor)) => of_model().map(|price| price.times(factor)),
            (None, None) => of_model(),
        }
    }

    /// Whether it is the name of a family.
    pub fn is_family(&self, name: &str) -> bool {
        self.models.iter().any(|spec| spec.families.iter().any(|family| family == name))
    }

    /// Whether something answers to it: a model's name or alias, a family, or a tier.
    pub fn knows(&self, name: &str) -> bool {
        self.places.contains_key(name) || Tier::named(name).is_some() || self.is_family(name)
    }

    /// Known names that are spelled much like this one, the nearest first; at most three.
    pub fn near(&self, name: &str) -> Vec<String> {
        let mut known: Vec<&str> = Tier::ALL.into_iter().map(Tier::as_str).collect();
        known.extend(self.places.keys().map(String::as_str));
        known.extend(self.models.iter().flat_map(|spec| spec.families.iter().map(String::as_str)));
        let lower: Vec<char> = name.to_lowercase().chars().take(NAME_CHARS_MAX).collect();
        let within = (lower.len() / 3).max(2);
        let steps = |known: &str| match name.starts_with(known) && self.places.contains_key(known) {
            // A dated or suffixed name: what it begins with is what was meant, though it is not what it names.
            true => 1,
            false => distance(&lower, known),
        };
        let measured = known.into_iter().map(|known| (steps(known), Reverse(known.len()), known));
        let mut near: Vec<(usize, Reverse<usize>, &str)> = measured.filter(|(steps, ..)| *steps <= within).collect();
        near.sort_unstable();
        near.dedup();
        near.into_iter().take(NEAR_MAX).map(|(.., known)| known.to_owned()).collect()
    }
}

/// Longest name of a model, in characters.
pub(super) const NAME_CHARS_MAX: usize = 128;
/// Names that are suggested for an unknown one.
const NEAR_MAX: usize = 3;

/// Levenshtein's distance: insertions, deletions and replacements.
fn distance(from: &[char], to: &str) -> usize {
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (line, to) in to.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, from) in from.iter().enumerate() {
            let replaced = diagonal + usize::from(*from != to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[from.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Usage;
    use crate::models::ModelKind;
    use rust_decimal::Decimal;

    /// The table of the research page: input, cached, written, output. An empty text: no price of its own.
    const PRICES: [(&str, [&str; 4]); 16] = [
        ("gpt-6-astra", ["10", "1", "12.5", "50"]),
        ("gpt-6.1-sol", ["2", "0.1", "2.5", "10"]),
        ("gpt-6.1-terra", ["1", "0.05", "1.25", "5"]),
        ("gpt-6-luna", ["0.1", "0.01", "0.125", "0.5"]),
        ("gpt-5.5", ["5", "0.5", "", "30"]),
        ("gpt-5.4-mini", ["0.75", "0.075", "", "4.5"]),
        ("gpt-4.1", ["2", "0.5", "", "8"]),
        ("gpt-4o", ["2.5", "1.25", "", "10"]),
        ("gpt-4o-mini", ["0.15", "0.075", "", "0.6"]),
        ("claude-fable-5-1", ["10", "0.25", "12.5", "50"]),
        ("claude-opus-5-5", ["4", "0.2", "5", "20"]),
        ("claude-sonnet-5-5", ["2", "0.1", "2.5", "10"]),
        ("claude-haiku-5-5", ["0.1", "0.01", "0.125", "0.5"]),
        ("claude-haiku-4-5", ["1", "0.1", "1.25", "5"]),
        ("text-embedding-3-small", ["0.02", "", "", "0"]),
        ("text-embedding-3-large", ["0.13", "", "", "0"]),
    ];

    #[test]
    fn the_built_in_one_can_be_read_and_has_every_price_of_the_research() {
        let catalogue = Catalogue::default().with_overrides(include_str!("../../data/models.json")).unwrap();
        assert_eq!(&catalogue, Catalogue::built_in());
        assert_eq!(catalogue.as_of().to_string(), "2026-11-23");
        assert_eq!(catalogue.models().len(), PRICES.len());
        for (name, [input, cached, written, output]) in PRICES {
            let price = catalogue.model(name).unwrap().price.unwrap();
            let some = |text: &str| (!text.is_empty()).then(|| text.parse::<Decimal>().unwrap());
            assert_eq!(
                [Some(price.input), price.cached, price.cache_write, Some(price.output)],
                [input, cached, written, output].map(some),
                "{name}"
            );
        }
        let sol = catalogue.model("gpt-6.1-sol").unwrap().price.unwrap();
        assert_eq!((sol.long_above, sol.long_input_factor), (Some(272_000), Some(Decimal::TWO)));
        let haiku = catalogue.model("claude-haiku-5-5").unwrap().price.unwrap();
        let long = Usage { input: 100_001, output: 0, ..Usage::default() };
        assert_eq!(haiku.cost(&long).to_string(), "0.0500005");
    }

    #[test]
    fn every_model_is_offered_and_every_tier_has_two_providers() {
        let catalogue = Catalogue::built_in();
        for spec in catalogue.models() {
            assert!(catalogue.offers_of(&spec.name).count() > 0, "{}", spec.name);
            assert!(spec.kind == ModelKind::Embedding || spec.output_tokens_max < spec.context_tokens);
        }
        for tier in Tier::ALL {
            let providers: std::collections::BTreeSet<&str> = catalogue
                .models()
                .iter()
                .filter(|spec| spec.tier == Some(tier))
                .flat_map(|spec| catalogue.offers_of(&spec.name))
                .map(|offer| offer.provider.as_str())
                .collect();
            assert_eq!(providers.len(), 2, "{tier:?}");
        }
    }

    /// Fault 8 of the research page: an unknown name has no price, however much it looks like a known one.
    #[test]
    fn fault_8_a_name_is_matched_exactly_or_not_at_all() {
        let catalogue = Catalogue::built_in();
        for unknown in ["claude-sonnet-5-5-20261001", "gpt-4.1-", "gpt-4.1-preview", "GPT-4.1", " gpt-4.1", "gpt", ""] {
            assert!(catalogue.model(unknown).is_none(), "{unknown}");
        }
        // Only what the file names.
        assert_eq!(catalogue.model("gpt-4.1-2025-04-14").unwrap().name, "gpt-4.1");
    }

    #[test]
    fn a_misspelled_name_is_told_its_neighbours() {
        let near = Catalogue::built_in().near("claude-sonet-5.5");
        assert_eq!(near[0], "claude-sonnet-5-5");
        assert_eq!(Catalogue::built_in().near("Standart"), ["standard"]);
        assert!(Catalogue::built_in().near("mistral-large-2411").is_empty());
        assert!(Catalogue::built_in().near(&"x".repeat(1_000_000)).is_empty());
    }
}
