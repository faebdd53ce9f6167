//! Whose connection it is: a token of the platform's issuer, or one that a function handed out with its redirect.

use async_trait::async_trait;
use chrono::DateTime;
use octavo_adapters_signalr::{TokenFault, Tokens};
use octavo_domain_kernel::{AuthenticateError, Authenticator, Clock, Principal, Session};
use std::sync::Arc;

/// What stands in the audience of a client token before the hub's name.
const CLIENT_AUDIENCE: &str = "/client/?hub=";

/// Both kinds.
pub(crate) struct Sessions {
    pub(crate) issuer: Arc<dyn Authenticator>,
    pub(crate) tokens: Tokens,
    pub(crate) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Authenticator for Sessions {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        Ok(self.authenticate_session(token).await?.principal)
    }

    async fn authenticate_session(&self, token: &str) -> Result<Session, AuthenticateError> {
        if !Tokens::is_ours(token) {
            return self.issuer.authenticate_session(token).await;
        }
        let invalid = |reason: &str| AuthenticateError::Invalid(reason.to_owned());
        let verified = self.tokens.verify(token, None, self.clock.now(), |audience| hub_of(audience).is_some());
        let (tenant, claims) = verified.map_err(|fault| match fault {
            TokenFault::Expired => AuthenticateError::Expired,
            TokenFault::Invalid(reason) => invalid(reason),
        })?;
        let user = claims.sub.as_deref().ok_or_else(|| invalid("it names no user"))?;
        let groups = claims.groups.iter().map(|group| group.parse()).collect::<Result<_, _>>();
        let principal = Principal {
            tenant,
            user: user.parse().map_err(|_| invalid("its claim sub is no user"))?,
            name: claims.name,
            groups: groups.map_err(|_| invalid("its claim groups holds no group"))?,
            roles: Default::default(),
            api_key: None,
        };
        Ok(Session { principal, expires_at: DateTime::from_timestamp(claims.exp, 0) })
    }
}

/// The hub that an audience of a client token names.
fn hub_of(audience: &str) -> Option<&str> {
    let (_, hub) = audience.split_once(CLIENT_AUDIENCE)?;
    (!hub.is_empty()).then_some(hub)
}

/// Whether `token` may be used at `hub`: one that a function handed out is for one hub. Whether it is good at all is checked
/// after this, by [`Sessions`].
pub(crate) fn is_for(token: &str, hub: &str) -> bool {
    !Tokens::is_ours(token)
        || octavo_adapters_signalr::audience(token)
            .as_deref()
            .and_then(hub_of)
            .is_some_and(|named| named.eq_ignore_ascii_case(hub))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use octavo_adapters_signalr::{AccessKeys, Redirector};
    use octavo_domain_realtime::Redirects;
    use octavo_testing::time::ManualClock;

    struct Nobody;

    #[async_trait]
    impl Authenticator for Nobody {
        async fn authenticate(&self, _token: &str) -> Result<Principal, AuthenticateError> {
            Err(AuthenticateError::Invalid("not by this issuer".to_owned()))
        }
    }

    #[tokio::test]
    async fn a_token_of_a_redirect_signs_its_user_in_at_its_hub_until_it_is_over() {
        let clock = Arc::new(ManualClock::default());
        let tokens = Tokens::new(AccessKeys::new(vec![vec![1; 32]]).unwrap());
        let sessions = Sessions { issuer: Arc::new(Nobody), tokens: tokens.clone(), clock: clock.clone() };
        let ada = Principal {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            name: Some("Ada".to_owned()),
            groups: ["legal".parse().unwrap()].into(),
            roles: Default::default(),
            api_key: None,
        };
        let hub = "notifications".parse().unwrap();
        let redirector = Redirector::new(tokens.clone(), "https://node.test".parse().unwrap());
        let sent = redirector.redirect(&ada, &hub, clock.now(), TimeDelta::minutes(10));
        assert_eq!(sent.url, "https://node.test/client/?hub=notifications");
        let session = sessions.authenticate_session(&sent.access_token).await.unwrap();
        assert_eq!(session.principal, ada);
        assert_eq!(session.expires_at.unwrap().timestamp(), (clock.now() + TimeDelta::minutes(10)).timestamp());
        assert!(is_for(&sent.access_token, "Notifications") && !is_for(&sent.access_token, "collaboration"));
        assert!(is_for("somebody.elses.token", "collaboration"));
        let api = tokens.sign(&ada.tenant, "https://node.test/api/health", clock.now(), TimeDelta::minutes(1), |_| {});
        assert!(sessions.authenticate(&api).await.is_err(), "a function's own token signs nobody in");
        assert!(!is_for(&api, "notifications"));
        clock.advance(std::time::Duration::from_secs(660));
        let over = sessions.authenticate(&sent.access_token).await.unwrap_err();
        assert!(matches!(over, AuthenticateError::Expired));
    }
}
