//! The hash of a request: what the cache finds it by and the audit trail names it by.

use octavo_domain_ai::wire::Dialect;
use octavo_domain_kernel::TenantId;
use serde_json::{Map, Value};

/// Separates this use of a key from every other.
const CONTEXT: &str = "octavo 2026-11 ai request fingerprint";

/// A hash keyed by the tenant: the same text of two tenants has two hashes, so that nobody who sees hashes can tell
/// whether another tenant asked the same.
pub(crate) fn hasher(tenant: &TenantId) -> blake3::Hasher {
    let key = blake3::derive_key(CONTEXT, tenant.as_str().as_bytes());
    blake3::Hasher::new_keyed(&key)
}

/// The hash of the whole canonical body (members in order of their names, so that their order on the wire does not
/// matter), of the form it came in, and of what its model resolves to. A list of members that count would rot; all count.
pub(crate) fn fingerprint(
    tenant: &TenantId,
    dialect: Dialect,
    resolution: &[String],
    body: &Map<String, Value>,
) -> blake3::Hash {
    let mut hasher = hasher(tenant);
    hasher.update(dialect.as_str().as_bytes());
    for name in resolution {
        hasher.update(b"\0");
        hasher.update(name.as_bytes());
    }
    hasher.update(b"\0\0");
    object(&mut hasher, body);
    hasher.finalize()
}

fn object(hasher: &mut blake3::Hasher, map: &Map<String, Value>) {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    hasher.update(b"{");
    hasher.update(&(members.len() as u64).to_le_bytes());
    for (name, member) in members {
        text(hasher, name);
        value(hasher, member);
    }
}

fn value(hasher: &mut blake3::Hasher, of: &Value) {
    match of {
        Value::Null => drop(hasher.update(b"n")),
        Value::Bool(true) => drop(hasher.update(b"t")),
        Value::Bool(false) => drop(hasher.update(b"f")),
        Value::Number(number) => {
            hasher.update(b"#");
            text(hasher, &number.to_string());
        }
        Value::String(string) => {
            hasher.update(b"\"");
            text(hasher, string);
        }
        Value::Array(items) => {
            hasher.update(b"[");
            hasher.update(&(items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| value(hasher, item));
        }
        Value::Object(map) => object(hasher, map),
    }
}

// With its length, so that no two sequences of texts run together into one.
fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(tenant: &str, resolution: &[&str], body: &Value) -> String {
        let resolution: Vec<String> = resolution.iter().map(|name| (*name).to_owned()).collect();
        let tenant = tenant.parse().unwrap();
        fingerprint(&tenant, Dialect::Chat, &resolution, body.as_object().unwrap()).to_string()
    }

    /// Fault 3 of the research page (a leak across tenants): the tenant is in the key, and cannot be left out.
    #[test]
    fn fault_03_two_tenants_never_share_a_key() {
        let body = json!({"model": "m", "messages": []});
        assert_ne!(of("acme", &["m"], &body), of("globex", &["m"], &body));
    }

    /// Fault 4: a list of members that count forgets the new ones. Every member counts, also one that nobody knows.
    #[test]
    fn fault_04_every_member_counts_and_so_does_the_model_that_answers() {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "a"}], "temperature": 0});
        let same = json!({"temperature": 0, "messages": [{"content": "a", "role": "user"}], "model": "m"});
        assert_eq!(of("acme", &["m"], &body), of("acme", &["m"], &same), "the order on the wire does not matter");
        assert_ne!(of("acme", &["m"], &body), of("acme", &["n"], &body));
        let with = |name: &str, value: Value| {
            let mut other = body.clone();
            other[name] = value;
            of("acme", &["m"], &other)
        };
        for (name, value) in [("temperature", json!(0.1)), ("brand_new", json!(null)), ("seed", json!(1))] {
            assert_ne!(of("acme", &["m"], &body), with(name, value), "{name}");
        }
        assert_ne!(with("a", json!(["b", "c"])), with("a", json!(["bc"])), "texts do not run together");
        assert_ne!(with("a", json!("1")), with("a", json!(1)));
    }
}
