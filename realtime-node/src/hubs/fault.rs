//! What a caller is told when something behind a hub fails.

use octavo_domain_kernel::PortError;
use realtime_node_server::HubFault;

/// The caller can try again where that may help; why it failed is for the log.
pub(super) fn port(error: PortError) -> HubFault {
    if error.is_retryable() {
        tracing::warn!(%error, "something behind a hub is away");
        return HubFault::refused("This cannot be done at the moment. Try again shortly.");
    }
    HubFault::internal(error)
}
