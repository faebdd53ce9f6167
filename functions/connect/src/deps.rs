//! What the function needs.

use octavo_domain_kernel::Clock;
use octavo_domain_realtime::Redirects;
use std::sync::Arc;

/// The ports.
pub struct Deps {
    /// Signs clients in at the nodes.
    pub redirects: Arc<dyn Redirects>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}
