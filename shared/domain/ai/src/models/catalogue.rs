//! What there is to choose from.

use super::{ModelSpec, Offer};

/// Why a catalogue cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalogue of models cannot be used: {0}")]
pub struct CatalogueError(pub String);

/// Models, and who offers them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// The day of the prices, and where they are from.
    pub source: String,
    /// All models.
    pub models: Vec<ModelSpec>,
    /// All offers.
    pub offers: Vec<Offer>,
}
