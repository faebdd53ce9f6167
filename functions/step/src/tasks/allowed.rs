//! Which functions a workflow may invoke.

use octavo_domain_kernel::TenantId;

/// The platform's own functions. They trust the events that they get: a workflow reaches what they do over HTTP, as its
/// tenant, like everybody else.
const OWN: &[&str] = &[
    "ai",
    "connect",
    "documents",
    "generate",
    "index",
    "notify",
    "search",
    "step",
    "workflow",
    "audit",
    "archive",
    "compliance",
    "keys",
    "probe",
];

/// Patterns of names: `*` stands for any text, `{tenant}` for the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedFunctions {
    patterns: Vec<String>,
    /// What the names of the platform's own functions begin with where they are deployed.
    own_prefix: String,
}

impl AllowedFunctions {
    /// Those that fit one of `patterns`, less the platform's own, which are deployed under names that begin with
    /// `own_prefix`.
    pub fn new(patterns: impl IntoIterator<Item = String>, own_prefix: impl Into<String>) -> Self {
        Self { patterns: patterns.into_iter().collect(), own_prefix: own_prefix.into() }
    }

    /// Whether a workflow of `tenant` may invoke the function of this name.
    pub fn allows(&self, tenant: &TenantId, name: &str) -> bool {
        let own = |name: &str| OWN.contains(&name);
        if own(name) || name.strip_prefix(self.own_prefix.as_str()).is_some_and(own) {
            return false;
        }
        self.patterns.iter().any(|pattern| fits(&pattern.replace("{tenant}", tenant.as_str()), name))
    }
}

/// Whether a pattern with `*` is the whole of a text.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_whole_name() {
        for (pattern, name, wanted) in [
            ("*", "anything", true),
            ("acme-*", "acme-charge", true),
            ("acme-*", "umbrella-charge", false),
            ("acme-*", "x-acme-charge", false),
            ("acme-charge", "acme-charge", true),
            ("acme-charge", "acme-charges", false),
            ("*-charge", "acme-charge", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("a*a", "a", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn a_tenant_has_its_own_and_nobody_the_platforms() {
        let tenant = "acme".parse().unwrap();
        let allowed = AllowedFunctions::new(["{tenant}-*".to_owned()], "octavo-");
        assert!(allowed.allows(&tenant, "acme-charge") && !allowed.allows(&tenant, "umbrella-charge"));
        let all = AllowedFunctions::new(["*".to_owned()], "octavo-");
        for own in ["documents", "step", "octavo-index", "octavo-step"] {
            assert!(!all.allows(&tenant, own), "{own}");
        }
        assert!(all.allows(&tenant, "octavo-charge") && all.allows(&tenant, "my-documents"));
    }
}
