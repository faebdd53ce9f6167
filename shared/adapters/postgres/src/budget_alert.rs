//! Alerts that budgets raised.

use crate::Postgres;
use crate::error::{commit_error, port_error};
use crate::row::number;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_ai::ports::{AlertStore, BudgetAlert};
use octavo_domain_kernel::{PortError, TenantId};
use sqlx::FromRow;
use uuid::Uuid;

/// Alerts in one answer.
const ALERTS_MAX: usize = 1_000;

#[derive(FromRow)]
struct AlertRow {
    id: Uuid,
    at: DateTime<Utc>,
    budget: String,
    percent: i16,
    tokens: i64,
    tokens_max: Option<i64>,
    nanodollars: i64,
    nanodollars_max: Option<i64>,
}

#[async_trait]
impl AlertStore for Postgres {
    async fn alert_insert(&self, tenant: &TenantId, alert: &BudgetAlert) -> Result<(), PortError> {
        let of = |name, value: Option<u64>| value.map(|value| number::<_, i64>(name, value)).transpose();
        let mut transaction = self.pool.begin(tenant).await?;
        self.pool
            .query(
                "insert into ai_alert \
                 (tenant, id, budget, percent, at, tokens, tokens_max, nanodollars, nanodollars_max) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant, budget, percent) do nothing",
            )
            .bind(tenant.as_str())
            .bind(alert.id)
            .bind(&alert.budget)
            .bind(i16::from(alert.percent))
            .bind(alert.at)
            .bind(number::<_, i64>("tokens", alert.tokens)?)
            .bind(of("tokens_max", alert.tokens_max)?)
            .bind(number::<_, i64>("nanodollars", alert.nanodollars)?)
            .bind(of("nanodollars_max", alert.nanodollars_max)?)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)
    }

    async fn alert_list(&self, tenant: &TenantId, limit: usize) -> Result<Vec<BudgetAlert>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(
                "select id, at, budget, percent, tokens, tokens_max, nanodollars, nanodollars_max \
                 from ai_alert where tenant = $1 order by id desc limit $2",
            )
            .bind(tenant.as_str())
            .bind(number::<_, i64>("limit", limit.clamp(1, ALERTS_MAX))?)
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter()
            .map(|row| {
                let row = AlertRow::from_row(row).map_err(port_error)?;
                let of = |name, value: Option<i64>| value.map(|value| number::<_, u64>(name, value)).transpose();
                Ok(BudgetAlert {
                    id: row.id,
                    at: row.at,
                    budget: row.budget,
                    percent: number("percent", row.percent)?,
                    tokens: number("tokens", row.tokens)?,
                    tokens_max: of("tokens_max", row.tokens_max)?,
                    nanodollars: number("nanodollars", row.nanodollars)?,
                    nanodollars_max: of("nanodollars_max", row.nanodollars_max)?,
                })
            })
            .collect()
    }
}
