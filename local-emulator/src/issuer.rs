//! A small token issuer: the emulator's stand-in for the OpenID Connect provider of production.

use anyhow::Context;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The `iss` of every token of an emulator.
pub const ISSUER: &str = "urn:octavo:emulator";
/// The `aud` of every token of an emulator.
pub const AUDIENCE: &str = "octavo";
const KEY_ID: &str = "emulator-1";

/// Whom a token is to stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The tenant.
    pub tenant: String,
    /// The user.
    pub user: String,
    /// The groups that the user is in.
    pub groups: Vec<String>,
    /// The user's roles.
    pub roles: Vec<String>,
    /// How long it is good.
    pub lifetime: TimeDelta,
}

impl TokenRequest {
    /// A token for `user` of `tenant`, without groups and roles, good for 12 hours.
    pub fn new(tenant: &str, user: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            user: user.to_owned(),
            groups: Vec::new(),
            roles: Vec::new(),
            lifetime: TimeDelta::hours(12),
        }
    }

    /// The same in these groups.
    #[must_use]
    pub fn in_groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self
    }
}

/// Signs tokens with a key of its own.
pub struct Issuer {
    key: EncodingKey,
}

impl Issuer {
    /// An issuer with a key that nobody else has and nobody keeps.
    pub fn ephemeral() -> anyhow::Result<Self> {
        Ok(Self::of_pkcs8(&new_pkcs8()?))
    }

    /// The issuer of a data folder: its key is made the first time and kept in `issuer.key`, readable by its owner only.
    pub fn of_folder(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("issuer.key");
        if !path.exists() {
            let fresh = path.with_extension("key.new");
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(BASE64_STANDARD.encode(new_pkcs8()?).as_bytes())?;
            file.sync_all()?;
            // Linked rather than renamed: of two that start at once, the first one's key stays.
            let linked = fs::hard_link(&fresh, &path);
            fs::remove_file(&fresh)?;
            if let Err(error) = linked
                && error.kind() != std::io::ErrorKind::AlreadyExists
            {
                return Err(error).with_context(|| format!("the issuer's key cannot be kept at {}", path.display()));
            }
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let pkcs8 = BASE64_STANDARD.decode(text.trim()).with_context(|| format!("{} is no key", path.display()))?;
        Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|error| anyhow::anyhow!("{} is no key: {error}", path.display()))?;
        Ok(Self::of_pkcs8(&pkcs8))
    }

    fn of_pkcs8(pkcs8: &[u8]) -> Self {
        Self { key: EncodingKey::from_ed_der(pkcs8) }
    }

    /// The keys that tokens are checked with (RFC 7517).
    pub fn jwks(&self) -> anyhow::Result<JwkSet> {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA)?;
        jwk.common.key_id = Some(KEY_ID.to_owned());
        Ok(JwkSet { keys: vec![jwk] })
    }

    /// A signed token.
    pub fn token(&self, request: &TokenRequest, now: DateTime<Utc>) -> anyhow::Result<String> {
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": request.user,
            "name": request.user,
            "tenant": request.tenant,
            "groups": request.groups,
            "roles": request.roles,
            "iat": now.timestamp(),
            "exp": (now + request.lifetime).timestamp(),
        });
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &claims, &self.key).context("the token cannot be signed")
    }
}

fn new_pkcs8() -> anyhow::Result<Vec<u8>> {
    let pair = Ed25519KeyPair::generate().map_err(|error| anyhow::anyhow!("no key can be made: {error}"))?;
    let document = pair.to_pkcs8v1().map_err(|error| anyhow::anyhow!("no key can be made: {error}"))?;
    Ok(document.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_key_to_itself() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = Issuer::of_folder(folder.path()).unwrap().jwks().unwrap();
        let second = Issuer::of_folder(folder.path()).unwrap().jwks().unwrap();
        assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
        let mode = fs::metadata(folder.path().join("issuer.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!serde_json::to_string(&first).unwrap().contains("\"d\""), "the private part must not be published");
    }

    #[test]
    fn a_damaged_key_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("issuer.key"), "bm8ga2V5").unwrap();
        let error = Issuer::of_folder(folder.path()).err().unwrap().to_string();
        assert!(error.contains("issuer.key"), "{error}");
    }
}
