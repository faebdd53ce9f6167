//! Metrics of budget alerts.

use crate::{ai::line, gen_ai};
use async_trait::async_trait;
use octavo_domain_ai::limits::{BudgetPeriod, Period, period_of};
use octavo_domain_ai::ports::{AlertStore, BudgetAlert};
use octavo_domain_kernel::{PortError, TenantId};
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;

/// An alert store whose alerts are counted as metrics, by the share that was reached, whose budget it is and how long it
/// lasts. Not by tenant: whoever operates the platform is told that there is something to look at, not whose it is.
pub struct CountedAlerts {
    store: Arc<dyn AlertStore>,
    function: String,
}

impl CountedAlerts {
    /// Counts what `store` takes, for the function of this name.
    pub fn new(store: Arc<dyn AlertStore>, function: impl Into<String>) -> Self {
        Self { store, function: function.into() }
    }
}

#[async_trait]
impl AlertStore for CountedAlerts {
    async fn alert_insert(&self, tenant: &TenantId, alert: &BudgetAlert) -> Result<(), PortError> {
        self.store.alert_insert(tenant, alert).await?;
        let text = format!("{}\n", alert_line(&self.function, alert));
        // As with calls: a full disk is no reason to fail.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        Ok(())
    }

    async fn alert_list(&self, tenant: &TenantId, limit: usize) -> Result<Vec<BudgetAlert>, PortError> {
        self.store.alert_list(tenant, limit).await
    }
}

fn alert_line(function: &str, alert: &BudgetAlert) -> Value {
    let (period, scope) = match period_of(&alert.budget) {
        Some(BudgetPeriod { period, user, key, .. }) => (
            if period == Period::Day { "day" } else { "month" },
            if user.is_some() {
                "user"
            } else if key.is_some() {
                "key"
            } else {
                "tenant"
            },
        ),
        None => ("", ""),
    };
    let dimensions = [
        ("function", function.to_owned()),
        (gen_ai::PERCENT, alert.percent.to_string()),
        (gen_ai::PERIOD, period.to_owned()),
        (gen_ai::SCOPE, scope.to_owned()),
    ];
    line(alert.at.timestamp_millis(), &dimensions, &[("octavo.ai.budget_alerts", "Count", 1.0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_tells_no_tenant_and_no_user() {
        let alert = |budget: &str| BudgetAlert {
            id: "01a21959-67c8-7624-9652-cf2b5ee8f698".parse().unwrap(),
            at: "2026-11-26T19:33:39Z".parse().unwrap(),
            budget: budget.to_owned(),
            percent: 80,
            tokens: 80,
            tokens_max: Some(100),
            nanodollars: 0,
            nanodollars_max: None,
        };
        let line = alert_line("ai", &alert("month:2026-11:user:ada"));
        assert_eq!(
            ["octavo.ai.percent", "octavo.ai.period", "octavo.ai.scope"].map(|name| line[name].as_str().unwrap()),
            ["80", "month", "user"]
        );
        assert_eq!(line["octavo.ai.budget_alerts"], 1.0);
        assert!(!line.to_string().contains("ada"), "{line}");
        assert_eq!(alert_line("ai", &alert("day:2026-11-26"))["octavo.ai.scope"], "tenant");
    }
}
