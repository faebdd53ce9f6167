//! A million approvals: what boxes and counts cost.

use super::asked::ask;
use super::timed::{CALLS, timed};
use crate::database::Server;
use anyhow::Context;
use octavo_domain_approvals::{ApprovalId, ApprovalStore, ListQuery, ListSort, Mailbox};
use octavo_domain_kernel::{Reader, TenantId, UserId};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::time::Instant;

/// People, each of whom was asked [`EACH`] times.
const USERS: u64 = 1_000;
const EACH: u64 = 1_000;
/// Of these so many wait, the newest; the others were decided. A fourth waits for a group.
const OPEN: u64 = 20;
const GROUPS: u64 = 50;
/// On a page.
const PAGE: u32 = 50;
/// As the functions have it.
const CONNECTIONS_MAX: u32 = 8;

pub(super) async fn measure(server: &Server) -> anyhow::Result<()> {
    let database = server.ours("approvals").await?;
    let (store, tenant) = (database.store(CONNECTIONS_MAX)?, "acme".parse::<TenantId>()?);
    // The one that the others are copies of.
    let template = ask(&store, &tenant).await?;
    let began = Instant::now();
    let mut admin = PgConnection::connect(&database.admin).await?;
    fill(&mut admin, template).await?;
    admin.close().await?;
    let filled = began.elapsed().as_secs_f64();

    println!(
        "\n### {} approvals, {OPEN} of them waiting for each of {USERS} people or one of their groups\n",
        USERS * EACH
    );
    println!("{CALLS} of each, one at a time, at the store; the rows were written by SQL ({filled:.0} s).\n");
    println!("| operation | p50 | p99 |\n|---|---|---|");
    let (store, tenant) = (&store, &tenant);
    let boxes =
        ["to decide", "mine", "requested, open", "requested", "took part in", "everybody's, open", "everybody's"];
    for name in boxes {
        let list = timed(|number| async move {
            let query = query(name, &Somebody::of(number)?);
            let page = store.approval_list(tenant, &query).await?;
            anyhow::ensure!(!page.is_empty(), "there are none {name}");
            Ok(())
        });
        let list = list.await.context(name)?;
        println!("| list: {name} | {:.2} ms | {:.2} ms |", list.ms(0.5), list.ms(0.99));
    }
    let counts = timed(|number| async move {
        let somebody = Somebody::of(number)?;
        let counts = store.approval_counts(tenant, &somebody.user, &somebody.readers).await?;
        anyhow::ensure!(counts.mine > 0 && counts.groups > 0, "nothing waits for {}", somebody.user);
        Ok(())
    });
    let counts = counts.await?;
    println!("| counts | {:.2} ms | {:.2} ms |", counts.ms(0.5), counts.ms(0.99));
    Ok(())
}

/// Who asks, and as whom.
struct Somebody {
    user: UserId,
    readers: Vec<Reader>,
}

impl Somebody {
    fn of(number: u64) -> anyhow::Result<Self> {
        let number = number * 7 % USERS;
        let user: UserId = format!("user-{number}").parse()?;
        let group = format!("group-{}", number % GROUPS).parse()?;
        Ok(Self { readers: vec![Reader::User(user.clone()), Reader::Group(group)], user })
    }
}

fn query(name: &str, somebody: &Somebody) -> ListQuery {
    let Somebody { user, readers } = somebody;
    let (me, readers) = (user.clone(), readers.clone());
    let mailbox = match name {
        "to decide" => Mailbox::ToDecide { me, readers },
        "mine" => Mailbox::Mine { me, readers },
        "took part in" => Mailbox::TakenPartBy(me),
        _ if name.starts_with("requested") => Mailbox::RequestedBy(me),
        _ => Mailbox::All,
    };
    ListQuery {
        mailbox,
        open: name.ends_with("open").then_some(true),
        outcome: None,
        document: None,
        execution: None,
        category: None,
        title: None,
        sort: ListSort::Newest,
        after: None,
        limit: PAGE,
    }
}

/// Stores the copies: the n-th of everybody, then the next one of everybody.
async fn fill(admin: &mut PgConnection, ApprovalId(template): ApprovalId) -> anyhow::Result<()> {
    let first_open = EACH - OPEN;
    let copies = [
        // What the rows refer to is there; it need not be looked for a million times.
        "set session_replication_role = replica".to_owned(),
        format!(
            "create temporary table made as
            select md5('a' || n || '-' || u)::uuid as id, n, u, n > {first_open} as open,
                now() - ({EACH} - n) * interval '30 minutes' + u * interval '1 second' as at
            from generate_series(1, {EACH}) n, generate_series(0, {USERS} - 1) u order by n, u"
        ),
        format!(
            "insert into approval
                (tenant, id, seq, body, requester, execution_id, token_hash, category, title_key, outcome, created_at,
                ended_at, awaited)
            select t.tenant, m.id, 1, replace(t.body, t.id::text, m.id::text), 'user-' || (m.u + 1) % {USERS}, m.id,
                sha256(convert_to(m.id::text, 'UTF8')), t.category, t.title_key,
                case when not m.open then 'APPROVED' end, m.at, case when not m.open then m.at end, m.open
            from made m, approval t where t.id = '{template}' order by m.n, m.u"
        ),
        format!(
            "insert into approval_seat (tenant, approval_id, candidate, holder, barred, created_at)
            select 'acme', id, case when n % 4 = 0 then 'group:group-' || u % {GROUPS} else 'user:user-' || u end,
                '', array['user-' || (u + 1) % {USERS}], at
            from made where open order by n, u"
        ),
        "insert into approval_part (tenant, user_id, created_at, approval_id)
            select 'acme', 'user-' || u, at, id from made where not open order by n, u"
            .to_owned(),
        format!(
            "insert into approval_event (tenant, approval_id, number, at, actor, body)
            select t.tenant, m.id, 1, m.at, t.actor, t.body
            from made m, approval_event t where t.approval_id = '{template}' and t.number = 1 order by m.n, m.u"
        ),
        "drop table made".to_owned(),
    ];
    for sql in copies {
        admin.execute(AssertSqlSafe(sql.clone())).await.context(sql)?;
    }
    admin.execute("vacuum (analyze, freeze)").await?;
    admin.execute("checkpoint").await?;
    Ok(())
}
