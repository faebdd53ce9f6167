//! People.

use crate::Postgres;
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use crate::workflow::text::plain;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{GroupId, PortError, TenantId, UserId};
use octavo_domain_notify::{People, Person};
use sqlx::postgres::{PgArguments, Postgres as Engine};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, FromRow};

/// People that are asked for by name at once.
const ASKED_MAX: usize = 1_000;
/// People of groups.
const MEMBERS_MAX: u32 = 10_000;
/// People of a page.
const PAGE_MAX: u32 = 200;

const COLUMNS: &str = "p.user_id, p.name, p.email, p.phone, p.language, p.zone, p.groups, p.updated_at";

/// The person first: of two that set the same one, the second waits there, and its groups are those that stay. `left` sees what
/// was there before this statement, so the groups of the second are sure only where both locked the person before it began.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.person:' || $1 || ':' || $2, 0))";
const PUT: &str = "
with
put as (
    insert into person (tenant, user_id, name, email, phone, language, zone, groups, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (tenant, user_id) do update set
        name = excluded.name, email = excluded.email, phone = excluded.phone, language = excluded.language,
        zone = excluded.zone, groups = excluded.groups, updated_at = excluded.updated_at
),
quit as (
    delete from person_group where tenant = $1 and user_id = $2 and group_id <> all ($8::text[])
)
insert into person_group (tenant, group_id, user_id)
select $1, group_id, $2 from unnest($8::text[]) as g (group_id)
on conflict do nothing";

const DELETE: &str = "
with quit as (delete from person_group where tenant = $1 and user_id = $2)
delete from person where tenant = $1 and user_id = $2";

#[derive(FromRow)]
struct PersonRow {
    user_id: String,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    language: Option<String>,
    zone: Option<String>,
    groups: Vec<String>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<PersonRow> for Person {
    type Error = PortError;
    fn try_from(row: PersonRow) -> Result<Self, PortError> {
        Ok(Self {
            user: parse("user_id", &row.user_id)?,
            name: row.name,
            email: row.email,
            phone: row.phone,
            language: row.language,
            zone: row.zone.map(|zone| parse("zone", &zone)).transpose()?,
            groups: row.groups.iter().map(|group| parse("groups", group)).collect::<Result<_, _>>()?,
            updated_at: row.updated_at,
        })
    }
}

/// What a statement of [`COLUMNS`] finds.
async fn find(
    pool: &Pool,
    tenant: &TenantId,
    of: &str,
    bind: impl for<'q> FnOnce(Query<'q, Engine, PgArguments>) -> Query<'q, Engine, PgArguments>,
) -> Result<Vec<Person>, PortError> {
    let sql = format!("select {COLUMNS} from person p where p.tenant = $1 and {of}");
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = bind(pool.query(AssertSqlSafe(sql)).bind(tenant.as_str().to_owned()));
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| PersonRow::from_row(row).map_err(port_error)?.try_into()).collect()
}

#[async_trait]
impl People for Postgres {
    async fn person_get(&self, tenant: &TenantId, user: &UserId) -> Result<Option<Person>, PortError> {
        Ok(self.people_get(tenant, std::slice::from_ref(user)).await?.pop())
    }

    async fn people_get(&self, tenant: &TenantId, users: &[UserId]) -> Result<Vec<Person>, PortError> {
        if users.len() > ASKED_MAX {
            return Err(PortError::corrupt(format!("at most {ASKED_MAX} people are asked for at once")));
        }
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let users: Vec<String> = users.iter().map(ToString::to_string).collect();
        find(&self.pool, tenant, "p.user_id = any ($2) order by p.user_id", |query| query.bind(users)).await
    }

    async fn people_of(&self, tenant: &TenantId, groups: &[GroupId], limit: u32) -> Result<Vec<Person>, PortError> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let limit = i64::from(limit.min(MEMBERS_MAX));
        let of = "p.user_id in (select g.user_id from person_group g where g.tenant = $1 and g.group_id = any ($2)) \
                  order by p.user_id limit $3";
        find(&self.pool, tenant, of, |query| query.bind(groups).bind(limit)).await
    }

    async fn people_list(
        &self,
        tenant: &TenantId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<Person>, PortError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let limit = i64::from(limit.clamp(1, PAGE_MAX));
        let of = "p.user_id > $2 order by p.user_id limit $3";
        find(&self.pool, tenant, of, |query| query.bind(after).bind(limit)).await
    }

    async fn person_put(&self, tenant: &TenantId, person: &Person) -> Result<(), PortError> {
        let pool = &self.pool;
        let text = |text: &Option<String>| text.as_deref().map(|text| plain(text).into_owned());
        let groups: Vec<String> = person.groups.iter().map(ToString::to_string).collect();
        let mut transaction = pool.begin_by_index(tenant).await?;
        let lock = pool.query(LOCK).bind(tenant.as_str()).bind(person.user.as_str());
        lock.execute(&mut *transaction).await.map_err(port_error)?;
        pool.query(PUT)
            .bind(tenant.as_str())
            .bind(person.user.as_str())
            .bind(text(&person.name))
            .bind(text(&person.email))
            .bind(text(&person.phone))
            .bind(text(&person.language))
            .bind(person.zone.as_ref().map(|zone| zone.as_str()))
            .bind(groups)
            .bind(person.updated_at)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)
    }

    async fn person_delete(&self, tenant: &TenantId, user: &UserId) -> Result<bool, PortError> {
        let pool = &self.pool;
        let mut transaction = pool.begin_by_index(tenant).await?;
        let lock = pool.query(LOCK).bind(tenant.as_str()).bind(user.as_str());
        lock.execute(&mut *transaction).await.map_err(port_error)?;
        let deleted = pool
            .query(DELETE)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(deleted.rows_affected() > 0)
    }
}
