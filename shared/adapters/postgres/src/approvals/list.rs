//! Lists approvals, a page at a time.

use super::commit::{outcome_text, title_key};
use crate::error::port_error;
use crate::pool::Pool;
use crate::workflow::text::{plain, read};
use chrono::{DateTime, Utc};
use octavo_domain_approvals::{Approval, ListQuery, ListSort, Mailbox, Summary};
use octavo_domain_kernel::{PortError, Reader, TenantId, UserId};
use sqlx::{Postgres as Engine, QueryBuilder, Row};
use uuid::Uuid;

/// Approvals of a page.
const PAGE_MAX: u32 = 200;

/// Where a page begins: behind this moment and id.
type After = (DateTime<Utc>, Uuid);

/// Each mailbox is some stretches of an index, each read in its order and cut at the page, then merged. As one condition
/// with OR none could be read in its order, and an inbox that is full would be sorted for every look.
pub(super) async fn approval_list(
    pool: &Pool,
    tenant: &TenantId,
    query: &ListQuery,
) -> Result<Vec<Summary>, PortError> {
    if is_empty(query) {
        return Ok(Vec::new());
    }
    let mut transaction = pool.begin_planning(tenant).await?;
    let after: Option<After> = match query.after {
        None => None,
        Some(after) => {
            let row = pool
                .query("select created_at from approval where tenant = $1 and id = $2")
                .bind(tenant.as_str())
                .bind(after.0)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(port_error)?;
            // Behind one that there is not, there is nothing.
            let Some(row) = row else { return transaction.rollback().await.map(|()| Vec::new()).map_err(port_error) };
            Some((row.try_get(0).map_err(port_error)?, after.0))
        }
    };
    let mut sql = statement(tenant, query, after);
    let rows = sql.build().persistent(pool.is_cached()).fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter()
        .map(|row| {
            let approval: Approval = read("body", &row.try_get::<String, _>(0).map_err(port_error)?)?;
            Ok(Summary { comments: approval.remarks, approval })
        })
        .collect()
}

/// Conditions that contradict each other: what ended has no open seat and is not open.
fn is_empty(query: &ListQuery) -> bool {
    let wants_open =
        query.open == Some(true) || matches!(query.mailbox, Mailbox::ToDecide { .. } | Mailbox::Mine { .. });
    wants_open && (query.open == Some(false) || query.outcome.is_some())
}

fn statement(tenant: &TenantId, query: &ListQuery, after: Option<After>) -> QueryBuilder<Engine> {
    let page = Page {
        tenant,
        query,
        after,
        limit: i64::from(query.limit.clamp(1, PAGE_MAX)),
        direction: if query.sort == ListSort::Newest { "desc" } else { "asc" },
    };
    let direction = page.direction;
    let mut sql = QueryBuilder::<Engine>::new("select a.body from (select distinct created_at, approval_id from (");
    match &query.mailbox {
        Mailbox::ToDecide { me, readers } => {
            page.push_free(&mut sql, me, readers);
            sql.push(" union all ");
            page.push_held(&mut sql, me, holders(me, readers), readers);
        }
        Mailbox::Mine { me, readers } => {
            page.push_free(&mut sql, me, &[Reader::User(me.clone())]);
            sql.push(" union all ");
            page.push_held(&mut sql, me, vec![me.to_string()], readers);
        }
        Mailbox::RequestedBy(user) => {
            page.push_approvals(&mut sql, Some(("requester", user)));
            sql.push(" union all ");
            page.push_approvals(&mut sql, Some(("for_whom", user)));
        }
        Mailbox::TakenPartBy(user) => page.push_taken_part(&mut sql, user),
        Mailbox::All => page.push_approvals(&mut sql, None),
    }
    sql.push(format!(") merged order by created_at {direction}, approval_id {direction} limit "));
    sql.push_bind(page.limit);
    sql.push(") page join approval a on a.tenant = ").push_bind(tenant.as_str().to_owned());
    sql.push(format!(
        " and a.id = page.approval_id order by page.created_at {direction}, page.approval_id {direction}"
    ));
    sql
}

struct Page<'q> {
    tenant: &'q TenantId,
    query: &'q ListQuery,
    after: Option<After>,
    limit: i64,
    direction: &'static str,
}

impl Page<'_> {
    /// Of each reader, what nobody has claimed.
    fn push_free(&self, sql: &mut QueryBuilder<Engine>, me: &UserId, readers: &[Reader]) {
        sql.push("(select found.created_at, found.approval_id from unnest(").push_bind(texts(readers));
        sql.push("::text[]) as r (reader) cross join lateral (select s.created_at, s.approval_id from approval_seat s");
        self.push_join(sql);
        sql.push(" where s.tenant = ").push_bind(self.tenant.as_str().to_owned());
        sql.push(" and s.candidate = r.reader and s.holder = ''");
        self.push_seat_conditions(sql, me);
        self.push_end(sql, "s.created_at, s.approval_id");
        sql.push(" found)");
    }

    /// What was claimed by whoever asks, for as long as they are a candidate, or by somebody whom they substitute.
    fn push_held(&self, sql: &mut QueryBuilder<Engine>, me: &UserId, holders: Vec<String>, readers: &[Reader]) {
        sql.push("(select found.created_at, found.approval_id from unnest(").push_bind(holders);
        sql.push(
            "::text[]) as h (holder) cross join lateral (select distinct s.created_at, s.approval_id from approval_seat s",
        );
        self.push_join(sql);
        sql.push(" where s.tenant = ").push_bind(self.tenant.as_str().to_owned());
        sql.push(" and s.holder = h.holder and s.holder <> '' and (s.holder <> ");
        sql.push_bind(me.as_str().to_owned());
        sql.push(" or s.candidate = any (").push_bind(texts(readers)).push("))");
        self.push_seat_conditions(sql, me);
        self.push_end(sql, "s.created_at, s.approval_id");
        sql.push(" found)");
    }

    fn push_taken_part(&self, sql: &mut QueryBuilder<Engine>, user: &UserId) {
        sql.push("(select s.created_at, s.approval_id from approval_part s");
        self.push_join(sql);
        sql.push(" where s.tenant = ").push_bind(self.tenant.as_str().to_owned());
        sql.push(" and s.user_id = ").push_bind(user.as_str().to_owned());
        self.push_filters(sql);
        self.push_after(sql, "s.created_at, s.approval_id");
        self.push_end(sql, "s.created_at, s.approval_id");
    }

    fn push_approvals(&self, sql: &mut QueryBuilder<Engine>, whose: Option<(&str, &UserId)>) {
        sql.push("(select a.created_at, a.id as approval_id from approval a where a.tenant = ");
        sql.push_bind(self.tenant.as_str().to_owned());
        if let Some((column, user)) = whose {
            sql.push(format!(" and a.{column} = ")).push_bind(user.as_str().to_owned());
        }
        self.push_filters(sql);
        self.push_after(sql, "a.created_at, a.id");
        self.push_end(sql, "a.created_at, a.id");
    }

    fn push_seat_conditions(&self, sql: &mut QueryBuilder<Engine>, me: &UserId) {
        sql.push(" and not ").push_bind(me.as_str().to_owned()).push(" = any (s.barred)");
        self.push_filters(sql);
        self.push_after(sql, "s.created_at, s.approval_id");
    }

    /// The approval itself is read only where a condition asks for it.
    fn push_join(&self, sql: &mut QueryBuilder<Engine>) {
        if self.has_filters() {
            sql.push(" join approval a on a.tenant = s.tenant and a.id = s.approval_id");
        }
    }

    /// What is in an inbox is open.
    fn is_inbox(&self) -> bool {
        matches!(self.query.mailbox, Mailbox::ToDecide { .. } | Mailbox::Mine { .. })
    }

    fn has_filters(&self) -> bool {
        let query = self.query;
        (query.open.is_some() && !self.is_inbox())
            || query.outcome.is_some()
            || query.document.is_some()
            || query.execution.is_some()
            || query.category.is_some()
            || query.title.is_some()
    }

    fn push_filters(&self, sql: &mut QueryBuilder<Engine>) {
        let query = self.query;
        match query.open {
            Some(true) if !self.is_inbox() => {
                sql.push(" and a.open");
            }
            Some(false) => {
                sql.push(" and a.outcome is not null");
            }
            _ => {}
        }
        if let Some(outcome) = query.outcome {
            sql.push(" and a.outcome = ").push_bind(outcome_text(outcome));
        }
        if let Some(document) = query.document {
            sql.push(" and a.document_id = ").push_bind(document.0);
        }
        if let Some(execution) = query.execution {
            sql.push(" and a.execution_id = ").push_bind(execution);
        }
        if let Some(category) = &query.category {
            sql.push(" and a.category = ").push_bind(plain(category).into_owned());
        }
        if let Some(title) = &query.title {
            // Not LIKE: there is nothing to escape.
            sql.push(" and strpos(a.title_key, ").push_bind(title_key(title)).push(") > 0");
        }
    }

    fn push_after(&self, sql: &mut QueryBuilder<Engine>, columns: &str) {
        if let Some((at, id)) = self.after {
            let than = if self.query.sort == ListSort::Newest { "<" } else { ">" };
            sql.push(format!(" and ({columns}) {than} (")).push_bind(at).push(", ").push_bind(id).push(")");
        }
    }

    fn push_end(&self, sql: &mut QueryBuilder<Engine>, columns: &str) {
        let order = columns.replace(',', &format!(" {},", self.direction));
        sql.push(format!(" order by {order} {} limit ", self.direction)).push_bind(self.limit).push(")");
    }
}

pub(super) fn texts(readers: &[Reader]) -> Vec<String> {
    readers.iter().map(ToString::to_string).collect()
}

/// Whose claims are theirs: their own, and those of whom they substitute.
pub(super) fn holders(me: &UserId, readers: &[Reader]) -> Vec<String> {
    let users = readers.iter().filter_map(|reader| match reader {
        Reader::User(user) => Some(user),
        Reader::Group(_) => None,
    });
    let mut holders: Vec<_> = users.chain([me]).map(ToString::to_string).collect();
    holders.sort();
    holders.dedup();
    holders
}
