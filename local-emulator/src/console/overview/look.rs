//! One look at everything, by the way that functions take.

use super::functions::Ended;
use super::outside::Breaker;
use super::{engines, functions, outside, queues, sources, thing::Thing};
use crate::console::health::{self, Pings};
use crate::console::{invocations, switches};
use crate::emulator::Parts;
use crate::relays;
use chrono::{DateTime, Utc};
use local_emulator_notify::Filter;
use octavo_domain_ai::routing::Phase;
use octavo_domain_kernel::{Queue, QueueDepth, QueueName};
use std::collections::BTreeMap;

/// Fake notification channels, by the names that they give their messages.
pub(crate) const CHANNELS: [&str; 8] =
    ["smtp", "ses", "sendgrid", "postmark", "twilio", "slack", "pagerduty", "webhook"];

/// What has to be known of the looks before.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// How long each queue's oldest message had waited.
    oldest_ms: BTreeMap<String, u64>,
    /// The last message that was counted.
    sent: u64,
    /// Messages of each channel, and refused ones among them.
    channels: BTreeMap<String, (u64, u64)>,
}

/// Everything as it is now.
pub(super) async fn look(parts: &Parts, pings: &Pings, before: &mut Before, now: DateTime<Utc>) -> Vec<Thing> {
    let (engines, depths, breakers, node) =
        tokio::join!(engines(parts, pings), depths(parts), parts.breakers.open(), node(parts));
    switches::forget_removed(parts);
    let statuses = parts.lambda.functions();
    let ended = ended(parts);
    let mut things: Vec<Thing> = engines.iter().map(engines::thing).collect();
    things.extend(statuses.iter().map(|status| functions::thing(status, &ended, now)));
    let triggers = parts.triggers.get();
    for (name, depth) in depths {
        let oldest = depth.as_ref().and_then(|depth| depth.oldest_ms);
        let before_ms = match oldest {
            Some(oldest) => before.oldest_ms.insert(name.clone(), oldest),
            None => before.oldest_ms.remove(&name),
        };
        let poller = triggers.and_then(|triggers| {
            let found = triggers.pollers.iter().find(|poller| poller.mapping().queue.as_str() == name);
            found.map(octavo_wiring_triggers::Poller::status)
        });
        things.push(queues::thing(&queues::Seen { name, depth, before_ms, poller }));
    }
    if let Some(triggers) = triggers {
        things.extend(triggers.scheduler.status().schedules.iter().map(|(name, status)| {
            let of = |function: &str| name.strip_prefix(function).is_some_and(|rest| rest.starts_with('-'));
            let function = statuses.iter().map(|status| status.name.as_str()).filter(|function| of(function));
            sources::schedule(name, status, function.max_by_key(|function| function.len()))
        }));
        things.push(sources::relay(&triggers.relay.status()));
        things.extend(triggers.bells.iter().map(|(work, bell)| sources::bell(work, &bell.status())));
    }
    things.extend(node);
    things.extend(providers(parts).iter().map(|seen| outside::thing(seen, &breakers)));
    things.extend(channels(parts, before).iter().map(|seen| outside::thing(seen, &[])));
    things
}

async fn engines(parts: &Parts, pings: &Pings) -> Vec<engines::Seen> {
    let answers = pings.all(parts).await;
    let shown = health::shown(parts);
    let named = relays::ENGINES.into_iter().zip(shown).zip(answers);
    named
        .map(|(((name, title), (kind, address)), answer)| {
            let mode = parts.relays.mode(name);
            engines::Seen { name, title, kind, address, answer, mode }
        })
        .collect()
}

async fn depths(parts: &Parts) -> Vec<(String, Option<QueueDepth>)> {
    let one = |name: &String| {
        let (name, parsed) = (name.clone(), name.parse::<QueueName>());
        async move {
            let depth = match parsed {
                Ok(parsed) => health::within(parts.queue.depth(&parsed)).await.ok(),
                Err(_) => None,
            };
            (name, depth)
        }
    };
    futures::future::join_all(parts.queues.iter().map(one)).await
}

async fn node(parts: &Parts) -> Option<Thing> {
    let address = parts.realtime_url.get()?;
    let answer = crate::console::realtime::ready(address).await;
    Some(sources::node(address, &answer))
}

/// The last invocations, newest first.
fn ended(parts: &Parts) -> Vec<Ended> {
    let of = |record: &local_emulator_lambda::Record| Ended {
        at: record.at + chrono::TimeDelta::milliseconds(record.duration_ms as i64),
        function: record.function.clone(),
        failure: invocations::failure(record),
    };
    parts.lambda.records().iter().map(|record| of(record)).collect()
}

fn providers(parts: &Parts) -> Vec<outside::Seen> {
    let (stats, faults) = (parts.providers.fakes.stats(), parts.providers.fakes.faults());
    let one = |(name, address): &(String, String)| {
        let counted = stats.providers.get(name);
        let failed = |counted: &local_emulator_ai::ProviderStats| {
            counted.statuses.iter().filter(|(status, _)| **status == 0 || **status >= 400).map(|(_, times)| times).sum()
        };
        let switch = parts.switches.provider(name);
        let own = switch.map(|(_, id)| id);
        let others = faults.iter().filter(|state| !state.spent && Some(state.id) != own);
        outside::Seen {
            name: name.clone(),
            kind: "AI provider",
            address: address.trim_end_matches(" (fake)").to_owned(),
            fake: parts.providers.faked.contains(name),
            requests: counted.map_or(0, |counted| counted.requests),
            failed: counted.map_or(0, failed),
            switched: switch.map(|(kind, _)| kind),
            faults: others.filter(|state| state.fault.provider == *name || state.fault.provider == "*").count(),
        }
    };
    parts.providers.shown.iter().map(one).collect()
}

fn channels(parts: &Parts, before: &mut Before) -> Vec<outside::Seen> {
    let Some(notify) = parts.notify.get() else { return Vec::new() };
    for sent in notify.fakes.messages(&Filter { since: before.sent, ..Filter::default() }) {
        before.sent = before.sent.max(sent.number);
        let (all, refused) = before.channels.entry(sent.provider.clone()).or_default();
        *all += 1;
        *refused += u64::from(!sent.is_accepted());
    }
    let faults = notify.fakes.faults();
    let one = |name: &str| {
        let (requests, failed) = before.channels.get(name).copied().unwrap_or_default();
        let switch = parts.switches.channel(name);
        let own = switch.map(|(_, id)| id);
        let others = faults.iter().filter(|state| !state.spent && Some(state.id) != own);
        let faults = others.filter(|state| state.fault.provider == name || state.fault.provider == "*").count();
        let address = match name {
            "smtp" => format!("smtp://{}", notify.fakes.smtp_address()),
            _ => notify.fakes.url(),
        };
        let switched = switch.map(|(kind, _)| kind);
        outside::Seen {
            name: name.to_owned(),
            kind: "channel",
            address,
            fake: true,
            requests,
            failed,
            switched,
            faults,
        }
    };
    CHANNELS.into_iter().map(one).collect()
}

/// Breakers that are not closed, as the rules know them.
pub(crate) fn breaker(provider: &str, model: &str, phase: Phase) -> Option<Breaker> {
    let phase = match phase {
        Phase::Closed => return None,
        Phase::Open => "open",
        Phase::HalfOpen => "half_open",
    };
    Some(Breaker { provider: provider.to_owned(), model: model.to_owned(), phase })
}
