//! Lists what somebody may read, a page at a time.

use crate::error::port_error;
use crate::pool::Pool;
use crate::row::{DOCUMENT_COLUMNS, DocumentRow, GRANTS};
use octavo_domain_documents::{Document, ListOrder, ListPage, ListPosition, ListQuery};
use octavo_domain_kernel::{PortError, Reader, TenantId, UserId};
use sqlx::{FromRow, Postgres as Engine, QueryBuilder};

/// Two branches, each in the order of an index and cut at the page, then merged: what the readers own, and what was
/// shared with them. As one condition with OR, neither could use its index.
pub(crate) async fn document_list(pool: &Pool, tenant: &TenantId, query: &ListQuery) -> Result<ListPage, PortError> {
    let branches = branches(query);
    if branches.is_empty() {
        return Ok(ListPage { documents: Vec::new(), more: false });
    }
    let order = Order::of(query.order);
    let wanted = i64::from(query.limit) + 1;
    let mut sql = QueryBuilder::<Engine>::new(format!("select {DOCUMENT_COLUMNS} from (select * from ("));
    for (position, branch) in branches.iter().enumerate() {
        sql.push(if position == 0 { "(" } else { " union (" });
        push_branch(&mut sql, tenant, query, branch, &order)?;
        sql.push(format!(" order by d.{} {dir}, d.id {dir} limit ", order.column, dir = order.direction));
        sql.push_bind(wanted);
        sql.push(")");
    }
    sql.push(format!(
        ") branches order by {} {dir}, id {dir} limit {wanted}) page join document d on d.tenant = page.tenant and d.id = page.id \
         {GRANTS} order by d.{} {dir}, d.id {dir}",
        order.column,
        order.column,
        dir = order.direction
    ));
    let mut transaction = pool.begin_planning(tenant).await?;
    let rows = sql.build().persistent(pool.is_cached()).fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let mut documents = rows
        .iter()
        .map(|row| DocumentRow::from_row(row).map_err(port_error)?.try_into())
        .collect::<Result<Vec<Document>, _>>()?;
    let more = documents.len() > usize::from(query.limit);
    documents.truncate(query.limit.into());
    Ok(ListPage { documents, more })
}

/// Why somebody may read a document.
enum Branch<'q> {
    OwnedBy(&'q UserId),
    SharedWith(Vec<String>),
}

/// An owner reads everything of theirs, so a filter by an owner leaves one branch; what is deleted only its owner sees.
fn branches(query: &ListQuery) -> Vec<Branch<'_>> {
    let users = query.readers.iter().filter_map(|reader| match reader {
        Reader::User(user) => Some(user),
        Reader::Group(_) => None,
    });
    let mut branches = users
        .filter(|user| query.owner.as_ref().is_none_or(|owner| owner == *user))
        .map(Branch::OwnedBy)
        .collect::<Vec<_>>();
    let is_owner = query.owner.is_some() && !branches.is_empty();
    if !query.deleted && !is_owner && !query.readers.is_empty() {
        branches.push(Branch::SharedWith(query.readers.iter().map(ToString::to_string).collect()));
    }
    branches
}

struct Order {
    column: &'static str,
    direction: &'static str,
    after: &'static str,
}

impl Order {
    fn of(order: ListOrder) -> Self {
        match order {
            ListOrder::UpdatedDescending => Self { column: "updated_at", direction: "desc", after: "<" },
            ListOrder::CreatedDescending => Self { column: "created_at", direction: "desc", after: "<" },
            ListOrder::TitleAscending => Self { column: "title_key", direction: "asc", after: ">" },
        }
    }
}

fn push_branch(
    sql: &mut QueryBuilder<Engine>,
    tenant: &TenantId,
    query: &ListQuery,
    branch: &Branch<'_>,
    order: &Order,
) -> Result<(), PortError> {
    sql.push(format!("select d.tenant, d.id, d.{} from document d where d.tenant = ", order.column));
    sql.push_bind(tenant.as_str().to_owned());
    sql.push(if query.deleted { " and d.deleted_at is not null" } else { " and d.deleted_at is null" });
    match branch {
        Branch::OwnedBy(user) => {
            sql.push(" and d.owner = ").push_bind(user.as_str().to_owned());
        }
        Branch::SharedWith(readers) => {
            sql.push(
                " and exists (select from document_grant where tenant = d.tenant and document_id = d.id \
                 and reader = any (",
            );
            sql.push_bind(readers.clone()).push("))");
            if let Some(owner) = &query.owner {
                sql.push(" and d.owner = ").push_bind(owner.as_str().to_owned());
            }
        }
    }
    if !query.tags.is_empty() {
        sql.push(" and d.tags @> ").push_bind(query.tags.clone());
    }
    if let Some(media_type) = query.media_type {
        sql.push(" and d.media_type = ").push_bind(media_type.as_str());
    }
    if let Some(prefix) = &query.title_prefix {
        let prefix = prefix.to_lowercase();
        // The first is for the index, the second for the truth.
        sql.push(" and d.title_key >= ").push_bind(prefix.clone());
        sql.push(" and starts_with(d.title_key, ").push_bind(prefix).push(")");
    }
    if let Some(after) = &query.after {
        push_after(sql, after, query.order, order)?;
    }
    Ok(())
}

fn push_after(
    sql: &mut QueryBuilder<Engine>,
    after: &ListPosition,
    by: ListOrder,
    order: &Order,
) -> Result<(), PortError> {
    let missing = |what: &str| PortError::corrupt(format!("a position in this order must hold {what}"));
    sql.push(format!(" and (d.{}, d.id) {} (", order.column, order.after));
    match by {
        ListOrder::UpdatedDescending | ListOrder::CreatedDescending => {
            sql.push_bind(after.at.ok_or_else(|| missing("a time"))?);
        }
        ListOrder::TitleAscending => {
            sql.push_bind(after.title.clone().ok_or_else(|| missing("a title"))?);
        }
    }
    sql.push(", ").push_bind(after.id.0).push(")");
    Ok(())
}
