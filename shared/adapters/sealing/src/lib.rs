//! Encrypts small values at rest, each tenant and purpose under a key of its own: the
//! [`Sealer`](octavo_domain_ai::ports::Sealer) of tenants' provider keys.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits, under a key that HKDF-SHA-256 (RFC 5869) derives from a
//! master key for each tenant and purpose. Several master keys may be given: the first seals, all open, so that a master
//! key is changed by putting the new one in front and taking the old one away once everything was sealed anew.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the format's version, 1 |
//! | 4 | the master key's id: the first bytes of its SHA-256 |
//! | 12 | the nonce |
//! | n | the value, encrypted |
//! | 16 | the tag, which covers the tenant and the purpose as well |
//!
//! Deliberately knows no database, no key vault and no settings: it is given its master keys at the start. To add another
//! format: a version of its own in `sealed`, told apart by the first byte; what is sealed already must go on opening.
#![warn(missing_docs)]

mod keys;
mod master;
mod sealed;

pub use keys::{InvalidSealingKeys, SealingKeys};
