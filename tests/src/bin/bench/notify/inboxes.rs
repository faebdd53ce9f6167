//! A million notifications: what an inbox costs whose owner has as many as are kept.

use super::timed::{CALLS, timed};
use crate::database::Server;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_notify::{InboxPosition, InboxStore};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Instant;

/// People.
const USERS: u64 = 1_000;
/// Notifications of each: as many as are kept.
const EACH: u64 = 1_000;
/// On a page.
const PAGE: u16 = 20;
/// As the functions have it.
const CONNECTIONS_MAX: u32 = 8;
/// One in so many is unread.
const UNREAD_ONE_IN: u64 = 10;

pub(super) async fn measure(server: &Server) -> anyhow::Result<()> {
    let database = server.ours("inboxes").await?;
    let (store, tenant) = (database.store(CONNECTIONS_MAX)?, "acme".parse::<TenantId>()?);
    let began = Instant::now();
    let mut admin = PgConnection::connect(&database.admin).await?;
    // Everybody's first, then everybody's second, as they come: nobody's lie side by side.
    admin
        .execute(AssertSqlSafe(format!(
            "insert into notification
                (tenant, user_id, id, category, title, text, link, data, created_at, seen_at, read_at)
            select 'acme', 'user-' || u,
                (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8000'
                    || lpad(to_hex(n * {USERS} + u), 12, '0'))::uuid,
                'document.shared', 'Grace shared document ' || n || ' with you',
                'You can read and change it, and share it with others, until she takes it back.',
                '/documents/' || n, '{{\"document\": \"01934d2e-7b1c-7def-8a2b-3c4d5e6f7081\"}}', at,
                at, case when n % {UNREAD_ONE_IN} <> 0 then at end
            from generate_series(1, {EACH}) n, generate_series(0, {USERS} - 1) u,
                lateral (select now() - ({EACH} - n) * interval '30 minutes' + u * interval '1 second' as at) m"
        )))
        .await?;
    admin.execute("vacuum (analyze, freeze) notification").await?;
    admin.execute("checkpoint").await?;
    admin.close().await?;
    let filled = began.elapsed().as_secs_f64();

    let user = |number: u64| -> anyhow::Result<UserId> { Ok(format!("user-{}", number * 7 % USERS).parse()?) };
    let (store, tenant) = (&store, &tenant);
    let list = timed(|number| async move {
        let page = store.inbox_list(tenant, &user(number)?, None, false, PAGE).await?;
        anyhow::ensure!(page.notifications.len() == usize::from(PAGE) && page.unread > 0, "an inbox is not full");
        Ok(())
    });
    let list = list.await?;
    let middle = store.inbox_list(tenant, &user(0)?, None, false, 100).await?;
    let before = middle.notifications.last().map(|last| InboxPosition { id: last.id });
    let next = timed(|number| async move {
        let page = store.inbox_list(tenant, &user(number)?, before, false, PAGE).await?;
        anyhow::ensure!(page.notifications.len() == usize::from(PAGE), "a page is not full");
        Ok(())
    });
    let next = next.await?;
    let unread = timed(|number| async move {
        let unread = u64::from(store.inbox_unread(tenant, &user(number)?).await?);
        anyhow::ensure!(unread == EACH / UNREAD_ONE_IN, "{unread} are unread");
        Ok(())
    });
    let unread = unread.await?;
    println!("\n### {} notifications, {EACH} of each of {USERS} people\n", USERS * EACH);
    println!(
        "{CALLS} of each, one at a time, at the store; the rows were written by SQL ({filled:.0} s). Goal: 5 ms.\n"
    );
    println!("| operation | p50 | p99 |\n|---|---|---|");
    let rows =
        [("the newest 20, and how many are unread", list), ("20 further down", next), ("how many are unread", unread)];
    for (name, figures) in rows {
        println!("| {name} | {:.2} ms | {:.2} ms |", figures.ms(0.5), figures.ms(0.99));
    }
    Ok(())
}
