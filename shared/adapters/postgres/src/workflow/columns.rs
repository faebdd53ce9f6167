//! What a change writes, as the arrays that a statement takes.

use super::text::{json, kind};
use crate::row::number;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::PortError;
use octavo_domain_workflow::engine::{ExecutionId, Kept, Task, Work};
use octavo_domain_workflow::machine::{Frame, Signal};
use uuid::Uuid;

/// How a resource ends whose tasks are answered by their token.
const BY_TOKEN: &str = ".waitForTaskToken";

/// Pairs of a frame and a turn.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) frames: Vec<i64>,
    pub(super) turns: Vec<i64>,
}

impl Turns {
    pub(super) fn of(pairs: &[(u64, u64)]) -> Result<Self, PortError> {
        let frames = pairs.iter().map(|(frame, _)| number("frame_id", *frame)).collect::<Result<_, _>>()?;
        let turns = pairs.iter().map(|(_, turn)| number("turn", *turn)).collect::<Result<_, _>>()?;
        Ok(Self { frames, turns })
    }
}

#[derive(Default)]
pub(super) struct Frames {
    pub(super) ids: Vec<i64>,
    pub(super) bodies: Vec<String>,
}

impl Frames {
    pub(super) fn of(frames: &[Frame]) -> Result<Self, PortError> {
        let ids = frames.iter().map(|frame| number("frame_id", frame.id)).collect::<Result<_, _>>()?;
        Ok(Self { ids, bodies: frames.iter().map(json).collect::<Result<_, _>>()? })
    }
}

#[derive(Default)]
pub(super) struct Tasks<'c> {
    pub(super) frames: Vec<i64>,
    pub(super) turns: Vec<i64>,
    pub(super) bodies: Vec<String>,
    pub(super) tokens: Vec<Option<&'c str>>,
    pub(super) heartbeats: Vec<Option<i64>>,
    pub(super) activities: Vec<Option<&'c str>>,
}

impl<'c> Tasks<'c> {
    pub(super) fn of(tasks: &'c [Task]) -> Result<Self, PortError> {
        let mut columns = Self::default();
        for task in tasks {
            let activity = task.activity_arn();
            let order = match &task.work {
                Work::Do(order) => Some(order),
                Work::Read { .. } | Work::Write { .. } => None,
            };
            // Of all others nobody outside knows the token.
            let by_token = order.filter(|order| activity.is_some() || order.resource.ends_with(BY_TOKEN));
            columns.frames.push(number("frame_id", task.frame)?);
            columns.turns.push(number("turn", task.turn)?);
            columns.bodies.push(json(task)?);
            columns.tokens.push(by_token.map(|order| order.token.as_str()));
            let heartbeat = order.and_then(|order| order.heartbeat_seconds);
            columns.heartbeats.push(heartbeat.map(|seconds| number("heartbeat_seconds", seconds)).transpose()?);
            columns.activities.push(activity);
        }
        Ok(columns)
    }
}

#[derive(Default)]
pub(super) struct Signals {
    pub(super) tos: Vec<Uuid>,
    pub(super) ids: Vec<Uuid>,
    pub(super) ats: Vec<DateTime<Utc>>,
    pub(super) frames: Vec<i64>,
    pub(super) turns: Vec<i64>,
    pub(super) kinds: Vec<&'static str>,
    pub(super) events: Vec<String>,
}

impl Signals {
    pub(super) fn push(&mut self, to: ExecutionId, kept: &Kept) -> Result<(), PortError> {
        let Signal { frame, turn, event } = &kept.signal;
        self.tos.push(to.0);
        self.ids.push(kept.id);
        self.ats.push(kept.at);
        self.frames.push(number("frame_id", *frame)?);
        self.turns.push(number("turn", *turn)?);
        self.kinds.push(kind(&kept.signal));
        self.events.push(json(event)?);
        Ok(())
    }
}
