//! Encrypts small values at rest, each tenant under a key of its own (AES-256-GCM, HKDF).
#![warn(missing_docs)]
