//! Sending to whomever.

use super::hub::Conformance;
use octavo_domain_kernel::UserId;
use octavo_domain_realtime::{ConnectionId, HistoryLimits, Position};
use octavo_domain_signalr::Payload;
use realtime_node_server::{Call, Hub, HubFault};
use std::sync::Arc;
use std::time::Duration;

/// What a durable group keeps.
const KEPT: HistoryLimits = HistoryLimits { length: 1_000, ttl: Duration::from_secs(600) };
/// Bytes that one `Flood` sends.
const FLOOD_BYTES_MAX: usize = 64 * 1024 * 1024;

pub(super) fn declare(hub: Hub<Conformance>) -> Hub<Conformance> {
    hub.method(
        "SendToCaller",
        "Pushes to the caller.",
        |_deps, call: Call, (target, value): (String, Payload)| async move { Ok(call.caller().send(&target, (value,))?) },
    )
    .method(
        "SendToAll",
        "Pushes to everyone of the tenant.",
        |_deps, call: Call, (target, value): (String, Payload)| async move {
            Ok(call.caller().clients().everyone().send(&target, (value,)).await?)
        },
    )
    .method(
        "SendToOthers",
        "Pushes to everyone but the caller.",
        |_deps, call: Call, (target, value): (String, Payload)| async move {
            let caller = call.caller();
            Ok(caller.clients().everyone().except(&[caller.id()]).send(&target, (value,)).await?)
        },
    )
    .method("JoinGroup", "Puts the caller into a group.", |_deps, call: Call, (group,): (String,)| async move {
        call.caller().join(&group)?;
        Ok(call.caller().subscribed().await?)
    })
    .method("LeaveGroup", "Takes the caller out of a group.", |_deps, call: Call, (group,): (String,)| async move {
        call.caller().leave(&group);
        Ok(())
    })
    .method(
        "SendToGroup",
        "Pushes to a group.",
        |_deps, call: Call, (group, target, value): (String, String, Payload)| async move {
            Ok(call.caller().clients().group(&group).send(&target, (value,)).await?)
        },
    )
    .method(
        "SendToUser",
        "Pushes to a user's connections.",
        |_deps, call: Call, (user, target, value): (UserId, String, Payload)| async move {
            Ok(call.caller().clients().user(&user).send(&target, (value,)).await?)
        },
    )
    .method(
        "SendToConnection",
        "Pushes to one connection.",
        |_deps, call: Call, (id, target, value): (ConnectionId, String, Payload)| async move {
            Ok(call.caller().clients().connection(id).send(&target, (value,)).await?)
        },
    )
    .method(
        "Durable",
        "Pushes to a group and keeps it; answers its position `{epoch, offset}`.",
        |_deps, call: Call, (group, target, value): (String, String, Payload)| async move {
            let sent: Result<Position, _> =
                call.caller().clients().group(&group).send_durable(&target, (value,), KEPT).await;
            Ok(sent?)
        },
    )
    .method(
        "Flood",
        "Pushes `flood` to the caller so many times, each with so many characters.",
        |_deps, call: Call, (count, bytes): (usize, usize)| async move {
            if count.saturating_mul(bytes.max(1)) > FLOOD_BYTES_MAX {
                return Err(HubFault::Refused(format!("at most {FLOOD_BYTES_MAX} bytes in all")));
            }
            let text: Arc<str> = "x".repeat(bytes).into();
            for _ in 0..count {
                call.caller().send("flood", (&*text,))?;
            }
            Ok(())
        },
    )
}
