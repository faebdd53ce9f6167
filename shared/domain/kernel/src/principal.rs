//! Who asks.

use crate::{GroupId, PortError, TenantId, UserId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The person or service that a verified token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant that all of the request happens in.
    pub tenant: TenantId,
    /// Who.
    pub user: UserId,
    /// What they are called, for people to read.
    pub name: Option<String>,
    /// The groups that the issuer says they are in.
    pub groups: BTreeSet<GroupId>,
    /// The roles that the issuer says they have, for example `admin`.
    pub roles: BTreeSet<String>,
    /// The API key that was used instead of a token, if one was.
    pub api_key: Option<Uuid>,
}

impl Principal {
    /// Everything under which something can be shared with this principal: the user, then the groups in their order.
    pub fn readers(&self) -> Vec<Reader> {
        std::iter::once(Reader::User(self.user.clone())).chain(self.groups.iter().cloned().map(Reader::Group)).collect()
    }

    /// Whether the issuer gave this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.contains(role)
    }
}

/// One that something can be shared with. As text: `user:ada` or `group:legal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reader {
    /// One person or service.
    User(UserId),
    /// Everybody in a group.
    Group(GroupId),
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user:{user}"),
            Self::Group(group) => write!(f, "group:{group}"),
        }
    }
}

impl FromStr for Reader {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("user", user)) => user.parse().map(Self::User).map_err(|error| error.to_string()),
            Some(("group", group)) => group.parse().map(Self::Group).map_err(|error| error.to_string()),
            _ => Err("expected user:ID or group:ID".to_owned()),
        }
    }
}

impl TryFrom<String> for Reader {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Reader> for String {
    fn from(reader: Reader) -> Self {
        reader.to_string()
    }
}

/// Why a token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Not a token that this platform's issuer signed for it. The text says what is wrong with it; never the token.
    #[error("{0}")]
    Invalid(String),
    /// The token was good and is over.
    #[error("the token has expired")]
    Expired,
    /// The keys to check it with cannot be had now.
    #[error("tokens cannot be checked now")]
    Unavailable(#[source] PortError),
}

/// A principal for as long as its token is good: what a connection that stays open is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub principal: Principal,
    /// When the token is over; none where it has no end of its own (an API key).
    pub expires_at: Option<DateTime<Utc>>,
}

/// Turns a bearer token into a principal.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Verifies `token` (RFC 6750: the text after `Bearer `).
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError>;
    /// The same, with the token's end, for whoever stays longer than a request.
    async fn authenticate_session(&self, token: &str) -> Result<Session, AuthenticateError> {
        let principal = self.authenticate(token).await?;
        Ok(Session { principal, expires_at: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_keeps_its_spelling() {
        for text in ["user:ada", "group:legal", "user:a:b"] {
            assert_eq!(text.parse::<Reader>().unwrap().to_string(), text);
        }
        for bad in ["ada", "user:", "role:x", "group:a b"] {
            assert!(bad.parse::<Reader>().is_err(), "{bad}");
        }
    }
}
