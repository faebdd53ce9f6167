//! An approval that waits, of no workflow.

use octavo_adapters_postgres::Postgres;
use octavo_adapters_system::{SystemClock, SystemIds};
use octavo_domain_approvals::{ApprovalId, ApprovalStore, Committed, Creation, Origin, create};
use octavo_domain_calendar::Calendar;
use octavo_domain_kernel::{Clock, Ids, TenantId};
use serde_json::json;

/// Whom it waits for.
pub(super) const APPROVER: &str = "user-0";
/// Who asked.
pub(super) const ASKER: &str = "asker";

/// Asks.
pub(super) async fn ask(store: &Postgres, tenant: &TenantId) -> anyhow::Result<ApprovalId> {
    let (id, now) = (ApprovalId(SystemIds.next()), SystemClock.now());
    let request = serde_json::from_value(json!({
        "Title": "Supply contract 2027", "Category": "contract", "Approvers": [format!("user:{APPROVER}")],
        "Description": "The prices were agreed on 12 November; the term is new.",
    }))?;
    let creation = Creation {
        id,
        requester: ASKER.parse()?,
        origin: Origin {
            execution: SystemIds.next(),
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:asks:one".to_owned(),
            state: "Ask".to_owned(),
            token: id.to_string(),
        },
        document: None,
        author: None,
        calendar: &Calendar::working_week(),
        now,
    };
    let commit = create(request, creation)?.into_commit(None, Vec::new(), None);
    let committed = store.approval_commit(tenant, &commit).await?;
    anyhow::ensure!(matches!(committed, Committed::Done { .. }), "an approval of that name is there already");
    Ok(id)
}
