//! Who calls, and what they may.
//!
//! The one place that decides it. Definitions belong to the tenant: who may create, change, delete or tag them has one of two
//! roles. Executions belong to whoever started them, who sees and controls them; the two roles see and control all.

use crate::protocol::Fault;
use octavo_domain_kernel::{Principal, TenantId, UserId};
use octavo_domain_workflow::arn::Arns;

/// May do everything in the tenant.
const ADMIN: &str = "admin";
/// May define workflows, and sees and controls all executions.
const WORKFLOWS: &str = "workflows";

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The person or service.
    pub principal: Principal,
    /// The names of their tenant's things.
    pub arns: Arns,
}

impl Caller {
    /// This principal, with names of this region.
    pub fn new(principal: Principal, region: &str) -> Self {
        let arns = Arns::new(region, &principal.tenant);
        Self { principal, arns }
    }

    /// Their tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.principal.tenant
    }

    /// They themselves.
    pub fn user(&self) -> &UserId {
        &self.principal.user
    }

    /// Whether they may act for other users of the tenant.
    pub fn is_admin(&self) -> bool {
        self.principal.has_role(ADMIN)
    }

    /// Whether they may define workflows, and see and control all executions of the tenant.
    pub fn is_operator(&self) -> bool {
        self.is_admin() || self.principal.has_role(WORKFLOWS)
    }

    /// Whether they may see and control what `started_by` started.
    pub fn controls(&self, started_by: &UserId) -> bool {
        self.user() == started_by || self.is_operator()
    }

    /// Refuses `action` (`CreateStateMachine`) on `resource` (an ARN, or `*`) to all but those who may define workflows.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException`.
    pub fn must_be_operator(&self, action: &str, resource: &str) -> Result<(), Fault> {
        if self.is_operator() { Ok(()) } else { Err(self.denied(action, resource)) }
    }

    /// Refuses `action` on the execution `arn` to all but those who control it.
    ///
    /// # Errors
    ///
    /// `AccessDeniedException`.
    pub fn must_control(&self, started_by: &UserId, action: &str, arn: &str) -> Result<(), Fault> {
        if self.controls(started_by) { Ok(()) } else { Err(self.denied(action, arn)) }
    }

    fn denied(&self, action: &str, resource: &str) -> Fault {
        let user = self.arns.user(self.user().as_str());
        Fault::access_denied(format!(
            "User: {user} is not authorized to perform: states:{action} on resource: {resource}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(user: &str, roles: &[&str]) -> Caller {
        let principal = Principal {
            tenant: "acme".parse().unwrap(),
            user: user.parse().unwrap(),
            name: None,
            groups: Default::default(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            api_key: None,
        };
        Caller::new(principal, "us-east-1")
    }

    #[test]
    fn definitions_are_for_two_roles_and_executions_also_for_who_started_them() {
        let ada: UserId = "ada".parse().unwrap();
        for (user, roles, defines, controls) in [
            ("ada", &[][..], false, true),
            ("bob", &[], false, false),
            ("bob", &["workflows"], true, true),
            ("bob", &["admin"], true, true),
            ("bob", &["editor"], false, false),
        ] {
            let caller = caller(user, roles);
            assert_eq!(caller.must_be_operator("CreateStateMachine", "*").is_ok(), defines, "{user} {roles:?}");
            assert_eq!(caller.must_control(&ada, "StopExecution", "arn").is_ok(), controls, "{user} {roles:?}");
        }
        let refused = caller("bob", &[]).must_be_operator("TagResource", "*").unwrap_err().to_string();
        assert!(
            refused.contains(":user/bob is not authorized to perform: states:TagResource on resource: *"),
            "{refused}"
        );
    }
}
