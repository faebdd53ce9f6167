//! What providers say later.

use super::suppressions::Columns as Suppressed;
use super::text::{detail, word};
use crate::error::{commit_error, port_error};
use crate::pool::{Pool, Repeat};
use crate::row::number;
use crate::workflow::text::plain;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{AttemptStatus, CallbackNews};
use sqlx::Row;
use uuid::Uuid;

const TAKE: &str = "select notify_callbacks($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) as known";

/// News, a column each.
#[derive(Default)]
struct Columns {
    messages: Vec<Option<Uuid>>,
    providers: Vec<String>,
    provider_ids: Vec<Option<String>>,
    statuses: Vec<String>,
    codes: Vec<Option<String>>,
    details: Vec<Option<String>>,
    ats: Vec<DateTime<Utc>>,
    suppressed: Suppressed,
}

impl Columns {
    fn push(&mut self, news: &CallbackNews) -> Result<(), PortError> {
        use AttemptStatus::{Accepted, Bounced, Delivered, Rejected};
        if !matches!(news.status, Accepted | Delivered | Bounced | Rejected) {
            return Err(PortError::corrupt(format!("no provider says {:?}", news.status)));
        }
        self.messages.push(news.message);
        self.providers.push(plain(&news.provider).into_owned());
        self.provider_ids.push(news.provider_id.as_deref().map(detail));
        self.statuses.push(word(news.status)?);
        self.codes.push(news.code.as_deref().map(detail));
        self.details.push(news.detail.as_deref().map(detail));
        self.ats.push(news.at);
        if let Some(suppression) = &news.suppress {
            self.suppressed.push(suppression);
        }
        Ok(())
    }
}

pub(super) async fn callbacks_take(pool: &Pool, tenant: &TenantId, news: &[CallbackNews]) -> Result<u32, PortError> {
    if news.is_empty() {
        return Ok(0);
    }
    let mut columns = Columns::default();
    for news in news {
        columns.push(news)?;
    }
    let suppressed = &columns.suppressed;
    let take = || {
        pool.query(TAKE)
            .bind(tenant.as_str())
            .bind(&columns.messages)
            .bind(&columns.providers)
            .bind(&columns.provider_ids)
            .bind(&columns.statuses)
            .bind(&columns.codes)
            .bind(&columns.details)
            .bind(&columns.ats)
            .bind(&suppressed.channels)
            .bind(&suppressed.addresses)
            .bind(&suppressed.categories)
            .bind(&suppressed.whys)
            .bind(&suppressed.details)
            .bind(&suppressed.ats)
    };
    // The second time nothing goes further than it went the first.
    let rows = pool.call(Repeat::Harmless, take).await.map_err(commit_error)?;
    let row = rows.first().ok_or_else(|| PortError::corrupt("notify_callbacks answered nothing"))?;
    number("known", row.try_get::<i32, _>("known").map_err(port_error)?)
}
