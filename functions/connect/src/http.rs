//! The routes.

use crate::{Deps, negotiate};
use octavo_wiring_edge::Router;

/// The function's routes.
pub fn router() -> Router<Deps> {
    Router::new().route("POST", "/v1/realtime/{hub}/negotiate", negotiate::negotiate)
}
