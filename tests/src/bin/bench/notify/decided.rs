//! Where the time of a decision goes at the store: what the function asks of it, in its order, one decision at a time.

use super::asked::{APPROVER, ASKER, ask};
use crate::database::Server;
use crate::figures::Figures;
use anyhow::Context;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_approvals::{Action, Actor, ApprovalStore, Committed, Place, Verdict, Via, act, wake_message};
use octavo_domain_calendar::Calendar;
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{Clock, Ids, TenantId, UserId};
use octavo_domain_notify::People;
use std::time::Instant;

const DECISIONS: usize = 1_000;
const WARM_UP: usize = 100;
/// As the functions have it.
const CONNECTIONS_MAX: u32 = 8;
/// What is asked, in order. The rules come before the commit, and cost next to nothing.
const STEPS: [&str; 6] = [
    "substitutions of whoever decides",
    "the approval",
    "the calendar",
    "who asked, to be told",
    "the commit, with two messages; no task waits",
    "that its messages were published",
];

pub(super) async fn measure(server: &Server) -> anyhow::Result<()> {
    let database = server.ours("decided").await?;
    let (store, tenant) = (database.store(CONNECTIONS_MAX)?, "acme".parse::<TenantId>()?);
    let (me, asker): (UserId, UserId) = (APPROVER.parse()?, ASKER.parse()?);
    let mut figures = STEPS.map(|_| Figures::new());
    let mut whole = Figures::new();
    for number in 0..WARM_UP + DECISIONS {
        let id = ask(&store, &tenant).await?;
        let mut moments = vec![Instant::now()];
        let now = SystemClock.now();
        store.substitutions_by(&tenant, std::slice::from_ref(&me), now).await?;
        moments.push(Instant::now());
        let approval = store.approval_get(&tenant, id).await?.context("it was just asked")?;
        moments.push(Instant::now());
        store.calendar_get(&tenant, "default").await?;
        moments.push(Instant::now());
        store.person_get(&tenant, &asker).await?;
        moments.push(Instant::now());
        let change = act(&approval, &actor(&me), approve(), now, &Calendar::working_week())?;
        // Of the size of a short notification; nobody hears them.
        let messages = [0; 2].map(|_| wake_message(SystemIds.next(), &tenant, id, now));
        let ids = messages.each_ref().map(|entry| entry.message.id);
        let commit = change.into_commit(Some(approval.seq), messages.into(), None);
        let committed = store.approval_commit(&tenant, &commit).await?;
        anyhow::ensure!(matches!(committed, Committed::Done { .. }), "a decision was not taken");
        moments.push(Instant::now());
        store.outbox_published(&tenant, &ids).await?;
        moments.push(Instant::now());
        if number >= WARM_UP {
            for (figures, pair) in figures.iter_mut().zip(moments.windows(2)) {
                figures.add(pair[1] - pair[0]);
            }
            whole.add(moments[STEPS.len() - 1] - moments[0]);
        }
    }
    println!("\n### A decision at the store, one at a time\n\n| what is asked | p50 | p99 |\n|---|---|---|");
    let rows = STEPS.iter().zip(&figures).map(|(name, figures)| (*name, figures));
    for (name, figures) in rows.chain([("all of it until the workflow is rung for", &whole)]) {
        println!("| {name} | {:.2} ms | {:.2} ms |", figures.ms(0.5), figures.ms(0.99));
    }
    Ok(())
}

fn actor(user: &UserId) -> Actor {
    Actor {
        user: user.clone(),
        groups: Default::default(),
        substitute_of: Default::default(),
        admin: false,
        place: Place { via: Via::Api, address: None, user_agent: None },
    }
}

fn approve() -> Action {
    Action::Decide {
        seat: None,
        verdict: Verdict::Approve,
        comment: None,
        answers: Default::default(),
        document_version: None,
        key: None,
    }
}
