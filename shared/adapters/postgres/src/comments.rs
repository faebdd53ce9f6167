//! Remarks on documents.

use crate::Postgres;
use crate::error::{commit_error, port_error};
use crate::row::{number, parse};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_collaboration::{
    COMMENTS_LISTED_MAX, COMMENTS_MAX, Comment, CommentStore, NewComment, PARTICIPANTS_MAX,
};
use octavo_domain_kernel::{DocumentId, PortError, PortErrorKind, TenantId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, Row};
use uuid::Uuid;

/// One at a time on a document, or two would both find room for the last one. A statement of its own: the next one sees
/// what was committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.comment:' || $1 || ':' || $2::text, 0))";

const ADD: &str = "
with found as (
    select
        $4::uuid is null or exists (
            select from document_comment
            where tenant = $1 and document_id = $2 and id = $4 and parent is null) as parent,
        (select count(*) from document_comment where tenant = $1 and document_id = $2) < $9 as room
),
made as (
    insert into document_comment (tenant, document_id, id, parent, author, text, anchor, created_at)
    select $1, $2, $3, $4, $5, $6, $7, $8 from found where parent and room
)
select parent, room from found";

const COLUMNS: &str = "document_id, id, parent, author, text, anchor, created_at, resolved_at, resolved_by";

/// What is settled already keeps its time and who did it; what is open stays so.
const RESOLVE: &str = "
update document_comment set
    resolved_at = case when $4::text is not null then coalesce(resolved_at, $5) end,
    resolved_by = case when $4::text is not null then coalesce(resolved_by, $4) end
where tenant = $1 and document_id = $2 and id = $3
returning";

/// Whoever began the thread first, then who answered, the newest first: they are the ones who are still at it.
const PARTICIPANTS: &str = "
select author from document_comment
where tenant = $1 and document_id = $2 and (id = $3 or parent = $3)
group by author
order by bool_or(id = $3) desc, max(id::text) desc
limit $4";

#[derive(FromRow)]
struct CommentRow {
    document_id: Uuid,
    id: Uuid,
    parent: Option<Uuid>,
    author: String,
    text: String,
    anchor: Option<String>,
    created_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
    resolved_by: Option<String>,
}

fn comment(row: &PgRow) -> Result<Comment, PortError> {
    let row = CommentRow::from_row(row).map_err(port_error)?;
    Ok(Comment {
        id: row.id,
        document: DocumentId(row.document_id),
        parent: row.parent,
        author: parse("author", &row.author)?,
        text: row.text,
        anchor: row.anchor,
        created_at: row.created_at,
        resolved_at: row.resolved_at,
        resolved_by: row.resolved_by.map(|by| parse("resolved_by", &by)).transpose()?,
    })
}

#[async_trait]
impl CommentStore for Postgres {
    async fn comment_add(&self, tenant: &TenantId, new: &NewComment) -> Result<Comment, PortError> {
        let pool = &self.pool;
        let mut transaction = pool.begin(tenant).await?;
        pool.query(ALONE)
            .bind(tenant.as_str())
            .bind(new.document.0)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        let row = pool
            .query(ADD)
            .bind(tenant.as_str())
            .bind(new.document.0)
            .bind(new.id)
            .bind(new.parent)
            .bind(new.author.as_str())
            .bind(&new.text)
            .bind(new.anchor.as_deref())
            .bind(new.at)
            .bind(i64::from(COMMENTS_MAX))
            .fetch_one(&mut *transaction)
            .await
            .map_err(port_error)?;
        let missing = match (row.try_get("parent").map_err(port_error)?, row.try_get("room").map_err(port_error)?) {
            (false, _) => Some(PortError::new(PortErrorKind::NotFound, "the document has no such comment to answer")),
            (true, false) => {
                Some(PortError::new(PortErrorKind::Conflict, format!("the document has {COMMENTS_MAX} comments")))
            }
            (true, true) => None,
        };
        if let Some(error) = missing {
            transaction.rollback().await.map_err(port_error)?;
            return Err(error);
        }
        transaction.commit().await.map_err(commit_error)?;
        Ok(Comment {
            id: new.id,
            document: new.document,
            parent: new.parent,
            author: new.author.clone(),
            text: new.text.clone(),
            anchor: new.anchor.clone(),
            created_at: new.at,
            resolved_at: None,
            resolved_by: None,
        })
    }

    async fn comment_list(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<Vec<Comment>, PortError> {
        let sql = format!(
            "select {COLUMNS} from document_comment \
             where tenant = $1 and document_id = $2 and ($3::uuid is null or id > $3) order by id limit $4"
        );
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(after)
            .bind(i64::from(limit.clamp(1, COMMENTS_LISTED_MAX)))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter().map(comment).collect()
    }

    async fn comment_get(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        id: Uuid,
    ) -> Result<Option<Comment>, PortError> {
        let sql = format!("select {COLUMNS} from document_comment where tenant = $1 and document_id = $2 and id = $3");
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        row.as_ref().map(comment).transpose()
    }

    async fn comment_count(&self, tenant: &TenantId, document: DocumentId) -> Result<u32, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query("select count(*) from document_comment where tenant = $1 and document_id = $2")
            .bind(tenant.as_str())
            .bind(document.0)
            .fetch_one(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        number("count", row.try_get::<i64, _>(0).map_err(port_error)?)
    }

    async fn comment_participants(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        root: Uuid,
    ) -> Result<Vec<UserId>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(PARTICIPANTS)
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(root)
            .bind(i64::from(PARTICIPANTS_MAX))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        let author = |row: &PgRow| parse("author", &row.try_get::<String, _>("author").map_err(port_error)?);
        rows.iter().map(author).collect()
    }

    async fn comment_resolve(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        id: Uuid,
        by: Option<&UserId>,
        at: DateTime<Utc>,
    ) -> Result<Option<Comment>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query(AssertSqlSafe(format!("{RESOLVE} {COLUMNS}")))
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(id)
            .bind(by.map(UserId::as_str))
            .bind(at)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        row.as_ref().map(comment).transpose()
    }

    async fn comment_delete(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        id: Uuid,
        author: &UserId,
    ) -> Result<bool, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        // Answers go by the foreign key, also one that is being written at this moment.
        let result = self
            .pool
            .query("delete from document_comment where tenant = $1 and document_id = $2 and id = $3 and author = $4")
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(id)
            .bind(author.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(result.rows_affected() > 0)
    }
}
