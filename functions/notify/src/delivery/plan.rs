//! What becomes of an event.

use super::known::Known;
use super::work::Worker;
use crate::NotifyFault;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use octavo_domain_kernel::{GroupId, PortError, UserId};
use octavo_domain_notify::{
    Channel, Claim, Event, Facts, Planned, Recipient, Settings, Urgency, audience, plan as planned_of,
};
use std::collections::BTreeSet;

/// Messages of one event that the worker which plans it delivers itself. What is more is due a moment later, and is handed out in
/// pieces to whoever is free.
const OWN_MAX: usize = 400;
/// How often the store is asked at a time who got too much already.
const COUNTS_AT_ONCE: usize = 8;

/// Whose facts a batch needs.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    pub(super) users: BTreeSet<UserId>,
    pub(super) groups: BTreeSet<GroupId>,
    pub(super) targets: BTreeSet<String>,
}

impl Audiences {
    pub(super) fn event(&mut self, event: &Event, settings: &Settings) {
        let needed = event.audience(settings);
        self.users.extend(needed.users);
        self.groups.extend(needed.groups);
        self.targets.extend(needed.targets);
    }

    pub(super) fn claims(&mut self, claims: &[Claim]) {
        for claim in claims {
            self.users.extend(claim.message.user.clone());
            if let Recipient::Target { target } = &claim.message.recipient {
                self.targets.insert(target.clone());
            }
        }
    }
}

/// Plans an event and takes what is due of it.
pub(super) async fn plan(
    worker: &Worker<'_>,
    known: &Known,
    event: &Event,
    at: DateTime<Utc>,
) -> Result<Vec<Claim>, NotifyFault> {
    event.check()?;
    let recipients = audience(event, &known.people, &known.settings);
    let throttled = throttled(worker, known, event, &recipients, at).await?;
    let facts = Facts {
        people: &known.people,
        preferences: &known.preferences,
        settings: &known.settings,
        targets: &known.channels,
        throttled: &throttled,
        now: at,
    };
    let mut planned = planned_of(event, &recipients, &facts);
    spread(&mut planned, at);
    let Worker { deps, tenant, name, until } = worker;
    Ok(deps.store.event_plan(tenant, event, &planned, at, name, *until).await?)
}

fn spread(planned: &mut [Planned], at: DateTime<Utc>) {
    let due = planned.iter_mut().filter(|planned| planned.message.due_at.is_some_and(|due_at| due_at <= at));
    for planned in due.skip(OWN_MAX) {
        planned.message.due_at = Some(at + TimeDelta::milliseconds(1));
    }
}

/// Who got as many messages by which channel as the category's rule lets through.
async fn throttled(
    worker: &Worker<'_>,
    known: &Known,
    event: &Event,
    recipients: &[Recipient],
    at: DateTime<Utc>,
) -> Result<BTreeSet<(UserId, Channel)>, PortError> {
    let rule = known.settings.rule_of(&event.category);
    let urgent = event.urgency.max(rule.urgency) == Urgency::Urgent;
    let Some(throttle) = rule.throttle.filter(|_| !urgent) else { return Ok(BTreeSet::new()) };
    let since = at - TimeDelta::seconds(throttle.per.seconds_about());
    let users = recipients.iter().filter_map(|recipient| match recipient {
        Recipient::User { user, .. } => Some(user),
        _ => None,
    });
    let counted = users.flat_map(|user| [(user, Channel::Email), (user, Channel::Sms)]);
    let count = |(user, channel): (&UserId, Channel)| {
        let (user, messages) = (user.clone(), throttle.messages);
        async move {
            let store = &worker.deps.store;
            let count = store.messages_since(worker.tenant, &user, &event.category, channel, since).await?;
            Ok::<_, PortError>((count >= messages).then_some((user, channel)))
        }
        .boxed()
    };
    let counts: Vec<BoxFuture<'_, _>> = counted.map(count).collect();
    let over: Vec<_> = futures::stream::iter(counts).buffer_unordered(COUNTS_AT_ONCE).try_collect().await?;
    Ok(over.into_iter().flatten().collect())
}
