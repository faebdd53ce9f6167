//! Verifies bearer tokens (JWT, RFC 7519) against an issuer's JWKS (RFC 7517).
//!
//! The issuer is any OpenID Connect one in production and the emulator at home: the verification is the same. Knows
//! nothing of HTTP requests to us, of sessions or of permissions; it says who a token stands for.
//!
//! To take another claim: `claims.rs`.
#![warn(missing_docs)]

mod claims;
mod keys;
mod verifier;

pub use verifier::{Options, TOKEN_BYTES_MAX, Verifier};
