//! Models: what there is, what each can do, what it costs, and who offers it.

mod catalogue;
mod endpoint;
mod price;
mod source;
mod spec;

pub use catalogue::{Catalogue, CatalogueError};
pub use endpoint::{Endpoint, ProviderKind, TargetId};
pub use price::{Price, nanodollars};
pub use spec::{Capabilities, ModelKind, ModelSpec, Offer, Tier};
