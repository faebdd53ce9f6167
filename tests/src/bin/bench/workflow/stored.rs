//! A million stored executions: what they cost those who start, describe and list.

use super::definitions::{input, passes};
use super::functions::InProcess;
use super::ours::Library;
use crate::database::Server;
use crate::figures::Figures;
use anyhow::Context;
use octavo_domain_workflow::engine::ports::{ExecutionQuery, ExecutionReads, Freshness};
use octavo_domain_workflow::engine::{ExecutionId, Status};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
/// Of each operation, one after the other.
const CALLS: u64 = 2_000;
const WARM_UP: u64 = 200;
/// Executions on a page.
const PAGE: u32 = 100;
/// One stored execution of so many failed: enough for a page of them among a thousand.
const FAILED_ONE_IN: u64 = 5;
/// Customers that are looked for.
const CUSTOMERS: u64 = 90;
/// So many stored executions have the same customer, of however many there are.
const OF_A_CUSTOMER: u64 = 10;

pub(super) async fn measure(server: &Server) -> anyhow::Result<()> {
    let database = server.ours("stored").await?;
    let library = Library::on(&database, Arc::new(InProcess))?;
    let mut definition = passes();
    definition["SearchAttributes"] = json!({ "customer": "{% $states.input.customer %}" });
    let machine = library.machine("stored", &definition).await?;
    let template = library.start(&machine, input(0)).await?.id;
    let mut admin = PgConnection::connect(&database.admin).await?;

    fill(&mut admin, template, FEW).await?;
    let few = operations(&library, &machine).await?;
    let began = Instant::now();
    fill(&mut admin, template, MANY).await?;
    let filled = began.elapsed().as_secs_f64();
    let many = operations(&library, &machine).await?;

    println!("\n### {MANY} stored executions beside {FEW}\n");
    println!(
        "{CALLS} of each, one at a time; the rows, their events and their search attributes were written by SQL ({filled:.0} s"
    );
    println!("with vacuum). Goal: not slower by more than 1.3 times.\n");
    println!("| operation | p50 with {FEW} | with {MANY} | ratio | p99 with {FEW} | with {MANY} | ratio |");
    println!("|---|---|---|---|---|---|---|");
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        let row = [0.5, 0.99].map(|quantile| {
            let (few, many) = (few.ms(quantile), many.ms(quantile));
            format!("{few:.2} ms | {many:.2} ms | {:.2}", many / few)
        });
        println!("| {name} | {} |", row.join(" | "));
    }
    admin.close().await?;
    Ok(())
}

/// Stores executions until there are `all`, each a copy of `template` with a start of its own within the last days of this
/// month; one in five failed. Then does what autovacuum would have done by then.
async fn fill(admin: &mut PgConnection, template: ExecutionId, all: u64) -> anyhow::Result<()> {
    let id = template.0;
    let run = |sql: String| AssertSqlSafe(sql);
    admin
        .execute(run(format!(
            // Ids of version 7, spread evenly from the month's beginning until now; none comes twice, because each has its
            // number in it.
            "create temporary table made as
                select number, moment,
                    (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7000' || '8000'
                        || lpad(to_hex(number), 12, '0'))::uuid as id
                from (
                    select number, date_trunc('month', now())
                        + (now() - date_trunc('month', now())) * (number::float8 / {all}) as moment
                    from generate_series((select count(*) from workflow_ended) + 1, {all}) as number) as numbers;
            create index on made (id);
            analyze made"
        )))
        .await?;
    // Every column is the template's but those that are named here, whatever columns there are.
    let failed = format!("m.number % {FAILED_ONE_IN} = 0");
    let of = |values: &[(&str, String)]| -> Value {
        values.iter().map(|(name, sql)| ((*name).to_owned(), json!(sql))).collect::<Map<_, _>>().into()
    };
    let name = "'stored-' || m.number".to_owned();
    let arn = format!("substr(t.arn, 1, length(t.arn) - length('{id}')) || {name}");
    let customer = format!("'stored-' || m.number / {OF_A_CUSTOMER}");
    let copies = [
        (
            "workflow_ended",
            "id",
            of(&[
                ("id", "m.id".to_owned()),
                ("name", name.clone()),
                ("arn", arn.clone()),
                ("started_at", "m.moment".to_owned()),
                ("stopped_at", "m.moment".to_owned()),
                ("attributes", format!("'{{\"customer\":\"' || {customer} || '\"}}'")),
                ("status", format!("case when {failed} then 'FAILED' else t.status end")),
                ("error", format!("case when {failed} then 'Lost' end")),
                ("output", format!("case when not {failed} then t.output end")),
            ]),
        ),
        ("workflow_history", "execution_id", of(&[("execution_id", "m.id".to_owned())])),
        ("workflow_name", "execution_id", of(&[("execution_id", "m.id".to_owned()), ("arn", arn)])),
        (
            "workflow_attribute",
            "execution_id",
            of(&[("execution_id", "m.id".to_owned()), ("value", format!("'\"' || {customer} || '\"'"))]),
        ),
    ];
    for (table, key, values) in copies {
        admin
            .execute(run(format!(
                "do $fill$ declare names text; columns text; begin
                    select string_agg(quote_ident(column_name), ', ' order by ordinal_position),
                        string_agg(coalesce($json${values}$json$::jsonb ->> column_name, 't.' || quote_ident(column_name)),
                            ', ' order by ordinal_position)
                    into names, columns
                    from information_schema.columns where table_name = '{table}' and table_schema = 'public';
                    execute format('insert into {table} (%s) select %s from {table} t, made m where t.{key} = %L',
                        names, columns, '{id}');
                end $fill$"
            )))
            .await
            .with_context(|| format!("filling {table}"))?;
    }
    admin.execute("drop table made").await?;
    admin.execute("vacuum (analyze, freeze)").await?;
    admin.execute("checkpoint").await?;
    Ok(())
}

/// What each operation takes.
async fn operations(library: &Arc<Library>, machine: &str) -> anyhow::Result<Vec<(&'static str, Figures)>> {
    let (store, tenant) = (&library.store, &library.tenant);
    let query = ExecutionQuery { machine_arn: Some(machine.to_owned()), limit: PAGE, ..ExecutionQuery::default() };
    let newest = store.execution_list(tenant, &query, &Freshness::Latest).await?;
    let arns: Vec<String> = newest.into_iter().map(|execution| execution.arn).collect();
    let list = |query: ExecutionQuery| async move {
        let page = store.execution_list(tenant, &query, &Freshness::Latest).await?;
        anyhow::ensure!(!page.is_empty(), "there are none of {query:?}");
        anyhow::Ok(())
    };
    let (query, arns) = (&query, &arns);
    let failed = ExecutionQuery { statuses: vec![Status::Failed], ..query.clone() };
    let (failed, middle) = (&failed, &store.execution_list(tenant, query, &Freshness::Latest).await?);
    let after = middle.last().map(|execution| execution.id);
    Ok(vec![
        (
            "start, ten states",
            timed(|number| async move { library.start(machine, input(number)).await.map(drop) }).await?,
        ),
        (
            "describe",
            timed(|number| async move {
                let arn = &arns[usize::try_from(number)? % arns.len()];
                let id = store.execution_find(tenant, arn).await?.context("it is there")?;
                store.execution_get(tenant, id).await?.context("it is there").map(drop)
            })
            .await?,
        ),
        ("list, newest of a machine", timed(|_| list(query.clone())).await?),
        ("list, next page", timed(|_| list(ExecutionQuery { after, ..query.clone() })).await?),
        ("list, failed ones of a machine", timed(|_| list(failed.clone())).await?),
        (
            "list, by a search attribute",
            timed(|number| {
                let customer = json!(format!("stored-{}", 1 + number % CUSTOMERS));
                let attributes = [("customer".to_owned(), customer)].into_iter().collect();
                list(ExecutionQuery { attributes, ..query.clone() })
            })
            .await?,
        ),
    ])
}

async fn timed<Fut: Future<Output = anyhow::Result<()>>>(call: impl Fn(u64) -> Fut) -> anyhow::Result<Figures> {
    let mut figures = Figures::new();
    for number in 0..WARM_UP + CALLS {
        let began = Instant::now();
        call(number).await?;
        let took: Duration = began.elapsed();
        if number >= WARM_UP {
            figures.add(took);
        }
    }
    Ok(figures)
}
