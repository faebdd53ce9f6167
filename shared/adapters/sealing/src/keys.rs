//! Master keys, and sealing with them.

use crate::master::{KEY_BYTES, Master};
use crate::sealed::Sealed;
use bytes::Bytes;
use octavo_domain_ai::ports::Sealer;
use octavo_domain_kernel::{PortError, TenantId};
use std::fmt;

/// So many master keys may be given.
const MASTERS_MAX: usize = 16;

/// Why a text is not a list of master keys. Says nothing of the keys themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSealingKeys {
    /// There is none, or there are more than 16.
    #[error("expected 1 to 16 master keys, separated by commas; there are {0}")]
    Count(usize),
    /// One is not 64 hexadecimal digits. Counted from 1.
    #[error("master key {0} is not 64 hexadecimal digits (32 bytes)")]
    Malformed(usize),
    /// Two of them are the same, or cannot be told apart by their ids. Counted from 1.
    #[error("master key {0} is given twice, or has the id of another")]
    Repeated(usize),
}

/// Master keys: the first seals, all open.
pub struct SealingKeys {
    masters: Vec<Master>,
}

impl SealingKeys {
    /// Reads master keys: 64 hexadecimal digits each, separated by commas, the current one first, at most 16.
    ///
    /// # Errors
    ///
    /// [`InvalidSealingKeys`], by the key's place and never with its text.
    pub fn parse(text: &str) -> Result<Self, InvalidSealingKeys> {
        let texts: Vec<&str> = text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
        if texts.is_empty() || texts.len() > MASTERS_MAX {
            return Err(InvalidSealingKeys::Count(texts.len()));
        }
        let mut masters: Vec<Master> = Vec::with_capacity(texts.len());
        for (index, text) in texts.into_iter().enumerate() {
            let mut key = [0; KEY_BYTES];
            hex::decode_to_slice(text, &mut key).map_err(|_| InvalidSealingKeys::Malformed(index + 1))?;
            let master = Master::new(&key);
            if masters.iter().any(|earlier| earlier.id == master.id) {
                return Err(InvalidSealingKeys::Repeated(index + 1));
            }
            masters.push(master);
        }
        Ok(Self { masters })
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.masters.iter().map(|master| hex::encode(master.id)).collect();
        f.debug_struct("SealingKeys").field("ids", &ids).finish_non_exhaustive()
    }
}

/// For whom and for what, as bytes that no other pair has.
fn context(tenant: &TenantId, purpose: &str) -> Vec<u8> {
    let tenant = tenant.as_str().as_bytes();
    // A tenant has at most 63 characters.
    let length = u32::try_from(tenant.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], tenant, purpose.as_bytes()].concat()
}

impl Sealer for SealingKeys {
    fn seal(&self, tenant: &TenantId, purpose: &str, plain: &[u8]) -> Bytes {
        let master = &self.masters[0];
        let mut value = plain.to_vec();
        // Fails only beyond 64 GiB or without a source of randomness: there is nothing to go on with then, and a value
        // that cannot be opened again must not be stored.
        let nonce = master.seal(&context(tenant, purpose), &mut value).expect("a small value can be encrypted");
        Sealed { key_id: master.id, nonce, rest: &value }.to_bytes().into()
    }

    fn open(&self, tenant: &TenantId, purpose: &str, sealed: &[u8]) -> Result<Bytes, PortError> {
        let sealed =
            Sealed::parse(sealed).ok_or_else(|| PortError::corrupt("not a sealed value of a known version"))?;
        let master = self.masters.iter().find(|master| master.id == sealed.key_id);
        let master = master.ok_or_else(|| {
            PortError::corrupt(format!("sealed with the master key {}, which is not given", hex::encode(sealed.key_id)))
        })?;
        let plain = master.open(&context(tenant, purpose), sealed.nonce, sealed.rest);
        let plain = plain.map_err(|_| PortError::corrupt("altered, or sealed for another tenant or purpose"))?;
        Ok(plain.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::PortErrorKind;
    use proptest::prelude::*;

    const PURPOSE: &str = "provider-key";

    fn key(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    fn keys(digits: &str) -> SealingKeys {
        let texts: Vec<String> = digits.chars().map(key).collect();
        SealingKeys::parse(&texts.join(",")).unwrap()
    }

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    fn refused(keys: &SealingKeys, tenant: &TenantId, purpose: &str, sealed: &[u8]) -> bool {
        keys.open(tenant, purpose, sealed).is_err_and(|error| error.kind == PortErrorKind::Corrupt)
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_only_for_its_tenant_and_purpose(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            purpose in "[a-z-]{0,12}",
        ) {
            let keys = keys("1");
            let sealed = keys.seal(&tenant("acme"), &purpose, &plain);
            prop_assert_eq!(keys.open(&tenant("acme"), &purpose, &sealed).unwrap(), plain);
            prop_assert!(refused(&keys, &tenant("acme2"), &purpose, &sealed));
            let other = format!("{purpose}x");
            prop_assert!(refused(&keys, &tenant("acme"), &other, &sealed));
        }
    }

    #[test]
    fn altered_anywhere_it_does_not_open() {
        let keys = keys("12");
        let sealed = keys.seal(&tenant("acme"), PURPOSE, b"sk-123");
        for position in 0..sealed.len() {
            for bit in 0..8 {
                let mut altered = sealed.to_vec();
                altered[position] ^= 1 << bit;
                assert!(refused(&keys, &tenant("acme"), PURPOSE, &altered), "byte {position}, bit {bit}");
            }
            assert!(refused(&keys, &tenant("acme"), PURPOSE, &sealed[..position]));
        }
        assert!(refused(&keys, &tenant("acme"), PURPOSE, &[&sealed[..], &[0]].concat()));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let (old, both, new) = (keys("1"), keys("21"), keys("2"));
        let before = old.seal(&tenant("acme"), PURPOSE, b"sk-123");
        assert_eq!(both.open(&tenant("acme"), PURPOSE, &before).unwrap(), "sk-123");
        let after = both.seal(&tenant("acme"), PURPOSE, b"sk-123");
        assert_eq!(new.open(&tenant("acme"), PURPOSE, &after).unwrap(), "sk-123");
        assert!(refused(&old, &tenant("acme"), PURPOSE, &after));
        assert!(refused(&new, &tenant("acme"), PURPOSE, &before));
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let keys = keys("1");
        let seal = || keys.seal(&tenant("acme"), PURPOSE, b"sk-123");
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_tenant_and_a_purpose_do_not_run_together() {
        assert_ne!(context(&tenant("ab"), "c"), context(&tenant("a"), "bc"));
    }

    #[test]
    fn keys_are_read_and_never_shown() {
        let spaced = format!(" {} , {}\n", key('a'), key('B'));
        let shown = format!("{:?}", SealingKeys::parse(&spaced).unwrap());
        assert!(!shown.contains("aaaa") && !shown.contains("187, 187") && !shown.contains("bbbb"), "{shown}");
        let error = |text: &str| SealingKeys::parse(text).unwrap_err();
        assert_eq!(error(" , "), InvalidSealingKeys::Count(0));
        assert_eq!(error(&vec![key('1'); 17].join(",")), InvalidSealingKeys::Count(17));
        assert_eq!(error(&format!("{},xyz", key('1'))), InvalidSealingKeys::Malformed(2));
        assert_eq!(error(&key('1')[1..]), InvalidSealingKeys::Malformed(1));
        assert_eq!(error(&format!("{0},{0}", key('1'))), InvalidSealingKeys::Repeated(2));
        assert!(!error("deadbeef").to_string().contains("deadbeef"));
    }
}
