//! The check of one token.

use crate::claims::principal;
use crate::keys::Keys;
use async_trait::async_trait;
use chrono::DateTime;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Principal, Session};
use serde_json::{Map, Value};
use std::sync::Arc;
use url::Url;

/// Bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Seconds that the issuer's clock and ours may differ.
const LEEWAY_SECONDS: i64 = 30;

/// Asymmetric ones only: with a shared secret whoever can check a token can make one.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// Whose tokens are good, and for what.
#[derive(Debug, Clone)]
pub struct Options {
    /// Must be the token's `iss`.
    pub issuer: String,
    /// Must be in the token's `aud`.
    pub audience: String,
    /// Where the issuer's keys are.
    pub jwks_url: Url,
    /// The claim that names the tenant.
    pub tenant_claim: String,
}

/// Checks tokens. Fetches the issuer's keys at the first token, not before: a cold start waits for nobody.
pub struct Verifier {
    options: Options,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// A verifier of the tokens that `options` describe.
    pub fn new(options: Options, clock: Arc<dyn Clock>) -> Self {
        let keys = Keys::new(options.jwks_url.clone());
        Self { options, keys, clock }
    }

    fn check_times(&self, claims: &Map<String, Value>) -> Result<(), AuthenticateError> {
        let now = self.clock.now().timestamp();
        let time = |name: &str| claims.get(name).map(|value| value.as_f64().map(|seconds| seconds as i64));
        match time("exp") {
            Some(Some(expires)) if expires + LEEWAY_SECONDS <= now => return Err(AuthenticateError::Expired),
            Some(Some(_)) => {}
            _ => return Err(AuthenticateError::Invalid("its claim exp is missing or no number".to_owned())),
        }
        match time("nbf") {
            None => Ok(()),
            Some(Some(begins)) if begins - LEEWAY_SECONDS <= now => Ok(()),
            Some(Some(_)) => Err(AuthenticateError::Invalid("it is not valid yet".to_owned())),
            Some(None) => Err(AuthenticateError::Invalid("its claim nbf is no number".to_owned())),
        }
    }
}

#[async_trait]
impl Authenticator for Verifier {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        Ok(self.authenticate_session(token).await?.principal)
    }

    async fn authenticate_session(&self, token: &str) -> Result<Session, AuthenticateError> {
        let invalid = |reason: &str| AuthenticateError::Invalid(reason.to_owned());
        if token.len() > TOKEN_BYTES_MAX {
            return Err(invalid("it is too long"));
        }
        let header = decode_header(token).map_err(|_| invalid("it is no JSON Web Token"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(invalid("its algorithm is not one that is accepted"));
        }
        let id = header.kid.ok_or_else(|| invalid("it names no key"))?;
        let key = self.keys.get(&id).await.map_err(AuthenticateError::Unavailable)?;
        let key = key.ok_or_else(|| invalid("its issuer has no key with that id"))?;

        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.options.issuer]);
        validation.set_audience(&[&self.options.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Times are checked by our own clock, which a test can move.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let decoded = decode::<Map<String, Value>>(token, &key, &validation).map_err(|error| {
            invalid(match error.kind() {
                ErrorKind::InvalidSignature => "its signature does not match",
                ErrorKind::InvalidIssuer => "it is by another issuer",
                ErrorKind::InvalidAudience => "it is for another audience",
                ErrorKind::MissingRequiredClaim(_) => "a claim of exp, iss, aud and sub is missing",
                _ => "it cannot be verified",
            })
        })?;
        self.check_times(&decoded.claims)?;
        let expires = decoded.claims.get("exp").and_then(Value::as_f64).map(|seconds| seconds as i64);
        Ok(Session {
            principal: principal(&decoded.claims, &self.options.tenant_claim)?,
            expires_at: expires.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        })
    }
}
