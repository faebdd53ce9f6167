//! The hub `conformance`.

use super::super::set::Attached;
use super::{push, streams};
use octavo_domain_realtime::{HubName, NodeId};
use octavo_domain_signalr::Payload;
use realtime_node_server::{Call, Hub, HubDefinition, HubFault};
use serde::Serialize;
use std::sync::Arc;

/// What the hub works with.
pub(crate) struct Conformance {
    pub(crate) node: NodeId,
    pub(in super::super) attached: Arc<Attached>,
}

/// Its name.
fn name() -> HubName {
    "conformance".parse().expect("the constant is a hub's name")
}

/// What the methods take, for the documentation.
#[cfg(test)]
pub(in super::super) const ARGUMENTS: &[(&str, &str)] = &[
    ("Echo", "value"),
    ("Add", "a, b"),
    ("Void", ""),
    ("Fail", "message"),
    ("Crash", ""),
    ("WhoAmI", ""),
    ("SendToCaller", "target, value"),
    ("SendToAll", "target, value"),
    ("SendToOthers", "target, value"),
    ("JoinGroup", "group"),
    ("LeaveGroup", "group"),
    ("SendToGroup", "group, target, value"),
    ("SendToUser", "user, target, value"),
    ("SendToConnection", "id, target, value"),
    ("Durable", "group, target, value"),
    ("Flood", "count, bytes"),
    ("Counter", "count, delay_ms"),
    ("CounterFails", "count"),
    ("Endless", ""),
    ("Cancelled", ""),
    ("Sum", "a stream of numbers"),
    ("Relay", "a stream"),
    ("AskClient", "target, value"),
    ("AskConnection", "id, target, value"),
    ("Abort", ""),
    ("CloseWith", "error"),
];

/// What is pushed, for the documentation.
#[cfg(test)]
pub(in super::super) const PUSHES: &[(&str, &str, &str)] = &[
    ("flood", "text", "What `Flood` was asked for."),
    ("any", "value", "Whatever target the methods that send are told."),
];

#[derive(Debug, Serialize)]
struct Identity {
    tenant: String,
    user: String,
    connection_id: String,
    node: String,
}

/// Declares it.
pub(crate) fn hub(deps: Arc<Conformance>) -> HubDefinition {
    let hub = Hub::new(name(), "For trying out clients: whatever the protocol can do. Off in production.", deps)
        .method(
            "Echo",
            "Returns the value, whatever it is.",
            |_deps, _call, (value,): (Payload,)| async move { Ok(value) },
        )
        .method("Add", "The sum of two numbers.", |_deps, _call, (a, b): (f64, f64)| async move { Ok(number(a + b)) })
        .method("Void", "Nothing.", |_deps, _call, ()| async move { Ok(()) })
        .method("Fail", "Fails with that message.", |_deps, _call, (message,): (String,)| async move {
            Err::<(), _>(HubFault::Refused(message))
        })
        .method("Crash", "An unexpected error, whose text nobody sees.", |_deps, _call, ()| async move {
            Err::<(), _>(HubFault::internal("the conformance hub was asked to crash"))
        })
        .method(
            "WhoAmI",
            "`{tenant, user, connection_id, node}`.",
            |deps: Arc<Conformance>, call: Call, ()| async move {
                let principal = call.caller().principal();
                Ok(Identity {
                    tenant: principal.tenant.to_string(),
                    user: principal.user.to_string(),
                    connection_id: call.caller().id().to_string(),
                    node: deps.node.to_string(),
                })
            },
        );
    let hub = streams::declare(push::declare(hub));
    hub.method("AskClient", "What the caller's own handler returns.", |_deps, call: Call, (target, value)| async move {
        let (target, value): (String, Payload) = (target, value);
        Ok(call.caller().invoke::<Payload>(&target, (value,)).await?)
    })
    .method(
        "AskConnection",
        "What the handler of another connection of this node returns.",
        |deps: Arc<Conformance>, call: Call, (id, target, value): (String, String, Payload)| async move {
            let other = deps.attached.server().and_then(|server| server.connection(id.parse().ok()?));
            let other = other.filter(|other| other.tenant() == call.caller().tenant() && *other.hub() == name());
            let other = other.ok_or_else(|| HubFault::refused("There is no such connection here."))?;
            Ok(other.invoke::<Payload>(&target, (value,)).await?)
        },
    )
    .method("Abort", "Drops the caller's TCP connection without a word.", |_deps, call: Call, ()| async move {
        call.caller().cut();
        Ok(())
    })
    .method("CloseWith", "Closes with an error, for good.", |_deps, call: Call, (error,): (String,)| async move {
        call.caller().close(Some(&error), false);
        Ok(())
    })
    .define()
}

/// Whole numbers as such: a client that sent integers expects one.
pub(super) fn number(value: f64) -> serde_json::Number {
    // Up to here a float holds every whole number.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT_MAX {
        return (value as i64).into();
    }
    serde_json::Number::from_f64(value).unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_sum_is_written_as_one() {
        assert_eq!(number(3.0).to_string(), "3");
        assert_eq!(number(-0.5).to_string(), "-0.5");
        assert_eq!(number(f64::NAN).to_string(), "0");
    }
}
