//! An activity for whoever asks for it.

use crate::Deps;
use crate::caller::Caller;
use crate::protocol::Fault;
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::catalogue::Activity;

/// Refuses all but an activity's name.
///
/// # Errors
///
/// `InvalidArn`.
pub(crate) fn must_be_activity(arn: &str) -> Result<(), Fault> {
    let parsed = Arn::parse(arn)?;
    match parsed.resource {
        Resource::Activity { .. } => Ok(()),
        _ => Err(InvalidArn::wrong_type(&parsed).into()),
    }
}

/// The activity with this name.
///
/// # Errors
///
/// `InvalidArn`, `ActivityDoesNotExist`.
pub(crate) async fn activity(deps: &Deps, caller: &Caller, arn: &str) -> Result<Activity, Fault> {
    must_be_activity(arn)?;
    deps.activities.activity_get(caller.tenant(), arn).await?.ok_or_else(|| Fault::no_activity(arn))
}
