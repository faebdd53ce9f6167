//! Every tenant's generation, counted.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use octavo_domain_kernel::PortError;
use sqlx::Row;

const BUMP: &str = "select bumped, last from search_generations_bump($1, $2)";

/// Tenants of one transaction: it stays short.
const TENANTS_MAX: i32 = 500;

pub(crate) async fn generations_bump(pool: &Pool) -> Result<u64, PortError> {
    let (mut after, mut all) = (String::new(), 0);
    loop {
        let mut transaction = pool.begin_without_tenant().await?;
        let bump = pool.query(BUMP).bind(&after).bind(TENANTS_MAX);
        let row = bump.fetch_one(&mut *transaction).await.map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        let bumped: i32 = row.try_get("bumped").map_err(port_error)?;
        all += u64::from(bumped.unsigned_abs());
        match row.try_get::<Option<String>, _>("last").map_err(port_error)? {
            Some(last) => after = last,
            None => return Ok(all),
        }
    }
}
