//! Which file a request means.

use crate::caller::Caller;
use crate::{Deps, WorkflowFault};
use octavo_domain_kernel::BlobKey;
use octavo_wiring_edge::{EdgeFault, Problem, Request};

/// The file's key in object storage, for a caller who may have it.
pub(super) fn key(deps: &Deps, request: &Request) -> Result<BlobKey, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    if !caller.is_operator() {
        return Err(WorkflowFault::NotAllowed.into());
    }
    request.query.only(&["key"])?;
    let bucket: String = request.param("bucket")?;
    let key = request.query.one("key")?.unwrap_or_default();
    BlobKey::workflow_file(caller.tenant(), &bucket, key).ok_or_else(|| {
        let field =
            if BlobKey::workflow_file(caller.tenant(), &bucket, "x").is_none() { "path:bucket" } else { "query:key" };
        let message = "expected 1 to 512 of A-Z, a-z, 0-9, '.', '_', '-' and '='; a key also has '/' between its parts";
        EdgeFault::malformed(field, message).into()
    })
}
