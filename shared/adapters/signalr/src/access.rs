//! Access keys: one a tenant, derived, so that none has to be stored and none opens another tenant.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use octavo_domain_kernel::TenantId;
use sha2::Sha256;
use std::fmt;

/// What stands before the tenant, so that no other use of the master key gives the same bytes.
const PURPOSE: &[u8] = b"octavo realtime access key\0";

/// The platform's master keys. The first one signs; all verify, so that a key can be changed while tokens of the old one live.
#[derive(Clone)]
pub struct AccessKeys(Vec<Vec<u8>>);

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

impl AccessKeys {
    /// From master keys of any length; none without one.
    pub fn new(masters: Vec<Vec<u8>>) -> Option<Self> {
        (!masters.is_empty() && masters.iter().all(|key| !key.is_empty())).then_some(Self(masters))
    }

    /// The tenant's access key, as it stands in a connection string (`Endpoint=...;AccessKey=...;Version=1.0;`): whoever has
    /// it may push to all of the tenant's connections and sign in as any of its users.
    pub fn of_tenant(&self, tenant: &TenantId) -> String {
        derive(&self.0[0], tenant)
    }

    /// Those of every master key, the present one's first.
    pub(crate) fn all_of_tenant(&self, tenant: &TenantId) -> impl Iterator<Item = String> {
        self.0.iter().map(|master| derive(master, tenant))
    }

    /// The master keys, for what nodes sign for each other.
    pub fn masters(&self) -> &[Vec<u8>] {
        &self.0
    }
}

fn derive(master: &[u8], tenant: &TenantId) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(master).expect("HMAC takes keys of any length");
    mac.update(PURPOSE);
    mac.update(tenant.as_str().as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tenant_has_a_key_of_its_own_and_the_keys_do_not_show_themselves() {
        let keys = AccessKeys::new(vec![vec![1; 32], vec![2; 32]]).unwrap();
        let (acme, other) = ("acme".parse().unwrap(), "acm".parse().unwrap());
        assert_ne!(keys.of_tenant(&acme), keys.of_tenant(&other));
        assert_eq!(keys.of_tenant(&acme).len(), 44);
        assert_eq!(keys.all_of_tenant(&acme).count(), 2);
        assert_eq!(format!("{keys:?}"), "2 keys");
        assert!(AccessKeys::new(Vec::new()).is_none());
    }
}
