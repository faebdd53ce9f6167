//! What people were told: read and unread, by mail and by telephone; a mail that bounced, and one that nobody took.

use super::client::{Platform, list, soon};
use super::company::HOST;
use anyhow::Context;
use local_emulator_notify::{Fault, FaultKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Messages go through two queues.
const DELIVERED_WITHIN: Duration = Duration::from_secs(30);
/// Pages of events that are looked through for ours.
const PAGES_MAX: usize = 20;

/// An address whose mail bounces at the second provider, and one whose mail nobody takes.
const BOUNCES: &str = "cellar@old-press-house.example";
const REFUSED: &str = "office@sonnleiten.example";

/// Somebody is told something.
struct Told {
    key: &'static str,
    category: &'static str,
    urgent: bool,
    recipients: fn() -> Value,
    title: &'static str,
    text: &'static str,
    link: &'static str,
    /// Whether the host has read it.
    read: bool,
}

const TOLD: [Told; 8] = [
    Told {
        key: "demo-all-hands",
        category: "announcement",
        urgent: false,
        recipients: || json!([{ "to": "group", "group": "everyone" }]),
        title: "All-hands with soup",
        text: "In the workshop, at noon. Whoever has a bowl brings it.",
        link: "/calendar/all-hands",
        read: true,
    },
    Told {
        key: "demo-firmware-4-2",
        category: "release.firmware",
        urgent: false,
        recipients: || json!([{ "to": "group", "group": "everyone" }, { "to": "target", "target": "workshop" }]),
        title: "Firmware 4.2 is out",
        text: "Frost nights, and the salt of the soil. The release notes say what growers will ask.",
        link: "/documents/firmware-4-2",
        read: true,
    },
    Told {
        key: "demo-lot-2424",
        category: "production.lot",
        urgent: false,
        recipients: || json!([{ "to": "group", "group": "management" }, { "to": "user", "user": "paul" }]),
        title: "Lot 2424 goes back",
        text: "Three boards failed the incoming test, two are allowed. Kupferlinie replaces it within three weeks.",
        link: "/documents/incoming",
        read: true,
    },
    Told {
        key: "demo-invoice-2211",
        category: "invoice.overdue",
        urgent: false,
        recipients: || json!([{ "to": "group", "group": "finance" }, { "to": "target", "target": "crm" }]),
        title: "Invoice 2211 is overdue",
        text: "The Brandtner nursery, 3,480 euros, since the first of the month. They have been on time for four years: ring them.",
        link: "/invoices/2211",
        read: false,
    },
    Told {
        key: "demo-test-alarm",
        category: "frost.alarm",
        urgent: true,
        recipients: || json!([{ "to": "user", "user": "karim" }, { "to": "user", "user": "jonas" }]),
        title: "Test alarm: 1.8 degrees in Sulmbach",
        text: "This is the alarm of 22:00 to ourselves. Answer within two minutes, or the other one rings you.",
        link: "/alarms/test",
        read: false,
    },
    Told {
        key: "demo-sign-in",
        category: "security.sign_in",
        urgent: false,
        recipients: || json!([{ "to": "user", "user": "mira" }]),
        title: "A new device signed in",
        text: "A telephone in Verona, this morning. If that was not you, ring Jonas.",
        link: "/settings/devices",
        read: false,
    },
    Told {
        key: "demo-offer-bounces",
        category: "sales.letter",
        urgent: false,
        recipients: || json!([{ "to": "address", "channel": "email", "address": BOUNCES, "name": "The old press house" }]),
        title: "Your probes after the first season",
        text: "How was the summer? We would like to come by and look at the cells with you.",
        link: "/visits",
        read: false,
    },
    Told {
        key: "demo-notice-refused",
        category: "sales.letter",
        urgent: false,
        recipients: || json!([{ "to": "address", "channel": "email", "address": REFUSED, "name": "Hallenverwaltung", "language": "de" }]),
        title: "Termin für die Übergabe des Lagerabteils 14",
        text: "Passt Ihnen der Donnerstag um neun Uhr? Wir bringen den Schlüssel mit.",
        link: "/letters/storage",
        read: false,
    },
];

/// Tells what was not told; answers how many were new. Not where real providers would send it.
pub(super) async fn fill(platform: &Platform) -> anyhow::Result<usize> {
    let admin = platform.person(HOST)?;
    targets(platform).await?;
    let known = known(platform).await?;
    let (mut made, mut faults) = (0, Vec::new());
    for told in TOLD.iter().filter(|told| !known.contains(told.key)) {
        faults.extend(troubles(platform, told.key)?);
        let event = json!({
            "key": told.key, "category": told.category, "recipients": (told.recipients)(),
            "data": { "title": told.title, "text": told.text }, "link": told.link,
            "urgency": if told.urgent { "urgent" } else { "normal" },
        });
        admin.post("/v1/notifications", &event).await?.good().with_context(|| told.title.to_owned())?;
        made += 1;
    }
    if !faults.is_empty() {
        over(platform, &faults).await?;
    }
    if made > 0 {
        read(platform).await?;
    }
    Ok(made)
}

/// Where the fakes listen changes with every start.
async fn targets(platform: &Platform) -> anyhow::Result<()> {
    let admin = platform.person(HOST)?;
    let fakes = platform.parts.notify.get().context("there are no fakes")?.fakes.url();
    let crm = json!({ "kind": "webhook", "url": format!("{fakes}/webhook/crm") });
    let workshop = json!({ "kind": "slack", "url": format!("{fakes}/services/T1/B1/workshop") });
    for (name, target) in [("crm", crm), ("workshop", workshop)] {
        admin.put(&format!("/v1/notification-targets/{name}"), &target).await?.good()?;
    }
    Ok(())
}

/// The keys of what was told before.
async fn known(platform: &Platform) -> anyhow::Result<BTreeSet<String>> {
    let admin = platform.person(HOST)?;
    let (mut keys, mut cursor) = (BTreeSet::new(), String::new());
    for _ in 0..PAGES_MAX {
        let page = admin.get(&format!("/v1/notifications?limit=100{cursor}")).await?.good()?;
        keys.extend(list(&page, "notifications").filter_map(|event| event["key"].as_str().map(str::to_owned)));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    Ok(keys)
}

/// What goes wrong with it, once each; answers the faults.
fn troubles(platform: &Platform, key: &str) -> anyhow::Result<Vec<u64>> {
    let fakes = &platform.parts.notify.get().context("there are no fakes")?.fakes;
    let rejected = |status, code: Option<&str>| FaultKind::Reject {
        status,
        code: code.map(str::to_owned),
        message: None,
        body: None,
    };
    let faults = match key {
        "demo-offer-bounces" => vec![
            Fault::new("smtp", rejected(451, None)).to(BOUNCES).times(1),
            Fault::new("sendgrid", FaultKind::Bounce { after_ms: 500, hard: true, code: Some("5.1.1".to_owned()) })
                .to(BOUNCES)
                .times(1),
        ],
        "demo-notice-refused" => {
            // A policy of each: no word of the address, so that the next one is asked.
            let of = |(provider, status, code)| Fault::new(provider, rejected(status, code)).to(REFUSED).times(1);
            [("smtp", 550, Some("5.7.1")), ("sendgrid", 400, None), ("postmark", 400, None)].map(of).into()
        }
        _ => Vec::new(),
    };
    faults.into_iter().map(|fault| fakes.add_fault(fault).context("the fakes fail on demand")).collect()
}

/// Waits until it has gone wrong, and leaves no fault behind that somebody would wonder at.
async fn over(platform: &Platform, faults: &[u64]) -> anyhow::Result<()> {
    let admin = platform.person(HOST)?;
    let ended = soon(DELIVERED_WITHIN, || async {
        let page = admin.get("/v1/notification-messages?status=failed&status=bounced&limit=100").await?.good()?;
        let has = |address: &str| list(&page, "messages").any(|message| message["address"] == address);
        Ok((has(BOUNCES) && has(REFUSED)).then_some(()))
    });
    let ended = ended.await?;
    let fakes = &platform.parts.notify.get().context("there are no fakes")?.fakes;
    for fault in faults {
        fakes.remove_fault(*fault);
    }
    ended.context("what cannot be delivered does not end")
}

/// The host reads what they have read.
async fn read(platform: &Platform) -> anyhow::Result<()> {
    let host = platform.person(HOST)?;
    let wanted: Vec<&str> = TOLD.iter().filter(|told| told.read).map(|told| told.title).collect();
    let found = soon(DELIVERED_WITHIN, || async {
        let inbox = host.get("/v1/inbox?limit=100").await?.good()?;
        let all = list(&inbox, "notifications");
        let ids: Vec<Value> = all
            .filter(|one| one["title"].as_str().is_some_and(|title| wanted.contains(&title)))
            .map(|one| one["id"].clone())
            .collect();
        Ok((ids.len() >= wanted.len()).then_some(ids))
    });
    let ids = found.await?.context("the inbox does not fill")?;
    host.post("/v1/inbox/marks", &json!({ "ids": ids, "mark": "read" })).await?.good()?;
    Ok(())
}
