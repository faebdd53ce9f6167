//! Which hub a path is of, and what of it.

use crate::core::Core;
use http::Uri;
use octavo_domain_signalr::parameter;

/// What is wanted of a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Negotiate,
    Refresh,
    Connection,
}

/// A hub, and what is wanted of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) hub: usize,
    pub(crate) action: Action,
}

impl Route {
    /// `/hubs/{hub}`, or `/client?hub={hub}` as clients come that Azure SignalR's serverless mode sends; below either
    /// `/negotiate` and `/refresh`.
    pub(crate) fn of(core: &Core, uri: &Uri) -> Option<Self> {
        let path = uri.path().trim_end_matches('/');
        let (hub, rest) = if let Some(rest) = path.strip_prefix("/hubs/") {
            let (hub, rest) = rest.split_once('/').unwrap_or((rest, ""));
            (hub.to_owned(), rest)
        } else {
            let rest = path.strip_prefix("/client")?;
            let hub = parameter(uri.query().unwrap_or_default(), "hub")?;
            (hub.into_owned(), rest.strip_prefix('/').unwrap_or(rest))
        };
        let action = match rest {
            "" => Action::Connection,
            "negotiate" => Action::Negotiate,
            "refresh" => Action::Refresh,
            _ => return None,
        };
        Some(Self { hub: core.hub(&hub.parse().ok()?)?, action })
    }
}
