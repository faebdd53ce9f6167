//! The tokens of the data plane and of clients that a function sent: JWT, HS256, signed with a tenant's access key.

use crate::AccessKeys;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use octavo_domain_kernel::TenantId;
use serde::{Deserialize, Serialize};

/// Bytes of a token: Azure's limit for client tokens.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;
/// Seconds that the clocks of a function and of a node may differ.
const LEEWAY_SECONDS: i64 = 30;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The exact URL that the token is for, without a query; for a client `.../client/?hub=NAME`.
    pub aud: String,
    /// Its end, seconds since 1970.
    pub exp: i64,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Whose it is. A token of the data plane may leave it to the query's `application`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The user whom a client token signs in (`nameid` in Azure's own; `sub` in the standard).
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "nameid")]
    pub sub: Option<String>,
    /// What the user is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user's groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// Why a token is not taken. Never says the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not one of ours, or not for this.
    #[error("{0}")]
    Invalid(&'static str),
    /// It was good and is over.
    #[error("the token has expired")]
    Expired,
}

/// Signs and verifies.
#[derive(Debug, Clone)]
pub struct Tokens(AccessKeys);

impl Tokens {
    /// With these keys.
    pub fn new(keys: AccessKeys) -> Self {
        Self(keys)
    }

    /// The keys.
    pub fn keys(&self) -> &AccessKeys {
        &self.0
    }

    /// A token of `tenant` for `audience`, good for `lifetime` from `now` on, with what else `claims` may say.
    pub fn sign(
        &self,
        tenant: &TenantId,
        audience: &str,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
        complete: impl FnOnce(&mut Claims),
    ) -> String {
        let mut claims = Claims {
            aud: audience.to_owned(),
            exp: (now + lifetime).timestamp(),
            iat: Some(now.timestamp()),
            tenant: Some(tenant.to_string()),
            sub: None,
            name: None,
            groups: Vec::new(),
        };
        complete(&mut claims);
        let key = EncodingKey::from_secret(self.0.of_tenant(tenant).as_bytes());
        // The claims are texts and numbers: nothing in them cannot be written.
        encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap_or_default()
    }

    /// Whether this looks like one of these tokens, and not like one of the platform's issuer.
    pub fn is_ours(token: &str) -> bool {
        token.len() <= TOKEN_BYTES_MAX && decode_header(token).is_ok_and(|header| header.alg == Algorithm::HS256)
    }

    /// Verifies `token` for an audience that `is_audience` takes. The tenant is the one that is `named` beside the token, or
    /// the token's own; where both say one they must agree.
    pub fn verify(
        &self,
        token: &str,
        named: Option<&TenantId>,
        now: DateTime<Utc>,
        is_audience: impl Fn(&str) -> bool,
    ) -> Result<(TenantId, Claims), TokenFault> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::Invalid("the token is too long"));
        }
        let said = unverified(token)?.tenant;
        let tenant = match (named, said) {
            (Some(named), None) => named.clone(),
            (Some(named), Some(said)) if named.as_str() == said => named.clone(),
            (Some(_), Some(_)) => return Err(TokenFault::Invalid("the token is another tenant's")),
            (None, Some(said)) => said.parse().map_err(|_| TokenFault::Invalid("its claim tenant is no tenant"))?,
            (None, None) => {
                return Err(TokenFault::Invalid("it names no tenant, and neither does the query's application"));
            }
        };
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are checked by the clock that is handed in, the audience by the caller's rule.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "aud"]);
        let mut outcome = Err(TokenFault::Invalid("its signature does not match"));
        for key in self.0.all_of_tenant(&tenant) {
            match decode::<Claims>(token, &DecodingKey::from_secret(key.as_bytes()), &validation) {
                Ok(decoded) => {
                    outcome = Ok(decoded.claims);
                    break;
                }
                Err(error) if *error.kind() == ErrorKind::InvalidSignature => {}
                Err(_) => return Err(TokenFault::Invalid("it cannot be verified")),
            }
        }
        let claims = outcome?;
        if claims.exp + LEEWAY_SECONDS <= now.timestamp() {
            return Err(TokenFault::Expired);
        }
        if !is_audience(&claims.aud) {
            return Err(TokenFault::Invalid("its claim aud is not this address"));
        }
        Ok((tenant, claims))
    }
}

/// The audience that a token names, before anybody has verified it.
pub fn audience(token: &str) -> Option<String> {
    unverified(token).ok().map(|claims| claims.aud)
}

/// What a token says of itself, before it is verified: only to know with whose key it must be.
fn unverified(token: &str) -> Result<Claims, TokenFault> {
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Claims>(token);
    decoded.map(|decoded| decoded.claims).map_err(|_| TokenFault::Invalid("it is no JSON Web Token with aud and exp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(master: u8) -> Tokens {
        Tokens::new(AccessKeys::new(vec![vec![master; 32]]).unwrap())
    }

    #[test]
    fn a_token_is_good_for_its_tenant_its_address_and_its_time() {
        let (ours, now) = (tokens(1), DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let (acme, other): (TenantId, TenantId) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let url = "https://node/api/hubs/notifications/:send";
        let token = ours.sign(&acme, url, now, TimeDelta::minutes(5), |_| {});
        let here = |audience: &str| audience == url;
        assert_eq!(ours.verify(&token, None, now, here).unwrap().0, acme);
        assert_eq!(ours.verify(&token, Some(&acme), now, here).unwrap().0, acme);
        assert!(ours.verify(&token, Some(&other), now, here).is_err());
        assert!(ours.verify(&token, None, now, |audience| audience == "elsewhere").is_err());
        assert_eq!(ours.verify(&token, None, now + TimeDelta::minutes(6), here), Err(TokenFault::Expired));
        assert!(tokens(2).verify(&token, None, now, here).is_err());
        let rotated = Tokens::new(AccessKeys::new(vec![vec![2; 32], vec![1; 32]]).unwrap());
        assert!(rotated.verify(&token, None, now, here).is_ok());
        assert!(Tokens::is_ours(&token) && !Tokens::is_ours("oct-abc"));
    }

    #[test]
    fn a_tenant_cannot_sign_for_another() {
        let (ours, now) = (tokens(1), DateTime::UNIX_EPOCH);
        let key = EncodingKey::from_secret(ours.keys().of_tenant(&"acme".parse().unwrap()).as_bytes());
        let claims = serde_json::json!({ "aud": "x", "exp": 100, "tenant": "other" });
        let forged = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        let refused = ours.verify(&forged, None, now, |_| true).unwrap_err();
        assert_eq!(refused, TokenFault::Invalid("its signature does not match"));
    }
}
