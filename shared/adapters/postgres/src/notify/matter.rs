//! Whether what a message is about is as it was.

use crate::error::port_error;
use crate::pool::Pool;
use crate::workflow::text::read;
use octavo_domain_approvals::{Approval, StageStatus, barred};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::Matter;
use sqlx::Row;

pub(super) async fn matter_stands(
    pool: &Pool,
    tenant: &TenantId,
    matter: &Matter,
    user: Option<&UserId>,
) -> Result<bool, PortError> {
    let Matter::Approval { approval, seat } = matter;
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query("select body from approval where tenant = $1 and id = $2 and open")
        .bind(tenant.as_str())
        .bind(approval)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let Some(row) = row else { return Ok(false) };
    let Some(seat) = seat else { return Ok(true) };
    let body: String = row.try_get("body").map_err(port_error)?;
    Ok(waits(&read("body", &body)?, *seat, user))
}

/// Whether a seat waits for a decision, of this user if somebody claimed it.
fn waits(approval: &Approval, number: u32, user: Option<&UserId>) -> bool {
    if user.is_some_and(|user| barred(approval).contains(user)) {
        return false;
    }
    let open = approval.stages.iter().filter(|stage| stage.status == StageStatus::Open);
    open.flat_map(|stage| &stage.seats).any(|seat| {
        seat.number == number
            && seat.open
            && seat.decision.is_none()
            && match (&seat.claimed_by, user) {
                (Some(holder), Some(user)) => holder == user,
                _ => true,
            }
    })
}
