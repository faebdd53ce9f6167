//! Verifies bearer tokens (JWT, RFC 7519) against an issuer's JWKS.
